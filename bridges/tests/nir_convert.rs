//! Networks and graphs become each other without a spike changing; what one side can't express is refused by name.
#![cfg(feature = "nir")]

#[path = "common/nir.rs"]
mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{document, refused, trace};
use embody_brain::neuron::{Alif, Comparison, LeakyReadout, Lif, PerNeuron, Reset as After};
use embody_brain::substrate::Compiled;
use embody_brain::{
    FloatSubstrate, Model, Models, Network, NetworkSpec, Population, PopulationKind, Projection, Synapses, TickInput, TickOutput,
};
use embody_bridges::nir::{
    Array, Discretisation, Document, ExportSettings, Graph, ImportSettings, InputKind, Integration, Limits, NirError, Reset,
    Unit, Value, export, import, run,
};
use proptest::prelude::*;

fn choices(dt_s: f64, integration: Integration, reset: Reset) -> Discretisation {
    Discretisation { dt_s, integration, reset }
}

fn settings(discretisation: Discretisation) -> ImportSettings {
    ImportSettings { discretisation, inputs: InputKind::Analogue, limits: Limits::default() }
}

/// Spikes and values of one tick, for each population that is read out.
type Output = (Vec<Vec<u32>>, Vec<Vec<f32>>);

/// The same by the population's name.
type Named = BTreeMap<String, (Vec<u32>, Vec<f32>)>;

/// Runs a network on values for each of its analogue inputs, in the order of the spec, and gives spikes and values of each tick.
fn played(spec: &NetworkSpec, ticks: usize, value: impl Fn(usize, usize) -> f32) -> Vec<Output> {
    let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), spec, 1).unwrap();
    let mut output = TickOutput::default();
    let mut all = Vec::with_capacity(ticks);
    for tick in 0..ticks {
        let mut channel = 0;
        let mut spikes: Vec<Vec<u32>> = Vec::new();
        for population in &spec.populations {
            let values: Vec<f32> = (0..population.size).map(|i| value(tick, channel + i)).collect();
            match population.kind {
                PopulationKind::Analogue => network.set_values(&population.name, &values).unwrap(),
                PopulationKind::Input => {
                    spikes.push((0..population.size as u32).filter(|&i| values[i as usize] > 0.0).collect());
                }
                PopulationKind::Neurons(_) => continue,
            }
            channel += population.size;
        }
        let spikes: Vec<&[u32]> = spikes.iter().map(|list| &list[..]).collect();
        network.tick(TickInput { spikes: &spikes, ..TickInput::default() }, &mut output);
        all.push((output.spikes.clone(), output.values.clone()));
    }
    all
}

