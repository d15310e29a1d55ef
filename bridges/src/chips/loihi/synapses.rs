//! The synapses of a projection on the chip: weights in whole numbers, and what spikes add up to.

use embody_brain::numeric::padded;
use embody_brain::random::{Counter, philox_block};
use serde::{Deserialize, Serialize};

use super::dense::{Format, scaled_sum};
use crate::chips::{Cause, Counters, Events, Moment};

/// Stream of the generator.
const ROUNDING: u32 = 0x4c4f_0003;

/// The largest payload of a graded spike: 24 bits with sign.
const MOST_PAYLOAD: f64 = 8_388_607.0;

/// What a projection becomes: immutable.
pub struct LoihiProjection {
    pub(super) sources: usize,
    pub(super) targets: usize,
    pub(super) per_pair: usize,
    /// How weights are stored.
    pub(super) format: Format,
    /// Whole numbers to a unit of the network's weights.
    pub(super) scale: f64,
    /// Whether its rule runs on the chip, and so asks for whole numbers.
    pub(super) learns: bool,
    /// Fraction bits of payloads, if its source is an analogue input; their sum is shifted down by as many.
    pub(super) payload: Option<u8>,
    /// Whether targets want positive and negative weights apart.
    pub(super) by_sign: bool,
    /// Words of memory that a spike reads.
    pub(super) words: u64,
    /// Steps over the mesh that a spike of each source takes; empty from outside.
    pub(super) hops: Vec<u32>,
    /// Seed of the chip's own roundings.
    pub(super) seed: u64,
}

/// Stored weights.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct LoihiSynapses {
    /// In the chip's whole numbers, laid out as a kernel's weights.
    weights: Vec<i16>,
    /// Sum over the synapses of each pair, if there are several.
    #[serde(skip)]
    pairs: Vec<i32>,
}

/// What arrives at a population in one step: one sum, or positive and negative weights apart.
#[derive(Clone, Default)]
pub struct LoihiSums {
    pub(super) sums: [Vec<i64>; 2],
    /// Graded spikes of one projection, before their sum is shifted.
    graded: [Vec<i64>; 2],
}

impl LoihiSums {
    pub(super) fn new(size: usize, by_sign: bool) -> Self {
        let n = padded(size);
        LoihiSums { sums: [vec![0; n], vec![0; if by_sign { n } else { 0 }]], graded: Default::default() }
    }
}

impl LoihiProjection {
    fn len(&self) -> usize {
        self.sources * self.per_pair * padded(self.targets)
    }

    /// No synapses yet: all zero.
    pub(super) fn blank(&self) -> LoihiSynapses {
        let mut synapses = LoihiSynapses { weights: vec![0; self.len()], pairs: Vec::new() };
        self.sum_pairs(&mut synapses);
        synapses
    }

    /// Holds synapses that were read from bytes against what they must be.
    pub(super) fn restore(&self, synapses: &mut LoihiSynapses) -> bool {
        let ([low, high], step) = (self.format.range(), self.format.step());
        let stored = |weight: i32| (low..=high).contains(&weight) && weight % step == 0;
        let fits = synapses.weights.len() == self.len() && synapses.weights.iter().all(|&w| stored(w.into()));
        if fits {
            self.sum_pairs(synapses);
        }
        fits
    }

    fn sum_pairs(&self, synapses: &mut LoihiSynapses) {
        let width = padded(self.targets);
        synapses.pairs.clear();
        synapses.pairs.resize(self.sources * width, 0);
        let rows = synapses.weights.chunks_exact(self.per_pair * width);
        for (rows, pairs) in rows.zip(synapses.pairs.chunks_exact_mut(width)) {
            for row in rows.chunks_exact(width) {
                pairs.iter_mut().zip(row).for_each(|(sum, &w)| *sum = sum.wrapping_add(w.into()));
            }
        }
    }

