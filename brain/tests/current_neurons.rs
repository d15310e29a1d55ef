//! `lif`, `alif`, `se_adlif`, `cuba_lif` and the readouts on the float substrate against their equations, written out in `f64`.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use std::sync::Arc;

use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{
    Alif, Arrivals, Comparison, CubaLif, CubaReadout, CurrentKernel, LeakyReadout, Lif, NeuronKernel, PerNeuron,
    PopulationContext, Reset, ResetBy, SeAdLif,
};
use embody_brain::numeric::Kernel;
use embody_brain::substrate::Compiled;
use embody_brain::{
    CompileError, FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Projection, Substrate,
    Synapses, TickInput, TickOutput,
};

const MS: u64 = 1_000_000;

fn context(size: usize) -> PopulationContext {
    PopulationContext { size, tick_ms: 1.0, seed: 0 }
}

/// What arrives at one neuron in tick `t`, in steps that `f32` holds exactly.
fn arriving(t: u64) -> f64 {
    random_spikes(3, t, 40, 0.1).len() as f64 / 16.0
}

/// Runs one neuron and gives its spikes.
fn spikes_of(mut kernel: CurrentKernel, ticks: u64) -> Vec<u64> {
    let mut spiked = Vec::new();
    let tick = |t: &u64| {
        let mut current = [0.0; 8];
        current[0] = arriving(*t) as f32;
        spiked.clear();
        kernel.tick(Arrivals { excitatory: &current, inhibitory: &[0.0; 8] }, &mut spiked);
        !spiked.is_empty()
    };
    (0..ticks).filter(tick).collect()
}

/// `alif` as its page has it, one neuron.
fn expected_alif(p: &Alif, ticks: u64) -> Vec<u64> {
    let [alpha, rho] = [p.tau_ms.of(0), p.tau_adaptation_ms.of(0)].map(|tau| (-1.0 / tau).exp());
    let gain = if p.scaled_input { 1.0 - alpha } else { 1.0 };
    let share = if p.scaled_adaptation { 1.0 - rho } else { 1.0 };
    let (mut v, mut b, mut z, mut left) = (0.0, 0.0, 0.0, 0.0);
    let tick = |t: &u64| {
        b = rho * b + share * z;
        let a = p.threshold.of(0) + p.beta.of(0) * b;
        let taken = if p.reset_by == ResetBy::Adapted { a } else { p.threshold.of(0) };
        v = alpha * v + gain * (arriving(*t) + p.bias.of(0));
        if p.reset == Reset::SubtractNextTick {
            v -= z * taken;
        }
        let fires = left == 0.0 && if p.comparison == Comparison::Above { v > a } else { v >= a };
        z = f64::from(u8::from(fires));
        left = if fires { p.refractory_ms } else { f64::max(left - 1.0, 0.0) };
        match p.reset {
            Reset::Subtract => v -= z * taken,
            Reset::Zero if fires => v = 0.0,
            _ => (),
        }
        fires
    };
    (0..ticks).filter(tick).collect()
}

#[test]
fn adaptive_neurons_fire_as_their_equations_say_in_every_convention() {
    for (reset, reset_by) in [
        (Reset::SubtractNextTick, ResetBy::Base),
        (Reset::SubtractNextTick, ResetBy::Adapted),
        (Reset::Subtract, ResetBy::Base),
        (Reset::Subtract, ResetBy::Adapted),
        (Reset::Zero, ResetBy::Base),
    ] {
        for scaled in [false, true] {
            let p = Alif {
                threshold: (if scaled { 0.2 } else { 1.3 }).into(),
                beta: (if scaled { 1.6 } else { 0.3 }).into(),
                bias: 0.03125.into(),
                refractory_ms: 4.0,
                scaled_input: scaled,
                scaled_adaptation: scaled,
                reset,
                reset_by,
                ..Alif::default()
            };
            let expected = expected_alif(&p, 400);
            assert!(expected.len() > 10, "{p:?} fires: {expected:?}");
            assert_eq!(spikes_of(CurrentKernel::alif(&p, &context(1)).unwrap(), 400), expected, "{p:?}");
        }
    }
}

