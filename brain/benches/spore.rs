//! Criterion.
use criterion::{Criterion, criterion_group, criterion_main};
use embody_brain::{
    numeric::Kernel,
    random::{Counter, fill_normals},
};

fn normals(c: &mut Criterion) {
    let mut out = vec![0.0; 20480];
    for kernel in [Kernel::Baseline, Kernel::Avx2] {
        c.bench_function(&format!("20480 normals, {kernel:?}"), |b| {
            b.iter(|| fill_normals(kernel, 1, Counter { stream: 0, time: 3 }, &mut out))
        });
    }
}

use embody_brain::plasticity::spore::{Shape, Spore, SporeSynapses, Stepwise, Windowed};

fn plasticity(c: &mut Criterion) {
    let p = Spore {
        beta_per_ms: 2e-7,
        theta_init_mean: -0.5,
        theta_init_deviation: 0.5,
        c_g: 10.0,
        c_p: 0.25,
        tau_eligibility_ms: 200.0,
        tau_gradient_ms: 5000.0,
        ..Spore::default()
    };
    let shape = Shape { sources: 256, targets: 8, per_pair: 10 };
    let spikes: Vec<Vec<u32>> = (0..1000u32).map(|s| (0..256).filter(|i| (i * 7919 + s * 104729) % 97 == 0).collect()).collect();
    let mut run = |name: &str, synapses: &mut dyn SporeSynapses<f32>| {
        let mut step = 0;
        c.bench_function(&format!("{name}: 100 steps of 20480 synapses"), |b| {
            b.iter(|| {
                for _ in 0..100 {
                    let mut bap = [-0.01f32; 8];
                    if step % 13 == 0 {
                        bap[step / 13 % 8] = 0.99;
                    }
                    synapses.step(&spikes[step % 1000], &bap, if step % 40 < 20 { 0.3 } else { -0.2 }, true);
                    step += 1;
                }
            })
        });
    };
    run("windowed avx2", &mut Windowed::new(&p, shape, 1.0, 1).with_kernel(Kernel::Avx2));
    run("windowed baseline", &mut Windowed::new(&p, shape, 1.0, 1).with_kernel(Kernel::Baseline));
    run("stepwise avx2", &mut Stepwise::new(&p, shape, 1.0, 1).with_kernel(Kernel::Avx2));
}
criterion_group!(benches, normals, plasticity);
criterion_main!(benches);
