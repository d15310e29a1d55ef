//! Networks on phase-change memory: the promises of a substrate, what is lost and counted, and how fast it goes.
#![cfg(feature = "chips")]

use std::sync::Arc;
use std::time::Instant;

use embody_brain::conformance::{self, Exception, Promise, random_spikes};
use embody_brain::neuron::{LeakyReadout, Lif, Poisson};
use embody_brain::plasticity::spore::Spore;
use embody_brain::substrate::{Compiled, Network};
use embody_brain::{
    CompileError, FloatSubstrate, Model, Models, NetworkSpec, Population, PopulationKind, Projection, Substrate, Synapses,
    TickInput, TickOutput,
};
use embody_bridges::chips::pcm::{Compensation, DeviceModel, Pcm, PcmOptions, PeripheryKind};
use embody_bridges::chips::{ChipSubstrate, Place};
use proptest::prelude::*;

fn substrate(options: PcmOptions) -> ChipSubstrate<Pcm> {
    ChipSubstrate::new(Pcm::new(options).unwrap(), Arc::new(Models::default()))
}

fn population(name: &str, size: usize, kind: PopulationKind) -> Population {
    Population { name: name.into(), size, kind }
}

fn neurons(name: &str, size: usize, model: Model) -> Population {
    population(name, size, PopulationKind::Neurons(model))
}

fn projection(name: &str, [source, target]: [&str; 2], ticks: u64, synapses: Synapses) -> Projection {
    Projection { name: name.into(), source: source.into(), target: target.into(), delay_ns: ticks * 1_000_000, synapses }
}

fn fixed(n: usize, scale: f32) -> Synapses {
    Synapses::Fixed((0..n).map(|i| ((i * 7 % 11) as f32 / 10.0 - 0.4) * scale).collect())
}

/// All that a network can be made of: spikes and values from outside, neurons that learn, recurrence, a readout without delay.
fn network() -> NetworkSpec {
    let poisson = Model::new("poisson_dbl_exp", &Poisson { bias_mv: 5.0, ..Poisson::default() }).unwrap();
    let rule = Spore { beta_per_ms: 1e-4, theta_init_mean: 1.0, theta_init_deviation: 0.5, w0: 2.0, ..Spore::default() };
    let rule = Model::new("spore", &rule).unwrap();
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 20, PopulationKind::Input),
            population("values", 3, PopulationKind::Analogue),
            neurons("motor", 9, poisson),
            neurons("lif", 7, Model::new("lif", &Lif::default()).unwrap()),
            neurons("out", 2, Model::new("leaky_readout", &LeakyReadout::default()).unwrap()),
        ],
        projections: vec![
            projection("learned", ["in", "motor"], 1, Synapses::Plastic { per_pair: 2, rule }),
            projection("values", ["values", "lif"], 0, fixed(21, 1.0)),
            projection("motor-lif", ["motor", "lif"], 3, fixed(63, 1.0)),
            projection("lif-lif", ["lif", "lif"], 1, fixed(49, 1.0)),
            projection("lif-out", ["lif", "out"], 0, fixed(14, 1.0)),
        ],
        readouts: vec!["motor".into(), "lif".into(), "out".into()],
    }
}

/// What a device can't keep.
const EXCEPTIONS: [Exception; 2] = [
    Exception { promise: Promise::WeightsRest, reason: "conductances drift, learning or not" },
    Exception { promise: Promise::WeightsReadBack, reason: "programming a conductance that was read adds its noise again" },
];

#[test]
fn every_device_model_keeps_the_promises_of_a_substrate_but_two() {
    for device in DeviceModel::ALL {
        for (periphery, compensation) in
            [(PeripheryKind::EightBit, Compensation::Global), (PeripheryKind::SevenNineBit, Compensation::Column)]
        {
            // Drift is brought up to date within the suite's half seconds.
            let options = PcmOptions { device, periphery, compensation, update_interval_s: 0.1, ..PcmOptions::default() };
            conformance::substrate_except(&substrate(options), &network(), &EXCEPTIONS);
        }
    }
}

