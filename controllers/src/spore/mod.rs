//! SPORE closing the loop: events in, the motor neurons' rates out as an action, learned online from reward.
//!
//! One population of visual neurons, for all cameras, projects all-to-all on a few motor neurons through SPORE synapses; nothing
//! else. Each act is one control period: the reward becomes the dopamine of the coming ticks, the events of the last period are
//! played into them, the motor neurons' spikes give the action.

mod network;
mod settings;
mod watch;

use embody_brain::{CompileNetwork, Network, NetworkSpec, ThirdFactor, TickInput, TickOutput};
use embody_robots::{Action, ActionSpec, Checkpoint, CheckpointError, Nanos, ObservationSpec, TimeStep, checkpoint};

pub use settings::SporeSettings;
use watch::Watched;

use crate::controller::{Controller, ControllerError, Map};
use crate::periphery::{Parts, Periphery, PeripheryState};
use crate::reward::Centred;
use crate::telemetry::{Activity, Telemetry};

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

const NAME: &str = "spore";

/// The controller.
pub struct SporeController {
    settings: SporeSettings,
    periphery: Periphery,
    reward: Centred,
    keep: f64,
    spec: NetworkSpec,
    network: Box<dyn Network>,
    output: TickOutput,
    control_period: Nanos,
    watched: Option<Watched>,
}

impl SporeController {
    /// Builds the network for a body with event cameras and a drive that the decoder can command; random numbers follow from `seed`.
    pub fn new(settings: &SporeSettings, around: &Loop, compile: &CompileNetwork, seed: u64) -> Result<Self, ControllerError> {
        let unfit = |why: String| ControllerError::Unfit { controller: NAME.into(), why };
        settings.check().map_err(unfit)?;
        let SporeSettings { encoder, decoder, motor_filter, motor_neurons, .. } = settings;
        let parts = Parts { encoder: Some(encoder), decoder, motor_filter: *motor_filter, motor_neurons: *motor_neurons };
        let periphery = Periphery::new(&parts, around, seed).map_err(unfit)?;
        let visual = periphery.encoder.neurons();
        settings.check_synapses(visual).map_err(unfit)?;
        let network = |source| ControllerError::Network { controller: NAME.into(), source };
        let spec = network::spec(settings, visual, around.neural_tick).map_err(network)?;
        Ok(SporeController {
            settings: settings.clone(),
            periphery,
            reward: Centred::new(),
            keep: libm::exp(-around.control_period.as_secs_f64() / settings.reward_window.as_secs_f64()),
            network: compile(&spec, seed).map_err(network)?,
            spec,
            output: TickOutput::default(),
            control_period: around.control_period,
            watched: None,
        })
    }

    /// The network.
    pub fn network_mut(&mut self) -> &mut dyn Network {
        &mut *self.network
    }
}

impl Controller for SporeController {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.periphery.filter.clear();
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        let SporeSettings { reward_scale, reward_floor, .. } = self.settings;
        let dopamine = self.reward.dopamine(f64::from(step.reward), self.keep, reward_scale, reward_floor);
        let third_factor = ThirdFactor::PerPopulation(&[0.0, dopamine]);
        let Periphery { encoder, filter, decoder } = &mut self.periphery;
        encoder.encode(&step.observation, step.time);
        if let Some(watched) = &mut self.watched {
            watched.begin(step.time.0 / self.control_period.0, dopamine);
        }
        for (tick, spikes) in (0..).zip(encoder.ticks()) {
            self.network.tick(TickInput { spikes: &[spikes], third_factor }, &mut self.output);
            filter.tick(&self.output.spikes[0]);
            if let Some(watched) = &mut self.watched {
                watched.tick(tick, &self.output.spikes[0]);
            }
        }
        decoder.write(filter.hz(), action);
        Ok(())
    }

    fn set_learning(&mut self, learning: bool) {
        self.network.set_learning(learning);
    }

    fn running(&self) -> Option<&dyn Network> {
        Some(&*self.network)
    }

    fn network(&self) -> Option<&NetworkSpec> {
        Some(&self.spec)
    }

    /// What each visual neuron speaks for through its weights, a map for each camera.
    fn maps(&self) -> Vec<Map> {
        self.preferences()
    }

    fn watch(&mut self, watched: bool) {
        if watched != self.watched.is_some() {
            self.watched = watched.then(Watched::default);
        }
    }

    fn telemetry(&self) -> Option<Telemetry> {
        self.watched.as_ref().map(|watched| self.show(watched))
    }

    fn activity(&self, out: &mut Vec<Activity>) {
        match &self.watched {
            Some(watched) => self.show_spikes(watched, out),
            None => out.clear(),
        }
    }

    fn readings(&self, weights: bool) -> Option<Telemetry> {
        self.watched.as_ref().map(|watched| self.show_readings(watched, weights))
    }
}

impl Checkpoint for SporeController {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes(NAME, &(&self.reward, self.periphery.state(), self.network.save()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let (reward, periphery, network): (Centred, PeripheryState, Vec<u8>) = checkpoint::from_bytes(NAME, bytes)?;
        let rest = || self.network.load(&network).map_err(|e| e.to_string());
        let restored = self.periphery.restore(periphery, rest);
        restored.map_err(|why| CheckpointError::Malformed { part: NAME.into(), why })?;
        self.reward = reward;
        Ok(())
    }
}
