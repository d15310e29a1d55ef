//! The neuron circuits of a population: the spiking mock with each circuit's own deviations, set up for neurons of `lif` and `cuba_lif`.
//!
//! A potential of 0 is the leak's reading, the threshold the threshold's; both are set in 10 bits, as is a bias, which raises the leak. A
//! spike that a projection delivers in a tick is sent so that it acts in that tick: the mock's step from arrival to effect is part of the
//! shortest delay. The synaptic current, which `lif` doesn't have, then has the shortest time constant that there is. In ticks so short that it
//! lasts for several, it is made weaker, so that in all it brings the charge of the impulse that `lif` describes.
//!
//! What such a circuit can't do as these models do: the reset is to a potential, and a refractory membrane is held there.

use embody_brain::numeric::Kernel;
use embody_brain::random::{Counter, fill_normals};
use serde::{Deserialize, Serialize};

use super::analogue::{LEAK, Potential, TAU_MEM_US, TAU_SYN_US, THRESHOLD, chip_us, read};
use super::arrays::Columns;
use super::neuron::{MockNeuron, MockState};
use super::variation::FixedPattern;
use crate::chips::{Leaky, Moment};

/// Stream of the membranes' noise.
const TRIAL: u32 = 0x4253_0003;

/// The part of a current of `lif` that may outlast a tick and not be made up for: an eighth of what half a step of a 6-bit weight is. Ticks of a
/// millisecond leave 5e-5.
const NEGLIGIBLE: f64 = 1e-3;

/// The most converter steps to a unit of potential or of what arrives, and its inverse the fewest to one of potential.
const MOST_SCALE: f32 = 1e26;

/// One neuron: a circuit, or several joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    /// The neuron's constants, potentials in converter steps.
    pub neuron: MockNeuron,
    /// Current of a unit of the sum of inputs times weights.
    pub strength: f32,
    /// What a unit of input adds to the membrane in all, relative to a circuit without deviation: other time constants are other gains.
    pub efficacy: f64,
    /// What the membrane's noise adds in a tick (standard deviation, steps).
    pub noise: f32,
    /// The converter's offset (steps).
    pub offset: f32,
    /// Converter steps per unit of the model's potential.
    pub scale: f32,
    /// Ticks for which the membrane is held at the reset after a spike.
    pub refractory: u32,
}

/// All that changes of a population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membranes {
    /// Potential and current of each neuron.
    pub states: Vec<(f32, f32)>,
    /// Ticks for which each stays refractory.
    pub left: Vec<u32>,
}

/// What circuits do otherwise than neurons without a current.
pub fn current(tick_ms: f64) -> String {
    let shortest = format!("the synaptic current decays with {} us, the shortest that there is", TAU_SYN_US[0]);
    match outlasting(tick_ms) {
        0.0 => shortest,
        left => format!("{shortest}: what arrives acts {:.2} ticks later on average, with the same charge", left / (1.0 - left)),
    }
}

/// The part of the current of a neuron that is described without one that outlasts a tick; 0 if negligible.
fn outlasting(tick_ms: f64) -> f64 {
    let left = libm::exp(-chip_us(tick_ms) / TAU_SYN_US[0]);
    if left < NEGLIGIBLE { 0.0 } else { left }
}

/// Why neurons can't be set up, if they can't.
pub fn check(p: &Leaky, size: usize, tick_ms: f64) -> Result<(), String> {
    let within = |what: &str, tau_ms: f64, [low, high]: [f64; 2], j: usize| match chip_us(tau_ms) {
        tau if (low..=high).contains(&tau) => Ok(()),
        tau => Err(format!("time constant of a {what}: expected {low} to {high} us on the chip, found {tau} us (neuron {j})")),
    };
    for j in 0..size {
        within("membrane", p.membrane.tau_ms.of(j), TAU_MEM_US, j)?;
        if let Some(synapse) = &p.synapse {
            within("synaptic current", synapse.tau_ms.of(j), TAU_SYN_US, j)?;
        }
        leak(p, j, tick_ms).map_err(|why| format!("bias of neuron {j}: {why}"))?;
    }
    Ok(())
}

