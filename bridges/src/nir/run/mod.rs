//! Runs a graph as it stands, in `f32`, step by step: the reference for what becomes of it on a substrate.
//!
//! The order of a step is that of [`Plan`]: values pass through all nodes at once, an edge on a circle carries the step before, Delay nodes
//! give what they took earlier. Where several edges lead to a node, what they carry is added up in the file's order.

mod delay;
mod linear;
mod neurons;
mod recording;

pub(super) use delay::steps;
pub(super) use linear::Linear;
pub use recording::{Recording, Trace, run};

use super::array::elements;
use super::{Discretisation, Graph, Limits, NirError, Operator, Plan};
use delay::DelayLine;
use neurons::Neurons;

/// A graph that runs.
#[derive(Clone, Debug)]
pub struct Interpreter {
    nodes: Vec<Cell>,
    /// Nodes in the order of a step.
    order: Vec<usize>,
    /// Input nodes, by name.
    inputs: Vec<usize>,
    /// Numbers that a step takes: the elements of all inputs.
    channels: usize,
}

#[derive(Clone, Debug)]
struct Cell {
    name: String,
    shape: Vec<usize>,
    law: Law,
    /// From where values come, and whether those of the step before.
    sources: Vec<(usize, bool)>,
    input: Vec<f32>,
    output: Vec<f32>,
    /// What left in the step before, where an edge carries it.
    previous: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Law {
    Given,
    Linear(Linear<f32>),
    Threshold(Vec<f32>),
    /// With a delay in all elements, so that nothing passes within a step, or not.
    Delay(DelayLine, bool),
    Neurons(Box<Neurons>),
}

impl Interpreter {
    /// Makes a graph ready to run.
    ///
    /// # Errors
    /// What [`check`](super::check) finds; time constants or delays that don't go with `dt`; more elements than the limit.
    pub fn new(graph: &Graph, d: &Discretisation, limits: &Limits) -> Result<Interpreter, NirError> {
        d.check()?;
        let plan = Plan::new(graph)?;
        let mut left = limits.values;
        let mut nodes = Vec::with_capacity(plan.nodes.len());
        for node in &plan.nodes {
            let [input, output] = [&node.input, &node.output].map(|shape| elements(shape).unwrap_or(usize::MAX));
            let count = input.saturating_add(output.saturating_mul(2));
            if count > left {
                let (limit, found) = (limits.values as u64, limits.values.saturating_add(count - left) as u64);
                return Err(NirError::Limit { part: node.name.clone(), unit: "elements of nodes in all", limit, found });
            }
            left -= count;
            nodes.push(Cell {
                name: node.name.clone(),
                shape: node.output.clone(),
                law: law(&node.name, &node.operator, &node.input, &node.output, d, limits)?,
                sources: Vec::new(),
                input: vec![0.0; input],
                output: vec![0.0; output],
                previous: Vec::new(),
            });
        }
        for edge in &plan.edges {
            nodes[edge.to].sources.push((edge.from, edge.delayed));
            if edge.delayed {
                let size = nodes[edge.from].output.len();
                nodes[edge.from].previous.resize(size, 0.0);
            }
        }
        let inputs: Vec<usize> = plan.inputs().collect();
        // Nested inputs pass on what arrives.
        for &input in &inputs {
            nodes[input].law = Law::Given;
        }
        let channels = inputs.iter().map(|&input| nodes[input].output.len()).sum();
        Ok(Interpreter { nodes, order: plan.order, inputs, channels })
    }

