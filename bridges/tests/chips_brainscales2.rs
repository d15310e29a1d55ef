//! Networks on the emulated BrainScaleS-2.
#![cfg(feature = "chips")]

mod chip_networks;

use std::collections::BTreeMap;

use chip_networks::{
    any_weights, are_storable, load_spoilt, mixed, models, neurons, population, projection, recurrent, spore, weights,
};
use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{CubaLif, LeakyReadout, Lif, Reset};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::training::{Batch, Input, observed, record};
use embody_brain::{
    CompileError, FloatSubstrate, NetworkSpec, PopulationKind, Probe, Substrate, Synapses, ThirdFactor, TickInput, TickOutput,
};
use embody_bridges::chips::brainscales2::mac::{MockMac, converting_relu, relu};
use embody_bridges::chips::brainscales2::neuron::MockNeuron;
use embody_bridges::chips::brainscales2::variation::Calibration;
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::{ChipSubstrate, Place};
use proptest::prelude::*;

fn chip(options: BrainScaleS2Options) -> ChipSubstrate<BrainScaleS2> {
    ChipSubstrate::new(BrainScaleS2::new(options).unwrap(), models())
}

fn plain() -> ChipSubstrate<BrainScaleS2> {
    chip(BrainScaleS2Options { approximate: true, ..BrainScaleS2Options::default() })
}

/// A chip whose circuits are all alike and without noise.
fn ideal() -> BrainScaleS2Options {
    BrainScaleS2Options { calibration: Calibration::Ideal, trial_noise: 0.0, read_noise: 0.0, ..BrainScaleS2Options::default() }
}

const ZERO: Reset = Reset::Zero;

#[test]
fn it_conforms_on_the_chip_and_with_a_host() {
    let host = BrainScaleS2Options { neuron: Some(Place::Host), plasticity: Some(Place::Host), ..BrainScaleS2Options::default() };
    for options in [BrainScaleS2Options { approximate: true, ..BrainScaleS2Options::default() }, host] {
        for spec in [spore(), mixed()] {
            conformance::substrate(&chip(options.clone()), &spec);
        }
    }
}

/// Spikes of 1000 ticks, and the potentials after the last.
fn run<S: Substrate>(substrate: S, spec: &NetworkSpec, seed: u64) -> (Vec<Vec<u32>>, Vec<f32>) {
    let mut network = Compiled::new(substrate, spec, seed).unwrap();
    let mut output = TickOutput::default();
    let spikes = (0..1000).map(|tick| {
        let spikes = random_spikes(4, tick, 5, 0.2);
        network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
        output.spikes[0].clone()
    });
    (spikes.collect(), network.probe(&Probe::Membrane("lif".into())).unwrap())
}

fn count(spikes: &[Vec<u32>]) -> usize {
    spikes.iter().map(Vec::len).sum()
}

#[test]
fn an_ideal_chip_fires_as_the_float_substrate_nearly_does_and_a_real_one_as_nobody_else() {
    let lif = Lif { reset: ZERO, ..Lif::default() };
    // Without recurrence, so that a spike more or less doesn't spread.
    let mut spec = recurrent(60, &lif, 0.2);
    spec.projections[1].synapses = Synapses::Fixed(vec![0.0; 3600]);
    let (float, _) = run(FloatSubstrate::new(models()), &spec, 1);
    let (quiet, _) = run(chip(ideal()), &spec, 1);
    let same = float.iter().zip(&quiet).flat_map(|(a, b)| a.iter().filter(|i| b.contains(i))).count();
    assert!(count(&float) > 500 && same * 100 > 90 * count(&float), "{same} of {}", count(&float));
    let real = |chip_seed, trial_noise, seed| {
        run(chip(BrainScaleS2Options { seed: chip_seed, trial_noise, ..BrainScaleS2Options::default() }), &spec, seed)
    };
    assert!(real(1, 0.0, 1) == real(1, 0.0, 2), "the same chip, without noise");
    assert!(real(1, 0.0, 1) != real(2, 0.0, 1), "another chip");
    assert!(real(1, 2.0, 1) != real(1, 2.0, 2), "another run");
    assert!(real(1, 2.0, 1) == real(1, 2.0, 1));
}

