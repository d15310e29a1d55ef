//! Seconds, in which NIR is written in practice, and the milliseconds and nanoseconds of networks.

use crate::nir::{Discretisation, NirError};

/// A time in ms as seconds.
pub(super) fn seconds(ms: f64) -> f64 {
    shifted(ms, -3)
}

/// A time in seconds as ms.
pub(super) fn milliseconds(s: f64) -> f64 {
    shifted(s, 3)
}

/// `x` times a power of ten, by its decimal digits: 2.5 ms are 0.0025 s and those are 2.5 ms again, which a product doesn't promise.
fn shifted(x: f64, power: i32) -> f64 {
    let digits = format!("{x:e}");
    let moved = digits.split_once('e').and_then(|(mantissa, exponent)| {
        let exponent: i32 = exponent.parse().ok()?;
        format!("{mantissa}e{}", exponent + power).parse().ok()
    });
    moved.unwrap_or(x)
}

/// The step as whole nanoseconds.
pub(super) fn tick_ns(d: &Discretisation) -> Result<u64, NirError> {
    d.check()?;
    let ns = shifted(d.dt_s, 9);
    let whole = libm::round(ns);
    if (1.0..1e15).contains(&whole) && (ns - whole).abs() < 1e-6 {
        return Ok(whole as u64);
    }
    Err(NirError::node("dt", format!("expected a whole number of nanoseconds, found {} s", d.dt_s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        for ms in [2.5, 20.0, 0.1, 1.0 / 3.0, 1e18, 7e-4, 123.456] {
            let back = milliseconds(seconds(ms));
            assert!((back - ms).abs() <= f64::EPSILON * ms, "{ms} {back}");
        }
        assert_eq!((seconds(2.5), milliseconds(0.0025), seconds(20.0)), (0.0025, 2.5, 0.02));
    }
}
