//! SpiNNaker 2 as a [`Chip`]: 8-bit weights, sums in whole numbers, `lif` and `cuba_lif` neurons and their readouts, SPORE on the
//! element.

use embody_brain::neuron::{PopulationContext, Sums};
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::substrate::resolved::Source;
use embody_brain::{CompileError, Model, Variables};
use serde::{Deserialize, Serialize};

use super::accelerators::Kiss;
use super::fixed_neuron::FixedState;
use super::fixed_population::FixedPopulation;
use super::memory::{Demand, ELEMENTS, PROGRAM_BYTES, SRAM_BYTES};
use super::options::{Arithmetic, SpiNNaker2Options};
use super::population::{Arriving, Neurons, Population, States, float};
use super::scaling::LARGEST_WEIGHT;
use super::spore::{ElementSpore, STATE_BYTES};
use super::step::ScaledState;
use crate::chips::integer::{Grid, Layout, Weights, add_row, add_row_by_sign};
use crate::chips::lacks;
use crate::chips::{Cause, Chip, Counters, Events, Leaky, Moment, Placement, Plan, Refusal, Wishes, digest};

/// An emulated SpiNNaker 2.
#[derive(Clone, Debug, Default)]
pub struct SpiNNaker2 {
    options: SpiNNaker2Options,
}

impl SpiNNaker2 {
    /// A chip. Errors name the option and what it must be.
    pub fn new(options: SpiNNaker2Options) -> Result<Self, CompileError> {
        options.check().map_err(|why| CompileError::invalid("spinnaker2", why))?;
        Ok(SpiNNaker2 { options })
    }
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

impl SpiNNaker2 {
    fn population(&self, plan: &Plan<'_>, at: usize) -> Result<Population, CompileError> {
        let described = &plan.network.populations[at];
        let largest = self.options.largest_weight.unwrap_or_else(|| plan.largest_into(at));
        let grid = Grid { rounding: self.options.rounding, ..Grid::new(largest, LARGEST_WEIGHT as i8) };
        // Nothing is ever summed up for an input.
        let size = if matches!(described.source, Source::Model(_)) { described.size } else { 0 };
        let tick_ms = plan.network.tick_ms;
        let invalid = |why: String| CompileError::invalid(&described.name, why);
        let neurons = match &described.source {
            Source::Model(model) if plan.neurons_on_chip[at] => match Leaky::read(model).map_err(invalid)? {
                None => Neurons::None,
                Some(p) if self.options.arithmetic == Arithmetic::Float => float(&p, size, tick_ms, grid).map_err(invalid)?,
                Some(p) => Neurons::Fixed(FixedPopulation::new(&p, size, tick_ms, grid).map_err(invalid)?),
            },
            _ => Neurons::None,
        };
        let by_sign = described.sums == Sums::BySign || matches!(neurons, Neurons::Fixed(_));
        Ok(Population { size, by_sign, grid, readout: described.readout, neurons })
    }

    /// What runs otherwise than it was described.
    fn changed(&self, plan: &Plan<'_>) -> Vec<(String, String)> {
        let mut changed = Vec::new();
        for (described, _) in plan.network.projections.iter().zip(&plan.rule_on_chip).filter(|(_, on_chip)| **on_chip) {
            let change = "exp by the accelerator, to one least significant bit of s16.15; normal numbers by the generator of the float \
                          substrate, not by the chip's";
            changed.push((format!("plasticity of {:?}", described.name), change.to_string()));
        }
        for (described, _) in plan.network.populations.iter().zip(&plan.neurons_on_chip).filter(|(_, on_chip)| **on_chip) {
            if let Source::Model(model) = &described.source
                && let Ok(Some(p)) = Leaky::read(model)
            {
                let part = format!("neurons of {:?}", described.name);
                let fixed = self.options.arithmetic == Arithmetic::Fixed;
                let lacks = if fixed { lacks::changes(&p.membrane, plan.network.tick_ms) } else { Vec::new() };
                changed.extend(p.change().into_iter().chain(lacks).map(|change| (part.clone(), change)));
            }
        }
        changed
    }

    /// What the population takes of the elements' memory: where its neurons run on the host, its synapses are still here.
    fn demand(plan: &Plan<'_>, at: usize) -> Demand {
        let projections = &plan.network.projections;
        let delay = plan.into(at).map(|p| projections[p].delay).max().unwrap_or(0);
        let described = &plan.network.populations[at];
        let blank = Demand::population(described.size, delay);
        let blank = match &described.source {
            Source::Model(model) if matches!(Leaky::read(model), Ok(Some(Leaky { synapse: Some(_), .. }))) => blank.currents(),
            _ => blank,
        };
        plan.into(at).fold(blank, |demand, p| {
            let sources = plan.network.populations[projections[p].source].size;
            demand.synapses(sources, projections[p].per_pair, if plan.rule_on_chip[p] { STATE_BYTES } else { 0 })
        })
    }
}

impl Chip for SpiNNaker2 {
    type Population = Population;
    type Projection = Projection;
    type Neurons = States;
    type Synapses = Synapses;
    type Sums = Arriving;

