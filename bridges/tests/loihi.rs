//! Loihi: a trace of Lava to the bit, learning vectors, what becomes of networks, and what is refused.
#![cfg(feature = "chips")]

use std::sync::Arc;

use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{Alif, Comparison, LeakyReadout, Lif, Poisson, Reset};
use embody_brain::plasticity::spore::Spore;
use embody_brain::plasticity::{Activity, ProjectionContext, RuleKernel};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{
    CompileError, FloatSubstrate, Model, Models, NetworkSpec, Population, PopulationKind, Probe, Projection, Substrate, Synapses,
    ThirdFactor, TickInput, TickOutput,
};
use embody_bridges::chips::loihi::learning::{Dependency, Factor, Product, Rounding, Trace, Variable};
use embody_bridges::chips::loihi::{self, Loihi, LoihiOptions, SumOfProducts, SumOfProductsKernel};
use embody_bridges::chips::{ChipSubstrate, Place};
use proptest::prelude::*;

const MS: u64 = 1_000_000;

fn chip(options: LoihiOptions) -> ChipSubstrate<Loihi> {
    let mut models = Models::default();
    loihi::register(&mut models);
    ChipSubstrate::new(Loihi::new(options).unwrap(), Arc::new(models))
}

fn input(name: &str, size: usize) -> Population {
    Population { name: name.into(), size, kind: PopulationKind::Input }
}

fn neurons(name: &str, size: usize, model: &str, parameters: &impl serde::Serialize) -> Population {
    Population { name: name.into(), size, kind: PopulationKind::Neurons(Model::new(model, parameters).unwrap()) }
}

fn projection(name: &str, source: &str, target: &str, delay_ns: u64, synapses: Synapses) -> Projection {
    Projection { name: name.into(), source: source.into(), target: target.into(), delay_ns, synapses }
}

fn plastic(per_pair: usize, rule: &str, parameters: &impl serde::Serialize) -> Synapses {
    Synapses::Plastic { per_pair, rule: Model::new(rule, parameters).unwrap() }
}

fn lif() -> Lif {
    Lif { reset: Reset::Zero, ..Lif::default() }
}

/// Weights of both signs in a fixed pattern.
fn weights(n: usize) -> Synapses {
    Synapses::Fixed((0..n).map(|i| (i * 37 % 101) as f32 / 100.0 - 0.3).collect())
}

/// An input and recurrent `lif` neurons with delays, read out by a readout.
fn recurrent(size: usize, neuron: &Lif) -> NetworkSpec {
    NetworkSpec {
        tick_ns: MS,
        populations: vec![
            input("in", 5),
            neurons("hidden", size, "lif", neuron),
            neurons("out", 2, "leaky_readout", &LeakyReadout::default()),
        ],
        projections: vec![
            projection("in", "in", "hidden", MS, weights(5 * size)),
            projection("recurrent", "hidden", "hidden", 3 * MS, weights(size * size)),
            projection("out", "hidden", "out", 0, weights(2 * size)),
        ],
        readouts: vec!["hidden".into(), "out".into()],
    }
}

/// The network of the SPORE controller: inputs that learn to drive stochastic neurons.
fn spore(visual: usize, motor: usize, per_pair: usize) -> NetworkSpec {
    let rule = Spore { beta_per_ms: 1e-4, theta_init_mean: 1.0, theta_init_deviation: 0.5, ..Spore::default() };
    let neuron = Poisson { bias_mv: 5.0, ..Poisson::default() };
    NetworkSpec {
        tick_ns: MS,
        populations: vec![input("visual", visual), neurons("motor", motor, "poisson_dbl_exp", &neuron)],
        projections: vec![projection("visual-motor", "visual", "motor", MS, plastic(per_pair, "spore", &rule))],
        readouts: vec!["motor".into()],
    }
}

