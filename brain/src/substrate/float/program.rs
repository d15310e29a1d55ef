//! What a network becomes on the float substrate: names resolved, weights padded, nonsense refused.

use super::kernels::pad;
use crate::neuron::{NeuronKernel, Sums};
use crate::numeric::padded;
use crate::spec::{CompileError, Model, NetworkSpec, PopulationKind, Synapses};

/// A network with its names resolved.
pub struct FloatProgram {
    pub(super) tick_ms: f64,
    pub(super) populations: Vec<PopulationProgram>,
    pub(super) projections: Vec<ProjectionProgram>,
    pub(super) readouts: Vec<usize>,
    /// How many ticks of spikes are kept: the longest delay, and the tick at hand if something acts in it.
    pub(super) history: usize,
    /// Whether inputs act in their own tick.
    pub(super) immediate: bool,
}

pub(super) struct PopulationProgram {
    pub(super) name: String,
    pub(super) size: usize,
    /// The model, or the number of the input.
    pub(super) source: Source,
    /// How it wants what arrives summed up.
    pub(super) sums: Sums,
    /// Whether it is read out and never fires.
    pub(super) readout: bool,
}

pub(super) enum Source {
    Input(usize),
    Analogue,
    Model(Model),
}

pub(super) struct ProjectionProgram {
    pub(super) name: String,
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) delay: usize,
    pub(super) per_pair: usize,
    pub(super) rule: Option<Model>,
    /// Whether it is delivered after neurons have fired.
    pub(super) late: bool,
    /// Fixed weights, padded; empty for plastic synapses.
    pub(super) fixed: Vec<f32>,
}

impl FloatProgram {
    /// Resolves names, and checks all that hangs on more than one part. `neurons` builds a population's neurons, which say how they are reached.
    pub(super) fn new(
        spec: &NetworkSpec,
        neurons: impl Fn(&str, usize, &Source, f64) -> Result<Option<Box<dyn NeuronKernel>>, CompileError>,
    ) -> Result<FloatProgram, CompileError> {
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
            populations.push(PopulationProgram { name: population.name.clone(), size: population.size, source, sums, readout });
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
                Synapses::Fixed(weights) => (1, None, pad(weights, targets)),
                Synapses::Plastic { .. } if matches!(populations[source].source, Source::Analogue) => {
                    return Err(CompileError::Unsupported {
                        feature: format!("plastic synapses from the analogue input {:?}", projection.source),
                        substrate: "float".into(),
                    });
                }
                Synapses::Plastic { per_pair, rule } => (*per_pair, Some(rule.clone()), Vec::new()),
            };
            if per_pair == 0 || (sources * per_pair).checked_mul(padded(targets)).is_none_or(|n| n > 1 << 28) {
                return Err(invalid(
                    name,
                    format!("expected at least one synapse a pair and at most 2^28 in all, found {per_pair} a pair"),
                ));
            }
            let delay = (projection.delay_ns / spec.tick_ns) as usize;
            let late = delay == 0 && fires;
            projections.push(ProjectionProgram { name: name.clone(), source, target, delay, per_pair, rule, late, fixed });
        }
        let readouts = spec.readouts.iter().map(|name| find("readouts", name)).collect::<Result<_, _>>()?;
        let immediate = projections.iter().any(|p| p.delay == 0);
        let longest = projections.iter().map(|p| p.delay).max().unwrap_or(1);
        let history = (longest + usize::from(immediate)).next_power_of_two();
        Ok(FloatProgram { tick_ms: spec.tick_ns as f64 / 1e6, populations, projections, readouts, history, immediate })
    }

    /// Where the spikes of `ago` ticks before `tick` are kept.
    pub(super) fn slot(&self, tick: u64, ago: u64) -> usize {
        tick.wrapping_sub(ago) as usize & (self.history - 1)
    }
}

pub(super) fn invalid(part: &str, why: impl Into<String>) -> CompileError {
    CompileError::Invalid { part: part.into(), why: why.into() }
}
