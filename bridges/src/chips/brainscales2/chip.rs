//! BrainScaleS-2 as a [`Chip`]: 6-bit weights, `lif` and `cuba_lif` neurons as the spiking mock, and sums for the host as the multiply-accumulate reads them.

use embody_brain::neuron::{PopulationContext, Sums};
use embody_brain::numeric::{Kernel, padded};
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::random::{Counter, fill_normals};
use embody_brain::substrate::resolved::{ResolvedProjection, Source};
use embody_brain::{CompileError, Model, Variables};

use super::arrays::{Allocation, CIRCUITS, Columns, LARGEST_WEIGHT, SIGNED_INPUTS};
use super::circuits::{self, Membranes, Setup};
use super::options::BrainScaleS2Options;
use super::population::{Arriving, Population, Projection};
use super::scatter::{Used, WeightError};
use super::variation::{FixedPattern, Spread};
use crate::chips::integer::{Draws, Grid, Layout, Weights, add_row, add_row_by_sign};
use crate::chips::lacks;
use crate::chips::{Cause, Chip, Counters, Events, Leaky, Moment, Placement, Plan, Refusal, Wishes, digest};

/// Streams of the noise of sums that are read, and of the rounding of weights.
const READ: u32 = 0x4253_0004;
const ROUNDING: u32 = 0x4253_0005;

/// What a spike is sent as: the greatest of 5 bits.
pub(super) const SPIKE: i32 = 31;

/// An emulated BrainScaleS-2.
#[derive(Clone, Debug)]
pub struct BrainScaleS2 {
    options: BrainScaleS2Options,
    pattern: FixedPattern,
}

impl BrainScaleS2 {
    /// A chip. Errors name the option and what it must be.
    pub fn new(options: BrainScaleS2Options) -> Result<Self, CompileError> {
        options.check().map_err(|why| CompileError::invalid("brainscales2", why))?;
        let pattern = FixedPattern { seed: options.seed, spread: Spread::of(options.calibration) };
        Ok(BrainScaleS2 { options, pattern })
    }

    /// What of a network's weight or value a projection stores: values of analogue inputs are sent as parts of their range.
    fn factor(&self, plan: &Plan<'_>, projection: &ResolvedProjection) -> f32 {
        let analogue = matches!(plan.network.populations[projection.source].source, Source::Analogue);
        if analogue { self.options.input_range } else { 1.0 }
    }

    /// The greatest weight that enters a population, in the unit of what spikes bring.
    fn largest(&self, plan: &Plan<'_>, population: usize) -> f32 {
        let of = |at: usize| {
            let [low, high] = plan.ranges[at];
            self.factor(plan, &plan.network.projections[at]) * low.abs().max(high.abs())
        };
        self.options.largest_weight.unwrap_or_else(|| plan.into(population).map(of).fold(0.0, f32::max))
    }

    fn population(&self, plan: &Plan<'_>, at: usize, columns: Columns) -> Result<Population, CompileError> {
        let described = &plan.network.populations[at];
        let grid = Grid::new(self.largest(plan, at), LARGEST_WEIGHT as i8);
        let unit = 1.0 / (f64::from(SPIKE) * grid.steps_per_unit);
        // Nothing is ever summed up for an input.
        let size = if matches!(described.source, Source::Model(_)) { described.size } else { 0 };
        let (width, blocks) = (padded(size), columns.per_neuron);
        let mut amplitude = vec![1.0; blocks * width];
        for j in 0..size {
            for block in 0..blocks {
                amplitude[block * width + j] = self.pattern.of(columns.first + j * blocks + block).amplitude;
            }
        }
        let circuits = match &described.source {
            Source::Model(model) if plan.neurons_on_chip[at] => {
                let invalid = |why: String| CompileError::invalid(&described.name, why);
                let (tick_ms, pattern, trial_noise) = (plan.network.tick_ms, self.pattern, self.options.trial_noise);
                match &Leaky::read(model).map_err(invalid)? {
                    None => Vec::new(),
                    Some(model) => {
                        let setup = Setup { model, tick_ms, columns, pattern, trial_noise, unit };
                        (0..size).map(|j| setup.circuit(j)).collect::<Result<_, _>>().map_err(invalid)?
                    }
                }
            }
            _ => Vec::new(),
        };
        let signed = plan.into(at).any(|p| plan.ranges[p][0] < 0.0 || self.mirrored(plan, p));
        let by_sign = described.sums == Sums::BySign;
        Ok(Population { size, blocks, by_sign, signed, grid, unit, amplitude, circuits })
    }

