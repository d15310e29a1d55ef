//! What a chip shows of a batch of sequences: spikes and potentials of every tick, for training with the chip in the loop.

use embody_brain::substrate::resolved::{ResolvedPopulation, Source};
use embody_brain::training::{Batch, Input};
use embody_brain::{CompileError, Probe, Substrate, TickInput, TickOutput};

use super::{ChipProgram, ChipState, ChipSubstrate};
use crate::chips::Chip;

/// A population over a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: usize,
    /// The neurons that spiked, sorted: `spikes[t * samples + s]`.
    pub spikes: Vec<Vec<u32>>,
    /// Membrane potentials at the end of the tick, after a reset, as the chip reads them, in the unit of the model:
    /// `voltages[(t * samples + s) * size + i]`.
    pub voltages: Vec<f32>,
}

impl<C: Chip> ChipState<C> {
    /// What a population sent in the last tick: the neurons that spiked, or the analogue inputs that weren't zero.
    pub fn sent(&self, program: &ChipProgram<C>, population: usize) -> &[u32] {
        self.histories[population].spikes(program.network.slot(self.tick.wrapping_sub(1), 0))
    }
}

impl<C: Chip> ChipSubstrate<C> {
    /// Runs every sequence of a batch from time zero, without learning, and gives spikes and potentials of each population of neurons, in the
    /// order of the spec: what replaces v and z of the software's forward pass.
    ///
    /// Noise that differs from run to run follows from `seed` and the sample's number: give each batch another seed. Errors if the batch
    /// doesn't fit the network.
    pub fn record(&self, program: &ChipProgram<C>, batch: &Batch<f32>, seed: u64) -> Result<Vec<Recorded>, CompileError> {
        let network = &program.network;
        check(network.populations.iter(), batch)?;
        let count = batch.steps * batch.samples;
        let neurons: Vec<usize> =
            (0..network.populations.len()).filter(|&at| matches!(network.populations[at].source, Source::Model(_))).collect();
        let blank = |&at: &usize| {
            let (name, size) = (network.populations[at].name.clone(), network.populations[at].size);
            Recorded { name, size, spikes: vec![Vec::new(); count], voltages: vec![0.0; count * size] }
        };
        let mut recorded: Vec<Recorded> = neurons.iter().map(blank).collect();
        for sample in 0..batch.samples {
            let mut state = self.init(program, seed.wrapping_add((sample as u64).wrapping_mul(SAMPLE)))?;
            self.set_learning(&mut state, false);
            let mut output = TickOutput::default();
            for t in 0..batch.steps {
                let at = t * batch.samples + sample;
                let spikes = self.give(program, &mut state, batch, at)?;
                self.tick(program, &mut state, TickInput { spikes: &spikes, ..TickInput::default() }, &mut output);
                for (recorded, &population) in recorded.iter_mut().zip(&neurons) {
                    recorded.spikes[at].extend_from_slice(state.sent(program, population));
                    let voltages = self.probe(program, &state, &Probe::Membrane(recorded.name.clone())).unwrap_or_default();
                    recorded.voltages[at * recorded.size..][..recorded.size].copy_from_slice(&voltages);
                }
            }
        }
        Ok(recorded)
    }

    /// Sets the values of a tick, and gives its spikes.
    fn give<'a>(
        &self,
        program: &ChipProgram<C>,
        state: &mut ChipState<C>,
        batch: &'a Batch<f32>,
        at: usize,
    ) -> Result<Vec<&'a [u32]>, CompileError> {
        let mut spikes = Vec::new();
        let inputs = program.network.populations.iter().filter(|population| !matches!(population.source, Source::Model(_)));
        for (population, input) in inputs.zip(&batch.inputs) {
            match input {
                Input::Spikes(all) => spikes.push(&all[at][..]),
                Input::Values(values) => {
                    let size = population.size;
                    self.set_values(program, state, &population.name, &values[at * size..(at + 1) * size])?;
                }
            }
        }
        Ok(spikes)
    }
}

/// Keeps the seeds of neighbouring samples apart from those of neighbouring batches.
const SAMPLE: u64 = 0xD1B5_4A32_D192_ED03;

/// Whether the batch is of the network's inputs.
fn check<'a>(populations: impl Iterator<Item = &'a ResolvedPopulation>, batch: &Batch<f32>) -> Result<(), CompileError> {
    let inputs: Vec<_> = populations.filter(|population| !matches!(population.source, Source::Model(_))).collect();
    let Some(count) = batch.steps.checked_mul(batch.samples).filter(|_| inputs.len() == batch.inputs.len()) else {
        return Err(CompileError::invalid("batch", format!("expected {} inputs, found {}", inputs.len(), batch.inputs.len())));
    };
    for (population, input) in inputs.iter().zip(&batch.inputs) {
        let (found, expected) = match (input, &population.source) {
            (Input::Spikes(spikes), Source::Input(_)) => (spikes.len(), count),
            (Input::Values(values), Source::Analogue) => (values.len(), count.saturating_mul(population.size)),
            (Input::Spikes(_), _) => return Err(CompileError::invalid(&population.name, "expected values, found spikes")),
            (Input::Values(_), _) => return Err(CompileError::invalid(&population.name, "expected spikes, found values")),
        };
        if found != expected {
            return Err(CompileError::invalid(
                &population.name,
                format!("expected a batch of {expected} entries, found {found}"),
            ));
        }
    }
    Ok(())
}
