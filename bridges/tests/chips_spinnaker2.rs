//! Networks on the emulated SpiNNaker 2.
#![cfg(feature = "chips")]

mod chip_networks;

use std::collections::BTreeMap;

use chip_networks::{
    any_weights, are_storable, load_spoilt, mixed, models, neurons, population, projection, recurrent, spore, weights,
};
use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{Comparison, CubaLif, Lif, Reset};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{
    CompileError, FloatSubstrate, NetworkSpec, PopulationKind, Probe, Substrate, Synapses, ThirdFactor, TickInput, TickOutput,
};
use embody_bridges::chips::spinnaker2::{Arithmetic, Rounding, SpiNNaker2, SpiNNaker2Options};
use embody_bridges::chips::{ChipSubstrate, Place};
use proptest::prelude::*;

fn chip(options: SpiNNaker2Options) -> ChipSubstrate<SpiNNaker2> {
    ChipSubstrate::new(SpiNNaker2::new(options).unwrap(), models())
}

fn plain() -> ChipSubstrate<SpiNNaker2> {
    chip(SpiNNaker2Options::default())
}

fn host() -> SpiNNaker2Options {
    SpiNNaker2Options { plasticity: Some(Place::Host), neuron: Some(Place::Host), ..SpiNNaker2Options::default() }
}

fn fixed() -> SpiNNaker2Options {
    SpiNNaker2Options { arithmetic: Arithmetic::Fixed, approximate: true, ..SpiNNaker2Options::default() }
}

#[test]
fn it_conforms_on_the_chip_and_with_a_host() {
    for options in [SpiNNaker2Options::default(), host(), fixed()] {
        for spec in [spore(), mixed()] {
            conformance::substrate(&chip(options.clone()), &spec);
        }
    }
}

/// Every weight a whole number of 64ths up to 127: the chip's scale is a power of two, and its arithmetic that of the float substrate.
#[test]
fn on_a_grid_of_a_power_of_two_it_is_the_float_substrate_to_the_bit() {
    let resets = [Reset::SubtractNextTick, Reset::Subtract, Reset::Zero];
    for (reset, comparison) in resets.into_iter().flat_map(|r| [(r, Comparison::Above), (r, Comparison::AtLeast)]) {
        let lif = Lif { reset, comparison, refractory_ms: 2.0, bias: 0.0625.into(), threshold: 1.5.into(), ..Lif::default() };
        let mut spec = recurrent(60, &lif, 0.2);
        for projection in &mut spec.projections {
            let Synapses::Fixed(weights) = &mut projection.synapses else { unreachable!() };
            weights.iter_mut().for_each(|w| *w = (*w * 64.0).round() / 64.0);
            weights[0] = 127.0 / 64.0;
        }
        let mut float = Compiled::new(FloatSubstrate::new(models()), &spec, 1).unwrap();
        let mut ours = Compiled::new(plain(), &spec, 1).unwrap();
        assert!(ours.fidelity().quantisation_error == 0.0 && ours.fidelity().on_host.is_empty(), "{:?}", ours.fidelity());
        let (mut a, mut b, mut fired) = (TickOutput::default(), TickOutput::default(), 0);
        for tick in 0..1000 {
            let spikes = random_spikes(4, tick, 5, 0.2);
            for (network, output) in [(&mut float as &mut dyn Network, &mut a), (&mut ours, &mut b)] {
                network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, output);
            }
            let membrane = Probe::Membrane("lif".into());
            assert_eq!((&a.spikes, float.probe(&membrane)), (&b.spikes, ours.probe(&membrane)), "tick {tick}");
            fired += a.spikes[0].len();
        }
        assert!(fired > 1000, "{fired}");
    }
}