#[test]
fn the_imported_neuron_spikes_as_norse_and_rockpool_say() {
    let cases = [
        ("lif_norse.csv", choices(1e-4, Integration::Euler, Reset::Zero), vec![460, 510, 710, 760]),
        ("lif_rockpool.csv", choices(1e-4, Integration::Exponential, Reset::Subtract), vec![450, 500, 710, 760]),
    ];
    for (file, d, expected) in cases {
        let made = import(&document("lif_norse.nir").graph, &settings(d)).unwrap();
        assert_eq!((made.discretisation, made.spec.tick_ns, made.spec.readouts.as_slice()), (d, 100_000, &["1".to_string()][..]));
        let trace = trace(file);
        let ticks = played(&made.spec, trace.len(), |tick, _| trace[tick][0] as f32);
        let spikes: Vec<usize> = (0..trace.len()).filter(|&t| !ticks[t].0[0].is_empty()).collect();
        assert_eq!(spikes, expected, "{file}");
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

fn weights(seed: u64, count: usize, scale: f64) -> Synapses {
    Synapses::Fixed((0..count).map(|i| (scale * noise(seed, i)) as f32).collect())
}

fn population(name: &str, size: usize, kind: PopulationKind) -> Population {
    Population { name: name.into(), size, kind }
}

fn lif(lif: &Lif) -> PopulationKind {
    PopulationKind::Neurons(Model::new("lif", lif).unwrap())
}

fn projection(name: &str, source: &str, target: &str, ticks: u64, synapses: Synapses) -> Projection {
    Projection { name: name.into(), source: source.into(), target: target.into(), delay_ns: ticks * 1_000_000, synapses }
}

/// Two inputs, two recurrent populations that excite each other with several delays, and a readout.
fn spec(seed: u64, reset: After, scaled_input: bool) -> NetworkSpec {
    let each =
        |scale: f64, base: f64, salt: u64| PerNeuron::Each((0..20).map(|i| base + scale * noise(seed ^ salt, i)).collect());
    let first = Lif {
        tau_ms: each(5.0, 20.0, 1),
        threshold: each(0.2, 1.0, 2),
        bias: each(0.05, 0.02, 3),
        scaled_input,
        reset,
        ..Lif::default()
    };
    let second = Lif { tau_ms: 12.3.into(), threshold: 0.7.into(), reset, ..Lif::default() };
    let readout = LeakyReadout { tau_ms: 20.0.into(), bias: 0.1.into(), scaled_input: true };
    let gain = if scaled_input { 20.0 } else { 1.0 };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("angles", 4, PopulationKind::Analogue),
            population("clock", 3, PopulationKind::Input),
            population("hidden", 20, lif(&first)),
            population("other.one", 6, lif(&second)),
            population("poses", 2, PopulationKind::Neurons(Model::new("leaky_readout", &readout).unwrap())),
        ],
        projections: vec![
            projection("angles-hidden", "angles", "hidden", 0, weights(seed + 1, 80, gain)),
            projection("clock-hidden", "clock", "hidden", 2, weights(seed + 2, 60, gain)),
            projection("hidden-hidden", "hidden", "hidden", 1, weights(seed + 3, 400, 0.4 * gain)),
            projection("hidden-other", "hidden", "other.one", 1, weights(seed + 4, 120, 0.6)),
            projection("other-other", "other.one", "other.one", 4, weights(seed + 5, 36, 0.5)),
            projection("other-hidden", "other.one", "hidden", 1, weights(seed + 6, 120, 0.4 * gain)),
            projection("hidden-poses", "hidden", "poses", 0, weights(seed + 7, 40, 1.0)),
            projection("other-poses", "other.one", "poses", 1, weights(seed + 8, 12, 1.0)),
        ],
        readouts: vec!["poses".into(), "hidden".into(), "other.one".into()],
    }
}

fn drive(seed: u64) -> impl Fn(usize, usize) -> f32 {
    move |tick, channel| match channel {
        0..4 => noise(seed, tick * 4 + channel) as f32,
        _ => f32::from(u8::from(noise(seed ^ 77, tick * 3 + channel) > 0.6)),
    }
}

/// Exports, writes, reads and imports a network, with inputs of either kind as they were.
fn there_and_back(spec: &NetworkSpec, integration: Integration) -> (NetworkSpec, Discretisation, Graph) {
    let exported = export(spec, &BTreeMap::new(), &ExportSettings { integration, drop_refractory: false }).unwrap();
    let written = Document::new(exported.graph.clone()).write().unwrap();
    let read = Document::read(written, &Limits::default()).unwrap();
    assert_eq!(read.graph, exported.graph);
    assert_eq!(Discretisation::stated(&read.graph.metadata), Some(exported.discretisation));
    let made = import(&read.graph, &settings(exported.discretisation)).unwrap();
    assert!(made.latencies.values().all(|&ticks| ticks == 0), "{:?}", made.latencies);
    let mut back = made.spec;
    for population in &mut back.populations {
        let original = spec.population(&population.name).unwrap();
        if original.kind == PopulationKind::Input {
            population.kind = PopulationKind::Input;
        }
    }
    (back, exported.discretisation, exported.graph)
}

/// Spikes and values of each tick by the name of the population.
fn by_name(spec: &NetworkSpec, ticks: usize, seed: u64) -> Vec<Named> {
    let named = |(spikes, values): Output| spec.readouts.iter().cloned().zip(spikes.into_iter().zip(values)).collect();
    played(spec, ticks, drive(seed)).into_iter().map(named).collect()
}

fn spikes(ticks: &[Named], name: &str) -> usize {
    ticks.iter().map(|tick| tick[name].0.len()).sum()
}

