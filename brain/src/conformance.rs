//! Conformance suites: what any substrate, neuron model or plasticity rule must keep. Call them from a test; they panic on the first fault.

use crate::neuron::{Arrivals, NeuronKernel};
use crate::numeric::padded;
use crate::plasticity::{Activity, RuleKernel};
use crate::random::{Counter, philox_block};
use crate::spec::{CompileError, NetworkSpec, PopulationKind, Synapses};
use crate::substrate::{Substrate, ThirdFactor, TickInput, TickOutput};

/// Random spikes of `size` neurons, each with the given probability, at moment `tick`.
pub fn random_spikes(seed: u64, tick: u64, size: usize, probability: f64) -> Vec<u32> {
    let mut words = [[0; 64]; 4];
    let mut spikes = Vec::new();
    for block in 0..size.div_ceil(64) {
        philox_block(seed, Counter { stream: 0, time: tick }, block as u32, &mut words);
        let first = block * 64;
        let fires = |&i: &usize| f64::from(words[0][i - first]) < probability * 4_294_967_296.0;
        spikes.extend((first..size.min(first + 64)).filter(fires).map(|i| i as u32));
    }
    spikes
}

/// A promise of [`Substrate`] that a physical device can be unable to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Weights rest while learning is off: a device that drifts can't keep it.
    WeightsRest,
    /// Weights that were read and are written again read the same, to 1e-5 of the largest: a device that is programmed with noise can't keep it.
    WeightsReadBack,
}

/// A promise that a substrate can't keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Which one.
    pub promise: Promise,
    /// Why not.
    pub reason: &'static str,
}

/// The promises of [`substrate`] but for the given exceptions. An exception that isn't needed, or has no reason, is a fault too: a promise
/// is never skipped, it is seen to be broken.
pub fn substrate_except<S: Substrate>(substrate: &S, spec: &NetworkSpec, exceptions: &[Exception]) {
    assert!(exceptions.iter().all(|exception| !exception.reason.trim().is_empty()), "an exception has a reason");
    let mut broken = Vec::new();
    promises(substrate, spec, &mut broken);
    for promise in [Promise::WeightsRest, Promise::WeightsReadBack] {
        let found: Vec<&String> = broken.iter().filter(|(which, _)| *which == promise).map(|(_, where_)| where_).collect();
        match exceptions.iter().find(|exception| exception.promise == promise) {
            None => assert!(found.is_empty(), "{promise:?} isn't kept: {found:?}"),
            Some(_) => assert!(!found.is_empty(), "{promise:?} is kept, and needs no exception"),
        }
    }
}

/// Every promise of [`Substrate`] for a network with at least one input and one readout: equal runs from equal seeds, clones that are
/// independent, states that continue exactly, rest that forgets, weights that read back, learning that can be switched off, and refused nonsense.
pub fn substrate<S: Substrate>(substrate: &S, spec: &NetworkSpec) {
    substrate_except(substrate, spec, &[]);
}

