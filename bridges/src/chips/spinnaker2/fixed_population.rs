//! `lif` and `cuba_lif` neurons and their readouts in s16.15: sPyNNaker's neuron, whose input acts in one step and is gone
//! (`IF_curr_delta`), or whose excitatory and inhibitory currents decay by themselves (`IF_curr_exp`).
//!
//! The potential at rest is 0, the threshold 16: as far apart as those of biology in mV. Sums of weights above and below zero wait in 16 bits
//! each, which saturate, and are shifted left by one number for the whole population; a neuron's resistance brings them to its potential.
//! Where currents decay they are shifted by so little that the greatest sums in every step never overflow one. A current takes (tau/h) (1 - d)
//! of what arrives, its mean over a step, which is made good by the resistance; it is rounded down in every step.
//! It resets to zero and is held there while refractory. A strict comparison
//! is one with the next number above the threshold.

use embody_brain::neuron::Comparison;

use super::exponential::expk;
use super::fixed::{ONE, bits, divide, value};
use super::fixed_neuron::{ExponentialSynapse, FixedNeuron, FixedState};
use super::ring_buffer::Waiting;
use crate::chips::Leaky;
use crate::chips::integer::Grid;

/// The threshold's potential.
const THRESHOLD: f64 = 16.0;

/// What a neuron that is never reached has as threshold.
const NEVER: i32 = i32::MAX;

/// Neurons of one population.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedPopulation {
    neurons: Vec<FixedNeuron>,
    /// Whether they have currents that decay.
    currents: bool,
    /// What a sum of weights is shifted left by to be s16.15.
    shift: u32,
    /// Potential per unit of the model, for each neuron.
    scale: Vec<f64>,
}

impl FixedPopulation {
    /// Neurons of `described`; the threshold of readouts, which never fire, is only a unit. Errors say what doesn't fit s16.15.
    pub fn new(described: &Leaky, size: usize, tick_ms: f64, grid: Grid) -> Result<Self, String> {
        let (p, readout, step) = (&described.membrane, described.readout, bits(tick_ms));
        let synapses = (0..size).map(|j| synapse(described, j, step)).collect::<Result<Vec<_>, _>>()?;
        let decay = |j: usize| {
            let exp_tc = divide(step, bits(p.tau_ms.of(j))).map(|ratio| expk(-ratio));
            exp_tc.filter(|tc| *tc < ONE && step > 0).ok_or_else(|| {
                format!(
                    "time constant of neuron {j}: expected one whose decay in a tick is below 1 in s16.15, found {} ms",
                    p.tau_ms.of(j)
                )
            })
        };
        // The potential that a current of a weight's step would lead to.
        let asymptote = |j: usize, exp_tc: i32| {
            let gain = if p.scaled_input { 1.0 } else { 1.0 / (1.0 - value(exp_tc)) };
            gain * THRESHOLD / p.threshold.of(j) / grid.steps_per_unit / taken(&synapses[j])
        };
        let decays = (0..size).map(decay).collect::<Result<Vec<i32>, String>>()?;
        let of_step: Vec<f64> = decays.iter().enumerate().map(|(j, &exp_tc)| asymptote(j, exp_tc)).collect();
        let least = of_step.iter().fold(f64::INFINITY, |least, &a| least.min(a));
        let resistance = |asymptote: f64, shift: u32| asymptote * f64::from(ONE >> shift);
        // As coarse as leaves a resistance of 16: nineteen bits of it.
        let most = synapses.iter().map(headroom).min().unwrap_or(15);
        let shift = (0..=most).rev().find(|&shift| resistance(least, shift) >= 16.0).unwrap_or(0);
        let neuron = |(j, (&asymptote, &exp_tc)): (usize, (&f64, &i32))| {
            let resistance = resistance(asymptote, shift);
            if !(1.0..65536.0).contains(&resistance) {
                return Err(format!(
                    "weights of neuron {j}: a step of them would be a resistance of {resistance}, expected 1 to 65536 in s16.15"
                ));
            }
            let current = described.constant(j, tick_ms) * taken(&synapses[j]);
            let offset = current * grid.steps_per_unit * f64::from(1u32 << shift) / f64::from(ONE);
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
                synapses: [synapses[j].unwrap_or(ExponentialSynapse { decay: 0, init: 0 }); 2],
            })
        };
        let neurons = of_step.iter().zip(&decays).enumerate().map(neuron).collect::<Result<_, _>>()?;
        let scale = (0..size).map(|j| THRESHOLD / p.threshold.of(j)).collect();
        Ok(FixedPopulation { neurons, currents: described.synapse.is_some(), shift, scale })
    }

    /// Neurons at rest.
    pub fn at_rest(&self) -> Vec<FixedState> {
        self.neurons.iter().map(FixedNeuron::at_rest).collect()
    }

    /// How many neurons.
    pub fn len(&self) -> usize {
        self.neurons.len()
    }

    /// Whether they have currents that decay.
    pub fn has_currents(&self) -> bool {
        self.currents
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.neurons.is_empty()
    }

    /// One tick of neuron `j`, at which weights above and below zero of these sums arrive (steps). Returns whether it fires, and whether a
    /// sum saturated or the asymptote left s16.15.
    #[inline(always)]
    pub fn step(&self, j: usize, state: &mut FixedState, sums: [i64; 2]) -> (bool, bool) {
        let waiting = [sums[0], sums[1].saturating_neg()].map(Waiting::of);
        let inputs = waiting.map(|waiting| waiting.input(self.shift));
        let neuron = &self.neurons[j];
        let (current, spike) = if self.currents {
            let step = neuron.step(state, inputs);
            (step.current, step.spike)
        } else {
            let current = inputs[0] - inputs[1];
            (current, neuron.advance(state, current))
        };
        let asymptote = ((i128::from(current) + i128::from(neuron.i_offset)) * i128::from(neuron.resistance)) >> 15;
        (spike, waiting.into_iter().any(Waiting::saturated) || i32::try_from(asymptote).is_err())
    }

    /// Potentials in the unit of the model.
    pub fn potentials(&self, states: &[FixedState]) -> Vec<f32> {
        states.iter().zip(&self.scale).map(|(state, scale)| (value(state.v) / scale) as f32).collect()
    }
}

