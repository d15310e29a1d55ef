//! Plasticity
pub mod spore;
