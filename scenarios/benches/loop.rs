//! What a simulated second of the closed loop costs, without a run folder; the baseline is plasticity step by step.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use embody_scenarios::run::Session;
use embody_scenarios::{Loaded, Registry};

/// Control steps in a simulated second.
const STEPS: usize = 50;

/// Simulated seconds before the first measurement, so that what was learned by then moves the ball.
const WARM_UP: usize = 100;

fn simulated_seconds(c: &mut Criterion) {
    let registry = Arc::new(Registry::default());
    let cases = ["reaching", "reaching-s"].into_iter().flat_map(|name| ["windowed", "stepwise"].map(|form| (name, form)));
    for (name, form) in cases {
        let settings = [format!("controller.spore.plasticity.form={form}")];
        let loaded = Loaded::find(&registry, name, &settings).expect("it is in the library");
        let assembly = loaded.assemble(&registry).expect("it can be built");
        let mut session = Session::new(assembly, loaded.scenario.seed);
        let mut second = || {
            for _ in 0..STEPS {
                session.advance(|_| ()).expect("the loop goes on");
            }
        };
        (0..WARM_UP).for_each(|_| second());
        c.bench_function(&format!("a simulated second of {name}, {form}"), |b| b.iter(&mut second));
    }
}

criterion_group!(benches, simulated_seconds);
criterion_main!(benches);