#[test]
fn all_but_weights_and_sums_runs_on_the_host_and_is_said_to() {
    let (_, fidelity) = substrate(PcmOptions::default()).compile(&network()).unwrap();
    let on_host: Vec<&str> = fidelity.on_host.iter().map(|(part, _)| part.as_str()).collect();
    assert_eq!(on_host.len(), 4, "three populations and a rule: {on_host:?}");
    assert!(fidelity.on_host.iter().all(|(_, why)| why.contains("neurons") || why.contains("pulses")), "{:?}", fidelity.on_host);
    assert_eq!(fidelity.resources[0], ("tiles".into(), 5.0, 64.0));
    assert_eq!(fidelity.resources[1], ("pairs of devices".into(), 360.0 + 21.0 + 63.0 + 49.0 + 14.0, 64.0 * 65_536.0));
    assert!((0.02..0.5).contains(&fidelity.quantisation_error), "{}", fidelity.quantisation_error);
    assert!(fidelity.changed[0].1.contains("steps of 1/16") && fidelity.changed[1].0.contains("drift"), "{:?}", fidelity.changed);

    for wish in [
        PcmOptions { neuron: Some(Place::Chip), ..Default::default() },
        PcmOptions { plasticity: Some(Place::Chip), ..Default::default() },
    ] {
        let error = substrate(wish).compile(&network()).err().unwrap();
        assert!(matches!(error, CompileError::Unsupported { .. }) && error.to_string().contains("on the chip"), "{error}");
    }
}

#[test]
fn a_share_of_the_range_leaves_less_noise_and_says_what_it_clips() {
    let weights: Vec<f32> = (0..2100).map(|i| if i == 7 { 2.0 } else { ((i * 7 % 11) as f32 / 10.0 - 0.5) * 0.4 }).collect();
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![population("in", 300, PopulationKind::Input), network().populations[3].clone()],
        projections: vec![projection("w", ["in", "lif"], 0, Synapses::Fixed(weights.clone()))],
        readouts: vec!["lif".into()],
    };
    let compiled = |weight_share| Compiled::new(substrate(PcmOptions { weight_share, ..Default::default() }), &spec, 1).unwrap();
    let (whole, tenth) = (compiled(1.0), compiled(0.1));
    let error = |network: &dyn Network| {
        let pairs = network.weights("w").unwrap().into_iter().zip(&weights).enumerate().filter(|(i, _)| *i != 7);
        pairs.map(|(_, (stored, asked))| f64::from((stored - asked) * (stored - asked))).sum::<f64>().sqrt()
    };
    assert!(error(&tenth) < 0.4 * error(&whole), "{} of {}", error(&tenth), error(&whole));
    assert_eq!((whole.fidelity().clipped, tenth.fidelity().clipped), (0, 1));
    let changed = &tenth.fidelity().changed;
    assert!(whole.fidelity().changed.is_empty() && changed[0].1.contains("clipped beyond 0.2"), "{changed:?}");
}

#[test]
fn what_does_not_fit_names_limit_and_demand() {
    let error = substrate(PcmOptions { tiles: 4, ..PcmOptions::default() }).compile(&network()).err().unwrap();
    assert!(matches!(&error, CompileError::Exceeds { limit: 4.0, demand: 5.0, .. }), "{error}");
}

