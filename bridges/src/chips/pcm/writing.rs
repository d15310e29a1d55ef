//! Writing weights: which devices get pulses, and to which target.
//!
//! A pulse brings programming noise with it, so that a device is left alone as long as its target stays. What a user gives is asked for as it
//! is. What a rule asks for moves in steps, or every device would be programmed anew for changes far below its noise: a weight's target moves by
//! whole steps once the request is off it by so much, rounded up or down by a random number that is the synapse's own and lasting. Over many
//! synapses changes are kept in the mean, however small (stochastic rounding), and a request at rest gives no pulses. The host keeps the
//! requests themselves: small changes add up there.

use embody_brain::random::{Counter, philox_block, uniform};

use super::crossbar::Crossbar;
use super::devices::Draw;
use super::settings::ArraySettings;
use super::tile::{Effort, Scratch, TILE};
use crate::chips::Moment;

/// How targets follow requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// They are the requests.
    Exact,
    /// They move in steps of the greatest weight over this, rounded stochastically.
    Steps(u16),
}

/// What writing weights took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Devices that were programmed.
    pub programmed: u64,
    /// Weights beyond the greatest, which were clipped.
    pub clipped: u64,
    /// Weights whose target isn't what was asked for.
    pub rounded: u64,
}

/// Stream of the random numbers by which targets are rounded; those of devices are tiles, below 2^24.
const ROUNDING: u32 = 1 << 31;

impl Crossbar {
    /// Writes `weights[row * stride + column]` at `now_s`. Devices whose target changes are programmed, all of them the first time; others stay
    /// as they are, and go on drifting.
    pub fn write(&mut self, settings: &ArraySettings, weights: &[f32], stride: usize, targets: Targets, now_s: f64) -> Written {
        let mut written = Written::default();
        let step = match targets {
            Targets::Exact => 0.0,
            Targets::Steps(steps) => self.mapping.weight_max() / f32::from(steps.max(1)),
        };
        for number in 0..self.tiles.len() {
            let [top, left] = self.corner(number);
            let (mut which, mut asked) = (Vec::new(), Vec::new());
            let array = self.first_tile + number as u32;
            let tile = &self.tiles[number];
            for row in 0..tile.rows {
                let weights = &weights[(top + row) * stride + left..][..tile.columns];
                let rounding = rounding(settings.seed, array, row, targets);
                for (column, &weight) in weights.iter().enumerate() {
                    let pair = tile.pair(row, column);
                    let held = self.mapping.weight(pair.map(|at| tile.devices.targets()[at]));
                    let rounding = rounding.get(column).map(|&rounding| (step, rounding));
                    let Some(target) = self.target(weight, held, rounding, &mut written) else { continue };
                    for (at, target) in pair.into_iter().zip(self.mapping.pair(target)) {
                        if self.occasion == 0 || tile.devices.targets()[at] != target {
                            which.push(at);
                            asked.push(target);
                        }
                    }
                }
            }
            let draw = Draw { seed: settings.seed, array, occasion: self.occasion };
            self.tiles[number].devices.program(&which, &asked, draw, now_s);
            written.programmed += which.len() as u64;
        }
        self.occasion = self.occasion.wrapping_add(1).max(1);
        written
    }

    /// The weight that a pair is to have for a request instead of the one `held`; none if it stays.
    fn target(&self, request: f32, held: f32, rounding: Option<(f32, f32)>, written: &mut Written) -> Option<f32> {
        let most = self.mapping.weight_max();
        written.clipped += u64::from(self.mapping.clips(request));
        let wanted = request.clamp(-most, most);
        let Some((step, rounding)) = rounding else { return Some(wanted) };
        let moves = ((wanted - held) / step + rounding).floor();
        let target = (held + moves * step).clamp(-most, most);
        written.rounded += u64::from((target - wanted).abs() > most * 1e-6);
        (moves != 0.0).then_some(target)
    }

    /// Takes the baseline of drift compensation at the present conductances. Call it after writing weights.
    pub fn calibrate(&mut self, settings: &ArraySettings, at: Moment, scratch: &mut Scratch) -> Effort {
        let mut effort = Effort::default();
        for number in 0..self.tiles.len() {
            let draw = self.draw(number, at);
            effort += self.tiles[number].calibrate(settings, draw, scratch);
        }
        effort
    }

    /// Makes all devices older by the settings' t_inference, as of `now_s`.
    pub fn rest(&mut self, settings: &ArraySettings, now_s: f64, at: Moment, scratch: &mut Scratch) -> Effort {
        self.tiles.iter_mut().for_each(|tile| tile.devices.backdate(settings.t_inference_s));
        self.age(settings, now_s, at, scratch)
    }
}

/// The synapses' own random numbers in (0, 1) along a row of a tile; none where nothing is rounded.
fn rounding(seed: u64, array: u32, row: usize, targets: Targets) -> Vec<f32> {
    if targets == Targets::Exact {
        return Vec::new();
    }
    let mut words = [[0; TILE / 4]; 4];
    philox_block(seed, Counter { stream: ROUNDING | array, time: row as u64 }, 0, &mut words);
    // Below 1, so that a request at rest stays.
    words.into_iter().flatten().map(|word| uniform(word).min(1.0 - f32::EPSILON)).collect()
}