#[test]
fn a_network_comes_back_from_a_file_and_spikes_the_same() {
    for seed in 0..4 {
        for reset in [After::SubtractNextTick, After::Subtract, After::Zero] {
            for integration in [Integration::Exponential, Integration::Euler] {
                for scaled in [false, true] {
                    let spec = spec(seed, reset, scaled);
                    let (back, ..) = there_and_back(&spec, integration);
                    let names =
                        |spec: &NetworkSpec| spec.projections.iter().map(|p| (p.name.clone(), p.delay_ns)).collect::<Vec<_>>();
                    assert_eq!(names(&back), names(&spec));
                    let (before, after) = (by_name(&spec, 500, seed), by_name(&back, 500, seed));
                    assert!(spikes(&before, "hidden") > 100 && spikes(&before, "other.one") > 50);
                    let differ =
                        (0..500).find(|&t| ["hidden", "other.one"].iter().any(|name| before[t][*name].0 != after[t][*name].0));
                    assert_eq!(differ, None, "seed {seed}, {reset:?}, {integration}, scaled {scaled}");
                    let apart = (0..500).flat_map(|t| before[t]["poses"].1.iter().zip(&after[t]["poses"].1));
                    let apart = apart.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(apart < 2e-6, "{apart:e}");
                }
            }
        }
    }
}

/// Weights are kept to the bit where inputs aren't scaled, and so are the fixed parts of neurons.
#[test]
fn weights_and_parameters_come_back_equal() {
    let spec = spec(7, After::Zero, false);
    let (back, d, _) = there_and_back(&spec, Integration::Exponential);
    assert_eq!(d, choices(1e-3, Integration::Exponential, Reset::Zero));
    for projection in spec.projections.iter().filter(|projection| projection.target != "poses") {
        let found = back.projections.iter().find(|other| other.name == projection.name).unwrap();
        assert_eq!(found, projection);
    }
    let second = |spec: &NetworkSpec| spec.population("other.one").unwrap().clone();
    assert_eq!(second(&back), second(&spec));
}

/// Leaves a graph, its input and the network's spikes where `nir_python.py` runs the graph by the Python package and NumPy.
fn leave_for_python(name: &str, graph: &Graph, input: &[f32], ticks: &[Named]) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("nir");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.nir")), Document::new(graph.clone()).write().unwrap()).unwrap();
    let row = |values: &[f32]| values.iter().map(f32::to_string).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = input.chunks_exact(7).map(row).collect();
    std::fs::write(folder.join(format!("{name}_input.csv")), rows.join("\n")).unwrap();
    let fired = |tick: &Named| {
        let hidden = (0..20).map(|i| f32::from(u8::from(tick["hidden"].0.contains(&i)))).collect::<Vec<_>>();
        row(&[hidden, tick["poses"].1.clone()].concat())
    };
    let rows: Vec<String> = ticks.iter().map(fired).collect();
    std::fs::write(folder.join(format!("{name}_output.csv")), rows.join("\n")).unwrap();
}

#[test]
fn the_graph_of_a_network_runs_as_the_network_does() {
    for reset in [After::SubtractNextTick, After::Subtract, After::Zero] {
        let spec = spec(3, reset, false);
        let (_, d, graph) = there_and_back(&spec, Integration::Exponential);
        let ticks = by_name(&spec, 300, 3);
        let drive = drive(3);
        let input: Vec<f32> = (0..300).flat_map(|t| (0..7).map(move |i| (t, i))).map(|(t, i)| drive(t, i)).collect();
        let recording = run(&graph, &d, &input, &["hidden", "poses"], &Limits::default()).unwrap();
        leave_for_python(&format!("exported_{reset:?}"), &graph, &input, &ticks);
        let hidden = &recording.traces["hidden"].output;
        // Roundings differ, so in the end spikes do; not soon.
        for t in 0..100 {
            let fired: Vec<u32> = (0..20).filter(|&i| hidden[t * 20 + i as usize] > 0.0).collect();
            assert_eq!(fired, ticks[t]["hidden"].0, "{reset:?}, tick {t}");
            for i in 0..2 {
                let (a, b) = (recording.traces["poses"].output[t * 2 + i], ticks[t]["poses"].1[i]);
                assert!((a - b).abs() < 1e-5, "{reset:?}, tick {t}: {a} {b}");
            }
        }
    }
}