/// In s16.15 the same network spikes as in floats but where a potential passes within rounding of its threshold.
#[test]
fn in_fixed_point_it_spikes_nearly_alike_and_says_what_it_does_otherwise() {
    let lif = Lif { reset: Reset::Zero, ..Lif::default() };
    let mut spec = recurrent(60, &lif, 0.2);
    // Without recurrence, so that a spike more or less doesn't spread.
    spec.projections[1].synapses = Synapses::Fixed(vec![0.0; 3600]);
    let run = |options| {
        let mut network = Compiled::new(chip(options), &spec, 1).unwrap();
        let mut output = TickOutput::default();
        let spikes = (0..1000).map(|tick| {
            let spikes = random_spikes(4, tick, 5, 0.2);
            network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
            output.spikes[0].clone()
        });
        (spikes.collect::<Vec<_>>(), network.fidelity().changed.clone())
    };
    let ((float, none), (ours, changed)) = (run(SpiNNaker2Options::default()), run(fixed()));
    let count = |spikes: &[Vec<u32>]| spikes.iter().map(Vec::len).sum::<usize>();
    let same = float.iter().zip(&ours).flat_map(|(a, b)| a.iter().filter(|i| b.contains(i))).count();
    assert!(count(&float) > 500 && same * 100 >= 98 * count(&float).max(count(&ours)), "{same} of {}", count(&float));
    assert!(none.is_empty() && changed.is_empty(), "{none:?} {changed:?}");
    let (_, fidelity) = chip(fixed()).compile(&recurrent(5, &Lif { refractory_ms: 2.0, ..Lif::default() }, 0.2)).unwrap();
    assert_eq!(fidelity.changed.len(), 2, "{:?}", fidelity.changed);
    let exact = chip(SpiNNaker2Options { approximate: false, ..fixed() });
    let error = exact.compile(&recurrent(5, &Lif::default(), 0.2)).err().unwrap().to_string();
    assert!(error.contains("subtracts") && error.contains("approximate = true"), "{error}");
}

/// One input of each weight into one neuron, at steps of 0.1 ms.
fn single(neuron: embody_brain::Population, w: Vec<f32>) -> NetworkSpec {
    let (inputs, name) = (w.len(), neuron.name.clone());
    NetworkSpec {
        tick_ns: 100_000,
        populations: vec![population("in", inputs, PopulationKind::Input), neuron],
        projections: vec![projection("in-neuron", ["in", &name], 0, Synapses::Fixed(w))],
        readouts: vec![name],
    }
}

/// The time constant (ms) of which a step of 0.1 ms leaves `decay`.
fn tau_ms(decay: f64) -> f64 {
    -0.1 / libm::log(decay)
}

/// The neuron of NIR's first test as py-spinnaker2 recorded it on the chip: v = 0.96 v + 102 s, threshold 0.1 x 102.02 / 0.04 = 255.05. There,
/// the weight's scale was set by hand, and the weight stored in 8 bits; potentials are in 102.02nds.
#[test]
fn the_neuron_recorded_on_the_chip_is_reproduced() {
    const TRACE: &str = include_str!("data/spinnaker2/lif_spinnaker2.csv");
    let w_scale = 102.02;
    let lif = Lif {
        tau_ms: tau_ms(0.96).into(),
        threshold: 0.1.into(),
        scaled_input: true,
        reset: Reset::Zero,
        comparison: Comparison::Above,
        ..Lif::default()
    };
    let options = SpiNNaker2Options { largest_weight: Some((127.0 / w_scale) as f32), ..SpiNNaker2Options::default() };
    let mut network = Compiled::new(chip(options), &single(neurons("lif", 1, "lif", &lif), vec![1.0]), 1).unwrap();
    let stored = f64::from(network.weights("in-neuron").unwrap()[0]);
    assert!((stored * w_scale - 102.0).abs() < 1e-4, "{stored}");
    let (mut output, mut spikes, mut worst, mut steps) = (TickOutput::default(), Vec::new(), 0.0f64, 0);
    for (step, line) in TRACE.lines().enumerate() {
        let row: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        let [input, v, spike] = row[..] else { panic!("three columns") };
        let sent: &[u32] = if input == 1.0 { &[0] } else { &[] };
        network.tick(TickInput { spikes: &[sent], ..TickInput::default() }, &mut output);
        let fired = !output.spikes[0].is_empty();
        assert_eq!(fired, spike == 1.0, "step {step}");
        spikes.extend(fired.then_some(step));
        let variables = network.variables("lif");
        let (_, shown) = variables.iter().find(|(name, _)| *name == "v").unwrap();
        worst = worst.max((shown[0] / w_scale - v).abs());
        steps += 1;
    }
    assert_eq!((steps, spikes), (1000, vec![460, 510, 710, 760]));
    assert!(worst < 9e-7, "{worst:e}");
}

