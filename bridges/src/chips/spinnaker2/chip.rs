//! SpiNNaker 2 as a [`Chip`]: 8-bit weights, sums in whole numbers, `lif` neurons and leaky readouts in single precision, SPORE on the element.

use embody_brain::neuron::{Comparison, LeakyReadout, Lif, PopulationContext, Reset, Sums};
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::substrate::resolved::Source;
use embody_brain::{CompileError, Model, Variables};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::accelerators::Kiss;
use super::memory::{Demand, ELEMENTS, PROGRAM_BYTES, SRAM_BYTES};
use super::scaling::LARGEST_WEIGHT;
use super::spore::{ElementSpore, STATE_BYTES};
use super::step::{ScaledNeuron, ScaledReset, ScaledState};
use crate::chips::integer::{Grid, Layout, Weights, add_row, add_row_by_sign};
use crate::chips::{Cause, Chip, Counters, Events, Moment, Place, Placement, Plan, Refusal, Wishes};

/// What a user may choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpiNNaker2Options {
    /// Where plasticity rules run; unsaid, on the chip if it can.
    pub plasticity: Option<Place>,
    /// Where neurons run; unsaid, on the chip if it can.
    pub neuron: Option<Place>,
    /// The weight that is stored as 127, in the unit of the network; larger ones saturate. Unsaid, the largest that enters a population.
    pub largest_weight: Option<f32>,
}

impl SpiNNaker2Options {
    /// Errors name the option and what it must be.
    pub fn check(&self) -> Result<(), String> {
        match self.largest_weight {
            Some(w) if !(w.is_finite() && w > 0.0) => Err(format!("largest_weight: expected a number above zero, found {w}")),
            _ => Ok(()),
        }
    }
}

/// An emulated SpiNNaker 2.
#[derive(Clone, Debug, Default)]
pub struct SpiNNaker2 {
    options: SpiNNaker2Options,
}

impl SpiNNaker2 {
    /// A chip. Errors name the option and what it must be.
    pub fn new(options: SpiNNaker2Options) -> Result<Self, String> {
        options.check()?;
        Ok(SpiNNaker2 { options })
    }
}

/// A population on processing elements.
pub struct Population {
    size: usize,
    by_sign: bool,
    grid: Grid,
    readout: bool,
    neurons: Vec<ScaledNeuron>,
    /// Chip units of a potential per unit of the model, for each neuron.
    scale: Vec<f32>,
}

/// Synapses on the elements of their targets.
pub struct Projection {
    layout: Layout,
    by_sign: bool,
    /// Elements that a spike is sent to.
    elements: u64,
}

/// A projection's weights, and the random-number accelerator that rounds them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Synapses {
    weights: Weights,
    random: Kiss,
}

/// What arrives at a population in a tick, in steps of its weights.
#[derive(Clone)]
pub struct Arriving {
    /// Of spikes: all weights, or those above zero.
    together: Vec<i32>,
    /// Of spikes: weights below zero.
    below: Vec<i32>,
    /// Of values, as `together` and `below`; empty until there are any.
    values: [Vec<f32>; 2],
    reached: bool,
}

impl Arriving {
    fn clear(&mut self) {
        if self.reached {
            self.together.fill(0);
            self.below.fill(0);
            self.values.iter_mut().for_each(|sums| sums.fill(0.0));
            self.reached = false;
        }
    }

    /// The sum at a neuron: together, or above and below zero.
    #[inline(always)]
    fn at(&self, j: usize) -> [f32; 2] {
        let value = |sums: &[f32]| sums.get(j).copied().unwrap_or(0.0);
        let below = self.below.get(j).map_or(0.0, |&sum| sum as f32);
        [self.together[j] as f32 + value(&self.values[0]), below + value(&self.values[1])]
    }
}

fn parameters<P: DeserializeOwned>(model: &Model) -> Result<P, String> {
    P::deserialize(&model.parameters).map_err(|e| e.to_string())
}