fn each(values: Vec<f64>) -> Value {
    Array::f64s(values).into()
}

fn unit_lif(size: usize, threshold: f64, v_leak: f64, v_reset: f64) -> Unit {
    let all = |value| each(vec![value; size]);
    let parameters = [
        ("tau", all(0.01)),
        ("r", all(1.0)),
        ("v_leak", all(v_leak)),
        ("v_threshold", all(threshold)),
        ("v_reset", all(v_reset)),
    ];
    Unit::new("LIF", parameters)
}

fn ends(graph: &mut Graph, input: i64, output: i64) {
    graph.add("input", Unit::new("Input", [("shape", Array::i64s(vec![input]).into())]));
    graph.add("output", Unit::new("Output", [("shape", Array::i64s(vec![output]).into())]));
}

fn dense(seed: u64, targets: usize, sources: usize, scale: f64) -> Unit {
    let values = (0..targets * sources).map(|i| scale * noise(seed, i)).collect();
    let weight = Array::new(vec![targets, sources], embody_bridges::nir::Values::F64(values)).unwrap();
    Unit::new("Affine", [("weight", weight.into()), ("bias", each((0..targets).map(|i| 0.1 * noise(seed + 9, i)).collect()))])
}

/// Layers with a skip connection, leaks and resets off zero, two matrices in a row, a feedback with a delay, a linear readout.
fn layered() -> Graph {
    let mut graph = Graph::default();
    ends(&mut graph, 3, 2);
    graph.add("w1", dense(1, 8, 3, 90.0));
    graph.add("one", unit_lif(8, 1.5, -0.3, -0.5));
    graph.add("w2", dense(2, 5, 8, 40.0));
    graph.add("scale", Unit::new("Scale", [("scale", each(vec![2.0; 5]))]));
    graph.add("two", unit_lif(5, 1.0, 0.1, 0.0));
    graph.add("skip", dense(3, 4, 8, 40.0));
    graph.add("w3", dense(4, 4, 5, 80.0));
    graph.add("three", unit_lif(4, 1.2, 0.2, 0.1));
    graph.add("late", Unit::new("Delay", [("delay", each(vec![0.004; 4]))]));
    graph.add("back", dense(5, 8, 4, 30.0));
    if let Some(embody_bridges::nir::Node::Unit(back)) = graph.nodes.get_mut("back") {
        back.kind = "Linear".into();
        back.parameters.remove("bias");
    }
    graph.add("sum", dense(6, 2, 4, 1.0));
    for chain in [
        &["input", "w1", "one", "w2", "scale", "two", "w3", "three", "sum", "output"][..],
        &["one", "skip", "three"][..],
        &["three", "late", "back", "one"][..],
    ] {
        for pair in chain.windows(2) {
            graph.connect(pair[0], pair[1]);
        }
    }
    graph
}