#[test]
fn a_plain_neuron_is_an_adaptive_one_without_adaptation() {
    for reset in [Reset::SubtractNextTick, Reset::Subtract, Reset::Zero] {
        let lif = Lif { threshold: 0.6.into(), refractory_ms: 5.0, reset, ..Lif::default() };
        let alif = Alif { threshold: 0.6.into(), refractory_ms: 5.0, reset, beta: 0.0.into(), ..Alif::default() };
        let spikes = spikes_of(CurrentKernel::lif(&lif, &context(1)).unwrap(), 400);
        assert!(spikes.len() > 10);
        assert_eq!(spikes, expected_alif(&alif, 400));
        assert_eq!(spikes, spikes_of(CurrentKernel::alif(&alif, &context(1)).unwrap(), 400));
    }
}

#[test]
fn after_a_spike_of_tick_t_the_next_may_come_once_the_refractory_ticks_are_over() {
    // Driven far above its threshold it fires whenever it may.
    for (refractory_ms, period) in [(0.0, 1), (4.0, 5), (5.0, 6)] {
        let p = Lif { threshold: 0.1.into(), bias: 10.0.into(), refractory_ms, ..Lif::default() };
        let spikes = spikes_of(CurrentKernel::lif(&p, &context(1)).unwrap(), 30);
        assert_eq!(spikes, (0..30).step_by(period).collect::<Vec<u64>>());
    }
}

#[test]
fn the_comparison_decides_at_the_threshold() {
    let fires = |comparison| {
        let p = Lif { bias: 1.0.into(), comparison, ..Lif::default() };
        let mut spikes = Vec::new();
        CurrentKernel::lif(&p, &context(1)).unwrap().tick(Arrivals { excitatory: &[0.0; 8], inhibitory: &[0.0; 8] }, &mut spikes);
        !spikes.is_empty()
    };
    assert_eq!([Comparison::Above, Comparison::AtLeast].map(fires), [false, true]);
}

#[test]
fn symplectic_neurons_fire_as_their_equations_say() {
    let p = SeAdLif { threshold: 0.1.into(), a: 0.4.into(), b: 0.05.into(), q: 12.0, bias: 0.0625.into(), ..SeAdLif::default() };
    let [alpha, beta] = [p.tau_u_ms.of(0), p.tau_w_ms.of(0)].map(|tau| (-1.0 / tau).exp());
    let (mut u, mut w) = (0.0, 0.0);
    let tick = |t: &u64| {
        u = alpha * u + (1.0 - alpha) * (arriving(*t) + 0.0625 - w);
        let fires = u > 0.1;
        u *= f64::from(u8::from(!fires));
        w = beta * w + (1.0 - beta) * p.q * (0.4 * u + 0.05 * f64::from(u8::from(fires)));
        fires
    };
    let expected: Vec<u64> = (0..600).filter(tick).collect();
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(spikes_of(CurrentKernel::se_adlif(&p, &context(1)).unwrap(), 600), expected);
}

/// `cuba_lif` as its page has it, one neuron: its spikes, and the potential that each tick leaves.
fn expected_cuba(p: &CubaLif, ticks: u64) -> (Vec<u64>, Vec<f64>) {
    let [alpha, beta] = [p.tau_ms.of(0), p.tau_syn_ms.of(0)].map(|tau| (-1.0 / tau).exp());
    let gain = if p.scaled_input { 1.0 - alpha } else { 1.0 };
    let (mut i, mut v, mut z, mut left, mut potentials) = (0.0, 0.0, 0.0, 0.0, Vec::new());
    let tick = |t: &u64| {
        i = beta * i + (arriving(*t) + p.bias_syn.of(0));
        v = alpha * v + gain * (i + p.bias.of(0));
        if p.reset == Reset::SubtractNextTick {
            v -= z * p.threshold.of(0);
        }
        let fires = left == 0.0 && if p.comparison == Comparison::Above { v > p.threshold.of(0) } else { v >= p.threshold.of(0) };
        z = f64::from(u8::from(fires));
        left = if fires { p.refractory_ms } else { f64::max(left - 1.0, 0.0) };
        match p.reset {
            Reset::Subtract => v -= z * p.threshold.of(0),
            Reset::Zero if fires => v = 0.0,
            _ => (),
        }
        potentials.push(v);
        fires
    };
    ((0..ticks).filter(tick).collect(), potentials)
}

