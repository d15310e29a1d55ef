//! Weights of projections from the linear nodes on their way, in `f64`.

use super::routes::{Role, Routes};
use crate::nir::array::elements;
use crate::nir::run::Linear;
use crate::nir::{Limits, NirError, Plan};

/// The laws of the nodes on the way, of a graph.
pub(super) struct Laws {
    laws: Vec<Option<Linear<f64>>>,
}

/// A matrix: `weights[source * targets + target]`.
pub(super) type Matrix = Vec<f64>;

impl Laws {
    pub(super) fn new(plan: &Plan, roles: &[Role], limits: &Limits) -> Result<Laws, NirError> {
        let mut left = limits.values;
        let law = |(node, role): (&crate::nir::PlannedNode, &Role)| {
            let count = elements(&node.input).unwrap_or(usize::MAX).max(elements(&node.output).unwrap_or(usize::MAX));
            NirError::limit(&node.name, "elements of nodes in all", left, count)?;
            left -= count;
            Ok(match role {
                Role::Way => Linear::of(&node.operator, &node.input, &node.output),
                Role::Delay(_) => Some(Linear::Pass),
                _ => None,
            })
        };
        Ok(Laws { laws: plan.nodes.iter().zip(roles).map(law).collect::<Result<_, NirError>>()? })
    }

    /// The matrices of all ends of the ways from a source of `size` elements; `left` numbers may still be taken.
    pub(super) fn matrices(
        &self,
        plan: &Plan,
        routes: &Routes,
        source: usize,
        left: &mut usize,
        limits: &Limits,
    ) -> Result<Vec<Matrix>, NirError> {
        let size = |node: usize| elements(&plan.nodes[node].input).unwrap_or(usize::MAX);
        let sources = elements(&plan.nodes[source].output).unwrap_or(usize::MAX);
        let mut matrices = Vec::with_capacity(routes.ends.len());
        for end in &routes.ends {
            let count = sources.saturating_mul(size(end.node));
            NirError::limit(&plan.nodes[end.node].name, "weights of projections", *left, count)?;
            *left -= count;
            matrices.push(vec![0.0; count]);
        }
        // What arrives at each station and what leaves it.
        let mut values: Vec<[Vec<f64>; 2]> = Vec::with_capacity(routes.stations.len());
        for station in &routes.stations {
            let output = elements(&plan.nodes[station.node].output).unwrap_or(usize::MAX);
            let count = size(station.node).saturating_add(output);
            NirError::limit(&plan.nodes[station.node].name, "elements on the way", *left, count)?;
            *left -= count;
            values.push([vec![0.0; size(station.node)], vec![0.0; output]]);
        }
        let work = values.iter().flatten().map(Vec::len).sum::<usize>().saturating_mul(sources);
        NirError::limit(&plan.nodes[source].name, "operations to fold its ways", limits.values.saturating_mul(1024), work)?;
        let mut unit = vec![0.0; sources];
        for element in 0..sources {
            unit[element] = 1.0;
            for (at, station) in routes.stations.iter().enumerate() {
                let (before, rest) = values.split_at_mut(at);
                let [input, output] = &mut rest[0];
                add_up(input, &station.from, before, &unit);
                if let Some(law) = &self.laws[station.node] {
                    law.apply(input, output);
                }
            }
            for (matrix, end) in matrices.iter_mut().zip(&routes.ends) {
                let targets = size(end.node);
                add_up(&mut matrix[element * targets..][..targets], &end.from, &values, &unit);
            }
            unit[element] = 0.0;
        }
        *left += values.iter().flatten().map(Vec::len).sum::<usize>();
        Ok(matrices)
    }

    /// The constant that arrives at every node, from the biases on the ways.
    ///
    /// # Errors
    /// If one passes a delay, after which it would set in late.
    pub(super) fn constants(&self, plan: &Plan, roles: &[Role], order: &[usize]) -> Result<Vec<Vec<f64>>, NirError> {
        let zeros = |node: &crate::nir::PlannedNode| vec![0.0; elements(&node.input).unwrap_or_default()];
        let mut arriving: Vec<Vec<f64>> = plan.nodes.iter().map(zeros).collect();
        let mut leaving = vec![Vec::new(); plan.nodes.len()];
        for edge in &plan.edges {
            leaving[edge.from].push(edge.to);
        }
        for &at in order {
            let Some(law) = &self.laws[at] else { continue };
            let constant = arriving[at].iter().any(|&c| c != 0.0);
            if !constant && !law.has_bias() {
                continue;
            }
            if matches!(roles[at], Role::Delay(steps) if steps > 0) {
                let why = "a bias comes before it, and would set in late: the bias of a population is there from the start";
                return Err(NirError::inexpressible(&plan.nodes[at].name, "delay", why));
            }
            let mut output = vec![0.0; elements(&plan.nodes[at].output).unwrap_or_default()];
            law.apply(&arriving[at], &mut output);
            law.add_bias(&mut output);
            for &to in &leaving[at] {
                for (sum, value) in arriving[to].iter_mut().zip(&output) {
                    *sum += value;
                }
            }
        }
        Ok(arriving)
    }
}

/// What arrives at a station.
fn add_up(sum: &mut [f64], from: &[Option<usize>], stations: &[[Vec<f64>; 2]], source: &[f64]) {
    sum.fill(0.0);
    for from in from {
        let values = from.map_or(source, |station| &stations[station][1]);
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += value;
        }
    }
}