#[test]
fn sums_for_the_host_pass_through_converter_and_noise() {
    let spec = spore();
    let ours = Compiled::new(plain(), &spec, 3);
    let mut ours = ours.unwrap();
    let mut output = TickOutput::default();
    for tick in 0..2000 {
        let spikes = random_spikes(4, tick, 20, 0.05);
        ours.tick(TickInput { spikes: &[&spikes], third_factor: ThirdFactor::PerPopulation(&[0.0, 0.3, 0.0]) }, &mut output);
    }
    let counters: BTreeMap<_, _> = ours.counters().into_iter().collect();
    assert!(
        ["conversions", "host_reads", "host_writes", "rounded_weights"].iter().all(|name| counters[name] > 0),
        "{counters:?}"
    );
    let reasons: Vec<&str> = ours.fidelity().on_host.iter().map(|(_, why)| &why[..]).collect();
    assert!(reasons.len() == 3 && reasons[2].contains("8 or 16 bits"), "{reasons:?}");
    let learned = ours.weights("learned").unwrap();
    let step = learned.iter().fold(f32::INFINITY, |least, &w| if w > 0.0 { least.min(w) } else { least });
    assert!(learned.iter().all(|w| *w >= 0.0 && (w / step - (w / step).round()).abs() < 1e-3 && w / step < 63.1), "{learned:?}");
}

/// One spike at the largest weight: 16 x 0.002 x 31 x 63 = 62.5 steps, read as 62, taken for 62.5.
#[test]
fn a_sum_is_read_to_half_a_step_and_saturates() {
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 4, PopulationKind::Input),
            neurons("out", 1, "leaky_readout", &LeakyReadout::default()),
        ],
        projections: vec![projection("in-out", ["in", "out"], 0, Synapses::Fixed(vec![1.0, 1.0, 1.0, -0.5]))],
        readouts: vec!["out".into()],
    };
    let value = |spikes: &[u32]| {
        let mut network = Compiled::new(chip(ideal()), &spec, 1).unwrap();
        let mut output = TickOutput::default();
        network.tick(TickInput { spikes: &[spikes], ..TickInput::default() }, &mut output);
        (output.values[0][0], network.counters().iter().find(|(name, _)| *name == "saturations").unwrap().1)
    };
    let full = 16.0 * 0.002 * 31.0 * 63.0;
    assert_eq!(value(&[]), (0.0, 0), "nothing is read where nothing was sent");
    for (spikes, steps, saturations) in [(&[0][..], 62.5, 0), (&[0, 1], 124.5, 0), (&[0, 1, 2], 127.5, 1), (&[3], -31.5, 0)] {
        let (found, saturated) = value(spikes);
        assert!((found - steps / full).abs() < 1e-5 && saturated == saturations, "{spikes:?}: {found} {saturated}");
    }
}

/// Readings of the chip without noise: analogue inputs of `x` of 31, spikes that are sent as 31, through weights of 63rds into readouts, whose
/// value is then half a step of each block above what was read. Where nothing is sent, nothing is read.
fn readings(x: &[f32], spikes: &[u32], [analogue, spiking]: [&[f32]; 2], columns: usize) -> Vec<i32> {
    // Unscaled: weights are stored as they are, and a value of 1 is sent as 31.
    let options = BrainScaleS2Options { largest_weight: Some(63.0), input_range: 1.0, num_sends: 1, ..ideal() };
    let gain = options.gain;
    let readout = neurons("out", columns, "leaky_readout", &LeakyReadout::default());
    let mut spec = NetworkSpec { tick_ns: 1_000_000, populations: vec![], projections: vec![], readouts: vec!["out".into()] };
    let inputs = spiking.len() / columns;
    if !x.is_empty() {
        spec.populations.push(population("values", x.len(), PopulationKind::Analogue));
        spec.projections.push(projection("values-out", ["values", "out"], 0, Synapses::Fixed(analogue.to_vec())));
    }
    if inputs > 0 {
        spec.populations.push(population("in", inputs, PopulationKind::Input));
        spec.projections.push(projection("in-out", ["in", "out"], 0, Synapses::Fixed(spiking.to_vec())));
    }
    spec.populations.push(readout);
    let mut network = Compiled::new(chip(options), &spec, 1).unwrap();
    let mut output = TickOutput::default();
    if !x.is_empty() {
        network.set_values("values", &x.iter().map(|x| x / 31.0).collect::<Vec<_>>()).unwrap();
    }
    let sent = [spikes];
    network.tick(TickInput { spikes: &sent[..usize::from(inputs > 0)], ..TickInput::default() }, &mut output);
    if spikes.is_empty() && x.iter().all(|&x| x == 0.0) {
        assert_eq!(output.values[0], vec![0.0; columns]);
        return vec![0; columns];
    }
    let blocks = (2 * x.len() + inputs).div_ceil(128);
    let reading = |value: &f32| {
        let steps = value * 31.0 * gain - 0.5 * blocks as f32;
        assert!((steps - steps.round()).abs() < 1e-3, "{steps}");
        steps.round() as i32
    };
    output.values[0].iter().map(reading).collect()
}