/// Neurons of NIR with the scales, thresholds and offsets of py-spinnaker2's import, beside the chip: tau = 2.5 ms and tau_syn = 1 ms at steps of
/// 0.1 ms, R = 2, v_leak = 0.25, w_in = 4, bias = 0.5, weights 1, -0.5 and 0.75.
#[test]
fn potentials_are_scaled_as_by_the_import_of_py_spinnaker2() {
    let (k_m, k_s, r, v_leak, w_in, bias) = (0.04, 0.1, 2.0, 0.25, 4.0, 0.5);
    let (v_threshold, w, w_scale) = (1.2, [1.0, -0.5, 0.75], 127.0);
    let above = Comparison::Above;
    let lif = Lif {
        tau_ms: tau_ms(1.0 - k_m).into(),
        scaled_input: true,
        threshold: v_threshold.into(),
        bias: (v_leak + r * bias).into(),
        reset: Reset::Zero,
        comparison: above,
        ..Lif::default()
    };
    let cuba = CubaLif {
        tau_ms: lif.tau_ms.clone(),
        tau_syn_ms: tau_ms(1.0 - k_s).into(),
        scaled_input: true,
        threshold: v_threshold.into(),
        bias: v_leak.into(),
        bias_syn: (k_s * w_in * r * bias).into(),
        reset: Reset::Zero,
        comparison: above,
        ..CubaLif::default()
    };
    let integrator = Lif {
        tau_ms: 1e30.into(),
        threshold: v_threshold.into(),
        bias: (r * bias).into(),
        reset: Reset::Zero,
        comparison: above,
        ..Lif::default()
    };
    // What a weight of NIR is as one of these models, decays of potential and current, scale and offset by the import.
    let lif_scale = w_scale / (k_m * r);
    let cuba_scale = w_scale / (k_m * r * k_s * w_in);
    let cases = [
        (neurons("n", 1, "lif", &lif), r, [1.0 - k_m, 0.0], lif_scale, k_m * v_leak * lif_scale + bias * w_scale),
        (
            neurons("n", 1, "cuba_lif", &cuba),
            k_s * w_in * r,
            [1.0 - k_m, 1.0 - k_s],
            cuba_scale,
            k_m * v_leak * cuba_scale + bias * w_scale / k_s,
        ),
        (neurons("n", 1, "lif", &integrator), r, [1.0, 0.0], w_scale / r, bias * w_scale),
    ];
    for (number, (neuron, factor, [decay, synapse_decay], scale, offset)) in cases.into_iter().enumerate() {
        let spec = single(neuron, w.map(|w| (w * factor) as f32).to_vec());
        let mut network = Compiled::new(plain(), &spec, 1).unwrap();
        let (mut c, mut v, mut fired, mut output) = (0.0, 0.0, 0, TickOutput::default());
        for tick in 0..500 {
            let spikes = random_spikes(4, tick, 3, 0.2);
            network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
            c = synapse_decay * c + spikes.iter().map(|&i| libm::rint(w[i as usize] * w_scale)).sum::<f64>();
            v = decay * v + c + offset;
            let spike = v > v_threshold * scale;
            assert_eq!(!output.spikes[0].is_empty(), spike, "case {number}, tick {tick}");
            if spike {
                (v, fired) = (0.0, fired + 1);
            }
            let shown = network.variables("n");
            assert!((shown[0].1[0] - c).abs() < 1e-5 * scale, "case {number}, tick {tick}: {shown:?} {c}");
            assert!((shown[1].1[0] - v).abs() < 1e-5 * scale, "case {number}, tick {tick}: {shown:?} {v}");
        }
        assert!(fired > 5, "case {number}: {fired}");
    }
}

