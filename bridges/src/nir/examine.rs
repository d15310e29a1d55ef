//! Goes through a graph and makes a [`Plan`] of it, and collects on the way all that is wrong, so that one look tells everything.

use std::collections::{BTreeMap, BTreeSet};

use super::array::elements;
use super::circles::components;
use super::operator::same_but_units;
use super::{Graph, Node, Operator, Plan, PlannedEdge, PlannedNode, Unit};

/// Something that is wrong with a node, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the node; of an edge `from -> to`.
    pub node: String,
    /// What it is.
    pub why: String,
}

/// The plan of a graph as far as it can be made, what is wrong, and what is worth knowing. Where something is wrong the plan has gaps.
pub(super) fn examine(graph: &Graph) -> (Plan<'_>, Vec<Finding>, Vec<Finding>) {
    let mut examination = Examination::default();
    examination.unfold(graph, "");
    examination.sort();
    examination.shapes();
    let order = examination.circles();
    examination.ends();
    let Examination { nodes, edges, errors, notes, .. } = examination;
    (Plan { nodes, edges, order }, errors, notes)
}

#[derive(Default)]
struct Examination<'a> {
    nodes: Vec<PlannedNode<'a>>,
    /// Edges by name, before they are looked up.
    names: Vec<(String, String)>,
    /// What a nested graph's name stands for as target and as source of edges.
    gates: BTreeMap<String, [Option<String>; 2]>,
    /// Nodes that can't be understood: edges to them are no further error.
    broken: BTreeSet<String>,
    edges: Vec<PlannedEdge>,
    errors: Vec<Finding>,
    notes: Vec<Finding>,
}

impl<'a> Examination<'a> {
    fn error(&mut self, node: impl Into<String>, why: impl Into<String>) {
        self.errors.push(Finding { node: node.into(), why: why.into() });
    }

    fn note(&mut self, node: impl Into<String>, why: impl Into<String>) {
        self.notes.push(Finding { node: node.into(), why: why.into() });
    }

    /// Collects the nodes and edges of a graph and of those within it.
    fn unfold(&mut self, graph: &'a Graph, prefix: &str) {
        let full = |name: &str| format!("{prefix}{name}");
        for (name, node) in &graph.nodes {
            if name.contains('/') {
                self.error(full(name), "names hold no slashes");
            }
            let name = full(name);
            match node {
                Node::Unit(unit) => self.unit(name, unit),
                Node::Graph(inner) => {
                    let gate = ["Input", "Output"].map(|kind| self.gate(&name, inner, kind));
                    self.unfold(inner, &format!("{name}/"));
                    self.gates.insert(name, gate);
                }
            }
        }
        let mut seen = BTreeSet::new();
        for (from, to) in &graph.edges {
            if !seen.insert((from, to)) {
                self.error(format!("{} -> {}", full(from), full(to)), "this edge is there twice");
                continue;
            }
            let missing = [from, to].into_iter().find(|&name| !graph.nodes.contains_key(name));
            match missing {
                Some(name) => {
                    self.error(format!("{} -> {}", full(from), full(to)), format!("there is no node {:?}", full(name)));
                }
                None => self.names.push((full(from), full(to))),
            }
        }
    }

    fn unit(&mut self, name: String, unit: &'a Unit) {
        match Operator::of(unit) {
            Ok(operator) => {
                let input = operator.input_shape().unwrap_or_default();
                self.nodes.push(PlannedNode { name, operator, input, output: Vec::new() });
            }
            Err(why) => {
                self.error(&name, why);
                self.broken.insert(name);
            }
        }
    }

    /// The one Input or Output of a nested graph.
    fn gate(&mut self, name: &str, graph: &Graph, kind: &str) -> Option<String> {
        let mut found = graph.nodes.iter().filter(|(_, node)| matches!(node, Node::Unit(unit) if unit.kind == kind));
        match (found.next(), found.count()) {
            (Some((inner, _)), 0) => Some(format!("{name}/{inner}")),
            (first, more) => {
                let count = usize::from(first.is_some()) + more;
                self.error(name, format!("expected one {kind} in the graph, found {count}"));
                None
            }
        }
    }

    /// Brings nodes into the order of their names, and looks up edges.
    fn sort(&mut self) {
        self.nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let numbers: BTreeMap<String, usize> = self.nodes.iter().enumerate().map(|(i, node)| (node.name.clone(), i)).collect();
        let find = |name: &String, side: usize| match self.gates.get(name) {
            Some(gate) => gate[side].as_ref().and_then(|inner| numbers.get(inner)),
            None => numbers.get(name),
        };
        for (from, to) in &self.names {
            if let (Some(&from), Some(&to)) = (find(from, 1), find(to, 0)) {
                self.edges.push(PlannedEdge { from, to, delayed: false });
            }
        }
    }