/// hxtorch's mock without noise, on the rows that such inputs take: two for each value, of opposite weights, of which one is sent, then one for each
/// spiking input.
fn mock(x: &[f32], spikes: &[u32], [analogue, spiking]: [&[f32]; 2], columns: usize) -> Vec<i32> {
    let mut sent: Vec<f32> = x.iter().flat_map(|&x| [x.max(0.0), (-x).max(0.0)]).collect();
    let mut w: Vec<f32> = Vec::new();
    for row in analogue.chunks(columns) {
        w.extend(row);
        w.extend(row.iter().map(|w| -w));
    }
    sent.extend((0..spiking.len() / columns).map(|i| if spikes.contains(&(i as u32)) { 31.0 } else { 0.0 }));
    w.extend(spiking);
    let mac = MockMac { noise: 0.0, ..MockMac::default() };
    mac.multiply(&sent, &w, columns, 0, 0).unwrap().into_iter().map(i32::from).collect()
}

/// The published product, x = 12 and w = 15 over 128 rows: 46; and as values, of which 64 take as many rows: 23.
#[test]
fn the_published_product_is_read_on_the_chip() {
    assert_eq!(readings(&[12.0; 64], &[], [&[15.0; 64], &[]], 1), [23]);
    assert_eq!(readings(&[12.0; 128], &[], [&[15.0; 128], &[]], 1), [46], "two blocks of 23.04");
    assert_eq!(readings(&[-12.0; 128], &[], [&[15.0; 128], &[]], 1), [-48], "each is rounded down");
    let spikes: Vec<u32> = (0..128).collect();
    assert_eq!(readings(&[], &spikes, [&[], &[5.0; 128]], 1), [39], "0.002 x 31 x 5 x 128 = 39.68, one block");
}

/// hxtorch's transform: weights are multiplied by a scale and limited to 63; storing rounds.
#[test]
fn weights_are_scaled_limited_and_then_rounded() {
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 3, PopulationKind::Input),
            neurons("out", 1, "leaky_readout", &LeakyReadout::default()),
        ],
        projections: vec![projection("in-out", ["in", "out"], 0, Synapses::Fixed(vec![1.01, -7.0, 7.0]))],
        readouts: vec!["out".into()],
    };
    let network = Compiled::new(chip(BrainScaleS2Options { largest_weight: Some(6.3), ..ideal() }), &spec, 1).unwrap();
    let stored: Vec<f32> = network.weights("in-out").unwrap().iter().map(|w| w * 10.0).collect();
    let expected = [10.0, -63.0, 63.0];
    assert!(stored.iter().zip(expected).all(|(w, e)| (w - e).abs() < 1e-4), "{stored:?}");
    assert_eq!(network.fidelity().clipped, 2);
}