/// Converter steps per unit of potential.
fn scale(p: &Leaky, j: usize) -> f64 {
    f64::from(THRESHOLD - LEAK) / p.membrane.threshold.of(j)
}

/// The leak's setting: the potential to which a constant current leads.
fn leak(p: &Leaky, j: usize, tick_ms: f64) -> Result<Potential, String> {
    let [decay, gain] = p.membrane_decay(j, tick_ms);
    Potential::at((f64::from(LEAK) + p.constant(j, tick_ms) * (gain / (1.0 - decay)) * scale(p, j)) as f32)
}

/// How neurons are set up on a chip.
pub struct Setup<'a> {
    /// Parameters of the model.
    pub model: &'a Leaky,
    /// Length of a tick (ms).
    pub tick_ms: f64,
    /// Where the population lies.
    pub columns: Columns,
    /// The chip.
    pub pattern: FixedPattern,
    /// Standard deviation over time of a membrane at rest (steps).
    pub trial_noise: f32,
    /// The model's weight of a unit of the sum of inputs times weights.
    pub unit: f64,
}

impl Setup<'_> {
    /// The circuit of neuron `j`. Errors as [`check`] does.
    pub fn circuit(&self, j: usize) -> Result<Circuit, String> {
        let Setup { model, tick_ms, .. } = *self;
        let deviation = self.pattern.neuron(self.columns, j);
        let [tau_mem, tau_syn] = [deviation.tau_mem, deviation.tau_syn].map(f64::from);
        let [decay, gain] = model.membrane_decay(j, tick_ms);
        let leaked = libm::exp(-tick_ms / (model.membrane.tau_ms.of(j) * tau_mem));
        let membrane_decay = leaked as f32;
        let tau_syn_us = model.synapse.as_ref().map_or(TAU_SYN_US[0], |synapse| chip_us(synapse.tau_ms.of(j)));
        let [left, left_ideally] = [tau_syn, 1.0].map(|factor| libm::exp(-chip_us(tick_ms) / (tau_syn_us * factor)));
        // The current of a `cuba_lif` is as described; that of a `lif` replaces an impulse.
        let impulse = if model.synapse.is_none() { 1.0 - outlasting(tick_ms) } else { 1.0 };
        let set = |steps: f32| Potential::at(steps).map(Potential::steps);
        // Of a membrane without deviation: another time constant is another amplitude, as in the mock.
        let strength = (self.unit * gain * scale(model, j) / (1.0 - decay) * impulse) as f32;
        let scale = scale(model, j) as f32;
        // Sums of 6 bits times 5 over all inputs stay finite then.
        if !(strength.abs() <= MOST_SCALE && (1.0 / MOST_SCALE..=MOST_SCALE).contains(&scale.abs())) {
            let threshold = model.membrane.threshold.of(j);
            return Err(format!(
                "neuron {j}: expected a threshold and weights whose unit is at most {MOST_SCALE:e} converter steps, found a threshold of {threshold:e}, which takes \
                 {scale:e} steps to a unit of potential and {strength:e} to one of what arrives"
            ));
        }
        Ok(Circuit {
            neuron: MockNeuron {
                membrane_decay,
                synapse_decay: left as f32,
                leak: leak(model, j, tick_ms)?.steps() + deviation.leak,
                threshold: set(THRESHOLD)? + deviation.threshold,
                reset: set(LEAK)? + deviation.reset,
            },
            strength,
            efficacy: (1.0 - leaked) / (1.0 - decay) * ((1.0 - left_ideally) / (1.0 - left)),
            noise: self.trial_noise * (1.0 - membrane_decay * membrane_decay).sqrt(),
            offset: deviation.converter,
            scale,
            refractory: libm::round(model.membrane.refractory_ms / tick_ms) as u32,
        })
    }
}