    fn name(&self) -> &'static str {
        "spinnaker2"
    }

    fn options_digest(&self) -> u64 {
        digest(&self.options)
    }

    fn wishes(&self) -> Wishes {
        Wishes { plasticity: self.options.plasticity, neuron: self.options.neuron }
    }

    fn can_run(&self, model: &Model, context: &PopulationContext) -> Result<(), Refusal> {
        let Some(neurons) = Leaky::read(model).map_err(Refusal::altogether)? else {
            let why = "py-spinnaker2 has programs for integrate-and-fire neurons and leaky readouts, none for";
            return Err(Refusal::to_host(format!("{why} {:?}", model.name)));
        };
        neurons.check_constants(context.size, context.tick_ms).map_err(Refusal::altogether)?;
        match self.options.arithmetic {
            Arithmetic::Float => Ok(()),
            Arithmetic::Fixed => lacks::refuse(&neurons.membrane, context.tick_ms, self.options.approximate),
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
        let projections = projections.collect();
        let resources = vec![
            ("processing elements".into(), used as f64, ELEMENTS as f64),
            ("bytes of local memory".into(), bytes as f64, (ELEMENTS * (SRAM_BYTES - PROGRAM_BYTES)) as f64),
        ];
        Ok(Placement { populations, projections, resources, changed: self.changed(plan) })
    }

    fn neurons(&self, population: &Population, _: u64) -> States {
        match &population.neurons {
            Neurons::None => States::Float(Vec::new()),
            Neurons::Float { neurons, .. } => States::Float(vec![ScaledState::default(); neurons.len()]),
            Neurons::Fixed(neurons) => States::Fixed(neurons.at_rest()),
        }
    }

    fn fits(&self, population: &Population, neurons: &States) -> bool {
        match (&population.neurons, neurons) {
            (Neurons::None, States::Float(states)) => states.is_empty(),
            (Neurons::Float { neurons, .. }, States::Float(states)) => states.len() == neurons.len(),
            (Neurons::Fixed(neurons), States::Fixed(states)) => states.len() == neurons.len(),
            _ => false,
        }
    }

    fn sums(&self, population: &Population) -> Arriving {
        Arriving::new(population.size, population.by_sign)
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
        neurons: &mut States,
        sums: &mut Arriving,
        _: Moment,
        spikes: &mut Vec<u32>,
        counters: &mut Counters,
    ) {
        let mut driven = 0;
        match (&population.neurons, neurons) {
            (Neurons::Float { neurons, .. }, States::Float(states)) => {
                for (j, (neuron, state)) in neurons.iter().zip(states).enumerate() {
                    let [above, below] = sums.at(j);
                    let input = above + below;
                    driven += u64::from(input != 0.0);
                    if neuron.step(state, input) {
                        spikes.push(j as u32);
                    }
                }
            }
            (Neurons::Fixed(neurons), States::Fixed(states)) => {
                for (j, state) in states.iter_mut().enumerate() {
                    let arriving = sums.whole(j);
                    driven += u64::from(arriving != [0, 0]);
                    let (spike, saturated) = neurons.step(j, state, arriving);
                    counters.saturations += u64::from(saturated);
                    if spike {
                        spikes.push(j as u32);
                    }
                }
            }
            _ => (),
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

    fn membrane(&self, population: &Population, neurons: &States) -> Vec<f32> {
        match (&population.neurons, neurons) {
            (Neurons::Float { scale, .. }, States::Float(states)) => {
                states.iter().zip(scale).map(|(state, scale)| state.v / scale).collect()
            }
            (Neurons::Fixed(neurons), States::Fixed(states)) => neurons.potentials(states),
            _ => Vec::new(),
        }
    }

    fn values(&self, population: &Population, neurons: &States) -> Vec<f32> {
        if population.readout { self.membrane(population, neurons) } else { Vec::new() }
    }

    /// Current and potential: of floats in steps of the weights, that of a neuron without a current being what arrived; of s16.15 in units of
    /// 2^-15, excitatory and inhibitory current apart, if there are any.
    fn variables(&self, population: &Population, neurons: &States) -> Variables {
        match neurons {
            States::Float(states) => {
                let of = |value: fn(&ScaledState) -> f32| states.iter().map(|state| f64::from(value(state))).collect();
                vec![("u", of(|state| state.current)), ("v", of(|state| state.v))]
            }
            States::Fixed(states) => {
                let of = |value: fn(&FixedState) -> i32| states.iter().map(|state| f64::from(value(state))).collect();
                let currents = [("u_exc", of(|state| state.currents[0])), ("u_inh", of(|state| state.currents[1]))];
                let flow = matches!(&population.neurons, Neurons::Fixed(neurons) if neurons.has_currents());
                currents.into_iter().filter(|_| flow).chain([("v", of(|state| state.v))]).collect()
            }
        }
    }
}
