//! What training costs: forward and backward passes of the networks in `docs/benchmarks.md`.
//!
//! `cargo bench -p embody-brain --bench training`. Machines that are shared vary by half from minute to minute: compare interleaved runs.

use criterion::{Criterion, criterion_group, criterion_main};
use embody_brain::training::workload::{Size, Workload};

fn training(c: &mut Criterion) {
    for (name, size, batches) in [("53-800-250", Size::ARM, [32, 1]), ("13-256-70", Size::TRUNK, [128, 1])] {
        for samples in batches {
            let mut workload = Workload::new(size, samples, 1).expect("the network can be trained");
            let (spikes, active) = workload.shares().expect("a forward pass");
            eprintln!("{name}, batch {samples}: {:.1} % spikes, {:.1} % pseudo-derivatives", 100.0 * spikes, 100.0 * active);
            let mut group = c.benchmark_group(format!("{name} batch {samples}"));
            group.sample_size(10);
            group.bench_function("forward", |b| b.iter(|| workload.forward().expect("a forward pass")));
            group.bench_function("forward and backward", |b| b.iter(|| workload.gradients().expect("gradients")));
        }
    }
}

/// One step of an inverse model: a forward pass, and gradients of the inputs.
fn inverse(c: &mut Criterion) {
    let mut workload = Workload::new(Size::TRUNK, 1, 1).expect("the network can be trained");
    let mut group = c.benchmark_group("inverse step of 13-256-70");
    for (name, sets) in [("gradient", 1), ("Jacobian", 7)] {
        group.bench_function(name, |b| b.iter(|| workload.input_gradients(sets).expect("gradients")));
    }
}

criterion_group!(benches, training, inverse);
criterion_main!(benches);
