//! SPORE closing the loop: events in, a population vector out, learned online from reward.
//!
//! One population of visual neurons, one per pixel, projects all-to-all on a few motor neurons through SPORE synapses; nothing
//! else. Each act is one control period: the reward becomes the dopamine of the coming ticks, the events of the last period are
//! played into them, the motor neurons' spikes give the action.

use std::sync::Arc;

use embody_brain::neuron::Poisson;
use embody_brain::plasticity::spore::Spore;
use embody_brain::{
    CompileError, Model, Network, NetworkSpec, Population, PopulationKind, Probe, Projection, Synapses, ThirdFactor, TickInput,
    TickOutput,
};
use embody_robots::{Action, ActionSpec, Checkpoint, CheckpointError, FieldKind, Nanos, ObservationSpec, TimeStep, checkpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::controller::{Controller, ControllerError, Map};
use crate::decoder::PopulationVector;
use crate::encoder::EventEncoder;
use crate::reward::Centred;
use crate::telemetry::{Activity, Histogram, Spike, Telemetry};

/// Settings of the SPORE controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SporeSettings {
    /// Motor neurons, with directions evenly round the circle.
    pub motor_neurons: usize,
    /// Synapses from each visual to each motor neuron.
    pub synapses_per_pair: usize,
    /// Low-pass filter of the motor neurons' spikes.
    pub motor_filter: Nanos,
    /// Velocity that each Hz of filtered rate asks for ((m/s)/Hz).
    pub gain_m_s_per_hz: f64,
    /// Window of the running mean that the reward is compared with.
    pub reward_window: Nanos,
    /// Least mean reward that the dopamine is scaled by.
    pub reward_floor: f64,
    /// The motor neurons.
    pub neuron: Poisson,
    /// The synapses.
    pub plasticity: Spore,
}

impl Default for SporeSettings {
    fn default() -> Self {
        SporeSettings {
            motor_neurons: 8,
            synapses_per_pair: 1,
            motor_filter: Nanos::from_millis(100),
            gain_m_s_per_hz: 0.1,
            reward_window: Nanos::from_secs(750),
            reward_floor: 0.02,
            neuron: Poisson::default(),
            plasticity: Spore::default(),
        }
    }
}

/// What a controller is built for: the body's specs and the loop's periods.
#[derive(Clone, Debug)]
pub struct Loop {
    /// What the body senses.
    pub observation: ObservationSpec,
    /// What it can be asked.
    pub action: ActionSpec,
    /// Length of a control period.
    pub control_period: Nanos,
    /// Length of a neural tick; a whole number of them makes a control period.
    pub neural_tick: Nanos,
}

/// Compiles a network for the substrate of the run; its random numbers follow from the seed.
pub type CompileNetwork = Arc<dyn Fn(&NetworkSpec, u64) -> Result<Box<dyn Network>, CompileError> + Send + Sync>;

const NAME: &str = "spore";
/// The most synapses, a few hundred bytes of memory each.
const MOST_SYNAPSES: usize = 1 << 22;

/// The most neural ticks in a control period, which all have memory of their own.
const MOST_TICKS: u64 = 100_000;

const VISUAL: &str = "visual";
const MOTOR: &str = "motor";
const PROJECTION: &str = "visual-motor";

/// The controller.
pub struct SporeController {
    settings: SporeSettings,
    camera: usize,
    drive: usize,
    pixels: [usize; 2],
    encoder: EventEncoder,
    decoder: PopulationVector,
    reward: Centred,
    keep: f64,
    network: Box<dyn Network>,
    output: TickOutput,
    watched: Option<Watched>,
}

/// What is noted for those who look on.
#[derive(Default)]
struct Watched {
    periods: u64,
    dopamine: f64,
    spikes: Vec<Spike>,
}

/// Control periods between two histograms of the weights.
const PERIODS_PER_HISTOGRAM: u64 = 50;

/// Parts that a histogram has.
const BINS: usize = 50;