#[test]
fn a_current_that_decays_reaches_the_membrane_as_its_equations_say_in_every_convention() {
    for reset in [Reset::SubtractNextTick, Reset::Subtract, Reset::Zero] {
        for (scaled_input, threshold, refractory_ms) in [(false, 9.0, 0.0), (true, 0.9, 3.0)] {
            let p = CubaLif {
                tau_syn_ms: 7.0.into(),
                tau_ms: 13.0.into(),
                threshold: threshold.into(),
                bias: (-0.0625).into(),
                bias_syn: 0.03125.into(),
                refractory_ms,
                scaled_input,
                reset,
                comparison: Comparison::AtLeast,
            };
            let (expected, potentials) = expected_cuba(&p, 600);
            assert!(expected.len() > 10 && expected.len() < 300, "{p:?} fires: {expected:?}");
            let kernel = || CurrentKernel::cuba_lif(&p, &context(1)).unwrap();
            assert_eq!(spikes_of(kernel(), 600), expected, "{p:?}");
            let mut kernel = kernel();
            for (t, potential) in potentials.into_iter().enumerate() {
                let mut current = [0.0; 8];
                current[0] = arriving(t as u64) as f32;
                kernel.tick(Arrivals { excitatory: &current, inhibitory: &[0.0; 8] }, &mut Vec::new());
                let found = f64::from(kernel.membrane()[0]);
                assert!((found - potential).abs() < 2e-6 * threshold, "{reset:?}, tick {t}: {found} {potential}");
            }
        }
    }
}

/// A current that is gone after its tick leaves the neuron without a synapse, to the bit.
#[test]
fn a_neuron_whose_current_is_gone_at_once_is_the_one_without() {
    let lif = Lif { threshold: 0.6.into(), bias: 0.02.into(), refractory_ms: 2.0, ..Lif::default() };
    let Lif { threshold, bias, refractory_ms, .. } = lif.clone();
    let cuba = CubaLif { tau_syn_ms: 1e-4.into(), threshold, bias, refractory_ms, ..CubaLif::default() };
    assert_eq!(cuba.membrane(), lif);
    let of = |kernel: CurrentKernel| spikes_of(kernel, 400);
    let spikes = of(CurrentKernel::cuba_lif(&cuba, &context(1)).unwrap());
    assert!(spikes.len() > 10);
    assert_eq!(spikes, of(CurrentKernel::lif(&lif, &context(1)).unwrap()));
}

#[test]
fn a_readout_behind_a_synapse_follows_its_equations_and_never_fires() {
    let p = CubaReadout {
        tau_syn_ms: 3.0.into(),
        tau_ms: 30.0.into(),
        bias: 0.5.into(),
        bias_syn: (-0.125).into(),
        scaled_input: true,
    };
    let mut kernel = CurrentKernel::cuba_readout(&p, &context(1)).unwrap();
    let [beta, kappa] = [3.0f64, 30.0].map(|tau| (-1.0 / tau).exp());
    let (mut i, mut y, mut spikes) = (0.0, 0.0, Vec::new());
    for t in 0..300 {
        i = beta * i + (arriving(t) - 0.125);
        y = kappa * y + (1.0 - kappa) * (i + 0.5);
        let mut current = [0.0; 8];
        current[0] = arriving(t) as f32;
        kernel.tick(Arrivals { excitatory: &current, inhibitory: &[0.0; 8] }, &mut spikes);
        let found = f64::from(kernel.values().unwrap()[0]);
        assert!((found - y).abs() < 2e-6, "tick {t}: {found} {y}");
    }
    assert!(spikes.is_empty());
}

