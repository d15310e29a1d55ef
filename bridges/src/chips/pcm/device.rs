//! One phase-change device: how its conductance is programmed, drifts, and is read.
//!
//! Two published characterisations, as IBM's aihwkit has them: [`DeviceModel::PcmLike`] (`inference/noise/pcm.py`; Nandakumar et al. 2019) and the
//! HERMES core (`inference/noise/hermes.py`) with one or two devices a polarity. Conductances are in microsiemens, times in seconds. x is a
//! conductance over [`DeviceModel::g_max_us`].
//!
//! Only the laws stand here, in `f64`; [`super::Devices`] holds and draws.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which characterisation of a device is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceModel {
    /// Doped Ge2Sb2Te5 mushroom cells, 25 uS.
    #[default]
    PcmLike,
    /// HERMES, one device a polarity, 10.35 uS.
    Hermes1,
    /// HERMES, two devices a polarity, 20.7 uS.
    Hermes2,
}

/// The law of a drift exponent over devices programmed alike: the absolute value of a normal number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftLaw {
    /// Mean of the normal number.
    pub mean: f64,
    /// Its standard deviation.
    pub sigma: f64,
}

impl DeviceModel {
    /// All of them.
    pub const ALL: [DeviceModel; 3] = [DeviceModel::PcmLike, DeviceModel::Hermes1, DeviceModel::Hermes2];

    /// The greatest conductance that is programmed (uS).
    pub fn g_max_us(self) -> f64 {
        match self {
            DeviceModel::PcmLike => 25.0,
            DeviceModel::Hermes1 => 10.35,
            DeviceModel::Hermes2 => 20.7,
        }
    }

    /// From programming to the first read (s): drift is relative to what is read then.
    pub fn t0_s(self) -> f64 {
        match self {
            DeviceModel::PcmLike => 20.0,
            DeviceModel::Hermes1 => 200.0,
            DeviceModel::Hermes2 => 300.0,
        }
    }

    /// Duration of a read (s).
    pub fn t_read_s(self) -> f64 {
        match self {
            DeviceModel::PcmLike => 250e-9,
            DeviceModel::Hermes1 | DeviceModel::Hermes2 => 512e-9,
        }
    }

    /// Standard deviation of the programmed conductance about its target (uS): a polynomial in x = target / g_max. A device with target 0 is noisy too.
    pub fn programming_sigma_us(self, x: f64) -> f64 {
        let [a, b, c, d] = match self {
            DeviceModel::PcmLike => [0.26348, 1.9650, -1.1731, 0.0],
            DeviceModel::Hermes1 => [0.157_818_17, 2.324_439_16, -2.163_108_39, 0.688_418_18],
            DeviceModel::Hermes2 => [0.166_032_22, 4.718_064_68, -8.481_012_52, 4.689_614_19],
        };
        a + x * (b + x * (c + x * d))
    }

    /// The law of the drift exponent of a device with that x = target / g_max, taken as at least 1e-7.
    pub fn drift_law(self, x: f64) -> DriftLaw {
        let x = x.max(1e-7);
        let ln = libm::log(x);
        let mean = match self {
            DeviceModel::PcmLike => (-0.0155 * ln + 0.0244).clamp(0.049, 0.1),
            _ if x < 0.0945 => (-0.0387 * ln - 0.0182).clamp(0.072, 0.13),
            _ => -0.0436 * x * x - 0.0126 * x + 0.0736,
        };
        let sigma = match self {
            DeviceModel::PcmLike => (-0.0125 * ln - 0.0059).clamp(0.008, 0.045),
            DeviceModel::Hermes1 if x < 0.3039 => (-0.0120 * ln - 0.0023).clamp(0.0124, 0.04),
            DeviceModel::Hermes1 => -0.0165 * x * x + 0.0116 * x + 0.0104,
            DeviceModel::Hermes2 if x < 0.3055 => (-0.0117 * ln - 0.0057).clamp(0.0091, 0.04),
            DeviceModel::Hermes2 => -0.0118 * x * x + 0.0093 * x + 0.0073,
        };
        DriftLaw { mean, sigma }
    }

    /// What drift has left of a conductance `t_inference_s` after the first read: (t / t0)^-exponent, t = t_inference + t0; all of it before.
    pub fn drift_factor(self, exponent: f64, t_inference_s: f64) -> f64 {
        libm::exp(-exponent * self.ln_age(t_inference_s))
    }

    /// ln(t / t0), the argument of drift; 0 until the first read.
    pub fn ln_age(self, t_inference_s: f64) -> f64 {
        if t_inference_s > 0.0 { libm::log1p(t_inference_s / self.t0_s()) } else { 0.0 }
    }