#[test]
fn layers_come_later_by_a_tick_each_and_do_the_same() {
    for (integration, reset) in [(Integration::Euler, Reset::Zero), (Integration::Exponential, Reset::Subtract)] {
        let (graph, d) = (layered(), choices(1e-3, integration, reset));
        let made = import(&graph, &settings(d)).unwrap();
        let expected = [("input", 0), ("one", 0), ("two", 1), ("three", 2), ("output", 2)];
        assert_eq!(made.latencies, expected.map(|(name, ticks)| (name.to_string(), ticks)).into());
        let delays: Vec<(&str, u64)> = made.spec.projections.iter().map(|p| (p.name.as_str(), p.delay_ns / 1_000_000)).collect();
        assert_eq!(delays, [("w1", 0), ("w2", 1), ("w3", 1), ("sum", 0), ("skip", 2), ("back", 2)]);
        let mut spec = made.spec.clone();
        spec.readouts = ["one", "two", "three", "output"].map(String::from).into();
        let value = |tick: usize, channel: usize| noise(11, tick * 3 + channel) as f32;
        let ticks = played(&spec, 400, value);
        let input: Vec<f32> = (0..400).flat_map(|t| (0..3).map(move |i| value(t, i))).collect();
        let recording = run(&graph, &d, &input, &["one", "two", "three", "output"], &Limits::default()).unwrap();
        for (at, name) in ["one", "two", "three"].into_iter().enumerate() {
            let (trace, late) = (&recording.traces[name], made.latencies[name] as usize);
            let size = trace.size();
            assert!(trace.output.iter().sum::<f32>() > 50.0, "{name}: {}", trace.output.iter().sum::<f32>());
            for t in 0..120 {
                let fired: Vec<u32> = (0..size as u32).filter(|&i| trace.output[t * size + i as usize] > 0.0).collect();
                assert_eq!(ticks[t + late].0[at], fired, "{name} in step {t}, {integration}");
            }
        }
        for t in 0..120 {
            for i in 0..2 {
                let (a, b) = (recording.traces["output"].output[t * 2 + i], ticks[t + 2].1[3][i]);
                assert!((a - b).abs() < 1e-5, "step {t}: {a} {b}");
            }
        }
    }
}

#[test]
fn a_convolutional_network_becomes_one_of_plain_projections() {
    let graph = document("cnn_sinabs.nir").graph;
    let d = choices(1.0, Integration::Euler, Reset::Subtract);
    let made = import(&graph, &settings(d)).unwrap();
    let sizes: Vec<usize> = made.spec.populations.iter().map(|p| p.size).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 2312 + 4096 + 4096 + 512 + 256 + 10);
    // Layer by layer a tick later, and the same spikes.
    let layers = ["1", "3", "6", "10", "12"];
    let mut spec = made.spec.clone();
    spec.readouts = layers.map(String::from).into();
    let event = |t: usize, i: usize| f32::from(u8::from((t * 13 + i * 7).is_multiple_of(17)));
    let steps = 12;
    let ticks = played(&spec, steps + 4, event);
    let input: Vec<f32> = (0..steps).flat_map(|t| (0..2312).map(move |i| event(t, i))).collect();
    let recording = run(&graph, &d, &input, &layers, &Limits::default()).unwrap();
    for (at, name) in layers.into_iter().enumerate() {
        assert_eq!(made.latencies[name], at as u64);
        let output = &recording.traces[name].output;
        let size = recording.traces[name].size();
        for t in 0..steps {
            let fired: Vec<u32> = (0..size as u32).filter(|&i| output[t * size + i as usize] > 0.0).collect();
            assert_eq!(ticks[t + at].0[at], fired, "{name} in step {t}");
        }
        assert!(output.iter().sum::<f32>() > 10.0, "{name}");
    }
    let few = ImportSettings { limits: Limits { values: 1 << 20, ..Limits::default() }, ..settings(d) };
    assert!(matches!(import(&graph, &few), Err(NirError::Limit { .. })));
}

