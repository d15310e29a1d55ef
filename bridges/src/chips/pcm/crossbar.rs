//! A matrix of weights on tiles: split over them by rows and columns, its partial sums added on the digital side.

use serde::{Deserialize, Serialize};

use super::devices::Draw;
use super::mapping::Mapping;
use super::settings::ArraySettings;
use super::tile::{Effort, Phases, Purpose, ReadDraw, Scratch, TILE, Tile};

/// Inputs of a product: rows in order, each with its height, or all with 1.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The rows that are driven.
    pub rows: &'a [u32],
    /// How strongly; 1 if there is none.
    pub heights: Option<&'a [f32]>,
}

/// What writing weights took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Devices that were programmed.
    pub programmed: u64,
    /// Weights beyond the greatest, which were clipped.
    pub clipped: u64,
}

/// When and by whose randomness something is read.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Seed of the run.
    pub seed: u64,
    /// The tick, or whatever counts reads.
    pub time: u64,
}

/// A matrix of weights in conductances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossbar {
    rows: usize,
    columns: usize,
    mapping: Mapping,
    /// Number of the first tile on the chip: tiles have random numbers of their own.
    first_tile: u32,
    /// How often weights were written.
    occasion: u64,
    /// Row of tiles after row of tiles.
    tiles: Vec<Tile>,
}

impl Crossbar {
    /// How many tiles a matrix takes.
    pub fn tiles(rows: usize, columns: usize) -> usize {
        rows.div_ceil(TILE) * columns.div_ceil(TILE)
    }

    /// A matrix whose devices were never programmed. Its tiles are number `first_tile` of the chip and those after it.
    pub fn new(settings: &ArraySettings, rows: usize, columns: usize, mapping: Mapping, first_tile: u32) -> Crossbar {
        let tiles = (0..rows).step_by(TILE).flat_map(|row| {
            let columns = (0..columns).step_by(TILE).map(move |column| TILE.min(columns - column));
            columns.map(move |columns| Tile::new(settings, TILE.min(rows - row), columns))
        });
        Crossbar { rows, columns, mapping, first_tile, occasion: 0, tiles: tiles.collect() }
    }

    /// How weights and conductances hang together.
    pub fn mapping(&self) -> Mapping {
        self.mapping
    }

    /// Writes `weights[row * columns + column]`. Devices whose target changes are programmed, all of them the first time; others go on as they
    /// are, and go on drifting.
    pub fn write(&mut self, settings: &ArraySettings, weights: &[f32], now_s: f64) -> Written {
        let (mapping, columns, first, occasion) = (self.mapping, self.columns, self.first_tile, self.occasion);
        let mut written = Written { clipped: weights.iter().filter(|w| mapping.clips(**w)).count() as u64, programmed: 0 };
        for (number, (tile, top, left)) in tiles(&mut self.tiles, columns).enumerate() {
            let (mut which, mut targets) = (Vec::new(), Vec::new());
            for row in 0..tile.rows {
                let weights = &weights[(top + row) * columns + left..][..tile.columns];
                for (column, &weight) in weights.iter().enumerate() {
                    for (at, target) in tile.pair(row, column).into_iter().zip(mapping.pair(weight)) {
                        if occasion == 0 || tile.devices.targets()[at] != target {
                            which.push(at);
                            targets.push(target);
                        }
                    }
                }
            }
            let draw = Draw { seed: settings.seed, array: first + number as u32, occasion };
            tile.devices.program(&which, &targets, draw, now_s, settings.t_inference_s);
            written.programmed += which.len() as u64;
        }
        self.occasion += 1;
        written
    }