impl SporeController {
    /// Builds the network for a body with an event field and an action field of two values; its random numbers follow from `seed`.
    pub fn new(settings: &SporeSettings, around: &Loop, compile: &CompileNetwork, seed: u64) -> Result<Self, ControllerError> {
        let unfit = |why: String| ControllerError::Unfit { controller: NAME.into(), why };
        let camera = around.observation.fields.iter().enumerate().find_map(|(i, field)| match field.kind {
            FieldKind::Events { width, height, .. } => Some((i, width, height)),
            FieldKind::Dense { .. } => None,
        });
        let (camera, width, height) = camera.ok_or_else(|| unfit("the body has no event camera".into()))?;
        let drive = around.action.fields.iter().position(|field| field.size == 2);
        let drive = drive.ok_or_else(|| unfit("the body has no drive that takes two values".into()))?;
        let ticks = around.control_period.whole_multiple_of(around.neural_tick);
        let ticks =
            ticks.ok_or_else(|| unfit(format!("neural tick {} doesn't divide {}", around.neural_tick, around.control_period)))?;
        if settings.motor_neurons == 0
            || settings.motor_neurons > 4096
            || settings.motor_filter.0 == 0
            || settings.reward_window.0 == 0
        {
            return Err(unfit("motor_neurons must be 1 to 4096, motor_filter and reward_window above zero".into()));
        }
        if !(settings.gain_m_s_per_hz.is_finite() && settings.reward_floor.is_finite() && settings.reward_floor > 0.0) {
            return Err(unfit("gain_m_s_per_hz must be finite and reward_floor above zero".into()));
        }
        if ticks > MOST_TICKS {
            return Err(unfit(format!("expected at most {MOST_TICKS} neural ticks in a control period, found {ticks}")));
        }
        let pixels = [usize::from(width), usize::from(height)];
        let pairs = pixels[0] * pixels[1] * settings.motor_neurons;
        if pairs.checked_mul(settings.synapses_per_pair).is_none_or(|synapses| synapses > MOST_SYNAPSES) {
            let found = settings.synapses_per_pair;
            return Err(unfit(format!(
                "synapses_per_pair: expected at most {MOST_SYNAPSES} synapses in all, found {found} for each of {pairs} pairs"
            )));
        }
        let network = |source| ControllerError::Network { controller: NAME.into(), source };
        let spec = network_spec(settings, pixels[0] * pixels[1], around.neural_tick).map_err(network)?;
        Ok(SporeController {
            settings: settings.clone(),
            camera,
            drive,
            pixels,
            encoder: EventEncoder::new(width, around.neural_tick, ticks as usize),
            decoder: PopulationVector::new(
                settings.motor_neurons,
                settings.motor_filter.as_secs_f64(),
                around.neural_tick.as_secs_f64(),
                settings.gain_m_s_per_hz,
            ),
            reward: Centred::new(),
            keep: libm::exp(-around.control_period.as_secs_f64() / settings.reward_window.as_secs_f64()),
            network: compile(&spec, seed).map_err(network)?,
            output: TickOutput::default(),
            watched: None,
        })
    }

    /// The network.
    pub fn network_mut(&mut self) -> &mut dyn Network {
        &mut *self.network
    }
}

fn network_spec(settings: &SporeSettings, pixels: usize, tick: Nanos) -> Result<NetworkSpec, CompileError> {
    Ok(NetworkSpec {
        tick_ns: tick.0,
        populations: vec![
            Population { name: VISUAL.into(), size: pixels, kind: PopulationKind::Input },
            Population {
                name: MOTOR.into(),
                size: settings.motor_neurons,
                kind: PopulationKind::Neurons(Model::new("poisson_dbl_exp", &settings.neuron)?),
            },
        ],
        projections: vec![Projection {
            name: PROJECTION.into(),
            source: VISUAL.into(),
            target: MOTOR.into(),
            delay_ns: tick.0,
            synapses: Synapses::Plastic {
                per_pair: settings.synapses_per_pair,
                rule: Model::new("spore", &settings.plasticity)?,
            },
        }],
        readouts: vec![MOTOR.into()],
    })
}

