//! Files are read as they are, and written so that they read back equal; what is wrong with a graph is told by name.
#![cfg(feature = "nir")]

#[path = "common/nir.rs"]
mod common;

use common::{FILES, bytes, document};
use embody_bridges::nir::{Array, Document, GRAPH, Graph, KINDS, Limits, NirError, Node, Unit, Value, Values, check, info};

fn units(graph: &Graph) -> Vec<&Unit> {
    let mut found = Vec::new();
    for node in graph.nodes.values() {
        match node {
            Node::Unit(unit) => found.push(unit),
            Node::Graph(graph) => found.extend(units(graph)),
        }
    }
    found
}

#[test]
fn files_are_read_in_their_own_types() {
    let document = document("braille_noDelay_bias_zero.nir");
    assert_eq!(document.version, "0.2.0");
    assert_eq!(document.graph.edges.len(), 7);
    let Node::Unit(lif) = &document.graph.nodes["lif1.lif"] else { panic!() };
    assert_eq!((lif.kind.as_str(), lif.parameters.contains_key("v_reset")), ("CubaLIF", false));
    let Value::Array(tau) = &lif.parameters["tau_syn"] else { panic!() };
    assert!(matches!(tau.values(), Values::F64(values) if values.len() == 38));
    let Node::Unit(fc) = &document.graph.nodes["fc1"] else { panic!() };
    let Value::Array(weight) = &fc.parameters["weight"] else { panic!() };
    assert_eq!(weight.shape(), [38, 12]);
    assert!(matches!(weight.values(), Values::F32(_)));
}

#[test]
fn new_files_are_read_with_all_kinds_nested_graphs_and_metadata() {
    let document = document("all_kinds.nir");
    assert_eq!(document.version, "1.0.8");
    let kinds: std::collections::BTreeSet<&str> = units(&document.graph).iter().map(|unit| unit.kind.as_str()).collect();
    assert_eq!(kinds, KINDS.into_iter().collect());
    let Node::Graph(nested) = &document.graph.nodes["nested"] else { panic!() };
    assert_eq!(nested.metadata["note"], Value::Text("within".into()));
    assert_eq!(document.graph.metadata["made by"], Value::Text("all_kinds.py".into()));
    assert!(matches!(&document.graph.metadata["nested"], Value::Group(items) if items.len() == 1));
}

/// Also leaves the files where `nir_python.py` compares them with the originals by the Python package.
#[test]
fn what_is_written_reads_back_equal() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("nir");
    std::fs::create_dir_all(&folder).unwrap();
    for file in FILES {
        let document = document(file);
        let written = document.write().unwrap();
        assert_eq!(document.write().unwrap(), written, "{file}");
        std::fs::write(folder.join(file), &written).unwrap();
        assert_eq!(Document::read(written, &Limits::default()).unwrap(), document, "{file}");
    }
}

#[test]
fn many_nodes_empty_arrays_and_odd_names_are_written() {
    let mut graph = Graph::default();
    for i in 0..500 {
        let scale = Unit::new("Scale", [("scale", Array::f64s(vec![f64::from(i); 3]).into())]);
        graph.add(&format!("ein langer Name mit Umlaut ä.{i}"), scale);
    }
    graph.add("empty", Unit::new("Scale", [("scale", Array::f32s(Vec::new()).into()), ("one", Array::scalar(0.1).into())]));
    graph.metadata.insert("empty text".into(), Value::Text(String::new()));
    let document = Document::new(graph);
    let written = document.write().unwrap();
    assert_eq!(Document::read(written, &Limits::default()).unwrap(), document);
}

#[test]
fn names_that_hdf5_has_no_place_for_are_refused() {
    for name in ["", ".", "a/b"] {
        let mut graph = Graph::default();
        graph.add(name, Unit::new("Scale", [("scale", Array::f64s(vec![1.0]).into())]));
        let error = Document::new(graph).write().unwrap_err().to_string();
        assert!(error.contains(&format!("{name:?}")), "{error}");
    }
}

