//! Nothing given from outside makes it panic: bytes that aren't a state, random networks, random parameters.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use std::sync::Arc;

use embody_brain::conformance::random_spikes;
use embody_brain::neuron::{Arrivals, NeuronKernel, Poisson, PoissonKernel, PopulationContext};
use embody_brain::plasticity::spore::{Spore, SporeForm, SporeKernel};
use embody_brain::plasticity::{Activity, ProjectionContext, RuleKernel};
use embody_brain::state::State;
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Projection, Synapses, ThirdFactor,
    TickInput, TickOutput,
};
use proptest::prelude::*;

const TICK_NS: u64 = 1_000_000;

fn spore_kernel(form: SporeForm) -> SporeKernel {
    let p = Spore { form, beta_per_ms: 1e-4, theta_init_deviation: 0.5, update_interval_ms: 20.0, ..Spore::default() };
    SporeKernel::new(&p, &ProjectionContext { sources: 5, targets: 3, per_pair: 2, tick_ms: 1.0, seed: 3 }).unwrap()
}

/// Some ticks of a rule.
fn run_rule(rule: &mut dyn RuleKernel, sources: usize, targets: usize, ticks: u64) {
    for tick in 0..ticks {
        let mut bap = vec![0.0; targets.next_multiple_of(8)];
        bap[..targets].fill(if tick % 3 == 0 { 0.9 } else { -0.1 });
        let pre = random_spikes(1, tick, sources, 0.2);
        rule.tick(Activity {
            pre: &pre,
            post: &[],
            bap: &bap,
            third_factor: if tick % 8 < 4 { 1.0 } else { -0.5 },
            learning: true,
        });
    }
}

fn neurons() -> PoissonKernel {
    let p = Poisson { bias_mv: 10.0, ..Poisson::default() };
    PoissonKernel::new(&p, &PopulationContext { size: 5, tick_ms: 1.0, seed: 3 }).unwrap()
}

fn run_neurons(kernel: &mut PoissonKernel) {
    let mut spikes = Vec::new();
    for _ in 0..50 {
        kernel.tick(Arrivals { excitatory: &[1.0; 8], inhibitory: &[-0.5; 8] }, &mut spikes);
    }
}

/// A chain of populations: an input, then neurons, each with plastic or fixed synapses from the one before and fixed ones to itself.
fn chain(sizes: &[usize], delay: u64, plastic: bool, form: SporeForm, per_pair: usize) -> NetworkSpec {
    let name = |i: usize| format!("population {i}");
    let neuron = Poisson { bias_mv: 10.0, ..Poisson::default() };
    let rule = Spore { form, beta_per_ms: 1e-4, theta_init_deviation: 0.5, ..Spore::default() };
    let population = |(i, &size): (usize, &usize)| {
        let model = PopulationKind::Neurons(Model::new("poisson_dbl_exp", &neuron).unwrap());
        Population { name: name(i), size, kind: if i == 0 { PopulationKind::Input } else { model } }
    };
    let projection = |kind: &str, source: usize, target: usize, synapses| Projection {
        name: format!("{kind} {target}"),
        source: name(source),
        target: name(target),
        delay_ns: delay * TICK_NS,
        synapses,
    };
    let fixed = |n: usize| Synapses::Fixed((0..n).map(|i| (i % 5) as f32 - 2.0).collect());
    let forward = |target: usize| {
        let synapses = if plastic {
            Synapses::Plastic { per_pair, rule: Model::new("spore", &rule).unwrap() }
        } else {
            fixed(sizes[target - 1] * sizes[target])
        };
        projection("forward", target - 1, target, synapses)
    };
    let recurrent = |target: usize| projection("recurrent", target, target, fixed(sizes[target] * sizes[target]));
    NetworkSpec {
        tick_ns: TICK_NS,
        populations: sizes.iter().enumerate().map(population).collect(),
        projections: (1..sizes.len()).flat_map(|target| [forward(target), recurrent(target)]).collect(),
        readouts: vec![name(sizes.len() - 1)],
    }
}

fn compiled(spec: &NetworkSpec) -> Compiled<FloatSubstrate> {
    Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), spec, 1).expect("a valid network compiles")
}

fn run_network(network: &mut impl Network, inputs: usize, ticks: u64) {
    let mut output = TickOutput::default();
    for tick in 0..ticks {
        let input = random_spikes(2, tick, inputs, 0.1);
        network.tick(TickInput { spikes: &[&input], third_factor: ThirdFactor::PerPopulation(&[0.0, 0.5, -0.5]) }, &mut output);
    }
}

/// Loads `bytes`: an error must leave the state as it was, and what is accepted must run.
fn load<S: State>(state: &mut S, bytes: &[u8], run: impl Fn(&mut S)) {
    let before = state.save();
    if state.load(bytes).is_err() {
        assert!(state.save() == before, "a failed load changes nothing");
    }
    run(state);
}

/// A saved state with some bytes replaced and the rest cut off.
fn damaged(mut saved: Vec<u8>, changes: &[(usize, u8)], keep: usize) -> Vec<u8> {
    for &(at, byte) in changes {
        let at = at % saved.len();
        saved[at] = byte;
    }
    saved.truncate(keep.max(1));
    saved
}