#[test]
fn lavas_trace_is_met_to_the_bit() {
    let rows = include_str!("data/loihi/lif_lava_cpu_fixed.csv").lines().map(|line| {
        let numbers: Vec<f64> = line.split(',').map(|number| number.trim().parse().unwrap()).collect();
        [numbers[0], numbers[1], numbers[2]]
    });
    let rows: Vec<[f64; 3]> = rows.collect();
    let spikes_in: Vec<bool> = include_str!("data/loihi/lif_input.csv").lines().map(|line| line.trim() == "1").collect();
    assert_eq!((rows.len(), spikes_in.len()), (1000, 1000));
    // A silent second input whose weight fixes the scale at 1, so that weight and threshold are the chip's 10 and 25. exp(-h/tau) = 0.96.
    let tau_ms = (-0.1 / libm::log(0.96)).into();
    let spec = NetworkSpec {
        tick_ns: 100_000,
        populations: vec![input("in", 2), neurons("lif", 1, "lif", &Lif { tau_ms, threshold: 25.0.into(), ..lif() })],
        projections: vec![projection("in", "in", "lif", 100_000, Synapses::Fixed(vec![10.0, 200.0]))],
        readouts: vec!["lif".into()],
    };
    let mut network = Compiled::new(chip(LoihiOptions::default()), &spec, 1).unwrap();
    let (mut output, mut spikes) = (TickOutput::default(), Vec::new());
    for (step, row) in rows.iter().enumerate() {
        assert_eq!(spikes_in[step], row[0] == 1.0);
        let given: &[u32] = if spikes_in[step] { &[0] } else { &[] };
        network.tick(TickInput { spikes: &[given], third_factor: ThirdFactor::None }, &mut output);
        let variables = network.variables("lif");
        assert_eq!([variables[0].0, variables[1].0], ["u", "v"]);
        assert_eq!(variables[1].1[0], row[1], "voltage of step {step}");
        assert_eq!(output.spikes[0].len() as f64, row[2], "spikes of step {step}");
        assert_eq!(network.probe(&Probe::Membrane("lif".into())).unwrap(), [(variables[1].1[0] / 64.0) as f32]);
        spikes.extend(output.spikes[0].iter().map(|_| step));
    }
    assert_eq!(spikes, [461, 511, 711, 761]);
    let counters: std::collections::BTreeMap<_, _> = network.counters().into_iter().collect();
    assert_eq!((counters["spikes"], counters["synaptic_operations"], counters["neuron_updates_driven"]), (4, 34, 34));
    assert_eq!(counters["neuron_updates_idle"], 966);
}

/// Weight and x1 after an epoch of 4 with spikes of the source at the given steps and of the target at step 3.
fn learned(on: Dependency, pre_at: &[u32]) -> (i32, u8) {
    let product = Product { on, factors: vec![Factor { variable: Variable::X1, plus: 0 }], mantissa: 1, exponent: 0 };
    let parameters = SumOfProducts {
        initial_weight: 10.0.into(),
        epoch_ticks: 4,
        x1: Trace { tau_ticks: 20.0, impulse: 16 },
        dw: vec![product],
        rounding: Rounding::Down,
        ..SumOfProducts::default()
    };
    let context = ProjectionContext { sources: 1, targets: 1, per_pair: 1, tick_ms: 1.0, seed: 1 };
    let mut kernel = SumOfProductsKernel::new(&parameters, &context).unwrap();
    for step in 1..=4 {
        let (pre, post): (&[u32], &[u32]) = (if pre_at.contains(&step) { &[0] } else { &[] }, if step == 3 { &[0] } else { &[] });
        let asks = kernel.tick(Activity { pre, post, bap: &[0.0; 8], third_factor: 0.0, learning: true });
        assert_eq!(asks, step == 4);
    }
    (kernel.whole_weights()[0], kernel.source_traces()[0][0])
}

#[test]
fn an_epoch_of_learning_gives_lavas_weights() {
    assert_eq!(learned(Dependency::X0, &[2]), (26, 14));
    assert_eq!(learned(Dependency::Y0, &[2]), (25, 14));
    assert_eq!(learned(Dependency::U(0), &[2]), (24, 14));
    assert_eq!(learned(Dependency::U(1), &[2]), (10, 14), "the first epoch isn't an even one");
    // The spike at step 1 leaves 16 behind at once: 15, 14, then 13 + 16 at step 3, and 27.
    assert_eq!(learned(Dependency::X0, &[1, 3]), (39, 27));
    assert_eq!(learned(Dependency::X0, &[]), (10, 0));
}

