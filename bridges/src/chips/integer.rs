//! Synapses of whole-number weights: one step of the grid for all that enters a population.
//!
//! Given weights are stored as the nearest step, halves to even, or cut off toward zero; requested ones are rounded stochastically, so that small changes aren't lost
//! on average. What lies beyond the range saturates.

use embody_brain::numeric::padded;
use embody_brain::random::{Counter, Philox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cause, Counters};

/// How given weights that lie between two steps are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// As the nearest step, halves to even.
    #[default]
    Nearest,
    /// Cut off toward zero.
    TowardZero,
}

/// How weights become whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Steps per unit of weight.
    pub steps_per_unit: f64,
    /// The greatest number of steps, either way.
    pub most: i8,
    /// What becomes of given weights between two steps.
    pub rounding: Rounding,
}

/// What lies this close to a step is meant to be it: it was read from the chip, and rounded to `f32`.
const SAME: f64 = 1e-4;

impl Grid {
    /// The grid on which `largest` is the greatest number of steps; a step is 1 if there is no such weight.
    pub fn new(largest: f32, most: i8) -> Grid {
        let steps_per_unit = f64::from(most) / f64::from(largest);
        let steps_per_unit = if steps_per_unit.is_finite() { steps_per_unit } else { 1.0 };
        Grid { steps_per_unit, most, rounding: Rounding::Nearest }
    }

    /// The weight of so many steps.
    pub fn weight(&self, steps: i8) -> f32 {
        (f64::from(steps) / self.steps_per_unit) as f32
    }

    /// Steps of a weight. `draw` gives a number in 0..1 where it is rounded stochastically, and none where it is given.
    fn steps(&self, weight: f32, draw: impl FnOnce() -> Option<f32>, counters: &mut Counters) -> i8 {
        let exact = f64::from(weight) * self.steps_per_unit;
        let nearest = libm::rint(exact);
        let most = f64::from(self.most);
        if nearest.abs() > most {
            counters.clipped_weights += 1;
            return nearest.clamp(-most, most) as i8;
        }
        if (exact - nearest).abs() <= SAME {
            return nearest as i8;
        }
        counters.rounded_weights += 1;
        let given = match self.rounding {
            Rounding::Nearest => nearest,
            Rounding::TowardZero => libm::trunc(exact),
        };
        let steps = draw().map_or(given, |draw| libm::floor(exact + f64::from(draw)));
        steps.clamp(-most, most) as i8
    }
}

/// What a projection's synapses are, described: immutable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Sources.
    pub sources: usize,
    /// Synapses of each pair.
    pub per_pair: usize,
    /// Targets.
    pub targets: usize,
    /// How weights are stored.
    pub grid: Grid,
}

impl Layout {
    /// Numbers in a row: targets, padded.
    pub fn width(&self) -> usize {
        padded(self.targets)
    }

    /// Numbers in all.
    pub fn len(&self) -> usize {
        self.sources * self.per_pair * self.width()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Blank synapses.
    pub fn blank(&self) -> Weights {
        Weights { steps: vec![0; self.len()] }
    }

    /// The weights as stored (padded).
    pub fn read(&self, weights: &Weights) -> Vec<f32> {
        weights.steps.iter().map(|&steps| self.grid.weight(steps)).collect()
    }

    /// Stores weights (padded) and replaces each by what is kept of it. `draw` gives numbers in 0..1 for what a rule requests.
    pub fn write(
        &self,
        weights: &mut Weights,
        asked: &mut [f32],
        cause: Cause,
        mut draw: impl FnMut() -> f32,
        counters: &mut Counters,
    ) {
        let width = self.width();
        for (row, asked) in weights.steps.chunks_exact_mut(width).zip(asked.chunks_exact_mut(width)) {
            for (steps, asked) in row.iter_mut().zip(asked).take(self.targets) {
                *steps = self.grid.steps(*asked, || (cause == Cause::Learning).then(&mut draw), counters);
                *asked = self.grid.weight(*steps);
            }
        }
    }
}

/// The weights of a projection, in steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    steps: Vec<i8>,
}

impl Weights {
    /// Whether they are of that layout, and none lies beyond the grid.
    pub fn fits(&self, layout: &Layout) -> bool {
        self.steps.len() == layout.len()
            && self.steps.iter().all(|&steps| (-layout.grid.most..=layout.grid.most).contains(&steps))
    }

    /// The row of synapse `k` of a source.
    #[inline(always)]
    pub fn row(&self, layout: &Layout, source: u32, k: usize) -> &[i8] {
        let width = layout.width();
        &self.steps[(source as usize * layout.per_pair + k) * width..][..width]
    }
}

