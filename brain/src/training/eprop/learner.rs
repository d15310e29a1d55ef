//! A network that learns by e-prop.

use serde::{Deserialize, Serialize};

use super::synapses::{Postsynaptic, SynapseTraces};
use super::{EPropSettings, Feedback};
use crate::neuron::{Crossing, IntegrateAndFire, IntegrateAndFireState, LeakyIntegrator};
use crate::numeric::{Kernel, Real, add_rows, dispatch, padded};
use crate::random::{Counter, fill_normals};
use crate::spec::{CompileError, NetworkSpec};
use crate::state;
use crate::training::batch::Batch;
use crate::training::events::{Events, NotZero};
use crate::training::model::Cell;
use crate::training::optimiser::OptimiserState;
use crate::training::parameters::Parameters;
use crate::training::plan::{Kind, Plan};
use crate::training::{TrainingError, unsupported};

/// A network that learns by e-prop; see the [module](super).
#[derive(Clone, Debug)]
pub struct EProp<T> {
    plan: Plan<T>,
    settings: EPropSettings,
    kernel: Kernel,
    parameters: Parameters<T>,
    roles: Roles,
    /// All that changes while time runs or updates are made, but for the parameters.
    state: EPropState<T>,
    /// Room for one tick.
    scratch: [Vec<T>; 6],
    found: NotZero,
}