/// Neurons with parameters of their own, over random input: all that is kept is the same to the bit in both versions of the kernels.
#[test]
fn synapses_give_the_same_bits_in_vector_code() {
    let each = |base: f64, step: f64| PerNeuron::Each((0..21).map(|i| base + step * f64::from(i)).collect());
    let p = CubaLif {
        tau_syn_ms: each(2.0, 0.7),
        tau_ms: each(8.0, 1.3),
        threshold: each(3.0, 0.1),
        bias_syn: each(-0.1, 0.03),
        ..CubaLif::default()
    };
    let readout = CubaReadout { tau_syn_ms: each(2.0, 0.7), tau_ms: each(8.0, 1.3), ..CubaReadout::default() };
    let makes: [&dyn Fn() -> CurrentKernel; 2] = [&|| CurrentKernel::cuba_lif(&p, &context(21)).unwrap(), &|| {
        CurrentKernel::cuba_readout(&readout, &context(21)).unwrap()
    }];
    for make in makes {
        let states = [Kernel::Avx2, Kernel::Baseline].map(|version| {
            let mut kernel = make().with_kernel(version);
            let mut spikes = Vec::new();
            for t in 0..500 {
                let mut current = [0.0; 24];
                random_spikes(17, t, 21, 0.2).iter().for_each(|&i| current[i as usize] = 0.7 + 0.01 * i as f32);
                kernel.tick(Arrivals { excitatory: &current, inhibitory: &[0.0; 24] }, &mut spikes);
            }
            (spikes, embody_brain::state::State::save(&kernel))
        });
        assert!(states[0] == states[1]);
    }
}

fn projection(name: &str, source: &str, target: &str, ticks: u64, weights: Vec<f32>) -> Projection {
    Projection {
        name: name.into(),
        source: source.into(),
        target: target.into(),
        delay_ns: ticks * MS,
        synapses: Synapses::Fixed(weights),
    }
}

fn population(name: &str, size: usize, model: &str, parameters: &impl serde::Serialize) -> Population {
    Population { name: name.into(), size, kind: PopulationKind::Neurons(Model::new(model, parameters).unwrap()) }
}

/// Spiking and analogue inputs, all models, recurrence, and a readout.
fn everything() -> NetworkSpec {
    let numbers = |n: usize, seed: u64| -> Vec<f32> {
        (0..n).map(|i| random_spikes(seed, i as u64, 64, 0.5).len() as f32 / 64.0 - 0.45).collect()
    };
    let each = PerNeuron::Each((0..9).map(|i| f64::from(i) * 0.02).collect());
    let alif = Alif { threshold: 0.5.into(), beta: each, refractory_ms: 2.0, reset_by: ResetBy::Adapted, ..Alif::default() };
    NetworkSpec {
        tick_ns: MS,
        populations: vec![
            Population { name: "spikes".into(), size: 20, kind: PopulationKind::Input },
            Population { name: "values".into(), size: 3, kind: PopulationKind::Analogue },
            population("lif", 17, "lif", &Lif { threshold: 0.6.into(), refractory_ms: 3.0, ..Lif::default() }),
            population("alif", 9, "alif", &alif),
            population(
                "se",
                11,
                "se_adlif",
                &SeAdLif { threshold: 0.05.into(), b: 0.02.into(), a: 0.1.into(), ..SeAdLif::default() },
            ),
            population("cuba", 10, "cuba_lif", &CubaLif { threshold: 2.0.into(), refractory_ms: 1.0, ..CubaLif::default() }),
            population("out", 4, "leaky_readout", &LeakyReadout::default()),
            population("smooth", 3, "cuba_readout", &CubaReadout::default()),
        ],
        projections: vec![
            projection("values-lif", "values", "lif", 0, numbers(51, 11)),
            projection("spikes-lif", "spikes", "lif", 0, numbers(340, 12)),
            projection("lif-lif", "lif", "lif", 1, numbers(289, 13)),
            projection("lif-alif", "lif", "alif", 2, numbers(153, 14)),
            projection("alif-lif", "alif", "lif", 1, numbers(153, 15)),
            projection("values-se", "values", "se", 3, numbers(33, 16)),
            projection("lif-se", "lif", "se", 1, numbers(187, 17)),
            projection("lif-out", "lif", "out", 0, numbers(68, 18)),
            projection("alif-out", "alif", "out", 5, numbers(36, 19)),
            projection("se-out", "se", "out", 0, numbers(44, 20)),
            projection("spikes-cuba", "spikes", "cuba", 0, numbers(200, 21)),
            projection("cuba-cuba", "cuba", "cuba", 2, numbers(100, 22)),
            projection("cuba-lif", "cuba", "lif", 1, numbers(170, 23)),
            projection("cuba-smooth", "cuba", "smooth", 0, numbers(30, 24)),
        ],
        readouts: vec!["lif".into(), "alif".into(), "se".into(), "cuba".into(), "out".into(), "smooth".into()],
    }
}