/// Neurons of `lif` in units of a weight's step, and those units per unit of the model.
fn lif(p: &Lif, size: usize, tick_ms: f64, grid: Grid) -> (Vec<ScaledNeuron>, Vec<f32>) {
    let neuron = |j: usize| {
        let decay = libm::exp(-tick_ms / p.tau_ms.of(j));
        let gain = if p.scaled_input { 1.0 - decay } else { 1.0 };
        let scale = grid.steps_per_unit / gain;
        let reset = match p.reset {
            Reset::SubtractNextTick => ScaledReset::SubtractNextStep,
            Reset::Subtract => ScaledReset::Subtract,
            Reset::Zero => ScaledReset::To(0.0),
        };
        let neuron = ScaledNeuron {
            decay: decay as f32,
            synapse_decay: 0.0,
            threshold: (p.threshold.of(j) * scale) as f32,
            offset: (p.bias.of(j) * grid.steps_per_unit) as f32,
            reset,
            at_threshold: p.comparison == Comparison::AtLeast,
            refractory: libm::round(p.refractory_ms / tick_ms) as u32,
        };
        (neuron, scale as f32)
    };
    (0..size).map(neuron).unzip()
}

/// Leaky readouts: neurons without a threshold.
fn readout(p: &LeakyReadout, size: usize, tick_ms: f64, grid: Grid) -> (Vec<ScaledNeuron>, Vec<f32>) {
    let all = Lif { tau_ms: p.tau_ms.clone(), bias: p.bias.clone(), scaled_input: p.scaled_input, ..Lif::default() };
    let (mut neurons, scale) = lif(&all, size, tick_ms, grid);
    neurons.iter_mut().for_each(|neuron| neuron.threshold = f32::INFINITY);
    (neurons, scale)
}

impl SpiNNaker2 {
    fn population(&self, plan: &Plan<'_>, at: usize) -> Result<Population, CompileError> {
        let described = &plan.network.populations[at];
        let largest = self.options.largest_weight.unwrap_or_else(|| plan.largest_into(at));
        let grid = Grid::new(largest, LARGEST_WEIGHT as i8);
        let (size, tick_ms) = (described.size, plan.network.tick_ms);
        let invalid = |why: String| CompileError::invalid(&described.name, why);
        let (neurons, scale) = match &described.source {
            Source::Model(model) if plan.neurons_on_chip[at] && described.readout => {
                readout(&parameters(model).map_err(invalid)?, size, tick_ms, grid)
            }
            Source::Model(model) if plan.neurons_on_chip[at] => lif(&parameters(model).map_err(invalid)?, size, tick_ms, grid),
            _ => (Vec::new(), Vec::new()),
        };
        let by_sign = described.sums == Sums::BySign;
        Ok(Population { size, by_sign, grid, readout: described.readout, neurons, scale })
    }

    /// What the population takes of the elements' memory: where its neurons run on the host, its synapses are still here.
    fn demand(plan: &Plan<'_>, at: usize) -> Demand {
        let projections = &plan.network.projections;
        let delay = plan.into(at).map(|p| projections[p].delay).max().unwrap_or(0);
        let blank = Demand::population(plan.network.populations[at].size, delay);
        plan.into(at).fold(blank, |demand, p| {
            let sources = plan.network.populations[projections[p].source].size;
            demand.synapses(sources, projections[p].per_pair, if plan.rule_on_chip[p] { STATE_BYTES } else { 0 })
        })
    }
}

impl Chip for SpiNNaker2 {
    type Population = Population;
    type Projection = Projection;
    type Neurons = Vec<ScaledState>;
    type Synapses = Synapses;
    type Sums = Arriving;

