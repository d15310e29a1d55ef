//! Which nodes of a graph become populations, and which.

use embody_brain::neuron::Reset as After;
use embody_brain::{Population, PopulationKind};

use super::import::{Importer, InputKind, Made};
use super::neurons::{Cells, reset};
use super::routes::Role;
use crate::nir::{Finding, NirError, Operator, Reset};

impl Importer<'_> {
    /// The population that an Output reads out if it does nothing but that: one edge from a population straight to it.
    pub(super) fn read_out(&self, output: usize) -> Option<usize> {
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

    /// Populations in the order in which edges name their nodes, and with the biases that reach them.
    pub(super) fn find_populations(&mut self, constants: &[Vec<f64>]) -> Result<(), NirError> {
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
    pub(super) fn find_resets(&mut self) -> Vec<usize> {
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
            // Behind a synapse what is taken comes and goes with its current.
            if cells.synapse.is_some() {
                continue;
            }
            let takes = |i: usize| {
                let expected = -(1.0 - cells.membrane.decay[i]) * threshold[i];
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

    pub(super) fn populations(&self) -> Result<Vec<Population>, NirError> {
        let population = |made: &Made| {
            let name = self.name(made.node).to_string();
            let kind = match &made.cells {
                None if self.settings.inputs == InputKind::Spikes => PopulationKind::Input,
                None => PopulationKind::Analogue,
                Some(cells) => {
                    PopulationKind::Neurons(cells.model(made.reset).map_err(|e| NirError::node(&name, e.to_string()))?)
                }
            };
            Ok(Population { size: self.size(made.node), name, kind })
        };
        self.populations.iter().map(population).collect()
    }
}
