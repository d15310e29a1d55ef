//! Gives random and mutated recordings to their reader: `mutate-recordings [COUNT [SEED]]`, a hundred thousand of each kind by default.
//!
//! Half are valid with a few bytes changed, cut or added; half are random bytes behind a valid beginning. The valid ones must be accepted.

use std::process::ExitCode;

use embody_scenarios_fuzz::{chunks, read, sample};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(count), Ok(seed)) = (arguments.next().unwrap_or(Ok(100_000)), arguments.next().unwrap_or(Ok(1))) else {
        eprintln!("expected mutate-recordings [COUNT [SEED]], both whole numbers");
        return ExitCode::FAILURE;
    };
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let records = chunks(sample()).swap_remove(1);
    println!("bytes of        count  accepted  (seed {seed}; a panic would end this)");
    for (kind, name, valid) in [(0, "a file", sample()), (1, "a chunk", &records)] {
        if !read(&[&[kind], valid].concat()) {
            eprintln!("{name}: the sample itself isn't read");
            return ExitCode::FAILURE;
        }
        let accepted = (0..count).filter(|_| read(&mutated(&mut random, kind, valid))).count();
        println!("{name:8}  {count:11}  {accepted:8}");
    }
    ExitCode::SUCCESS
}

/// Bytes behind the one that says what they are.
fn mutated(random: &mut ChaCha8Rng, kind: u8, valid: &[u8]) -> Vec<u8> {
    let mut data = [&[kind], valid].concat();
    if random.random() {
        for _ in 0..random.random_range(1..6) {
            let at = random.random_range(1..=data.len());
            match random.random_range(0..8) {
                0 => data.truncate(at),
                1 => data.insert(at, random.random()),
                _ if at < data.len() => data[at] = random.random(),
                _ => data.push(random.random()),
            }
        }
    } else {
        data.truncate(random.random_range(1..=data.len()));
        let mut rest = vec![0; random.random_range(0..200)];
        random.fill_bytes(&mut rest);
        data.extend(rest);
    }
    data
}