/// Membranes of a chip whose circuits are alike are those of hxtorch's spiking mock to the bit. What is sent acts in the same tick, so that
/// the mock's next step is the chip's tick.
#[test]
fn membranes_are_those_of_the_spiking_mock() {
    let neuron = CubaLif { threshold: 6.0.into(), reset: ZERO, ..CubaLif::default() };
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![population("in", 10, PopulationKind::Input), neurons("cuba", 4, "cuba_lif", &neuron)],
        projections: vec![projection("in-cuba", ["in", "cuba"], 0, weights(2, 40, 1.0))],
        readouts: vec!["cuba".into()],
    };
    let (program, _) = chip(ideal()).compile(&spec).unwrap();
    let circuits = program.population(1).circuits();
    let [membrane_decay, synapse_decay] = [20.0, 5.0].map(|tau| libm::exp(-1.0 / tau) as f32);
    let mock = MockNeuron { membrane_decay, synapse_decay, leak: 80.0, threshold: 125.0, reset: 80.0 };
    let mut network = Compiled::new(chip(ideal()), &spec, 1).unwrap();
    let stored = network.weights("in-cuba").unwrap();
    let largest = stored.iter().fold(0.0f32, |most, w| most.max(w.abs()));
    let steps: Vec<f32> = stored.iter().map(|w| libm::rintf(w / largest * 63.0)).collect();
    let (mut states, mut output, mut fired) = (vec![mock.at_rest(); 4], TickOutput::default(), 0);
    // At first nothing arrives, which leaves the mock where it is.
    states.iter_mut().for_each(|state| assert!(!mock.step(state, 0.0)));
    for tick in 0..1000 {
        let spikes = random_spikes(4, tick, 10, 0.2);
        network.tick(TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut output);
        let shown: BTreeMap<_, _> = network.variables("cuba").into_iter().collect();
        for (j, state) in states.iter_mut().enumerate() {
            assert_eq!(circuits[j].neuron, mock);
            let input: f32 = spikes.iter().map(|&i| 31.0 * steps[i as usize * 4 + j]).sum();
            // What the step before left of the current, and what arrives now: the mock has it in one step, and uses it in the next.
            state.current += circuits[j].strength * input;
            assert_eq!(shown["u"][j], f64::from(state.current), "tick {tick}, neuron {j}");
            let spike = mock.step(state, 0.0);
            assert_eq!((shown["v"][j], output.spikes[0].contains(&(j as u32))), (f64::from(state.v), spike), "tick {tick}");
            fired += usize::from(spike);
        }
    }
    assert!(fired > 100, "{fired}");
}

#[test]
fn what_does_not_fit_or_cannot_be_set_names_limit_and_demand() {
    let error = |spec: &NetworkSpec| plain().compile(spec).err().unwrap();
    let lif = |tau: f64| Lif { tau_ms: tau.into(), ..Lif::default() };
    let CompileError::Exceeds { resource, limit, demand, .. } = error(&recurrent(252, &lif(20.0), 0.1)) else {
        panic!("circuits")
    };
    assert!(resource.contains("neuron circuits") && [limit, demand] == [512.0, 3.0 * 252.0], "{resource} {limit} {demand}");
    let (_, fidelity) = plain().compile(&recurrent(250, &lif(20.0), 0.1)).unwrap();
    assert_eq!(fidelity.resources[0], ("neuron circuits".into(), 500.0, 512.0));
    let slow = error(&recurrent(5, &lif(500.0), 0.1)).to_string();
    assert!(slow.contains("0.1 to 200 us") && slow.contains("500") && slow.contains("neuron = \"host\""), "{slow}");
    let chip_rule = chip(BrainScaleS2Options { plasticity: Some(Place::Chip), ..BrainScaleS2Options::default() });
    let error = chip_rule.compile(&spore()).err().unwrap().to_string();
    assert!(error.contains("plasticity of \"learned\"") && error.contains("16 bits"), "{error}");
}

#[test]
fn what_a_circuit_does_otherwise_is_reported() {
    let lif = Lif { refractory_ms: 5.0, ..Lif::default() };
    let exact = chip(BrainScaleS2Options::default());
    let error = exact.compile(&recurrent(10, &lif, 0.1)).err().unwrap().to_string();
    assert!(error.contains("subtracts") && error.contains("approximate = true"), "{error}");
    let (_, fidelity) = plain().compile(&recurrent(10, &lif, 0.1)).unwrap();
    let changes: Vec<&str> = fidelity.changed.iter().map(|(_, change)| &change[..]).collect();
    assert_eq!(changes.len(), 4, "{changes:?}");
    assert!(changes[1].contains("resets") && changes[2].contains("refractory"), "{changes:?}");
    assert!(fidelity.quantisation_error > 1e-3 && fidelity.quantisation_error < 0.03, "{}", fidelity.quantisation_error);
}