#[test]
fn neurons_that_keep_everything_or_nothing_are_imported_and_come_back() {
    let mut graph = Graph::default();
    ends(&mut graph, 3, 2);
    graph.add("w1", dense(1, 6, 3, 3000.0));
    let all = |size: usize, value: f64| each(vec![value; size]);
    graph.add("if", Unit::new("IF", [("r", all(6, 1.0)), ("v_threshold", all(6, 1.5)), ("v_reset", all(6, -0.25))]));
    graph.add("w2", dense(2, 4, 6, 2.0));
    graph.add("threshold", Unit::new("Threshold", [("threshold", all(4, 0.4))]));
    graph.add("w3", dense(3, 2, 4, 1.0));
    graph.add("sum", Unit::new("I", [("r", all(2, 5.0))]));
    for pair in ["input", "w1", "if", "w2", "threshold", "w3", "sum", "output"].windows(2) {
        graph.connect(pair[0], pair[1]);
    }
    let value = |tick: usize, channel: usize| noise(5, tick * 3 + channel) as f32;
    for integration in [Integration::Euler, Integration::Exponential] {
        let d = choices(1e-3, integration, Reset::Zero);
        let made = import(&graph, &settings(d)).unwrap();
        let mut spec = made.spec.clone();
        spec.readouts = ["if", "threshold", "sum"].map(String::from).into();
        let ticks = played(&spec, 302, value);
        let input: Vec<f32> = (0..300).flat_map(|t| (0..3).map(move |i| value(t, i))).collect();
        let recording = run(&graph, &d, &input, &["if", "threshold", "sum"], &Limits::default()).unwrap();
        for (at, (name, size)) in [("if", 6), ("threshold", 4)].into_iter().enumerate() {
            let output = &recording.traces[name].output;
            assert!(output.iter().sum::<f32>() > 50.0, "{name}: {}", output.iter().sum::<f32>());
            for t in 0..100 {
                let fired: Vec<u32> = (0..size as u32).filter(|&i| output[t * size + i as usize] > 0.0).collect();
                assert_eq!(ticks[t + at].0[at], fired, "{name} in step {t}");
            }
        }
        // The sum is a tick late, but not so its bias: one share more of it, to the end.
        assert!(
            made.notes.iter().any(|note| note.node == "sum" && note.why.contains("spikes come later by 1")),
            "{:?}",
            made.notes
        );
        for i in 0..2 {
            let bias = 5.0 * 1e-3 * 0.1 * noise(3 + 9, i) as f32;
            for t in 0..100 {
                let (a, b) = (recording.traces["sum"].output[t * 2 + i], ticks[t + 1].1[2][i] - bias);
                assert!((a - b).abs() < 1e-5, "step {t}: {a} {b}");
            }
        }
        let plain = ExportSettings { integration, drop_refractory: false };
        let exported = export(&spec, &BTreeMap::new(), &plain).unwrap();
        let kind = |name: &str| match &exported.graph.nodes[name] {
            embody_bridges::nir::Node::Unit(unit) => unit.kind.clone(),
            embody_bridges::nir::Node::Graph(_) => String::new(),
        };
        assert_eq!(["if", "threshold", "sum"].map(kind), ["IF", "LIF", "I"]);
        let back = import(&exported.graph, &settings(exported.discretisation)).unwrap().spec;
        let again = played(&NetworkSpec { readouts: spec.readouts.clone(), ..back }, 302, value);
        assert!((0..302).all(|t| again[t].0 == ticks[t].0));
    }
}

#[test]
fn what_a_network_cannot_express_is_refused_by_node_and_key() {
    let d = choices(1e-3, Integration::Euler, Reset::Zero);
    let taken = |graph: &Graph| import(graph, &settings(d));
    let with = |name: &str, unit: Unit, edges: &[(&str, &str)]| {
        let mut graph = layered();
        graph.add(name, unit);
        edges.iter().for_each(|(from, to)| graph.connect(from, to));
        graph
    };
    refused(taken(&with("late", Unit::new("Delay", [("delay", each(vec![0.001, 0.002, 0.001, 0.001]))]), &[])), "late", "delay");
    // One step back over two hops.
    refused(taken(&with("late", Unit::new("Delay", [("delay", each(vec![0.002; 4]))]), &[])), "one", "edges");
    refused(taken(&with("two", unit_lif(5, 1.0, 0.0, 1.0), &[])), "two", "v_threshold");
    let li = Unit::new("LI", [("tau", each(vec![0.01; 5])), ("r", each(vec![1.0; 5])), ("v_leak", each(vec![0.0; 5]))]);
    refused(taken(&with("two", li, &[])), "two", "edges");
    // A bias before a delay.
    let mut graph = layered();
    graph.add("pause", Unit::new("Delay", [("delay", each(vec![0.001; 2]))]));
    graph.edges.retain(|(from, _)| from != "sum");
    graph.connect("sum", "pause");
    graph.connect("pause", "output");
    refused(taken(&graph), "pause", "delay");
    // A delay between two steps.
    let between = with("late", Unit::new("Delay", [("delay", each(vec![0.0045; 4]))]), &[]);
    assert!(matches!(taken(&between), Err(NirError::Node { node, .. }) if node == "late"));
    // Steps longer than a time constant.
    let long = import(&layered(), &settings(choices(0.02, Integration::Euler, Reset::Zero)));
    assert!(matches!(long, Err(NirError::Node { .. })));
}