    /// Stores weights, rounded to the nearest or, for a rule, stochastically, and gives back what is stored.
    pub(super) fn write(
        &self,
        synapses: &mut LoihiSynapses,
        weights: &mut [f32],
        cause: Cause,
        at: Moment,
        counters: &mut Counters,
    ) {
        let (width, step) = (padded(self.targets), f64::from(self.format.step()));
        let [low, high] = self.format.range().map(f64::from);
        let stochastic = cause == Cause::Learning && !self.learns;
        let mut words = [[0; 16]; 4];
        let counter = Counter { stream: ROUNDING, time: at.tick };
        for (block, (weights, stored)) in weights.chunks_mut(64).zip(synapses.weights.chunks_mut(64)).enumerate() {
            if stochastic {
                philox_block(at.seed ^ self.seed, counter, block as u32, &mut words);
            }
            for (k, (weight, stored)) in weights.iter_mut().zip(stored).enumerate() {
                if (block * 64 + k) % width >= self.targets {
                    continue;
                }
                let exact = f64::from(*weight) * self.scale / step;
                let whole = if stochastic {
                    let below = libm::floor(exact);
                    let up = f64::from(words[k / 16][k % 16]) / 4_294_967_296.0 < exact - below;
                    below + f64::from(u8::from(up))
                } else {
                    libm::rint(exact)
                };
                // A weight as such is of one f32's precision: what is off by that isn't rounded.
                counters.rounded_weights += u64::from((whole - exact).abs() > 1e-5 * (1.0 + exact.abs()));
                counters.clipped_weights += u64::from(whole * step < low || whole * step > high);
                *stored = self.format.store(whole * step) as i16;
                *weight = (f64::from(*stored) / self.scale) as f32;
            }
        }
        self.sum_pairs(synapses);
    }

    /// The stored weights in the network's unit.
    pub(super) fn weights(&self, synapses: &LoihiSynapses) -> Vec<f32> {
        synapses.weights.iter().map(|&w| (f64::from(w) / self.scale) as f32).collect()
    }

    /// Adds up what arrives. Sums can't overflow: 2^28 synapses of 9 bits times 24 bits of payload.
    pub(super) fn deliver(&self, synapses: &LoihiSynapses, events: Events<'_>, sums: &mut LoihiSums, counters: &mut Counters) {
        let number = events.sources.len() as u64;
        counters.synaptic_operations += number * (self.per_pair * self.targets) as u64;
        counters.fetches += number * self.words;
        counters.hops +=
            events.sources.iter().filter_map(|&i| self.hops.get(i as usize)).map(|&hops| u64::from(hops)).sum::<u64>();
        let LoihiSums { sums, graded } = sums;
        match self.payload {
            None => self.add_rows(synapses, events.sources.iter().map(|&i| (i, 1)), sums),
            Some(bits) => {
                graded.iter_mut().zip(&*sums).for_each(|(graded, sums)| graded.resize(sums.len(), 0));
                let unit = f64::from(1u32 << bits);
                let heights = events.heights.unwrap_or_default();
                let payloads = events.sources.iter().zip(heights).map(|(&i, &height)| {
                    let exact = libm::rint(f64::from(height) * unit);
                    counters.saturations += u64::from(exact.abs() > MOST_PAYLOAD);
                    (i, exact.clamp(-MOST_PAYLOAD, MOST_PAYLOAD) as i64)
                });
                self.add_rows(synapses, payloads, graded);
                for (graded, sums) in graded.iter_mut().zip(sums) {
                    for (graded, sum) in graded.iter_mut().zip(sums) {
                        *sum = sum.wrapping_add(scaled_sum(std::mem::take(graded), -i32::from(bits)));
                    }
                }
            }
        }
    }

