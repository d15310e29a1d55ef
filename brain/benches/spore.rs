//! What the closed loop spends its time on: noise, plasticity, and the ticks of a whole network.
//!
//! `cargo bench -p embody-brain`. Throughput is given per element: a draw, or a synapse and step. Machines that are shared vary
//! by a factor of two from minute to minute: compare two versions interleaved, and by their least times.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use embody_brain::conformance::random_spikes;
use embody_brain::neuron::Poisson;
use embody_brain::numeric::Kernel;
use embody_brain::plasticity::spore::{Shape, Spore, SporeSynapses, Stepwise, Windowed};
use embody_brain::random::{Counter, fill_normals};
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Projection, Synapses, ThirdFactor,
    TickInput, TickOutput,
};

const KERNELS: [Kernel; 2] = [Kernel::Avx2, Kernel::Baseline];

/// Steps in a Delta of 100 ms.
const STEPS: usize = 100;

/// How busy the sources are.
#[derive(Clone, Copy, Debug)]
enum Input {
    /// All 256 fire at 10 Hz.
    Dense,
    /// As in the closed loop: about twenty of them fire in any 100 ms, others in the next.
    Loop,
}

/// The sources that fire in step `t`.
fn input(kind: Input, t: u64) -> Vec<u32> {
    let mut spikes = random_spikes(1, t, 256, 0.01);
    if let Input::Loop = kind {
        let first = (t / 100 * 37 % 256) as u32;
        spikes.retain(|&i| (i + 256 - first) % 256 < 25);
    }
    spikes
}

/// The settings of the reaching task with the given number of synapses a pair.
fn reaching(per_pair: usize) -> Spore {
    let common = Spore {
        beta_per_ms: 2e-7,
        c_g: 10.0,
        c_p: 0.25,
        max_param_change: 20.0,
        tau_eligibility_ms: 200.0,
        tau_gradient_ms: 5000.0,
        theta_init_deviation: 0.5,
        ..Spore::default()
    };
    if per_pair == 1 {
        Spore { temperature: 0.01, theta_init_mean: 1.0, w0: 2.0, ..common }
    } else {
        Spore { theta_init_mean: -0.5, ..common }
    }
}

fn normals(c: &mut Criterion) {
    let mut group = c.benchmark_group("normals");
    let mut out = vec![0.0; 20_480];
    group.throughput(Throughput::Elements(out.len() as u64));
    for kernel in KERNELS {
        let mut time = 0;
        group.bench_function(BenchmarkId::from_parameter(format!("{kernel:?}")), |b| {
            b.iter(|| {
                time += 1;
                fill_normals(kernel, 1, Counter { stream: 0, time }, &mut out);
                black_box(&out);
            });
        });
    }
}

fn plasticity(c: &mut Criterion) {
    for per_pair in [10, 1] {
        let shape = Shape { sources: 256, targets: 8, per_pair };
        let mut group = c.benchmark_group(format!("{} synapses", shape.len()));
        group.throughput(Throughput::Elements((shape.len() * STEPS) as u64));
        for kind in [Input::Dense, Input::Loop] {
            let spikes: Vec<Vec<u32>> = (0..20_000).map(|t| input(kind, t)).collect();
            let bap: Vec<[f32; 8]> = (0..20_000)
                .map(|t| {
                    let mut bap = [-0.01; 8];
                    random_spikes(2, t, 8, 0.01).into_iter().for_each(|j| bap[j as usize] = 0.99);
                    bap
                })
                .collect();
            for kernel in KERNELS {
                let forms: [(&str, Box<dyn SporeSynapses<f32>>); 2] = [
                    ("windowed", Box::new(Windowed::new(&reaching(per_pair), shape, 1.0, 1).with_kernel(kernel))),
                    ("stepwise", Box::new(Stepwise::new(&reaching(per_pair), shape, 1.0, 1).with_kernel(kernel))),
                ];
                for (form, mut synapses) in forms {
                    let mut at = 0;
                    group.bench_function(format!("{form} {kernel:?} {kind:?}"), |b| {
                        b.iter(|| {
                            for _ in 0..STEPS {
                                let dopamine = if at % 40 < 20 { 0.3 } else { -0.2 };
                                synapses.step(&spikes[at % 20_000], &bap[at % 20_000], dopamine, true);
                                at += 1;
                            }
                        });
                    });
                }
            }
        }
    }
}

/// One control period of the reaching task, 256 inputs and eight motor neurons, with plastic synapses or with fixed ones.
fn network(c: &mut Criterion) {
    let neuron = Poisson { dead_time_ms: 5.0, c2_hz: 12.18, c3_per_mv: 1.0, with_reset: false, ..Poisson::default() };
    let plastic = |per_pair| Synapses::Plastic { per_pair, rule: Model::new("spore", &reaching(per_pair)).expect("parameters") };
    let mut group = c.benchmark_group("20 ticks of the reaching network");
    for (name, synapses) in [("fixed", Synapses::Fixed(vec![0.1; 2048])), ("one a pair", plastic(1)), ("ten a pair", plastic(10))]
    {
        let neurons = PopulationKind::Neurons(Model::new("poisson_dbl_exp", &neuron).expect("parameters"));
        let spec = NetworkSpec {
            tick_ns: 1_000_000,
            populations: vec![
                Population { name: "visual".into(), size: 256, kind: PopulationKind::Input },
                Population { name: "motor".into(), size: 8, kind: neurons },
            ],
            projections: vec![Projection {
                name: "visual-motor".into(),
                source: "visual".into(),
                target: "motor".into(),
                delay_ns: 1_000_000,
                synapses,
            }],
            readouts: vec!["motor".into()],
        };
        let substrate = FloatSubstrate::new(Arc::new(Models::default()));
        let mut network = Compiled::new(substrate, &spec, 1).expect("the network compiles");
        let spikes: Vec<Vec<u32>> = (0..20_000).map(|t| input(Input::Loop, t)).collect();
        let (mut at, mut output) = (0, TickOutput::default());
        group.bench_function(name, |b| {
            b.iter(|| {
                for _ in 0..20 {
                    let third_factor = ThirdFactor::PerPopulation(&[0.0, 0.1]);
                    network.tick(TickInput { spikes: &[&spikes[at % 20_000]], third_factor }, &mut output);
                    at += 1;
                }
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(std::time::Duration::from_millis(300)).measurement_time(std::time::Duration::from_secs(1));
    targets = normals, plasticity, network
}
criterion_main!(benches);