    /// How far what each population uses of this chip is off what was asked: part, change.
    fn scatter(
        &self,
        plan: &Plan<'_>,
        columns: &[Columns],
        populations: &[Population],
        projections: &[Projection],
    ) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (at, population) in populations.iter().enumerate() {
            let (name, mut driven, mut error) = (&plan.network.populations[at].name, false, WeightError::default());
            for projection in plan.into(at) {
                driven = true;
                error.add(population, &projections[projection], &plan.network.projections[projection].fixed);
            }
            let (pattern, calibration, columns) = (self.pattern, self.options.calibration, columns[at]);
            let used = Used { pattern, calibration, columns, size: population.size, driven, weights: error.relative() };
            if !population.circuits.is_empty() {
                lines.push((format!("neurons of {name:?}"), used.neurons(self.options.trial_noise)));
            } else if population.size > 0 && driven {
                lines.push((format!("sums of {name:?}"), used.sums(self.options.mac())));
            }
        }
        lines
    }

    /// Whether a projection's inputs may be below zero, which takes a second signed input of the opposite weight.
    fn mirrored(&self, plan: &Plan<'_>, projection: usize) -> bool {
        matches!(plan.network.populations[plan.network.projections[projection].source].source, Source::Analogue)
    }

    /// The signed inputs that a projection takes of each neuron.
    fn inputs(&self, plan: &Plan<'_>, projection: usize) -> usize {
        let described = &plan.network.projections[projection];
        let [sources, _] = plan.network.sizes(described);
        sources.saturating_mul(described.per_pair).saturating_mul(1 + usize::from(self.mirrored(plan, projection)))
    }
}

impl Chip for BrainScaleS2 {
    type Population = Population;
    type Projection = Projection;
    type Neurons = Membranes;
    type Synapses = Weights;
    type Sums = Arriving;

