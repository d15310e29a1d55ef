//! What a user may ask of every chip.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On the chip, in its own numbers. What it can't do is an error.
    Chip,
    /// On the host beside it, in `f32`.
    Host,
}

/// Checks that an option lies within limits. The error names it, and says what was expected and found.
pub(super) fn within(option: &str, found: f32, [low, high]: [f32; 2]) -> Result<(), String> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(format!("{option}: expected {low:e} to {high:e}, found {found:e}")) }
}

/// Where a user wants things to run. Unsaid is: on the chip as far as it can, else on the host where that is customary, and reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Plasticity rules and their state.
    pub plasticity: Option<Place>,
    /// Neurons.
    pub neuron: Option<Place>,
}

/// 64-bit FNV-1a of options as JSON: other options have another digest, but for chance.
pub fn digest(options: &impl Serialize) -> u64 {
    // Options are flat structs, which JSON always takes.
    let json = serde_json::to_vec(options).unwrap_or_default();
    json.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_differ_by_their_names_too() {
        assert_eq!(digest(&""), (0..2).fold(0xCBF2_9CE4_8422_2325, |hash: u64, _| (hash ^ 0x22).wrapping_mul(0x0100_0000_01B3)));
        let [a, b] = ["a", "b"].map(|name| digest(&std::collections::BTreeMap::from([(name, Place::Host)])));
        assert_ne!(a, b);
    }
}
