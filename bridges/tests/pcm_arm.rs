//! The published arm networks, in floats and with the trainee's 63 750 learning weights on phase-change devices.
#![cfg(feature = "chips")]
#![allow(clippy::disallowed_methods, reason = "a test compares within tolerances")]

mod arm;

use arm::trajectory::{Errors, Trajectory};
use arm::{LEARNING, Weights, learning_signals, run_trainee};

#[test]
fn explore() {
    let weights = Weights::published();
    for seed in 0..8 {
        let target = Trajectory::random(seed);
        let (signals, rate) = learning_signals(&weights, &target);
        let mut w = weights.trainee.clone();
        let before = run_trainee(&weights, &mut w, Some(&signals));
        w.iter_mut().zip(&before.changes).for_each(|(w, c)| *w += c);
        let after = run_trainee(&weights, &mut w, None);
        let (a, b) = (target.errors(&before.omega), target.errors(&after.omega));
        println!("{seed} lsg {rate:.2} before {a:?} {:.2} after {b:?} {:.2}", before.rate_hz, after.rate_hz);
    }
}
