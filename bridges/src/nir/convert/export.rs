//! From a network to a graph that other simulators and chips' tools read.
//!
//! A projection from a to b becomes a -> (Delay) -> Linear -> b, under the projection's name. One tick on a circle of projections of one
//! tick needs no Delay: there NIR's edges carry the step before by themselves. Constant inputs become the bias of an Affine.

use std::collections::BTreeMap;

use embody_brain::neuron::{Comparison, CubaLif, CubaReadout, LeakyReadout, Lif, Reset as After};
use embody_brain::{NetworkSpec, Population, PopulationKind, Projection};

use super::exported::{Cells, Leaky, each, matrix, parameters};
use super::poisson;
use super::time::seconds;
use crate::nir::circles::components;
use crate::nir::{Array, Discretisation, Finding, Graph, Integration, NirError, Reset, Unit, Values};

/// How a network is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportSettings {
    /// The integration under which the graph's time constants give the network's decays.
    pub integration: Integration,
    /// Whether refractory times, which NIR hasn't, are left out rather than refused. The result names them.
    pub drop_refractory: bool,
}

/// A graph made of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The graph. Its metadata states the discretisation.
    pub graph: Graph,
    /// Under which choices the graph does as the network does.
    pub discretisation: Discretisation,
    /// What was left out or expressed otherwise, by population.
    pub notes: Vec<Finding>,
}

/// Makes a graph of a network. `learned` has the weights of projections that learn, by name, as
/// [`Network::weights`](embody_brain::Network::weights) gives them; it may have those of fixed ones too, which then replace the spec's.
///
/// # Errors
/// By the population's or projection's name, what NIR can't express: neuron models other than `lif`, `cuba_lif` and their readouts, refractory times,
/// thresholds that are reached rather than exceeded, populations with different resets, a subtraction in the next tick behind a synapse,
/// learned weights that aren't given.
pub fn export(spec: &NetworkSpec, learned: &BTreeMap<String, Vec<f32>>, settings: &ExportSettings) -> Result<Export, NirError> {
    let mut exporter = Exporter::new(spec, settings)?;
    let discretisation = Discretisation {
        dt_s: exporter.dt_s,
        integration: settings.integration,
        reset: exporter.reset.map_or(Reset::Zero, |(reset, _)| reset),
    };
    exporter.populations()?;
    exporter.projections(learned)?;
    exporter.resets();
    exporter.readouts()?;
    let (key, stated) = discretisation.metadata();
    exporter.graph.metadata.insert(key, stated);
    Ok(Export { graph: exporter.graph, discretisation, notes: exporter.notes })
}

struct Exporter<'a> {
    spec: &'a NetworkSpec,
    settings: &'a ExportSettings,
    dt_s: f64,
    cells: Vec<Cells>,
    /// The reset of all populations that fire, and the first that has it.
    reset: Option<(Reset, &'a str)>,
    graph: Graph,
    notes: Vec<Finding>,
}

impl<'a> Exporter<'a> {
    fn new(spec: &'a NetworkSpec, settings: &'a ExportSettings) -> Result<Self, NirError> {
        let dt_s = seconds(spec.tick_ns as f64 / 1e6);
        if spec.tick_ns == 0 {
            return Err(NirError::node("network", "tick_ns: expected above zero, found 0"));
        }
        let (graph, notes) = (Graph::default(), Vec::new());
        let mut exporter = Exporter { spec, settings, dt_s, cells: Vec::new(), reset: None, graph, notes };
        for population in &spec.populations {
            let cells = exporter.cells(population)?;
            if let Some((_, after)) = &cells.fire {
                exporter.agree(&population.name, *after)?;
            }
            exporter.cells.push(cells);
        }
        Ok(exporter)
    }

    /// A graph is run with one reset.
    fn agree(&mut self, name: &'a str, after: After) -> Result<(), NirError> {
        let reset = if after == After::Zero { Reset::Zero } else { Reset::Subtract };
        match self.reset {
            Some((other, first)) if other != reset => {
                let why = format!("expected {other} as in {first:?}, found {reset}: a graph is run with one reset");
                Err(NirError::inexpressible(name, "reset", why))
            }
            Some(_) => Ok(()),
            None => {
                self.reset = Some((reset, name));
                Ok(())
            }
        }
    }

