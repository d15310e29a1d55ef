//! The converters at a tile's edges, and what the two published peripheries are made of.
//!
//! As in aihwkit's `IOParameters`: a resolution of 1/(2^bits - 2) of the range, so that zero and both bounds are levels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A symmetric converter between -bound and bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Converter {
    step: f32,
    bound: f32,
}

impl Converter {
    /// A converter of that many bits, 2 to 15, with steps of 2 bound / (2^bits - 2).
    fn new(bits: u32, bound: f32) -> Converter {
        let steps = (1u16 << bits) - 2;
        Converter { step: 2.0 * bound / f32::from(steps), bound }
    }

    /// From one level to the next.
    pub fn step(self) -> f32 {
        self.step
    }

    /// The greatest level.
    pub fn bound(self) -> f32 {
        self.bound
    }

    /// The nearest level (of two equally near ones the even), then clamped.
    pub fn convert(self, x: f32) -> f32 {
        ((x / self.step).round_ties_even() * self.step).clamp(-self.bound, self.bound)
    }

    /// Whether `x` lies beyond the last level.
    pub fn saturates(self, x: f32) -> bool {
        x.abs() > self.bound + 0.5 * self.step
    }
}

/// Which converters a tile has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PeripheryKind {
    /// DAC and ADC of 8 bits; unless told otherwise, outputs up to 10 and output noise of 0.04.
    EightBit,
    /// DAC of 7 bits, ADC of 9; unless told otherwise, outputs up to 12 and output noise of 0.06.
    #[default]
    SevenNineBit,
    /// No converters and no output noise: the devices alone.
    Ideal,
}

/// What stands between a tile's rows and columns and the digital side. One unit is the output of one input of 1 at the greatest weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Periphery {
    /// On each row: inputs up to 1.
    pub dac: Option<Converter>,
    /// On each column.
    pub adc: Option<Converter>,
    /// Standard deviation of the noise that is added to a column's sum before it is converted.
    pub output_noise: f32,
}

impl Periphery {
    /// That kind of periphery; `output_bound` and `output_noise` take the place of its own.
    pub fn new(kind: PeripheryKind, output_bound: Option<f32>, output_noise: Option<f32>) -> Periphery {
        let (dac, adc, bound, noise) = match kind {
            PeripheryKind::EightBit => (8, 8, 10.0, 0.04),
            PeripheryKind::SevenNineBit => (7, 9, 12.0, 0.06),
            PeripheryKind::Ideal => {
                return Periphery { dac: None, adc: None, output_noise: output_noise.unwrap_or(0.0) };
            }
        };
        Periphery {
            dac: Some(Converter::new(dac, 1.0)),
            adc: Some(Converter::new(adc, output_bound.unwrap_or(bound))),
            output_noise: output_noise.unwrap_or(noise),
        }
    }

    /// What the column hears of an input.
    pub fn input(self, x: f32) -> f32 {
        self.dac.map_or(x, |dac| dac.convert(x))
    }

    /// What the digital side gets of a column's sum with that standard normal number, and whether the ADC saturated.
    pub fn output(self, sum: f32, normal: f32) -> (f32, bool) {
        let noisy = sum + self.output_noise * normal;
        self.adc.map_or((noisy, false), |adc| (adc.convert(noisy), adc.saturates(noisy)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_published_resolutions() {
        for (bits, bound, step) in
            [(8, 1.0, 2.0 / 254.0), (7, 1.0, 2.0 / 126.0), (9, 12.0, 24.0 / 510.0), (8, 10.0, 20.0 / 254.0)]
        {
            assert_eq!(Converter::new(bits, bound).step(), step);
        }
    }

    #[test]
    fn values_are_rounded_to_even_levels_and_then_clamped() {
        let adc = Converter::new(8, 127.0);
        assert_eq!(adc.step(), 1.0);
        let cases = [(0.5, 0.0), (1.5, 2.0), (-2.5, -2.0), (2.51, 3.0), (126.6, 127.0), (400.0, 127.0), (-1e9, -127.0)];
        for (x, level) in cases {
            assert_eq!(adc.convert(x), level, "{x}");
        }
        assert!(!adc.saturates(127.4) && adc.saturates(127.6) && adc.saturates(-128.0));
    }

    #[test]
    fn a_spike_passes_either_dac_unchanged() {
        for kind in [PeripheryKind::EightBit, PeripheryKind::SevenNineBit, PeripheryKind::Ideal] {
            let periphery = Periphery::new(kind, None, None);
            assert_eq!([0.0, 1.0, -1.0].map(|x| periphery.input(x)), [0.0, 1.0, -1.0]);
        }
    }

    #[test]
    fn noise_comes_before_the_adc() {
        let periphery = Periphery::new(PeripheryKind::EightBit, Some(127.0), Some(0.3));
        assert_eq!(periphery.output(0.4, 0.0), (0.0, false));
        assert_eq!(periphery.output(0.4, 1.0), (1.0, false));
        assert_eq!(periphery.output(127.4, 1.0), (127.0, true));
    }
}