/// Which population and projection does what.
#[derive(Clone, Debug)]
struct Roles {
    hidden: usize,
    readout: usize,
    /// The projection into the readout.
    out: usize,
    /// Projections into the neurons, in the order of the spec.
    into: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
struct EPropState<T> {
    neurons: IntegrateAndFireState<T>,
    /// Neurons that spiked in the tick before.
    spiked: Vec<u32>,
    y: Vec<T>,
    synapses: Vec<SynapseTraces<T>>,
    /// zbar.
    spikes: Vec<T>,
    /// Gradient of the readout's weights, neurons by padded outputs.
    readout: Vec<T>,
    /// Spikes of each neuron, and ticks, since gradients were last forgotten.
    counts: Vec<T>,
    ticks: u64,
    /// B, neurons by padded outputs; nothing if it is symmetric.
    feedback: Vec<T>,
    optimiser: OptimiserState<T>,
}

/// What is saved.
#[derive(Serialize, Deserialize)]
#[serde(bound = "T: Real")]
struct Saved<T> {
    parameters: Parameters<T>,
    state: EPropState<T>,
}

/// The squared error of `y` against `target`: sum of (y - y*)^2 / 2, with its derivative into `errors`.
pub fn squared_error<T: Real>(y: &[T], target: &[T], errors: &mut [T]) -> f64 {
    let mut loss = 0.0;
    for ((error, &y), &target) in errors.iter_mut().zip(y).zip(target) {
        *error = y - target;
        loss += error.f64() * error.f64() / 2.0;
    }
    loss
}

/// The cross-entropy of the softmax of `y` against a class, with its derivative pi - pi* into `errors`.
pub fn cross_entropy<T: Real>(y: &[T], class: usize, errors: &mut [T]) -> f64 {
    let most = y.iter().fold(y[0], |most, &y| if y > most { y } else { most });
    let mut sum = T::default();
    for (error, &y) in errors.iter_mut().zip(y) {
        let x = y - most;
        *error = (if x < T::of(-87.0) { T::of(-87.0) } else { x }).exp_within();
        sum += *error;
    }
    errors.iter_mut().for_each(|error| *error = *error / sum);
    let loss = -libm::log(errors[class].f64());
    errors[class] -= T::of(1.0);
    loss
}

impl<T: Real> EProp<T> {
    /// From a description: inputs without delay, one population of `lif` or `alif` whose synapses among themselves have a delay of one
    /// tick, and one leaky readout without delay. What is otherwise is refused by name.
    pub fn new(spec: &NetworkSpec, settings: &EPropSettings) -> Result<Self, CompileError> {
        let plan = Plan::<T>::new(spec, &settings.network)?;
        let roles = roles(&plan)?;
        let parameters = plan.parameters();
        let (hidden, readout) = (&plan.populations[roles.hidden], &plan.populations[roles.readout]);
        let (cell, integrator) = cells(&plan, &roles)?;
        let shared = |values: &[T], size: usize| values[..size].iter().all(|v| *v == values[0]);
        if !shared(&cell.alpha, hidden.size) || !shared(&integrator.kappa, readout.size) {
            return Err(unsupported("e-prop with time constants that differ from neuron to neuron".into()));
        }
        let (n, outputs, m) = (hidden.size, readout.size, readout.n);
        let given: Vec<T> = match &settings.feedback {
            Feedback::Symmetric => Vec::new(),
            Feedback::Random { seed } | Feedback::Adaptive { seed, .. } => {
                let mut numbers = vec![0.0; n * outputs];
                fill_normals(Kernel::detect(), *seed, Counter { stream: FEEDBACK, time: 0 }, &mut numbers);
                numbers.into_iter().map(T::of_f32).collect()
            }
            Feedback::Given { weights } if weights.len() == n * outputs && weights.iter().all(|w| w.is_finite()) => {
                weights.iter().map(|&w| T::of(w)).collect()
            }
            Feedback::Given { weights } => {
                let why = format!("feedback: expected {n} x {outputs} finite weights, found {}", weights.len());
                return Err(CompileError::Invalid { part: "e-prop".into(), why });
            }
        };
        let mut feedback = vec![T::default(); given.len() / outputs * m];
        for (to, from) in feedback.chunks_exact_mut(m).zip(given.chunks_exact(outputs)) {
            to[..outputs].copy_from_slice(from);
        }
        let zeros = |n: usize| vec![T::default(); n];
        let synapses = roles.into.iter().map(|&at| {
            let sources = plan.projections[at].weights.sources;
            SynapseTraces::new(sources, padded(n), cell.adaptive)
        });
        let state = EPropState {
            neurons: IntegrateAndFireState::new(padded(n)),
            spiked: Vec::new(),
            y: zeros(m),
            synapses: synapses.collect(),
            spikes: zeros(n),
            readout: zeros(n * m),
            counts: zeros(n),
            ticks: 0,
            feedback,
            optimiser: OptimiserState::new(&settings.optimiser, &parameters),
        };
        let scratch = std::array::from_fn(|_| zeros(padded(n).max(m)));
        let (settings, kernel) = (settings.clone(), Kernel::detect());
        let mut eprop = EProp { plan, settings, kernel, parameters, roles, state, scratch, found: NotZero::default() };
        eprop.set_autapses_to_zero();
        let parameters = eprop.parameters.clone();
        eprop
            .plan
            .set(&parameters, &eprop.settings.network)
            .map_err(|e| CompileError::Invalid { part: "e-prop".into(), why: e.to_string() })?;
        Ok(eprop)
    }

    /// Weights and neurons' parameters.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// The network as it is now, as a description.
    pub fn spec(&self) -> Result<NetworkSpec, CompileError> {
        self.plan.spec(&self.parameters)
    }

    /// Begins a sequence: neurons and traces at rest. Gradients go on to be summed up.
    pub fn rest(&mut self) {
        let state = &mut self.state;
        state.neurons = IntegrateAndFireState::new(state.neurons.v.len());
        state.spiked.clear();
        state.y.fill(T::default());
        state.spikes.fill(T::default());
        state.synapses.iter_mut().for_each(SynapseTraces::rest);
    }

    /// One sequence from rest: a batch of one. `error(t, y, errors)` gives the loss of a tick and its derivative by the readout's values; gradients
    /// are summed up. Returns the sum of the losses.
    pub fn sequence(
        &mut self,
        batch: &Batch<T>,
        mut error: impl FnMut(usize, &[T], &mut [T]) -> f64,
    ) -> Result<f64, TrainingError> {
        batch.check(&self.plan)?;
        if batch.samples != 1 {
            let what = format!("e-prop takes sequences one by one, found {} side by side", batch.samples);
            return Err(TrainingError::Batch { what });
        }
        self.rest();
        let inputs: Vec<Events<T>> = (0..self.plan.inputs.len())
            .map(|number| {
                let population = &self.plan.populations[self.plan.inputs[number]];
                let analogue = matches!(population.kind, Kind::Input { analogue: true });
                batch.events(number, population.size, 0, 1, Events::new(1, 0, analogue))
            })
            .collect();
        let mut loss = 0.0;
        for t in 0..batch.steps {
            loss += self.tick(|number| inputs[number].at(t, 0, 0), |y, errors| error(t, y, errors));
        }
        Ok(loss)
    }

