//! From a graph to a network that any substrate compiles.
//!
//! Neurons become populations, all that lies between them the weights of projections. What becomes of time is in `retime`: a population may
//! be late by a latency that is told, and does the same otherwise.

use std::collections::BTreeMap;

use embody_brain::neuron::Reset as After;
use embody_brain::{Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};

use super::fold::{Laws, Matrix};
use super::neurons::{Cells, reset};
use super::retime::{Link, latencies};
use super::routes::{Label, Role, Routes, Station, order};
use super::time::tick_ns;
use crate::nir::array::elements;
use crate::nir::{Discretisation, Finding, Graph, Limits, NirError, Operator, Plan, Reset};

/// How many ways from one population through stateless nodes are followed.
const MOST_WAYS: usize = 1 << 12;

/// What a graph's Input nodes become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Inputs of spikes.
    Spikes,
    /// Inputs of values, which act on every tick.
    Analogue,
}

/// How a graph is imported.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportSettings {
    /// The choices that NIR leaves open. Its step is the network's tick.
    pub discretisation: Discretisation,
    /// What Input nodes become.
    pub inputs: InputKind,
    /// How much the network may take.
    pub limits: Limits,
}

/// A network made of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The network. Inputs are called as the graph's Input nodes and stand in the order of their names; readouts come in the order of its Output nodes' names.
    pub spec: NetworkSpec,
    /// The choices that were made for what NIR leaves open.
    pub discretisation: Discretisation,
    /// By how many ticks each population is later than the graph's node.
    pub latencies: BTreeMap<String, u64>,
    /// For each Output node of the graph, the population that is read out for it.
    pub outputs: BTreeMap<String, String>,
    /// What was expressed otherwise than it stands in the graph.
    pub notes: Vec<Finding>,
}

/// Makes a network of a graph, which does the same to the spike but for rounding and the latencies that are told.
///
/// # Errors
/// What [`check`](crate::nir::check()) finds; and, by the node's name and the parameter, what a network can't express: synapses with a time
/// constant (CubaLI, CubaLIF), neurons without spikes that others hear, thresholds not above v_reset, elements of one node with several
/// delays, a bias before a delay, circles with fewer steps than a network needs ticks.
pub fn import(graph: &Graph, settings: &ImportSettings) -> Result<Import, NirError> {
    let d = &settings.discretisation;
    let tick_ns = tick_ns(d)?;
    let plan = Plan::new(graph)?;
    let roles = Role::of_all(&plan, d)?;
    let mut importer = Importer {
        plan: &plan,
        roles: &roles,
        settings,
        ways: Ways::of(&plan),
        populations: Vec::new(),
        at: BTreeMap::new(),
        notes: Vec::new(),
    };
    let arrivals = importer.arrivals()?;
    let (projections, latencies) = importer.projections(arrivals, tick_ns)?;
    let outputs: BTreeMap<String, String> = importer.outputs();
    let populations = importer.populations()?;
    let mut readouts: Vec<String> = Vec::new();
    for name in outputs.values().filter(|name| populations.iter().any(|p| p.name == **name)) {
        if !readouts.contains(name) {
            readouts.push(name.clone());
        }
    }
    let spec = NetworkSpec { tick_ns, populations, projections, readouts };
    Ok(Import { spec, discretisation: *d, latencies, outputs, notes: importer.notes })
}

/// Numbers of the edges that lead to each node, and of those that leave it.
struct Ways {
    into: Vec<Vec<usize>>,
    leaving: Vec<Vec<usize>>,
}

impl Ways {
    fn of(plan: &Plan) -> Ways {
        let none = || vec![Vec::new(); plan.nodes.len()];
        let mut ways = Ways { into: none(), leaving: none() };
        for (number, edge) in plan.edges.iter().enumerate() {
            ways.into[edge.to].push(number);
            ways.leaving[edge.from].push(number);
        }
        ways
    }
}

struct Importer<'a> {
    plan: &'a Plan<'a>,
    roles: &'a [Role],
    settings: &'a ImportSettings,
    ways: Ways,
    populations: Vec<Made>,
    /// Number of the population of a node.
    at: BTreeMap<usize, usize>,
    notes: Vec<Finding>,
}

/// A population in the making.
struct Made {
    node: usize,
    /// `None` for inputs.
    cells: Option<Cells>,
    reset: After,
}

/// What reaches a population from another.
struct Arrival {
    source: usize,
    end: Station,
    weights: Matrix,
    /// Name of the projection that it becomes.
    name: String,
}

