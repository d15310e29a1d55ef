//! sPyNNaker's `IF_curr_exp` in s16.15: the leaky integrate-and-fire neuron with exponentially decaying currents.
//!
//! One step of a neuron, in this order:
//! 1. the ring buffer's input of this step is added to the currents: x += (input init) >> 32
//! 2. V is recorded
//! 3. unless refractory: alpha = rnd(I R) + V_rest, V = alpha - rnd(expTC (alpha - V)), with I = x_exc - x_inh + I_offset
//! 4. V >= V_thresh: a spike, V = V_reset, and ceil(t_refrac / dt) steps without integration
//! 5. x = (x d) >> 32, which rounds down; older releases round
//!
//! Potentials are in mV, currents in nA, resistances in MOhm, all in s16.15. Source: sPyNNaker, `neuron_model_lif_impl`,
//! `synapse_types_exponential_impl`, `decay`.

use serde::{Deserialize, Serialize};

use super::exponential::{expk, expulr};
use super::fixed::{bits, ceiling, decay, divide, multiply_rounded};

/// Where s16.15 ends.
const LIMIT: f64 = 65536.0;

/// Parameters of the neuron, as PyNN names them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedParameters {
    /// Length of a step (ms).
    pub timestep_ms: f64,
    /// Time constant of the membrane (ms).
    pub tau_m_ms: f64,
    /// Capacitance of the membrane (nF).
    pub cm_nf: f64,
    /// Potential at rest (mV).
    pub v_rest_mv: f64,
    /// Potential after a spike (mV).
    pub v_reset_mv: f64,
    /// Potential at which it fires (mV).
    pub v_thresh_mv: f64,
    /// Time constants of excitatory and inhibitory current (ms).
    pub tau_syn_ms: [f64; 2],
    /// Time without integration after a spike (ms).
    pub tau_refrac_ms: f64,
    /// Constant current (nA).
    pub i_offset_na: f64,
}

impl Default for FixedParameters {
    /// PyNN's defaults at steps of 1 ms.
    fn default() -> Self {
        FixedParameters {
            timestep_ms: 1.0,
            tau_m_ms: 20.0,
            cm_nf: 1.0,
            v_rest_mv: -65.0,
            v_reset_mv: -65.0,
            v_thresh_mv: -50.0,
            tau_syn_ms: [5.0, 5.0],
            tau_refrac_ms: 0.1,
            i_offset_na: 0.0,
        }
    }
}

/// An exponential synapse: what a step leaves of the current, and what arrives of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExponentialSynapse {
    /// d = e^(-dt/tau) in u0.32.
    pub decay: u32,
    /// (tau/dt) (1 - d) in u0.32: an input becomes its mean over the step.
    pub init: u32,
}

impl ExponentialSynapse {
    /// From step and time constant in s16.15. Errors if either isn't above zero.
    pub fn new(timestep: i32, tau: i32) -> Result<Self, String> {
        if timestep <= 0 || tau <= 0 {
            return Err(format!(
                "synaptic time constant: expected step and tau above zero in s16.15, found {timestep} and {tau}"
            ));
        }
        let [forward, backward] = [(timestep, tau), (tau, timestep)].map(|(a, b)| divide(a, b).unwrap_or_default());
        let decay = expulr(-forward);
        let init = (backward as u64 * u64::from(u32::MAX - decay)) >> 15;
        Ok(ExponentialSynapse { decay, init: init.min(u64::from(u32::MAX)) as u32 })
    }

    /// The current with an input added.
    #[inline(always)]
    pub fn add(self, current: i32, input: i32) -> i32 {
        current.wrapping_add(decay(input, self.init))
    }

    /// What a step leaves of the current.
    #[inline(always)]
    pub fn shape(self, current: i32) -> i32 {
        decay(current, self.decay)
    }
}

/// Constants of a neuron in the chip's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedNeuron {
    /// e^(-dt/tau_m).
    pub exp_tc: i32,
    /// Resistance of the membrane, tau_m / C.
    pub resistance: i32,
    /// Potential at rest.
    pub v_rest: i32,
    /// Potential after a spike.
    pub v_reset: i32,
    /// Potential at which it fires.
    pub v_thresh: i32,
    /// Constant current.
    pub i_offset: i32,
    /// Steps without integration after a spike.
    pub refractory: i32,
    /// Excitatory and inhibitory synapse.
    pub synapses: [ExponentialSynapse; 2],
}

