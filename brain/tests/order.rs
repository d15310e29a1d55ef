//! The order within a tick of the float substrate: delays, traces, updates.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use std::sync::Arc;

use embody_brain::neuron::Poisson;
use embody_brain::plasticity::spore::{Shape, Spore, SporeForm, SporeSynapses, Stepwise, Windowed};
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Probe, Projection, Synapses, ThirdFactor,
    TickInput, TickOutput,
};

const MS: u64 = 1_000_000;

/// One input neuron and one neuron that follows it, with the given synapse between them.
fn network(neuron: &Poisson, delay_ticks: u64, synapses: Synapses) -> Compiled<FloatSubstrate> {
    let spec = NetworkSpec {
        tick_ns: MS,
        populations: vec![
            Population { name: "in".into(), size: 1, kind: PopulationKind::Input },
            Population {
                name: "out".into(),
                size: 1,
                kind: PopulationKind::Neurons(Model::new("poisson_dbl_exp", neuron).unwrap()),
            },
        ],
        projections: vec![Projection {
            name: "synapse".into(),
            source: "in".into(),
            target: "out".into(),
            delay_ns: delay_ticks * MS,
            synapses,
        }],
        readouts: vec!["out".into()],
    };
    Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 1).unwrap()
}

fn spore(p: &Spore) -> Synapses {
    Synapses::Plastic { per_pair: 1, rule: Model::new("spore", p).unwrap() }
}

/// A neuron that never fires.
fn silent() -> Poisson {
    Poisson { c2_hz: 0.0, ..Poisson::default() }
}

/// One tick, with a spike of the input or without; gives whether the neuron fires.
fn tick(network: &mut impl Network, spike: bool, dopamine: f32) -> bool {
    let mut output = TickOutput::default();
    let spikes: &[u32] = if spike { &[0] } else { &[] };
    network.tick(TickInput { spikes: &[spikes], third_factor: ThirdFactor::PerPopulation(&[0.0, dopamine]) }, &mut output);
    !output.spikes[0].is_empty()
}

fn membrane(network: &impl Network) -> f64 {
    f64::from(network.probe(&Probe::Membrane("out".into())).unwrap()[0])
}

#[test]
fn a_spike_of_tick_k_arrives_in_tick_k_plus_delay() {
    for delay in [1, 2, 7] {
        let mut network = network(&silent(), delay, Synapses::Fixed(vec![2.0]));
        let k = 3;
        for now in 0..k + delay + 3 {
            tick(&mut network, now == k, 0.0);
            // In the tick of its arrival rise and fall are equal: the potential moves one tick after.
            let since = now as i64 - (k + delay) as i64;
            let ms = since.max(0) as f64;
            let expected = 2.0 * 20.0 / 18.0 * ((-ms / 20.0).exp() - (-ms / 2.0).exp());
            assert!(
                (membrane(&network) - expected).abs() < 1e-6,
                "delay {delay}, {since} ticks after the arrival: {}",
                membrane(&network)
            );
        }
    }
}

#[test]
fn a_neuron_fires_no_earlier_than_one_tick_after_the_arrival() {
    // Rise and fall are equal on arrival, and cancel.
    let driven = Poisson { c2_hz: 1e-6, c3_per_mv: 1.0, ..Poisson::default() };
    let mut network = network(&driven, 1, Synapses::Fixed(vec![200.0]));
    let fired: Vec<bool> = (0..4).map(|now| tick(&mut network, now == 0, 0.0)).collect();
    assert_eq!(fired, [false, false, true, false], "a spike of tick 0 arrives in tick 1, lifts in tick 2, then resets");
}

#[test]
fn the_delay_of_a_projection_does_not_delay_the_synapses_trace() {
    // The neuron's bap is that of its rate alone: constant, whatever arrives.
    let constant = Poisson { c2_hz: 1e-3, c3_per_mv: 0.0, ..Poisson::default() };
    let p = Spore {
        beta_per_ms: 1e-3,
        temperature: 0.0,
        c_g: 1e6,
        c_p: 0.0,
        theta_init_mean: 1.0,
        max_param_change: 1e6,
        ..Spore::default()
    };
    let learned = |delay| {
        let mut network = network(&constant, delay, spore(&p));
        (0..100).for_each(|now| _ = tick(&mut network, now == 40, 1.0));
        network.weights("synapse").unwrap()[0]
    };
    let none = {
        let mut network = network(&constant, 1, spore(&p));
        (0..100).for_each(|_| _ = tick(&mut network, false, 1.0));
        network.weights("synapse").unwrap()[0]
    };
    assert!((learned(1) - none).abs() > 1e-3, "the spike counts: {} against {none}", learned(1));
    assert_eq!(learned(1), learned(30));
}

