//! A forward model's network on a substrate: the forward pass is what runs there, the way back the software's over its spikes and potentials.
//!
//! Weights are written once; every run begins with neurons at rest, while noise, devices and time go on from run to run.

use embody_brain::training::{Keep, Trace, TrainableNetwork, TrainingError, observed};
use embody_brain::{CompileError, CompileNetwork, Network, NetworkSpec};

use super::network;

/// A network that was compiled for a substrate, all of it read out.
pub struct Placed {
    compile: CompileNetwork,
    seed: u64,
    spec: NetworkSpec,
    network: Box<dyn Network>,
}

impl Placed {
    /// The given network; what is random follows from `seed`.
    ///
    /// # Errors
    /// If the substrate can't hold it.
    pub(super) fn new(network: &TrainableNetwork<f32>, compile: &CompileNetwork, seed: u64) -> Result<Placed, CompileError> {
        let spec = observed(&network.spec()?);
        Ok(Placed { network: compile(&spec, seed)?, compile: compile.clone(), seed, spec })
    }

    /// Another that goes on as this one would.
    ///
    /// # Errors
    /// None that [`new`](Self::new) wouldn't have had.
    pub(super) fn copy(&self) -> Result<Placed, CompileError> {
        let mut network = (self.compile)(&self.spec, self.seed)?;
        network.load(&self.network.save()).map_err(|e| CompileError::invalid("state", e.0))?;
        Ok(Placed { network, compile: self.compile.clone(), seed: self.seed, spec: self.spec.clone() })
    }

    /// The network.
    pub fn network(&self) -> &dyn Network {
        &*self.network
    }

    /// The same, to be changed.
    pub fn network_mut(&mut self) -> &mut dyn Network {
        &mut *self.network
    }

    /// The forward pass over joint values, for gradients by `network`.
    pub(super) fn forward(
        &mut self,
        network: &TrainableNetwork<f32>,
        joints: &[f64],
        keep: Keep,
    ) -> Result<Trace<f32>, TrainingError> {
        let modules = joints.len() / embody_robots::trunk::JOINTS_PER_MODULE;
        network.forward_with(&mut *self.network, &self.spec, &network::batch(modules, &[joints]), keep)
    }
}