    /// One tick. `input(number)` gives what the input population of that number sends: the neurons, and heights if they aren't 1.
    pub fn tick<'a>(
        &mut self,
        input: impl Fn(usize) -> (&'a [u32], Option<&'a [T]>),
        error: impl FnOnce(&[T], &mut [T]) -> f64,
    ) -> f64 {
        let (plan, roles, state) = (&self.plan, &self.roles, &mut self.state);
        let Kind::Neurons { cell: Cell::IntegrateAndFire(cell), slopes, .. } = &plan.populations[roles.hidden].kind else {
            return 0.0;
        };
        let Kind::Readout { cell: Cell::Readout(integrator), .. } = &plan.populations[roles.readout].kind else { return 0.0 };
        let (size, n) = (plan.populations[roles.hidden].size, plan.populations[roles.hidden].n);
        let (outputs, m) = (plan.populations[roles.readout].size, plan.populations[roles.readout].n);
        let [current, v, distance, free, psi, signal] = &mut self.scratch;
        let current = &mut current[..n];
        current.fill(T::default());
        for (&at, traces) in roles.into.iter().zip(&mut state.synapses) {
            let projection = &plan.projections[at];
            let (sources, heights) = match plan.inputs.iter().position(|&input| input == projection.source) {
                Some(number) => input(number),
                None => (&state.spiked[..], None),
            };
            let (panels, weights) = projection.weights.parts();
            panels.for_each(|panel| add_rows(weights, panel, sources, heights, current));
            traces.receive(cell.alpha[0], cell.gain[0], sources, heights);
        }
        let crossing = Crossing { v: &mut v[..n], distance: &mut distance[..n], free: &mut free[..n] };
        cell.step(state.neurons.row(0, n), current, crossing, None);
        slopes.derivatives(&v[..n], &distance[..n], &free[..n], &mut psi[..n]);
        psi[size..n].fill(T::default());
        let found = self.found.find(&state.neurons.z[..size]);
        state.spiked.clear();
        state.spiked.extend_from_slice(found);
        let mut arriving = vec![T::default(); m];
        let (panels, weights) = plan.projections[roles.out].weights.parts();
        panels.for_each(|panel| add_rows(weights, panel, &state.spiked, None, &mut arriving));
        integrator.step(&mut state.y, &arriving);
        arriving.fill(T::default());
        let errors = &mut arriving;
        let loss = error(&state.y[..outputs], &mut errors[..outputs]);
        // Learning signals, and what the readout's synapses learn.
        let (kappa, gain) = (integrator.kappa[0], integrator.gain[0]);
        let symmetric = &self.parameters.tensors[roles.out].values;
        for j in 0..size {
            let back = if state.feedback.is_empty() { &symmetric[j * outputs..] } else { &state.feedback[j * m..] };
            signal[j] = back.iter().zip(&errors[..outputs]).fold(T::default(), |sum, (&b, &e)| sum + b * e);
            state.spikes[j] = kappa * state.spikes[j] + gain * state.neurons.z[j];
            let spikes = state.spikes[j];
            let gradient = &mut state.readout[j * m..(j + 1) * m];
            gradient.iter_mut().zip(&errors[..]).for_each(|(gradient, &e)| *gradient += e * spikes);
            state.counts[j] += state.neurons.z[j];
        }
        signal[size..n].fill(T::default());
        let post = &Postsynaptic { psi: &psi[..n], signal: &signal[..n], kappa, gain };
        for traces in &mut state.synapses {
            dispatch!(self.kernel, learn::<T: Real>(traces: &mut SynapseTraces<T>, cell: &IntegrateAndFire<T>, post: &Postsynaptic<'_, T>));
        }
        state.ticks += 1;
        loss
    }

    /// The gradients summed up since they were last forgotten, with rate regularisation.
    pub fn gradients(&self) -> Parameters<T> {
        let mut gradients = self.parameters.zeros();
        let (hidden, readout) = (&self.plan.populations[self.roles.hidden], &self.plan.populations[self.roles.readout]);
        let ticks = self.state.ticks as f64;
        let off = |j: usize| {
            self.settings.rate.as_ref().filter(|_| ticks > 0.0).map_or(T::default(), |rate| {
                let target = rate.target_hz * self.plan.tick_ms / 1e3;
                T::of(rate.strength / ticks) * (self.state.counts[j] / T::of(ticks) - T::of(target))
            })
        };
        for (&at, traces) in self.roles.into.iter().zip(&self.state.synapses) {
            let rows = traces.gradient.chunks_exact(hidden.n).zip(traces.sum.chunks_exact(hidden.n));
            for (to, (gradient, sum)) in gradients.tensors[at].values.chunks_exact_mut(hidden.size).zip(rows) {
                to.iter_mut().enumerate().for_each(|(j, to)| *to = gradient[j] + off(j) * sum[j]);
            }
        }
        let rows = self.state.readout.chunks_exact(readout.n);
        for (to, from) in gradients.tensors[self.roles.out].values.chunks_exact_mut(readout.size).zip(rows) {
            to.copy_from_slice(&from[..readout.size]);
        }
        gradients
    }

    /// Changes the weights by the gradients summed up so far, and forgets these. It may be called between any two ticks. After an error
    /// nothing has changed.
    pub fn update(&mut self) -> Result<(), TrainingError> {
        let number = self.state.optimiser.updates;
        let gradients = self.gradients();
        if let Some(name) = gradients.not_finite() {
            return Err(TrainingError::NotFinite { update: number, place: format!("the gradient of {name:?}") });
        }
        let (mut optimiser, mut parameters) = (self.state.optimiser.clone(), self.parameters.clone());
        let rate = self.settings.learning_rate.at(number);
        optimiser.update(&self.settings.optimiser, rate, &gradients, &mut parameters, |name| name.starts_with("weights/"));
        let mut feedback = self.state.feedback.clone();
        if let Feedback::Adaptive { decay, .. } = self.settings.feedback {
            let readout = &self.plan.populations[self.roles.readout];
            let (before, after) =
                (&self.parameters.tensors[self.roles.out].values, &mut parameters.tensors[self.roles.out].values);
            let keep = T::of(1.0 - decay);
            for (j, back) in feedback.chunks_exact_mut(readout.n).enumerate() {
                for (k, back) in back[..readout.size].iter_mut().enumerate() {
                    let at = j * readout.size + k;
                    *back = keep * (*back + (after[at] - before[at]));
                    after[at] = keep * after[at];
                }
            }
        }
        if let Some(name) = parameters.not_finite() {
            return Err(TrainingError::NotFinite { update: number, place: format!("{name:?}") });
        }
        let before = std::mem::replace(&mut self.parameters, parameters);
        self.set_autapses_to_zero();
        if let Err(error) = self.plan.set(&self.parameters, &self.settings.network) {
            self.parameters = before;
            return Err(error.into());
        }
        (self.state.optimiser, self.state.feedback) = (optimiser, feedback);
        self.forget();
        Ok(())
    }

    /// Forgets the gradients summed up so far.
    pub fn forget(&mut self) {
        self.state.synapses.iter_mut().for_each(SynapseTraces::forget);
        self.state.readout.fill(T::default());
        self.state.counts.fill(T::default());
        self.state.ticks = 0;
    }

    /// The whole state as bytes.
    pub fn save(&self) -> Vec<u8> {
        state::write(&Saved { parameters: self.parameters.clone(), state: self.state.clone() })
    }

    /// Goes on from what [`save`](Self::save) gave for an equal network and settings. After an error nothing has changed.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), TrainingError> {
        let saved: Saved<T> = state::read(bytes).map_err(|e| TrainingError::Saved(e.to_string()))?;
        self.parameters.check(&saved.parameters)?;
        saved.state.optimiser.check(&self.settings.optimiser, &saved.parameters)?;
        let size = self.plan.populations[self.roles.hidden].size;
        if saved.state.shape() != self.state.shape() || saved.state.spiked.iter().any(|&i| i as usize >= size) {
            return Err(TrainingError::Saved("it is of another network or feedback".into()));
        }
        self.plan.set(&saved.parameters, &self.settings.network)?;
        (self.parameters, self.state) = (saved.parameters, saved.state);
        Ok(())
    }

    fn set_autapses_to_zero(&mut self) {
        for &at in self.roles.into.iter().filter(|_| self.settings.no_autapses) {
            if self.plan.projections[at].source == self.roles.hidden {
                let tensor = &mut self.parameters.tensors[at];
                let size = tensor.shape[1];
                tensor.values.iter_mut().step_by(size + 1).for_each(|w| *w = T::default());
            }
        }
    }
}

impl<T: Real> EPropState<T> {
    /// Lengths of all arrays.
    fn shape(&self) -> Vec<usize> {
        let neurons = [&self.neurons.v, &self.neurons.b, &self.neurons.z, &self.neurons.left];
        let own = [&self.y, &self.spikes, &self.readout, &self.counts, &self.feedback];
        let arrays = neurons.into_iter().chain(own).map(Vec::len);
        arrays.chain(self.synapses.iter().flat_map(SynapseTraces::shape)).collect()
    }
}

/// Stream of the generator.
const FEEDBACK: u32 = 0x4550_0001;

#[inline(always)]
fn learn<T: Real>(traces: &mut SynapseTraces<T>, cell: &IntegrateAndFire<T>, post: &Postsynaptic<'_, T>) {
    traces.learn(cell, post);
}

fn cells<'a, T: Real>(
    plan: &'a Plan<T>,
    roles: &Roles,
) -> Result<(&'a IntegrateAndFire<T>, &'a LeakyIntegrator<T>), CompileError> {
    match (&plan.populations[roles.hidden].kind, &plan.populations[roles.readout].kind) {
        (Kind::Neurons { cell: Cell::IntegrateAndFire(cell), .. }, Kind::Readout { cell: Cell::Readout(integrator), .. }) => {
            Ok((cell, integrator))
        }
        _ => Err(unsupported("e-prop of neurons other than lif and alif".into())),
    }
}

