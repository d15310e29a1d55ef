//! A compartment: Lava's fixed-point leaky integrate-and-fire neuron, exactly.
//!
//! Each step, with tr(x) = sign(x) (|x| >> 12) and a the sum that arrives:
//! 1. u = tr(u (4096 - (du + 1))) + (a << 6); above 2^23 it loses 2^24, at or below -2^23 it gains 2^24
//! 2. v = clip(tr(v (4096 - dv)) + u + bias, +-(2^23 - 1))
//! 3. a spike if v > vth << 6; then v = 0
//!
//! Source: `PyLifModelBitAcc` of lava-nc/lava. nengo-loihi and Brian2Loihi differ at the edges (wrapping, floor of v); Lava is followed.
//! There is no refractory period.

/// Bits by which sums and thresholds are shifted up.
pub const SHIFT: u32 = 6;

/// The largest threshold mantissa: 17 bits.
pub const MOST_THRESHOLD: u32 = (1 << 17) - 1;

/// Where currents wrap round, and beyond which potentials are clipped.
const EDGE: i64 = 1 << 23;

/// Sums are held within this: far beyond where a current wraps, and so small that nothing overflows 64 bits. Lava's are unbounded.
const MOST_SUM: i64 = 1 << 32;

/// A constant input of every step: mantissa 2^exponent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bias {
    /// 13 bits with sign.
    pub mantissa: i16,
    /// 3 bits.
    pub exponent: u8,
}

impl Bias {
    /// The largest mantissa either way.
    pub const MOST_MANTISSA: i64 = (1 << 12) - 1;
    /// The largest exponent.
    pub const MOST_EXPONENT: u8 = 7;

    /// Its value.
    pub fn value(self) -> i64 {
        i64::from(self.mantissa) << self.exponent
    }

    /// What is nearest to a value; the value itself if its mantissa has no more than 12 bits. `None` if it is too large.
    pub fn nearest(value: f64) -> Option<Bias> {
        (0..=Self::MOST_EXPONENT).find_map(|exponent| {
            let mantissa = libm::rint(value / f64::from(1u32 << exponent));
            (mantissa.abs() <= Self::MOST_MANTISSA as f64).then_some(Bias { mantissa: mantissa as i16, exponent })
        })
    }
}

/// The settings of a compartment, in the chip's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compartment {
    du: u16,
    dv: u16,
    bias: i64,
    vth: u32,
}

/// What a step did beside moving u and v.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// It fires.
    pub spike: bool,
    /// The current wrapped round, or the potential was clipped.
    pub saturated: bool,
}

impl Compartment {
    /// A compartment with decays of 12 bits (4096 is a decay to nothing in one step), a bias and a threshold mantissa of 17 bits. Errors name
    /// what doesn't fit.
    pub fn new(du: u16, dv: u16, bias: Bias, vth: u32) -> Result<Compartment, String> {
        for (name, decay) in [("du", du), ("dv", dv)] {
            if decay > 4095 {
                return Err(format!("{name}: expected 0 to 4095, found {decay}"));
            }
        }
        if !(-4096..=4095).contains(&bias.mantissa) || bias.exponent > Bias::MOST_EXPONENT {
            let Bias { mantissa, exponent } = bias;
            return Err(format!(
                "bias: expected a mantissa of -4096 to 4095 and an exponent of 0 to 7, found {mantissa} and {exponent}"
            ));
        }
        if vth > MOST_THRESHOLD {
            return Err(format!("vth: expected at most {MOST_THRESHOLD}, found {vth}"));
        }
        Ok(Compartment { du, dv, bias: bias.value(), vth })
    }

    /// The decays `[du, dv]`.
    pub fn decays(&self) -> [u16; 2] {
        [self.du, self.dv]
    }

    /// The threshold's mantissa.
    pub fn threshold(&self) -> u32 {
        self.vth
    }

    /// One step with the sum `a` that arrives.
    #[inline(always)]
    pub fn step(&self, u: &mut i64, v: &mut i64, a: i64) -> Outcome {
        let decayed = toward_zero(*u * (4096 - (i64::from(self.du) + 1)));
        let (current, wrapped) = wrap(decayed + (a.clamp(-MOST_SUM, MOST_SUM) << SHIFT));
        *u = current;
        let free = toward_zero(*v * (4096 - i64::from(self.dv))) + *u + self.bias;
        let clipped = free.clamp(-(EDGE - 1), EDGE - 1);
        let spike = clipped > i64::from(self.vth) << SHIFT;
        *v = if spike { 0 } else { clipped };
        Outcome { spike, saturated: wrapped || clipped != free }
    }

    /// Whether u and v are such as steps leave behind.
    pub fn holds(u: i64, v: i64) -> bool {
        u.abs() <= (1 << 50) + (1 << 39) && v.abs() < EDGE
    }
}

/// tr(x) = sign(x) (|x| >> 12).
#[inline(always)]
fn toward_zero(x: i64) -> i64 {
    // A division by a power of two rounds toward zero.
    x / 4096
}