/// w_scale = 127 / max|w|, the nearest whole number, halves to even, up to 127.
#[test]
fn weights_become_8_bits() {
    let stored = |options, w: &[f32]| {
        let spec = single(neurons("lif", 1, "lif", &Lif::default()), w.to_vec());
        let network = Compiled::new(chip(options), &spec, 1).unwrap();
        (network.weights("in-neuron").unwrap(), network.fidelity().clipped)
    };
    let step = |steps: f64, w_scale: f64| (steps / w_scale) as f32;
    let (w, clipped) = stored(SpiNNaker2Options::default(), &[0.5, -2.0, 1.0]);
    assert_eq!((w, clipped), (vec![step(32.0, 63.5), -2.0, step(64.0, 63.5)], 0));
    let (w, clipped) = stored(SpiNNaker2Options { largest_weight: Some(127.0), ..Default::default() }, &[0.5, -1.5, 200.0]);
    assert_eq!((w, clipped), (vec![0.0, -2.0, 127.0], 1));
    assert_eq!(stored(SpiNNaker2Options::default(), &[0.0]).0, [0.0]);
    // Those of convolutions are cut off.
    let cut = SpiNNaker2Options { largest_weight: Some(127.0), rounding: Rounding::TowardZero, ..Default::default() };
    let (w, clipped) = stored(cut, &[1.99, -1.99, 0.99, 126.99, 1e9, -127.9]);
    assert_eq!((w, clipped), (vec![1.0, -1.0, 0.0, 126.0, 127.0, -127.0], 2));
    let (w, _) = stored(SpiNNaker2Options { rounding: Rounding::TowardZero, ..Default::default() }, &[0.3, -0.7]);
    assert_eq!(w, [step(54.0, 127.0 / f64::from(0.7f32)), -0.7], "the largest stays as it is");
}

/// Sums wait in 16 bits: 516 weights of 127 fit, with the 517th and all others they are 0xFFFF; those below zero wait apart.
#[test]
fn sums_saturate_in_the_ring_buffer() {
    let lif = Lif { threshold: 1000.0.into(), reset: Reset::Zero, ..Lif::default() };
    let spec = single(neurons("lif", 1, "lif", &lif), (0..1200).map(|i| if i < 600 { 1.0 } else { -1.0 }).collect());
    let value = |spikes: std::ops::Range<u32>| {
        let mut network = Compiled::new(chip(fixed()), &spec, 1).unwrap();
        let mut output = TickOutput::default();
        let spikes: Vec<u32> = spikes.collect();
        network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
        let counters: BTreeMap<_, _> = network.counters().into_iter().collect();
        (network.probe(&Probe::Membrane("lif".into())).unwrap()[0], counters["saturations"])
    };
    let full = (65_535.0 / 127.0) as f32;
    for (spikes, expected, saturations) in [
        (0..516, 516.0, 0),
        (0..517, full, 1),
        (0..600, full, 1),
        (600..1116, -516.0, 0),
        (600..1200, -full, 1),
        (84..600, 516.0, 0),
        (0..1200, 0.0, 1),
    ] {
        let (found, saturated) = value(spikes.clone());
        assert!((found - expected).abs() < 0.02 && saturated == saturations, "{spikes:?}: {found} {expected} {saturated}");
    }
}

#[test]
fn spore_runs_on_the_elements_and_stochastic_neurons_beside_them() {
    let (_, fidelity) = plain().compile(&spore()).unwrap();
    let on_host: Vec<&str> = fidelity.on_host.iter().map(|(part, _)| &part[..]).collect();
    assert_eq!(on_host.len(), 2, "{on_host:?}");
    assert!(on_host.iter().all(|part| part.contains("poisson_dbl_exp")), "{on_host:?}");
    assert!(fidelity.changed.len() == 1 && fidelity.changed[0].1.contains("accelerator"), "{:?}", fidelity.changed);
    let (_, fidelity) = chip(host()).compile(&spore()).unwrap();
    assert_eq!((fidelity.on_host.len(), fidelity.changed.len()), (3, 0), "{fidelity:?}");
    let asked = chip(SpiNNaker2Options { neuron: Some(Place::Chip), ..SpiNNaker2Options::default() });
    let error = asked.compile(&spore()).err().unwrap().to_string();
    assert!(error.contains("spinnaker2") && error.contains("poisson_dbl_exp") && error.contains("hidden"), "{error}");
}

/// Learned weights are multiples of one step, below the greatest, and near what the float substrate learns from the same noise.
#[test]
fn learned_weights_lie_on_the_grid() {
    let spec = spore();
    let mut ours = Compiled::new(plain(), &spec, 3).unwrap();
    let mut output = TickOutput::default();
    for tick in 0..3000 {
        let spikes = random_spikes(4, tick, 20, 0.05);
        let third_factor = ThirdFactor::PerPopulation(&[0.0, 0.3, 0.0]);
        ours.tick(TickInput { spikes: &[&spikes], third_factor }, &mut output);
    }
    let learned = ours.weights("learned").unwrap();
    let step = learned.iter().fold(f32::INFINITY, |least, &w| if w > 0.0 { least.min(w) } else { least });
    let counters: BTreeMap<_, _> = ours.counters().into_iter().collect();
    assert!(learned.iter().all(|w| *w >= 0.0 && (w / step - (w / step).round()).abs() < 1e-3), "{learned:?}");
    assert!(learned.iter().any(|w| *w > 2.0 * step));
    assert!(counters["plasticity_updates"] > 0 && counters["rounded_weights"] > 0 && counters["hops"] > 0, "{counters:?}");
}

