//! The multiply-accumulate of BrainScaleS-2 as hxtorch's mock computes it: what the analogue arrays give for a matrix product.
//!
//! Inputs are 5-bit, 0 ... 31, weights 6-bit with a sign, -63 ... 63; both are rounded, halves to even, and then must lie in range. Of each
//! block of 128 rows y = num_sends gain (x . W) + N(0, sigma), rounded down and limited to -128 ... 127, what the 8-bit converter reads;
//! blocks are summed up and limited again.
//!
//! The chip reads its sums by [`MockMac::read`] and [`MockMac::total`]. [`MockMac::multiply`], which takes a whole matrix, is the oracle that
//! those sums are tested against, with [`relu`] and [`converting_relu`] between layers; networks that run on the chip saturate where it refuses.
//!
//! Source: electronicvisions/hxtorch, `perceptron`, mock mode.

use embody_brain::numeric::Kernel;
use embody_brain::random::{Counter, fill_normals};

use super::arrays::SIGNED_INPUTS as ROWS;

/// Stream of the noise.
const NOISE: u32 = 0x4253_0001;

/// The least and the greatest that the converter reads.
const READ: [i32; 2] = [-128, 127];

/// The mock's constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MockMac {
    /// Converter steps per unit of the product.
    pub gain: f32,
    /// Standard deviation of the noise of a block (converter steps).
    pub noise: f32,
    /// How often each input is sent.
    pub num_sends: u32,
}

impl Default for MockMac {
    fn default() -> Self {
        MockMac { gain: 0.002, noise: 2.0, num_sends: 1 }
    }
}

/// Rounds to even and checks the range; the error names the first number outside.
fn quantised(what: &str, numbers: &[f32], low: f32, high: f32) -> Result<Vec<i8>, String> {
    let quantise = |(i, &x): (usize, &f32)| {
        let rounded = libm::rintf(x);
        if (low..=high).contains(&rounded) {
            Ok(rounded as i8)
        } else {
            Err(format!("{what} {i}: expected {low} to {high}, found {x}"))
        }
    };
    numbers.iter().enumerate().map(quantise).collect()
}

/// Inputs as they are sent. Errors name the first outside of 0 ... 31.
pub fn inputs(x: &[f32]) -> Result<Vec<i8>, String> {
    quantised("input", x, 0.0, 31.0)
}

/// Weights as they are stored. Errors name the first outside of -63 ... 63.
pub fn weights(w: &[f32]) -> Result<Vec<i8>, String> {
    quantised("weight", w, -63.0, 63.0)
}

impl MockMac {
    /// x W for x of `n` inputs and W[i * columns + j] of `n` rows. `seed` and `run` are those of the noise: another run, another noise.
    ///
    /// Errors name what is out of range or of another size.
    pub fn multiply(&self, x: &[f32], w: &[f32], columns: usize, seed: u64, run: u64) -> Result<Vec<i8>, String> {
        if columns == 0 || x.is_empty() || x.len().checked_mul(columns) != Some(w.len()) {
            return Err(format!("multiply-accumulate: expected {} x {columns} weights, found {}", x.len(), w.len()));
        }
        let (x, w) = (inputs(x)?, weights(w)?);
        let mut noise = vec![0.0; x.len().div_ceil(ROWS) * columns];
        fill_normals(Kernel::detect(), seed, Counter { stream: NOISE, time: run }, &mut noise);
        let mut sums = vec![0i32; columns];
        for ((x, w), noise) in x.chunks(ROWS).zip(w.chunks(ROWS * columns)).zip(noise.chunks(columns)) {
            let mut products = vec![0i32; columns];
            for (&x, row) in x.iter().zip(w.chunks_exact(columns)) {
                products.iter_mut().zip(row).for_each(|(product, &w)| *product += i32::from(x) * i32::from(w));
            }
            for ((sum, product), noise) in sums.iter_mut().zip(products).zip(noise) {
                *sum += self.read(product as f32, *noise).0;
            }
        }
        Ok(sums.into_iter().map(|sum| Self::total(sum).0 as i8).collect())
    }

    /// What the converter reads of a block's product and its noise (of standard deviation 1), and whether it saturates.
    #[inline(always)]
    pub fn read(&self, product: f32, noise: f32) -> (i32, bool) {
        let y = (self.num_sends as f32 * self.gain * product + self.noise * noise).floor();
        let limited = y.clamp(READ[0] as f32, READ[1] as f32);
        (limited as i32, limited != y)
    }

