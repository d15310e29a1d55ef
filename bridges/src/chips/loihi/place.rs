//! From a network in floats to the chip's whole numbers.
//!
//! With s = floor(256 / max|w|) over all weights that enter a population (or 256 / max|w| if that is below 1), and less if a threshold would
//! not fit: a weight becomes the multiple of the format's step that is nearest to s w, a threshold the mantissa round(s threshold), and a
//! step of v is 1 / (64 s). A decay exp(-h/tau) becomes dv = floor(4096 (1 - exp(-h/tau))), that of a current du, which is one less; without
//! one, currents are pulses, du = 4095. The slowest current, du = 0, has a time constant of 4096 ticks.
//! Where a neuron scales its input by g, v counts in units of g instead, so that the weights of all neurons keep all their bits.

use embody_brain::neuron::{Comparison, PopulationContext, Reset, Sums};
use embody_brain::substrate::resolved::{ResolvedPopulation, Source};
use embody_brain::{CompileError, Model};
use serde::de::DeserializeOwned;

use super::compartment::{Bias, Compartment, MOST_THRESHOLD};
use super::dense::{Format, MOST_DELAY, SignMode};
use super::limits::{Allocation, Demand, Wiring};
use super::population::LoihiPopulation;
use super::synapses::LoihiProjection;
use super::{Loihi, NAME, RULE, SumOfProducts};
use crate::chips::{Leaky, Placement, Plan, Refusal};

/// Bits of a synapse's delay and of its tag, where it has them.
const DELAY_BITS: usize = 6;
const TAG_BITS: usize = 4;

/// The threshold of a neuron in units of its gain; none of a readout.
fn threshold(neurons: &Leaky, i: usize, tick_ms: f64) -> Option<f64> {
    (!neurons.readout).then(|| neurons.membrane.threshold.of(i) / neurons.membrane_decay(i, tick_ms)[1])
}

/// The parameters of a model, which are known to be valid.
fn parameters<P: DeserializeOwned>(model: &Model) -> Result<P, Refusal> {
    P::deserialize(&model.parameters).map_err(|e| Refusal::altogether(e.to_string()))
}

impl Loihi {
    /// Whether compartments can be of that model.
    pub(super) fn can_be(&self, model: &Model, context: &PopulationContext) -> Result<(), Refusal> {
        if let Some(neurons) = Leaky::read(model).map_err(Refusal::altogether)? {
            neurons.check_constants(context.size, context.tick_ms).map_err(Refusal::altogether)?;
            return match &self.lacks(&neurons)[..] {
                [] => Ok(()),
                _ if self.options.approximate => Ok(()),
                lacks => {
                    let lacks: Vec<String> = lacks.iter().map(|(has, asked)| format!("{asked} (it has {has})")).collect();
                    Err(Refusal::altogether(format!("it lacks {}; approximate = true takes what it has", lacks.join(", "))))
                }
            };
        }
        match model.name.as_str() {
            "poisson_dbl_exp" => Err(Refusal::to_host("its compartments fire deterministically and have no escape rate")),
            "alif" | "se_adlif" => {
                Err(Refusal::altogether("its compartments don't adapt: Lava's fixed-point neuron is a plain one"))
            }
            _ => Err(Refusal::altogether("its compartments are lif, cuba_lif and their readouts")),
        }
    }

    /// What a neuron asks for that the chip lacks: what it has instead, what is asked.
    fn lacks(&self, neurons: &Leaky) -> Vec<(&'static str, String)> {
        let (mut lacks, lif) = (Vec::new(), &neurons.membrane);
        if neurons.readout {
            return lacks;
        }
        if lif.reset != Reset::Zero {
            lacks.push(("reset zero", "a reset that subtracts the threshold".into()));
        }
        if lif.comparison != Comparison::Above {
            lacks.push(("comparison above", "comparison at_least".into()));
        }
        if lif.refractory_ms != 0.0 {
            lacks.push(("refractory_ms 0", format!("refractory_ms {}", lif.refractory_ms)));
        }
        lacks
    }

