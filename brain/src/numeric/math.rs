//! Elementary functions of `f32`, the same bits on every machine, written so that loops over them become vector code.
//!
//! Polynomials after Cephes (S. L. Moshier, single precision `expf`, `logf`, `sinf`, `cosf`): range reduction without
//! branches, then a minimax polynomial. The tests state the errors.

const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// 2^n (1 + z) = e^x for x limited to -87..=88: the scale 2^n, and z.
#[inline(always)]
fn exp_parts(x: f32) -> (f32, f32) {
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    // Adding and taking away 1.5 x 2^23 rounds to the nearest whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let square = r * r;
    let low = 0.5 + 1.666_666_5e-1 * r;
    let high = (4.166_579_6e-2 + 8.333_452e-3 * r) + square * (1.398_2e-3 + 1.987_569_1e-4 * r);
    let z = (low + square * high) * square + r;
    // n lies in -126..=127, so the biased exponent stays in 1..=254.
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3f80_0000));
    (scale, z)
}

/// e^x; relative error below 2e-7 for x in -87..=88, which x is limited to.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let (scale, z) = exp_parts(x);
    scale * (1.0 + z)
}

/// 1 - e^-x, accurate for small x as well: relative error below 4e-7 for x in 0..=87.
#[inline(always)]
pub fn one_minus_exp_neg(x: f32) -> f32 {
    let (scale, z) = exp_parts(-x);
    (1.0 - scale) - scale * z
}

/// Natural logarithm of positive normal numbers; error below 2e-7, relative where the result is above 1.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    // Mantissa in sqrt(1/2)..sqrt(2), so that the polynomial's argument lies around zero.
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(SQRT_HALF);
    let exponent = ((shifted as i32) >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF)) - 1.0;
    let square = m * m;
    let fourth = square * square;
    let low = (3.333_333e-1 - 2.499_999_4e-1 * m) + square * (2.000_071_5e-1 - 1.666_805_8e-1 * m);
    let high = (1.424_932_3e-1 - 1.242_014_1e-1 * m) + square * (1.167_699_9e-1 - 1.151_461e-1 * m);
    let p = low + fourth * (high + fourth * 7.037_683_6e-2);
    let tail = p * m * square + exponent * LN2_LOW - 0.5 * square;
    (m + tail) + exponent * LN2_HIGH
}

/// Sine and cosine of `turns` / 2^32 full turns; absolute error below 2e-7.
#[inline(always)]
pub fn sin_cos_turns(turns: u32) -> (f32, f32) {
    // The nearest quarter turn, and what is left of it: -1/2..1/2 quarter.
    let quarter = turns.wrapping_add(1 << 29) >> 30;
    let x = turns.wrapping_sub(quarter << 30) as i32 as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
    let xx = x * x;
    let mut s = -1.951_529_6e-4f32;
    s = s * xx + 8.332_161e-3;
    s = s * xx - 1.666_665_5e-1;
    let s = (s * xx * x + x).to_bits();
    let mut c = 2.443_315_7e-5f32;
    c = c * xx - 1.388_731_6e-3;
    c = c * xx + 4.166_664_6e-2;
    let c = (c * xx * xx - 0.5 * xx + 1.0).to_bits();
    // Odd quarters swap the two; the sign follows from the quadrant.
    let difference = (s ^ c) & 0u32.wrapping_sub(quarter & 1);
    let sine = s ^ difference ^ ((quarter & 2) << 30);
    let cosine = c ^ difference ^ ((quarter.wrapping_add(1) & 2) << 30);
    (f32::from_bits(sine), f32::from_bits(cosine))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test compares within tolerances")]
mod tests {
    use super::*;

    /// Greatest error of `ours` against `exact` over `points`, relative to the value or to `floor` where that is larger.
    fn worst(points: impl Iterator<Item = f32>, ours: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, floor: f64) -> f64 {
        points
            .map(|x| {
                let (a, b) = (f64::from(ours(x)), exact(f64::from(x)));
                (a - b).abs() / b.abs().max(floor)
            })
            .fold(0.0, f64::max)
    }

    fn grid(low: f32, high: f32) -> impl Iterator<Item = f32> {
        (0..=1_000_000).map(move |i| low + (high - low) * (i as f32 / 1_000_000.0))
    }

    #[test]
    fn exp_is_accurate() {
        let error = worst(grid(-87.0, 88.0), exp, libm::exp, 0.0);
        assert!(error < 2e-7, "{error:e}");
    }

    #[test]
    fn one_minus_exp_neg_is_accurate_down_to_tiny_arguments() {
        for high in [88.0, 1.0, 1e-3, 1e-6] {
            let error = worst(grid(high / 100.0, high), one_minus_exp_neg, |x| -libm::expm1(-x), 0.0);
            assert!(error < 4e-7, "{error:e} up to {high}");
        }
    }

    #[test]
    fn ln_is_accurate() {
        for (low, high) in [(2f32.powi(-32), 1e-6), (1e-6, 1e-3), (1e-3, 1.0), (0.9, 1.1), (1.0, 1e6)] {
            let error = worst(grid(low, high), ln, libm::log, 1.0);
            assert!(error < 2e-7, "{error:e} in {low}..{high}");
        }
    }

    #[test]
    fn sine_and_cosine_are_accurate_all_round() {
        for i in 0..1_000_000u32 {
            let turns = i.wrapping_mul(4295).wrapping_add(i);
            let angle = f64::from(turns) / 4_294_967_296.0 * std::f64::consts::TAU;
            let (s, c) = sin_cos_turns(turns);
            assert!((f64::from(s) - libm::sin(angle)).abs() < 2e-7, "sin {turns}");
            assert!((f64::from(c) - libm::cos(angle)).abs() < 2e-7, "cos {turns}");
        }
    }
}