/// Adds a row of weights to sums, each `times` over.
#[inline(always)]
pub fn add_row(sums: &mut [i32], row: &[i8], times: i32) {
    for (sum, &w) in sums.iter_mut().zip(row) {
        *sum += times * i32::from(w);
    }
}

/// The same of weights of one sign alone: the products above zero into the first sums, those below into the second.
#[inline(always)]
pub fn add_row_by_sign([above, below]: [&mut [i32]; 2], row: &[i8], times: i32) {
    for ((above, below), &w) in above.iter_mut().zip(below).zip(row) {
        let product = times * i32::from(w);
        *above += product.max(0);
        *below += product.min(0);
    }
}

/// Numbers in 0..1 from the counter-based generator: those of one seed, stream and moment, one after the other.
pub struct Draws {
    generator: Philox,
    words: [[u64; 16]; 2],
    block: u32,
    at: usize,
}

impl Draws {
    /// From the first.
    pub fn new(seed: u64, counter: Counter) -> Draws {
        Draws { generator: Philox::new(seed, counter), words: [[0; 16]; 2], block: 0, at: 64 }
    }

    /// The next, in steps of 2^-24.
    pub fn draw(&mut self) -> f32 {
        if self.at == 64 {
            self.generator.pairs(self.block, &mut self.words);
            (self.block, self.at) = (self.block.wrapping_add(1), 0);
        }
        let pair = self.words[self.at / 32][self.at / 2 % 16];
        let word = if self.at.is_multiple_of(2) { pair as u32 } else { (pair >> 32) as u32 };
        self.at += 1;
        (word >> 8) as f32 * (1.0 / 16_777_216.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(most: i8) -> Layout {
        Layout { sources: 2, per_pair: 1, targets: 3, grid: Grid::new(2.0, most) }
    }

    #[test]
    fn given_weights_become_the_nearest_step_and_read_back() {
        let layout = layout(63);
        let (mut weights, mut counters) = (layout.blank(), Counters::default());
        let mut asked = vec![0.0; layout.len()];
        asked[..3].copy_from_slice(&[2.0, -1.0, 0.05]);
        asked[8..11].copy_from_slice(&[9.0, -9.0, 0.0]);
        layout.write(&mut weights, &mut asked, Cause::Given, || unreachable!("nothing is drawn"), &mut counters);
        assert_eq!(asked[8..11], [2.0, -2.0, 0.0]);
        assert_eq!((counters.clipped_weights, counters.rounded_weights), (2, 2));
        assert_eq!(layout.read(&weights), asked);
        let again = weights.clone();
        layout.write(&mut weights, &mut asked, Cause::Learning, || 0.999, &mut counters);
        assert!(weights == again, "what was read is on the grid, and stays");
    }

    #[test]
    fn requested_weights_are_right_on_average() {
        let layout = layout(127);
        let mut draws = Draws::new(1, Counter { stream: 9, time: 0 });
        let (mut weights, mut counters, mut sum) = (layout.blank(), Counters::default(), 0.0);
        let n = 20_000;
        for _ in 0..n {
            let mut asked = vec![-0.011; layout.len()];
            layout.write(&mut weights, &mut asked, Cause::Learning, || draws.draw(), &mut counters);
            sum += f64::from(asked[0]);
        }
        // A step is 2/127 = 0.0157: the standard error is below 6e-5.
        assert!((sum / f64::from(n) + 0.011).abs() < 3e-4, "{}", sum / f64::from(n));
        assert_eq!(counters.rounded_weights, 6 * n as u64, "padding isn't counted");
    }

    #[test]
    fn a_grid_without_weights_has_steps_of_one() {
        assert_eq!(Grid::new(0.0, 127).steps_per_unit, 1.0);
        assert_eq!(Grid::new(f32::MIN_POSITIVE / 1e6, 127).weight(127), f32::MIN_POSITIVE / 1e6);
    }

    #[test]
    fn rows_add_up_together_and_by_sign() {
        let mut sums = [1; 3];
        add_row(&mut sums, &[5, -7, 0], -2);
        assert_eq!(sums, [-9, 15, 1]);
        let [mut above, mut below] = [[0; 3]; 2];
        add_row_by_sign([&mut above, &mut below], &[5, -7, 0], -2);
        assert_eq!([above, below], [[0, 14, 0], [-10, 0, 0]]);
    }

    #[test]
    fn weights_of_another_layout_are_refused() {
        let weights = layout(127).blank();
        assert!(weights.fits(&layout(63)) && !weights.fits(&Layout { sources: 3, ..layout(63) }));
        assert!(!Weights { steps: vec![64; layout(63).len()] }.fits(&layout(63)));
    }
}
