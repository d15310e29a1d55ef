//! Loihi, exactly as Lava's fixed-point models have it.
//!
//! - [`Compartment`]: the neuron, to the bit; [`dense`]: weights, sums and delays; [`learning`]: sums of products of traces on the chip.
//! - Limits of a core and the spread over cores are nengo-loihi's (`limits.rs`); how a network in floats becomes whole numbers says `place.rs`.
//! - A rule on the host (SPORE) requests weights, which are stored with 8 bits and rounded stochastically.
//!
//! "Bit-accurate Loihi" isn't one thing: Lava, nengo-loihi and Brian2Loihi differ at the edges. Lava is followed; `lif`, or `cuba_lif`, with a reset to zero, a
//! strict threshold and no refractory period is the neuron it has. Not here: axonal delays that learn, multi-compartment neurons, Loihi 2's
//! microcode, and convolutions.

mod compartment;
pub mod dense;
pub mod learning;
mod limits;
mod options;
mod place;
mod population;
mod synapses;

use embody_brain::neuron::PopulationContext;
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::{CompileError, Model, Models, Variables};
use serde::Deserialize;

pub use compartment::{Bias, Compartment, MOST_THRESHOLD, Outcome};
pub use dense::SignMode;
pub use learning::{SumOfProducts, SumOfProductsKernel};
pub use options::LoihiOptions;
pub use population::{LoihiNeurons, LoihiPopulation};
pub use synapses::{LoihiProjection, LoihiSums, LoihiSynapses};

use super::{Cause, Chip, Counters, Events, Moment, Placement, Plan, Refusal, Wishes, digest};

/// Its name as a substrate.
pub const NAME: &str = "loihi";
/// The rule that it has.
pub const RULE: &str = "loihi_sum_of_products";

/// The chip.
#[derive(Clone)]
pub struct Loihi {
    options: LoihiOptions,
}

impl Loihi {
    /// The chip with the given options. Errors name the option and what it must be.
    pub fn new(options: LoihiOptions) -> Result<Loihi, CompileError> {
        options.check().map_err(|why| CompileError::invalid(NAME, why))?;
        Ok(Loihi { options })
    }
}

/// Registers `loihi_sum_of_products` as a rule that runs on any substrate, in the same whole numbers as on the chip.
pub fn register(models: &mut Models) {
    models.rule(RULE, |p: &SumOfProducts, context| Ok(Box::new(SumOfProductsKernel::new(p, context)?)));
}

impl Chip for Loihi {
    type Population = LoihiPopulation;
    type Projection = LoihiProjection;
    type Neurons = LoihiNeurons;
    type Synapses = LoihiSynapses;
    type Sums = LoihiSums;

    fn name(&self) -> &'static str {
        NAME
    }

    fn options_digest(&self) -> u64 {
        digest(&self.options)
    }

    fn wishes(&self) -> Wishes {
        self.options.wishes()
    }

    fn can_run(&self, model: &Model, context: &PopulationContext) -> Result<(), Refusal> {
        self.can_be(model, context)
    }

    fn rule(&self, rule: &Model, context: &ProjectionContext) -> Result<Box<dyn RuleKernel>, Refusal> {
        if rule.name != RULE {
            let why =
                format!("its rules are sums of products of 7-bit traces ({RULE}): no exponentials, no noise, no third factor");
            return Err(Refusal::to_host(why));
        }
        let built = SumOfProducts::deserialize(&rule.parameters).map_err(|e| e.to_string());
        let built = built.and_then(|parameters| SumOfProductsKernel::new(&parameters, context));
        built.map(|kernel| Box::new(kernel) as Box<dyn RuleKernel>).map_err(Refusal::altogether)
    }

    fn place(&self, plan: &Plan<'_>) -> Result<Placement<LoihiPopulation, LoihiProjection>, CompileError> {
        self.fit(plan)
    }

    fn neurons(&self, population: &LoihiPopulation, _seed: u64) -> LoihiNeurons {
        population.neurons()
    }

    fn fits(&self, population: &LoihiPopulation, neurons: &LoihiNeurons) -> bool {
        population.fits(neurons)
    }

    fn sums(&self, population: &LoihiPopulation) -> LoihiSums {
        LoihiSums::new(population.size, population.by_sign)
    }

    fn synapses(&self, projection: &LoihiProjection, _seed: u64) -> LoihiSynapses {
        projection.blank()
    }

    fn restore(&self, projection: &LoihiProjection, synapses: &mut LoihiSynapses) -> bool {
        projection.restore(synapses)
    }

    fn write(
        &self,
        projection: &LoihiProjection,
        synapses: &mut LoihiSynapses,
        weights: &mut [f32],
        cause: Cause,
        at: Moment,
        counters: &mut Counters,
    ) {
        projection.write(synapses, weights, cause, at, counters);
    }

    fn weights(&self, projection: &LoihiProjection, synapses: &LoihiSynapses, _at: Moment) -> Vec<f32> {
        projection.weights(synapses)
    }

    fn tolerance(&self, projection: &LoihiProjection) -> f32 {
        if projection.learns { 0.0 } else { (f64::from(projection.format.step()) / projection.scale) as f32 }
    }

    fn deliver(
        &self,
        projection: &LoihiProjection,
        synapses: &mut LoihiSynapses,
        events: Events<'_>,
        sums: &mut LoihiSums,
        _at: Moment,
        counters: &mut Counters,
    ) {
        projection.deliver(synapses, events, sums, counters);
    }

    fn fire(
        &self,
        population: &LoihiPopulation,
        neurons: &mut LoihiNeurons,
        sums: &mut LoihiSums,
        _at: Moment,
        spikes: &mut Vec<u32>,
        counters: &mut Counters,
    ) {
        population.fire(neurons, sums, spikes, counters);
    }

    fn read(
        &self,
        population: &LoihiPopulation,
        sums: &mut LoihiSums,
        _at: Moment,
        arrivals: [&mut [f32]; 2],
        counters: &mut Counters,
    ) {
        population.read(sums, arrivals, counters);
    }

    fn membrane(&self, population: &LoihiPopulation, neurons: &LoihiNeurons) -> Vec<f32> {
        population.membrane(neurons)
    }

    fn values(&self, population: &LoihiPopulation, neurons: &LoihiNeurons) -> Vec<f32> {
        if population.readout { population.membrane(neurons) } else { Vec::new() }
    }

    fn variables(&self, population: &LoihiPopulation, neurons: &LoihiNeurons) -> Variables {
        population.variables(neurons)
    }
}