/// The synapse of a neuron; none if its input is gone after a step. The error names the neuron whose current would never decay, or so slowly
/// that not even unshifted sums fit.
fn synapse(described: &Leaky, j: usize, step: i32) -> Result<Option<ExponentialSynapse>, String> {
    let Some(synapse) = &described.synapse else { return Ok(None) };
    let tau_ms = synapse.tau_ms.of(j);
    let made = ExponentialSynapse::new(step, bits(tau_ms)).map_err(|why| format!("neuron {j}: {why}"))?;
    match made.init > 0 && greatest(&made) < f64::from(i32::MAX) {
        true => Ok(Some(made)),
        false => Err(format!(
            "time constant of the current of neuron {j}: expected one below 32768 ticks, whose greatest current s16.15 holds, found {tau_ms} ms"
        )),
    }
}

/// A fraction of u0.32.
fn fraction(bits: u32) -> f64 {
    f64::from(bits) / 4_294_967_296.0
}

/// What the current takes of an input.
fn taken(synapse: &Option<ExponentialSynapse>) -> f64 {
    synapse.as_ref().map_or(1.0, |synapse| fraction(synapse.init))
}

/// What the greatest sum in every step would lead a current to, in units of the unshifted sum.
fn greatest(synapse: &ExponentialSynapse) -> f64 {
    f64::from(u16::MAX) * fraction(synapse.init) / (1.0 - fraction(synapse.decay))
}

