//! How a forward model is trained, and what of it can't be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most updates of the weights.
const MOST_UPDATES: u64 = 100_000_000;

/// How a forward model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSettings {
    /// Weights that training starts from: a name of the library, or the path of a safetensors file. None are drawn at random.
    pub from: String,
    /// Updates of the weights; with none the Jacobian alone is fitted.
    pub updates: u64,
    /// Poses of an update.
    pub batch: usize,
    /// Learning rate at the start; it falls with a cosine to `floor` of it.
    pub learning_rate: f64,
    /// Share of the learning rate at the end.
    pub floor: f64,
    /// Norm to which gradients are cut.
    pub clip: f64,
    /// Magnitude that weights are kept within, so that few large ones don't cost all others resolution where weights have few bits; 0 has no
    /// such limit.
    pub largest_weight: f64,
    /// Rate that hidden neurons are to have on average (Hz), and the strength of that wish; 0 has none.
    pub rate_hz: f64,
    /// The strength of that wish.
    pub rate_strength: f64,
    /// Updates between two validations.
    pub validate_every: u64,
    /// Poses of a validation.
    pub validation_poses: usize,
    /// Validations without a better one after which training ends early; 0 never does.
    pub patience: u64,
    /// Whether each pose is told the ends of another one: a control that must learn nothing but their average.
    pub permuted: bool,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        TrainingSettings {
            from: String::new(),
            updates: 5000,
            batch: 64,
            learning_rate: 5e-3,
            floor: 0.02,
            clip: 5.0,
            largest_weight: 0.0,
            rate_hz: 10.0,
            rate_strength: 0.0,
            validate_every: 250,
            validation_poses: 256,
            patience: 0,
            permuted: false,
        }
    }
}

impl TrainingSettings {
    /// What is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let positive = [("learning_rate", self.learning_rate), ("clip", self.clip), ("rate_hz", self.rate_hz)];
        if let Some((key, value)) = positive.into_iter().find(|(_, value)| !(*value > 0.0 && *value <= 1e38)) {
            return Err(format!("training.{key}: expected a number above zero, found {value}"));
        }
        let shares = [
            ("floor", self.floor, 1.0),
            ("rate_strength", self.rate_strength, 1e6),
            ("largest_weight", self.largest_weight, 1e6),
        ];
        if let Some((key, value, most)) = shares.into_iter().find(|(_, value, most)| !(0.0..=*most).contains(value)) {
            return Err(format!("training.{key}: expected 0 to {most}, found {value}"));
        }
        let counts = [
            ("batch", self.batch as u64, 4096),
            ("validate_every", self.validate_every, 1_000_000),
            ("validation_poses", self.validation_poses as u64, 65_536),
        ];
        if self.updates > MOST_UPDATES {
            return Err(format!("training.updates: expected 0 to {MOST_UPDATES}, found {}", self.updates));
        }
        match counts.into_iter().find(|(_, value, most)| !(1..=*most).contains(value)) {
            Some((key, value, most)) => Err(format!("training.{key}: expected 1 to {most}, found {value}")),
            None => Ok(()),
        }
    }
}
