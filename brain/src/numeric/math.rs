//! Elementary functions of `f32`, the same bits on every machine, written so that loops over them become vector code.
//!
//! Each is a range reduction without branches, then a polynomial in few long steps: minimax by Remez' algorithm, or, for
//! [`one_minus_exp_neg`], that of Cephes' `expf` (S. L. Moshier). The tests state the errors.

const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// Adding and taking away 1.5 x 2^23 rounds to the nearest whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// e^x; relative error below 3e-7 + 6e-8 |x| for x in -87..=88, which x is limited to.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    exp_within(if x > 88.0 { 88.0 } else { x })
}

/// e^x for x in -87..=88, garbage outside; relative error below 3e-7 + 6e-8 |x|. Cheaper than [`exp`].
#[inline(always)]
pub fn exp_within(x: f32) -> f32 {
    let t = x * std::f32::consts::LOG2_E;
    let rounded = t + ROUND;
    let f = t - (rounded - ROUND);
    // Minimax for 2^f on -1/2..1/2, relative error 7.5e-8.
    let square = f * f;
    let high = (0.240_221_2 + 5.550_713_3e-2 * f) + square * (9.675_542e-3 + 1.327_647_1e-3 * f);
    let p = (1.000_000_1 + 0.693_146_97 * f) + square * high;
    // p lies in 0.7..1.5, so that n can be added to its exponent.
    f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// 1 - e^-x, accurate for small x as well: relative error below 4e-7 for x in 0..=87.
#[inline(always)]
pub fn one_minus_exp_neg(x: f32) -> f32 {
    let x = if x > 87.0 { -87.0 } else { -x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    // In two parts, so that nothing of a small x is lost.
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let square = r * r;
    let low = 0.5 + 1.666_666_5e-1 * r;
    let high = (4.166_579_6e-2 + 8.333_452e-3 * r) + square * (1.398_2e-3 + 1.987_569_1e-4 * r);
    // e^-x = 2^n (1 + z); n isn't positive and stays above -127.
    let z = (low + square * high) * square + r;
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3f80_0000));
    (1.0 - scale) - scale * z
}

/// -2 ln u of a random word, with u = (w + 1/2) 2^-31 of its high 31 bits w, rounded to `f32`: the square of a normal pair's radius. Never
/// below zero. Error below 3e-7 of the value, and 1.3e-7 more from the rounding of u, which tells where u is near 1.
#[inline(always)]
pub fn minus_two_ln(word: u32) -> f32 {
    // Mantissa in sqrt(1/2)..sqrt(2), so that the polynomial's argument lies around zero; the exponent is that of u, not of w.
    const SQRT_HALF: u32 = 0x3f35_04f3;
    const SCALE: u32 = 31 << 23;
    let shifted = ((word >> 1) as i32 as f32 + 0.5).to_bits().wrapping_sub(SQRT_HALF + SCALE);
    let exponent = ((shifted as i32) >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF)) - 1.0;
    // Minimax for -2 ln(1 + m) / m, relative error 1.7e-7.
    let square = m * m;
    let low = (-1.999_999_9 + 1.000_007_3 * m) + square * (-0.666_701_2 + 0.499_398_2 * m);
    let high = (-0.398_003_3 + 0.345_016_6 * m) + square * (-0.324_451_67 + 0.202_138_03 * m);
    let p = low + square * square * high;
    p * m - exponent * (2.0 * std::f32::consts::LN_2)
}

/// A point of the unit circle from a random word: its low 30 bits say where in a quarter, the other two which quarter. Errors below 2e-7.
#[inline(always)]
pub fn unit_circle(word: u32) -> [f32; 2] {
    // The angle in units of an eighth turn: -1..1.
    let x = (word << 2) as i32 as f32 * (1.0 / 2_147_483_648.0);
    let xx = x * x;
    // Minimax for sin(pi/4 x) / x, relative error 3e-9.
    let s = (std::f32::consts::FRAC_PI_4 - 8.074_543e-2 * xx) + xx * xx * (2.490_001e-3 - 3.595_045e-5 * xx);
    let s = s * x;
    let c = (1.0 - s * s).sqrt();
    let (s, c) = (s.to_bits(), c.to_bits() ^ (word & 0x8000_0000));
    let difference = (s ^ c) & 0u32.wrapping_sub((word >> 30) & 1);
    [f32::from_bits(s ^ difference), f32::from_bits(c ^ difference)]
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
        for (limit, error) in [(1.0, 3e-7), (10.0, 9e-7), (87.0, 5.5e-6)] {
            let found = worst(grid(-limit, limit), exp, libm::exp, 0.0);
            assert!(found < error, "{found:e} up to {limit}");
            assert!(grid(-limit, limit).all(|x| exp(x) == exp_within(x)));
        }
        assert_eq!([exp(-1e9), exp(1e9)], [exp(-87.0), exp(88.0)]);
    }

    #[test]
    fn one_minus_exp_neg_is_accurate_down_to_tiny_arguments() {
        for high in [88.0, 1.0, 1e-3, 1e-6] {
            let error = worst(grid(high / 100.0, high), one_minus_exp_neg, |x| -libm::expm1(-x), 0.0);
            assert!(error < 4e-7, "{error:e} up to {high}");
        }
    }

    #[test]
    fn the_squared_radius_is_accurate_and_never_negative() {
        let edges = [0, 1, 2, 3, u32::MAX, u32::MAX - 1, 0xff00_0000, 0x8000_0000, 0x7fff_ffff];
        for word in (0..1_000_000u32).map(|i| i.wrapping_mul(4295).wrapping_add(i)).chain(edges).chain(0..1000) {
            let u = (f64::from(word >> 1) + 0.5) / 2_147_483_648.0;
            // A word has more bits than the number made of it.
            let (ours, exact) = (f64::from(minus_two_ln(word)), -2.0 * libm::log(u));
            assert!(ours >= 0.0 && (ours - exact).abs() < 3e-7 * exact + 1.3e-7, "{word:#x}: {ours} {exact}");
        }
    }

    #[test]
    fn points_lie_on_the_unit_circle_all_round() {
        let mut quarters = [0; 4];
        for i in 0..1_000_000u32 {
            let word = i.wrapping_mul(4295).wrapping_add(i);
            let eighths = f64::from((word << 2) as i32) / 2_147_483_648.0;
            let angle = eighths * std::f64::consts::FRAC_PI_4;
            let [x, y] = unit_circle(word).map(f64::from);
            let cosine = libm::cos(angle) * if word >> 31 == 1 { -1.0 } else { 1.0 };
            let exact = if (word >> 30) & 1 == 1 { [cosine, libm::sin(angle)] } else { [libm::sin(angle), cosine] };
            assert!((x - exact[0]).abs() < 2e-7 && (y - exact[1]).abs() < 2e-7, "{word:#x}: {x} {y}, {exact:?}");
            quarters[usize::from(x + y > 0.0) + 2 * usize::from(x - y > 0.0)] += 1;
        }
        assert!(quarters.iter().all(|n| (245_000..255_000).contains(n)), "{quarters:?}");
    }
}
