//! Phase-change memory: weights as conductances of differential pairs, products on tiles between converters.
//!
//! [`DeviceModel`] has the laws of a device (two published characterisations, as in aihwkit), [`Devices`] arrays of them, [`Crossbar`] matrices
//! of weights on tiles of 256 x 256 with their [`Periphery`]. [`Pcm`] is the [`Chip`](super::Chip) made of these.
//!
//! What runs where: weights lie in conductances, and every sum comes from the tiles, with read noise drawn anew at each tick for the devices of
//! rows that are driven, output noise, and converters. Neurons and rules run on the host: phase-change memory has neither. A rule's requests
//! become pulses for devices whose target changes. Drift goes on all the while.
//!
//! Not here: pulses of their own (a device is programmed in one act, whose noise is that of iterative programming), the wait for the first read,
//! temperature, wires' resistance, and defects.

mod chip;
mod converter;
mod crossbar;
mod device;
mod devices;
mod mapping;
mod options;
mod placed;
mod settings;
mod tile;
mod writing;

pub use chip::Pcm;
pub use converter::{Converter, Periphery, PeripheryKind};
pub use crossbar::{Crossbar, Inputs};
pub use device::{DeviceModel, DriftLaw};
pub use devices::{Devices, Draw};
pub use mapping::Mapping;
pub use options::PcmOptions;
pub use placed::{PcmPopulation, PcmProjection, PcmSynapses};
pub use settings::{ArraySettings, Compensation};
pub use tile::{Effort, Phases, Scratch, TILE};
pub use writing::{Targets, Written};
