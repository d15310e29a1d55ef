//! What a graph does over many steps.

use std::collections::BTreeMap;

use super::{Cell, Interpreter, Law};
use crate::nir::{Discretisation, Graph, Limits, NirError};

/// What was recorded, and how time was cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The choices that NIR leaves open.
    pub discretisation: Discretisation,
    /// Number of steps.
    pub steps: usize,
    /// By node.
    pub traces: BTreeMap<String, Trace>,
}

/// What one node did: `array[step * size + element]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Shape of what leaves the node.
    pub shape: Vec<usize>,
    /// What left it; spikes as 1 and 0.
    pub output: Vec<f32>,
    /// Potentials after resets, if it has neurons.
    pub voltage: Option<Vec<f32>>,
    /// Synaptic currents, if it has synapses.
    pub current: Option<Vec<f32>>,
}

impl Trace {
    /// Number of elements of the node.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Runs a graph over `input[step * channels + channel]`, the channels being the elements of all Input nodes in the order of their names, and
/// records the named nodes, or all neurons, Threshold nodes and outputs if none are named. Nodes of nested graphs are called `graph/node`.
///
/// # Errors
/// As [`Interpreter::new`] and [`Interpreter::step`]; a node that isn't there; more numbers to record than the limit.
pub fn run(graph: &Graph, d: &Discretisation, input: &[f32], record: &[&str], limits: &Limits) -> Result<Recording, NirError> {
    let mut interpreter = Interpreter::new(graph, d, limits)?;
    let channels = interpreter.channels();
    if channels == 0 || !input.len().is_multiple_of(channels) {
        return Err(NirError::node("input", format!("expected whole steps of {channels} numbers, found {}", input.len())));
    }
    let recorded = chosen(&interpreter, graph, record)?;
    let steps = input.len() / channels;
    let numbers = |&at: &usize| {
        let (voltage, current) = states(&interpreter.nodes[at]);
        let size = interpreter.nodes[at].output.len();
        size + voltage.map_or(0, |v| v.len()) + current.map_or(0, |v| v.len())
    };
    let each: usize = recorded.iter().map(numbers).sum();
    NirError::limit("recording", "numbers", limits.values, each.saturating_mul(steps))?;
    let mut traces: Vec<Trace> = recorded.iter().map(|&at| empty(&interpreter.nodes[at])).collect();
    for step in input.chunks_exact(channels) {
        interpreter.step(step)?;
        for (trace, &at) in traces.iter_mut().zip(&recorded) {
            let cell = &interpreter.nodes[at];
            let (voltage, current) = states(cell);
            trace.output.extend(&cell.output);
            extend(&mut trace.voltage, voltage);
            extend(&mut trace.current, current);
        }
    }
    let names = recorded.iter().map(|&at| interpreter.nodes[at].name.clone());
    Ok(Recording { discretisation: *d, steps, traces: names.zip(traces).collect() })
}

/// Numbers of the nodes that are recorded.
fn chosen(interpreter: &Interpreter, graph: &Graph, record: &[&str]) -> Result<Vec<usize>, NirError> {
    if record.is_empty() {
        let outputs = super::Plan::new(graph)?.outputs().collect::<Vec<_>>();
        let of_interest =
            |at: &usize| matches!(interpreter.nodes[*at].law, Law::Neurons(_) | Law::Threshold(_)) || outputs.contains(at);
        return Ok((0..interpreter.nodes.len()).filter(of_interest).collect());
    }
    let find = |name: &&str| {
        let at = interpreter.nodes.iter().position(|cell| cell.name == **name);
        at.ok_or_else(|| NirError::node(*name, "there is no such node to record"))
    };
    record.iter().map(find).collect()
}

fn states(cell: &Cell) -> (Option<&Vec<f32>>, Option<&Vec<f32>>) {
    match &cell.law {
        Law::Neurons(neurons) => (Some(&neurons.voltage), Some(&neurons.current).filter(|current| !current.is_empty())),
        _ => (None, None),
    }
}

fn empty(cell: &Cell) -> Trace {
    let (voltage, current) = states(cell);
    Trace {
        shape: cell.shape.clone(),
        output: Vec::new(),
        voltage: voltage.map(|_| Vec::new()),
        current: current.map(|_| Vec::new()),
    }
}

fn extend(trace: &mut Option<Vec<f32>>, state: Option<&Vec<f32>>) {
    if let (Some(trace), Some(state)) = (trace, state) {
        trace.extend(state);
    }
}