/// What is told of the circuits of `recurrent` or the sums of `spore`, and the percentage of error of weights in effect, if it is told.
fn scatter(options: BrainScaleS2Options, spec: &NetworkSpec, part: &str) -> (String, Option<f64>) {
    let (_, fidelity) = chip(BrainScaleS2Options { approximate: true, ..options }).compile(spec).unwrap();
    let of_part = fidelity.changed.into_iter().filter(|(what, line)| what == part && !line.contains("shortest"));
    let lines: Vec<String> =
        of_part.map(|(_, line)| line).filter(|line| line.contains("circuits") || line.contains("chip ")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let error =
        lines[0].split_once("weights in effect off by ").map(|(_, error)| error.split_once(" %").unwrap().0.parse().unwrap());
    (lines[0].clone(), error)
}

#[test]
fn fixed_pattern_noise_is_reported_and_its_error_follows_chip_and_calibration() {
    let spec = recurrent(60, &Lif { reset: ZERO, ..Lif::default() }, 0.2);
    let told = |calibration, seed| {
        let options = BrainScaleS2Options { calibration, seed, ..ideal() };
        scatter(options, &spec, "neurons of \"lif\"")
    };
    let error = |calibration, seed| told(calibration, seed).1.unwrap();
    let [ideal, calibrated, uncalibrated] =
        [Calibration::Ideal, Calibration::Calibrated, Calibration::Uncalibrated].map(|state| error(state, 1));
    let (_, fidelity) = plain().compile(&spec).unwrap();
    assert!((ideal - 100.0 * fidelity.quantisation_error).abs() < 0.01, "all that is lost is rounding: {ideal}");
    assert!(ideal < 2.0 && 5.0 * ideal < calibrated && 1.5 * calibrated < uncalibrated, "{ideal} {calibrated} {uncalibrated}");
    assert_ne!(error(Calibration::Calibrated, 2), calibrated);
    assert_eq!(told(Calibration::Ideal, 1), told(Calibration::Ideal, 2));
    assert!(!told(Calibration::Calibrated, 1).0.contains("noise"), "{:?}", told(Calibration::Calibrated, 1));
    let (noisy, _) = scatter(BrainScaleS2Options::default(), &spec, "neurons of \"lif\"");
    assert!(noisy.ends_with("noise over time 2.0 steps (4.4 % of the threshold)"), "{noisy}");
}

#[test]
fn sums_for_the_host_are_reported_with_their_amplitudes_and_read_noise() {
    let read = |options| scatter(options, &mixed(), "sums of \"out\"");
    let (line, calibrated) = read(BrainScaleS2Options::default());
    assert!(line.contains("read noise 2.0 steps (3.2 %") && line.contains("amplitude") && !line.contains("threshold"), "{line}");
    let (line, ideal) = read(ideal());
    assert!(line.starts_with("ideal circuits, no scatter; fixed weights") && !line.contains("noise"), "{line}");
    assert!(ideal.unwrap() < 2.0 && calibrated.unwrap() > 2.0 * ideal.unwrap(), "{ideal:?} {calibrated:?}");
}

/// A neuron that `inputs` drive in ticks of 1e-4 s, each with the largest weight, which is stored as it is.
fn short_ticks(tau_ms: f64, inputs: usize, weight: f32) -> NetworkSpec {
    let lif = Lif { tau_ms: tau_ms.into(), threshold: 0.1.into(), scaled_input: true, reset: ZERO, ..Lif::default() };
    NetworkSpec {
        tick_ns: 100_000,
        populations: vec![population("in", inputs, PopulationKind::Input), neurons("lif", 1, "lif", &lif)],
        projections: vec![projection("in-lif", ["in", "lif"], 0, Synapses::Fixed(vec![weight; inputs]))],
        readouts: vec!["lif".into()],
    }
}

/// The ticks in which the neuron fires, and its potential after each.
fn driven<S: Substrate>(substrate: S, spec: &NetworkSpec, inputs: &[Vec<u32>]) -> (Vec<usize>, Vec<f64>) {
    let mut network = Compiled::new(substrate, spec, 1).unwrap();
    let (mut output, mut fired, mut potentials) = (TickOutput::default(), Vec::new(), Vec::new());
    for (t, spikes) in inputs.iter().enumerate() {
        network.tick(TickInput { spikes: &[spikes], ..TickInput::default() }, &mut output);
        fired.extend(output.spikes[0].iter().map(|_| t));
        potentials.push(f64::from(network.probe(&Probe::Membrane("lif".into())).unwrap()[0]));
    }
    (fired, potentials)
}

/// The network of `lif_norse.nir`, whose membrane (2.5 ms) is but 25 times as slow as the current. Norse fires where one input takes it 6 % above
/// threshold. An input that acts over several ticks peaks 11 % lower: it takes one or two more inputs, which come every 10 ticks.
#[test]
fn a_published_neuron_in_short_ticks_fires_as_often_and_at_most_two_inputs_later() {
    let text = include_str!("data/nir/lif_norse.csv");
    let rows: Vec<Vec<f64>> = text.lines().map(|row| row.split(',').map(|cell| cell.trim().parse().unwrap()).collect()).collect();
    let inputs: Vec<Vec<u32>> = rows.iter().map(|row| if row[0] > 0.0 { vec![0] } else { Vec::new() }).collect();
    let spec = short_ticks(-0.1 / libm::log(0.96), 1, 1.0);
    let (float, _) = driven(FloatSubstrate::new(models()), &spec, &inputs);
    assert_eq!(float, [460, 510, 710, 760], "what Norse does");
    let (fired, potentials) = driven(chip(ideal()), &spec, &inputs);
    assert_eq!(fired, [471, 531, 721, 781]);
    // Until the first spike: the area under the potential is as described.
    let [ours, norse] = [potentials[..460].iter().sum::<f64>(), rows[..460].iter().map(|row| row[1]).sum()];
    assert!((ours / norse - 1.0).abs() < 0.02, "{ours} {norse}");
}

#[test]
fn a_membrane_much_slower_than_short_ticks_fires_as_often_as_described() {
    let inputs: Vec<Vec<u32>> = (0..5000).map(|tick| random_spikes(9, tick, 20, 0.05)).collect();
    let spec = short_ticks(20.0, 20, 0.3);
    let (float, _) = driven(FloatSubstrate::new(models()), &spec, &inputs);
    let (fired, _) = driven(chip(ideal()), &spec, &inputs);
    assert!(float.len() == fired.len() && float.len() == 59, "{} {}", float.len(), fired.len());
    // Intervals are of 84 ticks on average; lags add up, as neither waits for the other.
    let lags: Vec<i64> = float.iter().zip(&fired).map(|(float, ours)| *ours as i64 - *float as i64).collect();
    assert!(lags.iter().all(|lag| (0..=24).contains(lag)) && lags.iter().sum::<i64>() < 9 * 59, "{lags:?}");
}

#[test]
fn a_batch_is_recorded_as_the_network_runs_it() {
    let (steps, samples) = (40, 3);
    let spikes = (0..steps * samples).map(|at| random_spikes(9, at as u64, 20, 0.3)).collect::<Vec<_>>();
    let values: Vec<f32> = (0..steps * samples * 3).map(|at| (at % 7) as f32 / 4.0 - 0.75).collect();
    let batch = Batch { steps, samples, inputs: vec![Input::Spikes(spikes.clone()), Input::Values(values.clone())] };
    let spec = observed(&mixed());
    let recorded_of = |batch: &Batch<f32>, seed| record(&mut Compiled::new(plain(), &spec, seed).unwrap(), &spec, batch);
    let recorded = recorded_of(&batch, 5).unwrap();
    let names: Vec<_> = recorded.iter().map(|population| (&population.name[..], population.size)).collect();
    assert_eq!(names, [("lif", 12), ("out", 2)]);
    assert!(recorded[0].spikes.iter().map(Vec::len).sum::<usize>() > 20);
    // The first sequence has the seed as it is given.
    let mut network = Compiled::new(plain(), &mixed(), 5).unwrap();
    let mut output = TickOutput::default();
    for t in 0..steps {
        let at = t * samples;
        network.set_values("values", &values[at * 3..][..3]).unwrap();
        network.tick(TickInput { spikes: &[&spikes[at]], ..TickInput::default() }, &mut output);
        assert_eq!(output.spikes[0], recorded[0].spikes[at], "tick {t}");
        let membrane = network.probe(&Probe::Membrane("lif".into())).unwrap();
        assert_eq!(membrane, recorded[0].voltages[at * 12..][..12], "tick {t}");
        assert_eq!(output.values[1], recorded[1].voltages[at * 2..][..2], "tick {t}");
    }
    assert!(recorded != recorded_of(&batch, 6).unwrap(), "another run, another noise");
    let wrong = Batch { steps, samples, inputs: vec![Input::Spikes(spikes)] };
    assert!(recorded_of(&wrong, 5).unwrap_err().to_string().contains("expected 2 inputs"));
    let wrong = Batch { steps: 41, ..batch };
    assert!(recorded_of(&wrong, 5).unwrap_err().to_string().contains("in: expected a batch of 123"));
}

#[test]
fn programmed_weights_below_zero_reach_the_host_too() {
    let mut spec = spore();
    spec.projections[1].synapses = weights(1, 27, 9.0);
    let Synapses::Fixed(w) = &mut spec.projections[1].synapses else { unreachable!() };
    w.iter_mut().for_each(|w| *w = w.abs());
    let below = vec![-9.0; 27];
    let fired = |program: bool| {
        let mut network = Compiled::new(chip(ideal()), &spec, 1).unwrap();
        if program {
            network.program("fixed", &below).unwrap();
        }
        let mut output = TickOutput::default();
        (0..1000)
            .map(|_| {
                network.tick(TickInput::default(), &mut output);
                output.spikes[0].len()
            })
            .sum::<usize>()
    };
    assert!(fired(false) > 2 * fired(true), "{} {}", fired(false), fired(true));
}

/// Two layers of 8 and 3 columns: the first's sums are rectified and halved to be the inputs of the second, whose sums are rectified.
fn layers(x: &[f32], [w, next]: [&[f32]; 2], multiply: impl Fn(&[f32], &[f32], usize) -> Vec<i32>) -> Vec<u8> {
    let hidden: Vec<f32> = multiply(x, w, 8).into_iter().map(|y| f32::from(converting_relu(y as f32, 1))).collect();
    multiply(&hidden, next, 3).into_iter().map(|y| relu(y as f32)).collect()
}

/// Whole numbers of -`most` to `most`.
fn whole(most: i32, n: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec((-most..=most).prop_map(|x| x as f32), n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Up to five blocks of rows.
    #[test]
    fn sums_are_those_of_the_mock(
        (x, analogue) in (0usize..200).prop_flat_map(|n| (whole(31, n), whole(63, 3 * n))),
        (spikes, spiking) in (1usize..200).prop_flat_map(|n| (proptest::collection::vec(any::<bool>(), n), whole(63, 3 * n))),
        offset in -20i32..20,
    ) {
        // Some are far off zero, where readings saturate.
        let spiking: Vec<f32> = spiking.iter().map(|w| (w + offset as f32).clamp(-63.0, 63.0)).collect();
        let spikes: Vec<u32> = (0..).zip(spikes).filter(|(_, spike)| *spike).map(|(i, _)| i).collect();
        let weights = [&analogue[..], &spiking[..]];
        prop_assert_eq!(readings(&x, &spikes, weights, 3), mock(&x, &spikes, weights, 3));
    }

    #[test]
    fn layers_with_rectifiers_between_are_those_of_the_mock(
        x in proptest::collection::vec((0..32).prop_map(|x| x as f32), 40),
        w in whole(63, 40 * 8),
        next in whole(63, 8 * 3),
    ) {
        let chip = layers(&x, [&w, &next], |x, w, columns| readings(x, &[], [w, &[]], columns));
        prop_assert_eq!(chip, layers(&x, [&w, &next], |x, w, columns| mock(x, &[], [w, &[]], columns)));
    }

    #[test]
    fn spoilt_states_are_refused_or_load_and_never_panic(at in 0usize..4000, byte: u8, cut in 0usize..4000) {
        let substrate = plain();
        load_spoilt(&substrate, at, byte, cut);
    }

    #[test]
    fn any_weights_and_values_run_or_are_refused(
        w in any_weights(36),
        values in proptest::collection::vec(proptest::num::f32::ANY, 3),
    ) {
        let mut spec = mixed();
        let storable = are_storable(&w);
        spec.projections[1].synapses = Synapses::Fixed(w);
        let compiled = plain().compile(&spec);
        prop_assert_eq!(compiled.is_ok(), storable);
        if let Ok((program, _)) = compiled {
            let mut state = plain().init(&program, 1).unwrap();
            let set = plain().set_values(&program, &mut state, "values", &values);
            prop_assert_eq!(set.is_ok(), values.iter().all(|v| v.is_finite()));
            for _ in 0..5 {
                plain().tick(&program, &mut state, TickInput { spikes: &[&[1, 5]], ..TickInput::default() }, &mut TickOutput::default());
            }
        }
    }
}
