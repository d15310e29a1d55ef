//! A network on whatever substrate, behind one face: what controllers hold.

use std::sync::Arc;

use super::{Fidelity, Probe, Substrate, TickInput, TickOutput, Variables};
use crate::spec::{CompileError, NetworkSpec};
use crate::state::{State, StateError};

/// A running network. See [`Substrate`] for what each call does.
pub trait Network: State + Send {
    /// Name of the substrate.
    fn substrate(&self) -> &str;
    /// What compiling lost, with the initial weights of the run's own seed.
    fn fidelity(&self) -> &Fidelity;
    /// One tick.
    fn tick(&mut self, input: TickInput<'_>, output: &mut TickOutput);
    /// Sets what an analogue input holds.
    fn set_values(&mut self, population: &str, values: &[f32]) -> Result<(), CompileError>;
    /// Puts the neurons to rest.
    fn rest(&mut self) -> Result<(), CompileError>;
    /// Switches plasticity on or off.
    fn set_learning(&mut self, learning: bool);
    /// What the probe sees.
    fn probe(&self, probe: &Probe) -> Option<Vec<f32>>;
    /// The variables of a population in the substrate's own numbers.
    fn variables(&self, population: &str) -> Variables;
    /// What has been counted since time zero, by name.
    fn counters(&self) -> Vec<(&'static str, u64)>;
    /// The stored weights of a projection.
    fn weights(&self, projection: &str) -> Option<Vec<f32>>;
    /// Writes the weights of a projection.
    fn program(&mut self, projection: &str, weights: &[f32]) -> Result<(), CompileError>;
}

/// Compiles a network for some substrate; its random numbers follow from the seed.
pub type CompileNetwork = Arc<dyn Fn(&NetworkSpec, u64) -> Result<Box<dyn Network>, CompileError> + Send + Sync>;

/// What compiles networks for a substrate.
pub fn compiler<S: Substrate + Clone + 'static>(substrate: S) -> CompileNetwork {
    Arc::new(move |spec, seed| Ok(Box::new(Compiled::new(substrate.clone(), spec, seed)?)))
}

/// A substrate, a program compiled for it, and a state.
pub struct Compiled<S: Substrate> {
    substrate: S,
    program: S::Program,
    fidelity: Fidelity,
    state: S::State,
}

impl<S: Substrate> Compiled<S> {
    /// Compiles a network and sets it to time zero.
    pub fn new(substrate: S, spec: &NetworkSpec, seed: u64) -> Result<Self, CompileError> {
        let (program, fidelity) = substrate.compile(spec)?;
        let state = substrate.init(&program, seed)?;
        let fidelity = substrate.fidelity(&program, &state, &fidelity);
        Ok(Compiled { substrate, program, fidelity, state })
    }
}

impl<S: Substrate> State for Compiled<S> {
    fn save(&self) -> Vec<u8> {
        self.substrate.save(&self.state)
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        self.state = self.substrate.load(&self.program, bytes)?;
        // The bytes may be of another seed.
        self.fidelity = self.substrate.fidelity(&self.program, &self.state, &self.fidelity);
        Ok(())
    }
}

impl<S: Substrate> Network for Compiled<S> {
    fn substrate(&self) -> &str {
        self.substrate.name()
    }
    fn fidelity(&self) -> &Fidelity {
        &self.fidelity
    }
    fn tick(&mut self, input: TickInput<'_>, output: &mut TickOutput) {
        self.substrate.tick(&self.program, &mut self.state, input, output);
    }
    fn set_values(&mut self, population: &str, values: &[f32]) -> Result<(), CompileError> {
        self.substrate.set_values(&self.program, &mut self.state, population, values)
    }
    fn rest(&mut self) -> Result<(), CompileError> {
        self.substrate.rest(&self.program, &mut self.state)
    }
    fn set_learning(&mut self, learning: bool) {
        self.substrate.set_learning(&mut self.state, learning);
    }
    fn probe(&self, probe: &Probe) -> Option<Vec<f32>> {
        self.substrate.probe(&self.program, &self.state, probe)
    }
    fn variables(&self, population: &str) -> Variables {
        self.substrate.variables(&self.program, &self.state, population)
    }
    fn counters(&self) -> Vec<(&'static str, u64)> {
        self.substrate.counters(&self.state)
    }
    fn weights(&self, projection: &str) -> Option<Vec<f32>> {
        self.substrate.weights(&self.program, &self.state, projection)
    }
    fn program(&mut self, projection: &str, weights: &[f32]) -> Result<(), CompileError> {
        self.substrate.program(&self.program, &mut self.state, projection, weights)
    }
}
