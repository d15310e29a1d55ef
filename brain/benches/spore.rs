//! Criterion.
use criterion::{Criterion, criterion_group, criterion_main};
use embody_brain::{numeric::Kernel, random::{Counter, fill_normals}};

fn normals(c: &mut Criterion) {
    let mut out = vec![0.0; 20480];
    for kernel in [Kernel::Baseline, Kernel::Avx2] {
        c.bench_function(&format!("20480 normals, {kernel:?}"), |b| b.iter(|| fill_normals(kernel, 1, Counter { stream: 0, time: 3 }, &mut out)));
    }
}
criterion_group!(benches, normals);
criterion_main!(benches);
