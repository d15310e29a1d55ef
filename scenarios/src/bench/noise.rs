//! What a normal number costs: blocks of counter-based numbers against a generator asked one by one.

use std::convert::Infallible;
use std::hint::black_box;

use embody_brain::numeric::Kernel;
use embody_brain::random::{Counter, fill_normals};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Row;
use super::measure::{in_turns, least};

/// Numbers of a turn: those that the synapses of `reaching-s` take for one update.
const NUMBERS: usize = 20_480;

const TURNS: usize = 500;

pub(super) fn measure() -> Vec<Row> {
    let (kernel, mut rng) = (Kernel::detect(), ChaCha8Rng::seed_from_u64(1));
    let (mut blocks, mut singles) = (vec![0.0; NUMBERS], vec![0.0; NUMBERS]);
    let mut time = 0;
    let times = in_turns(
        TURNS,
        || -> Result<(), Infallible> {
            time += 1;
            fill_normals(kernel, 1, Counter { stream: 0, time }, &mut blocks);
            black_box(&blocks);
            Ok(())
        },
        || {
            for pair in singles.chunks_exact_mut(2) {
                pair.copy_from_slice(&box_muller(&mut rng));
            }
            black_box(&singles);
            Ok(())
        },
    );
    let Ok([blocks, singles]) = times.map(|times| times.map(|times| least(&times) * 1e9 / NUMBERS as f64));
    vec![Row::less("noise", blocks, "ns/number", singles)]
}

/// Two normal numbers of two uniform ones.
fn box_muller(rng: &mut ChaCha8Rng) -> [f32; 2] {
    // 1 - u lies in (0, 1], where the logarithm is finite.
    let radius = (-2.0 * libm::logf(1.0 - rng.random::<f32>())).sqrt();
    let (sine, cosine) = libm::sincosf(std::f32::consts::TAU * rng.random::<f32>());
    [radius * sine, radius * cosine]
}
