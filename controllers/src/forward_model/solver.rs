//! The inverse step: from what the model says of the trunk, and where the tip was measured, to the next joint values.
//!
//! Either way the model only gives a direction; the measured pose says how far there is to go, and so cancels what the model is wrong about.

mod adam;
mod jacobian;

pub use adam::{Adam, AdamSettings};
pub use jacobian::{Jacobian, JacobianSettings};
