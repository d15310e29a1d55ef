//! The noise is normal, not nearly so: its distribution, moments and tails, and its independence.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use std::f64::consts::SQRT_2;

use embody_brain::numeric::{BLOCK, Kernel};
use embody_brain::random::{Counter, fill_normals};

/// The first `n` normals of one counter.
fn normals(seed: u64, time: u64, n: usize) -> Vec<f32> {
    let mut out = vec![0.0; n];
    fill_normals(Kernel::detect(), seed, Counter { stream: 7, time }, &mut out);
    out
}

/// Probability of a standard normal number below `x`.
fn below(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// Correlation of pairs, in units of its standard error under independence.
fn correlation(pairs: impl Iterator<Item = (f32, f32)>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0f64);
    for (a, b) in pairs {
        sum += f64::from(a) * f64::from(b);
        n += 1.0;
    }
    sum / n.sqrt()
}

#[test]
fn ten_million_draws_have_the_normal_distribution() {
    let mut draws = normals(1, 1, 10_000_000);
    draws.sort_unstable_by(f32::total_cmp);
    let n = draws.len() as f64;
    let distance = |(i, x): (usize, &f32)| {
        let p = below(f64::from(*x));
        (p - i as f64 / n).max((i + 1) as f64 / n - p)
    };
    let largest = draws.iter().enumerate().map(distance).fold(0.0, f64::max);
    // Kolmogorov's critical value at 0.1 %.
    assert!(largest * n.sqrt() < 1.949, "distance {largest}: {} of the critical one", largest * n.sqrt() / 1.949);
}

#[test]
fn the_first_six_moments_are_those_of_the_normal_distribution() {
    let draws = normals(2, 1, 50_000_000);
    let n = draws.len() as f64;
    // Normal moments: E[z^k] = (k - 1)!! for even k.
    let exact = |k: i32| if k % 2 == 1 { 0.0 } else { (1..k).step_by(2).map(f64::from).product::<f64>() };
    let mut sums = [0.0f64; 6];
    for &z in &draws {
        let mut power = 1.0;
        for sum in &mut sums {
            power *= f64::from(z);
            *sum += power;
        }
    }
    for (k, sum) in (1..).zip(sums) {
        let error = ((exact(2 * k) - exact(k).powi(2)) / n).sqrt();
        let off = (sum / n - exact(k)) / error;
        assert!(off.abs() < 4.5, "moment {k} is off by {off} standard errors");
    }
}

#[test]
fn the_tails_reach_as_far_as_they_should() {
    let limits = [3.0f32, 4.0, 4.5, 5.0, 5.3];
    let (chunk, chunks) = (1 << 20, 600);
    let mut beyond = [[0u64; 5]; 2];
    let mut draws = vec![0.0f32; chunk];
    for time in 0..chunks {
        fill_normals(Kernel::detect(), 3, Counter { stream: 7, time }, &mut draws);
        for block in draws.chunks_exact(BLOCK) {
            // Few blocks reach far enough to be looked at closely.
            if block.iter().fold(0.0f32, |most, z| most.max(z.abs())) <= limits[0] {
                continue;
            }
            for z in block.iter().filter(|z| z.abs() > limits[0]) {
                for (i, limit) in limits.iter().enumerate() {
                    beyond[usize::from(*z > 0.0)][i] += u64::from(z.abs() > *limit);
                }
            }
        }
    }
    for (side, counts) in beyond.iter().enumerate() {
        for (limit, &count) in limits.iter().zip(counts) {
            let expected = below(-f64::from(*limit)) * (chunk as u64 * chunks) as f64;
            assert!(expected > 25.0, "too few draws for {limit}");
            let off = (count as f64 - expected) / expected.sqrt();
            assert!(
                off.abs() < 4.5,
                "side {side}: {count} draws beyond {limit}, expected {expected}: off by {off} standard errors"
            );
        }
    }
}

#[test]
fn the_two_numbers_of_a_pair_are_independent() {
    let draws = normals(4, 1, 8_000_000);
    // A block holds the sines of all its pairs, then the cosines.
    let pairs =
        || draws.chunks_exact(BLOCK).flat_map(|block| block[..BLOCK / 2].iter().zip(&block[BLOCK / 2..]).map(|(a, b)| (*a, *b)));
    assert!(correlation(pairs()).abs() < 4.5);
    // Their squares share a radius, yet must not correlate either. (z^2 - 1) / sqrt 2 has variance 1.
    let squares = pairs().map(|(a, b)| ((a * a - 1.0) / std::f32::consts::SQRT_2, (b * b - 1.0) / std::f32::consts::SQRT_2));
    assert!(correlation(squares).abs() < 4.5);
}

#[test]
fn neighbours_updates_and_seeds_are_independent() {
    let n = 4_000_000;
    let draws = normals(5, 1, n);
    for distance in [1, 2, 8, BLOCK / 4, BLOCK / 2, BLOCK] {
        let pairs = draws.iter().zip(&draws[distance..]).map(|(a, b)| (*a, *b));
        let off = correlation(pairs);
        assert!(off.abs() < 4.5, "draws {distance} apart correlate: {off} standard errors");
    }
    for (what, other) in [
        ("the next update", normals(5, 2, n)),
        ("an update 2^32 later", normals(5, 1 + (1 << 32), n)),
        ("the next seed", normals(6, 1, n)),
        ("a seed 2^32 on", normals(5 + (1 << 32), 1, n)),
    ] {
        let off = correlation(draws.iter().zip(&other).map(|(a, b)| (*a, *b)));
        assert!(off.abs() < 4.5, "{what} correlates: {off} standard errors");
    }
}
