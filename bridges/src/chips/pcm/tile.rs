//! A tile: up to 256 rows and 256 columns of differential pairs between converters.
//!
//! A product y = x W: each input passes its DAC, each device of its row is read with fresh noise, columns add up, output noise comes in, the
//! ADC converts. Read noise is drawn for the rows that are driven alone: what others would add is times zero.
//!
//! Each device has a draw of its own, and not each column one of the summed variance: a read isn't below zero, so that the noise of weak
//! devices, most of a trained network's, isn't normal, and neither is its sum.

use embody_brain::numeric::Kernel;
use embody_brain::random::{Counter, fill_normals};
use serde::{Deserialize, Serialize};

use super::devices::Devices;
use super::settings::{ArraySettings, Compensation};

/// Rows and columns of a tile.
pub const TILE: usize = 256;

/// Readouts below this count as this, so that a tile of nothing isn't blown up.
const LEAST_READOUT: f32 = 1e-4;

/// The randomness of one read: equal ones give equal noise.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadDraw {
    /// Seed of the run.
    pub(super) seed: u64,
    /// Which tile, below 2^24.
    pub(super) tile: u32,
    /// Which moment, such as the tick.
    pub(super) time: u64,
}

/// What reads are for; each has random numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Product = 1,
    Readout = 2,
}

/// Which of the two polarities a column's sum takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phases {
    /// Both in one sum, converted once.
    Together,
    /// Products above and below zero apart, each converted by itself.
    BySign,
}

/// Room to work in, kept from product to product.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    normals: Vec<f32>,
    sums: [Vec<f32>; 2],
}

/// What a product took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Products of a tile with its inputs.
    pub products: u64,
    /// Values that passed a DAC or an ADC.
    pub conversions: u64,
    /// Outputs beyond the ADC's bound.
    pub saturated: u64,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Effort) {
        self.products += other.products;
        self.conversions += other.conversions;
        self.saturated += other.saturated;
    }
}

/// Pairs of devices, row after row: the positive ones of a row, then its negative ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tile {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) devices: Devices,
    /// Of drift compensation: the readouts at programming, and the factors since; one for each column, or one in all.
    baseline: Vec<f32>,
    factors: Vec<f32>,
}

impl Tile {
    pub(super) fn new(settings: &ArraySettings, rows: usize, columns: usize) -> Tile {
        let factors = match settings.compensation {
            Compensation::None => 0,
            Compensation::Global => 1,
            Compensation::Column => columns,
        };
        let devices = Devices::new(settings.model, 2 * rows * columns);
        Tile { rows, columns, devices, baseline: Vec::new(), factors: vec![1.0; factors] }
    }

    /// Where the pair of a row and a column lies: positive and negative device.
    pub(super) fn pair(&self, row: usize, column: usize) -> [usize; 2] {
        let positive = 2 * row * self.columns + column;
        [positive, positive + self.columns]
    }

    /// The compensation's factor of a column.
    pub(super) fn factor(&self, column: usize) -> f32 {
        match self.factors[..] {
            [] => 1.0,
            [all] => all,
            _ => self.factors[column],
        }
    }

    /// The product of the driven rows, in units of the greatest weight and before drift compensation: `emit(phase, column, value)` gets each
    /// column's, `phase` being 1 for what is below zero where signs are apart. Inputs lie in -1..=1.
    pub(super) fn multiply(
        &self,
        settings: &ArraySettings,
        inputs: impl ExactSizeIterator<Item = (usize, f32)>,
        phases: Phases,
        draw: (Purpose, ReadDraw),
        scratch: &mut Scratch,
        mut emit: impl FnMut(usize, usize, f32),
    ) -> Effort {
        let (columns, driven) = (self.columns, inputs.len());
        let reads = if settings.read_noise { 2 * columns * driven } else { 0 };
        let outputs = if phases == Phases::BySign { 2 } else { 1 };
        let Scratch { normals, sums: [above, below] } = scratch;
        normals.resize(outputs * columns + reads, 0.0);
        let (purpose, ReadDraw { seed, tile, time }) = draw;
        let counter = Counter { stream: (purpose as u32) << 24 | tile, time };
        fill_normals(Kernel::detect(), seed, counter, normals);
        let (output_normals, read_normals) = normals.split_at(outputs * columns);
        for sums in [&mut *above, &mut *below] {
            sums.clear();
            sums.resize(columns, 0.0);
        }
        for (at, (row, x)) in inputs.enumerate() {
            let x = settings.periphery.input(x);
            for polarity in 0..2 {
                let noise = read_normals.get((2 * at + polarity) * columns..).unwrap_or_default();
                // What a negative input drives through a positive device is below zero.
                let sums = if (polarity == 0) == (x >= 0.0) { &mut *above } else { &mut *below };
                self.add_reads((2 * row + polarity) * columns, x.abs(), noise, sums);
            }
        }
        let mut effort =
            Effort { products: outputs as u64, conversions: (self.rows + columns) as u64 * outputs as u64, saturated: 0 };
        for column in 0..columns {
            for (phase, normals) in output_normals.chunks_exact(columns).enumerate() {
                let sum = match (phases, phase) {
                    (Phases::Together, _) => above[column] - below[column],
                    (Phases::BySign, 0) => above[column],
                    (Phases::BySign, _) => -below[column],
                };
                let (value, saturated) = settings.periphery.output(sum, normals[column]);
                effort.saturated += u64::from(saturated);
                emit(phase, column, value);
            }
        }
        effort
    }