impl Membranes {
    /// Membranes at the reset, where a run begins.
    pub fn new(circuits: &[Circuit]) -> Membranes {
        Membranes { states: circuits.iter().map(|c| (c.neuron.reset, 0.0)).collect(), left: vec![0; circuits.len()] }
    }

    /// Whether they are as many.
    pub fn fits(&self, circuits: &[Circuit]) -> bool {
        self.states.len() == circuits.len() && self.left.len() == circuits.len()
    }

    /// One tick in which `input(j)`, a sum of inputs times weights, arrives. Appends the neurons that fire, in order.
    pub fn tick(&mut self, circuits: &[Circuit], at: Moment, mut input: impl FnMut(usize) -> f32, spikes: &mut Vec<u32>) {
        let mut noise = vec![0.0; circuits.len()];
        if circuits.iter().any(|circuit| circuit.noise > 0.0) {
            fill_normals(Kernel::detect(), at.seed, Counter { stream: TRIAL, time: at.tick }, &mut noise);
        }
        for (j, (circuit, noise)) in circuits.iter().zip(noise).enumerate() {
            let (mut state, left) = (MockState { v: self.states[j].0, current: self.states[j].1 }, &mut self.left[j]);
            let neuron = &circuit.neuron;
            // The order of the mock, begun at the current: what is sent a step ahead acts in this tick.
            state.current = neuron.synapse_decay * state.current + circuit.strength * input(j);
            if *left > 0 {
                (state.v, *left) = (neuron.reset, *left - 1);
            } else {
                state.v = neuron.membrane(&state) + circuit.noise * noise;
                if state.v > neuron.threshold {
                    (state.v, *left) = (neuron.reset, circuit.refractory);
                    spikes.push(j as u32);
                }
            }
            self.states[j] = (state.v, state.current);
        }
    }

    /// What the converter reads of a membrane.
    pub fn reading(&self, circuits: &[Circuit], j: usize) -> u8 {
        read(self.states[j].0 + circuits[j].offset)
    }

    /// Potentials as they are read, in the unit of the model: the middle of each converter step.
    pub fn potentials(&self, circuits: &[Circuit]) -> Vec<f32> {
        let potential = |j: usize| (f32::from(self.reading(circuits, j)) + 0.5 - LEAK) / circuits[j].scale;
        (0..circuits.len()).map(potential).collect()
    }
}

#[cfg(test)]
mod tests {
    use embody_brain::neuron::{CubaLif, Lif, Reset};

    use super::super::variation::{Calibration, Spread};
    use super::*;

    fn circuits(model: &Lif, size: usize, calibration: Calibration, trial_noise: f32) -> Vec<Circuit> {
        circuits_of(&model.clone().into(), size, calibration, trial_noise)
    }

    fn circuits_of(model: &Leaky, size: usize, calibration: Calibration, trial_noise: f32) -> Vec<Circuit> {
        let pattern = FixedPattern { seed: 1, spread: Spread::of(calibration) };
        let columns = Columns { first: 0, per_neuron: 1 };
        let setup = Setup { model, tick_ms: 1.0, columns, pattern, trial_noise, unit: 0.01 };
        (0..size).map(|j| setup.circuit(j).unwrap()).collect()
    }

    const AT: Moment = Moment { seed: 1, tick: 0 };

    /// Over random input: the mock's own step, whose input comes a step earlier.
    #[test]
    fn a_tick_is_the_mock_with_its_input_sent_a_step_ahead() {
        let model = Lif { reset: Reset::Zero, ..Lif::default() };
        let circuits = circuits(&model, 1, Calibration::Calibrated, 0.0);
        let neuron = circuits[0].neuron;
        let mut membranes = Membranes::new(&circuits);
        let mut mock = MockState { v: neuron.reset, current: 0.0 };
        let (mut spikes, mut fired) = (Vec::new(), 0);
        for tick in 0..2000u64 {
            let input = (tick * 7919 % 23) as f32 - 4.0;
            // The mock's last step leaves the current that this one integrates.
            mock.current += circuits[0].strength * input;
            let spike = neuron.step(&mut mock, 0.0);
            spikes.clear();
            membranes.tick(&circuits, AT, |_| input, &mut spikes);
            assert_eq!((!spikes.is_empty(), membranes.states[0].0), (spike, mock.v), "tick {tick}");
            fired += u64::from(spike);
        }
        assert!(fired > 20, "{fired}");
    }

