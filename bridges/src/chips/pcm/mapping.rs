//! A weight as a differential pair of conductances: one device a polarity, the unused one at zero.

use serde::{Deserialize, Serialize};

/// Weight and conductance in proportion: the greatest weight takes g_max, scale = g_max / max |w|.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    weight_max: f32,
}

impl Mapping {
    /// The mapping whose greatest magnitude is that of `weights`; 1 if all are zero.
    pub fn of(weights: &[f32]) -> Mapping {
        Mapping::up_to(weights.iter().fold(0.0, |max, w| w.abs().max(max)))
    }

    /// The mapping whose greatest magnitude is `weight_max`; 1 if that isn't above zero.
    pub fn up_to(weight_max: f32) -> Mapping {
        Mapping { weight_max: if weight_max > 0.0 { weight_max } else { 1.0 } }
    }

    /// The weight at g_max.
    pub fn weight_max(self) -> f32 {
        self.weight_max
    }

    /// Conductances of the positive and the negative device, in units of g_max. What lies beyond the greatest weight is clipped.
    pub fn pair(self, weight: f32) -> [f32; 2] {
        let x = (weight / self.weight_max).clamp(-1.0, 1.0);
        [x.max(0.0), (-x).max(0.0)]
    }

    /// The weight that a pair stands for.
    pub fn weight(self, [positive, negative]: [f32; 2]) -> f32 {
        (positive - negative) * self.weight_max
    }

    /// Whether the weight is clipped.
    pub fn clips(self, weight: f32) -> bool {
        weight.abs() > self.weight_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_weight_takes_g_max_and_the_unused_device_none() {
        let mapping = Mapping::of(&[0.5, -2.0, 0.0]);
        assert_eq!(mapping.weight_max(), 2.0);
        assert_eq!(mapping.pair(0.5), [0.25, 0.0]);
        assert_eq!(mapping.pair(-2.0), [0.0, 1.0]);
        assert_eq!(mapping.pair(0.0), [0.0, 0.0]);
        assert_eq!(mapping.pair(3.0), [1.0, 0.0]);
        assert!(mapping.clips(-2.1) && !mapping.clips(2.0));
        assert_eq!(mapping.weight([0.25, 0.75]), -1.0);
        assert_eq!(Mapping::of(&[0.0, 0.0]).weight_max(), 1.0);
    }
}