    fn name(&self) -> &'static str {
        "spinnaker2"
    }

    fn wishes(&self) -> Wishes {
        Wishes { plasticity: self.options.plasticity, neuron: self.options.neuron }
    }

    fn can_run(&self, model: &Model, _: &PopulationContext) -> Result<(), Refusal> {
        match model.name.as_str() {
            "lif" | "leaky_readout" => Ok(()),
            other => Err(Refusal::to_host(format!(
                "py-spinnaker2 has programs for integrate-and-fire neurons and leaky readouts, none for {other:?}"
            ))),
        }
    }

    fn rule(&self, rule: &Model, context: &ProjectionContext) -> Result<Box<dyn RuleKernel>, Refusal> {
        if rule.name != "spore" {
            return Err(Refusal::to_host(format!("there is a program for \"spore\", none for {:?}", rule.name)));
        }
        let element = ElementSpore::new(rule, context).map_err(Refusal::altogether)?;
        Ok(Box::new(element))
    }

    fn place(&self, plan: &Plan<'_>) -> Result<Placement<Population, Projection>, CompileError> {
        let network = plan.network;
        let exceeds = |resource: String, limit: usize, demand: usize| CompileError::Exceeds {
            substrate: self.name().into(),
            resource,
            limit: limit as f64,
            demand: demand as f64,
        };
        let (mut elements, mut bytes, mut populations) = (Vec::new(), 0, Vec::new());
        for (at, described) in network.populations.iter().enumerate() {
            populations.push(self.population(plan, at)?);
            if !matches!(described.source, Source::Model(_)) {
                elements.push(0);
                continue;
            }
            let placement = Self::demand(plan, at).place().map_err(|too_large| {
                let resource = format!(
                    "bytes of a processing element's local memory beside the program, for one neuron of {:?} with its synapses",
                    described.name
                );
                exceeds(resource, too_large.limit, too_large.demand)
            })?;
            elements.push(placement.elements);
            bytes += placement.bytes;
        }
        let used = elements.iter().sum();
        if used > ELEMENTS {
            return Err(exceeds("processing elements".into(), ELEMENTS, used));
        }
        let projections = network.projections.iter().map(|described| {
            let [sources, targets] = network.sizes(described);
            let target = &populations[described.target];
            let layout = Layout { sources, per_pair: described.per_pair, targets, grid: target.grid };
            Projection { layout, by_sign: target.by_sign, elements: elements[described.target] as u64 }
        });
        let rules = network.projections.iter().zip(&plan.rule_on_chip).filter(|(_, on_chip)| **on_chip);
        let changed = rules.map(|(described, _)| {
            let change = "exp by the accelerator, to one least significant bit of s16.15; normal numbers by the generator of the float substrate, \
                          not by the chip's";
            (format!("plasticity of {:?}", described.name), change.to_string())
        });
        let changed = changed.collect();
        let projections = projections.collect();
        let resources = vec![
            ("processing elements".into(), used as f64, ELEMENTS as f64),
            ("bytes of local memory".into(), bytes as f64, (ELEMENTS * (SRAM_BYTES - PROGRAM_BYTES)) as f64),
        ];
        Ok(Placement { populations, projections, resources, changed })
    }

    fn neurons(&self, population: &Population, _: u64) -> Vec<ScaledState> {
        vec![ScaledState::default(); population.neurons.len()]
    }

    fn fits(&self, population: &Population, neurons: &Vec<ScaledState>) -> bool {
        neurons.len() == population.neurons.len()
    }

    fn sums(&self, population: &Population) -> Arriving {
        let zeros = || vec![0; embody_brain::numeric::padded(population.size)];
        let below = if population.by_sign { zeros() } else { Vec::new() };
        Arriving { together: zeros(), below, values: Default::default(), reached: false }
    }

    fn synapses(&self, projection: &Projection, seed: u64) -> Synapses {
        Synapses { weights: projection.layout.blank(), random: Kiss::new(seed, 0) }
    }

    fn restore(&self, projection: &Projection, synapses: &mut Synapses) -> bool {
        synapses.weights.fits(&projection.layout)
    }

    fn write(
        &self,
        projection: &Projection,
        synapses: &mut Synapses,
        weights: &mut [f32],
        cause: Cause,
        _: Moment,
        counters: &mut Counters,
    ) {
        let Synapses { weights: stored, random } = synapses;
        projection.layout.write(stored, weights, cause, || random.uniform(), counters);
    }

    fn weights(&self, projection: &Projection, synapses: &Synapses, _: Moment) -> Vec<f32> {
        projection.layout.read(&synapses.weights)
    }

    fn tolerance(&self, projection: &Projection) -> f32 {
        projection.layout.grid.weight(1)
    }

    fn deliver(
        &self,
        projection: &Projection,
        synapses: &mut Synapses,
        events: Events<'_>,
        sums: &mut Arriving,
        _: Moment,
        counters: &mut Counters,
    ) {
        let Projection { layout, by_sign, elements } = projection;
        sums.reached = true;
        let Arriving { together, below, values, .. } = sums;
        if events.heights.is_some() {
            values.iter_mut().for_each(|sums| sums.resize(layout.width(), 0.0));
        }
        for (number, &source) in events.sources.iter().enumerate() {
            for k in 0..layout.per_pair {
                let row = synapses.weights.row(layout, source, k);
                match events.heights.map(|heights| heights[number]) {
                    None if *by_sign => add_row_by_sign([together, below], row, 1),
                    None => add_row(together, row, 1),
                    Some(height) => {
                        for (j, &w) in row.iter().enumerate() {
                            let product = height * f32::from(w);
                            values[usize::from(*by_sign && product < 0.0)][j] += product;
                        }
                    }
                }
            }
        }
        let rows = (events.sources.len() * layout.per_pair) as u64;
        counters.synaptic_operations += rows * layout.targets as u64;
        // In words of 32 bits.
        counters.fetches += rows * layout.targets.div_ceil(4) as u64;
        counters.hops += events.sources.len() as u64 * elements;
    }

    fn fire(
        &self,
        population: &Population,
        neurons: &mut Vec<ScaledState>,
        sums: &mut Arriving,
        _: Moment,
        spikes: &mut Vec<u32>,
        counters: &mut Counters,
    ) {
        let mut driven = 0;
        for (j, (neuron, state)) in population.neurons.iter().zip(neurons.iter_mut()).enumerate() {
            let [above, below] = sums.at(j);
            let input = above + below;
            driven += u64::from(input != 0.0);
            if neuron.step(state, input) {
                spikes.push(j as u32);
            }
        }
        counters.neuron_updates_driven += driven;
        counters.neuron_updates_idle += population.size as u64 - driven;
        sums.clear();
    }

    fn read(&self, population: &Population, sums: &mut Arriving, _: Moment, arrivals: [&mut [f32]; 2], counters: &mut Counters) {
        if !sums.reached {
            return;
        }
        let unit = (1.0 / population.grid.steps_per_unit) as f32;
        let [together, below] = arrivals;
        for j in 0..population.size {
            let sum = sums.at(j);
            (together[j], below[j]) = (unit * sum[0], unit * sum[1]);
        }
        counters.host_reads += population.size as u64 * (1 + u64::from(population.by_sign));
        sums.clear();
    }

    fn membrane(&self, population: &Population, neurons: &Vec<ScaledState>) -> Vec<f32> {
        neurons.iter().zip(&population.scale).map(|(state, scale)| state.v / scale).collect()
    }

    fn values(&self, population: &Population, neurons: &Vec<ScaledState>) -> Vec<f32> {
        if population.readout { self.membrane(population, neurons) } else { Vec::new() }
    }

    fn variables(&self, _: &Population, neurons: &Vec<ScaledState>) -> Variables {
        vec![("v", neurons.iter().map(|state| f64::from(state.v)).collect())]
    }
}