/// theta's change after one Delta of ten steps, with one presynaptic spike and one unit of bap.
fn change(form: SporeForm, spike: usize, bap_at: usize) -> f64 {
    let p = Spore {
        form,
        beta_per_ms: 1e-3,
        temperature: 0.0,
        c_p: 0.0,
        theta_init_mean: 1.0,
        update_interval_ms: 10.0,
        ..Spore::default()
    };
    let shape = Shape { sources: 1, targets: 1, per_pair: 1 };
    let mut synapses: Box<dyn SporeSynapses<f64>> = match form {
        SporeForm::Windowed => Box::new(Windowed::new(&p, shape, 1.0, 1)),
        SporeForm::Stepwise => Box::new(Stepwise::new(&p, shape, 1.0, 1)),
    };
    for step in 0..20 {
        let mut bap = [0.0; 8];
        bap[0] = if step == bap_at { 1.0 } else { 0.0 };
        let ended = synapses.step(if step == spike { &[0] } else { &[] }, &bap, 1.0, true);
        assert_eq!(ended, step % 10 == 9, "the last step of a Delta ends it");
    }
    synapses.theta()[0] - 1.0
}

#[test]
fn a_spike_of_step_k_counts_in_the_synapse_from_step_k_plus_1() {
    for form in [SporeForm::Windowed, SporeForm::Stepwise] {
        for spike in [3, 9] {
            assert_eq!(change(form, spike, spike), 0.0, "{form:?}: not yet in its own step {spike}");
            assert!(change(form, spike, spike + 1) > 1e-6, "{form:?}: but in the next");
        }
    }
}

#[test]
fn the_update_at_the_end_of_a_delta_comes_before_the_spikes_stamped_there() {
    // A synapse that the update retracts doesn't see them: it forms again with y = 0, and without their trace.
    for form in [SporeForm::Windowed, SporeForm::Stepwise] {
        let p = Spore {
            beta_per_ms: 1e-2,
            temperature: 0.0,
            c_p: 1.0,
            mu: -1.0,
            theta_init_mean: 0.1,
            theta_max: 50.0,
            c_g: 1.0,
            update_interval_ms: 10.0,
            ..Spore::default()
        };
        let shape = Shape { sources: 1, targets: 1, per_pair: 1 };
        let run = |spike: usize| {
            let mut synapses: Box<dyn SporeSynapses<f64>> = match form {
                SporeForm::Windowed => Box::new(Windowed::new(&p, shape, 1.0, 1)),
                SporeForm::Stepwise => Box::new(Stepwise::new(&p, shape, 1.0, 1)),
            };
            for step in 0..10 {
                synapses.step(if step == spike { &[0] } else { &[] }, &[0.0; 8], 0.0, true);
            }
            assert_eq!(synapses.weights()[0], 0.0, "{form:?}: the update retracts it");
            for _ in 0..10 {
                synapses.step(&[], &[1.0; 8], 1.0, true);
            }
            (synapses.eligibility()[0], synapses.gradient()[0])
        };
        assert_eq!(run(9), (0.0, 0.0), "{form:?}: a spike of the last step finds it retracted");
        assert_eq!(run(8), (0.0, 0.0), "{form:?}: and a spike before it is forgotten");
    }
}

#[test]
fn new_weights_act_from_the_tick_after_the_update() {
    // Noise moves theta at tick 99, when the first Delta ends; a spike of tick 98 arrives in tick 99 and still meets the old weight.
    let p = Spore { beta_per_ms: 1e-4, temperature: 10.0, theta_init_mean: 2.0, ..Spore::default() };
    let mut network = network(&silent(), 1, spore(&p));
    let before = network.weights("synapse").unwrap()[0];
    for now in 0..102 {
        tick(&mut network, now == 98 || now == 99, 0.0);
        let after = network.weights("synapse").unwrap()[0];
        assert_eq!(after != before, now >= 99, "tick {now}: {before} and {after}");
        let arrived = |ms: f64| 20.0 / 18.0 * ((-ms / 20.0f64).exp() - (-ms / 2.0f64).exp());
        let expected = match now {
            100 => f64::from(before) * arrived(1.0),
            101 => f64::from(before) * arrived(2.0) + f64::from(after) * arrived(1.0),
            _ => continue,
        };
        assert!((membrane(&network) - expected).abs() < 1e-6, "tick {now}: {}, expected {expected}", membrane(&network));
    }
}