/// By how much sums may be shifted.
fn headroom(synapse: &Option<ExponentialSynapse>) -> u32 {
    let holds = |shift: &u32| synapse.as_ref().is_none_or(|s| greatest(s) * f64::from(1u32 << shift) < f64::from(i32::MAX));
    (0..=15).rev().find(holds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use embody_brain::neuron::{CubaLif, Lif, Reset};

    use super::*;
    use crate::chips::integer::Rounding;

    const GRID: Grid = Grid { steps_per_unit: 127.0, most: 127, rounding: Rounding::Nearest };

    #[test]
    fn potentials_follow_the_equation_to_rounding() {
        let model = Lif { reset: Reset::Zero, bias: 0.01.into(), threshold: 2.0.into(), ..Lif::default() };
        let population = FixedPopulation::new(&model.into(), 1, 1.0, GRID).unwrap();
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

    /// Random weights of both signs, with constants before and behind the current; the first of the two has settled when it begins.
    #[test]
    fn potentials_behind_a_current_follow_the_equations_to_rounding() {
        for tau_syn in [2.0, 5.0, 40.0] {
            let threshold = 6.0 * tau_syn / 5.0;
            let model = CubaLif {
                tau_syn_ms: tau_syn.into(),
                reset: Reset::Zero,
                bias: 0.01.into(),
                bias_syn: 0.002.into(),
                threshold: threshold.into(),
                ..CubaLif::default()
            };
            let population = FixedPopulation::new(&model.into(), 1, 1.0, GRID).unwrap();
            let (alpha, beta) = (libm::exp(-1.0 / 20.0), libm::exp(-1.0 / tau_syn));
            let (mut states, mut i, mut v, mut fired) = (population.at_rest(), 0.002 / (1.0 - beta), 0.0f64, 0);
            for tick in 0..2000i64 {
                let sums = [tick * 7919 % 53, -(tick * 31 % 23)];
                i = beta * i + (sums[0] + sums[1]) as f64 / 127.0 + 0.002;
                v = alpha * v + i + 0.01;
                let (spike, saturated) = population.step(0, &mut states[0], sums);
                assert!(!saturated);
                if spike {
                    assert!(v > 0.999 * threshold, "tick {tick}: {v}");
                    (v, fired) = (0.0, fired + 1);
                }
                let found = f64::from(population.potentials(&states)[0]);
                assert!((found - v).abs() < 1e-3 * threshold, "tau {tau_syn}, tick {tick}: {found} {v}");
            }
            assert!(fired > 20, "{fired}");
        }
    }

    #[test]
    fn the_greatest_sums_for_ever_leave_currents_inside() {
        for tau_syn in [0.5, 5.0, 300.0, 20_000.0] {
            let model = CubaLif { tau_syn_ms: tau_syn.into(), threshold: tau_syn.into(), ..CubaLif::default() };
            let population = FixedPopulation::new(&model.into(), 1, 1.0, GRID).unwrap();
            let mut state = population.at_rest()[0];
            for _ in 0..(20.0 * tau_syn) as usize + 100 {
                population.step(0, &mut state, [70_000, -70_000]);
                assert!(state.currents.iter().all(|&x| x > 0), "tau {tau_syn}: {:?}", state.currents);
            }
        }
        let slow = CubaLif { tau_syn_ms: 60_000.0.into(), ..CubaLif::default() };
        assert!(FixedPopulation::new(&slow.into(), 1, 1.0, GRID).unwrap_err().contains("current of neuron 0"));
    }

    /// A resting neuron whose bias leads it to the threshold, and no further.
    #[test]
    fn the_threshold_itself_is_enough_or_not_as_asked() {
        let lif = |comparison| Lif { reset: Reset::Zero, tau_ms: 0.05.into(), bias: 1.0.into(), comparison, ..Lif::default() };
        let fires = |comparison| {
            let population = FixedPopulation::new(&lif(comparison).into(), 1, 1.0, GRID).unwrap();
            let mut state = population.at_rest()[0];
            population.step(0, &mut state, [0, 0]).0
        };
        assert!(fires(Comparison::AtLeast) && !fires(Comparison::Above));
    }

    #[test]
    fn sums_saturate_in_16_bits() {
        let population = FixedPopulation::new(&Leaky { readout: true, ..Lif::default().into() }, 1, 1.0, GRID).unwrap();
        let mut state = population.at_rest()[0];
        assert!(!population.step(0, &mut state, [100, -100]).1);
        assert!(population.step(0, &mut state, [70_000, 0]).1);
        assert!(population.step(0, &mut state, [0, -70_000]).1);
    }

    #[test]
    fn what_leaves_the_format_is_named() {
        let error = |p: &Lif, grid| FixedPopulation::new(&p.clone().into(), 1, 1.0, grid).unwrap_err();
        assert!(error(&Lif { tau_ms: 1e5.into(), ..Lif::default() }, GRID).contains("time constant of neuron 0"));
        assert!(error(&Lif { bias: 1e9.into(), ..Lif::default() }, GRID).contains("bias of neuron 0"));
        let fine = Grid { steps_per_unit: 1e9, ..GRID };
        assert!(error(&Lif::default(), fine).contains("weights of neuron 0"));
    }
}
