//! What a user may choose of a phase-change chip.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::converter::{Periphery, PeripheryKind};
use super::device::DeviceModel;
use super::settings::{ArraySettings, Compensation};
use crate::chips::Place;
use crate::chips::options::within;

/// Options of the substrate `pcm`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PcmOptions {
    /// Where plasticity rules run: on the host, since devices are programmed from outside.
    pub plasticity: Option<Place>,
    /// Where neurons run: on the host, since phase-change memory has none.
    pub neuron: Option<Place>,
    /// Which characterisation of a device is followed.
    pub device: DeviceModel,
    /// The weight that takes g_max, as a share of the greatest that a projection has or may be asked for (1e-3 to 1). Weights beyond it
    /// are clipped. Where few weights are great, a smaller share leaves less noise on all others.
    pub weight_share: f32,
    /// Which converters tiles have.
    pub periphery: PeripheryKind,
    /// Greatest output of a tile, in outputs of one spike at the greatest weight: 1e-3 to 1e6. Unsaid: the periphery's own.
    pub output_bound: Option<f32>,
    /// Standard deviation of the noise of outputs, in the same unit. Unsaid: the periphery's own.
    pub output_noise: Option<f32>,
    /// Whether reads are noisy.
    pub read_noise: bool,
    /// What is done about drift. Only fixed weights are compensated for: pulses of a rule would move what they are compared with.
    pub compensation: Compensation,
    /// How long before time zero the network was written (s).
    pub t_inference_s: f64,
    /// How often drift and compensation are brought up to date (s of simulated time). In one second a device loses at most
    /// 0.1 / 20 of its conductance, a tenth of one read's noise.
    pub update_interval_s: f64,
    /// Steps, from zero to the greatest weight, in which a rule moves weights (1 to 65535). Finer than programming noise, about 1/25
    /// (pcm-like) or 1/10 (hermes1) of the greatest weight, they would only take pulses.
    pub learning_steps: u16,
    /// How many tiles the chip has; HERMES has 64.
    pub tiles: u32,
    /// Which chip: equal seeds have devices that come out alike.
    pub seed: u64,
}

impl Default for PcmOptions {
    fn default() -> Self {
        PcmOptions {
            plasticity: None,
            neuron: None,
            device: DeviceModel::default(),
            weight_share: 1.0,
            periphery: PeripheryKind::default(),
            output_bound: None,
            output_noise: None,
            read_noise: true,
            compensation: Compensation::default(),
            t_inference_s: 0.0,
            update_interval_s: 1.0,
            learning_steps: 16,
            tiles: 64,
            seed: 0,
        }
    }
}

impl PcmOptions {
    /// Most tiles that can be asked for: half a gigabyte of state.
    const MOST_TILES: u32 = 128;

    /// Looks at each number. The error names the option, and says what was expected and found.
    pub fn check(&self) -> Result<(), String> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let expect = |ok: bool, option: &str, expected: &str, found: f64| {
            if ok { Ok(()) } else { Err(format!("{option}: expected {expected}, found {found}")) }
        };
        within("weight_share", self.weight_share, [1e-3, 1.0])?;
        let [bound, noise] = [self.output_bound, self.output_noise].map(|x| x.map(f64::from));
        self.output_bound.map_or(Ok(()), |bound| within("output_bound", bound, [1e-3, 1e6]))?;
        let quiet = noise.is_none_or(|x| (0.0..=1e6).contains(&x));
        expect(quiet, "output_noise", "0 to 1e6", noise.unwrap_or(0.0))?;
        let bound_of_none = self.periphery == PeripheryKind::Ideal && self.output_bound.is_some();
        expect(!bound_of_none, "output_bound", "none with the ideal periphery", bound.unwrap_or(0.0))?;
        let age = (0.0..=1e12).contains(&self.t_inference_s);
        expect(age, "t_inference_s", "0 to 1e12", self.t_inference_s)?;
        let interval = positive(self.update_interval_s) && self.update_interval_s <= 1e9;
        expect(interval, "update_interval_s", "above 0, at most 1e9", self.update_interval_s)?;
        expect(self.learning_steps > 0, "learning_steps", "1 to 65535", f64::from(self.learning_steps))?;
        let tiles = (1..=Self::MOST_TILES).contains(&self.tiles);
        expect(tiles, "tiles", &format!("1 to {}", Self::MOST_TILES), f64::from(self.tiles))
    }

    /// The settings of arrays; of learning weights without compensation.
    pub(super) fn arrays(&self, learning: bool) -> ArraySettings {
        ArraySettings {
            model: self.device,
            periphery: Periphery::new(self.periphery, self.output_bound, self.output_noise),
            compensation: if learning { Compensation::None } else { self.compensation },
            read_noise: self.read_noise,
            t_inference_s: self.t_inference_s,
            seed: self.seed,
        }
    }
}
