//! What emulating a chip costs: a recurrent network of 250 `lif` neurons with 63 750 weights, in ticks of 1 ms.
//!
//! `cargo bench -p embody-bridges --no-default-features --features chips --bench chips`. A thousand ticks below 1 s are real time.
#![allow(missing_docs, reason = "criterion's macros write undocumented items")]

use std::sync::Arc;

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use embody_brain::conformance::random_spikes;
use embody_brain::neuron::{Lif, Reset};
use embody_brain::random::{Counter, fill_normals};
use embody_brain::{
    FloatSubstrate, Model, Models, NetworkSpec, Population, PopulationKind, Projection, Substrate, Synapses, TickInput,
    TickOutput, numeric::Kernel,
};
use embody_bridges::chips::ChipSubstrate;
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::loihi::{Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};
use embody_bridges::chips::spinnaker2::{Arithmetic, SpiNNaker2, SpiNNaker2Options};

const NEURONS: usize = 250;
const INPUTS: usize = 5;
const TICKS: u64 = 1000;

fn network() -> NetworkSpec {
    let lif = Lif { reset: Reset::Zero, bias: 0.05.into(), ..Lif::default() };
    let weights = |stream, n: usize, scale: f32| {
        let mut weights = vec![0.0; n];
        fill_normals(Kernel::detect(), 1, Counter { stream, time: 0 }, &mut weights);
        weights.iter_mut().for_each(|w| *w *= scale);
        Synapses::Fixed(weights)
    };
    let projection = |name: &str, source: &str, ticks: u64, synapses| Projection {
        name: name.into(),
        source: source.into(),
        target: "lif".into(),
        delay_ns: ticks * 1_000_000,
        synapses,
    };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            Population { name: "in".into(), size: INPUTS, kind: PopulationKind::Input },
            Population {
                name: "lif".into(),
                size: NEURONS,
                kind: PopulationKind::Neurons(Model::new("lif", &lif).expect("a model")),
            },
        ],
        projections: vec![
            projection("in-lif", "in", 0, weights(0, INPUTS * NEURONS, 0.3)),
            projection("lif-lif", "lif", 1, weights(1, NEURONS * NEURONS, 0.06)),
        ],
        readouts: vec!["lif".into()],
    }
}

fn run<S: Substrate>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, substrate: &S) {
    let (program, _) = substrate.compile(&network()).expect("the network compiles");
    let inputs: Vec<Vec<u32>> = (0..TICKS).map(|tick| random_spikes(4, tick, INPUTS, 0.2)).collect();
    let mut state = substrate.init(&program, 1).expect("time zero");
    let mut output = TickOutput::default();
    let mut fired = 0;
    let mut second = |fired: &mut usize| {
        for spikes in &inputs {
            substrate.tick(&program, &mut state, TickInput { spikes: &[spikes], ..TickInput::default() }, &mut output);
            *fired += output.spikes[0].len();
        }
    };
    second(&mut fired);
    eprintln!("{name}: {:.1} % of neurons fire in a tick", fired as f64 / (TICKS as f64 * NEURONS as f64) * 100.0);
    group.bench_function(name, |b| b.iter(|| second(&mut fired)));
}

fn chips(c: &mut Criterion) {
    let models = Arc::new(Models::default());
    let mut group = c.benchmark_group("1000 ticks of 250 neurons and 63 750 weights");
    group.sample_size(10);
    run(&mut group, "float", &FloatSubstrate::new(models.clone()));
    for arithmetic in [Arithmetic::Float, Arithmetic::Fixed] {
        let chip = SpiNNaker2::new(SpiNNaker2Options { arithmetic, ..SpiNNaker2Options::default() }).expect("a chip");
        run(&mut group, &format!("spinnaker2 {arithmetic:?}"), &ChipSubstrate::new(chip, models.clone()));
    }
    let chip = Loihi::new(LoihiOptions::default()).expect("a chip");
    run(&mut group, "loihi", &ChipSubstrate::new(chip, models.clone()));
    let chip = BrainScaleS2::new(BrainScaleS2Options::default()).expect("a chip");
    run(&mut group, "brainscales2", &ChipSubstrate::new(chip, models.clone()));
    let chip = Pcm::new(PcmOptions::default()).expect("a chip");
    run(&mut group, "pcm", &ChipSubstrate::new(chip, models));
}

criterion_group!(benches, chips);
criterion_main!(benches);
