//! A network that can be run over batches and differentiated.

use std::ops::Range;

use super::adopt::Recordings;
use super::backward::{self, GroupGradients, Task, Want};
use super::batch::{Batch, Outputs, SampleMut};
use super::events::Events;
use super::forward::{Pass, Sent};
use super::gradients::{REDUCTION, Sums};
use super::loss::Loss;
use super::parameters::{ParameterError, Parameters};
use super::plan::{Kind, Plan};
use super::threads::in_order;
use super::trace::{Carry, CellState, GroupCarry, GroupTrace, Keep, Kept, Segment, Trace, WINDOW, at_rest};
use super::{RateTarget, Settings, TrainingError};
use crate::numeric::{Kernel, Real};
use crate::spec::{CompileError, NetworkSpec};

/// A network made of a spec, with the gradients of its outputs by weights, neurons' parameters and inputs.
///
/// It takes what [`FloatSubstrate`](crate::FloatSubstrate) takes, with fixed synapses and the neurons `lif`, `alif`, `se_adlif` and
/// `leaky_readout`, and spikes as that does, to the bit. In `f64` it is meant for tests.
#[derive(Clone, Debug)]
pub struct TrainableNetwork<T> {
    pub(super) plan: Plan<T>,
    pub(super) settings: Settings,
    pub(super) kernel: Kernel,
    parameters: Parameters<T>,
}

/// What a backward pass is to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backward {
    /// Gradients of neurons' parameters as well as of weights; the forward pass must have kept what they need.
    pub parameters: bool,
    /// Gradients of the inputs as well.
    pub inputs: bool,
    /// Ticks after which nothing flows back any more, rounded up to whole windows of [`WINDOW`]: truncated backpropagation.
    pub truncate_every: Option<usize>,
}

/// What a backward pass gives.
#[derive(Clone, Debug)]
pub struct Gradients<T> {
    /// Of all tensors, as [`TrainableNetwork::parameters`] has them; zeros for neurons' parameters unless asked for.
    pub parameters: Parameters<T>,
    /// Of the inputs, if asked for: as outputs, with an array for each input population.
    pub inputs: Option<Outputs<T>>,
}

impl<T: Real> TrainableNetwork<T> {
    /// From a description. What can't be differentiated is refused by name.
    pub fn new(spec: &NetworkSpec, settings: &Settings) -> Result<Self, CompileError> {
        let plan = Plan::new(spec, settings)?;
        let parameters = plan.parameters();
        Ok(TrainableNetwork { plan, settings: settings.clone(), kernel: Kernel::detect(), parameters })
    }

