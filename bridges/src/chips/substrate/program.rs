//! From a description to a network on a chip: what runs where, and what that loses.

use embody_brain::neuron::{NeuronKernel, PopulationContext};
use embody_brain::numeric::padded;
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::substrate::Resolved;
use embody_brain::substrate::resolved::{ResolvedProjection, Source};
use embody_brain::{CompileError, Fidelity, NetworkSpec};

use super::state::Lost;
use super::{ChipState, ChipSubstrate};
use crate::chips::{Cause, Chip, Place, Placement, Plan, Refusal};

/// A network placed on a chip: immutable.
pub struct ChipProgram<C: Chip> {
    pub(super) network: Resolved,
    /// Of each population, whether its neurons run on the chip.
    pub(super) neurons_on_chip: Vec<bool>,
    /// Of each projection, whether its rule runs on the chip.
    pub(super) rule_on_chip: Vec<bool>,
    pub(super) populations: Vec<C::Population>,
    pub(super) projections: Vec<C::Projection>,
}

impl<C: Chip> ChipProgram<C> {
    /// The network with its names resolved.
    pub fn network(&self) -> &Resolved {
        &self.network
    }

    /// What a population became.
    pub fn population(&self, at: usize) -> &C::Population {
        &self.populations[at]
    }

    /// What a projection became.
    pub fn projection(&self, at: usize) -> &C::Projection {
        &self.projections[at]
    }
}

impl<C: Chip> ChipSubstrate<C> {
    /// Decides what runs where, and places it. The fidelity lacks what only stored weights can tell.
    pub(super) fn place(&self, spec: &NetworkSpec) -> Result<(ChipProgram<C>, Fidelity), CompileError> {
        let network = Resolved::new(spec, self.chip.name(), |name, size, source, tick_ms| {
            self.host_neurons(name, source, &PopulationContext { size, tick_ms, seed: 0 })
        })?;
        let mut fidelity = Fidelity::default();
        let neurons_on_chip = self.neurons_on_chip(&network, &mut fidelity)?;
        let (rule_on_chip, ranges) = self.rules_on_chip(&network, &mut fidelity)?;
        let plan = Plan { network: &network, neurons_on_chip, rule_on_chip, ranges };
        self.check_weights(&plan)?;
        let Placement { populations, projections, resources, changed } = self.chip.place(&plan)?;
        let Plan { neurons_on_chip, rule_on_chip, .. } = plan;
        (fidelity.resources, fidelity.changed) = (resources, changed);
        Ok((ChipProgram { network, neurons_on_chip, rule_on_chip, populations, projections }, fidelity))
    }

    /// Which populations run on the chip; why others don't goes into the fidelity.
    fn neurons_on_chip(&self, network: &Resolved, fidelity: &mut Fidelity) -> Result<Vec<bool>, CompileError> {
        let wish = self.chip.wishes().neuron;
        let on_chip = network.populations.iter().map(|population| {
            let Source::Model(model) = &population.source else { return Ok(false) };
            let context = PopulationContext { size: population.size, tick_ms: network.tick_ms, seed: 0 };
            let part = format!("neurons of {:?}, model {:?}", population.name, model.name);
            self.decide(part, "neuron", wish, || self.chip.can_run(model, &context), fidelity)
        });
        on_chip.collect()
    }

    /// Which rules run on the chip, and the ranges of all weights.
    fn rules_on_chip(&self, network: &Resolved, fidelity: &mut Fidelity) -> Result<(Vec<bool>, Vec<[f32; 2]>), CompileError> {
        let wish = self.chip.wishes().plasticity;
        let (mut on_chip, mut ranges) = (Vec::new(), Vec::new());
        for projection in &network.projections {
            let Some(model) = &projection.rule else {
                on_chip.push(false);
                ranges.push(range(&projection.fixed));
                continue;
            };
            let context = context(network, projection, 0);
            let part = format!("plasticity of {:?}, rule {:?}", projection.name, model.name);
            let here = self.decide(part, "plasticity", wish, || self.chip.rule(model, &context).map(|_| ()), fidelity)?;
            let rule = self.build_rule(projection, here, &context)?;
            ranges.push(rule.range().ok_or_else(|| {
                let feature = format!(
                    "{:?}: the rule {:?} says no limits of its weights, to which they could be scaled",
                    projection.name, model.name
                );
                CompileError::unsupported(self.chip.name(), feature)
            })?);
            on_chip.push(here);
        }
        Ok((on_chip, ranges))
    }

