//! What training came to: `training.json`.

use std::time::Duration;

use embody_controllers::forward_model::{Fit, ForwardModel, Validation};
use serde::{Deserialize, Serialize};

use crate::run::folder::{self, FolderError, RunFolder};
use crate::scenario::Loaded;

/// Its file.
const OUTCOME: &str = "training.json";

/// What training came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed, from which all random numbers follow.
    pub seed: u64,
    /// What the network ran on forwards.
    pub substrate: String,
    /// Updates of the weights that were taken.
    pub updates: u64,
    /// Mean distance of the predicted tip over the validation's poses before the first update (mm).
    pub before_mm: f64,
    /// The same at the end.
    pub tip_mm: f64,
    /// Mean angle between its predicted and its true orientation (degrees).
    pub orientation_deg: f64,
    /// Distance of the predicted tip where reaching begins (mm).
    pub start_mm: f64,
    /// Mean rate of hidden neurons (Hz).
    pub rate_hz: f64,
    /// Error of the fitted Jacobian, as a share of the true one's norm.
    pub jacobian_error: f64,
    /// Cosine of the angle between both.
    pub jacobian_cosine: f64,
    /// Height and slope of the Jacobian's surrogate gradient.
    pub jacobian_surrogate: [f32; 2],
    /// BLAKE3 of `weights.safetensors`.
    pub weights_blake3: String,
    /// Wall time over all sessions (s).
    pub wall_s: f64,
    /// Version of the program.
    pub version: String,
    /// Revision of its source.
    pub git: String,
}

impl Outcome {
    #[expect(clippy::too_many_arguments, reason = "what there is to tell of")]
    pub(super) fn new(
        loaded: &Loaded,
        updates: u64,
        wall: Duration,
        before_mm: f64,
        validation: Validation,
        fit: Fit,
        model: &ForwardModel,
        weights: &[u8],
    ) -> Outcome {
        Outcome {
            scenario: loaded.scenario.name.clone(),
            seed: loaded.scenario.seed,
            substrate: loaded.scenario.substrate.kind.clone(),
            updates,
            before_mm,
            tip_mm: validation.tip_mm,
            orientation_deg: validation.orientation_deg,
            start_mm: validation.start_mm,
            rate_hz: validation.rate_hz,
            jacobian_error: fit.error,
            jacobian_cosine: fit.cosine,
            jacobian_surrogate: model.calibration().surrogate,
            weights_blake3: blake3::hash(weights).to_hex().to_string(),
            wall_s: wall.as_secs_f64(),
            version: crate::VERSION.into(),
            git: crate::GIT.into(),
        }
    }

    /// Whether the tip is predicted better than before the first update.
    pub fn has_learned(&self) -> bool {
        self.tip_mm < self.before_mm
    }

    pub(super) fn write(&self, folder: &RunFolder) -> Result<(), FolderError> {
        let path = folder.file(OUTCOME);
        let text = serde_json::to_string_pretty(self).map_err(|e| FolderError::new(&path, e.to_string()))?;
        folder::replace(&path, (text + "\n").as_bytes())
    }
}
