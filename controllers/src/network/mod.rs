//! A network that somebody brings along closes the loop: senses in, its readout out as an action. It doesn't learn.
//!
//! The network is any [`NetworkSpec`] with fixed weights, on any substrate; where it comes from is for others to say. Events reach one of its
//! inputs through an [encoder](crate::encoder), dense fields of the observation are the values of others. Each act is one control period: the
//! events of the last one are played into its ticks, then the [decoder](crate::decoder) makes an action of the readout: of the filtered rates
//! of neurons that fire, or of the values that others hold after the last tick. Between episodes the network runs on, as SPORE's does; rates
//! are cleared.

mod settings;
mod watch;
mod wiring;

use embody_brain::{CompileError, CompileNetwork, Network, NetworkSpec, PopulationKind, ThirdFactor, TickInput, TickOutput};
use embody_robots::{Action, Checkpoint, CheckpointError, Field, Nanos, TimeStep, checkpoint};

pub use settings::{GraphIntegration, GraphReset, NetworkSettings};
use watch::Watched;
use wiring::Wiring;

use crate::controller::{Controller, ControllerError};
use crate::periphery::{Parts, Periphery, PeripheryState};
use crate::spore::Loop;
use crate::telemetry::{Activity, Telemetry};

const NAME: &str = "network";

/// The controller.
pub struct NetworkController {
    wiring: Wiring,
    periphery: Periphery,
    spec: NetworkSpec,
    /// Digest of the description: a state is continued with no other weights.
    digest: [u8; 32],
    network: Box<dyn Network>,
    /// What the encoded input holds in a tick, if it holds values.
    held: Vec<f32>,
    output: TickOutput,
    control_period: Nanos,
    watched: Option<Watched>,
}

impl NetworkController {
    /// Puts a network between a body's senses and its drives; random numbers follow from `seed`. The settings' file is not read here.
    ///
    /// # Errors
    /// By the settings' key, what the network, the body or the loop's periods don't have as the others expect it; what the substrate can't run.
    pub fn new(
        settings: &NetworkSettings,
        spec: NetworkSpec,
        around: &Loop,
        compile: &CompileNetwork,
        seed: u64,
    ) -> Result<Self, ControllerError> {
        let unfit = |why: String| ControllerError::Unfit { controller: NAME.into(), why };
        let (found, tick) = (Nanos(spec.tick_ns), around.neural_tick);
        if found != tick {
            return Err(unfit(format!(
                "file: expected a network of ticks of {tick}, the scenario's time.neural_tick, found {found}"
            )));
        }
        let wiring = Wiring::new(&spec, settings, &around.observation).map_err(unfit)?;
        // Compiling says first what sizes can't be.
        let network = compile(&spec, seed).map_err(|source| ControllerError::Network { controller: NAME.into(), source })?;
        let parts = Parts {
            encoder: wiring.encoded.as_ref().map(|_| &settings.encoder),
            decoder: &settings.decoder,
            motor_filter: settings.motor_filter,
            motor_neurons: wiring.readouts[wiring.readout].1,
        };
        let periphery = Periphery::new(&parts, around, seed).map_err(unfit)?;
        let mut held = Vec::new();
        if let Some(input) = &wiring.encoded {
            check_encoder(&periphery, &input.name, input.size).map_err(unfit)?;
            held.resize(if input.kind == PopulationKind::Analogue { input.size } else { 0 }, 0.0);
        }
        let described = checkpoint::to_bytes(NAME, &spec).map_err(|e| unfit(e.to_string()))?;
        let digest = *blake3::hash(&described).as_bytes();
        let (output, control_period) = (TickOutput::default(), around.control_period);
        Ok(NetworkController { wiring, periphery, spec, digest, network, held, output, control_period, watched: None })
    }

    /// What the decoder gets: the values of the readout, or else its rates (Hz).
    fn read(&self) -> &[f32] {
        read(&self.output, self.wiring.readout, self.periphery.filter.hz())
    }

    /// Inputs that hold a field's values take those of this step.
    fn observe(&mut self, step: &TimeStep) -> Result<(), ControllerError> {
        for (input, field) in &self.wiring.observed {
            if let Some(Field::Dense(values)) = step.observation.fields.get(*field) {
                self.network.set_values(input, values).map_err(failed)?;
            }
        }
        Ok(())
    }
}

fn failed(source: CompileError) -> ControllerError {
    ControllerError::Network { controller: NAME.into(), source }
}

fn read<'a>(output: &'a TickOutput, readout: usize, rates: &'a [f32]) -> &'a [f32] {
    output.values.get(readout).filter(|values| !values.is_empty()).map_or(rates, |values| values)
}

/// Whether an input has a neuron for each of the encoder's.
fn check_encoder(periphery: &Periphery, input: &str, size: usize) -> Result<(), String> {
    let neurons = periphery.encoder.neurons();
    if neurons == size {
        return Ok(());
    }
    let grid = |grid: &crate::encoder::Grid| format!("{} x {} of {:?}", grid.size[0], grid.size[1], grid.name);
    let grids: Vec<String> = periphery.encoder.grids().iter().map(grid).collect();
    Err(format!("input: expected {neurons} neurons, as the encoder has ({}), found {size} in {input:?}", grids.join(", ")))
}

impl Controller for NetworkController {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.periphery.filter.clear();
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        self.observe(step)?;
        let Periphery { encoder, filter, decoder } = &mut self.periphery;
        encoder.encode(&step.observation, step.time);
        if let Some(watched) = &mut self.watched {
            watched.begin(step.time.0 / self.control_period.0);
        }
        let input = self.wiring.encoded.as_ref();
        for (tick, spikes) in (0..).zip(encoder.ticks()) {
            let given = [spikes.as_slice()];
            let spikes = match input {
                Some(input) if input.kind == PopulationKind::Analogue => {
                    self.held.fill(0.0);
                    spikes.iter().for_each(|&neuron| self.held[neuron as usize] = 1.0);
                    self.network.set_values(&input.name, &self.held).map_err(failed)?;
                    &[][..]
                }
                Some(_) => &given[..],
                None => &[][..],
            };
            self.network.tick(TickInput { spikes, third_factor: ThirdFactor::None }, &mut self.output);
            filter.tick(&self.output.spikes[self.wiring.readout]);
            if let Some(watched) = &mut self.watched {
                watched.tick(tick, &self.output.spikes);
            }
        }
        decoder.write(read(&self.output, self.wiring.readout, filter.hz()), action);
        Ok(())
    }

    /// There is nothing that learns.
    fn set_learning(&mut self, _learning: bool) {}

    fn running(&self) -> Option<&dyn Network> {
        Some(&*self.network)
    }

    fn network(&self) -> Option<&NetworkSpec> {
        Some(&self.spec)
    }

    fn watch(&mut self, watched: bool) {
        if watched != self.watched.is_some() {
            self.watched = watched.then(|| Watched::new(self.wiring.readouts.len()));
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

impl Checkpoint for NetworkController {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes(NAME, &(self.digest, self.periphery.state(), self.network.save()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let malformed = |why: String| CheckpointError::Malformed { part: NAME.into(), why };
        let (digest, periphery, network): ([u8; 32], PeripheryState, Vec<u8>) = checkpoint::from_bytes(NAME, bytes)?;
        if digest != self.digest {
            return Err(malformed("its state is that of another network: the file has changed since".into()));
        }
        let rest = || self.network.load(&network).map_err(|e| e.to_string());
        self.periphery.restore(periphery, rest).map_err(malformed)
    }
}