/// Runs the suite; promises that may have exceptions are noted where they are broken, all others panic.
fn promises<S: Substrate>(substrate: &S, spec: &NetworkSpec, noted: &mut Vec<(Promise, String)>) {
    let (program, _) = substrate.compile(spec).expect("the network compiles");
    let inputs: Vec<usize> = spec.populations.iter().filter(|p| p.kind == PopulationKind::Input).map(|p| p.size).collect();
    assert!(!inputs.is_empty() && !spec.readouts.is_empty(), "the suite needs an input and a readout");
    let factors = vec![0.5; spec.populations.len()];
    let run = |state: &mut S::State, from: u64, to: u64| -> Vec<Vec<Vec<u32>>> {
        let mut output = TickOutput::default();
        let tick = |t: u64| {
            let spikes: Vec<Vec<u32>> = inputs.iter().map(|&size| random_spikes(4, t, size, 0.05)).collect();
            let spikes: Vec<&[u32]> = spikes.iter().map(Vec::as_slice).collect();
            substrate.tick(
                &program,
                state,
                TickInput { spikes: &spikes, third_factor: ThirdFactor::PerPopulation(&factors) },
                &mut output,
            );
            output.spikes.clone()
        };
        (from..to).map(tick).collect()
    };
    let mut a = substrate.init(&program, 1).expect("init");
    let first = run(&mut a, 0, 500);
    assert!(first.iter().flatten().any(|spikes| !spikes.is_empty()), "the suite needs a network that fires");
    for (readout, name) in spec.readouts.iter().enumerate() {
        let size = spec.populations.iter().find(|p| &p.name == name).map_or(0, |p| p.size);
        let sorted = |spikes: &[u32]| spikes.is_sorted_by(|a, b| a < b) && spikes.iter().all(|&i| (i as usize) < size);
        assert!(first.iter().all(|tick| sorted(&tick[readout])), "{name}: spikes are sorted, single and inside");
    }
    assert!(first == run(&mut substrate.init(&program, 1).expect("init"), 0, 500), "equal seeds give equal spikes");

    let saved = substrate.save(&a);
    let mut clone = a.clone();
    let mut loaded = substrate.load(&program, &saved).expect("load");
    assert!(substrate.save(&loaded) == saved, "a loaded state saves the same bytes");
    let on = run(&mut a, 500, 1000);
    assert!(on == run(&mut clone, 500, 1000), "a clone goes on by itself");
    assert!(on == run(&mut loaded, 500, 1000), "a loaded state goes on as if nothing had been");
    assert!(substrate.save(&a) == substrate.save(&loaded), "and ends in the same state");
    assert!(substrate.load(&program, &saved[..saved.len() / 2]).is_err(), "half a state is refused");
    assert!(substrate.load(&program, &[saved.as_slice(), &[0]].concat()).is_err(), "a state with a byte too many is refused");

    // Two that saw different things and were put to rest in the same tick are one.
    let rested = |from: u64| {
        let mut state = substrate.init(&program, 1).expect("init");
        substrate.set_learning(&mut state, false);
        run(&mut state, from, from + 200);
        substrate.rest(&program, &mut state).expect("rest");
        run(&mut state, 0, 300)
    };
    let first = rested(0);
    assert!(first == rested(5000), "what was before doesn't outlast rest");
    assert!(first.iter().flatten().any(|spikes| !spikes.is_empty()), "and a network at rest fires again");

    for projection in &spec.projections {
        let read = |state: &S::State| substrate.weights(&program, state, &projection.name).expect("weights");
        let weights = read(&a);
        substrate.set_learning(&mut a, false);
        run(&mut a, 1000, 1500);
        if read(&a) != weights {
            noted.push((Promise::WeightsRest, projection.name.clone()));
        }
        substrate.set_learning(&mut a, true);
        substrate.program(&program, &mut a, &projection.name, &weights).expect("stored weights can be written back");
        let largest = weights.iter().fold(0.0f32, |most, w| most.max(w.abs()));
        if read(&a).iter().zip(&weights).any(|(now, then)| (now - then).abs() > 1e-5 * largest) {
            noted.push((Promise::WeightsReadBack, projection.name.clone()));
        }
        assert!(substrate.program(&program, &mut a, &projection.name, &weights[1..]).is_err(), "a weight too few is refused");
        let nan = vec![f32::NAN; weights.len()];
        assert!(substrate.program(&program, &mut a, &projection.name, &nan).is_err(), "NaN is refused");
    }
    assert!(substrate.weights(&program, &a, "no such projection").is_none());

    let broken = |change: fn(&mut NetworkSpec)| {
        let mut broken = spec.clone();
        change(&mut broken);
        assert!(matches!(substrate.compile(&broken), Err(CompileError::Invalid { .. })), "nonsense is refused: {broken:?}");
    };
    broken(|spec| spec.tick_ns = 0);
    broken(|spec| spec.populations[0].size = 0);
    broken(|spec| spec.populations[0].name = spec.populations[1].name.clone());
    broken(|spec| spec.readouts.push("nobody".into()));
    if !spec.projections.is_empty() {
        broken(|spec| spec.projections[0].delay_ns += 1);
        broken(|spec| spec.projections[0].source = "nobody".into());
        broken(|spec| spec.projections[0].synapses = Synapses::Fixed(vec![1.0]));
    }
}

