//! Means over the area of a pixel.
//!
//! Over a pixel a coordinate of the ground is taken to change linearly, by one span from side to side and by another from bottom to
//! top. Its values are then spread like the sum of two uniform distributions, one over each span, which the shares here follow from.

use super::numeric::{clamp, max, min, round};

/// The least span of a pixel (m): shares of a pixel as narrow as nothing would be 0 / 0.
const LEAST_SPAN: f32 = 1e-6;

/// How the values of a coordinate are spread over a pixel, around the value at its middle.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    /// Half the sum of the spans, where the last values lie.
    reach: f32,
    /// Half their difference, up to which the density is even.
    even: f32,
    /// 1 / longer span.
    density: f32,
    /// 1 / (2 shorter span).
    fall: f32,
}

impl Spread {
    /// Of the spans from side to side and from bottom to top.
    #[inline(always)]
    pub fn new(across: f32, up: f32) -> Spread {
        let [across, up] = [max(across.abs(), LEAST_SPAN), max(up.abs(), LEAST_SPAN)];
        let (longer, shorter) = (max(across, up), min(across, up));
        Spread { reach: 0.5 * (longer + shorter), even: 0.5 * (longer - shorter), density: 1.0 / longer, fall: 0.5 / shorter }
    }

    /// Share of the pixel where the coordinate is above a bound that lies `below` under the value at the pixel's middle.
    #[inline(always)]
    pub fn share_above(self, below: f32) -> f32 {
        // The integral of the density: even to `even`, from there falling to nothing at `reach`.
        let distance = min(below.abs(), self.reach);
        let within = min(distance, self.even);
        let beyond = distance - within;
        let half = (within + beyond - beyond * beyond * self.fall) * self.density;
        if below > 0.0 { 0.5 + half } else { 0.5 - half }
    }
}

/// A train of pulses: 1 within half a `pulse` of each whole multiple of `period`, else 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct PulseTrain {
    period: f32,
    pulse: f32,
    /// 1 / period.
    frequency: f32,
}

impl PulseTrain {
    pub fn new(period: f32, pulse: f32) -> PulseTrain {
        PulseTrain { period, pulse, frequency: 1.0 / period }
    }

    /// Its value at one point.
    pub fn at(self, x: f32) -> f32 {
        if (x - self.period * round(x * self.frequency)).abs() < 0.5 * self.pulse { 1.0 } else { 0.0 }
    }

    /// Its mean over a pixel, with `at` at the middle and these spans; the spread is taken as even and of the same variance.
    #[inline(always)]
    pub fn mean(self, at: f32, across: f32, up: f32) -> f32 {
        let span = max((across * across + up * up).sqrt(), LEAST_SPAN);
        let nearest = at - self.period * round(at * self.frequency);
        (self.integral(nearest + 0.5 * span) - self.integral(nearest - 0.5 * span)) / span
    }

    /// Its integral from 0 to `x`.
    #[inline(always)]
    fn integral(self, x: f32) -> f32 {
        let whole = round(x * self.frequency);
        whole * self.pulse + clamp(x - whole * self.period, -0.5 * self.pulse, 0.5 * self.pulse)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The mean of `what` over a pixel, by 200 x 200 points.
    fn sampled(across: f32, up: f32, what: impl Fn(f32) -> f32) -> f32 {
        let part = |i: u16| (f32::from(i) + 0.5) / 200.0 - 0.5;
        (0..200).flat_map(|i| (0..200).map(move |j| (i, j))).map(|(i, j)| what(across * part(i) + up * part(j))).sum::<f32>()
            / 4e4
    }

    proptest! {
        #[test]
        fn a_share_is_the_mean_over_the_pixel(across in -2.0_f32..2.0, up in -2.0_f32..2.0, below in -3.0_f32..3.0) {
            let mean = sampled(across, up, |offset| f32::from(u8::from(below + offset > 0.0)));
            prop_assert!((Spread::new(across, up).share_above(below) - mean).abs() < 0.01);
        }

        #[test]
        fn a_narrow_train_is_the_mean_over_the_pixel(at in -50.0_f32..50.0, across in -20.0_f32..20.0) {
            let train = PulseTrain::new(6.0, 2.5);
            let mean = sampled(across, 0.0, |offset| train.at(at + offset));
            prop_assert!((train.mean(at, across, 0.0) - mean).abs() < 0.02);
        }

        #[test]
        fn shares_of_anything_are_shares(across in any::<f32>(), up in any::<f32>(), below in any::<f32>()) {
            let [across, up] = [across, up].map(|span| span.clamp(-1e15, 1e15));
            let share = Spread::new(across, up).share_above(below);
            prop_assert!(share.is_nan() || (-1e-6..=1.000_001).contains(&share));
        }
    }
}