    /// Coefficient Q of read noise of a device with x = programmed conductance (noise included) / g_max.
    pub fn read_coefficient(self, x: f64) -> f64 {
        // Of x = 0 the logarithm is minus infinity, which the clamp takes: the low branch gives its upper limit.
        let low = |slope: f64, offset: f64, least: f64| (slope * libm::log(x) + offset).clamp(least, 0.04);
        match self {
            DeviceModel::PcmLike => (0.0088 / libm::pow(x, 0.65).max(1e-3)).min(0.2),
            DeviceModel::Hermes1 if x < 0.1591 => low(-0.0078, 0.0038, 0.0179),
            DeviceModel::Hermes1 => ((0.0664 * x - 0.1352) * x + 0.0768) * x + 0.0088,
            DeviceModel::Hermes2 if x < 0.16 => low(-0.0117, -0.0069, 0.015),
            DeviceModel::Hermes2 => ((0.0069 * x - 0.0280) * x + 0.0211) * x + 0.0123,
        }
    }

    /// How read noise has grown, `t_inference_s` after the first read: sqrt(ln((t + t_read) / (2 t_read))), t = t_inference + t0. The standard
    /// deviation of one read is conductance x [`DeviceModel::read_coefficient`] x this.
    pub fn read_growth(self, t_inference_s: f64) -> f64 {
        let (t, read) = (t_inference_s.max(0.0) + self.t0_s(), self.t_read_s());
        libm::log((t + read) / (2.0 * read)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_10;

    use super::*;

    fn near(found: f64, expected: f64, digits: f64) {
        assert!((found - expected).abs() <= 0.5001 * digits, "expected {expected}, found {found}");
    }

    #[test]
    fn the_published_constants_hold() {
        let [pcm, one, two] = DeviceModel::ALL;
        near(pcm.programming_sigma_us(0.5), 0.95271, 1e-5);
        near(pcm.read_coefficient(0.5), 0.01381, 1e-5);
        near(two.programming_sigma_us(0.5), 0.99101, 1e-5);
        near(two.drift_law(0.5).mean, 0.0564, 1e-4);
        near(two.read_coefficient(0.5), 0.01671, 1e-5);
        near(pcm.read_growth(0.0), 4.18382, 1e-5);
        near(one.read_growth(0.0), 4.36922, 1e-5);
        near(two.read_growth(0.0), 4.41538, 1e-5);
    }

    #[test]
    fn a_device_at_zero_is_noisy_too() {
        for (model, sigma, read) in [
            (DeviceModel::PcmLike, 0.26348, 0.2),
            (DeviceModel::Hermes1, 0.15781817, 0.04),
            (DeviceModel::Hermes2, 0.16603222, 0.04),
        ] {
            assert_eq!(model.programming_sigma_us(0.0), sigma);
            assert_eq!(model.read_coefficient(0.0), read);
        }
        let law = DeviceModel::PcmLike.drift_law(0.0);
        assert_eq!((law.mean, law.sigma), (0.1, 0.045));
        assert_eq!((DeviceModel::Hermes1.drift_law(0.0).mean, DeviceModel::Hermes2.drift_law(0.0).sigma), (0.13, 0.04));
    }

    /// Each branch, and each end of a clamp, worked out by hand.
    #[test]
    fn every_branch_has_its_value() {
        let [pcm, one, two] = DeviceModel::ALL;
        near(pcm.drift_law(1.0).mean, 0.049, 1e-9);
        near(pcm.drift_law(1.0).sigma, 0.008, 1e-9);
        near(pcm.drift_law(0.1).mean, 0.0155 * LN_10 + 0.0244, 1e-9);
        near(pcm.drift_law(0.1).sigma, 0.0125 * LN_10 - 0.0059, 1e-9);
        near(one.drift_law(0.05).mean, 0.0387 * 2.995_732_274 - 0.0182, 1e-9);
        near(one.drift_law(1.0).mean, 0.0174, 1e-9);
        near(one.drift_law(0.1).sigma, 0.0120 * LN_10 - 0.0023, 1e-9);
        near(one.drift_law(0.5).sigma, 0.012_075, 1e-9);
        near(two.drift_law(0.1).sigma, 0.0117 * LN_10 - 0.0057, 1e-9);
        near(two.drift_law(0.5).sigma, 0.009, 1e-9);
        near(one.programming_sigma_us(1.0), 1.007_567_12, 1e-8);
        near(two.programming_sigma_us(1.0), 1.092_698_57, 1e-8);
        near(pcm.read_coefficient(1.0), 0.0088, 1e-9);
        near(one.read_coefficient(0.1), 0.0078 * LN_10 + 0.0038, 1e-9);
        near(one.read_coefficient(0.5), 0.0217, 1e-9);
        near(two.read_coefficient(0.1), 0.0117 * LN_10 - 0.0069, 1e-9);
        near(two.read_coefficient(1.0), 0.0123, 1e-9);
    }

    #[test]
    fn drift_begins_after_the_first_read() {
        for model in DeviceModel::ALL {
            assert_eq!(model.drift_factor(0.05, 0.0), 1.0);
            assert_eq!(model.drift_factor(0.05, -3.0), 1.0);
            near(model.drift_factor(0.05, 99.0 * model.t0_s()), libm::pow(100.0, -0.05), 1e-12);
        }
    }
}