#[test]
fn the_float_substrate_conforms_with_these_models() {
    let substrate = FloatSubstrate::new(Arc::new(Models::default()));
    conformance::substrate(&substrate, &everything());
    for kernel in [Kernel::Avx2, Kernel::Baseline] {
        let lif = Lif { threshold: 0.5.into(), refractory_ms: 2.0, ..Lif::default() };
        let alif = Alif { threshold: 0.5.into(), beta: 0.1.into(), ..Alif::default() };
        let se = SeAdLif { threshold: 0.05.into(), ..SeAdLif::default() };
        conformance::neurons(|| Box::new(CurrentKernel::lif(&lif, &context(13)).unwrap().with_kernel(kernel)), 13);
        conformance::neurons(|| Box::new(CurrentKernel::alif(&alif, &context(13)).unwrap().with_kernel(kernel)), 13);
        conformance::neurons(|| Box::new(CurrentKernel::se_adlif(&se, &context(13)).unwrap().with_kernel(kernel)), 13);
        let readout = || CurrentKernel::leaky_readout(&LeakyReadout::default(), &context(13)).unwrap().with_kernel(kernel);
        conformance::neurons(|| Box::new(readout()), 13);
        let cuba = CubaLif { threshold: 3.0.into(), refractory_ms: 2.0, ..CubaLif::default() };
        conformance::neurons(|| Box::new(CurrentKernel::cuba_lif(&cuba, &context(13)).unwrap().with_kernel(kernel)), 13);
        let readout = || CurrentKernel::cuba_readout(&CubaReadout::default(), &context(13)).unwrap().with_kernel(kernel);
        conformance::neurons(|| Box::new(readout()), 13);
    }
}

#[test]
fn a_readout_holds_the_spikes_of_its_own_tick_and_values_stand_until_others_are_set() {
    let lif = Lif { threshold: 1.5.into(), reset: Reset::Zero, tau_ms: 1e-3.into(), ..Lif::default() };
    let spec = NetworkSpec {
        tick_ns: MS,
        populations: vec![
            Population { name: "in".into(), size: 2, kind: PopulationKind::Analogue },
            population("neuron", 1, "lif", &lif),
            population("out", 1, "leaky_readout", &LeakyReadout::default()),
        ],
        projections: vec![
            projection("in-neuron", "in", "neuron", 0, vec![1.0, 2.0]),
            projection("neuron-out", "neuron", "out", 0, vec![4.0]),
        ],
        readouts: vec!["neuron".into(), "out".into()],
    };
    let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 1).unwrap();
    let (mut output, mut y, kappa) = (TickOutput::default(), 0.0f32, (-1.0f64 / 20.0).exp() as f32);
    for (tick, values) in [Some([0.0, 0.0]), Some([0.0, 1.0]), None, Some([1.0, 0.0]), None].into_iter().enumerate() {
        if let Some(values) = values {
            network.set_values("in", &values).unwrap();
        }
        network.tick(TickInput::default(), &mut output);
        let fires = tick == 1 || tick == 2;
        assert_eq!(output.spikes[0], if fires { vec![0] } else { vec![] }, "tick {tick}");
        y = kappa * y + if fires { 4.0 } else { 0.0 };
        assert_eq!(output.values, [vec![], vec![y]], "tick {tick}");
    }
    for wrong in [("in", &[1.0][..]), ("in", &[f32::NAN, 0.0]), ("neuron", &[1.0, 1.0])] {
        let error = network.set_values(wrong.0, wrong.1).unwrap_err().to_string();
        assert!(error.contains(wrong.0), "{error}");
    }
}

