//! `lif` neurons and leaky readouts in s16.15: sPyNNaker's neuron, whose input acts in one step and is gone (`IF_curr_delta`).
//!
//! The potential at rest is 0, the threshold 16: as far apart as those of biology in mV. Sums of weights above and below zero wait in 16 bits
//! each, which saturate, and are shifted left by one number for the whole population; a neuron's resistance brings them to its potential.
//! It resets to zero and is held there while refractory. A strict comparison
//! is one with the next number above the threshold.

use embody_brain::neuron::{Comparison, Lif};

use super::exponential::expk;
use super::fixed::{ONE, bits, divide, value};
use super::fixed_neuron::{ExponentialSynapse, FixedNeuron, FixedState};
use crate::chips::integer::Grid;

/// The threshold's potential.
const THRESHOLD: f64 = 16.0;

/// What a neuron that is never reached has as threshold.
const NEVER: i32 = i32::MAX;

/// Neurons of one population.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedPopulation {
    neurons: Vec<FixedNeuron>,
    /// What a sum of weights is shifted left by to be s16.15.
    shift: u32,
    /// Potential per unit of the model, for each neuron.
    scale: Vec<f64>,
}

impl FixedPopulation {
    /// Neurons of `lif`, or readouts, which never fire and whose threshold is only a unit. Errors say what doesn't fit s16.15.
    pub fn new(p: &Lif, size: usize, tick_ms: f64, grid: Grid, readout: bool) -> Result<Self, String> {
        let step = bits(tick_ms);
        let decay = |j: usize| {
            let exp_tc = divide(step, bits(p.tau_ms.of(j))).map(|ratio| expk(-ratio));
            exp_tc.filter(|tc| *tc < ONE && step > 0).ok_or_else(|| {
                format!(
                    "time constant of neuron {j}: expected one whose decay in a tick is below 1 in s16.15, found {} ms",
                    p.tau_ms.of(j)
                )
            })
        };
        // The potential that a step of a weight would lead to if it came in every tick.
        let asymptote = |j: usize, exp_tc: i32| {
            let gain = if p.scaled_input { 1.0 } else { 1.0 / (1.0 - value(exp_tc)) };
            gain * THRESHOLD / p.threshold.of(j) / grid.steps_per_unit
        };
        let decays = (0..size).map(decay).collect::<Result<Vec<i32>, String>>()?;
        let of_step: Vec<f64> = decays.iter().enumerate().map(|(j, &exp_tc)| asymptote(j, exp_tc)).collect();
        let least = of_step.iter().fold(f64::INFINITY, |least, &a| least.min(a));
        let resistance = |asymptote: f64, shift: u32| asymptote * f64::from(ONE >> shift);
        // As coarse as leaves a resistance of 16: nineteen bits of it.
        let shift = (0..=15).rev().find(|&shift| resistance(least, shift) >= 16.0).unwrap_or(0);
        let neuron = |(j, (&asymptote, &exp_tc)): (usize, (&f64, &i32))| {
            let resistance = resistance(asymptote, shift);
            if !(1.0..65536.0).contains(&resistance) {
                return Err(format!(
                    "weights of neuron {j}: a step of them would be a resistance of {resistance}, expected 1 to 65536 in s16.15"
                ));
            }
            let offset = p.bias.of(j) * grid.steps_per_unit * f64::from(1u32 << shift) / f64::from(ONE);
            if offset.abs() >= 65536.0 {
                return Err(format!("bias of neuron {j}: expected a current of s16.15, found {offset}"));
            }
            Ok(FixedNeuron {
                exp_tc,
                resistance: bits(resistance),
                v_rest: 0,
                v_reset: 0,
                v_thresh: match p.comparison {
                    _ if readout => NEVER,
                    Comparison::AtLeast => bits(THRESHOLD),
                    Comparison::Above => bits(THRESHOLD) + 1,
                },
                i_offset: bits(offset),
                refractory: libm::round(p.refractory_ms / tick_ms) as i32,
                synapses: [ExponentialSynapse { decay: 0, init: 0 }; 2],
            })
        };
        let neurons = of_step.iter().zip(&decays).enumerate().map(neuron).collect::<Result<_, _>>()?;
        let scale = (0..size).map(|j| THRESHOLD / p.threshold.of(j)).collect();
        Ok(FixedPopulation { neurons, shift, scale })
    }

