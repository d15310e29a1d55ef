//! What a brain is: descriptions of spiking networks, the rules by which they learn, and the substrates that run them.
pub mod numeric;
pub mod plasticity;
pub mod random;
