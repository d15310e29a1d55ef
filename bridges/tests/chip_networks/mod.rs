//! Networks that chips are tested with.
#![allow(dead_code, reason = "each test uses some of it")]

use std::sync::Arc;

use embody_brain::neuron::{LeakyReadout, Lif, Poisson, Reset};
use embody_brain::plasticity::spore::Spore;
use embody_brain::random::{Counter, philox_block};
use embody_brain::{
    Model, Models, NetworkSpec, Population, PopulationKind, Projection, Substrate, Synapses, TickInput, TickOutput,
};
use proptest::prelude::*;

pub fn models() -> Arc<Models> {
    Arc::new(Models::default())
}

pub fn population(name: &str, size: usize, kind: PopulationKind) -> Population {
    Population { name: name.into(), size, kind }
}

pub fn neurons(name: &str, size: usize, model: &str, parameters: &impl serde::Serialize) -> Population {
    population(name, size, PopulationKind::Neurons(Model::new(model, parameters).unwrap()))
}

pub fn projection(name: &str, [source, target]: [&str; 2], ticks: u64, synapses: Synapses) -> Projection {
    let [source, target] = [source, target].map(String::from);
    Projection { name: name.into(), source, target, delay_ns: ticks * 1_000_000, synapses }
}

/// Weights from -1 to 1, random, times `scale`.
pub fn weights(seed: u64, n: usize, scale: f32) -> Synapses {
    let mut words = [[0u32; 64]; 4];
    let mut weights = Vec::new();
    for block in 0..n.div_ceil(64) {
        philox_block(seed, Counter { stream: 77, time: 0 }, block as u32, &mut words);
        weights.extend(words[0].map(|word| scale * (word as i32 as f32 / 2_147_483_648.0)));
    }
    weights.truncate(n);
    Synapses::Fixed(weights)
}

/// SPORE from 20 inputs to 9 stochastic neurons, two synapses a pair.
pub fn spore() -> NetworkSpec {
    let poisson = Poisson { bias_mv: 5.0, ..Poisson::default() };
    let rule = Spore { beta_per_ms: 1e-4, theta_init_mean: 1.0, theta_init_deviation: 0.5, w0: 2.0, ..Spore::default() };
    let plastic = Synapses::Plastic { per_pair: 2, rule: Model::new("spore", &rule).unwrap() };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 20, PopulationKind::Input),
            neurons("hidden", 9, "poisson_dbl_exp", &poisson),
            neurons("out", 3, "poisson_dbl_exp", &poisson),
        ],
        projections: vec![
            projection("learned", ["in", "hidden"], 1, plastic),
            projection("fixed", ["hidden", "out"], 3, weights(1, 27, 9.0)),
        ],
        readouts: vec!["out".into(), "hidden".into()],
    }
}

/// Whether weights may enter chips: finite, and so large that sums and scales of them are.
pub fn are_storable(weights: &[f32]) -> bool {
    let greatest = weights.iter().fold(0.0f32, |most, w| most.max(w.abs()));
    weights.iter().all(|w| w.is_finite()) && (greatest == 0.0 || (1e-24..=1e24).contains(&greatest))
}

/// Weights of all magnitudes, storable or not.
pub fn any_weights(n: usize) -> impl Strategy<Value = Vec<f32>> {
    let moderate = (-1.0f32..1.0, -60i32..60).prop_map(|(mantissa, exponent)| libm::ldexpf(mantissa, exponent));
    prop_oneof![3 => proptest::collection::vec(moderate, n), 1 => proptest::collection::vec(proptest::num::f32::ANY, n)]
}

/// `size` recurrent `lif` neurons driven by 5 spiking inputs: 255 weights each for 250. Weights are scaled by `scale`.
pub fn recurrent(size: usize, lif: &Lif, scale: f32) -> NetworkSpec {
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![population("in", 5, PopulationKind::Input), neurons("lif", size, "lif", lif)],
        projections: vec![
            projection("in-lif", ["in", "lif"], 0, weights(2, 5 * size, 2.0 * scale)),
            projection("lif-lif", ["lif", "lif"], 1, weights(3, size * size, scale)),
        ],
        readouts: vec!["lif".into()],
    }
}

/// Values and spikes in, recurrent `lif` neurons, and a readout without delay.
pub fn mixed() -> NetworkSpec {
    let lif = Lif { reset: Reset::Zero, refractory_ms: 2.0, bias: 0.02.into(), ..Lif::default() };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 20, PopulationKind::Input),
            population("values", 3, PopulationKind::Analogue),
            neurons("lif", 12, "lif", &lif),
            neurons("out", 2, "leaky_readout", &LeakyReadout::default()),
        ],
        projections: vec![
            projection("in-lif", ["in", "lif"], 0, weights(4, 240, 0.7)),
            projection("values-lif", ["values", "lif"], 0, weights(5, 36, 0.3)),
            projection("lif-lif", ["lif", "lif"], 2, weights(6, 144, 0.3)),
            projection("lif-out", ["lif", "out"], 0, weights(7, 24, 0.5)),
        ],
        readouts: vec!["lif".into(), "out".into()],
    }
}

/// Loads a state of [`mixed`] with a byte changed, and its end cut off where the byte is even. A state that loads must run.
pub fn load_spoilt<S: Substrate>(substrate: &S, at: usize, byte: u8, cut: usize) {
    let (program, _) = substrate.compile(&mixed()).unwrap();
    let mut saved = substrate.save(&substrate.init(&program, 1).unwrap());
    let length = saved.len();
    saved[at % length] = byte;
    saved.truncate(length - cut % length * usize::from(byte.is_multiple_of(2)));
    if let Ok(mut state) = substrate.load(&program, &saved) {
        substrate.tick(
            &program,
            &mut state,
            TickInput { spikes: &[&[1, 2]], ..TickInput::default() },
            &mut TickOutput::default(),
        );
    }
}
