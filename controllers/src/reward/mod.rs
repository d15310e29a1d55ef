//! From reward to the third factor of plasticity.

mod centred;

pub use centred::{Centred, Scale};