/// Finds out which population does what.
fn roles<T: Real>(plan: &Plan<T>) -> Result<Roles, CompileError> {
    let only = |what: &str, is: &dyn Fn(&Kind<T>) -> bool| {
        let mut found = (0..plan.populations.len()).filter(|&at| is(&plan.populations[at].kind));
        match (found.next(), found.next()) {
            (Some(at), None) => Ok(at),
            _ => Err(unsupported(format!("e-prop with other than one population of {what}"))),
        }
    };
    let hidden = only("neurons", &|kind| matches!(kind, Kind::Neurons { .. }))?;
    let readout = only("readouts", &|kind| matches!(kind, Kind::Readout { .. }))?;
    let into: Vec<usize> = (0..plan.projections.len()).filter(|&at| plan.projections[at].target == hidden).collect();
    let mut to_readout = (0..plan.projections.len()).filter(|&at| plan.projections[at].target == readout);
    let out = match (to_readout.next(), to_readout.next()) {
        (Some(at), None) if plan.projections[at].source == hidden && plan.projections[at].delay == 0 => at,
        _ => return Err(unsupported("e-prop with other than one projection, without delay, from neurons to the readout".into())),
    };
    for &at in &into {
        let projection = &plan.projections[at];
        let expected = usize::from(projection.source == hidden);
        if projection.delay != expected {
            let name = &plan.spec.projections[at].name;
            let feature = format!("e-prop with a delay of {} ticks in {name:?}; it takes {expected}", projection.delay);
            return Err(unsupported(feature));
        }
    }
    Ok(Roles { hidden, readout, out, into })
}