#[test]
fn what_does_not_fit_names_limit_and_demand() {
    let network = |inputs: usize, neurons_: usize| NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![population("in", inputs, PopulationKind::Input), neurons("lif", neurons_, "lif", &Lif::default())],
        projections: vec![projection("in-lif", ["in", "lif"], 1, weights(1, inputs * neurons_, 1.0))],
        readouts: vec!["lif".into()],
    };
    let error = |spec: &NetworkSpec| plain().compile(spec).err().unwrap();
    let CompileError::Exceeds { resource, limit, demand, .. } = error(&network(20_000, 2)) else { panic!("the memory") };
    assert!(resource.contains("local memory") && resource.contains("lif"), "{resource}");
    assert_eq!([limit, demand], [98_304.0, 20_000.0 * 9.0 + 32.0]);
    let CompileError::Exceeds { resource, limit, demand, .. } = error(&network(8_000, 1_000)) else { panic!("the elements") };
    assert_eq!((&resource[..], limit), ("processing elements", 152.0));
    assert_eq!(demand, 250.0, "of 98304 bytes, 64000 are the sources' entries: four neurons an element");
    let (_, fidelity) = plain().compile(&recurrent(250, &Lif::default(), 0.1)).unwrap();
    assert_eq!(fidelity.resources[0], ("processing elements".into(), 1.0, 152.0));
}

#[test]
fn large_weights_saturate_where_the_user_says_so() {
    let options = SpiNNaker2Options { largest_weight: Some(0.1), ..SpiNNaker2Options::default() };
    let (program, fidelity) = chip(options.clone()).compile(&mixed()).unwrap();
    assert!(fidelity.clipped > 100, "{}", fidelity.clipped);
    let state = chip(options).init(&program, 0).unwrap();
    let stored = plain().weights(&program, &state, "in-lif").unwrap();
    assert!(stored.iter().all(|w| w.abs() <= 0.1 + 1e-6));
    assert!(SpiNNaker2::new(SpiNNaker2Options { largest_weight: Some(f32::NAN), ..Default::default() }).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spoilt_states_are_refused_or_load_and_never_panic(at in 0usize..4000, byte: u8, cut in 0usize..4000, in_floats: bool) {
        let substrate = if in_floats { plain() } else { chip(fixed()) };
        load_spoilt(&substrate, at, byte, cut);
    }

    #[test]
    fn any_weights_and_values_run_or_are_refused(
        w in any_weights(36),
        values in proptest::collection::vec(proptest::num::f32::NORMAL, 3),
        in_floats: bool,
    ) {
        let substrate = if in_floats { plain() } else { chip(fixed()) };
        let mut spec = mixed();
        let storable = are_storable(&w);
        spec.projections[1].synapses = Synapses::Fixed(w);
        let compiled = substrate.compile(&spec);
        // Weights of all magnitudes: in s16.15 few networks have a place for them.
        let expected = if in_floats { compiled.is_ok() == storable } else { storable || compiled.is_err() };
        prop_assert!(expected);
        if let Ok((program, _)) = compiled {
            let mut state = substrate.init(&program, 1).unwrap();
            substrate.set_values(&program, &mut state, "values", &values).unwrap();
            for _ in 0..5 {
                let input = TickInput { spikes: &[&[1, 5]], ..TickInput::default() };
                substrate.tick(&program, &mut state, input, &mut TickOutput::default());
            }
        }
    }

    #[test]
    fn any_values_run_in_fixed_point(values in proptest::collection::vec(proptest::num::f32::NORMAL, 3)) {
        let substrate = chip(fixed());
        let (program, _) = substrate.compile(&mixed()).unwrap();
        let mut state = substrate.init(&program, 1).unwrap();
        substrate.set_values(&program, &mut state, "values", &values).unwrap();
        for _ in 0..5 {
            substrate.tick(&program, &mut state, TickInput { spikes: &[&[1, 5]], ..TickInput::default() }, &mut TickOutput::default());
        }
    }
}