/// What changes of a neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedState {
    /// Potential.
    pub v: i32,
    /// Excitatory and inhibitory current.
    pub currents: [i32; 2],
    /// Steps that it stays refractory.
    pub refractory: i32,
}

/// What a step shows: the recorded potential, from before the update, the current that flowed, and whether the neuron fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedStep {
    /// Recorded potential.
    pub recorded: i32,
    /// Excitatory less inhibitory current, without the constant one.
    pub current: i32,
    /// Whether it fired.
    pub spike: bool,
}

impl FixedNeuron {
    /// A neuron's constants. Errors name the parameter that has no place in s16.15.
    pub fn new(p: &FixedParameters) -> Result<Self, String> {
        let within = |name: &str, x: f64| {
            if x.abs() < LIMIT { Ok(bits(x)) } else { Err(format!("{name}: expected a number of s16.15, found {x}")) }
        };
        let positive = |name: &str, x: f64| match within(name, x)? {
            bits if bits > 0 => Ok(bits),
            _ => Err(format!("{name}: expected at least 2^-15, found {x}")),
        };
        let timestep = positive("timestep_ms", p.timestep_ms)?;
        let (tau, capacitance) = (positive("tau_m_ms", p.tau_m_ms)?, positive("cm_nf", p.cm_nf)?);
        let refractory = match within("tau_refrac_ms", p.tau_refrac_ms)? {
            bits if bits >= 0 => ceiling(divide(bits, timestep).unwrap_or_default()),
            _ => return Err(format!("tau_refrac_ms: expected at least zero, found {}", p.tau_refrac_ms)),
        };
        let [excitatory, inhibitory] = p.tau_syn_ms.map(|tau| ExponentialSynapse::new(timestep, bits(tau)));
        Ok(FixedNeuron {
            exp_tc: expk(-divide(timestep, tau).unwrap_or_default()),
            resistance: divide(tau, capacitance).unwrap_or_default(),
            v_rest: within("v_rest_mv", p.v_rest_mv)?,
            v_reset: within("v_reset_mv", p.v_reset_mv)?,
            v_thresh: within("v_thresh_mv", p.v_thresh_mv)?,
            i_offset: within("i_offset_na", p.i_offset_na)?,
            refractory,
            synapses: [excitatory?, inhibitory?],
        })
    }

    /// The state at rest.
    pub fn at_rest(&self) -> FixedState {
        FixedState { v: self.v_rest, ..FixedState::default() }
    }

    /// V after a step in which the current `i` flows.
    #[inline(always)]
    pub fn integrate(&self, v: i32, i: i32) -> i32 {
        let alpha = multiply_rounded(i, self.resistance).wrapping_add(self.v_rest);
        alpha.wrapping_sub(multiply_rounded(self.exp_tc, alpha.wrapping_sub(v)))
    }

    /// Integration, comparison, reset and refractory time of one step in which `current` flows, the constant one besides. Returns whether
    /// the neuron fires.
    #[inline(always)]
    pub fn advance(&self, state: &mut FixedState, current: i32) -> bool {
        if state.refractory > 0 {
            state.refractory -= 1;
        } else {
            state.v = self.integrate(state.v, current.wrapping_add(self.i_offset));
        }
        let spike = state.v >= self.v_thresh;
        if spike {
            (state.v, state.refractory) = (self.v_reset, self.refractory);
        }
        spike
    }

