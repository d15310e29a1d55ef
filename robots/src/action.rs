//! Actions: what a controller asks of a body for one control period.

use serde::{Deserialize, Serialize};

use crate::spec::ActionSpec;

/// The fields of an [`ActionSpec`], in that order, in the spec's units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The values of each field.
    pub fields: Vec<Vec<f32>>,
}

impl Action {
    /// An action of the spec's shape, all zero.
    pub fn from_spec(spec: &ActionSpec) -> Action {
        Action { fields: spec.fields.iter().map(|f| vec![0.0; f.size]).collect() }
    }

    /// Says which field, if any, doesn't keep the spec: wrong number of fields or values, or a number that isn't finite.
    ///
    /// Values outside the bounds are allowed: a body clamps them.
    pub fn check(&self, spec: &ActionSpec) -> Result<(), String> {
        if self.fields.len() != spec.fields.len() {
            return Err(format!("action: expected {} fields, found {}", spec.fields.len(), self.fields.len()));
        }
        for (values, field) in self.fields.iter().zip(&spec.fields) {
            if values.len() != field.size {
                return Err(format!("action field {:?}: expected {} values, found {}", field.name, field.size, values.len()));
            }
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                return Err(format!("action field {:?}: value {at} is {}, expected a finite number", field.name, values[at]));
            }
        }
        Ok(())
    }
}
