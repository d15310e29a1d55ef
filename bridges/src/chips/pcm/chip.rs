//! Phase-change memory as a chip: weights in conductances, sums from tiles, and all else on the host.

use embody_brain::neuron::PopulationContext;
use embody_brain::numeric::padded;
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::{CompileError, Model, Variables};

use super::crossbar::{Crossbar, Inputs};
use super::mapping::Mapping;
use super::options::PcmOptions;
use super::placed::{PcmPopulation, PcmProjection, PcmSynapses, count, phases};
use super::settings::Compensation;
use super::tile::{Phases, Scratch, TILE};
use super::writing::Targets;
use crate::chips::{Cause, Chip, Counters, Events, Moment, Placement, Plan, Refusal, Wishes, digest};

/// A phase-change chip. Each projection has tiles of its own.
#[derive(Clone)]
pub struct Pcm {
    options: PcmOptions,
}

impl Pcm {
    /// A chip with these options. The error names the one that is off.
    pub fn new(options: PcmOptions) -> Result<Pcm, CompileError> {
        options.check().map_err(|why| CompileError::invalid("pcm", why))?;
        Ok(Pcm { options })
    }

    /// Its options.
    pub fn options(&self) -> &PcmOptions {
        &self.options
    }
}

impl Chip for Pcm {
    type Population = PcmPopulation;
    type Projection = PcmProjection;
    type Neurons = ();
    type Synapses = PcmSynapses;
    type Sums = [Vec<f32>; 2];

