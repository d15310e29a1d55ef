//! Standard normal and uniform draws that are equal on every machine.
//!
//! ChaCha8 for the bits and `libm` for the logarithm: the platform's own `ln` differs between systems.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A uniform draw from the open interval (0, 1), on a grid of 2^-53.
pub(crate) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
}

/// Two independent standard normal draws, by Marsaglia's polar method: one logarithm, no sine.
pub(crate) fn normal_pair(rng: &mut ChaCha8Rng) -> [f64; 2] {
    loop {
        // Both coordinates of a point in the square [-1, 1)^2 from one word; a grid of 2^-31 is finer than any f32 result shows.
        let bits = rng.next_u64();
        let x = f64::from(bits as i32) * (1.0 / 2_147_483_648.0);
        let y = f64::from((bits >> 32) as i32) * (1.0 / 2_147_483_648.0);
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            let scale = (-2.0 * libm::log(square) / square).sqrt();
            return [x * scale, y * scale];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn normal_draws_have_the_moments_of_the_normal_distribution() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let n = 200_000;
        let mut sums = [0.0; 5];
        for _ in 0..n {
            let [x, y] = normal_pair(&mut rng);
            for (sum, value) in sums.iter_mut().zip([x, y, x * x, y * y, x * y]) {
                *sum += value / f64::from(n);
            }
        }
        let error = 4.0 / f64::from(n).sqrt();
        assert!(sums[0].abs() < error && sums[1].abs() < error && sums[4].abs() < error, "{sums:?}");
        assert!((sums[2] - 1.0).abs() < 1.5 * error && (sums[3] - 1.0).abs() < 1.5 * error, "{sums:?}");
    }
}