    /// One step; `inputs` are the excitatory and inhibitory input of the ring buffer.
    #[inline(always)]
    pub fn step(&self, state: &mut FixedState, inputs: [i32; 2]) -> FixedStep {
        for ((current, synapse), input) in state.currents.iter_mut().zip(self.synapses).zip(inputs) {
            *current = synapse.add(*current, input);
        }
        let recorded = state.v;
        let current = state.currents[0].wrapping_sub(state.currents[1]);
        let spike = self.advance(state, current);
        for (current, synapse) in state.currents.iter_mut().zip(self.synapses) {
            *current = synapse.shape(*current);
        }
        FixedStep { recorded, current, spike }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixed::{ONE, value};
    use super::*;

    /// ONE is 2^15: e^(-1/20) by `expk`, tau_m / C, and a refractory time of 0.1 ms that takes a whole step.
    #[test]
    fn constants_are_those_of_the_kernel() {
        let neuron = FixedNeuron::new(&FixedParameters::default()).unwrap();
        assert_eq!([neuron.exp_tc, neuron.resistance, neuron.refractory], [31170, 20 * ONE, 1]);
        let synapse = neuron.synapses[0];
        // e^(-1/5) with 1/5 cut off to 6553/32768, and the mean over a step of what decays from 1.
        let d = libm::exp(-6553.0 / 32768.0);
        assert!((f64::from(synapse.decay) / 4_294_967_296.0 - d).abs() < 1e-6);
        assert!((f64::from(synapse.init) / 4_294_967_296.0 - 5.0 * (1.0 - d)).abs() < 5e-6);
    }

    /// The update by hand, in the exact integers of the equations: alpha = rnd(I R) + V_rest, V = alpha - rnd(expTC (alpha - V)).
    #[test]
    fn a_step_of_the_membrane_is_exact() {
        let neuron = FixedNeuron::new(&FixedParameters { i_offset_na: 0.6, ..FixedParameters::default() }).unwrap();
        let mut state = neuron.at_rest();
        let first = neuron.step(&mut state, [0, 0]);
        // I = 19661, I R = 393220; alpha - V_rest = 393220; 31170 x 393220 / 2^15 = 374043.8 -> 374044.
        assert_eq!(first, FixedStep { recorded: -65 * ONE, current: 0, spike: false });
        assert_eq!(state.v, -65 * ONE + 393_220 - 374_044);
    }

    #[test]
    fn a_step_adds_input_records_updates_compares_and_only_then_decays() {
        let p = FixedParameters { v_thresh_mv: -64.0, tau_refrac_ms: 2.0, ..FixedParameters::default() };
        let neuron = FixedNeuron::new(&p).unwrap();
        let mut state = neuron.at_rest();
        let strong = bits(10.0);
        let step = neuron.step(&mut state, [strong, 0]);
        assert!(step.spike, "input acts in the step in which it arrives");
        assert_eq!(step.recorded, neuron.v_rest, "V is recorded before the update");
        assert_eq!(state.v, neuron.v_reset);
        let arrived = neuron.synapses[0].add(0, strong);
        assert_eq!(state.currents[0], neuron.synapses[0].shape(arrived), "the current decays after the update");
        for left in [1, 0] {
            let step = neuron.step(&mut state, [0, 0]);
            assert!(!step.spike && state.v == neuron.v_reset && state.refractory == left, "a refractory step integrates nothing");
        }
        assert!(neuron.step(&mut state, [0, 0]).spike, "then what is left of the current does");
    }

    #[test]
    fn reaching_the_threshold_is_enough() {
        let p = FixedParameters { v_thresh_mv: -65.0, ..FixedParameters::default() };
        let neuron = FixedNeuron::new(&p).unwrap();
        assert!(neuron.step(&mut neuron.at_rest(), [0, 0]).spike);
        let p = FixedParameters { v_thresh_mv: value(-65 * ONE + 1), ..FixedParameters::default() };
        let neuron = FixedNeuron::new(&p).unwrap();
        assert!(!neuron.step(&mut neuron.at_rest(), [0, 0]).spike);
    }

    #[test]
    fn parameters_beyond_the_format_are_named() {
        let error = |p| FixedNeuron::new(&p).unwrap_err();
        assert!(error(FixedParameters { v_rest_mv: 1e6, ..FixedParameters::default() }).contains("v_rest_mv"));
        assert!(error(FixedParameters { tau_m_ms: 0.0, ..FixedParameters::default() }).contains("tau_m_ms"));
        assert!(error(FixedParameters { tau_m_ms: f64::NAN, ..FixedParameters::default() }).contains("tau_m_ms"));
        assert!(error(FixedParameters { tau_syn_ms: [5.0, -1.0], ..FixedParameters::default() }).contains("synaptic"));
    }
}
