//! Forward passes made on a substrate: what a running network shows of a batch of sequences takes the place of computed spikes and potentials.

use super::{Batch, Input, Keep, Recording, Trace, TrainableNetwork, TrainingError};
use crate::spec::{CompileError, NetworkSpec, PopulationKind};
use crate::substrate::{CompileNetwork, Network, Probe, TickInput, TickOutput};

/// A population over a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: usize,
    /// The neurons that spiked, sorted: `spikes[t * samples + s]`.
    pub spikes: Vec<Vec<u32>>,
    /// Membrane potentials at the end of the tick, after a reset, as the substrate reads them, in the unit of the model:
    /// `voltages[(t * samples + s) * size + i]`.
    pub voltages: Vec<f32>,
}

impl Recorded {
    /// As what training [adopts](TrainableNetwork::adopt).
    pub fn as_recording(&self) -> Recording<'_, f32> {
        Recording { population: &self.name, spikes: &self.spikes, potentials: &self.voltages }
    }
}

/// The same network with all of its neurons read out, as [`record`] needs it.
#[must_use]
pub fn observed(spec: &NetworkSpec) -> NetworkSpec {
    let neurons = spec.populations.iter().filter(|population| matches!(population.kind, PopulationKind::Neurons(_)));
    NetworkSpec { readouts: neurons.map(|population| population.name.clone()).collect(), ..spec.clone() }
}

/// Runs every sequence of a batch from rest, without learning, and gives spikes and potentials of each population of neurons, in the order of
/// `spec`: that of the network, [observed].
///
/// Weights, devices, noise and time go on from sequence to sequence, as on a chip that was written to once. Errors if the batch doesn't fit the
/// network.
pub fn record(network: &mut dyn Network, spec: &NetworkSpec, batch: &Batch<f32>) -> Result<Vec<Recorded>, CompileError> {
    check(spec, batch)?;
    let count = batch.steps * batch.samples;
    let blank = |name: &String| {
        let size = spec.population(name).map_or(0, |population| population.size);
        Recorded { name: name.clone(), size, spikes: vec![Vec::new(); count], voltages: vec![0.0; count * size] }
    };
    let mut recorded: Vec<Recorded> = spec.readouts.iter().map(blank).collect();
    network.set_learning(false);
    let mut output = TickOutput::default();
    for sample in 0..batch.samples {
        network.rest()?;
        for t in 0..batch.steps {
            let at = t * batch.samples + sample;
            let spikes = give(network, spec, batch, at)?;
            network.tick(TickInput { spikes: &spikes, ..TickInput::default() }, &mut output);
            for (recorded, spikes) in recorded.iter_mut().zip(&output.spikes) {
                recorded.spikes[at].extend_from_slice(spikes);
                let voltages = network.probe(&Probe::Membrane(recorded.name.clone())).unwrap_or_default();
                recorded.voltages[at * recorded.size..][..recorded.size].copy_from_slice(&voltages);
            }
        }
    }
    Ok(recorded)
}

/// Sets the values of a tick, and gives its spikes.
fn give<'a>(
    network: &mut dyn Network,
    spec: &NetworkSpec,
    batch: &'a Batch<f32>,
    at: usize,
) -> Result<Vec<&'a [u32]>, CompileError> {
    let mut spikes = Vec::new();
    let inputs = spec.populations.iter().filter(|population| !matches!(population.kind, PopulationKind::Neurons(_)));
    for (population, input) in inputs.zip(&batch.inputs) {
        match input {
            Input::Spikes(all) => spikes.push(&all[at][..]),
            Input::Values(values) => {
                let size = population.size;
                network.set_values(&population.name, &values[at * size..(at + 1) * size])?;
            }
        }
    }
    Ok(spikes)
}

/// Whether the batch is of the network's inputs.
fn check(spec: &NetworkSpec, batch: &Batch<f32>) -> Result<(), CompileError> {
    let inputs: Vec<_> =
        spec.populations.iter().filter(|population| !matches!(population.kind, PopulationKind::Neurons(_))).collect();
    let Some(count) = batch.steps.checked_mul(batch.samples).filter(|_| inputs.len() == batch.inputs.len()) else {
        return Err(CompileError::invalid("batch", format!("expected {} inputs, found {}", inputs.len(), batch.inputs.len())));
    };
    for (population, input) in inputs.iter().zip(&batch.inputs) {
        let invalid = |why: String| Err(CompileError::invalid(&population.name, why));
        let (found, expected) = match (input, &population.kind) {
            (Input::Spikes(spikes), PopulationKind::Input) => (spikes.len(), count),
            (Input::Values(values), PopulationKind::Analogue) => (values.len(), count.saturating_mul(population.size)),
            (Input::Spikes(_), _) => return invalid("expected values, found spikes".into()),
            (Input::Values(_), _) => return invalid("expected spikes, found values".into()),
        };
        if found != expected {
            return invalid(format!("expected a batch of {expected} entries, found {found}"));
        }
    }
    Ok(())
}

impl TrainableNetwork<f32> {
    /// The forward pass over a batch from rest that a running network makes, for this one's gradients. `spec` is what was compiled: this
    /// network's [`spec`](Self::spec), [observed].
    ///
    /// Errors if the batch doesn't fit the network, or what it shows is no forward pass of this one.
    pub fn forward_with(
        &self,
        running: &mut dyn Network,
        spec: &NetworkSpec,
        batch: &Batch<f32>,
        keep: Keep,
    ) -> Result<Trace<f32>, TrainingError> {
        let recorded = record(running, spec, batch)?;
        let recordings: Vec<_> = recorded.iter().map(Recorded::as_recording).collect();
        self.adopt(batch, &recordings, keep)
    }

    /// The same on a substrate that this network's weights are first written to. What is random there follows from `seed`.
    ///
    /// Errors also if the substrate can't hold the network.
    pub fn forward_on(
        &self,
        compile: &CompileNetwork,
        batch: &Batch<f32>,
        keep: Keep,
        seed: u64,
    ) -> Result<Trace<f32>, TrainingError> {
        let spec = observed(&self.spec()?);
        self.forward_with(&mut *compile(&spec, seed)?, &spec, batch, keep)
    }
}