/// Inputs that learn on the chip, by spike-timing-dependent plasticity, to drive `lif` neurons.
fn on_chip_rule() -> NetworkSpec {
    let product = |on, variable, mantissa| Product { on, factors: vec![Factor { variable, plus: 0 }], mantissa, exponent: -3 };
    let rule = SumOfProducts {
        initial_weight: 60.0.into(),
        epoch_ticks: 8,
        x1: Trace { tau_ticks: 15.0, impulse: 40 },
        y1: Trace { tau_ticks: 15.0, impulse: 40 },
        dw: vec![product(Dependency::Y0, Variable::X1, 1), product(Dependency::X0, Variable::Y1, -1)],
        ..SumOfProducts::default()
    };
    NetworkSpec {
        tick_ns: MS,
        populations: vec![input("in", 20), neurons("lif", 9, "lif", &Lif { threshold: 150.0.into(), ..lif() })],
        projections: vec![projection("learned", "in", "lif", MS, plastic(2, loihi::RULE, &rule))],
        readouts: vec!["lif".into()],
    }
}

#[test]
fn it_conforms() {
    conformance::substrate(&chip(LoihiOptions::default()), &recurrent(20, &lif()));
    conformance::substrate(&chip(LoihiOptions::default()), &spore(20, 9, 2));
    conformance::substrate(&chip(LoihiOptions::default()), &on_chip_rule());
    let mut on_lif = recurrent(20, &lif());
    let rule = Spore { beta_per_ms: 1e-4, theta_init_mean: 2.0, theta_init_deviation: 0.5, ..Spore::default() };
    on_lif.projections[0].synapses = plastic(3, "spore", &rule);
    conformance::substrate(&chip(LoihiOptions::default()), &on_lif);
}

#[test]
fn the_chips_rule_conforms_as_a_rule_and_runs_elsewhere() {
    let Synapses::Plastic { rule, .. } = &on_chip_rule().projections[0].synapses else { panic!() };
    let parameters: SumOfProducts = serde::Deserialize::deserialize(&rule.parameters).unwrap();
    let make = || -> Box<dyn RuleKernel> {
        let context = ProjectionContext { sources: 10, targets: 9, per_pair: 3, tick_ms: 1.0, seed: 3 };
        Box::new(SumOfProductsKernel::new(&parameters, &context).unwrap())
    };
    conformance::rule(make, 10, 9, 3);
    let (_, on_chip) = chip(LoihiOptions::default()).compile(&on_chip_rule()).unwrap();
    assert!(on_chip.on_host.is_empty(), "{:?}", on_chip.on_host);
    let options = LoihiOptions { plasticity: Some(Place::Host), ..LoihiOptions::default() };
    let (_, on_host) = chip(options).compile(&on_chip_rule()).unwrap();
    assert!(on_host.on_host[0].0.contains("learned"), "{:?}", on_host.on_host);
}

#[test]
fn learning_on_the_chip_moves_weights_in_whole_numbers() {
    let mut network = Compiled::new(chip(LoihiOptions::default()), &on_chip_rule(), 3).unwrap();
    let before = network.weights("learned").unwrap();
    assert!(before.iter().all(|&w| w == 60.0));
    let mut output = TickOutput::default();
    for tick in 0..800 {
        let spikes = random_spikes(8, tick, 20, 0.05);
        network.tick(TickInput { spikes: &[&spikes], third_factor: ThirdFactor::None }, &mut output);
    }
    let after = network.weights("learned").unwrap();
    assert!(after.iter().all(|w| w.fract() == 0.0 && (-256.0..=255.0).contains(w)));
    assert!(after.iter().filter(|&&w| w != 60.0).count() > 100 && after.iter().any(|w| w % 2.0 != 0.0), "{after:?}");
    let counters: std::collections::BTreeMap<_, _> = network.counters().into_iter().collect();
    assert_eq!(counters["plasticity_updates"], 100 * 20 * 2 * 9);
    assert_eq!(counters["rounded_weights"] + counters["clipped_weights"], 0, "what the rule asks for is what is stored");
}