    /// Fits a network into the chip's numbers and limits.
    pub(super) fn fit(&self, plan: &Plan<'_>) -> Result<Placement<LoihiPopulation, LoihiProjection>, CompileError> {
        let mut changed = Vec::new();
        let populations = (0..plan.network.populations.len()).map(|at| self.population(plan, at, &mut changed));
        let populations = populations.collect::<Result<Vec<_>, _>>()?;
        let mut projections = (0..plan.network.projections.len())
            .map(|at| self.projection(plan, at, &populations, &mut changed))
            .collect::<Result<Vec<_>, _>>()?;
        let allocation = self.allocate(plan, &populations, &projections)?;
        for (at, projection) in projections.iter_mut().enumerate() {
            let source = plan.network.projections[at].source;
            projection.words = allocation.words_of(at);
            projection.hops = allocation.hops_of(at, plan.neurons_on_chip[source]);
        }
        let resources = allocation.resources(self.options.compartments_per_core);
        Ok(Placement { populations, projections, resources, changed })
    }

    fn population(
        &self,
        plan: &Plan<'_>,
        at: usize,
        changed: &mut Vec<(String, String)>,
    ) -> Result<LoihiPopulation, CompileError> {
        let described = &plan.network.populations[at];
        let invalid = |why: String| CompileError::invalid(&described.name, why);
        let blank = LoihiPopulation {
            size: described.size,
            compartments: Vec::new(),
            units: Vec::new(),
            scale: self.scale(plan, at, 0.0)?,
            readout: described.readout,
            by_sign: described.sums == Sums::BySign && !plan.neurons_on_chip[at],
        };
        let Source::Model(model) = &described.source else { return Ok(blank) };
        if !plan.neurons_on_chip[at] {
            return Ok(blank);
        }
        let Some(neurons) = Leaky::read(model).map_err(invalid)? else { return Ok(blank) };
        for (has, asked) in self.lacks(&neurons) {
            changed.push((described.name.clone(), format!("{has} instead of {asked}")));
        }
        changed.extend(neurons.change().map(|change| (described.name.clone(), change)));
        self.compartments(plan, at, &neurons, blank, changed)
    }

    /// Whole numbers to a unit of the weights that enter a population whose highest threshold is given.
    fn scale(&self, plan: &Plan<'_>, at: usize, threshold: f64) -> Result<f64, CompileError> {
        let largest = f64::from(plan.largest_into(at));
        let by_weight = if largest > 0.0 { 256.0 / largest } else { 256.0 };
        let by_threshold = if threshold > 0.0 { f64::from(MOST_THRESHOLD) / threshold } else { by_weight };
        let most = by_weight.min(by_threshold);
        // Weights were rounded to f32: what lies within that of a whole number is meant to be it.
        let scale = if most < 1.0 { most } else { libm::floor(most * (1.0 + 1e-7)) };
        // Of rules on the chip the scale is given.
        for into in plan.into(at).filter(|&into| plan.rule_on_chip[into]) {
            let projection = &plan.network.projections[into];
            let asked = projection.rule.as_ref().map(parameters::<SumOfProducts>);
            let asked = asked.and_then(Result::ok).map_or(0.0, |rule| rule.weight_scale);
            if asked != scale {
                let feature = format!(
                    "{:?}: the rule {RULE} with weight_scale {asked}: all that enters {:?} is scaled by {scale}, as its largest weight is {largest} \
                     and its highest threshold {threshold}",
                    projection.name, plan.network.populations[at].name
                );
                return Err(CompileError::unsupported(NAME, feature));
            }
        }
        Ok(scale)
    }

