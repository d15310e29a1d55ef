//! What a user may choose of Loihi.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::MOST_COMPARTMENTS;
use crate::chips::{Place, Wishes};

/// Options of the substrate `loihi`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LoihiOptions {
    /// Where plasticity rules run. Unsaid: on the chip if it is `loihi_sum_of_products`, else on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plasticity: Option<Place>,
    /// Where neurons run. Unsaid: `lif`, `cuba_lif` and their readouts on the chip, the stochastic `poisson_dbl_exp` on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neuron: Option<Place>,
    /// Seed of the roundings of weights that the host writes, beside the run's.
    pub seed: u64,
    /// Bits of a weight: 1 to 8.
    pub weight_bits: u8,
    /// Whether neurons that the chip lacks (a reset that subtracts, a comparison by `at_least`, a refractory period) are replaced by those that
    /// it has (reset to zero, strict comparison, none). If not they are refused.
    pub approximate: bool,
    /// The most compartments that are put on a core: 1 to 1024. Fewer leave more memory and axons to each.
    pub compartments_per_core: usize,
    /// Fraction bits of the payload of graded spikes, as which values of analogue inputs are sent: 0 to 8.
    pub payload_fraction_bits: u8,
}

impl Default for LoihiOptions {
    fn default() -> Self {
        LoihiOptions {
            plasticity: None,
            neuron: None,
            seed: 0,
            weight_bits: 8,
            approximate: false,
            compartments_per_core: MOST_COMPARTMENTS,
            payload_fraction_bits: 8,
        }
    }
}

impl LoihiOptions {
    /// Looks for values that can't be. Errors name the option and what it must be.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=8).contains(&self.weight_bits) {
            return Err(format!("weight_bits: expected 1 to 8, found {}", self.weight_bits));
        }
        if !(1..=MOST_COMPARTMENTS).contains(&self.compartments_per_core) {
            return Err(format!(
                "compartments_per_core: expected 1 to {MOST_COMPARTMENTS}, found {}",
                self.compartments_per_core
            ));
        }
        if self.payload_fraction_bits > 8 {
            return Err(format!("payload_fraction_bits: expected 0 to 8, found {}", self.payload_fraction_bits));
        }
        Ok(())
    }

    pub(super) fn wishes(&self) -> Wishes {
        Wishes { plasticity: self.plasticity, neuron: self.neuron }
    }
}