    fn name(&self) -> &'static str {
        "brainscales2"
    }

    fn options_digest(&self) -> u64 {
        digest(&self.options)
    }

    fn wishes(&self) -> Wishes {
        Wishes { plasticity: self.options.plasticity, neuron: self.options.neuron }
    }

    fn can_run(&self, model: &Model, context: &PopulationContext) -> Result<(), Refusal> {
        match Leaky::read(model).map_err(Refusal::altogether)? {
            Some(neurons) if !neurons.readout => {
                circuits::check(&neurons, context.size, context.tick_ms).map_err(Refusal::altogether)?;
                lacks::refuse(&neurons.membrane, context.tick_ms, self.options.approximate)
            }
            Some(_) => Err(Refusal::to_host(
                "a readout has no threshold to scale its potential by; the converter reads its sums, and the host integrates them",
            )),
            None => Err(Refusal::to_host(format!("its circuits are leaky integrate-and-fire neurons, not {:?}", model.name))),
        }
    }

    fn rule(&self, rule: &Model, _: &ProjectionContext) -> Result<Box<dyn RuleKernel>, Refusal> {
        Err(Refusal::to_host(format!(
            "the plasticity processors' vector units compute in 8 or 16 bits; the state of {:?} needs more: theta, say, changes by less than \
             2^-16 of its range in an update",
            rule.name
        )))
    }

    fn place(&self, plan: &Plan<'_>) -> Result<Placement<Population, Projection>, CompileError> {
        let network = plan.network;
        let (mut allocation, mut populations, mut changed, mut synapses) = (Allocation::default(), Vec::new(), Vec::new(), 0);
        let mut first = vec![0; network.projections.len()];
        let mut columns = Vec::new();
        for (at, described) in network.populations.iter().enumerate() {
            let mut inputs = 0usize;
            for projection in plan.into(at) {
                first[projection] = inputs;
                inputs = inputs.saturating_add(self.inputs(plan, projection));
            }
            let size = if matches!(described.source, Source::Model(_)) { described.size } else { 0 };
            columns.push(allocation.take(size, inputs));
            synapses += size.saturating_mul(inputs);
        }
        if !allocation.fits() {
            return Err(CompileError::Exceeds {
                substrate: self.name().into(),
                resource: format!("neuron circuits (a column of {SIGNED_INPUTS} signed inputs each)"),
                limit: CIRCUITS as f64,
                demand: allocation.used as f64,
            });
        }
        for (at, described) in network.populations.iter().enumerate() {
            populations.push(self.population(plan, at, columns[at])?);
            if let Source::Model(model) = &described.source
                && plan.neurons_on_chip[at]
                && let Ok(Some(model)) = Leaky::read(model)
            {
                let part = format!("neurons of {:?}", described.name);
                let current = if model.synapse.is_none() { Some(circuits::current(network.tick_ms)) } else { model.change() };
                let changes = current.into_iter().chain(lacks::changes(&model.membrane, network.tick_ms));
                changed.extend(changes.map(|change| (part.clone(), change)));
            }
        }
        let projections = network.projections.iter().enumerate().map(|(at, described)| {
            let [sources, targets] = network.sizes(described);
            let (target, range) = (&populations[described.target], self.factor(plan, described));
            let grid = Grid { steps_per_unit: target.grid.steps_per_unit * f64::from(range), ..target.grid };
            let layout = Layout { sources, per_pair: described.per_pair, targets, grid };
            let per_synapse = 1 + usize::from(self.mirrored(plan, at));
            Projection { layout, by_sign: target.by_sign, first: first[at], per_synapse, range }
        });
        let projections: Vec<_> = projections.collect();
        changed.extend(self.scatter(plan, &columns, &populations, &projections));
        let resources = vec![
            ("neuron circuits".into(), allocation.used as f64, CIRCUITS as f64),
            ("signed synapses".into(), synapses as f64, (CIRCUITS * SIGNED_INPUTS) as f64),
        ];
        Ok(Placement { populations, projections, resources, changed })
    }

    fn neurons(&self, population: &Population, _: u64) -> Membranes {
        Membranes::new(&population.circuits)
    }

    fn fits(&self, population: &Population, neurons: &Membranes) -> bool {
        neurons.fits(&population.circuits)
    }

    fn sums(&self, population: &Population) -> Arriving {
        Arriving::new(population)
    }

    fn synapses(&self, projection: &Projection, _: u64) -> Weights {
        projection.layout.blank()
    }

    fn restore(&self, projection: &Projection, synapses: &mut Weights) -> bool {
        synapses.fits(&projection.layout)
    }

    fn write(
        &self,
        projection: &Projection,
        synapses: &mut Weights,
        weights: &mut [f32],
        cause: Cause,
        at: Moment,
        counters: &mut Counters,
    ) {
        let mut draws = Draws::new(at.seed, Counter { stream: ROUNDING, time: at.tick });
        projection.layout.write(synapses, weights, cause, || draws.draw(), counters);
    }

    fn weights(&self, projection: &Projection, synapses: &Weights, _: Moment) -> Vec<f32> {
        projection.layout.read(synapses)
    }

    fn tolerance(&self, projection: &Projection) -> f32 {
        projection.layout.grid.weight(1)
    }

    fn deliver(
        &self,
        projection: &Projection,
        synapses: &mut Weights,
        events: Events<'_>,
        sums: &mut Arriving,
        _: Moment,
        counters: &mut Counters,
    ) {
        let Projection { layout, range, .. } = projection;
        let width = layout.width();
        sums.reached = true;
        for (number, &source) in events.sources.iter().enumerate() {
            let input = events.heights.map_or(SPIKE, |heights| {
                let sent = libm::rintf(heights[number] / range * SPIKE as f32);
                let limited = sent.clamp(-SPIKE as f32, SPIKE as f32);
                counters.saturations += u64::from(limited != sent);
                limited as i32
            });
            for k in 0..layout.per_pair {
                let row = synapses.row(layout, source, k);
                let block = projection.block(source as usize, k);
                let columns = block * width..(block + 1) * width;
                if projection.by_sign {
                    add_row_by_sign([&mut sums.together[columns.clone()], &mut sums.below[columns]], row, input);
                } else {
                    add_row(&mut sums.together[columns], row, input);
                }
            }
        }
        let rows = (events.sources.len() * layout.per_pair) as u64;
        counters.synaptic_operations += rows * layout.targets as u64;
        counters.fetches += rows;
        if events.heights.is_some() {
            counters.conversions += events.sources.len() as u64;
        }
    }

    fn fire(
        &self,
        population: &Population,
        neurons: &mut Membranes,
        sums: &mut Arriving,
        at: Moment,
        spikes: &mut Vec<u32>,
        counters: &mut Counters,
    ) {
        let (width, mut driven) = (padded(population.size), 0);
        let arriving = |j: usize| {
            let blocks = (0..population.blocks).map(|block| block * width + j);
            let input = blocks.fold(0.0, |sum, at| sum + population.amplitude[at] * sums.together[at] as f32);
            driven += u64::from(input != 0.0);
            input
        };
        neurons.tick(&population.circuits, at, arriving, spikes);
        counters.neuron_updates_driven += driven;
        counters.neuron_updates_idle += population.size as u64 - driven;
        sums.clear();
    }

    fn read(&self, population: &Population, sums: &mut Arriving, at: Moment, arrivals: [&mut [f32]; 2], counters: &mut Counters) {
        // Where nothing was sent, the host reads nothing.
        if !sums.reached {
            return;
        }
        let readings = population.amplitude.len();
        let mut noise = vec![0.0; 2 * readings];
        if self.options.read_noise > 0.0 {
            fill_normals(Kernel::detect(), at.seed, Counter { stream: READ, time: at.tick }, &mut noise);
        }
        let mac = self.options.mac();
        let [together, below] = arrivals;
        for (j, together) in together.iter_mut().enumerate().take(population.size) {
            *together = population.read(mac, &sums.together, &noise[..readings], j, counters);
        }
        let apart = population.by_sign && (population.signed || sums.below.iter().any(|&sum| sum != 0));
        if apart {
            for (j, below) in below.iter_mut().enumerate().take(population.size) {
                *below = population.read(mac, &sums.below, &noise[readings..], j, counters);
            }
        }
        counters.host_reads += (population.size * (1 + usize::from(apart))) as u64;
        sums.clear();
    }

    fn membrane(&self, population: &Population, neurons: &Membranes) -> Vec<f32> {
        neurons.potentials(&population.circuits)
    }

    fn variables(&self, population: &Population, neurons: &Membranes) -> Variables {
        let [v, current] = [|state: &(f32, f32)| state.0, |state: &(f32, f32)| state.1]
            .map(|of| neurons.states.iter().map(|state| f64::from(of(state))).collect());
        let readings = (0..neurons.states.len()).map(|j| f64::from(neurons.reading(&population.circuits, j)));
        vec![("v", v), ("u", current), ("cadc", readings.collect())]
    }
}
