//! How fast emulated chips run, on one core: ticks of 1 ms against real time.
//!
//! `cargo run --release -p embody-bridges --no-default-features --features chips --example chip_speed`

use std::sync::Arc;
use std::time::Instant;

use embody_brain::conformance::random_spikes;
use embody_brain::neuron::{Lif, Poisson, Reset};
use embody_brain::plasticity::spore::Spore;
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{
    CompileError, FloatSubstrate, Model, Models, NetworkSpec, Population, PopulationKind, Projection, Synapses, ThirdFactor,
    TickInput, TickOutput,
};
use embody_bridges::chips::ChipSubstrate;
use embody_bridges::chips::loihi::{Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};

const MS: u64 = 1_000_000;

/// 5 inputs and 250 recurrent neurons: 63 750 weights, as in the learning-to-learn arm.
fn recurrent() -> Result<NetworkSpec, CompileError> {
    let weights = |n: usize, scale: f32| Synapses::Fixed((0..n).map(|i| scale * ((i * 37 % 101) as f32 / 50.0 - 1.0)).collect());
    let neuron = Lif { threshold: 0.6.into(), bias: 0.035.into(), reset: Reset::Zero, ..Lif::default() };
    Ok(NetworkSpec {
        tick_ns: MS,
        populations: vec![
            Population { name: "in".into(), size: 5, kind: PopulationKind::Input },
            Population { name: "out".into(), size: 250, kind: PopulationKind::Neurons(Model::new("lif", &neuron)?) },
        ],
        projections: vec![
            Projection {
                name: "in".into(),
                source: "in".into(),
                target: "out".into(),
                delay_ns: MS,
                synapses: weights(1250, 0.4),
            },
            Projection {
                name: "rec".into(),
                source: "out".into(),
                target: "out".into(),
                delay_ns: MS,
                synapses: weights(62_500, 0.06),
            },
        ],
        readouts: vec!["out".into()],
    })
}

/// 256 inputs that learn to drive 25 stochastic neurons, ten synapses a pair: 64 000 synapses.
fn spore() -> Result<NetworkSpec, CompileError> {
    let rule = Spore { theta_init_mean: 0.5, theta_init_deviation: 0.5, temperature: 0.01, ..Spore::default() };
    Ok(NetworkSpec {
        tick_ns: MS,
        populations: vec![
            Population { name: "in".into(), size: 256, kind: PopulationKind::Input },
            Population {
                name: "out".into(),
                size: 25,
                kind: PopulationKind::Neurons(Model::new("poisson_dbl_exp", &Poisson::default())?),
            },
        ],
        projections: vec![Projection {
            name: "in-out".into(),
            source: "in".into(),
            target: "out".into(),
            delay_ns: MS,
            synapses: Synapses::Plastic { per_pair: 10, rule: Model::new("spore", &rule)? },
        }],
        readouts: vec!["out".into()],
    })
}

fn measure(what: &str, inputs: usize, network: &mut dyn Network) {
    let ticks = 20_000;
    let input: Vec<Vec<u32>> = (0..1000).map(|tick| random_spikes(1, tick, inputs, 0.02)).collect();
    let factors = [0.1; 2];
    let (mut output, mut spikes) = (TickOutput::default(), 0);
    #[allow(clippy::disallowed_methods, reason = "it measures time")]
    let start = Instant::now();
    for tick in 0..ticks {
        let third_factor = ThirdFactor::PerPopulation(&factors);
        network.tick(TickInput { spikes: &[&input[tick % 1000]], third_factor }, &mut output);
        spikes += output.spikes[0].len();
    }
    let factor = ticks as f64 * 1e-3 / start.elapsed().as_secs_f64();
    println!(
        "{what:10} {:8} {factor:8.0} times real time, {:.1} spikes a tick",
        network.substrate(),
        spikes as f64 / ticks as f64
    );
}

fn main() -> Result<(), CompileError> {
    let models = Arc::new(Models::default());
    for (what, inputs, spec) in [("recurrent", 5, recurrent()?), ("spore", 256, spore()?)] {
        measure(what, inputs, &mut Compiled::new(FloatSubstrate::new(models.clone()), &spec, 1)?);
        let loihi = ChipSubstrate::new(Loihi::new(LoihiOptions::default())?, models.clone());
        measure(what, inputs, &mut Compiled::new(loihi, &spec, 1)?);
        let pcm = ChipSubstrate::new(Pcm::new(PcmOptions::default())?, models.clone());
        measure(what, inputs, &mut Compiled::new(pcm, &spec, 1)?);
    }
    Ok(())
}