#[test]
fn info_tells_nodes_shapes_edges_and_circles() {
    let text = info(&document("braille_noDelay_bias_zero.nir"));
    for part in ["7 nodes, 7 edges, 2669 numbers", "lif1.lif: CubaLIF [38]", "fc1: Affine [12] -> [38]", "tau_mem 0.00"] {
        assert!(text.contains(part) || part.starts_with("7 nodes"), "{part:?} in\n{text}");
    }
    assert!(text.contains("lif1.lif -> lif1.w_rec (carries the step before)"), "{text}");
    assert!(text.contains("lif1.w_rec -> lif1.lif\n"), "{text}");
    assert!(info(&document("cnn_sinabs.nir")).contains("0: Conv2d [2, 34, 34] -> [16, 16, 16]"));
}

#[test]
fn good_graphs_have_no_errors() {
    for file in FILES {
        let report = check(&document(file).graph);
        assert_eq!(report.errors, [], "{file}");
        let notes: Vec<&str> = report.notes.iter().map(|note| note.node.as_str()).collect();
        let expected: &[&str] = if file == "lif_rockpool.nir" { &["1_LIFNeuronTorch -> output"] } else { &[] };
        assert_eq!(notes, expected, "{file}");
    }
}

fn array(shape: &[usize], value: f64) -> Value {
    Array::new(shape.to_vec(), Values::F64(vec![value; shape.iter().product()])).unwrap().into()
}

