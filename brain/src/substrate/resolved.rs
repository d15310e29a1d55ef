//! What a description becomes first, on any substrate: names resolved, delays in ticks, weights padded, nonsense refused.
//!
//! Not here: what a substrate can't do, and any number format but `f32`.

use crate::neuron::{NeuronKernel, Sums};
use crate::numeric::{WIDTH, padded};
use crate::spec::{CompileError, Model, NetworkSpec, PopulationKind, Synapses};

/// A network with its names resolved: immutable.
pub struct Resolved {
    /// Length of a tick (ns).
    pub tick_ns: u64,
    /// Length of a tick (ms).
    pub tick_ms: f64,
    /// Populations, in the order of the spec.
    pub populations: Vec<ResolvedPopulation>,
    /// Projections, in the order of the spec.
    pub projections: Vec<ResolvedProjection>,
    /// The populations that are read out.
    pub readouts: Vec<usize>,
    /// How many ticks of spikes are kept: a power of two that holds the longest delay, and the tick at hand if something acts in it.
    pub history: usize,
    /// Whether inputs act in their own tick.
    pub immediate: bool,
}

/// A population of a resolved network.
pub struct ResolvedPopulation {
    /// Its name.
    pub name: String,
    /// Number of neurons.
    pub size: usize,
    /// Where its spikes come from.
    pub source: Source,
    /// How it wants what arrives summed up.
    pub sums: Sums,
    /// Whether it is read out and never fires.
    pub readout: bool,
}

/// Where a population's spikes come from.
pub enum Source {
    /// From outside: the number of the input among those of spikes.
    Input(usize),
    /// From outside: values that stand from tick to tick.
    Analogue,
    /// From a neuron model.
    Model(Model),
}

/// A projection of a resolved network.
pub struct ResolvedProjection {
    /// Its name.
    pub name: String,
    /// Number of the source population.
    pub source: usize,
    /// Number of the target population.
    pub target: usize,
    /// Ticks from a spike to its effect.
    pub delay: usize,
    /// Synapses of each pair.
    pub per_pair: usize,
    /// The rule of plastic synapses.
    pub rule: Option<Model>,
    /// Whether it is delivered after neurons have fired.
    pub late: bool,
    /// Fixed weights, in rows padded to whole vectors; empty for plastic synapses.
    pub fixed: Vec<f32>,
}

impl Resolved {
    /// Resolves names, and checks all that hangs on more than one part, for the substrate of that name. `neurons` builds a population's
    /// neurons from its name, size, source and the length of a tick (ms); they say how they are reached. Errors name the part.
    pub fn new(
        spec: &NetworkSpec,
        substrate: &str,
        neurons: impl Fn(&str, usize, &Source, f64) -> Result<Option<Box<dyn NeuronKernel>>, CompileError>,
    ) -> Result<Resolved, CompileError> {
        if spec.tick_ns == 0 {
            return Err(invalid("network", "tick_ns: expected above zero, found 0"));
        }
        let find = |part: &str, name: &str| {
            spec.populations
                .iter()
                .position(|p| p.name == name)
                .ok_or_else(|| invalid(part, format!("there is no population {name:?}")))
        };
        let mut inputs = 0;
        let mut populations = Vec::new();
        for (i, population) in spec.populations.iter().enumerate() {
            if spec.populations[..i].iter().any(|other| other.name == population.name) {
                return Err(invalid(&population.name, "two populations have this name"));
            }
            if population.size == 0 || population.size > 1 << 24 {
                return Err(invalid(&population.name, format!("size: expected 1 to 2^24, found {}", population.size)));
            }
            let source = match &population.kind {
                PopulationKind::Input => Source::Input(inputs),
                PopulationKind::Analogue => Source::Analogue,
                PopulationKind::Neurons(model) => Source::Model(model.clone()),
            };
            inputs += usize::from(population.kind == PopulationKind::Input);
            let (mut sums, mut readout) = (Sums::BySign, false);
            if let Some(neurons) = neurons(&population.name, population.size, &source, spec.tick_ns as f64 / 1e6)? {
                (sums, readout) = (neurons.sums(), neurons.values().is_some());
            }
            populations.push(ResolvedPopulation { name: population.name.clone(), size: population.size, source, sums, readout });
        }
        let mut projections = Vec::new();
        for (i, projection) in spec.projections.iter().enumerate() {
            let name = &projection.name;
            let (source, target) = (find(name, &projection.source)?, find(name, &projection.target)?);
            if spec.projections[..i].iter().any(|other| &other.name == name) {
                return Err(invalid(name, "two projections have this name"));
            }
            if !matches!(populations[target].source, Source::Model(_)) {
                return Err(invalid(name, format!("its target {:?} is an input", projection.target)));
            }
            if populations[source].readout {
                return Err(invalid(name, format!("its source {:?} is a readout, which never fires", projection.source)));
            }
            let fires = matches!(populations[source].source, Source::Model(_));
            let plastic = matches!(projection.synapses, Synapses::Plastic { .. });
            let least = u64::from((fires && !populations[target].readout) || plastic);
            if projection.delay_ns < least * spec.tick_ns || !projection.delay_ns.is_multiple_of(spec.tick_ns) {
                let (found, tick) = (projection.delay_ns, spec.tick_ns);
                let more = if least == 1 { ", at least one" } else { "" };
                return Err(invalid(
                    name,
                    format!("delay_ns: expected a whole number of ticks of {tick} ns{more}, found {found}"),
                ));
            }
            if projection.delay_ns / spec.tick_ns > 1 << 20 {
                return Err(invalid(name, format!("delay_ns: expected at most 2^20 ticks, found {}", projection.delay_ns)));
            }
            let (sources, targets) = (populations[source].size, populations[target].size);
            let (per_pair, rule, fixed) = match &projection.synapses {
                Synapses::Fixed(weights) if weights.len() != sources * targets => {
                    return Err(invalid(name, format!("expected {sources} x {targets} weights, found {}", weights.len())));
                }
                Synapses::Fixed(weights) if weights.iter().any(|w| !w.is_finite()) => {
                    return Err(invalid(name, "a weight is not a finite number"));
                }
                Synapses::Fixed(weights) => (1, None, pad_rows(weights, targets)),
                Synapses::Plastic { .. } if matches!(populations[source].source, Source::Analogue) => {
                    return Err(CompileError::Unsupported {
                        feature: format!("plastic synapses from the analogue input {:?}", projection.source),
                        substrate: substrate.into(),
                    });
                }
                Synapses::Plastic { per_pair, rule } => (*per_pair, Some(rule.clone()), Vec::new()),
            };
            let all = sources.checked_mul(per_pair).and_then(|rows| rows.checked_mul(padded(targets)));
            if per_pair == 0 || all.is_none_or(|n| n > 1 << 28) {
                let found = format!("found {per_pair} of each of {sources} x {targets} pairs");
                return Err(invalid(name, format!("expected at least one synapse a pair and at most 2^28 in all, {found}")));
            }
            let delay = (projection.delay_ns / spec.tick_ns) as usize;
            let late = delay == 0 && fires;
            projections.push(ResolvedProjection { name: name.clone(), source, target, delay, per_pair, rule, late, fixed });
        }
        let readouts = spec.readouts.iter().map(|name| find("readouts", name)).collect::<Result<_, _>>()?;
        let immediate = projections.iter().any(|p| p.delay == 0);
        let longest = projections.iter().map(|p| p.delay).max().unwrap_or(1);
        let history = (longest + usize::from(immediate)).next_power_of_two();
        let (tick_ns, tick_ms) = (spec.tick_ns, spec.tick_ns as f64 / 1e6);
        Ok(Resolved { tick_ns, tick_ms, populations, projections, readouts, history, immediate })
    }

