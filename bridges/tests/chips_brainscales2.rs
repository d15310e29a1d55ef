//! Networks on the emulated BrainScaleS-2.
#![cfg(feature = "chips")]

mod chip_networks;

use std::collections::BTreeMap;

use chip_networks::{
    any_weights, are_storable, load_spoilt, mixed, models, neurons, population, projection, recurrent, spore, weights,
};
use embody_brain::conformance::{self, random_spikes};
use embody_brain::neuron::{Lif, Reset};
use embody_brain::substrate::{Compiled, Network};
use embody_brain::training::{Batch, Input, observed, record};
use embody_brain::{
    CompileError, FloatSubstrate, NetworkSpec, PopulationKind, Probe, Substrate, Synapses, ThirdFactor, TickInput, TickOutput,
};
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
            neurons("out", 1, "leaky_readout", &embody_brain::neuron::LeakyReadout::default()),
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
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert!(changes[1].contains("resets") && changes[2].contains("refractory"), "{changes:?}");
    assert!(fidelity.quantisation_error > 1e-3 && fidelity.quantisation_error < 0.03, "{}", fidelity.quantisation_error);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

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