    fn compartments(
        &self,
        plan: &Plan<'_>,
        at: usize,
        neurons: &Leaky,
        blank: LoihiPopulation,
        changed: &mut Vec<(String, String)>,
    ) -> Result<LoihiPopulation, CompileError> {
        let (described, tick_ms) = (&plan.network.populations[at], plan.network.tick_ms);
        let name = &described.name;
        let highest = (0..described.size).filter_map(|i| threshold(neurons, i, tick_ms)).fold(0.0, f64::max);
        let scale = self.scale(plan, at, highest)?;
        let step = 64.0 * scale;
        let mut lost = Lost::default();
        let (mut compartments, mut units) = (Vec::new(), Vec::new());
        for i in 0..described.size {
            let ([alpha, gain], beta) = (neurons.membrane_decay(i, tick_ms), neurons.current_decay(i, tick_ms));
            let dv = libm::floor(4096.0 * (1.0 - alpha)).min(4095.0);
            lost.membrane.decay(alpha, 1.0 - dv / 4096.0);
            let du = (libm::floor(4096.0 * (1.0 - beta)) - 1.0).clamp(0.0, 4095.0);
            lost.current.decay(beta, 1.0 - (du + 1.0) / 4096.0);
            let exact = neurons.constant(i, tick_ms) * step;
            let bias = Bias::nearest(exact).ok_or_else(|| CompileError::Exceeds {
                substrate: NAME.into(),
                resource: format!("bias of {name:?}, in the chip's whole numbers"),
                limit: (Bias::MOST_MANTISSA << Bias::MOST_EXPONENT) as f64,
                demand: exact.abs(),
            })?;
            lost.bias((bias.value() as f64 - exact).abs() / step);
            let vth = match threshold(neurons, i, tick_ms) {
                None => MOST_THRESHOLD,
                Some(threshold) if threshold < 0.0 => {
                    return Err(CompileError::unsupported(
                        NAME,
                        format!("{name:?}: a threshold below zero, {}", threshold * gain),
                    ));
                }
                Some(threshold) => {
                    lost.threshold((libm::rint(threshold * scale) / scale - threshold).abs() * gain);
                    libm::rint(threshold * scale) as u32
                }
            };
            let made = Compartment::new(du as u16, dv as u16, bias, vth).map_err(|why| CompileError::invalid(name, why))?;
            compartments.push(made);
            let unit = (gain / step) as f32;
            if !(unit.is_finite() && unit > 0.0) {
                let why = format!(
                    "neuron {i}: expected a finite step of its potential, above zero, found {unit:e}: its threshold and weights are too far apart"
                );
                return Err(CompileError::invalid(name, why));
            }
            units.push(unit);
        }
        lost.report(described, tick_ms, changed);
        Ok(LoihiPopulation { compartments, units, scale, ..blank })
    }

    fn projection(
        &self,
        plan: &Plan<'_>,
        at: usize,
        populations: &[LoihiPopulation],
        changed: &mut Vec<(String, String)>,
    ) -> Result<LoihiProjection, CompileError> {
        let described = &plan.network.projections[at];
        let learns = plan.rule_on_chip[at];
        if described.delay > MOST_DELAY + 1 {
            let resource = format!("ticks of delay of {:?}", described.name);
            let (limit, demand) = ((MOST_DELAY + 1) as f64, described.delay as f64);
            return Err(CompileError::Exceeds { substrate: NAME.into(), resource, limit, demand });
        }
        if learns && !plan.neurons_on_chip[described.target] {
            let feature = format!("{:?}: a rule on the chip for neurons on the host", described.name);
            return Err(CompileError::unsupported(NAME, feature));
        }
        if described.delay == 0 {
            let how = if described.late {
                "a spike takes one step: what is read out of a tick is read one step of the chip later"
            } else {
                "a spike takes one step: the host sends it one step of the chip earlier"
            };
            changed.push((described.name.clone(), how.into()));
        }
        let payload = matches!(plan.network.populations[described.source].source, Source::Analogue)
            .then_some(self.options.payload_fraction_bits);
        if let Some(bits) = payload {
            let how =
                format!("values are sent as graded spikes, which Loihi 2 has, in steps of 2^-{bits}; their sum is shifted down");
            changed.push((described.name.clone(), how));
        }
        let [least, greatest] = plan.ranges[at];
        let [sources, targets] = plan.network.sizes(described);
        let mode = SignMode::of(least, greatest);
        Ok(LoihiProjection {
            sources,
            targets,
            per_pair: described.per_pair,
            format: if learns { Format::learning() } else { Format::new(mode, self.options.weight_bits) },
            scale: populations[described.target].scale,
            learns,
            payload,
            by_sign: populations[described.target].by_sign,
            words: 0,
            hops: Vec::new(),
            seed: self.options.seed,
        })
    }

