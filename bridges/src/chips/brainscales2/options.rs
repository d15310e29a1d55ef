//! What a user may choose of an emulated BrainScaleS-2.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mac::MockMac;
use super::variation::Calibration;
use crate::chips::Place;
use crate::chips::options::within;

/// Which chip, in what state, and what runs on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BrainScaleS2Options {
    /// Where plasticity rules run; unsaid, on the host: no rule runs on the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plasticity: Option<Place>,
    /// Where neurons run; unsaid, on the chip if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neuron: Option<Place>,
    /// Whether neurons that the chip lacks (a reset that subtracts, a refractory membrane that integrates) are replaced by those that it has
    /// (reset to zero, held there). If not they are refused.
    pub approximate: bool,
    /// Which chip: its fixed-pattern noise follows from this number.
    pub seed: u64,
    /// How far its circuits differ.
    pub calibration: Calibration,
    /// Standard deviation over time of a membrane at rest (converter steps); it differs from run to run.
    pub trial_noise: f32,
    /// Converter steps per unit of input times weight, where sums are read: 1e-6 to 1e3.
    pub gain: f32,
    /// Standard deviation of the noise of a sum that is read (converter steps).
    pub read_noise: f32,
    /// How often each input is sent where sums are read.
    pub num_sends: u32,
    /// The value of an analogue input that is sent as 31: 1e-6 to 1e6. Larger ones saturate.
    pub input_range: f32,
    /// The weight that is stored as 63, in the unit of the network: 1e-6 to 1e6. Larger ones saturate. Unsaid, the largest that enters a population.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_weight: Option<f32>,
}

impl Default for BrainScaleS2Options {
    /// hxtorch's mock, each input sent so often that a spike at the largest weight is half of the converter's range.
    fn default() -> Self {
        let MockMac { gain, noise, .. } = MockMac::default();
        BrainScaleS2Options {
            plasticity: None,
            neuron: None,
            approximate: false,
            seed: 1,
            calibration: Calibration::default(),
            trial_noise: noise,
            gain,
            read_noise: noise,
            num_sends: 16,
            input_range: 1.0,
            largest_weight: None,
        }
    }
}

impl BrainScaleS2Options {
    /// Errors name the option and what it must be.
    pub fn check(&self) -> Result<(), String> {
        let largest = self.largest_weight.unwrap_or(1.0);
        within("gain", self.gain, [1e-6, 1e3])?;
        within("input_range", self.input_range, [1e-6, 1e6])?;
        within("largest_weight", largest, [1e-6, 1e6])?;
        for (name, x) in [("trial_noise", self.trial_noise), ("read_noise", self.read_noise)] {
            if !(0.0..=255.0).contains(&x) {
                return Err(format!("{name}: expected 0 to 255 converter steps, found {x}"));
            }
        }
        match self.num_sends {
            1..=1000 => Ok(()),
            n => Err(format!("num_sends: expected 1 to 1000, found {n}")),
        }
    }

    /// The multiply-accumulate by which sums are read.
    pub fn mac(&self) -> MockMac {
        MockMac { gain: self.gain, noise: self.read_noise, num_sends: self.num_sends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked_by_name() {
        let default = BrainScaleS2Options::default;
        assert_eq!(default().check(), Ok(()));
        let error = |options: BrainScaleS2Options| options.check().unwrap_err();
        assert!(error(BrainScaleS2Options { gain: 0.0, ..default() }).contains("gain"));
        assert!(error(BrainScaleS2Options { input_range: f32::NAN, ..default() }).contains("input_range"));
        assert!(error(BrainScaleS2Options { largest_weight: Some(-1.0), ..default() }).contains("largest_weight"));
        for (name, low, high) in [("gain", 1e-6, 1e3), ("input_range", 1e-6, 1e6), ("largest_weight", 1e-6, 1e6)] {
            for (x, ok) in [(1e-45, false), (1e38, false), (low, true), (high, true)] {
                let mut options = default();
                match name {
                    "gain" => options.gain = x,
                    "input_range" => options.input_range = x,
                    _ => options.largest_weight = Some(x),
                }
                let checked = options.check();
                let said = |why: &String| {
                    why.contains(name) && why.contains("expected 1e-6 to") && why.contains(&format!("found {x:e}"))
                };
                assert!(if ok { checked.is_ok() } else { checked.as_ref().is_err_and(said) }, "{name} {x}: {checked:?}");
            }
        }
        assert!(error(BrainScaleS2Options { trial_noise: -1.0, ..default() }).contains("trial_noise"));
        assert!(error(BrainScaleS2Options { num_sends: 0, ..default() }).contains("num_sends"));
    }
}