/// What is loaded: anything at all, or a saved state that was damaged.
#[derive(Clone, Debug)]
enum Given {
    Anything(Vec<u8>),
    Damaged(Vec<(usize, u8)>, usize),
}

fn given() -> impl Strategy<Value = Given> {
    let changes = prop::collection::vec((any::<usize>(), any::<u8>()), 0..4);
    // Mostly the length and the counts at the front are what could hurt.
    let early = prop::collection::vec((0usize..16, any::<u8>()), 1..4);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Given::Anything),
        (changes, Just(usize::MAX)).prop_map(|(changes, keep)| Given::Damaged(changes, keep)),
        (early, 1usize..2000).prop_map(|(changes, keep)| Given::Damaged(changes, keep)),
    ]
}

fn bytes_of(given: &Given, saved: Vec<u8>) -> Vec<u8> {
    match given {
        Given::Anything(bytes) => bytes.clone(),
        Given::Damaged(changes, keep) => damaged(saved, changes, *keep),
    }
}

/// Parameters of all sizes, from the usual to the absurd.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..100.0,
        2 => (-12.0..12.0).prop_map(|e: f64| 10f64.powf(e)),
        1 => -100.0..0.0,
        1 => prop::sample::select(vec![0.0, -1.0, 1e300, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE]),
    ]
}

fn spore() -> impl Strategy<Value = Spore> {
    let usual = || prop_oneof![6 => Just(None), 1 => number().prop_map(Some)];
    (prop::collection::vec(usual(), 21), any::<bool>(), prop::sample::select(vec![1.0, 10.0, 25.0])).prop_map(
        |(given, stepwise, interval)| {
            let mut p = Spore { update_interval_ms: interval, ..Spore::default() };
            p.form = if stepwise { SporeForm::Stepwise } else { SporeForm::Windowed };
            let fields = [
                &mut p.beta_per_ms,
                &mut p.beta_halving_ms,
                &mut p.temperature,
                &mut p.gradient_temperature,
                &mut p.tau_rise_ms,
                &mut p.tau_fall_ms,
                &mut p.cutoff,
                &mut p.tau_eligibility_ms,
                &mut p.tau_gradient_ms,
                &mut p.update_interval_ms,
                &mut p.theta0,
                &mut p.w0,
                &mut p.theta_min,
                &mut p.theta_max,
                &mut p.max_param_change,
                &mut p.c_g,
                &mut p.c_e,
                &mut p.c_p,
                &mut p.mu,
                &mut p.theta_init_mean,
                &mut p.theta_init_deviation,
            ];
            fields.into_iter().zip(given).for_each(|(field, given)| *field = given.unwrap_or(*field));
            p
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_the_synapses(given in given(), stepwise: bool) {
        let mut kernel = spore_kernel(if stepwise { SporeForm::Stepwise } else { SporeForm::Windowed });
        run_rule(&mut kernel, 5, 3, 47);
        let bytes = bytes_of(&given, kernel.save());
        load(&mut kernel, &bytes, |kernel| run_rule(kernel, 5, 3, 50));
    }

    #[test]
    fn no_bytes_break_the_neurons(given in given()) {
        let mut kernel = neurons();
        run_neurons(&mut kernel);
        let bytes = bytes_of(&given, kernel.save());
        load(&mut kernel, &bytes, run_neurons);
    }

    #[test]
    fn no_bytes_break_a_network(given in given(), plastic: bool) {
        let mut network = compiled(&chain(&[3, 4, 2], 2, plastic, SporeForm::Windowed, 2));
        run_network(&mut network, 3, 130);
        let bytes = bytes_of(&given, network.save());
        load(&mut network, &bytes, |network| run_network(network, 3, 120));
    }

    #[test]
    fn valid_networks_compile_and_run(
        sizes in prop::collection::vec(1usize..40, 2..5), delay in 1u64..20, plastic: bool, stepwise: bool, per_pair in 1usize..4,
    ) {
        let form = if stepwise { SporeForm::Stepwise } else { SporeForm::Windowed };
        let mut network = compiled(&chain(&sizes, delay, plastic, form, per_pair));
        run_network(&mut network, sizes[0], 200);
        for i in 1..sizes.len() {
            let weights = network.weights(&format!("forward {i}")).expect("weights");
            prop_assert_eq!(weights.len(), sizes[i - 1] * sizes[i] * if plastic { per_pair } else { 1 });
            prop_assert!(weights.iter().all(|w| w.is_finite()));
        }
    }

    #[test]
    fn parameters_of_spore_are_refused_or_run_finite(p in spore()) {
        let context = ProjectionContext { sources: 5, targets: 3, per_pair: 2, tick_ms: 1.0, seed: 3 };
        if let Ok(mut kernel) = SporeKernel::new(&p, &context) {
            prop_assert!(p.check(1.0).is_ok());
            run_rule(&mut kernel, 5, 3, 300);
            prop_assert!(kernel.weights().iter().all(|w| w.is_finite()), "{:?}", kernel.weights());
        } else {
            prop_assert!(p.check(1.0).is_err());
        }
    }
}