#[test]
fn a_delay_of_zero_is_refused_where_it_could_close_a_circle() {
    let substrate = FloatSubstrate::new(Arc::new(Models::default()));
    for name in ["lif-lif", "lif-alif"] {
        let mut spec = everything();
        spec.projections.iter_mut().find(|p| p.name == name).unwrap().delay_ns = 0;
        let error = substrate.compile(&spec).err().unwrap();
        assert!(matches!(&error, CompileError::Invalid { part, why } if part == name && why.contains("at least one")), "{error}");
    }
    let mut spec = everything();
    spec.projections.push(projection("out-lif", "out", "lif", 1, vec![0.0; 68]));
    assert!(substrate.compile(&spec).err().unwrap().to_string().contains("readout"));
}

#[test]
fn what_a_parameter_must_be_is_said() {
    let lif = |p: Lif| CurrentKernel::lif(&p, &context(3)).err().unwrap();
    assert!(lif(Lif { tau_ms: 0.0.into(), ..Lif::default() }).contains("tau_ms"));
    assert!(lif(Lif { refractory_ms: 1.5, ..Lif::default() }).contains("refractory_ms: expected a whole number of ticks"));
    let message = lif(Lif { threshold: PerNeuron::Each(vec![1.0; 2]), ..Lif::default() });
    assert!(message.contains("threshold: expected one number or 3, found 2"), "{message}");
    assert!(lif(Lif { bias: f64::NAN.into(), ..Lif::default() }).contains("bias"));
    let cuba = |p: CubaLif| CurrentKernel::cuba_lif(&p, &context(3)).err().unwrap();
    assert!(cuba(CubaLif { tau_syn_ms: (-1.0).into(), ..CubaLif::default() }).contains("tau_syn_ms"));
    assert!(cuba(CubaLif { bias_syn: PerNeuron::Each(vec![0.0; 4]), ..CubaLif::default() }).contains("bias_syn: expected one"));
    assert!(cuba(CubaLif { tau_ms: 0.0.into(), ..CubaLif::default() }).starts_with("tau_ms"));
}

/// `u` and `v` as a network shows them: one spike of weight 1 through synapse and membrane.
#[test]
fn a_network_shows_current_and_potential_of_its_neurons() {
    let neurons = |name: &str, model| Population { name: name.into(), size: 1, kind: PopulationKind::Neurons(model) };
    let into = |target: &str| Projection {
        name: target.into(),
        source: "in".into(),
        target: target.into(),
        delay_ns: 0,
        synapses: Synapses::Fixed(vec![1.0]),
    };
    let cuba = CubaLif { tau_syn_ms: 5.0.into(), tau_ms: 20.0.into(), threshold: 100.0.into(), ..CubaLif::default() };
    let spec = NetworkSpec {
        tick_ns: MS,
        populations: vec![
            Population { name: "in".into(), size: 1, kind: PopulationKind::Input },
            neurons("cuba", Model::new("cuba_lif", &cuba).unwrap()),
            neurons("out", Model::new("leaky_readout", &LeakyReadout { tau_ms: 20.0.into(), ..Default::default() }).unwrap()),
        ],
        projections: vec![into("cuba"), into("out")],
        readouts: vec!["cuba".into(), "out".into()],
    };
    let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 1).unwrap();
    let (mut output, mut u, mut v, mut y) = (TickOutput::default(), 0.0, 0.0, 0.0);
    let [alpha, beta] = [20.0f64, 5.0].map(|tau| (-1.0 / tau).exp());
    for tick in 0..50 {
        let spikes: &[u32] = if tick == 0 { &[0] } else { &[] };
        let arrives = spikes.len() as f64;
        network.tick(TickInput { spikes: &[spikes], ..TickInput::default() }, &mut output);
        u = beta * u + arrives;
        (v, y) = (alpha * v + u, alpha * y + arrives);
        let near = |shown: &(&str, Vec<f64>), name: &str, value: f64| shown.0 == name && (shown.1[0] - value).abs() < 1e-5;
        let shown = network.variables("cuba");
        assert!(shown.len() == 2 && near(&shown[0], "u", u) && near(&shown[1], "v", v), "tick {tick}: {shown:?} {u} {v}");
        let shown = network.variables("out");
        assert!(shown.len() == 1 && near(&shown[0], "v", y), "tick {tick}: {shown:?} {y}");
    }
    assert!(network.variables("in").is_empty() && network.variables("nobody").is_empty());
}