    fn cells(&mut self, population: &Population) -> Result<Cells, NirError> {
        let PopulationKind::Neurons(model) = &population.kind else {
            return Ok(Cells::input());
        };
        let (name, size) = (&population.name, population.size);
        let (dt_s, integration) = (self.dt_s, self.settings.integration);
        let leaky = |leaky: Leaky| Cells::leaky(name, size, leaky, dt_s, integration);
        match model.name.as_str() {
            "lif" => {
                let lif: Lif = parameters(name, model)?;
                let fire = Some(self.fire(name, &lif, size)?);
                let Lif { tau_ms, bias, scaled_input, .. } = &lif;
                leaky(Leaky { synapse: None, tau_ms, bias, scaled_input: *scaled_input, fire })
            }
            "cuba_lif" => {
                let cuba: CubaLif = parameters(name, model)?;
                let fire = self.fire(name, &cuba.membrane(), size)?;
                if fire.1 == After::SubtractNextTick {
                    let why =
                        "what a loop takes in the next step passes through the synapse; a reset zero or subtract acts at once";
                    return Err(NirError::inexpressible(name, "reset", why));
                }
                let CubaLif { tau_syn_ms, bias_syn, tau_ms, bias, scaled_input, .. } = &cuba;
                let synapse = Some([tau_syn_ms, bias_syn]);
                leaky(Leaky { synapse, tau_ms, bias, scaled_input: *scaled_input, fire: Some(fire) })
            }
            "leaky_readout" => {
                let LeakyReadout { tau_ms, bias, scaled_input } = &parameters(name, model)?;
                leaky(Leaky { synapse: None, tau_ms, bias, scaled_input: *scaled_input, fire: None })
            }
            "cuba_readout" => {
                let CubaReadout { tau_syn_ms, bias_syn, tau_ms, bias, scaled_input } = &parameters(name, model)?;
                leaky(Leaky { synapse: Some([tau_syn_ms, bias_syn]), tau_ms, bias, scaled_input: *scaled_input, fire: None })
            }
            poisson::MODEL => Err(poisson::refusal(name)),
            other => Err(NirError::inexpressible(
                name,
                "model",
                format!("NIR has no neuron like {other:?}; it has lif, cuba_lif, leaky_readout and cuba_readout"),
            )),
        }
    }

    /// Thresholds and reset of neurons that fire as NIR's do.
    fn fire(&mut self, name: &str, lif: &Lif, size: usize) -> Result<(Vec<f64>, After), NirError> {
        if lif.comparison != Comparison::Above {
            let why = "a neuron of NIR fires above its threshold, not at it";
            return Err(NirError::inexpressible(name, "comparison", why));
        }
        if lif.refractory_ms != 0.0 {
            self.refractory(name, lif.refractory_ms)?;
        }
        Ok((each(name, "threshold", &lif.threshold, size)?, lif.reset))
    }

    fn refractory(&mut self, name: &str, ms: f64) -> Result<(), NirError> {
        if !self.settings.drop_refractory {
            return Err(NirError::inexpressible(name, "refractory_ms", format!("NIR has no refractory time, found {ms} ms")));
        }
        self.notes.push(Finding { node: name.into(), why: format!("refractory_ms: {ms} ms are left out") });
        Ok(())
    }

    fn populations(&mut self) -> Result<(), NirError> {
        for (population, cells) in self.spec.populations.iter().zip(&self.cells) {
            let unit = if cells.input {
                Unit::new("Input", [("shape", Array::i64s(vec![population.size as i64]).into())])
            } else {
                cells.unit(self.dt_s)
            };
            if self.graph.nodes.insert(population.name.clone(), unit.into()).is_some() {
                return Err(NirError::node(&population.name, "two populations have this name"));
            }
        }
        Ok(())
    }