    /// The same with the given version of the kernels, which give the same bits.
    #[must_use]
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        TrainableNetwork { kernel, ..self }
    }

    /// Weights and neurons' parameters.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// Takes other values. After an error nothing has changed.
    pub fn set_parameters(&mut self, parameters: &Parameters<T>) -> Result<(), ParameterError> {
        self.parameters.check(parameters)?;
        self.plan.set(parameters, &self.settings)?;
        self.parameters.clone_from(parameters);
        Ok(())
    }

    /// The network as it is now, as a description.
    pub fn spec(&self) -> Result<NetworkSpec, CompileError> {
        self.plan.spec(&self.parameters)
    }

    /// Runs a batch from rest, or from where another forward pass ended.
    pub fn forward(&self, batch: &Batch<T>, keep: Keep, from: Option<&Carry<T>>) -> Result<Trace<T>, TrainingError> {
        self.forward_within(None, batch, keep, from)
    }

    /// The same, in the memory of a forward pass that is no longer needed.
    pub fn forward_within(
        &self,
        old: Option<Trace<T>>,
        batch: &Batch<T>,
        keep: Keep,
        from: Option<&Carry<T>>,
    ) -> Result<Trace<T>, TrainingError> {
        batch.check(&self.plan)?;
        self.run(old, batch, keep, from, None)
    }

    /// A forward pass over a batch that fits the network, in which what was recorded stands instead of what would be computed.
    pub(super) fn run(
        &self,
        old: Option<Trace<T>>,
        batch: &Batch<T>,
        keep: Keep,
        from: Option<&Carry<T>>,
        recorded: Option<Recordings<'_, T>>,
    ) -> Result<Trace<T>, TrainingError> {
        let group = self.group(batch.samples);
        let rows = |i: usize| group.min(batch.samples - i * group);
        let count = batch.samples.div_ceil(group);
        let fits = |carry: &Carry<T>| {
            let same = |(i, group): (usize, &GroupCarry<T>)| same_shape(&group.states, &at_rest(&self.plan, rows(i)));
            carry.groups.len() == count && carry.groups.iter().enumerate().all(same)
        };
        if from.is_some_and(|carry| !fits(carry)) {
            return Err(TrainingError::Batch { what: "the forward pass to go on from was of another batch or network".into() });
        }
        let sizes: Vec<usize> = self.plan.outputs.iter().map(|&at| self.plan.populations[at].size).collect();
        let (old_outputs, old_groups) = old.map(|old| (old.outputs, old.groups)).unzip();
        let mut outputs = old_outputs
            .filter(|outputs| outputs.has_shape(batch.steps, batch.samples, &sizes, group))
            .unwrap_or_else(|| Outputs::new(batch.steps, batch.samples, sizes, group));
        let mut old_groups = old_groups.unwrap_or_default().into_iter();
        let jobs: Vec<_> = outputs.groups.iter_mut().enumerate().map(|(i, values)| (i, values, old_groups.next())).collect();
        let groups = in_order(self.settings.threads, jobs, |(i, values, old)| {
            let samples = i * group..i * group + rows(i);
            let start = match from {
                Some(carry) => carry.groups[i].clone(),
                None => GroupCarry { states: at_rest(&self.plan, rows(i)), events: self.before(rows(i)) },
            };
            self.forward_group(old, batch, keep, samples, start, recorded, values)
        });
        Ok(Trace { outputs, groups, keep })
    }

    /// Gradients for the given errors, the derivatives of a loss by the outputs.
    pub fn backward(&self, trace: &Trace<T>, errors: &Outputs<T>, what: Backward) -> Result<Gradients<T>, TrainingError> {
        self.backward_with_rates(trace, errors, what, None)
    }

    /// Gradients of the inputs alone, for several sets of errors over one forward pass: of each set and as outputs, with an array for
    /// each input population. All sets share one way back, which costs far less than one for each.
    pub fn input_gradients(&self, trace: &Trace<T>, errors: &[Outputs<T>]) -> Result<Vec<Outputs<T>>, TrainingError> {
        let references: Vec<&Outputs<T>> = errors.iter().collect();
        let want = Want { weights: false, parameters: false, inputs: true, truncate: None };
        let groups = self.backward_groups(trace, &references, want, None)?;
        let mut inputs: Vec<Outputs<T>> = errors.iter().map(|_| self.input_outputs(trace)).collect();
        for (i, gradients) in groups.into_iter().enumerate() {
            inputs.iter_mut().zip(gradients.inputs).for_each(|(inputs, gradients)| inputs.groups[i] = gradients);
        }
        Ok(inputs)
    }

    /// The loss of a forward pass, and the errors that it gives.
    pub fn evaluate(&self, trace: &Trace<T>, loss: &impl Loss<T>) -> (f64, Outputs<T>) {
        self.evaluate_within(None, trace, loss)
    }

    /// The same, in the memory of errors that are no longer needed.
    pub fn evaluate_within(&self, old: Option<Outputs<T>>, trace: &Trace<T>, loss: &impl Loss<T>) -> (f64, Outputs<T>) {
        let (steps, samples, group) = (trace.outputs.steps(), trace.outputs.samples(), trace.outputs.group);
        let sizes: Vec<usize> = self.plan.outputs.iter().map(|&at| self.plan.populations[at].size).collect();
        let mut errors = match old {
            Some(mut old) if old.has_shape(steps, samples, &sizes, group) => {
                old.groups.iter_mut().flatten().for_each(|errors| errors.fill(T::default()));
                old
            }
            _ => trace.outputs.zeros(),
        };
        let jobs: Vec<_> = errors.groups.iter_mut().enumerate().collect();
        let losses = in_order(self.settings.threads, jobs, |(i, errors)| {
            let range = i * group..samples.min((i + 1) * group);
            let share = |sample: usize| {
                let (rows, row) = (range.len(), sample - range.start);
                let mut errors = SampleMut { rows, row, sizes: &sizes, values: &mut *errors };
                loss.sample(sample, trace.outputs.sample(sample), &mut errors)
            };
            range.clone().map(share).collect::<Vec<f64>>()
        });
        (losses.into_iter().flatten().sum(), errors)
    }

    /// The loss of rates that differ from their targets, and what it adds to the adjoint of each spike; see [`RateTarget`].
    pub(super) fn rates(&self, trace: &Trace<T>, targets: &[RateTarget]) -> Result<(f64, Vec<Vec<T>>), TrainingError> {
        let (mut loss, mut added) = (0.0, vec![Vec::new(); self.plan.populations.len()]);
        let count = (trace.outputs.steps() * trace.outputs.samples()) as f64;
        for target in targets {
            let at = self.plan.populations.iter().position(|p| p.name == target.population);
            let at = at.filter(|&at| matches!(self.plan.populations[at].kind, Kind::Neurons { .. }));
            let Some(at) = at else {
                return Err(TrainingError::Rate { what: format!("there is no population of neurons {:?}", target.population) });
            };
            let wanted = target.target_hz * self.plan.tick_ms / 1e3;
            let mut sums = vec![0.0; self.plan.populations[at].size];
            for group in &trace.groups {
                for t in 0..trace.outputs.steps() {
                    for row in 0..group.rows {
                        let (indices, heights) = group.events[at].at(t, 0, row);
                        for (k, &i) in indices.iter().enumerate() {
                            sums[i as usize] += heights.map_or(1.0, |heights| heights[k].f64());
                        }
                    }
                }
            }
            let off = |sum: f64| sum / count - wanted;
            loss += target.strength * sums.iter().map(|&sum| off(sum) * off(sum)).sum::<f64>();
            added[at] = sums.iter().map(|&sum| T::of(2.0 * target.strength * off(sum) / count)).collect();
        }
        Ok((loss, added))
    }

    /// Whether a trace is of this network.
    pub(super) fn made(&self, trace: &Trace<T>) -> bool {
        trace.groups.iter().all(|group| same_shape(&group.end, &at_rest(&self.plan, group.rows)))
    }

    /// The population, if there is one, in which a potential or a value is no longer a finite number at the end of the pass, from which
    /// point on it stays so.
    pub(super) fn not_finite(&self, trace: &Trace<T>) -> Option<&str> {
        let broken = |at: &usize| trace.groups.iter().any(|group| !group.end[*at].is_finite());
        (0..self.plan.populations.len()).find(broken).map(|at| &self.plan.populations[at].name[..])
    }

    pub(super) fn backward_with_rates(
        &self,
        trace: &Trace<T>,
        errors: &Outputs<T>,
        what: Backward,
        rates: Option<&[Vec<T>]>,
    ) -> Result<Gradients<T>, TrainingError> {
        if what.parameters && !trace.keep.parameters {
            return Err(TrainingError::Batch {
                what: "the forward pass kept nothing for gradients of neurons' parameters".into(),
            });
        }
        let truncate = what.truncate_every.map(|every| every.max(1).next_multiple_of(WINDOW));
        let want = Want { weights: true, parameters: what.parameters, inputs: what.inputs, truncate };
        let groups = self.backward_groups(trace, &[errors], want, rates)?;
        let mut total: Option<Sums<T>> = None;
        let mut inputs = what.inputs.then(|| self.input_outputs(trace));
        for (i, mut gradients) in groups.into_iter().enumerate() {
            if let (Some(inputs), Some(found)) = (&mut inputs, gradients.inputs.pop()) {
                inputs.groups[i] = found;
            }
            for sums in gradients.sums {
                match &mut total {
                    Some(total) => total.add(sums),
                    None => total = Some(sums),
                }
            }
        }
        let mut parameters = self.parameters.zeros();
        if let Some(total) = total {
            total.write(&self.plan, &mut parameters);
        }
        Ok(Gradients { parameters, inputs })
    }

    fn backward_groups(
        &self,
        trace: &Trace<T>,
        errors: &[&Outputs<T>],
        want: Want,
        rate: Option<&[Vec<T>]>,
    ) -> Result<Vec<GroupGradients<T>>, TrainingError> {
        let shape = |outputs: &Outputs<T>| -> Vec<usize> { outputs.groups.iter().flatten().map(Vec::len).collect() };
        if errors.is_empty() || errors.iter().any(|errors| shape(errors) != shape(&trace.outputs)) {
            return Err(TrainingError::Batch { what: "expected errors of the shape of the outputs".into() });
        }
        let jobs: Vec<_> = trace.groups.iter().enumerate().collect();
        Ok(in_order(self.settings.threads, jobs, |(i, group)| {
            let errors: Vec<&[Vec<T>]> = errors.iter().map(|errors| &errors.groups[i][..]).collect();
            backward::group(&Task {
                plan: &self.plan,
                settings: &self.settings,
                kernel: self.kernel,
                steps: trace.outputs.steps(),
                group,
                keep: trace.keep,
                errors: &errors,
                rate,
                want,
            })
        }))
    }

    /// How many sequences are run side by side: as many reductions as leave every thread something to do, at most two, whose weights then
    /// go through the caches once.
    fn group(&self, samples: usize) -> usize {
        samples.div_ceil(REDUCTION).div_ceil(self.settings.threads.max(1)).clamp(1, 2) * REDUCTION
    }

    /// Events of no ticks, before which nothing was.
    fn before(&self, rows: usize) -> Vec<Events<T>> {
        let events = |population: &super::plan::PopulationPlan<T>| {
            let heights = match population.kind {
                Kind::Input { analogue } => analogue,
                _ => self.settings.smoothed,
            };
            Events::new(rows, self.plan.history, heights)
        };
        self.plan.populations.iter().map(events).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "what a group of sequences is given, and where its values go")]
    fn forward_group(
        &self,
        old: Option<GroupTrace<T>>,
        batch: &Batch<T>,
        keep: Keep,
        samples: Range<usize>,
        start: GroupCarry<T>,
        recorded: Option<Recordings<'_, T>>,
        values: &mut [Vec<T>],
    ) -> GroupTrace<T> {
        let GroupCarry { states, mut events } = start;
        let (old_events, mut old_kept) = match old {
            Some(old) => (old.events, old.segments.into_iter().next().and_then(|segment| segment.kept)),
            None => (Vec::new(), None),
        };
        if old_events.len() == events.len() {
            events = events.into_iter().zip(old_events).map(|(events, old)| events.within(old)).collect();
        }
        let rows = samples.len();
        for (number, &at) in self.plan.inputs.iter().enumerate() {
            let before = std::mem::take(&mut events[at]);
            events[at] = batch.events(number, self.plan.populations[at].size, samples.start, rows, before);
        }
        let every = keep.checkpoint_every.map_or(batch.steps, |every| every.max(1).next_multiple_of(WINDOW));
        let mut pass = Pass::new(&self.plan, self.kernel, self.settings.smoothed, rows, states);
        pass.recordings = recorded.map(|recorded| recorded.from(samples.start));
        let mut segments = Vec::new();
        for from in (0..batch.steps).step_by(every) {
            let to = batch.steps.min(from + every);
            let start = pass.states.clone();
            let whole = keep.checkpoint_every.is_none();
            let mut kept = match old_kept.take() {
                Some(old) if whole => old.into_iter().map(|old| old.again(keep.parameters)).collect(),
                _ => self.plan.populations.iter().filter(|_| whole).map(|_| Kept::new(keep.parameters)).collect::<Vec<_>>(),
            };
            pass.run(from..to, Sent::SoFar(&mut events), Some(&mut *values), &mut kept);
            segments.push(Segment { from, to, start, kept: whole.then_some(kept) });
        }
        GroupTrace { rows, events, segments, end: pass.states }
    }

    /// Zeros in the shape of the inputs.
    fn input_outputs(&self, trace: &Trace<T>) -> Outputs<T> {
        let sizes = self.plan.inputs.iter().map(|&at| self.plan.populations[at].size).collect();
        Outputs::new(trace.outputs.steps(), trace.outputs.samples(), sizes, trace.outputs.group)
    }
}

/// Whether both are states of the same populations and as many sequences.
pub(super) fn same_shape<T: Real>(a: &[CellState<T>], b: &[CellState<T>]) -> bool {
    let count = |state: &CellState<T>| match state {
        CellState::Input => 0,
        CellState::IntegrateAndFire(state) => state.v.len(),
        CellState::SymplecticAdaptive(state) => state.u.len(),
        CellState::Readout(y) => y.len(),
    };
    let same =
        |(a, b): (&CellState<T>, &CellState<T>)| std::mem::discriminant(a) == std::mem::discriminant(b) && count(a) == count(b);
    a.len() == b.len() && a.iter().zip(b).all(same)
}