    /// How many numbers a step takes: the elements of all inputs, which stand in the order of their names.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// One step.
    ///
    /// # Errors
    /// If there are not as many numbers as [`channels`](Interpreter::channels), or one isn't finite. Nothing has changed then.
    pub fn step(&mut self, input: &[f32]) -> Result<(), NirError> {
        if input.len() != self.channels {
            return Err(NirError::node("input", format!("expected {} numbers in a step, found {}", self.channels, input.len())));
        }
        if let Some(at) = input.iter().position(|v| !v.is_finite()) {
            return Err(NirError::node("input", format!("expected finite numbers, found {} (channel {at})", input[at])));
        }
        for cell in &mut self.nodes {
            if !cell.previous.is_empty() {
                cell.previous.copy_from_slice(&cell.output);
            }
            if let Law::Delay(line, true) = &cell.law {
                line.leave(&cell.input, &mut cell.output);
            }
        }
        let mut rest = input;
        for &at in &self.inputs {
            let (mine, others) = rest.split_at(self.nodes[at].output.len());
            self.nodes[at].output.copy_from_slice(mine);
            rest = others;
        }
        for number in 0..self.order.len() {
            self.pass(self.order[number]);
        }
        for at in 0..self.nodes.len() {
            if matches!(self.nodes[at].law, Law::Delay(_, true)) {
                self.gather(at);
            }
            let cell = &mut self.nodes[at];
            if let Law::Delay(line, _) = &mut cell.law {
                line.take(&cell.input);
            }
        }
        Ok(())
    }

    /// Lets values pass through one node.
    fn pass(&mut self, at: usize) {
        if matches!(self.nodes[at].law, Law::Given | Law::Delay(_, true)) {
            return;
        }
        self.gather(at);
        let Cell { law, input, output, .. } = &mut self.nodes[at];
        match law {
            Law::Given => {}
            Law::Linear(linear) => {
                linear.apply(input, output);
                linear.add_bias(output);
            }
            Law::Threshold(threshold) => {
                for ((y, x), threshold) in output.iter_mut().zip(&*input).zip(&*threshold) {
                    *y = f32::from(u8::from(x > threshold));
                }
            }
            Law::Delay(line, _) => line.leave(input, output),
            Law::Neurons(neurons) => neurons.step(input, output),
        }
    }

    /// Adds up what arrives at a node.
    fn gather(&mut self, at: usize) {
        let mut input = std::mem::take(&mut self.nodes[at].input);
        input.fill(0.0);
        for &(from, delayed) in &self.nodes[at].sources {
            let from = &self.nodes[from];
            let arriving = if delayed { &from.previous } else { &from.output };
            for (sum, value) in input.iter_mut().zip(arriving) {
                *sum += value;
            }
        }
        self.nodes[at].input = input;
    }

    fn find(&self, node: &str) -> Option<&Cell> {
        self.nodes.iter().find(|cell| cell.name == node)
    }

    /// What left a node in the last step: spikes as 1 and 0.
    pub fn output(&self, node: &str) -> Option<&[f32]> {
        self.find(node).map(|cell| &cell.output[..])
    }

    /// Potentials of a node's neurons after the last step, and so after its resets.
    pub fn voltage(&self, node: &str) -> Option<&[f32]> {
        match &self.find(node)?.law {
            Law::Neurons(neurons) => Some(&neurons.voltage),
            _ => None,
        }
    }

    /// Synaptic currents of a node's neurons after the last step, if they have any.
    pub fn current(&self, node: &str) -> Option<&[f32]> {
        match &self.find(node)?.law {
            Law::Neurons(neurons) if !neurons.current.is_empty() => Some(&neurons.current),
            _ => None,
        }
    }
}

fn law(
    name: &str,
    operator: &Operator,
    input: &[usize],
    output: &[usize],
    d: &Discretisation,
    limits: &Limits,
) -> Result<Law, NirError> {
    let count = elements(output).unwrap_or(usize::MAX);
    Ok(match operator {
        Operator::Neuron(neuron) => {
            Law::Neurons(Box::new(Neurons::new(neuron, count, d).map_err(|why| NirError::node(name, why))?))
        }
        Operator::Threshold(threshold) => Law::Threshold((0..count).map(|i| threshold.of(i) as f32).collect()),
        Operator::Delay(delay) => Law::Delay(DelayLine::new(name, delay, count, d, limits)?, operator.delays()),
        linear => Law::Linear(Linear::of(linear, input, output).unwrap_or(Linear::Pass)),
    })
}
