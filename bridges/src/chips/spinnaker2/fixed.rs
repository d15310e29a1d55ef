//! s16.15 and u0.32 fixed point as sPyNNaker's kernels compute with them.
//!
//! A number of s16.15 is an `i32` in units of 2^-15, one of u0.32 a `u32` in units of 2^-32. Sums and differences wrap, as they do on the
//! processor. Source: sPyNNaker and spinn_common (SpiNNaker, University of Manchester); Hopkins, Furber 2015, "Accuracy and efficiency in
//! fixed-point neural ODE solvers".

/// One in s16.15.
pub const ONE: i32 = 1 << 15;

/// Bits of the nearest s16.15 number, halves away from zero; what lies beyond the range is limited to it, and NaN is zero.
pub fn bits(x: f64) -> i32 {
    libm::round(x * f64::from(ONE)) as i32
}

/// The value of an s16.15 number.
pub fn value(bits: i32) -> f64 {
    f64::from(bits) / f64::from(ONE)
}

/// The product of two s16.15 numbers, rounded to nearest, halves up: bit 14 of the exact product is added before the shift.
#[inline(always)]
pub fn multiply_rounded(a: i32, b: i32) -> i32 {
    ((i64::from(a) * i64::from(b) + (1 << 14)) >> 15) as i32
}

/// The product of an s16.15 number and a u0.32 fraction, rounded down.
#[inline(always)]
pub fn decay(x: i32, fraction: u32) -> i32 {
    ((i64::from(x) * i64::from(fraction)) >> 32) as i32
}

/// The quotient of two s16.15 numbers, cut off toward zero and limited to the range; none if `b` is zero.
pub fn divide(a: i32, b: i32) -> Option<i32> {
    let limited = |quotient: i64| quotient.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    (b != 0).then(|| limited((i64::from(a) << 15) / i64::from(b)))
}

/// The least whole number not below a number of s16.15.
pub fn ceiling(x: i32) -> i32 {
    (x >> 15) + i32::from(x & 0x7FFF != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_round_as_on_the_processor() {
        assert_eq!(multiply_rounded(ONE, -7), -7);
        assert_eq!(multiply_rounded(ONE / 2, 3), 2, "halves go up");
        assert_eq!(multiply_rounded(ONE / 2, -3), -1, "also below zero");
        assert_eq!(decay(-1, u32::MAX), -1, "decay rounds down, so that nothing negative dies out");
        assert_eq!(decay(1, u32::MAX), 0);
    }

    #[test]
    fn quotients_are_cut_off_and_times_rounded_up() {
        assert_eq!(divide(bits(1.0), bits(20.0)), Some(1638));
        assert_eq!(divide(-bits(1.0), bits(20.0)), Some(-1638));
        assert_eq!([divide(ONE, 0), divide(i32::MIN, 1)], [None, Some(i32::MIN)]);
        assert_eq!([ceiling(0), ceiling(1), ceiling(ONE), ceiling(ONE + 1), ceiling(-1)], [0, 1, 1, 2, 0]);
    }

    #[test]
    fn conversion_is_limited_to_the_range() {
        assert_eq!([bits(1e9), bits(-1e9), bits(f64::NAN)], [i32::MAX, i32::MIN, 0]);
        assert_eq!(value(bits(-65.25)), -65.25);
    }
}
