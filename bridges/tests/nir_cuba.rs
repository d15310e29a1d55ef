//! Neurons with synapses whose currents decay, from graphs and back: the interpreter, and what others recorded, are met by the network.
#![cfg(feature = "nir")]

#[path = "common/nir.rs"]
mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{document, npy, refused};
use embody_brain::neuron::{Comparison, CubaLif, CubaReadout, Lif, PerNeuron, Reset as After};
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Probe, Projection, Synapses, TickInput,
    TickOutput,
};
use embody_bridges::nir::{
    Array, Discretisation, Document, ExportSettings, Graph, Import, ImportSettings, InputKind, Integration, Limits, NirError,
    Node, Recording, Reset, Unit, Value, Values, export, import, run,
};
use proptest::prelude::*;

const INTEGRATIONS: [Integration; 2] = [Integration::Euler, Integration::Exponential];

fn choices(dt_s: f64, integration: Integration, reset: Reset) -> Discretisation {
    Discretisation { dt_s, integration, reset }
}

fn imported(graph: &Graph, discretisation: Discretisation) -> Result<Import, NirError> {
    import(graph, &ImportSettings { discretisation, inputs: InputKind::Analogue, limits: Limits::default() })
}

/// Spikes, potentials after the tick, of the named populations, tick by tick.
struct Played {
    spikes: Vec<Vec<Vec<u32>>>,
    potentials: Vec<Vec<Vec<f32>>>,
}

/// Runs a network with one analogue input on rows of `input`.
fn played(spec: &NetworkSpec, names: &[&str], input: &[f32], ticks: usize) -> Played {
    let mut spec = spec.clone();
    spec.readouts = names.iter().map(ToString::to_string).collect();
    let size = spec.population("input").unwrap().size;
    let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 1).unwrap();
    let (mut output, mut played) = (TickOutput::default(), Played { spikes: Vec::new(), potentials: Vec::new() });
    let silence = vec![0.0; size];
    for t in 0..ticks {
        network.set_values("input", input.get(t * size..(t + 1) * size).unwrap_or(&silence)).unwrap();
        network.tick(TickInput::default(), &mut output);
        played.spikes.push(output.spikes.clone());
        played.potentials.push(names.iter().map(|&name| network.probe(&Probe::Membrane(name.into())).unwrap()).collect());
    }
    played
}

/// The neurons of a node that fired in a step.
fn fired(recording: &Recording, name: &str, t: usize) -> Vec<u32> {
    let trace = &recording.traces[name];
    let size = trace.size();
    (0..size as u32).filter(|&i| trace.output[t * size + i as usize] > 0.0).collect()
}

