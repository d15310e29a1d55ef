//! What a processing element has beside its processor: the exponential and the random-number accelerator.
//!
//! The exponential takes and gives s16.15 with an error of at most one least significant bit (Partzsch et al. 2017, "A fixed point
//! exponential function accelerator for a neuromorphic many-core system"). Its tables aren't published: the emulation gives the number
//! nearest to e^x, which lies within that bound, and may differ from the circuit's in the last bit.
//!
//! Random numbers are those of Marsaglia's KISS in 32-bit words, a register to read (Yan et al. 2019, "Efficient Reward-Based Structural
//! Plasticity on a SpiNNaker 2 Prototype"), here with the constants of D. Jones' JKISS, which SpiNNaker's software has used.

use embody_brain::random::{Counter, philox_block};
use serde::{Deserialize, Serialize};

use super::fixed::{bits, value};

/// e^x of a number of s16.15, to the nearest; what is too large is the greatest number.
pub fn exponential(x: i32) -> i32 {
    bits(libm::exp(value(x)))
}

/// The random-number accelerator: KISS, the sum of a linear congruential, a xorshift and a multiply-with-carry generator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kiss {
    congruential: u32,
    xorshift: u32,
    multiply: u32,
    carry: u32,
}

/// Stream of the words that seed a generator.
const SEEDING: u32 = 0x5332_0001;

impl Kiss {
    /// The generator numbered `element`; different numbers under one seed are different streams.
    pub fn new(seed: u64, element: u64) -> Kiss {
        let mut words = [[0; 1]; 4];
        philox_block(seed, Counter { stream: SEEDING, time: element }, 0, &mut words);
        let [congruential, xorshift, multiply, carry] = words.map(|word| word[0]);
        // A xorshift never leaves zero, and a carry stays below the multiplier.
        Kiss { congruential, xorshift: xorshift.max(1), multiply, carry: carry % 698_769_068 + 1 }
    }

    /// The next 32 bits.
    #[inline(always)]
    pub fn word(&mut self) -> u32 {
        self.congruential = self.congruential.wrapping_mul(314_527_869).wrapping_add(1_234_567);
        self.xorshift ^= self.xorshift << 5;
        self.xorshift ^= self.xorshift >> 7;
        self.xorshift ^= self.xorshift << 22;
        let product = 4_294_584_393 * u64::from(self.multiply) + u64::from(self.carry);
        (self.multiply, self.carry) = (product as u32, (product >> 32) as u32);
        self.congruential.wrapping_add(self.xorshift).wrapping_add(self.multiply)
    }

    /// A number in 0..1, uniform in steps of 2^-24.
    #[inline(always)]
    pub fn uniform(&mut self) -> f32 {
        (self.word() >> 8) as f32 * (1.0 / 16_777_216.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::exponential::expk;
    use super::*;

    #[test]
    fn the_exponential_is_within_a_least_significant_bit() {
        for x in (-400_000..363_000).step_by(13).chain([0, 1, -1, 32768]) {
            let exact = libm::exp(f64::from(x) / 32768.0) * 32768.0;
            assert!((f64::from(exponential(x)) - exact).abs() <= 1.0, "{x}");
        }
        assert_eq!([exponential(0), exponential(i32::MAX), exponential(i32::MIN)], [32768, i32::MAX, 0]);
        let apart = (-340_000..0).step_by(17).map(|x| (exponential(x) - expk(x)).abs()).max();
        assert!(apart.is_some_and(|apart| (1..=2).contains(&apart)), "the software's is another function: {apart:?}");
    }

    /// Jones' default seeds, worked out from the definition.
    #[test]
    fn the_generator_is_that_of_its_definition() {
        let mut kiss = Kiss { congruential: 123_456_789, xorshift: 987_654_321, multiply: 43_219_876, carry: 6_543_217 };
        assert_eq!([kiss.word(), kiss.word(), kiss.word()], [560241513, 2602615593, 2542353780]);
    }

    #[test]
    fn numbers_are_uniform_and_streams_differ() {
        let (mut a, mut b) = (Kiss::new(7, 0), Kiss::new(7, 1));
        let mut tenths = [0u32; 10];
        let mut equal = 0;
        for _ in 0..100_000 {
            tenths[(a.uniform() * 10.0) as usize] += 1;
            equal += u32::from(a.word() == b.word());
        }
        // Chi squared of 9 degrees of freedom: 27.9 in one case of a thousand.
        let chi: f64 = tenths.iter().map(|&n| (f64::from(n) - 1e4) * (f64::from(n) - 1e4) / 1e4).sum();
        assert!(chi < 27.9 && equal < 3, "{chi} {equal}");
        assert_eq!(Kiss::new(7, 1).word(), Kiss::new(7, 1).word());
    }
}
