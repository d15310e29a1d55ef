//! A matrix of weights on tiles: split over them by rows and columns, its partial sums added on the digital side.

use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use super::settings::ArraySettings;
use super::tile::{Effort, Phases, Purpose, ReadDraw, Scratch, TILE, Tile};
use crate::chips::Moment;

/// Inputs of a product: rows in order, each with its height, or all with 1.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The rows that are driven.
    pub rows: &'a [u32],
    /// How strongly; 1 if there is none.
    pub heights: Option<&'a [f32]>,
}

/// A matrix of weights in conductances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossbar {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) mapping: Mapping,
    /// Number of the first tile on the chip: tiles have random numbers of their own.
    pub(super) first_tile: u32,
    /// How often weights were written.
    pub(super) occasion: u64,
    /// Row of tiles after row of tiles.
    pub(super) tiles: Vec<Tile>,
}

impl Crossbar {
    /// How many tiles a matrix takes.
    pub fn tiles(rows: usize, columns: usize) -> usize {
        rows.div_ceil(TILE) * columns.div_ceil(TILE)
    }

    /// A matrix whose devices were never programmed. Its tiles are number `first_tile` of the chip and those after it, all below 2^24.
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

    /// Row and column at which a tile begins.
    pub(super) fn corner(&self, number: usize) -> [usize; 2] {
        let across = self.columns.div_ceil(TILE);
        [number / across * TILE, number % across * TILE]
    }

    /// Adds the product of the inputs with the weights to `sums[0]`; with signs apart, products above zero to `sums[0]` and those below to
    /// `sums[1]`.
    ///
    /// Inputs are scaled so that the greatest is 1, and outputs back (aihwkit's noise management by the greatest magnitude). A tile that no
    /// input drives isn't read.
    pub fn multiply(
        &self,
        settings: &ArraySettings,
        inputs: Inputs<'_>,
        phases: Phases,
        at: Moment,
        scratch: &mut Scratch,
        sums: [&mut [f32]; 2],
    ) -> Effort {
        let mut effort = Effort::default();
        let greatest = inputs.heights.map_or(1.0, |heights| heights.iter().fold(0.0f32, |max, x| x.abs().max(max)));
        if greatest <= 0.0 {
            return effort;
        }
        let scale = greatest * self.mapping.weight_max();
        for (number, tile) in self.tiles.iter().enumerate() {
            let [top, left] = self.corner(number);
            let from = inputs.rows.partition_point(|&row| (row as usize) < top);
            let to = inputs.rows.partition_point(|&row| (row as usize) < top + tile.rows);
            if from == to {
                continue;
            }
            let height = |at: usize| inputs.heights.map_or(1.0, |heights| heights[at] / greatest);
            let driven = (from..to).map(|at| (inputs.rows[at] as usize - top, height(at)));
            let draw = self.draw(number, at);
            effort += tile.multiply(settings, driven, phases, (Purpose::Product, draw), scratch, |phase, column, y| {
                sums[phase][left + column] += scale * tile.factor(column) * y;
            });
        }
        effort
    }

    /// Whether weights were ever written.
    pub fn is_written(&self) -> bool {
        self.occasion > 0
    }

    /// Brings drift and read noise up to `now_s`, and leaves compensation as it is.
    pub fn drift(&mut self, now_s: f64) {
        self.tiles.iter_mut().for_each(|tile| tile.devices.age(now_s));
    }

    /// Brings drift, read noise and compensation up to `now_s`.
    pub fn age(&mut self, settings: &ArraySettings, now_s: f64, at: Moment, scratch: &mut Scratch) -> Effort {
        let mut effort = Effort::default();
        for number in 0..self.tiles.len() {
            let draw = self.draw(number, at);
            self.tiles[number].devices.age(now_s);
            effort += self.tiles[number].compensate(settings, draw, scratch);
        }
        effort
    }

    /// The randomness of reading a tile.
    pub(super) fn draw(&self, number: usize, at: Moment) -> ReadDraw {
        ReadDraw { seed: at.seed, tile: self.first_tile + number as u32, time: at.tick }
    }

    /// The weights as conductances stand for them, as of the last ageing and writing, without read noise and with compensation:
    /// `weights[row * columns + column]`.
    pub fn weights(&self) -> Vec<f32> {
        self.gather(|tile, column, pair| {
            self.mapping.weight(pair.map(|at| tile.devices.conductances()[at])) * tile.factor(column)
        })
    }

    /// The weights that devices were last programmed to, laid out alike.
    pub fn targets(&self) -> Vec<f32> {
        self.gather(|tile, _, pair| self.mapping.weight(pair.map(|at| tile.devices.targets()[at])))
    }

    /// A number for each weight, from its tile, its column there and its pair of devices.
    fn gather(&self, weight: impl Fn(&Tile, usize, [usize; 2]) -> f32) -> Vec<f32> {
        let mut weights = vec![0.0; self.rows * self.columns];
        for (number, tile) in self.tiles.iter().enumerate() {
            let [top, left] = self.corner(number);
            for row in 0..tile.rows {
                let to = &mut weights[(top + row) * self.columns + left..][..tile.columns];
                to.iter_mut().enumerate().for_each(|(column, to)| *to = weight(tile, column, tile.pair(row, column)));
            }
        }
        weights
    }

    /// Whether a matrix read from elsewhere is one like this, whose contents may differ.
    pub fn fits(&self, settings: &ArraySettings, other: &Crossbar) -> bool {
        (self.rows, self.columns, self.mapping, self.first_tile) == (other.rows, other.columns, other.mapping, other.first_tile)
            && self.tiles.len() == other.tiles.len()
            && self.tiles.iter().zip(&other.tiles).all(|(like, tile)| tile.fits(settings, like.rows, like.columns))
    }
}