#[test]
fn options_that_make_no_sense_are_refused_by_name() {
    let bad = [
        ("weight_share", PcmOptions { weight_share: 0.0, ..Default::default() }),
        ("output_bound", PcmOptions { output_bound: Some(f32::NAN), ..Default::default() }),
        ("output_bound", PcmOptions { output_bound: Some(3.0), periphery: PeripheryKind::Ideal, ..Default::default() }),
        ("output_noise", PcmOptions { output_noise: Some(-1.0), ..Default::default() }),
        ("t_inference_s", PcmOptions { t_inference_s: f64::INFINITY, ..Default::default() }),
        ("update_interval_s", PcmOptions { update_interval_s: 0.0, ..Default::default() }),
        ("learning_steps", PcmOptions { learning_steps: 0, ..Default::default() }),
        ("tiles", PcmOptions { tiles: 1_000_000, ..Default::default() }),
    ];
    for (name, options) in bad {
        let error = Pcm::new(options).err().unwrap().to_string();
        assert!(error.contains(name) && error.contains("expected"), "{error}");
    }
    let unknown = serde_json::from_str::<PcmOptions>(r#"{"devices": "hermes1"}"#).unwrap_err().to_string();
    assert!(unknown.contains("devices"), "{unknown}");
    let chosen: PcmOptions =
        serde_json::from_str(r#"{"device": "hermes2", "periphery": "eight-bit", "neuron": "host"}"#).unwrap();
    assert_eq!((chosen.device, chosen.periphery), (DeviceModel::Hermes2, PeripheryKind::EightBit));
}

/// Drift takes weights away and compensation brings their mean back, over what was before time zero and what comes after.
#[test]
fn drift_goes_on_in_simulated_time_and_is_compensated_for() {
    let spec = NetworkSpec {
        tick_ns: 1_000_000_000,
        populations: vec![population("in", 100, PopulationKind::Input), network().populations[3].clone()],
        projections: vec![Projection { delay_ns: 0, ..projection("w", ["in", "lif"], 0, fixed(700, 1.0)) }],
        readouts: vec!["lif".into()],
    };
    let mean = |compensation, t_inference_s, ticks| {
        let ideal = PcmOptions {
            periphery: PeripheryKind::Ideal,
            compensation,
            t_inference_s,
            update_interval_s: 1.0,
            ..Default::default()
        };
        let mut network = Compiled::new(substrate(ideal), &spec, 1).unwrap();
        for _ in 0..ticks {
            network.tick(TickInput { spikes: &[&[3]], ..TickInput::default() }, &mut TickOutput::default());
        }
        let weights = network.weights("w").unwrap();
        weights.iter().map(|w| f64::from(w.abs())).sum::<f64>() / weights.len() as f64
    };
    let fresh = mean(Compensation::None, 0.0, 0);
    let [hours, day] = [mean(Compensation::None, 0.0, 20_000), mean(Compensation::None, 86_400.0, 0)];
    assert!((0.5..0.8).contains(&(hours / fresh)) && day < hours, "{fresh}, after hours {hours}, after a day {day}");
    for compensation in [Compensation::Global, Compensation::Column] {
        for (t, ticks) in [(0.0, 20_000), (86_400.0, 1)] {
            let kept = mean(compensation, t, ticks) / fresh;
            assert!((0.97..1.03).contains(&kept), "{compensation:?} keeps {kept} over {t} s and {ticks} s");
        }
    }
}

#[test]
fn what_is_counted_is_what_the_tiles_did() {
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![population("in", 300, PopulationKind::Input), network().populations[3].clone()],
        projections: vec![projection("w", ["in", "lif"], 0, fixed(2100, 1.0))],
        readouts: vec!["lif".into()],
    };
    let mut network = Compiled::new(substrate(PcmOptions::default()), &spec, 1).unwrap();
    let count = |network: &dyn Network, name: &str| network.counters().into_iter().find(|(n, _)| *n == name).unwrap().1;
    // Nothing, one tile of rows, both.
    for (spikes, products, conversions) in [(&[][..], 0, 0), (&[7, 9][..], 1, 256 + 7), (&[0, 299][..], 3, 2 * 256 + 44 + 3 * 7)]
    {
        network.tick(TickInput { spikes: &[spikes], ..TickInput::default() }, &mut TickOutput::default());
        assert_eq!(count(&network, "synaptic_operations"), products * 65_536);
        assert_eq!(count(&network, "conversions"), conversions);
    }
    assert_eq!((count(&network, "host_reads"), count(&network, "programming_pulses")), (14, 0));
    let mut weights = network.weights("w").unwrap();
    let programmed = weights.clone();
    network.program("w", &programmed).unwrap();
    let pulses = count(&network, "programming_pulses");
    assert!((1900..=2400).contains(&pulses), "{pulses}");
    // Twice the same needs no pulse; one weight beyond the range is clipped.
    weights[5] = 1e6;
    network.program("w", &weights).unwrap();
    let more = count(&network, "programming_pulses") - pulses;
    assert!((1..=2).contains(&more) && count(&network, "clipped_weights") > 0, "{more}");
}

/// A rule's walk gives pulses only for devices that move, and learns on.
#[test]
fn a_rule_on_the_host_learns_through_pulses() {
    let mut network = Compiled::new(substrate(PcmOptions::default()), &network(), 1).unwrap();
    let before = network.weights("learned").unwrap();
    let factors = [0.5; 5];
    for tick in 0..5000 {
        let spikes = random_spikes(4, tick, 20, 0.05);
        let third_factor = embody_brain::ThirdFactor::PerPopulation(&factors);
        network.tick(TickInput { spikes: &[&spikes], third_factor }, &mut TickOutput::default());
    }
    let counters: std::collections::BTreeMap<_, _> = network.counters().into_iter().collect();
    let (pulses, requests) = (counters["programming_pulses"], counters["host_writes"]);
    assert!(pulses > 0 && pulses < requests / 10, "{pulses} pulses for {requests} numbers from the host");
    let after = network.weights("learned").unwrap();
    let moved = before.iter().zip(&after).filter(|(a, b)| (*a - *b).abs() > 0.05).count();
    assert!(moved > 10, "{moved} of {} weights moved", before.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A saved state with a few bytes changed is refused or goes on; nothing panics.
    #[test]
    fn a_state_with_changed_bytes_is_refused_or_goes_on(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let substrate = substrate(PcmOptions { compensation: Compensation::Column, update_interval_s: 0.002, ..Default::default() });
        let (program, _) = substrate.compile(&network()).unwrap();
        let mut bytes = substrate.save(&substrate.init(&program, 1).unwrap());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(mut state) = substrate.load(&program, &bytes) {
            for tick in 0..10 {
                let spikes = random_spikes(4, tick, 20, 0.3);
                substrate.tick(&program, &mut state, TickInput { spikes: &[&spikes], ..TickInput::default() }, &mut TickOutput::default());
            }
        }
    }
}

/// 250 recurrent neurons with 63 750 weights, firing at 20 to 60 Hz.
fn large() -> NetworkSpec {
    let weights =
        |n: usize, scale: f32| Synapses::Fixed((0..n).map(|i| (((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0) * scale).collect());
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 5, PopulationKind::Input),
            neurons("lif", 250, Model::new("lif", &Lif::default()).unwrap()),
        ],
        projections: vec![
            projection("in", ["in", "lif"], 0, weights(1250, 0.8)),
            projection("recurrent", ["lif", "lif"], 1, weights(62_500, 0.08)),
        ],
        readouts: vec!["lif".into()],
    }
}

#[test]
fn a_network_of_63_750_weights_runs_faster_than_real_time() {
    const TICKS: u64 = 5000;
    let run = |network: &mut dyn Network| {
        let (mut output, mut spikes) = (TickOutput::default(), 0);
        let start = Instant::now();
        for tick in 0..TICKS {
            network.tick(TickInput { spikes: &[&random_spikes(4, tick, 5, 0.3)], ..TickInput::default() }, &mut output);
            spikes += output.spikes[0].len();
        }
        (TICKS as f64 * 1e-3 / start.elapsed().as_secs_f64(), spikes as f64 / 250.0 / (TICKS as f64 * 1e-3))
    };
    let (float, rate) = run(&mut Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &large(), 1).unwrap());
    println!("float: {float:.0} times real time at {rate:.0} Hz");
    for device in DeviceModel::ALL {
        let options = PcmOptions { device, ..PcmOptions::default() };
        let (speed, rate) = run(&mut Compiled::new(substrate(options), &large(), 1).unwrap());
        println!("{device:?}: {speed:.1} times real time at {rate:.0} Hz");
        assert!(rate > 5.0, "{rate} Hz");
        assert!(speed > 1.0, "{device:?}: {speed} times real time");
    }
}