    /// Neurons at rest.
    pub fn at_rest(&self) -> Vec<FixedState> {
        self.neurons.iter().map(FixedNeuron::at_rest).collect()
    }

    /// How many neurons.
    pub fn len(&self) -> usize {
        self.neurons.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.neurons.is_empty()
    }

    /// One tick of neuron `j`, at which weights above and below zero of these sums arrive (steps). Returns whether it fires, and whether a
    /// sum saturated or the asymptote left s16.15.
    #[inline(always)]
    pub fn step(&self, j: usize, state: &mut FixedState, sums: [i64; 2]) -> (bool, bool) {
        let most = i64::from(u16::MAX);
        let [above, below] = [sums[0].clamp(0, most), sums[1].saturating_neg().clamp(0, most)];
        let current = ((above - below) << self.shift) as i32;
        let neuron = &self.neurons[j];
        let asymptote = ((i128::from(current) + i128::from(neuron.i_offset)) * i128::from(neuron.resistance)) >> 15;
        let spike = neuron.advance(state, current);
        (spike, [above, -below] != sums || i32::try_from(asymptote).is_err())
    }

    /// Potentials in the unit of the model.
    pub fn potentials(&self, states: &[FixedState]) -> Vec<f32> {
        states.iter().zip(&self.scale).map(|(state, scale)| (value(state.v) / scale) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use embody_brain::neuron::Reset;

    use super::*;

    const GRID: Grid = Grid { steps_per_unit: 127.0, most: 127 };

    #[test]
    fn potentials_follow_the_equation_to_rounding() {
        let model = Lif { reset: Reset::Zero, bias: 0.01.into(), threshold: 2.0.into(), ..Lif::default() };
        let population = FixedPopulation::new(&model, 1, 1.0, GRID, false).unwrap();
        let (mut states, mut v, mut fired) = (population.at_rest(), 0.0f64, 0);
        for tick in 0..2000i64 {
            let sums = [tick * 7919 % 53, -(tick * 31 % 23)];
            v = libm::exp(-1.0 / 20.0) * v + (sums[0] + sums[1]) as f64 / 127.0 + 0.01;
            let (spike, saturated) = population.step(0, &mut states[0], sums);
            assert!(!saturated);
            if spike {
                assert!(v > 1.999, "tick {tick}: {v}");
                (v, fired) = (0.0, fired + 1);
            }
            assert!((f64::from(population.potentials(&states)[0]) - v).abs() < 5e-4, "tick {tick}: {v}");
        }
        assert!(fired > 20, "{fired}");
    }

    /// A resting neuron whose bias leads it to the threshold, and no further.
    #[test]
    fn the_threshold_itself_is_enough_or_not_as_asked() {
        let lif = |comparison| Lif { reset: Reset::Zero, tau_ms: 0.05.into(), bias: 1.0.into(), comparison, ..Lif::default() };
        let fires = |comparison| {
            let population = FixedPopulation::new(&lif(comparison), 1, 1.0, GRID, false).unwrap();
            let mut state = population.at_rest()[0];
            population.step(0, &mut state, [0, 0]).0
        };
        assert!(fires(Comparison::AtLeast) && !fires(Comparison::Above));
    }

    #[test]
    fn sums_saturate_in_16_bits() {
        let population = FixedPopulation::new(&Lif::default(), 1, 1.0, GRID, true).unwrap();
        let mut state = population.at_rest()[0];
        assert!(!population.step(0, &mut state, [100, -100]).1);
        assert!(population.step(0, &mut state, [70_000, 0]).1);
        assert!(population.step(0, &mut state, [0, -70_000]).1);
    }

    #[test]
    fn what_leaves_the_format_is_named() {
        let error = |p: &Lif, grid| FixedPopulation::new(p, 1, 1.0, grid, false).unwrap_err();
        assert!(error(&Lif { tau_ms: 1e5.into(), ..Lif::default() }, GRID).contains("time constant of neuron 0"));
        assert!(error(&Lif { bias: 1e9.into(), ..Lif::default() }, GRID).contains("bias of neuron 0"));
        let fine = Grid { steps_per_unit: 1e9, most: 127 };
        assert!(error(&Lif::default(), fine).contains("weights of neuron 0"));
    }
}