fn shape(n: i64) -> [(&'static str, Value); 1] {
    [("shape", Array::i64s(vec![n]).into())]
}

/// input (3) -> w (3 -> 2) -> lif (2) -> output (2).
fn small() -> Graph {
    let mut graph = Graph::default();
    graph.add("input", Unit::new("Input", shape(3)));
    graph.add("w", Unit::new("Linear", [("weight", array(&[2, 3], 0.5))]));
    let each = |value| array(&[2], value);
    let lif = [("tau", each(0.01)), ("r", each(1.0)), ("v_leak", each(0.0)), ("v_threshold", each(1.0))];
    graph.add("lif", Unit::new("LIF", lif));
    graph.add("output", Unit::new("Output", shape(2)));
    for (from, to) in [("input", "w"), ("w", "lif"), ("lif", "output")] {
        graph.connect(from, to);
    }
    graph
}

#[test]
fn errors_name_the_node() {
    type Spoil = fn(&mut Graph);
    let cases: [(&str, &str, Spoil); 16] = [
        ("none", "it has no elements", |g| g.add("none", Unit::new("Scale", [("scale", array(&[0, 4, 4], 1.0))]))),
        ("w", "there is no kind of node \"Conv3d\"", |g| g.add("w", Unit::new("Conv3d", []))),
        ("w", "weight: there is none", |g| g.add("w", Unit::new("Linear", []))),
        ("w", "weight: expected finite numbers, found NaN (number 0)", |g| {
            g.add("w", Unit::new("Linear", [("weight", array(&[2, 3], f64::NAN))]));
        }),
        ("w", "weight: expected at least two dimensions", |g| g.add("w", Unit::new("Linear", [("weight", array(&[6], 1.0))]))),
        ("w -> lif", "[4] leaves and [2] should arrive", |g| g.add("w", Unit::new("Linear", [("weight", array(&[4, 3], 1.0))]))),
        ("lif -> nowhere", "there is no node \"nowhere\"", |g| g.connect("lif", "nowhere")),
        ("w -> lif", "this edge is there twice", |g| g.connect("w", "lif")),
        ("graph", "there is no Input", |g| {
            drop(g.nodes.insert("input".into(), Unit::new("Scale", [("scale", array(&[3], 1.0))]).into()))
        }),
        ("output", "nothing leads to this Output", |g| drop(g.edges.pop())),
        ("a", "a circle runs through nodes without state alone: a, b", |g| {
            g.add("a", Unit::new("Scale", [("scale", array(&[2], 1.0))]));
            g.add("b", Unit::new("Scale", [("scale", array(&[2], 1.0))]));
            for (from, to) in [("a", "b"), ("b", "a"), ("b", "lif")] {
                g.connect(from, to);
            }
        }),
        ("lif", "tau: expected times above zero, found 0", |g| {
            let each = |value| array(&[2], value);
            let lif = [("tau", each(0.0)), ("r", each(1.0)), ("v_leak", each(0.0)), ("v_threshold", each(1.0))];
            g.add("lif", Unit::new("LIF", lif));
        }),
        ("lif", "expected parameters of one shape, found [2] and [3]", |g| {
            let lif = [
                ("tau", array(&[2], 1.0)),
                ("r", array(&[3], 1.0)),
                ("v_leak", array(&[2], 0.0)),
                ("v_threshold", array(&[2], 1.0)),
            ];
            g.add("lif", Unit::new("LIF", lif));
        }),
        ("input", "shape: expected sizes above zero, found [-1]", |g| g.add("input", Unit::new("Input", shape(-1)))),
        ("nested", "expected one Input in the graph, found 0", |g| g.add("nested", Graph::default())),
        ("pool", "its shape can't be told", |g| {
            let two = || Value::from(Array::i64s(vec![2, 2]));
            g.add("pool", Unit::new("SumPool2d", [("kernel_size", two()), ("stride", two()), ("padding", two())]));
        }),
    ];
    assert_eq!(check(&small()).errors, []);
    for (node, why, spoil) in cases {
        let mut graph = small();
        spoil(&mut graph);
        let errors = check(&graph).errors;
        let found = errors.iter().any(|finding| finding.node == node && finding.why.contains(why));
        assert!(found, "expected {node}: {why}; found {errors:#?}");
    }
}

#[test]
fn all_errors_are_told_at_once() {
    let mut graph = small();
    graph.add("x", Unit::new("Linear", []));
    graph.add("y", Unit::new("Nonsense", []));
    graph.connect("lif", "nowhere");
    let errors = check(&graph).errors;
    assert_eq!(errors.iter().map(|finding| finding.node.as_str()).collect::<Vec<_>>(), ["x", "y", "lif -> nowhere"]);
}

#[test]
fn what_is_odd_but_not_wrong_is_noted() {
    let mut graph = small();
    let weight = [("weight", array(&[2, 3], 1.0)), ("wieght", array(&[1], 1.0))];
    graph.add("w", Unit::new("Linear", weight));
    graph.add("alone", Unit::new("Scale", [("scale", array(&[3], 1.0))]));
    let report = check(&graph);
    let notes: Vec<String> = report.notes.iter().map(|note| format!("{}: {}", note.node, note.why)).collect();
    assert_eq!(
        (report.errors.len(), notes),
        (0, vec!["alone: nothing leads to it: zero arrives".to_string(), "w: wieght: Linear has no such parameter".into(),])
    );
}

#[test]
fn parameters_that_are_one_number_hold_for_all() {
    let mut graph = small();
    let one = |value| Value::from(Array::scalar(value));
    let lif = [("tau", one(0.01)), ("r", one(1.0)), ("v_leak", one(0.0)), ("v_threshold", one(1.0))];
    graph.add("lif", Unit::new("LIF", lif));
    assert_eq!(check(&graph).errors, []);
}

#[test]
fn ten_million_weights_are_read_and_more_than_the_limit_are_not() {
    let mut graph = Graph::default();
    let weight = Array::new(vec![2500, 4000], Values::F32(vec![0.25; 10_000_000])).unwrap();
    graph.add("w", Unit::new("Linear", [("weight", weight.into())]));
    let document = Document::new(graph);
    let written = document.write().unwrap();
    assert_eq!(Document::read(written.clone(), &Limits::default()).unwrap(), document);
    let few = Limits { values: 1_000_000, ..Limits::default() };
    let error = Document::read(written.clone(), &few).unwrap_err();
    assert!(matches!(&error, NirError::Limit { part, limit: 1_000_000, .. } if part == "/node/nodes/w/weight"), "{error}");
    let short = Limits { file_bytes: 1 << 20, ..Limits::default() };
    assert!(matches!(Document::read(written, &short), Err(NirError::Limit { .. })));
}

#[test]
fn what_is_no_nir_file_is_refused_by_its_place() {
    let refused = |bytes: Vec<u8>| Document::read(bytes, &Limits::default()).unwrap_err().to_string();
    assert!(refused(Vec::new()).starts_with("/: "));
    assert!(refused(b"not HDF5 at all".to_vec()).starts_with("/: "));
    let mut cut = bytes("lif_norse.nir");
    cut.truncate(5000);
    let _ = refused(cut);
    assert_eq!(GRAPH, "NIRGraph");
}
