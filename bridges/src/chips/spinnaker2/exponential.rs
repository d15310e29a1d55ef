//! `expk`, the exponential of s16.15 numbers in spinn_common, to the bit: tables of e^i and of 1 - e^(-j/16), and a quadratic.
//!
//! It isn't the exponential rounded down: of -2^-15 it gives 32766 where that would be 32767. Source: spinn_common, `stdfix-exp`.

use std::sync::LazyLock;

/// Arguments above give the greatest number, those below the least limit zero (s16.15 bits).
const HIGHEST: i32 = 363_408;
const LOWEST: i32 = -340_695;

/// 2^32 e^(i-13), i = 0 ... 25.
static POWERS: LazyLock<[u64; 26]> =
    LazyLock::new(|| std::array::from_fn(|i| libm::round(4_294_967_296.0 * libm::exp(i as f64 - 13.0)) as u64));

/// 2^32 (1 - e^(-j/16)), j = 0 ... 15.
static STEPS: LazyLock<[u64; 16]> =
    LazyLock::new(|| std::array::from_fn(|j| libm::round(-4_294_967_296.0 * libm::expm1(-(j as f64) / 16.0)) as u64));

/// The high half of a product of two 32-bit numbers.
fn high(a: u64, b: u64) -> u64 {
    (a * b) >> 32
}

/// The product of `t` and a u0.32 fraction, to the nearest.
fn scaled(t: u64, fraction: u64) -> u64 {
    ((u128::from(t) * u128::from(fraction) + (1 << 31)) >> 32) as u64
}

/// 2^32 e^x for x in s16.15 within the limits.
fn wide(x: i32) -> u64 {
    let (mut whole, mut rest) = (x >> 15, x & 0x7FFF);
    if rest == 0 {
        return POWERS[(13 + whole) as usize];
    }
    // From the next whole number down: the rest is then e^(-f) with f in 0..1.
    whole += 1;
    rest = (1 << 15) - rest;
    let mut t = POWERS[(13 + whole) as usize];
    t -= scaled(t, STEPS[(rest >> 11) as usize]);
    // 1 - e^(-y) of what is left, y below 1/16.
    let y = ((rest & 0x7FF) as u64) << 17;
    let s = 5294 + high(4_293_434_720 - high(2_081_624_032, y), y);
    t - scaled(t, s)
}

/// e^x of a number of s16.15, as spinn_common's `expk` gives it.
pub fn expk(x: i32) -> i32 {
    match x {
        _ if x > HIGHEST => i32::MAX,
        _ if x < LOWEST => 0,
        _ => (wide(x) >> 17).min(i32::MAX as u64) as i32,
    }
}

/// e^x of a number of s16.15 that isn't above zero, in u0.32: the series of [`expk`] without its last shift; 1 is 2^32 - 1.
pub fn expulr(x: i32) -> u32 {
    if x < LOWEST { 0 } else { wide(x.min(0)).min(u64::from(u32::MAX)) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_values_are_exact() {
        for (x, y) in [(-1638, 31170), (-3277, 29649), (-16384, 19874), (-32768, 12054), (-1, 32766), (0, 32768), (16384, 54025)]
        {
            assert_eq!(expk(x), y, "expk({x})");
        }
    }

    #[test]
    fn it_stays_near_the_exponential_and_inside_its_tables() {
        assert_eq!([expk(HIGHEST + 1), expk(LOWEST - 1), expk(i32::MAX), expk(i32::MIN)], [i32::MAX, 0, i32::MAX, 0]);
        for x in (LOWEST..=HIGHEST).step_by(7).chain([LOWEST, HIGHEST]) {
            let exact = libm::exp(f64::from(x) / 32768.0) * 32768.0;
            let error = (f64::from(expk(x)) - exact).abs();
            assert!(error < 2.0 + 2e-6 * exact, "expk({x}) is {} instead of {exact}", expk(x));
        }
    }

    #[test]
    fn fractions_agree_with_the_shorter_form() {
        assert_eq!(expulr(0), u32::MAX);
        assert!((LOWEST..0).step_by(11).all(|x| expulr(x) >> 17 == expk(x) as u32));
    }
}