impl Importer<'_> {
    fn name(&self, node: usize) -> &str {
        &self.plan.nodes[node].name
    }

    fn size(&self, node: usize) -> usize {
        elements(&self.plan.nodes[node].output).unwrap_or(usize::MAX)
    }

    /// The population that an Output reads out if it does nothing but that: one edge from a population straight to it.
    fn read_out(&self, output: usize) -> Option<usize> {
        let mut node = output;
        loop {
            let [number] = self.ways.into[node][..] else { return None };
            let edge = self.plan.edges[number];
            match self.roles[edge.from] {
                _ if edge.delayed => return None,
                Role::Source if matches!(self.plan.nodes[edge.from].operator, Operator::Input(_)) => return None,
                Role::Source | Role::Readout => return Some(edge.from),
                Role::Way if matches!(self.plan.nodes[edge.from].operator, Operator::Flatten { .. } | Operator::Output(_)) => {
                    node = edge.from;
                }
                _ => return None,
            }
        }
    }

    /// Finds the populations, and what reaches each of them, in the order of the edges by which it does.
    fn arrivals(&mut self) -> Result<Vec<Arrival>, NirError> {
        let (plan, roles, limits) = (self.plan, self.roles, &self.settings.limits);
        let order = order(plan, roles)?;
        let laws = Laws::new(plan, roles, limits)?;
        let constants = laws.constants(plan, roles, &order)?;
        self.find_populations(&constants)?;
        for loops in self.find_resets() {
            for number in std::mem::take(&mut self.ways.into[loops]) {
                self.ways.leaving[plan.edges[number].from].retain(|&other| other != number);
            }
        }
        let mut left = limits.values;
        let mut arrivals = Vec::new();
        for source in self.populations.iter().map(|made| made.node) {
            let mut routes = Routes::from(plan, roles, &order, &self.ways.leaving, source, MOST_WAYS)?;
            routes.ends.retain(|end| self.at.contains_key(&end.node));
            if roles[source] == Role::Readout && !routes.ends.is_empty() {
                let why =
                    "neurons that never fire lead to other nodes than an Output of theirs alone; a network only reads them out";
                return Err(NirError::inexpressible(self.name(source), "edges", why));
            }
            let matrices = laws.matrices(plan, &routes, source, &mut left, limits)?;
            for (end, weights) in routes.ends.into_iter().zip(matrices) {
                let name = String::new();
                arrivals.push(Arrival { source, end, weights, name });
            }
        }
        arrivals.sort_by_key(|arrival| (arrival.end.edge, arrival.source, arrival.end.delay));
        self.name_projections(&mut arrivals);
        Ok(arrivals)
    }

    /// Populations in the order in which edges name their nodes, and with the biases that reach them.
    fn find_populations(&mut self, constants: &[Vec<f64>]) -> Result<(), NirError> {
        let ends = self.plan.edges.iter().flat_map(|edge| [edge.from, edge.to]);
        let nodes: Vec<usize> = self.plan.inputs().chain(ends).chain(0..self.plan.nodes.len()).collect();
        for node in nodes {
            let made = match self.roles[node] {
                Role::Way | Role::Delay(_) => continue,
                Role::Output if self.read_out(node).is_some() => continue,
                _ if self.at.contains_key(&node) => continue,
                _ => self.population(node)?,
            };
            let mut made = made;
            if let Some(cells) = &mut made.cells {
                for (i, constant) in constants[node].iter().enumerate() {
                    cells.bias[i] += cells.gain[i] * constant;
                }
            }
            self.at.insert(node, self.populations.len());
            self.populations.push(made);
        }
        Ok(())
    }

    fn population(&mut self, node: usize) -> Result<Made, NirError> {
        let d = &self.settings.discretisation;
        let (name, size) = (self.name(node).to_string(), self.size(node));
        let cells = match &self.plan.nodes[node].operator {
            Operator::Neuron(neuron) => {
                if neuron.fire.as_ref().is_some_and(|[_, v_reset]| v_reset.values.iter().any(|&v| v != 0.0)) {
                    self.notes.push(Finding { node: name.clone(), why: "potentials are counted from v_reset".into() });
                }
                Some(Cells::of(&name, neuron, size, d)?)
            }
            Operator::Threshold(threshold) => {
                let why = "a Threshold becomes neurons that keep nothing from tick to tick".into();
                self.notes.push(Finding { node: name.clone(), why });
                Some(Cells::threshold(&name, (0..size).map(|i| threshold.of(i)).collect(), d)?)
            }
            Operator::Output(_) => {
                let why = "what arrives is read out by a leaky_readout that keeps nothing from tick to tick".into();
                self.notes.push(Finding { node: name, why });
                Some(Cells::readout(size, d))
            }
            _ => None,
        };
        Ok(Made { node, cells, reset: reset(d.reset) })
    }

    /// Finds Scale nodes that lie on a loop from neurons to themselves, of one step, and take from each neuron what the decay of its threshold
    /// would: together with the subtraction at once, this is a subtraction in the next tick. [`export`](super::export()) writes it so.
    fn find_resets(&mut self) -> Vec<usize> {
        let mut found = Vec::new();
        for (node, planned) in self.plan.nodes.iter().enumerate() {
            let Operator::Scale(scale) = &planned.operator else { continue };
            let ([into], [out]) = (&self.ways.into[node][..], &self.ways.leaving[node][..]) else { continue };
            let [into, out] = [into, out].map(|&number| self.plan.edges[number]);
            if into.from != out.to || !into.delayed || self.settings.discretisation.reset != Reset::Subtract {
                continue;
            }
            let Some(made) = self.at.get(&out.to).map(|&at| &mut self.populations[at]) else { continue };
            let Some((cells, threshold)) = made.cells.as_ref().and_then(|c| c.threshold.as_ref().map(|t| (c, t))) else {
                continue;
            };
            let takes = |i: usize| {
                let expected = -(1.0 - cells.decay[i]) * threshold[i];
                (scale.of(i) * cells.gain[i] - expected).abs() <= 1e-9 * expected.abs()
            };
            if (0..threshold.len()).all(takes) {
                made.reset = After::SubtractNextTick;
                let why = format!("the threshold is subtracted in the next tick: so says the loop through {:?}", planned.name);
                self.notes.push(Finding { node: self.plan.nodes[out.to].name.clone(), why });
                found.push(node);
            }
        }
        found
    }

    /// Projections are called as the one node that weighs them; as source and target where there are more, or none; and never alike.
    fn name_projections(&self, arrivals: &mut [Arrival]) {
        let mut taken = std::collections::BTreeSet::new();
        for arrival in arrivals {
            let (from, to) = (self.name(arrival.source), self.name(arrival.end.node));
            let name = match arrival.end.label {
                Label::One(node) => self.name(node).to_string(),
                _ => format!("{from}->{to}"),
            };
            let mut unique = name.clone();
            let mut number = 1;
            while !taken.insert(unique.clone()) {
                number += 1;
                unique = format!("{name}#{number}");
            }
            arrival.name = unique;
        }
    }

    fn projections(&self, arrivals: Vec<Arrival>, tick_ns: u64) -> Result<(Vec<Projection>, BTreeMap<String, u64>), NirError> {
        let link = |arrival: &Arrival| {
            let fires = |node: usize| self.populations[self.at[&node]].cells.as_ref().is_some_and(|c| c.threshold.is_some());
            Link {
                from: self.at[&arrival.source],
                to: self.at[&arrival.end.node],
                delay: arrival.end.delay,
                least: u64::from(fires(arrival.source) && fires(arrival.end.node)),
            }
        };
        let links: Vec<Link> = arrivals.iter().map(link).collect();
        let latency = latencies(self.populations.len(), &links).map_err(|at| {
            let why = "it lies on a circle on which spikes take fewer steps than there are populations; a network takes a tick for each";
            NirError::inexpressible(self.name(self.populations[at].node), "edges", why)
        })?;
        let mut projections = Vec::with_capacity(arrivals.len());
        for (arrival, link) in arrivals.into_iter().zip(&links) {
            // All bounded by the number of populations and the file's delays.
            let ticks = (link.delay + latency[link.to]).saturating_sub(latency[link.from]);
            let synapses = Synapses::Fixed(self.weights(&arrival)?);
            projections.push(Projection {
                source: self.name(arrival.source).into(),
                target: self.name(arrival.end.node).into(),
                name: arrival.name,
                delay_ns: ticks.saturating_mul(tick_ns),
                synapses,
            });
        }
        let named = self.populations.iter().zip(&latency).map(|(made, &l)| (self.name(made.node).to_string(), l));
        Ok((projections, named.collect()))
    }

    /// The weights of a projection, with the gain of its target.
    fn weights(&self, arrival: &Arrival) -> Result<Vec<f32>, NirError> {
        let gain = self.populations[self.at[&arrival.end.node]].cells.as_ref().map(|cells| &cells.gain[..]).unwrap_or_default();
        let targets = gain.len().max(1);
        let weights: Vec<f32> = arrival.weights.iter().enumerate().map(|(i, w)| (w * gain[i % targets]) as f32).collect();
        match weights.iter().all(|w| w.is_finite()) {
            true => Ok(weights),
            false => {
                let why = format!("a weight from {:?}, times this, is beyond single precision", self.name(arrival.source));
                Err(NirError::inexpressible(self.name(arrival.end.node), "r", why))
            }
        }
    }

    fn outputs(&self) -> BTreeMap<String, String> {
        let population = |output: usize| self.name(self.read_out(output).unwrap_or(output)).to_string();
        self.plan.outputs().map(|output| (self.name(output).to_string(), population(output))).collect()
    }

    fn populations(&self) -> Result<Vec<Population>, NirError> {
        let population = |made: &Made| {
            let name = self.name(made.node).to_string();
            let kind = match &made.cells {
                None if self.settings.inputs == InputKind::Spikes => PopulationKind::Input,
                None => PopulationKind::Analogue,
                Some(cells) => PopulationKind::Neurons(
                    match &cells.threshold {
                        Some(threshold) => Model::new("lif", &cells.lif(threshold, made.reset)),
                        None => Model::new("leaky_readout", &cells.leaky_readout()),
                    }
                    .map_err(|e| NirError::node(&name, e.to_string()))?,
                ),
            };
            Ok(Population { size: self.size(made.node), name, kind })
        };
        self.populations.iter().map(population).collect()
    }
}
