//! What is wrong with a graph, all of it.

use super::examine::{Finding, examine};
use super::{Graph, Node, Operator, Unit};

/// What [`check`] finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What keeps the graph from being run: unknown kinds, parameters that are missing, of the wrong shape or not finite, edges to nowhere,
    /// shapes that don't fit along an edge, circles through stateless nodes, no Input or no Output.
    pub errors: Vec<Finding>,
    /// What is worth knowing: parameters that mean nothing, nodes without input or use, shapes that differ by dimensions of size 1.
    pub notes: Vec<Finding>,
}

/// Checks a graph. Each finding names its node or edge.
pub fn check(graph: &Graph) -> Report {
    let (_, errors, mut notes) = examine(graph);
    strangers(graph, "", &mut notes);
    Report { errors, notes }
}

/// Notes parameters that nothing reads.
fn strangers(graph: &Graph, prefix: &str, notes: &mut Vec<Finding>) {
    for (name, node) in &graph.nodes {
        match node {
            Node::Graph(inner) => strangers(inner, &format!("{prefix}{name}/"), notes),
            Node::Unit(unit) => {
                let known = parameters(unit);
                for key in unit.parameters.keys().filter(|key| Operator::of(unit).is_ok() && !known.contains(&key.as_str())) {
                    notes.push(Finding {
                        node: format!("{prefix}{name}"),
                        why: format!("{key}: {} has no such parameter", unit.kind),
                    });
                }
            }
        }
    }
}

/// The parameters that a kind has.
fn parameters(unit: &Unit) -> &'static [&'static str] {
    match unit.kind.as_str() {
        "Input" | "Output" => &["shape"],
        "Affine" => &["weight", "bias"],
        "Linear" => &["weight"],
        "Scale" => &["scale"],
        "Delay" => &["delay"],
        "Threshold" => &["threshold"],
        "Conv1d" | "Conv2d" => &["weight", "bias", "stride", "padding", "dilation", "groups", "input_shape"],
        "SumPool2d" | "AvgPool2d" => &["kernel_size", "stride", "padding"],
        "Flatten" => &["start_dim", "end_dim", "input_type"],
        "I" => &["r"],
        "IF" => &["r", "v_threshold", "v_reset"],
        "LI" => &["tau", "r", "v_leak"],
        "LIF" => &["tau", "r", "v_leak", "v_threshold", "v_reset"],
        "CubaLI" => &["tau_syn", "tau_mem", "r", "v_leak", "w_in"],
        "CubaLIF" => &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"],
        _ => &[],
    }
}
