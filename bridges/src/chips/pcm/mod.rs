//! Phase-change memory: weights as conductances of differential pairs, products on tiles between converters.
//!
//! [`DeviceModel`] has the laws of a device (two published characterisations, as in aihwkit), [`Devices`] arrays of them, [`Crossbar`] matrices
//! of weights on tiles of 256 x 256 with their [`Periphery`].
//!
//! Not here: neurons. Phase-change memory has none, so that they run on the host.

mod converter;
mod crossbar;
mod device;
mod devices;
mod mapping;
mod settings;
mod tile;

pub use converter::{Converter, Periphery, PeripheryKind};
pub use crossbar::{Crossbar, Inputs, Moment, Written};
pub use device::{DeviceModel, DriftLaw};
pub use devices::{Devices, Draw};
pub use mapping::Mapping;
pub use settings::{ArraySettings, Compensation};
pub use tile::{Effort, Phases, ReadDraw, Scratch, TILE};
