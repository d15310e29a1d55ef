//! What one product adds to the accumulator of one weight.

use super::{Product, Variable};

/// Fraction bits of the accumulator below the weight.
const FRACTION: u32 = 7;
/// What the accumulator is clipped to.
const LEAST: i64 = -(1 << 15) - 1;
const MOST: i64 = (1 << 15) - 1;

/// The variables of one synapse in the step that a product looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Synapse {
    /// Whether source and target spiked in the epoch.
    pub spiked: [bool; 2],
    /// `x1`, `x2`.
    pub x: [u8; 2],
    /// `y1`, `y2`, `y3`.
    pub y: [u8; 3],
    /// The weight.
    pub w: i32,
}

impl Synapse {
    fn value(&self, variable: Variable) -> i64 {
        match variable {
            Variable::X0 => self.spiked[0].into(),
            Variable::X1 => self.x[0].into(),
            Variable::X2 => self.x[1].into(),
            Variable::Y0 => self.spiked[1].into(),
            Variable::Y1 => self.y[0].into(),
            Variable::Y2 => self.y[1].into(),
            Variable::Y3 => self.y[2].into(),
            Variable::W => self.w.into(),
            Variable::C => 0,
        }
    }
}

/// The accumulator of a weight before any product.
pub fn accumulator(w: i32) -> i64 {
    i64::from(w) << FRACTION
}

/// The accumulator after a product: factors, each clipped to its width, times the mantissa; brought to 15 bits, shifted by the exponent,
/// clipped, added and clipped again.
pub fn add(accumulator: i64, product: &Product, synapse: &Synapse) -> i64 {
    let mut value = i64::from(product.mantissa);
    let mut bits = 4;
    for factor in &product.factors {
        let width = factor.variable.width();
        value *= (synapse.value(factor.variable) + i64::from(factor.plus)).clamp(-(1 << width), (1 << width) - 1);
        bits += width;
    }
    let change = (value >> bits.saturating_sub(15)) << (i32::from(product.exponent) + FRACTION as i32);
    (accumulator + change.clamp(LEAST, MOST)).clamp(LEAST, MOST)
}

/// The weight of an accumulator: rounded down, or up if `random` (0..1) lies below the fraction; clipped to -256 to 255.
pub fn weight(accumulator: i64, random: f64) -> i32 {
    let fraction = (accumulator & ((1 << FRACTION) - 1)) as f64 / f64::from(1u32 << FRACTION);
    ((accumulator >> FRACTION) as i32 + i32::from(random < fraction)).clamp(-256, 255)
}

#[cfg(test)]
mod tests {
    use super::super::{Dependency, Factor};
    use super::*;

    fn product(factors: &[Variable], mantissa: i8, exponent: i8) -> Product {
        let factors = factors.iter().map(|&variable| Factor { variable, plus: 0 }).collect();
        Product { on: Dependency::U(0), factors, mantissa, exponent }
    }

    #[test]
    fn products_of_many_bits_are_brought_to_fifteen() {
        let synapse = Synapse { x: [100, 0], y: [50, 0, 0], ..Synapse::default() };
        // 7 + 7 + 4 bits: three are lost, 2 * 100 * 50 >> 3 = 1250, and 2^(7 - 7) of it counts.
        let acc = add(0, &product(&[Variable::X1, Variable::Y1], 2, -7), &synapse);
        // 1250 / 128 = 9.7656.
        assert_eq!((acc, weight(acc, 0.766), weight(acc, 0.765)), (1250, 9, 10));
    }

    #[test]
    fn factors_and_accumulators_are_clipped() {
        let full = Synapse { x: [127, 127], w: -256, ..Synapse::default() };
        assert_eq!(add(accumulator(255), &product(&[Variable::X1], 7, 8), &full), MOST);
        assert_eq!(add(accumulator(-256), &product(&[Variable::X1], -8, 8), &full), LEAST);
        assert_eq!([weight(LEAST, 0.0), weight(MOST, 0.0)], [-256, 255]);
        let plus = Product { factors: vec![Factor { variable: Variable::X1, plus: 100 }], ..product(&[], 1, 0) };
        assert_eq!(add(0, &plus, &full), 127 << 7);
    }
}