    /// Tells shapes, from nodes that know theirs along the edges.
    fn shapes(&mut self) {
        let mut leaving = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            leaving[edge.from].push(edge.to);
        }
        let mut failed = BTreeSet::new();
        let mut ready: Vec<usize> = (0..self.nodes.len()).rev().filter(|&i| !self.nodes[i].input.is_empty()).collect();
        while let Some(at) = ready.pop() {
            let node = &mut self.nodes[at];
            if !node.output.is_empty() || failed.contains(&at) {
                continue;
            }
            match node.operator.output_shape(&node.input) {
                Ok(shape) if node.input.contains(&0) || shape.contains(&0) => {
                    failed.insert(at);
                    let (name, why) =
                        (node.name.clone(), format!("it has no elements: {:?} arrives, {shape:?} leaves", node.input));
                    self.error(name, why);
                }
                Ok(shape) if elements(&shape).is_some_and(|count| count <= 1 << 40) => node.output = shape,
                Ok(shape) => {
                    failed.insert(at);
                    let name = node.name.clone();
                    self.error(name, format!("its shape {shape:?} is too large"));
                }
                Err(why) => {
                    failed.insert(at);
                    let name = node.name.clone();
                    self.error(name, why);
                }
            }
            let shape = self.nodes[at].output.clone();
            for &to in &leaving[at] {
                if self.nodes[to].input.is_empty() && !shape.is_empty() {
                    self.nodes[to].input.clone_from(&shape);
                    ready.push(to);
                }
            }
        }
        self.compare(&failed);
    }

    /// Compares the shapes along each edge.
    fn compare(&mut self, failed: &BTreeSet<usize>) {
        for edge in self.edges.clone() {
            let (from, to) = (&self.nodes[edge.from], &self.nodes[edge.to]);
            let (name, output, input) = (format!("{} -> {}", from.name, to.name), from.output.clone(), to.input.clone());
            if output.is_empty() || input.is_empty() || output == input {
                continue;
            }
            if same_but_units(&output, &input) {
                self.note(
                    name,
                    format!("{output:?} leaves and {input:?} arrives: alike but for dimensions of size 1, and taken as such"),
                );
            } else {
                self.error(name, format!("{output:?} leaves and {input:?} should arrive"));
            }
        }
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            if node.output.is_empty() && !failed.contains(&at) && self.broken.is_empty() {
                self.error(
                    self.nodes[at].name.clone(),
                    "its shape can't be told: neither its parameters nor what leads to it say it",
                );
            }
        }
    }

    /// Cuts circles and brings nodes into the order of a step.
    fn circles(&mut self) -> Vec<usize> {
        let count = self.nodes.len();
        let delays: Vec<bool> = self.nodes.iter().map(|node| node.operator.delays()).collect();
        let mut leaving = vec![Vec::new(); count];
        for edge in self.edges.iter().filter(|edge| !delays[edge.from] && !delays[edge.to]) {
            leaving[edge.from].push(edge.to);
        }
        let component = components(&leaving);
        for edge in &mut self.edges {
            let within = component[edge.from] == component[edge.to] && !delays[edge.from] && !delays[edge.to];
            edge.delayed = within && self.nodes[edge.from].operator.has_state();
        }
        // Kahn's algorithm, the first of those that are ready by number.
        let now = |edge: &&PlannedEdge| !edge.delayed && !delays[edge.to];
        let (mut waiting, mut leaving) = (vec![0usize; count], vec![Vec::new(); count]);
        for edge in self.edges.iter().filter(now) {
            waiting[edge.to] += 1;
            leaving[edge.from].push(edge.to);
        }
        let mut ready: BTreeSet<usize> = (0..count).filter(|&i| waiting[i] == 0).collect();
        let mut order = Vec::with_capacity(count);
        while let Some(at) = ready.pop_first() {
            order.push(at);
            for &to in &leaving[at] {
                waiting[to] -= 1;
                if waiting[to] == 0 {
                    ready.insert(to);
                }
            }
        }
        let circle: Vec<&str> = (0..count)
            .filter(|&i| waiting[i] > 0 && leaving[i].iter().any(|&to| waiting[to] > 0 && component[to] == component[i]))
            .map(|i| self.nodes[i].name.as_str())
            .collect();
        if let Some(first) = circle.first() {
            let (first, circle) = (first.to_string(), circle.join(", "));
            self.error(first, format!("a circle runs through nodes without state alone: {circle}"));
        }
        order
    }

    /// Looks for inputs and outputs, and for nodes that nothing leads to or that lead nowhere.
    fn ends(&mut self) {
        let [mut reached, mut used] = [vec![false; self.nodes.len()], vec![false; self.nodes.len()]];
        for edge in &self.edges {
            (reached[edge.to], used[edge.from]) = (true, true);
        }
        let outermost = |node: &&PlannedNode| !node.name.contains('/');
        let inputs = self.nodes.iter().filter(outermost).filter(|node| matches!(node.operator, Operator::Input(_))).count();
        let outputs = self.nodes.iter().filter(outermost).filter(|node| matches!(node.operator, Operator::Output(_))).count();
        for (count, kind) in [(inputs, "Input"), (outputs, "Output")] {
            if count == 0 && self.broken.is_empty() {
                self.error("graph", format!("there is no {kind}"));
            }
        }
        for at in 0..self.nodes.len() {
            let name = self.nodes[at].name.clone();
            match self.nodes[at].operator {
                Operator::Input(_) if reached[at] && !name.contains('/') => self.error(name, "an edge leads to this Input"),
                Operator::Input(_) if !reached[at] && name.contains('/') => self.note(name, "nothing leads to it"),
                Operator::Output(_) if used[at] && !name.contains('/') => self.error(name, "an edge leaves this Output"),
                Operator::Output(_) if !reached[at] => self.error(name, "nothing leads to this Output"),
                Operator::Input(_) => {}
                _ if !reached[at] => self.note(name, "nothing leads to it: zero arrives"),
                Operator::Output(_) => {}
                _ if !used[at] => self.note(name, "it leads nowhere"),
                _ => {}
            }
        }
    }
}