    /// What a sum of readings is limited to, and whether it has to be.
    #[inline(always)]
    pub fn total(readings: i32) -> (i32, bool) {
        let limited = readings.clamp(READ[0], READ[1]);
        (limited, limited != readings)
    }
}

/// The rectifier after a product: rounded down and limited to 0 ... 127.
pub fn relu(y: f32) -> u8 {
    y.floor().clamp(0.0, READ[1] as f32) as u8
}

/// The rectifier that makes inputs of the next product: [`relu`], then divided by 2^shift, rounded down, and limited to 0 ... 31.
pub fn converting_relu(y: f32, shift: u32) -> u8 {
    relu(y).checked_shr(shift).unwrap_or(0).min(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: MockMac = MockMac { gain: 0.002, noise: 0.0, num_sends: 1 };

    #[test]
    fn the_published_product_holds() {
        assert_eq!(QUIET.multiply(&[12.0; 128], &[15.0; 128], 1, 0, 0), Ok(vec![46]));
        let twice = MockMac { num_sends: 2, ..QUIET };
        assert_eq!(twice.multiply(&[12.0; 128], &[15.0; 128], 1, 0, 0), Ok(vec![92]));
    }

    #[test]
    fn blocks_are_rounded_down_and_limited_one_by_one() {
        // 0.72 a block: nothing, though all three together are 2.16; below zero each block is a step down.
        let x = vec![12.0; 3 * ROWS];
        let w = |row: f32| vec![row; 3 * ROWS];
        let mut first = w(0.0);
        for block in first.chunks_mut(ROWS) {
            block[..2].fill(15.0);
        }
        assert_eq!(QUIET.multiply(&x, &first, 1, 0, 0), Ok(vec![0]));
        first.iter_mut().for_each(|w| *w = -*w);
        assert_eq!(QUIET.multiply(&x, &first, 1, 0, 0), Ok(vec![-3]));
        // One block too large for the converter, one that takes some of it away again: 127 - 32 where the sum would be 157 - 31.1.
        let x = vec![31.0; 2 * ROWS];
        let w: Vec<f32> = [20.0, -4.0].iter().flat_map(|&w| vec![w; ROWS]).collect();
        assert_eq!(QUIET.multiply(&x, &w, 1, 0, 0), Ok(vec![127 - 32]));
        assert_eq!(QUIET.multiply(&x, &vec![63.0; 2 * ROWS], 1, 0, 0), Ok(vec![127]), "the sum is limited too");
    }

    #[test]
    fn numbers_are_rounded_to_even_before_the_range_is_checked() {
        assert_eq!(inputs(&[0.5, 1.5, 31.5 - 1e-3, -0.5]), Ok(vec![0, 2, 31, 0]));
        assert_eq!(inputs(&[31.5]), Err("input 0: expected 0 to 31, found 31.5".into()));
        assert_eq!(weights(&[62.5, -63.4]), Ok(vec![62, -63]));
        assert_eq!(weights(&[0.0, 63.5]), Err("weight 1: expected -63 to 63, found 63.5".into()));
        assert!(inputs(&[f32::NAN]).is_err() && weights(&[f32::INFINITY]).is_err());
        assert!(QUIET.multiply(&[1.0; 3], &[1.0; 4], 2, 0, 0).is_err() && QUIET.multiply(&[], &[], 0, 0, 0).is_err());
    }

    #[test]
    fn noise_is_normal_before_the_rounding_and_differs_from_run_to_run() {
        let mac = MockMac::default();
        let columns = 20_000;
        let run = |run| mac.multiply(&[0.0; 1], &vec![0.0; columns], columns, 5, run).unwrap();
        let y = run(0);
        let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / columns as f64;
        let square = y.iter().map(|&y| f64::from(y) * f64::from(y)).sum::<f64>() / columns as f64;
        // Rounding down takes half a step, and adds a twelfth to the variance.
        assert!((mean + 0.5).abs() < 0.06 && (square - mean * mean - 4.0 - 1.0 / 12.0).abs() < 0.2, "{mean} {square}");
        assert_eq!(y, run(0));
        assert_ne!(y, run(1));
    }

    #[test]
    fn rectifiers_round_down_then_limit() {
        assert_eq!([relu(-3.2), relu(46.9), relu(200.0), relu(f32::NAN)], [0, 46, 127, 0]);
        assert_eq!(
            [converting_relu(47.9, 1), converting_relu(127.0, 1), converting_relu(127.0, 2), converting_relu(-1.0, 2)],
            [23, 31, 31, 0]
        );
        assert_eq!(converting_relu(100.0, 40), 0);
    }
}
