//! Training with a chip in the loop: the chip's forward pass, the software's gradients.
//!
//! Each update puts the network as it is now onto the chip, runs the batch there, [adopts](TrainableNetwork::adopt) what was recorded, and makes
//! a step of the gradients. Whatever the chip does otherwise than described (rounded weights, circuits that differ, noise, readings that
//! saturate) is so part of what is trained. The optimiser's weights stay floats, and only their roundings are on the chip: small steps add up.
//!
//! Readouts that run on the host beside the chip show the sums that its converters read; those values too are adopted.
//!
//! Not here: rules that learn on the chip, and parameters of circuits; the loss, the data, and the loop over them.

use embody_brain::Substrate;
use embody_brain::random::{Counter, philox_block};
use embody_brain::spec::NetworkSpec;
use embody_brain::training::{
    Batch, Keep, Loss, Recording, Trace, TrainableNetwork, Trainer, TrainerSettings, TrainingError, Update,
};

use super::Chip;
use super::substrate::{ChipSubstrate, Recorded};

/// Stream of the runs' seeds.
const RUNS: u32 = 0x4c4f_4f50;

/// A network in training on a chip.
pub struct InTheLoop<C: Chip> {
    substrate: ChipSubstrate<C>,
    trainer: Trainer<f32>,
    seed: u64,
}

impl Recorded {
    /// As what training adopts.
    pub fn as_recording(&self) -> Recording<'_, f32> {
        Recording { population: &self.name, spikes: &self.spikes, potentials: &self.voltages }
    }
}

impl<C: Chip> ChipSubstrate<C> {
    /// The chip's forward pass over a batch from rest, for gradients by `network`, whose weights are written to the chip first. Noise that
    /// differs from run to run follows from `seed`.
    ///
    /// Errors if the chip can't hold the network, or the batch doesn't fit it.
    pub fn forward(
        &self,
        network: &TrainableNetwork<f32>,
        batch: &Batch<f32>,
        keep: Keep,
        seed: u64,
    ) -> Result<Trace<f32>, TrainingError> {
        let (program, _) = self.compile(&network.spec()?)?;
        let recorded = self.record(&program, batch, seed)?;
        let recordings: Vec<_> = recorded.iter().map(Recorded::as_recording).collect();
        network.adopt(batch, &recordings, keep)
    }
}

impl<C: Chip> InTheLoop<C> {
    /// Training from the weights of a spec: random ones, or those of a network that was trained in software. `seed` is that of all runs' noise.
    ///
    /// Errors if the network can't be trained, or the chip can't hold it.
    pub fn new(
        substrate: ChipSubstrate<C>,
        spec: &NetworkSpec,
        settings: &TrainerSettings,
        seed: u64,
    ) -> Result<Self, TrainingError> {
        let trainer = Trainer::new(spec, settings)?;
        substrate.compile(&trainer.network().spec()?)?;
        Ok(InTheLoop { substrate, trainer, seed })
    }

    /// The network, and the optimiser's state as bytes; training goes on from both.
    pub fn trainer(&self) -> &Trainer<f32> {
        &self.trainer
    }

    /// The same, to be changed: to load a state, say.
    pub fn trainer_mut(&mut self) -> &mut Trainer<f32> {
        &mut self.trainer
    }

    /// One update by a batch that runs on the chip. Its noise follows from the seed and the update's number. After an error nothing has changed.
    pub fn update(&mut self, batch: &Batch<f32>, loss: &impl Loss<f32>) -> Result<Update, TrainingError> {
        let seed = run_seed(self.seed, self.trainer.updates());
        let substrate = &self.substrate;
        self.trainer.update_with(loss, |network, keep| substrate.forward(network, batch, keep, seed))
    }
}

/// The seed of an update's noise.
fn run_seed(seed: u64, update: u64) -> u64 {
    let mut words = [[0u32; 1]; 4];
    philox_block(seed, Counter { stream: RUNS, time: update }, 0, &mut words);
    u64::from(words[0][0]) | u64::from(words[1][0]) << 32
}