/// The promises of [`NeuronKernel`]: spikes in order and inside, bap of a spike above and of silence not above zero, and exact continuation.
pub fn neurons(mut make: impl FnMut() -> Box<dyn NeuronKernel>, size: usize) {
    let run = |neurons: &mut dyn NeuronKernel, from: u64, to: u64| -> Vec<Vec<u32>> {
        let mut all = Vec::new();
        for tick in from..to {
            let mut excitatory = vec![0.0; padded(size)];
            random_spikes(9, tick, size, 0.1).into_iter().for_each(|i| excitatory[i as usize] = 2.0);
            let mut spikes = Vec::new();
            neurons.tick(Arrivals { excitatory: &excitatory, inhibitory: &vec![0.0; padded(size)] }, &mut spikes);
            assert!(spikes.is_sorted_by(|a, b| a < b) && spikes.iter().all(|&i| (i as usize) < size));
            assert_eq!(neurons.bap().len(), padded(size));
            for (i, &bap) in neurons.bap().iter().enumerate() {
                let spiked = spikes.contains(&(i as u32));
                assert!(bap.abs() <= 1.0 && (i < size || bap == 0.0) && (spiked || bap <= 0.0), "bap of neuron {i} is {bap}");
            }
            all.push(spikes);
        }
        all
    };
    let mut a = make();
    run(&mut *a, 0, 300);
    let saved = a.save();
    let (mut b, mut c) = (make(), a.duplicate());
    b.load(&saved).expect("load");
    let on = run(&mut *a, 300, 600);
    assert!(on == run(&mut *b, 300, 600) && on == run(&mut *c, 300, 600), "a loaded state and a copy go on exactly");
    assert!(b.load(&saved[..saved.len() - 1]).is_err(), "a byte too few is refused");
}

/// The promises of [`RuleKernel`]: sizes, weights that rest unless asked for, stored weights that are respected, and exact continuation.
pub fn rule(mut make: impl FnMut() -> Box<dyn RuleKernel>, sources: usize, targets: usize, per_pair: usize) {
    let run = |rule: &mut dyn RuleKernel, from: u64, to: u64, learning: bool| -> u64 {
        let mut asked = 0;
        for tick in from..to {
            let mut bap = vec![0.0; padded(targets)];
            bap[..targets].fill(-0.05);
            let post = random_spikes(5, tick, targets, 0.05);
            post.iter().for_each(|&j| bap[j as usize] = 0.95);
            let pre = random_spikes(6, tick, sources, 0.05);
            let before = rule.weights().to_vec();
            let asks = rule.tick(Activity { pre: &pre, post: &post, bap: &bap, third_factor: 0.3, learning });
            asked += u64::from(asks);
            assert!(asks || before == rule.weights(), "weights rest unless the rule asks for new ones");
        }
        asked
    };
    let mut a = make();
    assert_eq!(a.weights().len(), sources * per_pair * padded(targets));
    assert_eq!(run(&mut *a, 0, 500, false), 0, "nothing is asked for while learning is off");
    assert!(run(&mut *a, 500, 1000, true) > 0, "the suite needs a rule that learns within 500 ticks");
    let saved = a.save();
    let (mut b, mut c) = (make(), a.duplicate());
    b.load(&saved).expect("load");
    for rule in [&mut a, &mut b, &mut c] {
        run(&mut **rule, 1000, 1510, true);
    }
    assert!(a.save() == b.save() && a.save() == c.save(), "a loaded state and a copy go on exactly");
    assert!(b.load(&saved[..saved.len() - 1]).is_err(), "a byte too few is refused");
    let stored: Vec<f32> = a.requested().iter().map(|w| (w * 8.0).round() / 8.0).collect();
    a.requested().copy_from_slice(&stored);
    assert!(a.weights() == stored, "what was stored is what the rule goes on with");
}