    /// Looks for weights so great, or so small, that sums of them, or their scale, wouldn't be finite in single precision.
    fn check_weights(&self, plan: &Plan<'_>) -> Result<(), CompileError> {
        const LIMITS: [f32; 2] = [1e-24, 1e24];
        for (projection, [low, high]) in plan.network.projections.iter().zip(&plan.ranges) {
            let greatest = low.abs().max(high.abs());
            if greatest != 0.0 && !(LIMITS[0]..=LIMITS[1]).contains(&greatest) {
                let (name, [least, most]) = (&projection.name, LIMITS);
                let why = format!("weights of {name:?}: expected the greatest at 0 or {least:e} to {most:e}, found {greatest:e}");
                return Err(self.invalid(&plan.network.populations[projection.target].name, why));
            }
        }
        Ok(())
    }

    /// Whether a part runs on the chip, by what the user wishes and the chip can do.
    fn decide(
        &self,
        part: String,
        option: &str,
        wish: Option<Place>,
        can: impl FnOnce() -> Result<(), Refusal>,
        fidelity: &mut Fidelity,
    ) -> Result<bool, CompileError> {
        if wish == Some(Place::Host) {
            fidelity.on_host.push((part, format!("asked for by {option} = \"host\"")));
            return Ok(false);
        }
        match can() {
            Ok(()) => Ok(true),
            Err(refusal) if wish.is_none() && refusal.host => {
                fidelity.on_host.push((part, refusal.why));
                Ok(false)
            }
            Err(refusal) => {
                let hint = if wish.is_none() { format!("; {option} = \"host\" runs it beside the chip") } else { String::new() };
                Err(CompileError::unsupported(self.chip.name(), format!("the {part}, on the chip: {}{hint}", refusal.why)))
            }
        }
    }

    /// The neurons of a population on the host; none for an input.
    pub(super) fn host_neurons(
        &self,
        name: &str,
        source: &Source,
        context: &PopulationContext,
    ) -> Result<Option<Box<dyn NeuronKernel>>, CompileError> {
        let Source::Model(model) = source else { return Ok(None) };
        let built = self.models.build_neurons(&model.name, &model.parameters, context);
        built.map(Some).map_err(|why| self.invalid(name, why))
    }

    /// The rule of a plastic projection, on the chip or on the host.
    pub(super) fn build_rule(
        &self,
        projection: &ResolvedProjection,
        on_chip: bool,
        context: &ProjectionContext,
    ) -> Result<Box<dyn RuleKernel>, CompileError> {
        let Some(model) = &projection.rule else { return Err(self.invalid(&projection.name, "its synapses aren't plastic")) };
        let built = if on_chip {
            self.chip.rule(model, context).map_err(|refusal| refusal.why)
        } else {
            self.models.build_rule(&model.name, &model.parameters, context)
        };
        built.map_err(|why| self.invalid(&projection.name, why))
    }

    /// Stores the initial weights, and takes down what that loses.
    pub(super) fn store(&self, program: &ChipProgram<C>, state: &mut ChipState<C>) {
        let (mut error, mut all) = (0.0, 0.0);
        for (at, projection) in program.network.projections.iter().enumerate() {
            let asked = state.projections[at].rule.as_ref().map_or(projection.fixed.clone(), |rule| rule.weights().to_vec());
            self.write(program, state, at, Cause::Given);
            let moment = program.moment_of_projection(state, at);
            let stored = self.chip.weights(&program.projections[at], &state.projections[at].synapses, moment);
            let [_, targets] = program.network.sizes(projection);
            let rows = asked.chunks_exact(padded(targets)).zip(stored.chunks_exact(padded(targets)));
            for (&asked, &stored) in rows.flat_map(|(asked, stored)| asked.iter().zip(stored).take(targets)) {
                error += (f64::from(stored) - f64::from(asked)) * (f64::from(stored) - f64::from(asked));
                all += f64::from(asked) * f64::from(asked);
            }
        }
        let quantisation_error = if all > 0.0 { (error / all).sqrt() } else { 0.0 };
        state.lost = Lost { quantisation_error, clipped: state.counters.clipped_weights as usize };
    }
}

/// What a rule is told when its projection is built.
pub(super) fn context(network: &Resolved, projection: &ResolvedProjection, seed: u64) -> ProjectionContext {
    let [sources, targets] = network.sizes(projection);
    ProjectionContext { sources, targets, per_pair: projection.per_pair, tick_ms: network.tick_ms, seed }
}

/// The least and the greatest of fixed weights, and 0, which padding holds.
fn range(weights: &[f32]) -> [f32; 2] {
    weights.iter().fold([0.0, 0.0], |[low, high], &w| [if w < low { w } else { low }, if w > high { w } else { high }])
}
