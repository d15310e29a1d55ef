//! The ways through stateless nodes from one population to others.
//!
//! NIR has nodes between neurons, a network has projections from neurons to neurons: all ways of equal delay from one population to another
//! become one projection.

use std::collections::BTreeMap;

use crate::nir::run::steps;
use crate::nir::{Discretisation, NirError, Operator, Plan};

/// What nodes become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A population that others hear: an input, or neurons that fire.
    Source,
    /// Neurons that don't fire: they are heard by outputs alone.
    Readout,
    /// A result.
    Output,
    /// A linear node on the way.
    Way,
    /// A delay on the way, by so many steps.
    Delay(u64),
}

impl Role {
    /// What each node becomes.
    pub(super) fn of_all(plan: &Plan, d: &Discretisation) -> Result<Vec<Role>, NirError> {
        let role = |node: &crate::nir::PlannedNode| match &node.operator {
            Operator::Input(_) if node.name.contains('/') => Ok(Role::Way),
            Operator::Output(_) if node.name.contains('/') => Ok(Role::Way),
            Operator::Input(_) | Operator::Threshold(_) => Ok(Role::Source),
            Operator::Neuron(neuron) => Ok(if neuron.fire.is_some() { Role::Source } else { Role::Readout }),
            Operator::Output(_) => Ok(Role::Output),
            Operator::Delay(delay) => {
                let first = delay.values.first().copied().unwrap_or_default();
                if delay.values.iter().any(|&t| t != first) {
                    let why = "a projection has one delay, and the elements of this node have several";
                    return Err(NirError::inexpressible(&node.name, "delay", why));
                }
                let steps = steps(first, d).map_err(|why| NirError::node(&node.name, why))?;
                if first > 0.0 && steps == 0 {
                    return Err(NirError::node(&node.name, format!("delay: expected at least a step of {} s", d.dt_s)));
                }
                Ok(Role::Delay(steps as u64))
            }
            _ => Ok(Role::Way),
        };
        plan.nodes.iter().map(role).collect()
    }

    fn is_on_the_way(self) -> bool {
        matches!(self, Role::Way | Role::Delay(_))
    }
}

/// Nodes on the way in an order in which each comes after all that lead to it.
///
/// # Errors
/// If they form a circle: a filter without an end.
pub(super) fn order(plan: &Plan, roles: &[Role]) -> Result<Vec<usize>, NirError> {
    let mut waiting = vec![0usize; roles.len()];
    let mut leaving = vec![Vec::new(); roles.len()];
    for edge in plan.edges.iter().filter(|edge| roles[edge.from].is_on_the_way() && roles[edge.to].is_on_the_way()) {
        waiting[edge.to] += 1;
        leaving[edge.from].push(edge.to);
    }
    let mut order: Vec<usize> = (0..roles.len()).filter(|&i| roles[i].is_on_the_way() && waiting[i] == 0).collect();
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        next += 1;
        for &to in &leaving[at] {
            waiting[to] -= 1;
            if waiting[to] == 0 {
                order.push(to);
            }
        }
    }
    match (0..roles.len()).find(|&i| waiting[i] > 0) {
        Some(at) => {
            let why = "a circle of delays without neurons on it is no projection";
            Err(NirError::inexpressible(&plan.nodes[at].name, "edges", why))
        }
        None => Ok(order),
    }
}

/// The one node with weights on a way, by which its projection is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// None so far.
    None,
    /// This one.
    One(usize),
    /// Several.
    Many,
}

/// What reaches a node on a way, or the end of ways, with one delay.
#[derive(Clone, Debug)]
pub(super) struct Station {
    /// The node.
    pub node: usize,
    /// Steps since the source fired.
    pub delay: u64,
    /// Earlier stations whose values add up here; `None` is the source itself.
    pub from: Vec<Option<usize>>,
    /// By what its projection is called.
    pub label: Label,
    /// The last of the edges that lead here, in the file's order.
    pub edge: usize,
}

/// All ways from one source.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes {
    /// Stations on the way, each after those that it adds up.
    pub stations: Vec<Station>,
    /// Where ways end: at neurons and outputs, in the file's order of edges.
    pub ends: Vec<Station>,
}

impl Routes {
    /// All ways from `source`. More than `most` stations are an error: delays side by side multiply.
    pub(super) fn from(
        plan: &Plan,
        roles: &[Role],
        order: &[usize],
        leaving: &[Vec<usize>],
        source: usize,
        most: usize,
    ) -> Result<Routes, NirError> {
        let mut routes = Routes::default();
        // What has reached a node so far, by delay.
        let mut reached: BTreeMap<(usize, u64), Station> = BTreeMap::new();
        let follow = |reached: &mut BTreeMap<(usize, u64), Station>, at: usize, delay: u64, from: Option<usize>, label: Label| {
            for &number in &leaving[at] {
                let edge = plan.edges[number];
                let delay = delay.saturating_add(u64::from(edge.delayed));
                let station = reached.entry((edge.to, delay)).or_insert_with(|| Station {
                    node: edge.to,
                    delay,
                    from: Vec::new(),
                    label,
                    edge: number,
                });
                station.label = if station.from.is_empty() || station.label == label { label } else { Label::Many };
                station.edge = station.edge.max(number);
                station.from.push(from);
            }
        };
        follow(&mut reached, source, 0, None, Label::None);
        for &at in order {
            let keys: Vec<(usize, u64)> = reached.range((at, 0)..=(at, u64::MAX)).map(|(key, _)| *key).collect();
            for key in keys {
                let Some(mut station) = reached.remove(&key) else { continue };
                if let Role::Delay(steps) = roles[at] {
                    station.delay = station.delay.saturating_add(steps);
                }
                let weighs = matches!(plan.nodes[at].operator, Operator::Linear { .. } | Operator::Convolution(_));
                station.label = match station.label {
                    Label::None if weighs => Label::One(at),
                    Label::One(_) if weighs => Label::Many,
                    label => label,
                };
                NirError::limit(&plan.nodes[source].name, "ways through stateless nodes", most, routes.stations.len())?;
                follow(&mut reached, at, station.delay, Some(routes.stations.len()), station.label);
                routes.stations.push(station);
            }
        }
        routes.ends = reached.into_values().collect();
        routes.ends.sort_by_key(|station| (station.edge, station.delay));
        Ok(routes)
    }
}
