//! A graph in words.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::examine::examine;
use super::{Document, Graph, Node, Value, Values};

/// A summary in text: version, nodes with kinds, shapes and parameters, edges, number of parameters, edges that carry the step before.
/// Of a graph that is wrong it shows what can be told; [`check`](super::check) says what is wrong.
pub fn info(document: &Document) -> String {
    let graph = &document.graph;
    let (plan, errors, _) = examine(graph);
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write(&mut out, document, &plan);
    if !errors.is_empty() {
        let _ = writeln!(out, "{} errors: check names them", errors.len());
    }
    out
}

fn write(out: &mut String, document: &Document, plan: &super::Plan) -> std::fmt::Result {
    let graph = &document.graph;
    let mut units = BTreeMap::new();
    collect(graph, "", &mut units);
    let shapes: BTreeMap<&str, _> = plan.nodes.iter().map(|node| (node.name.as_str(), (&node.input, &node.output))).collect();
    writeln!(out, "NIR {}: {} nodes, {} edges, {} numbers", document.version, units.len(), plan.edges.len(), graph.numbers())?;
    for (name, (kind, parameters)) in &units {
        let shape = match shapes.get(name.as_str()) {
            Some((input, output)) if input == output => format!("{input:?}"),
            Some((input, output)) => format!("{input:?} -> {output:?}"),
            None => "?".into(),
        };
        writeln!(out, "  {name}: {kind} {shape}{parameters}")?;
    }
    writeln!(out, "edges")?;
    for edge in &plan.edges {
        let note = if edge.delayed { " (carries the step before)" } else { "" };
        writeln!(out, "  {} -> {}{note}", plan.nodes[edge.from].name, plan.nodes[edge.to].name)?;
    }
    for (key, value) in &graph.metadata {
        writeln!(out, "metadata {key}: {}", describe(value))?;
    }
    Ok(())
}

/// Kind and parameters of each node that isn't a graph.
fn collect<'a>(graph: &'a Graph, prefix: &str, into: &mut BTreeMap<String, (&'a str, String)>) {
    for (name, node) in &graph.nodes {
        let name = format!("{prefix}{name}");
        match node {
            Node::Graph(inner) => collect(inner, &format!("{name}/"), into),
            Node::Unit(unit) => {
                let parameters = unit.parameters.iter().filter(|(key, _)| *key != "shape");
                let parameters = parameters.map(|(key, value)| format!(", {key} {}", describe(value))).collect();
                into.insert(name, (unit.kind.as_str(), parameters));
            }
        }
    }
}

/// One number as it is; of several their type, shape and range.
fn describe(value: &Value) -> String {
    let array = match value {
        Value::Text(text) => return text.clone(),
        Value::Group(items) => return format!("{} items", items.len()),
        Value::Array(array) => array,
    };
    let kind = match array.values() {
        Values::F32(_) => "f32",
        Values::F64(_) => "f64",
        Values::I64(_) => "i64",
    };
    let (low, high) = array.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    match array.values().len() {
        0 => format!("{kind} {:?}", array.shape()),
        1 => format!("{low}"),
        _ if low == high => format!("{low} ({kind} {:?})", array.shape()),
        _ => format!("{low}..{high} ({kind} {:?})", array.shape()),
    }
}