#[test]
fn spore_learns_on_the_host_through_eight_bits() {
    let spec = spore(40, 10, 4);
    let substrate = chip(LoihiOptions::default());
    let (_, fidelity) = substrate.compile(&spec).unwrap();
    let parts: Vec<&str> = fidelity.on_host.iter().map(|(part, _)| part.as_str()).collect();
    assert!(parts[0].contains("poisson_dbl_exp") && parts[1].contains("spore"), "{parts:?}");
    // A typical weight, exp(1 - 3), is 4.6 whole numbers.
    assert!((0.02..0.08).contains(&fidelity.quantisation_error) && fidelity.clipped == 0, "{fidelity:?}");
    let mut network = Compiled::new(substrate, &spec, 3).unwrap();
    let mut float = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 3).unwrap();
    let before = network.weights("visual-motor").unwrap();
    let (mut output, mut fired) = (TickOutput::default(), [0, 0]);
    for tick in 0..2000 {
        let spikes = random_spikes(8, tick, 40, 0.02);
        let input = TickInput { spikes: &[&spikes], third_factor: ThirdFactor::PerPopulation(&[0.0, 0.3]) };
        for (network, fired) in [&mut network as &mut dyn Network, &mut float].into_iter().zip(&mut fired) {
            network.tick(input, &mut output);
            *fired += output.spikes[0].len();
        }
    }
    let after = network.weights("visual-motor").unwrap();
    let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert!(changed > before.len() / 4, "{changed} of {}", before.len());
    // 256 over the greatest weight, exp(theta_max - theta0) = 7.389.
    assert!(
        after.iter().all(|w| (w * 34.0 - (w * 34.0).round()).abs() < 1e-4 && (0.0..=7.5).contains(w)),
        "eight bits without sign"
    );
    let [chip, float] = fired.map(|n| n as f64);
    assert!((chip / float - 1.0).abs() < 0.1, "{chip} spikes on the chip, {float} in floats");
}

#[test]
fn a_quantised_network_fires_much_like_the_float_one() {
    let spec = recurrent(60, &Lif { bias: 0.03.into(), ..lif() });
    let (_, fidelity) = chip(LoihiOptions::default()).compile(&spec).unwrap();
    assert!(fidelity.quantisation_error < 0.01 && fidelity.on_host.is_empty(), "{fidelity:?}");
    let changed = fidelity.changed.iter().map(|(part, what)| format!("{part}: {what}")).collect::<Vec<_>>().join("\n");
    for what in ["hidden: time constant", "hidden: bias rounded", "out: time constant", "out: a spike takes one step"] {
        assert!(changed.contains(what), "{changed}");
    }
    let resource = |name: &str| fidelity.resources.iter().find(|(known, ..)| known == name).map(|&(_, used, of)| (used, of));
    assert_eq!(resource("cores"), Some((1.0, 128.0)));
    assert_eq!(resource("compartments of the fullest core"), Some((62.0, 1024.0)));
    assert_eq!(resource("threshold configurations of the fullest core"), Some((2.0, 7.0)));
    let mut count = [0.0, 0.0];
    let float = FloatSubstrate::new(Arc::new(Models::default()));
    let mut networks: [Box<dyn Network>; 2] = [
        Box::new(Compiled::new(chip(LoihiOptions::default()), &spec, 1).unwrap()),
        Box::new(Compiled::new(float, &spec, 1).unwrap()),
    ];
    for (network, count) in networks.iter_mut().zip(&mut count) {
        let mut output = TickOutput::default();
        for tick in 0..1000 {
            let spikes = random_spikes(8, tick, 5, 0.1);
            network.tick(TickInput { spikes: &[&spikes], third_factor: ThirdFactor::None }, &mut output);
            *count += output.spikes[0].len() as f64;
            assert_eq!(output.values[1].len(), 2);
        }
    }
    assert!(count[1] > 500.0 && (count[0] / count[1] - 1.0).abs() < 0.1, "{count:?}");
}