    fn allocate(
        &self,
        plan: &Plan<'_>,
        populations: &[LoihiPopulation],
        projections: &[LoihiProjection],
    ) -> Result<Allocation, CompileError> {
        let network = plan.network;
        let demand = |(at, population): (usize, &LoihiPopulation)| {
            let described = &network.populations[at];
            let outside = !matches!(described.source, Source::Model(_));
            let settings = match &population.compartments[..] {
                // Those that add up for the host forget within a step and never fire.
                [] if !outside => vec![([4095, 4095], MOST_THRESHOLD); described.size],
                compartments => compartments.iter().map(|c| (c.decays(), c.threshold())).collect(),
            };
            let per_neuron = if outside { 0 } else { 1 + usize::from(population.by_sign) };
            Demand { name: described.name.clone(), per_neuron, settings, sends: plan.neurons_on_chip[at] }
        };
        let wiring = |(at, projection): (usize, &LoihiProjection)| {
            let described = &network.projections[at];
            let delay = if described.delay > 1 { DELAY_BITS } else { 0 };
            let tag = if projection.learns { TAG_BITS } else { 0 };
            // A rule on the chip has all bits to learn with.
            let weight = if projection.learns { 8 } else { usize::from(self.options.weight_bits) };
            let bits = weight + delay + tag;
            Wiring {
                source: described.source,
                sources: projection.sources,
                target: described.target,
                per_pair: projection.per_pair,
                bits,
                configuration: (projection.format, bits, projection.learns),
            }
        };
        let demands: Vec<Demand> = populations.iter().enumerate().map(demand).collect();
        let wirings = projections.iter().enumerate().map(wiring).collect();
        Allocation::new(&demands, wirings, self.options.compartments_per_core)
    }
}

/// What rounding took from the parameters of a population: the worst of each.
#[derive(Default)]
struct Lost {
    membrane: LostDecay,
    current: LostDecay,
    bias: f64,
    threshold: f64,
}

/// The decay that was rounded worst: asked, stored.
#[derive(Default)]
struct LostDecay(Option<[f64; 2]>);

impl LostDecay {
    fn decay(&mut self, asked: f64, stored: f64) {
        let worse = self.0.is_none_or(|[was, is]| (stored - asked).abs() > (is - was).abs());
        if worse && asked != stored {
            self.0 = Some([asked, stored]);
        }
    }
}

impl Lost {
    fn bias(&mut self, error: f64) {
        self.bias = self.bias.max(error);
    }

    fn threshold(&mut self, error: f64) {
        self.threshold = self.threshold.max(error);
    }

    fn report(&self, population: &ResolvedPopulation, tick_ms: f64, changed: &mut Vec<(String, String)>) {
        let mut say = |what: String| changed.push((population.name.clone(), what));
        for (which, lost) in [("time constant", &self.membrane), ("time constant of the synaptic current", &self.current)] {
            if let Some([asked, stored]) = lost.0 {
                let tau = |decay: f64| if decay > 0.0 { -tick_ms / libm::log(decay) } else { 0.0 };
                say(format!("{which} of {:.4} ms instead of {:.4} ms (at worst): a decay of 12 bits", tau(stored), tau(asked)));
            }
        }
        if self.bias > 0.0 {
            say(format!("bias rounded, by up to {:.3e}", self.bias));
        }
        if self.threshold > 0.0 {
            say(format!("threshold rounded, by up to {:.3e}", self.threshold));
        }
    }
}