    /// Adds one read of the devices from `first` on, times `x`; without `noise` as they conduct.
    fn add_reads(&self, first: usize, x: f32, noise: &[f32], sums: &mut [f32]) {
        let conductances = &self.devices.conductances()[first..][..sums.len()];
        if noise.is_empty() {
            sums.iter_mut().zip(conductances).for_each(|(sum, g)| *sum += x * g);
            return;
        }
        let sigmas = &self.devices.read_sigmas()[first..];
        for (((sum, &g), &sigma), &n) in sums.iter_mut().zip(conductances).zip(sigmas).zip(noise) {
            let read = g + sigma * n;
            *sum += x * if read > 0.0 { read } else { 0.0 };
        }
    }

    /// Mean magnitude of the outputs of each unit input, over all columns or for each: what compensation goes by. Never below 1e-4.
    fn readout(&self, settings: &ArraySettings, draw: ReadDraw, scratch: &mut Scratch, effort: &mut Effort) -> Vec<f32> {
        let mut means = vec![0.0f64; self.factors.len()];
        let terms = (self.rows * self.columns / means.len()) as f64;
        for row in 0..self.rows {
            let draw = ReadDraw { time: draw.time.wrapping_mul(TILE as u64).wrapping_add(row as u64), ..draw };
            let input = std::iter::once((row, 1.0));
            let one = means.len() == 1;
            *effort += self.multiply(settings, input, Phases::Together, (Purpose::Readout, draw), scratch, |_, column, y| {
                means[if one { 0 } else { column }] += f64::from(y.abs());
            });
        }
        means.into_iter().map(|sum| ((sum / terms) as f32).max(LEAST_READOUT)).collect()
    }

    /// Takes the baseline that drift is compared with. Call it after programming.
    pub(super) fn calibrate(&mut self, settings: &ArraySettings, draw: ReadDraw, scratch: &mut Scratch) -> Effort {
        let mut effort = Effort::default();
        if settings.compensation != Compensation::None {
            self.baseline = self.readout(settings, draw, scratch, &mut effort);
            self.factors.fill(1.0);
        }
        effort
    }

    /// Brings the factors up to date: baseline / readout now.
    pub(super) fn compensate(&mut self, settings: &ArraySettings, draw: ReadDraw, scratch: &mut Scratch) -> Effort {
        let mut effort = Effort::default();
        if !self.baseline.is_empty() {
            let now = self.readout(settings, draw, scratch, &mut effort);
            self.factors = self.baseline.iter().zip(now).map(|(baseline, now)| baseline / now).collect();
        }
        effort
    }

    /// Whether a tile read from elsewhere is one of these settings and this size.
    pub(super) fn fits(&self, settings: &ArraySettings, rows: usize, columns: usize) -> bool {
        let new = Tile::new(settings, 0, columns);
        let finite = |numbers: &[f32]| numbers.iter().all(|x| x.is_finite());
        (self.rows, self.columns) == (rows, columns)
            && self.devices.fits(settings.model, 2 * rows * columns)
            && self.factors.len() == new.factors.len()
            && (self.baseline.is_empty() || self.baseline.len() == self.factors.len())
            && finite(&self.factors)
            && self.baseline.iter().all(|&b| b.is_finite() && b >= LEAST_READOUT)
    }
}