#[test]
fn what_nir_cannot_express_is_refused_by_population_and_key() {
    let plain = ExportSettings { integration: Integration::Exponential, drop_refractory: false };
    let given = |change: &dyn Fn(&mut NetworkSpec)| {
        let mut spec = spec(1, After::Zero, false);
        change(&mut spec);
        export(&spec, &BTreeMap::new(), &plain)
    };
    let base = || Lif { reset: After::Zero, ..Lif::default() };
    refused(given(&|s| s.populations[3].kind = lif(&Lif { refractory_ms: 2.0, ..base() })), "other.one", "refractory_ms");
    refused(
        given(&|s| s.populations[3].kind = lif(&Lif { comparison: Comparison::AtLeast, ..base() })),
        "other.one",
        "comparison",
    );
    refused(given(&|s| s.populations[3].kind = lif(&Lif { reset: After::Subtract, ..base() })), "other.one", "reset");
    let alif = || PopulationKind::Neurons(Model::new("alif", &Alif::default()).unwrap());
    refused(given(&|s| s.populations[3].kind = alif()), "other.one", "model");
    let rule = Model { name: "spore".into(), parameters: Default::default() };
    let plastic = || Synapses::Plastic { per_pair: 2, rule: rule.clone() };
    refused(given(&|s| s.projections[3].synapses = plastic()), "hidden-other", "rule");
    refused(given(&|s| s.projections.truncate(0)), "hidden", "bias");

    let mut refractory = spec(1, After::Zero, false);
    refractory.populations[3].kind = lif(&Lif { refractory_ms: 2.0, ..base() });
    let dropped = export(&refractory, &BTreeMap::new(), &ExportSettings { drop_refractory: true, ..plain }).unwrap();
    assert!(dropped.notes.iter().any(|note| note.node == "other.one" && note.why.contains("refractory_ms: 2 ms")));
}

#[test]
fn learned_weights_are_exported_as_sums_of_each_pairs_synapses() {
    let mut learning = spec(1, After::Zero, false);
    learning.projections[3].synapses =
        Synapses::Plastic { per_pair: 2, rule: Model { name: "spore".into(), parameters: Default::default() } };
    let learned: Vec<f32> = (0..240).map(|i| i as f32).collect();
    let plain = ExportSettings { integration: Integration::Exponential, drop_refractory: false };
    let exported = export(&learning, &BTreeMap::from([("hidden-other".to_string(), learned)]), &plain).unwrap();
    let made = import(&exported.graph, &settings(exported.discretisation)).unwrap();
    let projection = made.spec.projections.iter().find(|p| p.name == "hidden-other").unwrap();
    let Synapses::Fixed(weights) = &projection.synapses else { panic!() };
    // From source 3 to target 2 of 6: synapses 3 * 12 + 2 and 6 further.
    assert_eq!(weights[3 * 6 + 2], (36 + 2) as f32 + (36 + 6 + 2) as f32);
    let short = export(&learning, &BTreeMap::from([("hidden-other".to_string(), vec![0.0; 7])]), &plain);
    assert!(matches!(short, Err(NirError::Node { node, .. }) if node == "hidden-other"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_network_of_lif_comes_back_with_the_same_spikes(seed: u64, reset in 0usize..3, euler: bool, tau in 0.5f64..50.0, delay in 1u64..5) {
        let reset = [After::SubtractNextTick, After::Subtract, After::Zero][reset];
        let mut spec = spec(seed, reset, false);
        spec.projections[3].delay_ns = delay * 1_000_000;
        spec.populations[3].kind = lif(&Lif { tau_ms: tau.into(), threshold: 0.7.into(), reset, ..Lif::default() });
        let (back, ..) = there_and_back(&spec, if euler { Integration::Euler } else { Integration::Exponential });
        let (before, after) = (by_name(&spec, 200, seed), by_name(&back, 200, seed));
        for t in 0..200 {
            for name in ["hidden", "other.one"] {
                prop_assert_eq!(&before[t][name].0, &after[t][name].0, "{} in tick {}", name, t);
            }
        }
    }
}