/// The published recurrent network: every one of 9 728 hidden steps is that of snnTorch, also after it was exported and imported again,
/// whatever the integration that the file was then written for. The second layer is late by a tick, and its bias is not, which is told: within
/// seven steps it does as the interpreter does.
#[test]
fn the_braille_network_spikes_as_in_snntorch_on_the_float_substrate() {
    let (_, sample) = npy("braille_test_sample0.npy");
    let (_, expected) = npy("snntorch_activity_noDelay_bias_zero.npy");
    let (graph, d) = (document("braille_noDelay_bias_zero.nir").graph, choices(1e-4, Integration::Euler, Reset::Zero));
    let made = imported(&graph, d).unwrap();
    let late = [("input", 0), ("lif1.lif", 0), ("lif2", 1)].map(|(name, ticks)| (name.to_string(), ticks));
    assert_eq!(made.latencies, late.into());
    let models = made.spec.populations.iter().filter_map(|p| match &p.kind {
        PopulationKind::Neurons(model) => Some(model.name.as_str()),
        PopulationKind::Input | PopulationKind::Analogue => None,
    });
    assert_eq!(models.collect::<Vec<_>>(), ["cuba_lif", "cuba_lif"]);
    assert!(made.notes.iter().any(|note| note.node == "lif2" && note.why.contains("come later by 1")), "{:?}", made.notes);
    let recording = run(&graph, &d, &sample, &["lif2"], &Limits::default()).unwrap();
    let matches = |spec: &NetworkSpec| {
        let played = played(spec, &["lif1.lif", "lif2"], &sample, 257);
        let hidden = (0..256).flat_map(|t| (0..38).map(move |i| (t, i)));
        let differ = hidden.filter(|&(t, i)| (expected[t * 38 + i] > 0.0) != played.spikes[t][0].contains(&(i as u32))).count();
        assert_eq!((differ, played.spikes[..256].iter().map(|tick| tick[0].len()).sum::<usize>()), (0, 119));
        assert!((7..256).all(|t| fired(&recording, "lif2", t) == played.spikes[t + 1][1]));
        let counts = (0..7).map(|i| played.spikes[1..].iter().filter(|tick| tick[1].contains(&i)).count());
        assert_eq!(counts.collect::<Vec<_>>(), [11, 160, 112, 113, 103, 68, 121], "the first one's 10 in the graph");
    };
    matches(&made.spec);
    for integration in INTEGRATIONS {
        let exported = export(&made.spec, &BTreeMap::new(), &ExportSettings { integration, drop_refractory: false }).unwrap();
        let read = Document::read(Document::new(exported.graph).write().unwrap(), &Limits::default()).unwrap();
        matches(&imported(&read.graph, exported.discretisation).unwrap().spec);
    }
}

