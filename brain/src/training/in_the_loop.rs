//! Training with a substrate in the loop: its forward pass, the software's gradients.
//!
//! Each update writes the network as it is now to the substrate, runs the batch there, [adopts](TrainableNetwork::adopt) what was recorded, and makes
//! a step of the gradients. Whatever a chip does otherwise than described (rounded weights, circuits that differ, noise, readings that
//! saturate) is so part of what is trained. The optimiser's weights stay floats, and only their roundings are on the chip: small steps add up.
//!
//! Readouts that run on the host beside a chip show the sums that its converters read; those values too are adopted.
//!
//! Not here: rules that learn on the chip, and parameters of circuits; the loss, the data, and the loop over them.
//!
//! Source: Cramer et al. 2022, "Surrogate gradients for analog neuromorphic computing", PNAS 119.

use super::{Batch, Loss, Trainer, TrainerSettings, TrainingError, Update, observed};
use crate::random::{Counter, philox_block};
use crate::spec::NetworkSpec;
use crate::substrate::CompileNetwork;

/// Stream of the runs' seeds.
const RUNS: u32 = 0x4c4f_4f50;

/// A network in training on a substrate.
pub struct InTheLoop {
    compile: CompileNetwork,
    trainer: Trainer<f32>,
    seed: u64,
}

impl InTheLoop {
    /// Training from the weights of a spec: random ones, or those of a network that was trained in software. `seed` is that of all runs' noise.
    ///
    /// Errors if the network can't be trained, or the substrate can't hold it.
    pub fn new(
        compile: CompileNetwork,
        spec: &NetworkSpec,
        settings: &TrainerSettings,
        seed: u64,
    ) -> Result<Self, TrainingError> {
        let trainer = Trainer::new(spec, settings)?;
        compile(&observed(&trainer.network().spec()?), seed)?;
        Ok(InTheLoop { compile, trainer, seed })
    }

    /// The network, and the optimiser's state as bytes; training goes on from both.
    pub fn trainer(&self) -> &Trainer<f32> {
        &self.trainer
    }

    /// The same, to be changed: to load a state, say.
    pub fn trainer_mut(&mut self) -> &mut Trainer<f32> {
        &mut self.trainer
    }

    /// One update by a batch that runs on the substrate. Its noise follows from the seed and the update's number. After an error nothing has
    /// changed.
    pub fn update(&mut self, batch: &Batch<f32>, loss: &impl Loss<f32>) -> Result<Update, TrainingError> {
        let seed = run_seed(self.seed, self.trainer.updates());
        let compile = &self.compile;
        self.trainer.update_with(loss, |network, keep| network.forward_on(compile, batch, keep, seed))
    }
}

/// The seed of an update's noise.
fn run_seed(seed: u64, update: u64) -> u64 {
    let mut words = [[0u32; 1]; 4];
    philox_block(seed, Counter { stream: RUNS, time: update }, 0, &mut words);
    u64::from(words[0][0]) | u64::from(words[1][0]) << 32
}
