//! The network of a forward model, and what goes into it and comes out of it.
//!
//! Joints are presented one module after the other, [`TICKS`] ticks each: x, y and h of the module as three analogue inputs, held, and a clock that
//! spikes on the module's own channel in the last [`READ`] of them. Hidden are LIF and ALIF neurons, all to all. A leaky readout has seven
//! values for each module, decoded as their means over the last [`READ`] ticks of the module's window.
//!
//! Source: Traub, Legenstein, Otte, "Many-Joint Robot Arm Control with Recurrent Spiking Neural Networks", IROS 2021.

use std::ops::Range;

use embody_brain::neuron::{Alif, LeakyReadout, Lif, PerNeuron, Reset};
use embody_brain::training::{Batch, Input, Sample};
use embody_brain::{CompileError, Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};
use embody_robots::trunk::JOINTS_PER_MODULE;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ticks for which the joints of a module are shown.
pub const TICKS: usize = 12;

/// Ticks at the end of a module's window over which its pose is read, and in which its clock spikes.
pub const READ: usize = 7;

/// Values of a pose: x, y, z, and a quaternion's w, x, y, z.
pub const VALUES: usize = 7;

/// Length of a tick (ns).
pub const TICK_NS: u64 = 1_000_000;

/// The population that fires, and the one that is read.
pub const HIDDEN: &str = "hidden";
const POSES: &str = "poses";

/// Its number among the network's populations.
pub const HIDDEN_NUMBER: usize = 2;

/// The most neurons of a kind: what a machine can train.
const MOST_NEURONS: usize = 4096;

/// Threshold of every neuron, rise of an adaptive one's with each spike of it, and how long that lasts (ms).
const THRESHOLD: f64 = 0.5;
const BETA: f64 = 0.03;
const ADAPTATION_MS: f64 = 1200.0;

/// The longest time after a spike in which there is none (ms): that of a module.
const MOST_REFRACTORY_MS: f64 = TICKS as f64;

/// The neurons of a forward model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Neurons {
    /// Neurons that don't adapt.
    pub lif: usize,
    /// Adaptive neurons.
    pub alif: usize,
    /// Time after a spike in which there is none (ms): whole ticks of 1 ms.
    pub refractory_ms: f64,
    /// What a spike does to the potential.
    pub reset: Reset,
}

impl Default for Neurons {
    /// As many of each, 256 in all; refractory and reset as in the paper.
    fn default() -> Self {
        Neurons { lif: 128, alif: 128, refractory_ms: 5.0, reset: Reset::SubtractNextTick }
    }
}

impl Neurons {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.lif + self.alif
    }

    /// What is wrong with these numbers, if anything is.
    pub fn check(&self) -> Result<(), String> {
        if self.lif > MOST_NEURONS || self.alif > MOST_NEURONS || self.count() == 0 {
            return Err(format!(
                "neurons: expected 1 to {MOST_NEURONS} of a kind, found lif = {}, alif = {}",
                self.lif, self.alif
            ));
        }
        if !(0.0..=MOST_REFRACTORY_MS).contains(&self.refractory_ms) || self.refractory_ms.fract() != 0.0 {
            let found = self.refractory_ms;
            return Err(format!("neurons.refractory_ms: expected whole ticks of 1 ms, 0 to {MOST_REFRACTORY_MS}, found {found}"));
        }
        Ok(())
    }

    /// The network for a trunk of that many modules, before training: weights N(0, 1) / sqrt(fan_in), drawn from `seed`.
    ///
    /// # Errors
    /// If the neurons' parameters can't be written.
    pub fn network(&self, modules: usize, seed: u64) -> Result<NetworkSpec, CompileError> {
        let population = |name: &str, size: usize, kind: PopulationKind| Population { name: name.into(), size, kind };
        let readout = Model::new("leaky_readout", &LeakyReadout::default())?;
        let populations = vec![
            population("joints", JOINTS_PER_MODULE, PopulationKind::Analogue),
            population("clock", modules, PopulationKind::Input),
            population(HIDDEN, self.count(), PopulationKind::Neurons(self.model()?)),
            population(POSES, VALUES * modules, PopulationKind::Neurons(readout)),
        ];
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut project = |source: usize, target: usize, fan_in: usize, delay_ns: u64| {
            let (from, to): (&Population, &Population) = (&populations[source], &populations[target]);
            let scale = 1.0 / libm::sqrt(fan_in as f64);
            let weights = (0..from.size * to.size).map(|_| (scale * normal(&mut random)) as f32).collect();
            Projection {
                name: format!("{}-{}", from.name, to.name),
                source: from.name.clone(),
                target: to.name.clone(),
                delay_ns,
                synapses: Synapses::Fixed(weights),
            }
        };
        let inputs = JOINTS_PER_MODULE + modules;
        let projections = vec![
            project(0, 2, inputs, 0),
            project(1, 2, inputs, 0),
            project(2, 2, self.count(), TICK_NS),
            project(2, 3, self.count(), 0),
        ];
        Ok(NetworkSpec { tick_ns: TICK_NS, populations, projections, readouts: vec![POSES.into()] })
    }

    /// The model of the hidden neurons: LIF neurons are adaptive ones whose threshold doesn't rise.
    fn model(&self) -> Result<Model, CompileError> {
        if self.alif == 0 {
            let Neurons { refractory_ms, reset, .. } = *self;
            return Model::new("lif", &Lif { threshold: THRESHOLD.into(), refractory_ms, reset, ..Lif::default() });
        }
        let beta = (0..self.count()).map(|i| if i < self.lif { 0.0 } else { BETA }).collect();
        let alif = Alif {
            threshold: THRESHOLD.into(),
            refractory_ms: self.refractory_ms,
            reset: self.reset,
            beta: PerNeuron::Each(beta),
            tau_adaptation_ms: ADAPTATION_MS.into(),
            ..Alif::default()
        };
        Model::new("alif", &alif)
    }
}

/// A normal random number (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    libm::sqrt(-2.0 * libm::log(1.0 - u)) * libm::cos(std::f64::consts::TAU * v)
}

/// The inputs of a batch of joint values, three of each of `modules` modules.
pub fn batch<J: AsRef<[f64]>>(modules: usize, joints: &[J]) -> Batch<f32> {
    let (samples, steps) = (joints.len(), TICKS * modules);
    let mut values = Vec::with_capacity(steps * samples * JOINTS_PER_MODULE);
    let mut clock = Vec::with_capacity(steps * samples);
    for t in 0..steps {
        let module = t / TICKS;
        let spikes = if window(module).contains(&t) { vec![module as u32] } else { Vec::new() };
        for joints in joints {
            let joints = &joints.as_ref()[JOINTS_PER_MODULE * module..][..JOINTS_PER_MODULE];
            values.extend(joints.iter().map(|&value| value as f32));
            clock.push(spikes.clone());
        }
    }
    Batch { steps, samples, inputs: vec![Input::Values(values), Input::Spikes(clock)] }
}

/// The seven values that the network gives for a module, as they are.
pub fn read(outputs: Sample<'_, f32>, module: usize) -> [f32; VALUES] {
    let mut sums = [0.0; VALUES];
    for t in window(module) {
        let values = &outputs.values(0, t)[VALUES * module..][..VALUES];
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    sums.map(|sum| sum / READ as f32)
}

/// The ticks in which a module is read.
pub fn window(module: usize) -> Range<usize> {
    (module + 1) * TICKS - READ..(module + 1) * TICKS
}
