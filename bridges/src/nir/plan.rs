//! A graph made ready: nested graphs unfolded, kinds and parameters understood, shapes told, circles cut, nodes in order.
//!
//! Within a step, values pass through all nodes at once, in an order in which each comes after what it hangs on. A circle has to be cut
//! somewhere, and NIR leaves open where. Here the rule depends on no order of nodes: Delay nodes cut circles by themselves; of the circles
//! that are left, every edge that leaves a neuron for a node of a circle with it carries the step before. What is then still a circle runs
//! through stateless nodes alone and has no meaning.

use super::examine::examine;
use super::{Graph, NirError, Operator};

/// A graph made ready.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Nodes by name; those of nested graphs with the graph's name before them, as in `graph/node`.
    pub nodes: Vec<PlannedNode<'a>>,
    /// Edges in the file's order.
    pub edges: Vec<PlannedEdge>,
    /// The order of a step: nodes after all whose values of the same step they take. Delay nodes take theirs at its end.
    pub order: Vec<usize>,
}

/// A node with its shapes.
#[derive(Clone, Debug)]
pub struct PlannedNode<'a> {
    /// Its name.
    pub name: String,
    /// What it does.
    pub operator: Operator<'a>,
    /// Shape of what arrives.
    pub input: Vec<usize>,
    /// Shape of what leaves.
    pub output: Vec<usize>,
}

/// An edge between two nodes of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedEdge {
    /// Number of the node that it leaves.
    pub from: usize,
    /// Number of the node that it leads to.
    pub to: usize,
    /// Whether it carries the step before.
    pub delayed: bool,
}

impl<'a> Plan<'a> {
    /// Makes a graph ready.
    ///
    /// # Errors
    /// The first of what [`check`](super::check) finds wrong.
    pub fn new(graph: &'a Graph) -> Result<Plan<'a>, NirError> {
        let (plan, errors, _) = examine(graph);
        match errors.into_iter().next() {
            Some(finding) => Err(NirError::Node { node: finding.node, why: finding.why }),
            None => Ok(plan),
        }
    }

    /// Nodes of the outermost graph that are inputs, by name.
    pub fn inputs(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|&i| matches!(self.nodes[i].operator, Operator::Input(_)) && self.is_outermost(i))
    }

    /// Nodes of the outermost graph that are outputs, by name.
    pub fn outputs(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|&i| matches!(self.nodes[i].operator, Operator::Output(_)) && self.is_outermost(i))
    }

    fn is_outermost(&self, node: usize) -> bool {
        !self.nodes[node].name.contains('/')
    }
}