    fn name(&self) -> &'static str {
        "pcm"
    }

    fn options_digest(&self) -> u64 {
        digest(&self.options)
    }

    fn wishes(&self) -> Wishes {
        Wishes { plasticity: self.options.plasticity, neuron: self.options.neuron }
    }

    fn can_run(&self, _: &Model, _: &PopulationContext) -> Result<(), Refusal> {
        Err(Refusal::to_host("phase-change memory stores weights and multiplies by them; it has no neurons"))
    }

    fn rule(&self, _: &Model, _: &ProjectionContext) -> Result<Box<dyn RuleKernel>, Refusal> {
        Err(Refusal::to_host(
            "devices change by pulses from outside; what decides on them, and keeps the exact weights, is the host",
        ))
    }

    fn place(&self, plan: &Plan<'_>) -> Result<Placement<PcmPopulation, PcmProjection>, CompileError> {
        let network = plan.network;
        let tick_s = network.tick_ns as f64 * 1e-9;
        let interval = (self.options.update_interval_s / tick_s).round().max(1.0) as u64;
        let (mut projections, mut changed, mut tiles, mut pairs) = (Vec::new(), Vec::new(), 0, 0);
        for (projection, [low, high]) in network.projections.iter().zip(&plan.ranges) {
            let [sources, targets] = network.sizes(projection);
            let rows = sources * projection.per_pair;
            let first = tiles;
            tiles += Crossbar::tiles(rows, targets);
            pairs += rows * targets;
            self.check_tiles(tiles)?;
            let learning = projection.rule.is_some();
            let mapping = Mapping::up_to(self.options.weight_share * low.abs().max(high.abs()));
            let name = format!("weights of {:?}", projection.name);
            if self.options.weight_share < 1.0 {
                changed.push((name.clone(), format!("are clipped beyond {}, which takes g_max", mapping.weight_max())));
            }
            if learning {
                let steps = self.options.learning_steps;
                changed.push((name, format!("learn in steps of 1/{steps} of the one at g_max, {}", mapping.weight_max())));
                if self.options.compensation != Compensation::None {
                    let part = format!("drift of {:?}", projection.name);
                    changed.push((part, "isn't compensated for, as pulses of the rule would move the baseline".into()));
                }
            }
            projections.push(PcmProjection {
                settings: self.options.arrays(learning),
                mapping,
                first_tile: first as u32,
                rows,
                targets,
                per_pair: projection.per_pair,
                phases: phases(network.populations[projection.target].sums),
                tick_s,
                interval,
            });
        }
        let available = f64::from(self.options.tiles);
        let resources = vec![
            ("tiles".into(), tiles as f64, available),
            ("pairs of devices".into(), pairs as f64, available * (TILE * TILE) as f64),
        ];
        let populations = network.populations.iter().map(|p| PcmPopulation { size: p.size, phases: phases(p.sums) });
        Ok(Placement { populations: populations.collect(), projections, resources, changed })
    }

    fn neurons(&self, _: &PcmPopulation, _: u64) {}

    fn fits(&self, _: &PcmPopulation, (): &()) -> bool {
        true
    }

    fn sums(&self, _: &PcmPopulation) -> [Vec<f32>; 2] {
        Default::default()
    }

    fn synapses(&self, projection: &PcmProjection, _: u64) -> PcmSynapses {
        PcmSynapses { crossbar: projection.blank(), aged_at: 0, scratch: Scratch::default() }
    }

    fn restore(&self, projection: &PcmProjection, synapses: &mut PcmSynapses) -> bool {
        projection.blank().fits(&projection.settings, &synapses.crossbar)
    }

    /// The host keeps what was asked for, within range: devices follow as near as they are programmed.
    fn write(
        &self,
        projection: &PcmProjection,
        synapses: &mut PcmSynapses,
        weights: &mut [f32],
        cause: Cause,
        at: Moment,
        counters: &mut Counters,
    ) {
        let PcmSynapses { crossbar, scratch, aged_at } = synapses;
        let first = !crossbar.is_written();
        let targets = match cause {
            Cause::Given => Targets::Exact,
            Cause::Learning => Targets::Steps(self.options.learning_steps),
        };
        let now = projection.seconds(at);
        let written = crossbar.write(&projection.settings, weights, padded(projection.targets), targets, now);
        counters.programming_pulses += written.programmed;
        counters.clipped_weights += written.clipped;
        counters.rounded_weights += written.rounded;
        let most = projection.mapping.weight_max();
        weights.iter_mut().for_each(|weight| *weight = weight.clamp(-most, most));
        if cause == Cause::Given {
            count(crossbar.calibrate(&projection.settings, at, scratch), counters);
        }
        if first && projection.settings.t_inference_s > 0.0 {
            count(crossbar.rest(&projection.settings, now, at, scratch), counters);
        }
        if first {
            *aged_at = at.tick;
        }
    }

    /// What devices conduct at that moment, without read noise.
    fn weights(&self, projection: &PcmProjection, synapses: &PcmSynapses, at: Moment) -> Vec<f32> {
        let mut crossbar = synapses.crossbar.clone();
        crossbar.drift(projection.seconds(at));
        let (columns, width) = (projection.targets, padded(projection.targets));
        let mut padded_weights = Vec::new();
        for row in crossbar.weights().chunks_exact(columns) {
            padded_weights.extend_from_slice(row);
            padded_weights.resize(padded_weights.len() + width - columns, 0.0);
        }
        padded_weights
    }

    /// How far the two devices of a pair together can be off by programming noise, and all of the greatest weight for drift.
    fn tolerance(&self, projection: &PcmProjection) -> f32 {
        // A little more than the random numbers reach, in standard deviations.
        const REACH: f64 = 6.7;
        let model = self.options.device;
        let sigmas = (0..=100).map(|x| model.programming_sigma_us(f64::from(x) / 100.0) / model.g_max_us());
        let worst = REACH * sigmas.fold(0.0, f64::max);
        projection.mapping.weight_max() * (2.0 * worst + 1.0) as f32
    }

    fn deliver(
        &self,
        projection: &PcmProjection,
        synapses: &mut PcmSynapses,
        events: Events<'_>,
        sums: &mut [Vec<f32>; 2],
        at: Moment,
        counters: &mut Counters,
    ) {
        projection.age(synapses, at, counters);
        let per_pair = projection.per_pair;
        let rows: Vec<u32> =
            events.sources.iter().flat_map(|&i| (0..per_pair).map(move |k| i * per_pair as u32 + k as u32)).collect();
        // Analogue inputs have one synapse a pair, since theirs don't learn.
        let inputs = Inputs { rows: &rows, heights: events.heights };
        sums.iter_mut().for_each(|sums| sums.resize(padded(projection.targets), 0.0));
        let [above, below] = sums;
        let PcmSynapses { crossbar, scratch, .. } = synapses;
        let effort = crossbar.multiply(&projection.settings, inputs, projection.phases, at, scratch, [above, below]);
        count(effort, counters);
    }

    fn fire(&self, _: &PcmPopulation, (): &mut (), _: &mut [Vec<f32>; 2], _: Moment, _: &mut Vec<u32>, _: &mut Counters) {}

    fn read(
        &self,
        population: &PcmPopulation,
        sums: &mut [Vec<f32>; 2],
        _: Moment,
        arrivals: [&mut [f32]; 2],
        counters: &mut Counters,
    ) {
        let read = if population.phases == Phases::BySign { 2 } else { 1 };
        for (sums, arrivals) in sums.iter_mut().zip(arrivals).take(read) {
            if !sums.is_empty() {
                arrivals[..sums.len()].copy_from_slice(sums);
                counters.host_reads += population.size as u64;
            }
            sums.clear();
        }
        sums.iter_mut().for_each(Vec::clear);
    }

    fn membrane(&self, _: &PcmPopulation, (): &()) -> Vec<f32> {
        Vec::new()
    }

    fn variables(&self, _: &PcmPopulation, (): &()) -> Variables {
        Vec::new()
    }
}

impl Pcm {
    fn check_tiles(&self, demand: usize) -> Result<(), CompileError> {
        if demand > self.options.tiles as usize {
            return Err(CompileError::Exceeds {
                substrate: "pcm".into(),
                resource: format!("tiles of {TILE} x {TILE} pairs, each for weights of one projection"),
                limit: f64::from(self.options.tiles),
                demand: demand as f64,
            });
        }
        Ok(())
    }
}
