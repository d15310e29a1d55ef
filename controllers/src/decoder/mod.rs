//! Decoders: from spikes to actions.

mod population_vector;

pub use population_vector::PopulationVector;