    /// Where the spikes of `ago` ticks before `tick` are kept.
    pub fn slot(&self, tick: u64, ago: u64) -> usize {
        tick.wrapping_sub(ago) as usize & (self.history - 1)
    }

    /// The seed of a part's random numbers: populations come first, then projections. Mixed by the generator's Weyl constant.
    pub fn seed_of(&self, seed: u64, part: usize) -> u64 {
        seed.wrapping_add((part as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// The seed of neurons that are put to rest before that tick, for [`seed_of`](Self::seed_of): at time zero the given one.
    pub fn seed_at_rest(&self, seed: u64, tick: u64) -> u64 {
        seed.wrapping_add(tick.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// The number of the population of that name.
    pub fn population(&self, name: &str) -> Option<usize> {
        self.populations.iter().position(|p| p.name == name)
    }

    /// The number of the projection of that name.
    pub fn projection(&self, name: &str) -> Option<usize> {
        self.projections.iter().position(|p| p.name == name)
    }

    /// Source and target neurons of a projection.
    pub fn sizes(&self, projection: &ResolvedProjection) -> [usize; 2] {
        [projection.source, projection.target].map(|population| self.populations[population].size)
    }

    /// Checks weights that are to be written to a projection, and pads their rows. Errors say how many are expected.
    pub fn check_weights(&self, projection: &ResolvedProjection, weights: &[f32]) -> Result<Vec<f32>, CompileError> {
        let [sources, targets] = self.sizes(projection);
        let expected = sources * projection.per_pair * targets;
        if weights.len() != expected || weights.iter().any(|w| !w.is_finite()) {
            return Err(invalid(&projection.name, format!("expected {expected} finite weights, found {}", weights.len())));
        }
        Ok(pad_rows(weights, targets))
    }
}

/// Rows of `targets` numbers, each padded with zeros to whole vectors.
pub fn pad_rows(rows: &[f32], targets: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len() / targets * padded(targets));
    for row in rows.chunks_exact(targets) {
        out.extend_from_slice(row);
        out.resize(out.len().next_multiple_of(WIDTH), 0.0);
    }
    out
}

/// The same rows without the padding.
pub fn unpad_rows(rows: &[f32], targets: usize) -> Vec<f32> {
    rows.chunks_exact(padded(targets)).flat_map(|row| &row[..targets]).copied().collect()
}

fn invalid(part: &str, why: impl Into<String>) -> CompileError {
    CompileError::invalid(part, why)
}