impl Controller for SporeController {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.decoder.clear();
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        let dopamine = self.reward.dopamine(f64::from(step.reward), self.keep, self.settings.reward_floor);
        let third_factor = ThirdFactor::PerPopulation(&[0.0, dopamine]);
        self.encoder.encode(step.observation.events(self.camera), step.time);
        if let Some(watched) = &mut self.watched {
            (watched.periods, watched.dopamine) = (watched.periods + 1, dopamine.into());
            watched.spikes.clear();
        }
        for (tick, spikes) in (0..).zip(self.encoder.ticks()) {
            self.network.tick(TickInput { spikes: &[spikes], third_factor }, &mut self.output);
            self.decoder.tick(&self.output.spikes[0]);
            if let Some(watched) = &mut self.watched {
                watched.spikes.extend(self.output.spikes[0].iter().map(|neuron| Spike { tick, neuron: *neuron }));
            }
        }
        action.fields[self.drive].copy_from_slice(&self.decoder.vector());
        Ok(())
    }

    fn set_learning(&mut self, learning: bool) {
        self.network.set_learning(learning);
    }

    /// The preferred direction of each pixel: sum_k w_k direction_k over its synapses.
    fn maps(&self) -> Vec<Map> {
        let Some(weights) = self.network.weights(PROJECTION) else { return Vec::new() };
        let motor = self.settings.motor_neurons;
        let sum = |pixel: &[f32]| {
            let mut vector = [0.0; 2];
            for (i, w) in pixel.iter().enumerate() {
                let direction = self.decoder.directions()[i % motor];
                vector[0] += w * direction[0];
                vector[1] += w * direction[1];
            }
            vector
        };
        let vectors = weights.chunks_exact(motor * self.settings.synapses_per_pair).map(sum).collect();
        vec![Map { name: "preferred direction".into(), size: self.pixels, vectors }]
    }

    fn watch(&mut self, watched: bool) {
        if watched != self.watched.is_some() {
            self.watched = watched.then(Watched::default);
        }
    }

    fn telemetry(&self) -> Option<Telemetry> {
        let watched = self.watched.as_ref()?;
        let due = watched.periods % PERIODS_PER_HISTOGRAM == 1;
        let weights = due.then(|| self.network.weights(PROJECTION)).flatten();
        let [vx, vy] = self.decoder.vector();
        Some(Telemetry {
            populations: self.activity(watched),
            weights: weights.iter().map(|weights| Histogram::of(PROJECTION, weights, BINS)).collect(),
            counters: vec![
                ("dopamine".into(), watched.dopamine),
                ("command_x_m_s".into(), vx.into()),
                ("command_y_m_s".into(), vy.into()),
            ],
        })
    }
}

impl SporeController {
    fn activity(&self, watched: &Watched) -> Vec<Activity> {
        let seen = (0..).zip(self.encoder.ticks());
        let seen = seen.flat_map(|(tick, spikes)| spikes.iter().map(move |neuron| Spike { tick, neuron: *neuron }));
        let membrane = self.network.probe(&Probe::Membrane(MOTOR.into())).unwrap_or_default();
        let size = |neurons: usize| u32::try_from(neurons).unwrap_or(u32::MAX);
        vec![
            Activity {
                name: VISUAL.into(),
                size: size(self.pixels[0] * self.pixels[1]),
                spikes: seen.collect(),
                membrane: Vec::new(),
            },
            Activity { name: MOTOR.into(), size: size(self.settings.motor_neurons), spikes: watched.spikes.clone(), membrane },
        ]
    }
}

impl Checkpoint for SporeController {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes(NAME, &(&self.reward, self.decoder.rates(), self.network.save()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let malformed = |why: String| CheckpointError::Malformed { part: NAME.into(), why };
        let (reward, rates, network): (Centred, _, Vec<u8>) = checkpoint::from_bytes(NAME, bytes)?;
        let before = self.decoder.rates().clone();
        self.decoder.set_rates(rates).map_err(malformed)?;
        if let Err(error) = self.network.load(&network) {
            self.decoder.set_rates(before).map_err(malformed)?;
            return Err(malformed(error.to_string()));
        }
        self.reward = reward;
        Ok(())
    }
}