    fn projections(&mut self, learned: &BTreeMap<String, Vec<f32>>) -> Result<(), NirError> {
        let spec = self.spec;
        let ends: Result<Vec<[usize; 2]>, NirError> = spec.projections.iter().map(|projection| self.ends(projection)).collect();
        let ends = ends?;
        let at_once = self.without_delay(&ends);
        let mut biased = vec![false; spec.populations.len()];
        for ((projection, &[from, to]), at_once) in spec.projections.iter().zip(&ends).zip(at_once) {
            let name = &projection.name;
            let (sources, targets) = (spec.populations[from].size, spec.populations[to].size);
            let matrix = matrix(projection, learned.get(name), sources, targets)?;
            let weight = Array::new(vec![targets, sources], Values::F32(matrix))?;
            let bias = &self.cells[to].bias;
            let unit = if !biased[to] && bias.iter().any(|&b| b != 0.0) {
                Unit::new("Affine", [("weight", weight.into()), ("bias", Array::f64s(bias.clone()).into())])
            } else {
                Unit::new("Linear", [("weight", weight.into())])
            };
            biased[to] = true;
            let mut before = spec.populations[from].name.clone();
            if !at_once {
                let delay = seconds(projection.delay_ns as f64 / 1e6);
                let line = Unit::new("Delay", [("delay", Array::f64s(vec![delay; sources]).into())]);
                before = self.place(&format!("{name}.delay"), line, &before)?;
            }
            let name = self.place(name, unit, &before)?;
            self.graph.connect(&name, &spec.populations[to].name);
        }
        let unreached = (0..spec.populations.len()).find(|&i| !biased[i] && self.cells[i].bias.iter().any(|&b| b != 0.0));
        match unreached {
            Some(at) => {
                let why = "a bias is part of what leads to a population, and nothing leads to this one";
                Err(NirError::inexpressible(&spec.populations[at].name, "bias", why))
            }
            None => Ok(()),
        }
    }

    /// Adds a node behind another one.
    fn place(&mut self, name: &str, unit: Unit, before: &str) -> Result<String, NirError> {
        if self.graph.nodes.insert(name.into(), unit.into()).is_some() {
            return Err(NirError::node(name, "two populations or projections have this name"));
        }
        self.graph.connect(before, name);
        Ok(name.into())
    }

    fn ends(&self, projection: &Projection) -> Result<[usize; 2], NirError> {
        let find = |name: &String| {
            let at = self.spec.populations.iter().position(|population| population.name == *name);
            at.ok_or_else(|| NirError::node(&projection.name, format!("there is no population {name:?}")))
        };
        let [from, to] = [find(&projection.source)?, find(&projection.target)?];
        if self.cells[to].input || (!self.cells[from].input && self.cells[from].fire.is_none()) {
            return Err(NirError::node(&projection.name, "it leads to an input, or from a readout, which never fires"));
        }
        Ok([from, to])
    }

    /// Which projections need no Delay: those that act at once, and those of one tick that a circle of their like delays anyway.
    fn without_delay(&self, ends: &[[usize; 2]]) -> Vec<bool> {
        let one_tick = |projection: &Projection, &[from, to]: &[usize; 2]| {
            projection.delay_ns == self.spec.tick_ns && self.cells[from].fire.is_some() && self.cells[to].fire.is_some()
        };
        let projections = self.spec.projections.iter().zip(ends);
        let mut leaving = vec![Vec::new(); self.spec.populations.len()];
        for (_, &[from, to]) in projections.clone().filter(|(projection, ends)| one_tick(projection, ends)) {
            leaving[from].push(to);
        }
        let component = components(&leaving);
        projections
            .map(|(projection, ends)| {
                projection.delay_ns == 0 || (one_tick(projection, ends) && component[ends[0]] == component[ends[1]])
            })
            .collect()
    }

    /// A subtraction in the next tick is one at once, and of what is left one more that the decay hasn't taken: a loop of one step.
    fn resets(&mut self) {
        for (population, cells) in self.spec.populations.iter().zip(&self.cells) {
            let Some((threshold, After::SubtractNextTick)) = &cells.fire else { continue };
            let taken = cells.late_reset(threshold);
            let name = format!("{}.reset", population.name);
            self.graph.add(&name, Unit::new("Scale", [("scale", Array::f64s(taken).into())]));
            self.graph.connect(&population.name, &name);
            self.graph.connect(&name, &population.name);
            let why = format!("a subtraction in the next tick is one at once and a loop through {name:?}");
            self.notes.push(Finding { node: population.name.clone(), why });
        }
    }

    fn readouts(&mut self) -> Result<(), NirError> {
        for name in &self.spec.readouts {
            let Some(population) = self.spec.population(name) else {
                return Err(NirError::node("readouts", format!("there is no population {name:?}")));
            };
            let output = format!("{name}.output");
            let unit = Unit::new("Output", [("shape", Array::i64s(vec![population.size as i64]).into())]);
            self.place(&output, unit, name)?;
        }
        Ok(())
    }
}
