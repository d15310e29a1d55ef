//! The emulated chips that scenarios can run on.

use std::sync::Arc;

use embody_bridges::chips::ChipSubstrate;
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::loihi::{self, Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};
use embody_bridges::chips::spinnaker2::{SpiNNaker2, SpiNNaker2Options};

use crate::registry::Registry;

/// Adds the emulated chips, a line each, and the rules that they bring along.
pub(crate) fn register(registry: &mut Registry) {
    if let Some(models) = Arc::get_mut(&mut registry.models) {
        loihi::register(models);
    }
    registry.substrate(
        "loihi",
        "Loihi: 8-bit weights, neurons and learning to the bit of Lava's fixed point",
        |s: &LoihiOptions, models| Ok(ChipSubstrate::new(Loihi::new(s.clone()).map_err(|e| e.to_string())?, models)),
    );
    registry.substrate(
        "spinnaker2",
        "SpiNNaker 2: 8-bit weights and plasticity in a processing element's own memory",
        |s: &SpiNNaker2Options, models| Ok(ChipSubstrate::new(SpiNNaker2::new(s.clone()).map_err(|e| e.to_string())?, models)),
    );
    registry.substrate(
        "brainscales2",
        "BrainScaleS-2: 6-bit weights, analogue neurons with the scatter of a chip, 1000 times real time",
        |s: &BrainScaleS2Options, models| {
            Ok(ChipSubstrate::new(BrainScaleS2::new(s.clone()).map_err(|e| e.to_string())?, models))
        },
    );
    registry.substrate(
        "pcm",
        "phase-change memory: weights as conductances that are noisy and drift",
        |s: &PcmOptions, models| Ok(ChipSubstrate::new(Pcm::new(s.clone()).map_err(|e| e.to_string())?, models)),
    );
}
