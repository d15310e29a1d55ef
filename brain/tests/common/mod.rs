//! Networks and batches that several tests use.
#![allow(dead_code, reason = "every test uses its own part")]

use embody_brain::conformance::random_spikes;
use embody_brain::neuron::{Alif, LeakyReadout, Lif, PerNeuron, Reset, ResetBy, SeAdLif};
use embody_brain::numeric::Real;
use embody_brain::training::{Batch, Input, Sample, SampleMut};
use embody_brain::{Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};

/// A number in -1..1 from a seed and a place.
pub fn number(seed: u64, at: usize) -> f64 {
    let bits = random_spikes(seed, at as u64, 24, 0.5);
    bits.iter().map(|&bit| f64::from(1u32 << bit)).sum::<f64>() / f64::from(1u32 << 23) - 1.0
}

pub fn population(name: &str, size: usize, model: &str, parameters: &impl serde::Serialize) -> Population {
    Population { name: name.into(), size, kind: PopulationKind::Neurons(Model::new(model, parameters).unwrap()) }
}

/// A spec from its populations and (source, target, ticks of delay, scale of the weights), all seeded.
pub fn network(populations: Vec<Population>, projections: &[(&str, &str, u64, f64)], readouts: &[&str]) -> NetworkSpec {
    let size = |name: &str| populations.iter().find(|p| p.name == name).unwrap().size;
    let projection = |(k, (source, target, ticks, scale)): (usize, &(&str, &str, u64, f64))| Projection {
        name: format!("{source}-{target}"),
        source: (*source).into(),
        target: (*target).into(),
        delay_ns: ticks * 1_000_000,
        synapses: Synapses::Fixed((0..size(source) * size(target)).map(|i| (scale * number(100 + k as u64, i)) as f32).collect()),
    };
    NetworkSpec {
        tick_ns: 1_000_000,
        projections: projections.iter().enumerate().map(projection).collect(),
        readouts: readouts.iter().map(|&name| name.into()).collect(),
        populations,
    }
}

fn each(size: usize, base: f64, spread: f64, seed: u64) -> PerNeuron {
    PerNeuron::Each((0..size).map(|i| base + spread * number(seed, i)).collect())
}

/// All models with recurrence, several delays, spiking and analogue inputs; neurons reset as given, some parameters differ from neuron to neuron.
pub fn everything(reset: Reset, reset_by: ResetBy, scaled: bool) -> NetworkSpec {
    let unit = if scaled { 0.15 } else { 1.0 };
    let lif = Lif {
        threshold: each(7, 0.6 * unit, 0.1 * unit, 1),
        bias: each(7, 0.02, 0.02, 2),
        refractory_ms: 2.0,
        scaled_input: scaled,
        reset,
        ..Lif::default()
    };
    let alif = Alif {
        threshold: (0.5 * unit).into(),
        beta: each(6, 0.2 * unit, 0.1 * unit, 3),
        tau_ms: each(6, 20.0, 5.0, 4),
        tau_adaptation_ms: 80.0.into(),
        bias: 0.03.into(),
        scaled_input: scaled,
        scaled_adaptation: scaled,
        reset,
        reset_by,
        ..Alif::default()
    };
    let se = SeAdLif {
        threshold: 0.12.into(),
        a: each(5, 0.3, 0.2, 5),
        b: 0.02.into(),
        q: 10.0,
        tau_u_ms: each(5, 12.0, 4.0, 6),
        tau_w_ms: 90.0.into(),
        bias: 0.05.into(),
        ..SeAdLif::default()
    };
    let out = LeakyReadout { tau_ms: each(4, 18.0, 4.0, 7), bias: 0.01.into(), scaled_input: scaled };
    network(
        vec![
            Population { name: "spikes".into(), size: 6, kind: PopulationKind::Input },
            Population { name: "values".into(), size: 3, kind: PopulationKind::Analogue },
            population("lif", 7, "lif", &lif),
            population("alif", 6, "alif", &alif),
            population("se", 5, "se_adlif", &se),
            population("out", 4, "leaky_readout", &out),
            population("late", 3, "leaky_readout", &LeakyReadout::default()),
        ],
        &[
            ("values", "lif", 0, 0.5),
            ("spikes", "lif", 1, 0.5),
            ("lif", "lif", 1, 0.4),
            ("spikes", "alif", 0, 0.5),
            ("lif", "alif", 2, 0.4),
            ("alif", "alif", 1, 0.4),
            ("alif", "lif", 3, 0.4),
            ("values", "se", 2, 0.5),
            ("lif", "se", 1, 0.5),
            ("se", "lif", 1, 0.5),
            ("lif", "out", 0, 0.5),
            ("alif", "out", 1, 0.5),
            ("se", "out", 0, 0.5),
            ("values", "out", 0, 0.5),
            ("alif", "late", 2, 0.5),
        ],
        &["lif", "late", "out"],
    )
}

/// Seeded inputs for a network: spikes of a tenth of the neurons, values that stay for five ticks, some of them zero.
pub fn batch<T: Real>(spec: &NetworkSpec, steps: usize, samples: usize, seed: u64) -> Batch<T> {
    let input = |(k, population): (usize, &Population)| {
        let at = |t: usize, s: usize| (t * samples + s) as u64;
        match population.kind {
            PopulationKind::Input => Input::Spikes(
                (0..steps * samples).map(|i| random_spikes(seed + k as u64, i as u64, population.size, 0.1)).collect(),
            ),
            _ => Input::Values(
                (0..steps * samples * population.size)
                    .map(|i| {
                        let (t, s, i) = (i / population.size / samples, i / population.size % samples, i % population.size);
                        let value = number(seed + 50 + k as u64, at(t / 5, s) as usize * population.size + i);
                        T::of(if value < -0.5 { 0.0 } else { value })
                    })
                    .collect(),
            ),
        }
    };
    let inputs = spec.populations.iter().enumerate().filter(|(_, p)| !matches!(p.kind, PopulationKind::Neurons(_)));
    Batch { steps, samples, inputs: inputs.map(input).collect() }
}

/// Half the squared distance of two readouts from what is wanted of a sequence, and its slope.
pub fn loss(sample: usize, outputs: Sample<'_, f32>, errors: &mut SampleMut<'_, f32>) -> f64 {
    let mut loss = 0.0;
    for t in 0..outputs.steps() {
        for readout in 0..2 {
            for (&y, error) in outputs.values(readout, t).iter().zip(errors.values(readout, t)) {
                *error = y - (sample % 3) as f32 * 0.5;
                loss += 0.5 * f64::from(*error) * f64::from(*error);
            }
        }
    }
    loss
}