    fn add_rows(&self, synapses: &LoihiSynapses, spikes: impl Iterator<Item = (u32, i64)>, sums: &mut [Vec<i64>; 2]) {
        let width = padded(self.targets);
        let [first, second] = sums;
        for (source, payload) in spikes {
            let row = &synapses.pairs[source as usize * width..][..width];
            if self.by_sign {
                for ((positive, negative), &w) in first.iter_mut().zip(second.iter_mut()).zip(row) {
                    let w = i64::from(w).wrapping_mul(payload);
                    *positive = positive.wrapping_add(w.max(0));
                    *negative = negative.wrapping_add(w.min(0));
                }
            } else {
                first.iter_mut().zip(row).for_each(|(sum, &w)| *sum = sum.wrapping_add(i64::from(w).wrapping_mul(payload)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense::SignMode;
    use super::*;

    fn projection(mode: SignMode, scale: f64) -> LoihiProjection {
        LoihiProjection {
            sources: 8,
            targets: 10,
            per_pair: 2,
            format: Format::new(mode, 8),
            scale,
            learns: false,
            payload: None,
            by_sign: true,
            words: 3,
            hops: Vec::new(),
            seed: 0,
        }
    }

    #[test]
    fn a_rule_gets_on_average_what_it_asks_for() {
        let projection = projection(SignMode::Mixed, 20.0);
        let (mut synapses, mut counters, mut sum) = (projection.blank(), Counters::default(), 0.0);
        let times = 2000;
        for tick in 0..times {
            // 4.6 in whole numbers: 4 or 6.
            let mut weights = vec![0.23; projection.len()];
            projection.write(&mut synapses, &mut weights, Cause::Learning, Moment { seed: 5, tick }, &mut counters);
            assert!(weights.chunks_exact(16).all(|row| row[..10].iter().all(|&w| w == 0.2 || w == 0.3)));
            sum += weights.chunks_exact(16).flat_map(|row| &row[..10]).map(|&w| f64::from(w)).sum::<f64>();
        }
        let all = times * 160;
        // Standard deviation of a mean: 0.1 sqrt(0.3 0.7 / 320 000) = 8e-5.
        assert!((sum / all as f64 - 0.23).abs() < 4e-4, "{}", sum / all as f64);
        assert_eq!((counters.rounded_weights, counters.clipped_weights), (all, 0));
    }

    #[test]
    fn what_lies_beyond_the_range_is_held_and_counted() {
        let projection = projection(SignMode::Excitatory, 10.0);
        let (mut synapses, mut counters) = (projection.blank(), Counters::default());
        let mut weights = vec![0.0; projection.len()];
        (weights[0], weights[1], weights[2]) = (100.0, -1.0, 0.26);
        projection.write(&mut synapses, &mut weights, Cause::Given, Moment { seed: 5, tick: 0 }, &mut counters);
        assert_eq!(weights[..4], [25.5, 0.0, 0.3, 0.0]);
        assert_eq!((counters.clipped_weights, counters.rounded_weights), (2, 1));
    }

    #[test]
    fn what_is_finer_than_the_format_is_not_restored() {
        let coarse = LoihiProjection { format: Format::new(SignMode::Mixed, 3), ..projection(SignMode::Mixed, 1.0) };
        for (weight, ok) in [(64, true), (-256, true), (2, false), (65, false), (256, false)] {
            let mut synapses = coarse.blank();
            synapses.weights[3] = weight;
            assert_eq!(coarse.restore(&mut synapses), ok, "{weight}");
        }
    }

    #[test]
    fn signs_are_summed_up_apart_if_asked_for() {
        let projection = projection(SignMode::Mixed, 1.0);
        let (mut synapses, mut counters) = (projection.blank(), Counters::default());
        let mut weights: Vec<f32> = (0..projection.len()).map(|at| if at % 16 < 5 { 4.0 } else { -6.0 }).collect();
        projection.write(&mut synapses, &mut weights, Cause::Given, Moment { seed: 5, tick: 0 }, &mut counters);
        let mut sums = LoihiSums::new(10, true);
        projection.deliver(&synapses, Events { sources: &[1, 7], heights: None }, &mut sums, &mut counters);
        assert_eq!(sums.sums[0][..10], [16, 16, 16, 16, 16, 0, 0, 0, 0, 0]);
        assert_eq!(sums.sums[1][..10], [0, 0, 0, 0, 0, -24, -24, -24, -24, -24]);
        assert_eq!((counters.synaptic_operations, counters.fetches), (40, 6));
    }
}
