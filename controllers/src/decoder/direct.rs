//! The direct code: neuron k stands for the k-th number of the action, field after field.

use embody_robots::ActionSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the direct code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectSettings {
    /// What each unit of a neuron's value, or each Hz of its rate, asks for, in the unit of the action.
    pub gain: f64,
}

impl Default for DirectSettings {
    fn default() -> Self {
        DirectSettings { gain: 1.0 }
    }
}

/// The field and the value of each number of an action, and what it is called, with its unit.
///
/// # Errors
/// If there aren't as many numbers as neurons.
pub fn places(neurons: usize, action: &ActionSpec) -> Result<Vec<([usize; 2], String)>, String> {
    let numbers = action.fields.iter().enumerate().flat_map(|(at, field)| {
        let name = move |value| if field.size == 1 { field.name.clone() } else { format!("{} {value}", field.name) };
        (0..field.size).map(move |value| ([at, value], format!("{} ({})", name(value), field.unit)))
    });
    let places: Vec<_> = numbers.collect();
    if places.len() != neurons {
        let expected = format!("expected a neuron for each of the {} numbers of the action", places.len());
        return Err(format!("decoder.direct: {expected}, found {neurons}"));
    }
    Ok(places)
}
