//! The two floating-point types that kernels are written for.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use serde::{Serialize, de::DeserializeOwned};

use super::{WIDTH, math};

/// `f32`, in which networks run, or `f64`, in which tests compare forms of the same equations.
///
/// Its functions give the same bits on every platform, which the standard library's `exp` and its like don't promise.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Serialize
    + DeserializeOwned
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    /// Distance from 1 to the next number.
    const EPSILON: Self;
    /// The nearest value to `x`.
    fn of(x: f64) -> Self;
    /// This value from an `f32`, exactly.
    fn of_f32(x: f32) -> Self;
    /// This value as `f64`, exactly.
    fn f64(self) -> f64;
    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// Whether it is neither infinite nor undefined.
    fn is_finite(self) -> bool;
    /// e^x for x in -87..=88; elsewhere any number.
    fn exp_within(self) -> Self;
    /// Which of a group aren't zero: bit k stands for number k.
    #[inline(always)]
    fn not_zero(group: &[Self; WIDTH]) -> u8 {
        group.iter().rev().fold(0, |bits, &x| 2 * bits + u8::from(x != Self::default()))
    }
}

impl Real for f32 {
    const EPSILON: f32 = f32::EPSILON;
    #[inline(always)]
    fn of(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn of_f32(x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    #[inline(always)]
    fn exp_within(self) -> f32 {
        math::exp_within(self)
    }
    // The compiler makes eight branches of the general form.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn not_zero(&[a, b, c, d, e, f, g, h]: &[f32; WIDTH]) -> u8 {
        use std::arch::x86_64::{_mm_cmpneq_ps, _mm_movemask_ps, _mm_setr_ps, _mm_setzero_ps};
        // SAFETY: every x86-64 has these instructions (SSE).
        unsafe {
            let zero = _mm_setzero_ps();
            let low = _mm_movemask_ps(_mm_cmpneq_ps(_mm_setr_ps(a, b, c, d), zero));
            let high = _mm_movemask_ps(_mm_cmpneq_ps(_mm_setr_ps(e, f, g, h), zero));
            (low | high << 4) as u8
        }
    }
}

impl Real for f64 {
    const EPSILON: f64 = f64::EPSILON;
    #[inline(always)]
    fn of(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn of_f32(x: f32) -> f64 {
        f64::from(x)
    }
    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    #[inline(always)]
    fn exp_within(self) -> f64 {
        libm::exp(self)
    }
}
