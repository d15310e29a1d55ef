//! Arithmetic that compiles to plain vector instructions, with and without AVX2, to the same bits.
//!
//! The standard library's `min` and `max` pass over NaN, and its `round` is a call where the processor has no instruction for it.

/// `a` where `first` holds, else `b`, without a branch: of several `if` with one condition the compiler makes one branch around all
/// that follows, and then no vector code.
#[inline(always)]
pub(super) fn select(first: bool, a: f32, b: f32) -> f32 {
    std::hint::select_unpredictable(first, a, b)
}

/// The lesser of two numbers; `b` where one is NaN.
#[inline(always)]
pub(super) fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The greater of two numbers; `b` where one is NaN.
#[inline(always)]
pub(super) fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// `x` held within `low` and `high`; `low` for NaN.
#[inline(always)]
pub(super) fn clamp(x: f32, low: f32, high: f32) -> f32 {
    min(max(x, low), high)
}

/// The nearest whole number, ties to even, of |x| < 2^22.
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    // At 1.5 * 2^23 floats are whole numbers, so that the addition rounds.
    const WHOLE: f32 = 12_582_912.0;
    (x + WHOLE) - WHOLE
}

/// The arc tangent (rad) of `x` from -1 to 1, to 5e-7: the first seven terms of its Chebyshev series.
#[inline(always)]
pub(super) fn atan(x: f32) -> f32 {
    const TERMS: [f32; 7] = [0.999_995_6, -0.333_16, 0.197_968_92, -0.131_959_02, 0.078_999_83, -0.033_105_25, 0.006_658_289_6];
    let square = x * x;
    let mut sum = 0.0;
    for term in TERMS.iter().rev() {
        sum = sum * square + term;
    }
    sum * x
}

/// The inner product.
#[inline(always)]
pub(super) fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arc_tangent_is_that_of_libm() {
        for i in -1000..=1000_i16 {
            let x = f32::from(i) / 1000.0;
            assert!((f64::from(atan(x)) - libm::atan(f64::from(x))).abs() < 5e-7, "{x}");
        }
    }

    #[test]
    fn rounding_is_to_the_nearest() {
        for x in [0.0_f32, 0.4, 0.6, -0.4, -0.6, 1e6 + 0.25, -77.7] {
            assert_eq!(round(x), x.round());
        }
    }

    #[test]
    fn what_is_no_number_is_held_within_bounds() {
        assert_eq!([clamp(f32::NAN, 0.0, 1.0), clamp(2.0, 0.0, 1.0), clamp(-2.0, 0.0, 1.0)], [0.0, 1.0, 0.0]);
    }
}