/// A random number in -1..1 from where it stands.
fn noise(seed: u64, at: usize) -> f64 {
    let mut x = (seed ^ (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^= x >> 32;
    x = x.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^= x >> 29;
    (x >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn numbers(values: impl Iterator<Item = f64>) -> Value {
    Array::f64s(values.collect()).into()
}

fn weight(seed: u64, targets: usize, sources: usize, scale: f64) -> Value {
    Array::new(vec![targets, sources], Values::F64((0..targets * sources).map(|i| scale * noise(seed, i)).collect()))
        .unwrap()
        .into()
}

/// CubaLIF, or CubaLI without a threshold, every parameter different from neuron to neuron; constants only if they are asked for.
fn cuba(seed: u64, size: usize, threshold: Option<f64>, constants: bool) -> Unit {
    let each = |salt: u64, base: f64, spread: f64| (0..size).map(move |i| base + spread * noise(seed ^ (salt << 32), i));
    let off = |salt: u64| each(salt, 0.0, if constants { 0.3 } else { 0.0 });
    let mut unit = Unit::new(
        if threshold.is_some() { "CubaLIF" } else { "CubaLI" },
        [
            ("tau_syn", numbers(each(1, 0.006, 0.004))),
            ("tau_mem", numbers(each(2, 0.012, 0.007))),
            ("r", numbers(each(3, 1.5, 0.8))),
            ("w_in", numbers(each(4, 0.5, 1.5))),
            ("v_leak", numbers(off(5))),
        ],
    );
    if let Some(threshold) = threshold {
        unit.parameters.insert("v_threshold".into(), numbers(each(6, threshold, 0.2 * threshold)));
        unit.parameters.insert("v_reset".into(), numbers(off(7).map(|v| 0.5 * v)));
    }
    unit
}

/// Three inputs to six recurrent neurons with constants of every kind, four more behind them, two readouts.
fn network(seed: u64, recurrent_delay_ms: u32) -> Graph {
    let mut graph = Graph::default();
    graph.add("input", Unit::new("Input", [("shape", Array::i64s(vec![3]).into())]));
    graph.add("output", Unit::new("Output", [("shape", Array::i64s(vec![2]).into())]));
    let bias = numbers((0..6).map(|i| 0.3 * noise(seed + 2, i)));
    graph.add("w1", Unit::new("Affine", [("weight", weight(seed + 1, 6, 3, 10.0)), ("bias", bias)]));
    graph.add("one", cuba(seed + 3, 6, Some(0.7), true));
    graph.add("back", Unit::new("Linear", [("weight", weight(seed + 4, 6, 6, 5.0))]));
    graph.add("w2", Unit::new("Linear", [("weight", weight(seed + 5, 4, 6, 15.0))]));
    graph.add("two", cuba(seed + 6, 4, Some(0.4), false));
    graph.add("w3", Unit::new("Linear", [("weight", weight(seed + 7, 2, 4, 10.0))]));
    graph.add("value", cuba(seed + 8, 2, None, false));
    let mut back = vec!["one", "back", "one"];
    if recurrent_delay_ms > 0 {
        graph.add("late", Unit::new("Delay", [("delay", numbers((0..6).map(|_| f64::from(recurrent_delay_ms) * 1e-3)))]));
        back.insert(1, "late");
    }
    for chain in [&["input", "w1", "one", "w2", "two", "w3", "value", "output"][..], &back] {
        chain.windows(2).for_each(|pair| graph.connect(pair[0], pair[1]));
    }
    graph
}

const STEPS: usize = 200;

fn drive(seed: u64) -> Vec<f32> {
    (0..STEPS * 3).map(|at| noise(seed ^ 0xD1, at) as f32).collect()
}

/// One number of a node for each neuron; zeros if it doesn't say.
fn parameter(graph: &Graph, name: &str, key: &str, size: usize) -> Vec<f64> {
    let Node::Unit(unit) = &graph.nodes[name] else { panic!("{name}") };
    match unit.parameters.get(key) {
        Some(Value::Array(array)) => array.iter().collect(),
        _ => vec![0.0; size],
    }
}

/// What neurons did in a tick: who fired, and potentials.
type Step<'a> = (&'a [u32], &'a [f32]);

/// Whether both did the same, potentials within 1e-5 (of themselves, above 1). Where a neuron fired in one alone, its potential in the other,
/// which no reset hides, must be its threshold to rounding: then nothing that follows can be compared.
fn same(a: Step, b: Step, thresholds: &[f64]) -> Result<bool, TestCaseError> {
    for (i, (&v, &w)) in a.1.iter().zip(b.1).enumerate() {
        let [fires, other] = [a.0, b.0].map(|fired| fired.contains(&(i as u32)));
        if fires != other {
            let silent = if fires { w } else { v };
            prop_assert!((f64::from(silent) - thresholds[i]).abs() < 1e-5, "neuron {}: {} {}", i, silent, thresholds[i]);
            return Ok(false);
        }
        prop_assert!((v - w).abs() < 1e-5 * v.abs().max(1.0), "neuron {}: {} {}", i, v, w);
    }
    Ok(true)
}

const NAMES: [&str; 3] = ["one", "two", "value"];

/// Holds a network to its graph. Returns the spikes that were compared.
fn compare(graph: &Graph, made: &Import, d: &Discretisation, input: &[f32]) -> Result<usize, TestCaseError> {
    let recording = run(graph, d, input, &NAMES, &Limits::default()).unwrap();
    let played = played(&made.spec, &NAMES, input, STEPS + 2);
    let mut spikes = 0;
    for t in 0..STEPS {
        for (at, name) in NAMES.into_iter().enumerate() {
            let (tick, size) = (t + made.latencies[name] as usize, recording.traces[name].size());
            let voltage = &recording.traces[name].voltage.as_ref().unwrap()[t * size..(t + 1) * size];
            let expected = if at < 2 { fired(&recording, name, t) } else { Vec::new() };
            // The network counts from v_reset.
            let v_reset = parameter(graph, name, "v_reset", size);
            let found = played.potentials[tick][at].iter().zip(v_reset).map(|(v, v_reset)| (f64::from(*v) + v_reset) as f32);
            let found = (&played.spikes[tick][at][..], &found.collect::<Vec<f32>>()[..]);
            if !same((&expected, voltage), found, &parameter(graph, name, "v_threshold", size))? {
                return Ok(spikes);
            }
            spikes += expected.len();
        }
    }
    Ok(spikes)
}

#[test]
fn networks_of_such_neurons_do_as_the_interpreter_does_and_fire() {
    let mut spikes = 0;
    for seed in 0..8 {
        for integration in INTEGRATIONS {
            for reset in [Reset::Zero, Reset::Subtract] {
                let (graph, d) = (network(seed, 0), choices(1e-3, integration, reset));
                let made = imported(&graph, d).unwrap();
                assert_eq!(made.latencies["two"], 1);
                spikes += compare(&graph, &made, &d, &drive(seed)).unwrap();
            }
        }
    }
    assert!(spikes > 5000, "{spikes}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_network_of_such_neurons_does_as_the_interpreter_does_and_comes_back(seed: u64, euler: bool, zero: bool, delay in 0u32..5) {
        let integration = INTEGRATIONS[usize::from(euler)];
        let d = choices(1e-3, integration, if zero { Reset::Zero } else { Reset::Subtract });
        let graph = network(seed, delay);
        let made = imported(&graph, d).unwrap();
        compare(&graph, &made, &d, &drive(seed))?;
        // Back, written for either integration, it is the same network but for rounding.
        for integration in INTEGRATIONS {
            let settings = ExportSettings { integration, drop_refractory: false };
            let exported = export(&made.spec, &BTreeMap::new(), &settings).unwrap();
            let back = imported(&exported.graph, exported.discretisation).unwrap();
            let input = drive(seed);
            let [before, after] = [&made.spec, &back.spec].map(|spec| played(spec, &NAMES, &input, STEPS));
            'ticks: for t in 0..STEPS {
                for (at, name) in NAMES.into_iter().enumerate() {
                    let [a, b] = [&before, &after].map(|played| (&played.spikes[t][at][..], &played.potentials[t][at][..]));
                    if !same(a, b, &parameter(&exported.graph, name, "v_threshold", a.1.len()))? {
                        break 'ticks;
                    }
                }
            }
        }
    }
}

#[test]
fn what_a_network_cannot_express_is_refused_by_node_and_key() {
    let d = choices(1e-3, Integration::Euler, Reset::Zero);
    let with = |name: &str, unit: Unit| {
        let mut graph = network(1, 0);
        graph.add(name, unit);
        imported(&graph, d)
    };
    refused(with("two", cuba(1, 4, None, false)), "two", "edges");
    let mut low = cuba(1, 4, Some(0.5), false);
    low.parameters.insert("v_reset".into(), numbers([0.0, 0.0, 2.0, 0.0].into_iter()));
    refused(with("two", low), "two", "v_threshold");
    let mut fast = cuba(1, 4, Some(0.5), false);
    fast.parameters.insert("tau_syn".into(), numbers([0.01, 0.01, 0.0005, 0.01].into_iter()));
    let error = with("two", fast).unwrap_err();
    assert!(matches!(&error, NirError::Node { node, why } if node == "two" && why.contains("tau_syn")), "{error}");
}

/// Behind a synapse, a loop that takes the share of a late subtraction is what it looks like: a projection.
#[test]
fn a_loop_through_a_scale_isnt_taken_for_a_reset() {
    let mut graph = network(1, 0);
    graph.add("loop", Unit::new("Scale", [("scale", numbers((0..6).map(|_| -0.1)))]));
    graph.connect("one", "loop");
    graph.connect("loop", "one");
    let made = imported(&graph, choices(1e-3, Integration::Exponential, Reset::Subtract)).unwrap();
    assert!(made.spec.projections.iter().any(|p| p.source == "one" && p.target == "one" && p.name != "back"));
}

fn spec(neuron: &CubaLif) -> NetworkSpec {
    let population = |name: &str, size, kind| Population { name: name.into(), size, kind };
    let readout = CubaReadout { bias: 0.1.into(), scaled_input: true, ..CubaReadout::default() };
    let projection = |name: &str, source: &str, target: &str, ticks: u64, pairs: usize, scale: f64| Projection {
        name: name.into(),
        source: source.into(),
        target: target.into(),
        delay_ns: ticks * 1_000_000,
        synapses: Synapses::Fixed((0..pairs).map(|i| (scale * noise(ticks + pairs as u64, i)) as f32).collect()),
    };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("input", 3, PopulationKind::Analogue),
            population("one", 8, PopulationKind::Neurons(Model::new("cuba_lif", neuron).unwrap())),
            population("two", 2, PopulationKind::Neurons(Model::new("cuba_readout", &readout).unwrap())),
        ],
        projections: vec![
            projection("in", "input", "one", 0, 24, 1.0),
            projection("recurrent", "one", "one", 1, 64, 0.3),
            projection("slow", "one", "one", 3, 64, 0.3),
            projection("out", "one", "two", 0, 16, 1.0),
        ],
        readouts: vec!["one".into(), "two".into()],
    }
}

/// Networks that no graph was before: scaled inputs, constants before and behind the synapse. Their graphs, run by the interpreter, do the same.
#[test]
fn the_graph_of_a_network_runs_as_the_network_does() {
    for (scaled_input, unit) in [(false, 1.0), (true, 0.1)] {
        for reset in [After::Zero, After::Subtract] {
            let neuron = CubaLif {
                threshold: PerNeuron::Each((0..8).map(|i| unit * (1.5 + 0.1 * f64::from(i))).collect()),
                bias: (0.05).into(),
                bias_syn: PerNeuron::Each((0..8).map(|i| 0.02 * f64::from(i)).collect()),
                scaled_input,
                reset,
                ..CubaLif::default()
            };
            let (spec, input) = (spec(&neuron), drive(5));
            for integration in INTEGRATIONS {
                let settings = ExportSettings { integration, drop_refractory: false };
                let exported = export(&spec, &BTreeMap::new(), &settings).unwrap();
                let recording =
                    run(&exported.graph, &exported.discretisation, &input, &["one", "two"], &Limits::default()).unwrap();
                let played = played(&spec, &["one", "two"], &input, STEPS);
                assert!(played.spikes.iter().map(|tick| tick[0].len()).sum::<usize>() > 100);
                for t in 0..100 {
                    assert_eq!(fired(&recording, "one", t), played.spikes[t][0], "{reset:?}, {integration}, step {t}");
                    for i in 0..2 {
                        let (a, b) = (recording.traces["two"].output[t * 2 + i], played.potentials[t][1][i]);
                        assert!((a - b).abs() < 1e-5, "step {t}: {a} {b}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_nir_cannot_express_is_refused_by_population_and_key() {
    let given = |neuron: &CubaLif, integration| {
        export(&spec(neuron), &BTreeMap::new(), &ExportSettings { integration, drop_refractory: false })
    };
    let zero = || CubaLif { reset: After::Zero, ..CubaLif::default() };
    for integration in INTEGRATIONS {
        assert!(given(&zero(), integration).is_ok());
        refused(given(&CubaLif::default(), integration), "one", "reset");
        refused(given(&CubaLif { refractory_ms: 1.0, ..zero() }, integration), "one", "refractory_ms");
        refused(given(&CubaLif { comparison: Comparison::AtLeast, ..zero() }, integration), "one", "comparison");
        refused(given(&CubaLif { tau_syn_ms: 1e30.into(), ..zero() }, integration), "one", "tau_syn_ms");
        refused(given(&CubaLif { tau_ms: 1e30.into(), ..zero() }, integration), "one", "tau_ms");
    }
    // Both kinds have one reset in a graph.
    let mut both = spec(&zero());
    let lif = Model::new("lif", &Lif { reset: After::Subtract, ..Lif::default() }).unwrap();
    both.populations.push(Population { name: "other".into(), size: 2, kind: PopulationKind::Neurons(lif) });
    let settings = ExportSettings { integration: Integration::Euler, drop_refractory: false };
    refused(export(&both, &BTreeMap::new(), &settings), "other", "reset");
}