    #[test]
    fn an_ideal_circuit_follows_the_neuron_to_a_converter_step() {
        let model = Lif { reset: Reset::Zero, bias: 0.01.into(), threshold: 2.0.into(), ..Lif::default() };
        let circuits = circuits(&model, 1, Calibration::Ideal, 0.0);
        let mut membranes = Membranes::new(&circuits);
        let (mut v, mut spikes) = (0.0f32, Vec::new());
        for tick in 0..1000u64 {
            let input = (tick * 7919 % 23) as f32;
            v = libm::expf(-1.0 / 20.0) * v + 0.01 * input + 0.01;
            membranes.tick(&circuits, AT, |_| input, &mut spikes);
            assert!(spikes.is_empty() || v > 1.9, "it fires where the neuron nearly does");
            if !spikes.is_empty() {
                (v, spikes) = (0.0, Vec::new());
            }
            // A step is 2/45, and a setting a quarter of it.
            assert!((membranes.potentials(&circuits)[0] - v).abs() < 0.06, "tick {tick}: {v}");
        }
    }

    #[test]
    fn an_ideal_circuit_follows_the_neuron_with_a_current_to_a_converter_step() {
        let model = CubaLif { reset: Reset::Zero, bias: 0.01.into(), threshold: 8.0.into(), ..CubaLif::default() };
        let circuits = circuits_of(&model.into(), 1, Calibration::Ideal, 0.0);
        let mut membranes = Membranes::new(&circuits);
        let (mut i, mut v, mut fired) = (0.0f32, 0.0f32, 0);
        for tick in 0..1000u64 {
            let input = (tick * 7919 % 23) as f32;
            i = libm::expf(-1.0 / 5.0) * i + 0.01 * input;
            v = libm::expf(-1.0 / 20.0) * v + i + 0.01;
            let mut spikes = Vec::new();
            membranes.tick(&circuits, AT, |_| input, &mut spikes);
            if !spikes.is_empty() {
                assert!(v > 7.8, "it fires where the neuron nearly does");
                (v, fired) = (0.0, fired + 1);
            }
            // A step is 8/45, and a setting a quarter of it.
            assert!((membranes.potentials(&circuits)[0] - v).abs() < 0.2, "tick {tick}: {v}");
        }
        assert!(fired > 20, "{fired}");
    }

    /// What a unit of input adds to a membrane of 20 ms in all, relative to what is described, in ticks of that length (ms).
    fn charge(model: &Leaky, tick_ms: f64) -> f64 {
        let pattern = FixedPattern { seed: 1, spread: Spread::of(Calibration::Ideal) };
        let columns = Columns { first: 0, per_neuron: 1 };
        let circuit = Setup { model, tick_ms, columns, pattern, trial_noise: 0.0, unit: 0.01 }.circuit(0).unwrap();
        let neuron = circuit.neuron;
        let (mut current, mut added) = (f64::from(circuit.strength), 0.0);
        for _ in 0..20_000 {
            added += current * f64::from(1.0 - neuron.membrane_decay);
            current *= f64::from(neuron.synapse_decay);
        }
        added / (0.01 * 45.0)
    }

