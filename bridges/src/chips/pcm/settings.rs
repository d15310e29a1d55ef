//! What arrays of devices are set up with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::converter::{Periphery, PeripheryKind};
use super::device::DeviceModel;

/// How a host makes up for drift: by how much the outputs of unit inputs have shrunk since weights were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compensation {
    /// Not at all.
    None,
    /// One factor for each tile.
    #[default]
    Global,
    /// One factor for each column of a tile.
    Column,
}

/// The settings that arrays of devices need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArraySettings {
    /// The devices.
    pub model: DeviceModel,
    /// The converters at a tile's edges.
    pub periphery: Periphery,
    /// What is done about drift.
    pub compensation: Compensation,
    /// Whether reads are noisy.
    pub read_noise: bool,
    /// How long before their first use the weights that are written first were first read (s). Later writing takes effect at once.
    pub t_inference_s: f64,
    /// Seed of the chip.
    pub seed: u64,
}

impl Default for ArraySettings {
    fn default() -> Self {
        ArraySettings {
            model: DeviceModel::default(),
            periphery: Periphery::new(PeripheryKind::default(), None, None),
            compensation: Compensation::default(),
            read_noise: true,
            t_inference_s: 0.0,
            seed: 0,
        }
    }
}