/// A current that has left its 24 bits comes in again at the other end, once: +2^23 stays, -2^23 becomes +2^23. Also whether it did.
#[inline(always)]
pub fn wrap(u: i64) -> (i64, bool) {
    let down = if u > EDGE { u - 2 * EDGE } else { u };
    let up = if down <= -EDGE { down + 2 * EDGE } else { down };
    (up, up != u)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(compartment: Compartment, sums: impl Iterator<Item = i64>) -> Vec<(i64, i64, bool)> {
        let (mut u, mut v) = (0, 0);
        sums.map(|a| {
            let outcome = compartment.step(&mut u, &mut v, a);
            (u, v, outcome.spike)
        })
        .collect()
    }

    fn compartment(du: u16, dv: u16, bias: Bias, vth: u32) -> Compartment {
        Compartment::new(du, dv, bias, vth).unwrap()
    }

    /// 128 in the first step, nothing after.
    fn pulse(steps: usize) -> impl Iterator<Item = i64> {
        (0..steps).map(|step| if step == 0 { 128 } else { 0 })
    }

    #[test]
    fn a_bias_alone_makes_it_fire_regularly() {
        let trace = run(compartment(0, 0, Bias { mantissa: 2, exponent: 6 }, 8), (0..10).map(|_| 0));
        let spikes: Vec<usize> = (0..10).filter(|&t| trace[t].2).collect();
        assert_eq!(spikes, [4, 9]);
    }

    #[test]
    fn currents_decay() {
        let trace = run(compartment(2047, 0, Bias::default(), MOST_THRESHOLD), pulse(9));
        let u: Vec<i64> = trace.iter().map(|step| step.0).collect();
        assert_eq!(u[..8], [8192, 4096, 2048, 1024, 512, 256, 128, 64]);
    }

    #[test]
    fn potentials_decay_while_the_current_leaks_in() {
        let trace = run(compartment(0, 2048, Bias::default(), MOST_THRESHOLD), pulse(8));
        let v: Vec<i64> = trace.iter().map(|step| step.1).collect();
        assert_eq!(v, [8192, 12286, 14331, 15351, 15859, 16111, 16235, 16295]);
    }

    #[test]
    fn a_bias_has_a_mantissa_and_an_exponent() {
        let trace = run(compartment(0, 0, Bias { mantissa: 4095, exponent: 5 }, MOST_THRESHOLD), [0].into_iter());
        assert_eq!(trace[0].1, 131_040);
        assert_eq!(Bias::nearest(131_040.0), Some(Bias { mantissa: 4095, exponent: 5 }));
        assert_eq!(Bias::nearest(-129.0), Some(Bias { mantissa: -129, exponent: 0 }));
        assert_eq!(Bias::nearest(4095.0 * 128.0 + 65.0), None);
    }

    #[test]
    fn currents_wrap_as_lava_has_it_and_potentials_are_clipped() {
        assert_eq!([wrap(EDGE), wrap(-EDGE), wrap(EDGE + 1)], [(EDGE, false), (EDGE, true), (1 - EDGE, true)]);
        let (mut u, mut v) = (0, -(EDGE - 1));
        let outcome = compartment(4095, 0, Bias::default(), MOST_THRESHOLD).step(&mut u, &mut v, -1);
        assert_eq!((v, outcome), (-(EDGE - 1), Outcome { spike: false, saturated: true }));
    }

    #[test]
    fn the_threshold_is_strict_and_decays_round_toward_zero() {
        let silent = compartment(4095, 0, Bias { mantissa: 512, exponent: 0 }, 8);
        assert!(!run(silent, [0].into_iter())[0].2);
        let (mut u, mut v) = (0, -1);
        compartment(4095, 1, Bias::default(), 8).step(&mut u, &mut v, 0);
        assert_eq!(v, 0);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (made, name) in [
            (Compartment::new(4096, 0, Bias::default(), 1), "du"),
            (Compartment::new(0, 4096, Bias::default(), 1), "dv"),
            (Compartment::new(0, 0, Bias { mantissa: 4096, exponent: 0 }, 1), "bias"),
            (Compartment::new(0, 0, Bias { mantissa: 0, exponent: 8 }, 1), "bias"),
            (Compartment::new(0, 0, Bias::default(), 1 << 17), "vth"),
        ] {
            assert!(made.is_err_and(|why| why.starts_with(name)));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_sum_whatever_makes_it_panic_or_leave_its_range(
            du in 0u16..4096, dv in 0u16..4096, mantissa in -4096i16..4096, exponent in 0u8..8, vth in 0u32..1 << 17,
            sums in proptest::collection::vec(proptest::num::i64::ANY, 1..50),
        ) {
            for (u, v, _) in run(compartment(du, dv, Bias { mantissa, exponent }, vth), sums.into_iter()) {
                assert!(Compartment::holds(u, v), "{u} {v}");
            }
        }
    }
}