#[test]
fn weights_are_scaled_by_the_largest_and_cut_to_even_numbers() {
    let mut spec = recurrent(2, &lif());
    spec.projections.truncate(1);
    spec.projections[0].synapses = Synapses::Fixed(vec![1.0, -0.5, 0.1, 0.003, 0.004, -1.0, 0.0, 0.0, 0.0, 0.0]);
    let network = Compiled::new(chip(LoihiOptions::default()), &spec, 1).unwrap();
    let stored: Vec<f32> = network.weights("in").unwrap().iter().map(|w| w * 256.0).collect();
    assert_eq!(stored, [254.0, -128.0, 26.0, 0.0, 2.0, -256.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(network.fidelity().clipped, 1, "1.0 would be +256");
}

#[test]
fn graded_spikes_carry_analogue_values() {
    let mut spec = recurrent(3, &lif());
    spec.populations[0].kind = PopulationKind::Analogue;
    spec.populations.push(input("spikes", 1));
    spec.projections.truncate(1);
    spec.projections[0].delay_ns = 0;
    spec.projections[0].synapses = Synapses::Fixed([[0.5, 0.25, -0.5]; 5].concat());
    let mut network = Compiled::new(chip(LoihiOptions::default()), &spec, 1).unwrap();
    assert!(network.fidelity().changed.iter().any(|(_, what)| what.contains("graded spikes")));
    network.set_values("in", &[0.5, 0.0, 0.25, 0.0, -0.125]).unwrap();
    let mut output = TickOutput::default();
    network.tick(TickInput::default(), &mut output);
    let variables = network.variables("hidden");
    // The scale is 512: weights 256 (held at 254), 128 and -256, times 0.625, in u's unit of 1/64.
    assert_eq!(variables[0].1, [158.0 * 64.0, 80.0 * 64.0, -160.0 * 64.0], "254 x 0.625 = 158.75, shifted down");
}

fn refusal(options: LoihiOptions, spec: &NetworkSpec) -> CompileError {
    match chip(options).compile(spec) {
        Err(error) => error,
        Ok(_) => panic!("it compiles"),
    }
}

#[test]
fn what_the_chip_lacks_is_refused_by_name() {
    let unsupported = |options: LoihiOptions, spec: &NetworkSpec, parts: &[&str]| {
        let error = refusal(options, spec);
        assert!(matches!(error, CompileError::Unsupported { .. }), "{error:?}");
        let message = error.to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    };
    let default = LoihiOptions::default;
    let asked = Lif { refractory_ms: 5.0, comparison: Comparison::AtLeast, ..Lif::default() };
    let lacking = recurrent(5, &asked);
    unsupported(default(), &lacking, &["hidden", "subtracts", "at_least", "refractory_ms 5", "approximate = true"]);
    let (_, fidelity) = chip(LoihiOptions { approximate: true, ..default() }).compile(&lacking).unwrap();
    assert_eq!(fidelity.changed.iter().filter(|(_, what)| what.contains("instead of") && !what.contains("time")).count(), 3);
    let (_, fidelity) = chip(LoihiOptions { neuron: Some(Place::Host), ..default() }).compile(&lacking).unwrap();
    assert!(fidelity.on_host[0].1.contains("neuron = \"host\""));

    let mut adaptive = recurrent(5, &lif());
    adaptive.populations[1] = neurons("hidden", 5, "alif", &Alif::default());
    unsupported(default(), &adaptive, &["hidden", "alif", "adapt"]);
    let on_chip = |plasticity, neuron| LoihiOptions { plasticity, neuron, ..default() };
    unsupported(on_chip(None, Some(Place::Chip)), &spore(5, 3, 1), &["motor", "poisson_dbl_exp", "escape rate"]);
    unsupported(on_chip(Some(Place::Chip), None), &spore(5, 3, 1), &["visual-motor", "spore", "sums of products"]);

    let mut scaled = on_chip_rule();
    scaled.projections.push(projection("fixed", "in", "lif", MS, Synapses::Fixed(vec![300.0; 180])));
    unsupported(default(), &scaled, &["learned", "weight_scale 1", "300"]);
    let options = LoihiOptions { neuron: Some(Place::Host), ..default() };
    unsupported(options, &on_chip_rule(), &["learned", "neurons on the host"]);
}

#[test]
fn what_does_not_fit_names_limit_and_demand() {
    let mut slow = recurrent(5, &lif());
    slow.projections[1].delay_ns = 65 * MS;
    let message = refusal(LoihiOptions::default(), &slow).to_string();
    assert!(message.contains("ticks of delay of \"recurrent\": expected at most 64, found 65"), "{message}");
    let error = refusal(LoihiOptions::default(), &spore(5000, 3, 1));
    assert!(matches!(&error, CompileError::Exceeds { limit: 4096.0, demand: 5000.0, .. }), "{error:?}");
    assert!(
        refusal(LoihiOptions::default(), &recurrent(5, &Lif { bias: 1e6.into(), ..lif() }))
            .to_string()
            .contains("bias of \"hidden\"")
    );
    let wide = Lif { threshold: embody_brain::neuron::PerNeuron::Each(vec![1.0; 20]), ..lif() };
    chip(LoihiOptions::default()).compile(&recurrent(20, &wide)).unwrap();
}

#[test]
fn options_are_closed_and_checked() {
    let read = |text: &str| serde_json::from_str::<LoihiOptions>(text);
    assert_eq!(read("{}").unwrap(), LoihiOptions::default());
    assert_eq!(read(r#"{"plasticity": "host"}"#).unwrap().plasticity, Some(Place::Host));
    assert!(read(r#"{"plastcity": "host"}"#).is_err() && read(r#"{"neuron": "gpu"}"#).is_err());
    for (options, name) in [
        (LoihiOptions { weight_bits: 9, ..LoihiOptions::default() }, "weight_bits"),
        (LoihiOptions { compartments_per_core: 0, ..LoihiOptions::default() }, "compartments_per_core"),
        (LoihiOptions { payload_fraction_bits: 9, ..LoihiOptions::default() }, "payload_fraction_bits"),
    ] {
        assert!(Loihi::new(options).is_err_and(|e| e.to_string().contains(name)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_network_runs_or_is_refused(
        size in 1usize..12,
        scale in -30i32..30,
        threshold in -1.0f64..1e7,
        tau_ms in 1e-3f64..1e6,
        bias in -1e4f64..1e4,
        ticks in 0u64..70,
        value in proptest::num::f32::NORMAL,
        bits in 1u8..9,
    ) {
        let neuron = Lif { threshold: threshold.into(), tau_ms: tau_ms.into(), bias: bias.into(), scaled_input: size % 2 == 0, ..lif() };
        let mut spec = recurrent(size, &neuron);
        spec.projections[1].delay_ns = ticks * MS;
        if size % 3 == 0 {
            spec.populations[0].kind = PopulationKind::Analogue;
        }
        for projection in &mut spec.projections {
            if let Synapses::Fixed(weights) = &mut projection.synapses {
                weights.iter_mut().for_each(|w| *w *= libm::exp2f(scale as f32));
            }
        }
        let options = LoihiOptions { weight_bits: bits, ..LoihiOptions::default() };
        if let Ok(mut network) = Compiled::new(chip(options), &spec, 1) {
            let _ = network.set_values("in", &[value; 5]);
            let mut output = TickOutput::default();
            for _ in 0..80 {
                network.tick(TickInput { spikes: &[&[0, 2, 4]], third_factor: ThirdFactor::None }, &mut output);
            }
            prop_assert!(network.probe(&Probe::Membrane("hidden".into())).unwrap().iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn bytes_that_are_no_state_are_refused(at in 0usize..10_000, byte in 0u8..=255, tail in proptest::collection::vec(0u8..=255, 0..40)) {
        let substrate = chip(LoihiOptions::default());
        let spec = on_chip_rule();
        let (program, _) = substrate.compile(&spec).unwrap();
        let mut bytes = substrate.save(&substrate.init(&program, 1).unwrap());
        prop_assert!(substrate.load(&program, &tail).is_err());
        let at = at % bytes.len();
        bytes[at] = byte;
        // What is accepted runs.
        if let Ok(mut state) = substrate.load(&program, &bytes) {
            let mut output = TickOutput::default();
            for _ in 0..20 {
                substrate.tick(&program, &mut state, TickInput { spikes: &[&[0, 7]], third_factor: ThirdFactor::None }, &mut output);
            }
        }
    }
}