    /// Adds the product of the inputs with the weights to `sums[0]`; with signs apart, products above zero to `sums[0]` and those below to `sums[1]`.
    ///
    /// Inputs are scaled so that the greatest is 1, and outputs back (aihwkit's noise management by the greatest magnitude). A tile that no
    /// input drives isn't read.
    pub fn multiply(
        &self,
        settings: &ArraySettings,
        inputs: Inputs<'_>,
        phases: Phases,
        moment: Moment,
        scratch: &mut Scratch,
        sums: [&mut [f32]; 2],
    ) -> Effort {
        let mut effort = Effort::default();
        let greatest = inputs.heights.map_or(1.0, |heights| heights.iter().fold(0.0f32, |max, x| x.abs().max(max)));
        if greatest <= 0.0 {
            return effort;
        }
        let scale = greatest * self.mapping.weight_max();
        let across = self.columns.div_ceil(TILE);
        for (number, tile) in self.tiles.iter().enumerate() {
            let (top, left) = (number / across * TILE, number % across * TILE);
            let from = inputs.rows.partition_point(|&row| (row as usize) < top);
            let to = inputs.rows.partition_point(|&row| (row as usize) < top + tile.rows);
            if from == to {
                continue;
            }
            let height = |at: usize| inputs.heights.map_or(1.0, |heights| heights[at] / greatest);
            let driven = (from..to).map(|at| (inputs.rows[at] as usize - top, height(at)));
            let draw = ReadDraw { seed: moment.seed, tile: self.first_tile + number as u32, time: moment.time };
            effort += tile.multiply(settings, driven, phases, (Purpose::Product, draw), scratch, |phase, column, y| {
                sums[phase][left + column] += scale * tile.factor(column) * y;
            });
        }
        effort
    }

    /// Brings drift, read noise and compensation up to `now_s`.
    pub fn age(&mut self, settings: &ArraySettings, now_s: f64, moment: Moment, scratch: &mut Scratch) -> Effort {
        self.each_tile(moment, |tile, draw| {
            tile.devices.age(now_s);
            tile.compensate(settings, draw, scratch)
        })
    }

    /// Takes the baseline of drift compensation. Call it after writing weights.
    pub fn calibrate(&mut self, settings: &ArraySettings, moment: Moment, scratch: &mut Scratch) -> Effort {
        self.each_tile(moment, |tile, draw| tile.calibrate(settings, draw, scratch))
    }

    fn each_tile(&mut self, moment: Moment, mut f: impl FnMut(&mut Tile, ReadDraw) -> Effort) -> Effort {
        let mut effort = Effort::default();
        for (number, tile) in self.tiles.iter_mut().enumerate() {
            effort += f(tile, ReadDraw { seed: moment.seed, tile: self.first_tile + number as u32, time: moment.time });
        }
        effort
    }

    /// The weights as conductances stand for them, as of the last ageing and writing, without read noise and with compensation.
    pub fn weights(&self) -> Vec<f32> {
        let mut weights = vec![0.0; self.rows * self.columns];
        let across = self.columns.div_ceil(TILE);
        for (number, tile) in self.tiles.iter().enumerate() {
            let (top, left) = (number / across * TILE, number % across * TILE);
            for row in 0..tile.rows {
                let to = &mut weights[(top + row) * self.columns + left..][..tile.columns];
                for (column, weight) in to.iter_mut().enumerate() {
                    let pair = tile.pair(row, column).map(|at| tile.devices.conductances()[at]);
                    *weight = self.mapping.weight(pair) * tile.factor(column);
                }
            }
        }
        weights
    }

    /// Whether a matrix read from elsewhere is one of these settings and this shape.
    pub fn fits(&self, settings: &ArraySettings, like: &Crossbar) -> bool {
        (self.rows, self.columns, self.mapping, self.first_tile) == (like.rows, like.columns, like.mapping, like.first_tile)
            && self.tiles.len() == like.tiles.len()
            && self.tiles.iter().zip(&like.tiles).all(|(tile, like)| tile.fits(settings, like.rows, like.columns))
    }
}

/// Tiles with the row and the column at which they begin.
fn tiles(tiles: &mut [Tile], columns: usize) -> impl Iterator<Item = (&mut Tile, usize, usize)> {
    let across = columns.div_ceil(TILE);
    tiles.iter_mut().enumerate().map(move |(number, tile)| (tile, number / across * TILE, number % across * TILE))
}
