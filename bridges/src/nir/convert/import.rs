//! From a graph to a network that any substrate compiles.
//!
//! Neurons become populations, all that lies between them the weights of projections. What becomes of time is in `retime`: a population may
//! be late by a latency that is told, and does the same otherwise.

use std::collections::BTreeMap;

use embody_brain::neuron::Reset as After;
use embody_brain::{NetworkSpec, Projection, Synapses};

use super::fold::{Laws, Matrix};
use super::neurons::Cells;
use super::retime::{Link, latencies};
use super::routes::{Label, Role, Routes, Station, order};
use super::time::tick_ns;
use crate::nir::array::elements;
use crate::nir::{Discretisation, Finding, Graph, Limits, NirError, Plan};

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

/// Makes a network of a graph, which does the same but for rounding, the latencies that are told, and the start of a population that is late
/// and has a constant input (a bias, or v_leak apart from v_reset): that acts from the first tick on, and so by the latency too early. Notes name
/// such populations.
///
/// # Errors
/// What [`check`](crate::nir::check()) finds; and, by the node's name and the parameter, what a network can't express: neurons without spikes
/// that others hear, thresholds not above v_reset, elements of one node with several delays, a bias before a delay, circles with fewer steps
/// than a network needs ticks.
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
    importer.note_early_constants(&latencies);
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
pub(super) struct Ways {
    pub(super) into: Vec<Vec<usize>>,
    pub(super) leaving: Vec<Vec<usize>>,
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

pub(super) struct Importer<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) roles: &'a [Role],
    pub(super) settings: &'a ImportSettings,
    pub(super) ways: Ways,
    pub(super) populations: Vec<Made>,
    /// Number of the population of a node.
    pub(super) at: BTreeMap<usize, usize>,
    pub(super) notes: Vec<Finding>,
}

/// A population in the making.
pub(super) struct Made {
    pub(super) node: usize,
    /// `None` for inputs.
    pub(super) cells: Option<Cells>,
    pub(super) reset: After,
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
    pub(super) fn name(&self, node: usize) -> &str {
        &self.plan.nodes[node].name
    }

    pub(super) fn size(&self, node: usize) -> usize {
        elements(&self.plan.nodes[node].output).unwrap_or(usize::MAX)
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

    /// A population that is late takes its constant input from the first tick on all the same.
    fn note_early_constants(&mut self, latencies: &BTreeMap<String, u64>) {
        for made in &self.populations {
            let name = &self.plan.nodes[made.node].name;
            let late = latencies.get(name).copied().unwrap_or_default();
            // What keeps nothing has no start.
            if late > 0 && made.cells.as_ref().is_some_and(Cells::keeps_constants) {
                let why = format!(
                    "its constant input acts from the first tick on, and spikes come later by {late}: it starts as if it had run so long"
                );
                self.notes.push(Finding { node: name.clone(), why });
            }
        }
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
}