    #[test]
    fn the_charge_is_that_of_the_impulse_however_short_the_tick() {
        let lif = Lif { reset: Reset::Zero, ..Lif::default() }.into();
        for tick_ms in [0.01, 0.05, 0.1, 0.2, 0.5, 0.69] {
            let charge = charge(&lif, tick_ms);
            // The decays are rounded to f32, of which the one of the membrane leaves few digits.
            assert!((charge - 1.0).abs() < 2e-4, "{tick_ms} ms: {charge}");
        }
        for tick_ms in [0.7, 1.0, 5.0] {
            assert!((charge(&lif, tick_ms) - 1.0).abs() < 1.1 * NEGLIGIBLE, "{tick_ms} ms");
        }
        assert!(current(0.1).contains("0.58 ticks later") && !current(1.0).contains("later"), "{}", current(0.1));
    }

    /// Recorded runs of ticks of a millisecond stay what they are.
    #[test]
    fn ticks_of_a_millisecond_and_currents_that_are_described_are_left_alone() {
        let ideal = circuits(&Lif { reset: Reset::Zero, ..Lif::default() }, 1, Calibration::Ideal, 0.0);
        assert_eq!(ideal[0].strength, (0.01 * 45.0 / (1.0 - libm::exp(-1.0 / 20.0))) as f32);
        let cuba: Leaky = CubaLif { tau_syn_ms: 0.1.into(), ..CubaLif::default() }.into();
        // A tick that is the time constant: 1 / (1 - 1/e).
        assert!((charge(&cuba, 0.1) - 1.581_977).abs() < 1e-3, "{}", charge(&cuba, 0.1));
    }

    #[test]
    fn a_refractory_membrane_is_held() {
        let model = Lif { reset: Reset::Zero, refractory_ms: 2.0, ..Lif::default() };
        let circuits = circuits(&model, 1, Calibration::Ideal, 0.0);
        let (mut membranes, mut fired) = (Membranes::new(&circuits), Vec::new());
        for tick in 0..7 {
            let mut spikes = Vec::new();
            membranes.tick(&circuits, AT, |_| 150.0, &mut spikes);
            fired.extend(spikes.iter().map(|_| tick));
        }
        assert_eq!(fired, [0, 3, 6]);
    }

    #[test]
    fn membranes_are_as_noisy_as_asked_and_differ_from_run_to_run() {
        let circuits = circuits(&Lif::default(), 500, Calibration::Ideal, 2.0);
        let run = |seed| {
            let mut membranes = Membranes::new(&circuits);
            (0..200).for_each(|tick| membranes.tick(&circuits, Moment { seed, tick }, |_| 0.0, &mut Vec::new()));
            membranes
        };
        let membranes = run(1);
        let variance = membranes.states.iter().map(|(v, _)| (v - LEAK) * (v - LEAK)).sum::<f32>() / 500.0;
        assert!((variance.sqrt() - 2.0).abs() < 0.25, "{variance}");
        assert!(run(1) == membranes && run(2) != membranes);
    }

    #[test]
    fn readings_saturate() {
        let circuits = circuits(&Lif::default(), 1, Calibration::Ideal, 0.0);
        let mut membranes = Membranes::new(&circuits);
        membranes.states[0].0 = -500.0;
        assert_eq!((membranes.reading(&circuits, 0), membranes.potentials(&circuits)), (0, vec![(0.5 - 80.0) / 45.0]));
    }

    #[test]
    fn what_a_circuit_cannot_do_is_told() {
        let lif = |p: Lif| check(&p.into(), 1, 1.0).unwrap_err();
        assert!(lif(Lif { tau_ms: 500.0.into(), ..Lif::default() }).contains("0.1 to 200"));
        assert!(lif(Lif { bias: 1.0.into(), ..Lif::default() }).contains("bias of neuron 0"));
        let cuba = |tau_syn: f64| check(&CubaLif { tau_syn_ms: tau_syn.into(), ..CubaLif::default() }.into(), 1, 1.0);
        assert!(cuba(50.0).is_ok() && cuba(0.1).is_ok());
        assert!([51.0, 0.05].into_iter().all(|tau| cuba(tau).unwrap_err().contains("synaptic current: expected 0.1 to 50")));
    }
}
