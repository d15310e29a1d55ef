//! Training: a network, its optimiser, and one update after the other.
//!
//! An update either happens as a whole or, when a number stops being finite, not at all: the error names the update and the place, and the
//! state from before goes on to be there. What is saved is the whole state; training that goes on from it gives the same bytes as one that was
//! never stopped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::loss::Loss;
use super::network::{Backward, TrainableNetwork};
use super::optimiser::{Optimiser, OptimiserState};
use super::schedule::{LearningRate, Schedule};
use super::{Batch, Keep, Outputs, Parameters, RateTarget, Settings, Trace, TrainingError};
use crate::numeric::Real;
use crate::spec::NetworkSpec;
use crate::state;

/// How a network is trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainerSettings {
    /// How it is differentiated.
    pub network: Settings,
    /// How gradients become changes.
    pub optimiser: Optimiser,
    /// How large these are.
    pub learning_rate: LearningRate,
    /// Gradients whose norm over all trained tensors is larger are scaled down to it.
    pub clip_norm: Option<f64>,
    /// Wishes for firing rates.
    pub rates: Vec<RateTarget>,
    /// How the strength of these wishes changes.
    pub rate_schedule: Schedule,
    /// Projections whose weights rest.
    pub frozen: Vec<String>,
    /// Neurons' parameters that are trained, such as `hidden/bias`; all others rest.
    pub neurons: Vec<String>,
    /// Recurrent projections without synapses from a neuron to itself: that weight is kept at zero.
    pub no_autapses: Vec<String>,
    /// Limits of tensors, kept after every update.
    pub bounds: Vec<Bound>,
    /// Keeps states only every so many ticks and computes what lies between once more: less memory, the same gradients.
    pub checkpoint_every: Option<usize>,
    /// Ticks after which nothing flows back any more.
    pub truncate_every: Option<usize>,
}

/// Limits of a tensor's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// Name of the tensor.
    pub tensor: String,
    /// The least number.
    pub low: f64,
    /// The largest number.
    pub high: f64,
}

/// What an update did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Its number, from 0.
    pub number: u64,
    /// The loss before it, without that of rates.
    pub loss: f64,
    /// What wishes for rates added to it.
    pub rate_loss: f64,
    /// Norm of the gradients before they were clipped.
    pub gradient_norm: f64,
    /// The learning rate.
    pub learning_rate: f64,
}

/// A network in training.
#[derive(Clone, Debug)]
pub struct Trainer<T> {
    network: TrainableNetwork<T>,
    settings: TrainerSettings,
    optimiser: OptimiserState<T>,
    /// The last forward pass and its errors, whose memory the next ones use.
    spare: (Option<Trace<T>>, Option<Outputs<T>>),
}

/// Version of what [`Trainer::save`] writes.
const VERSION: u32 = 1;

/// The state as it is written.
#[derive(Serialize, Deserialize)]
#[serde(bound = "T: Real")]
struct Saved<T> {
    format: String,
    version: u32,
    parameters: Parameters<T>,
    optimiser: OptimiserState<T>,
}

const FORMAT: &str = "embody training";

impl<T: Real> Trainer<T> {
    /// Training from the weights and parameters of a spec.
    pub fn new(spec: &NetworkSpec, settings: &TrainerSettings) -> Result<Self, TrainingError> {
        let mut network = TrainableNetwork::new(spec, &settings.network)?;
        let parameters = network.parameters();
        let unknown = |list: &str, name: &str| TrainingError::Unknown { list: list.into(), name: name.into() };
        let weights = |name: &str| format!("weights/{name}");
        for (list, names) in [("frozen", &settings.frozen), ("no_autapses", &settings.no_autapses)] {
            if let Some(name) = names.iter().find(|name| parameters.get(&weights(name)).is_none()) {
                return Err(unknown(list, name));
            }
        }
        let bounded = settings.bounds.iter().map(|bound| &bound.tensor);
        if let Some(name) = settings.neurons.iter().chain(bounded).find(|name| parameters.get(name).is_none()) {
            return Err(unknown("neurons, bounds", name));
        }
        let optimiser = OptimiserState::new(&settings.optimiser, parameters);
        let mut limited = parameters.clone();
        limit(settings, &mut limited);
        network.set_parameters(&limited)?;
        Ok(Trainer { network, settings: settings.clone(), optimiser, spare: (None, None) })
    }

    /// The network as it is now.
    pub fn network(&self) -> &TrainableNetwork<T> {
        &self.network
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.optimiser.updates
    }

    /// Runs a batch, and changes what is trained by the gradients of its loss. After an error nothing has changed.
    pub fn update(&mut self, batch: &Batch<T>, loss: &impl Loss<T>) -> Result<Update, TrainingError> {
        let spare = self.spare.0.take();
        self.update_with(loss, |network, keep| network.forward_within(spare, batch, keep, None))
    }

    /// The same with the forward pass that `forward` gives, of the network as it is now and with what is to be kept: that of a chip in the
    /// loop, which the network [adopts](TrainableNetwork::adopt).
    pub fn update_with(
        &mut self,
        loss: &impl Loss<T>,
        forward: impl FnOnce(&TrainableNetwork<T>, Keep) -> Result<Trace<T>, TrainingError>,
    ) -> Result<Update, TrainingError> {
        let number = self.optimiser.updates;
        let broken = |place: String| Err(TrainingError::NotFinite { update: number, place });
        let parameters = !self.settings.neurons.is_empty();
        let keep = Keep { parameters, checkpoint_every: self.settings.checkpoint_every };
        let trace = forward(&self.network, keep)?;
        if !self.network.made(&trace) {
            return Err(TrainingError::Batch {
                what: "expected a forward pass of the network in training, found another's".into(),
            });
        }
        if let Some(name) = self.network.not_finite(&trace) {
            return broken(format!("the population {name:?}"));
        }
        let (value, errors) = self.network.evaluate_within(self.spare.1.take(), &trace, loss);
        let factor = self.settings.rate_schedule.factor(number);
        let targets = self.settings.rates.iter();
        let targets: Vec<RateTarget> =
            targets.map(|target| RateTarget { strength: factor * target.strength, ..target.clone() }).collect();
        let (rate_loss, rates) = self.network.rates(&trace, &targets)?;
        if !(value + rate_loss).is_finite() {
            return broken("the loss".into());
        }
        let what = Backward { parameters, inputs: false, truncate_every: self.settings.truncate_every };
        let rates = (!targets.is_empty()).then_some(&rates[..]);
        let mut gradients = self.network.backward_with_rates(&trace, &errors, what, rates)?.parameters;
        self.spare = (Some(trace), Some(errors));
        for tensor in &mut gradients.tensors {
            if !is_trained(&self.settings, &tensor.name) {
                tensor.values.fill(T::default());
            }
        }
        no_autapses(&self.settings, &mut gradients);
        if let Some(name) = gradients.not_finite() {
            return broken(format!("the gradient of {name:?}"));
        }
        let gradient_norm = gradients.norm();
        if let Some(most) = self.settings.clip_norm
            && gradient_norm > most
        {
            let shrink = T::of(most / gradient_norm);
            gradients.tensors.iter_mut().flat_map(|tensor| &mut tensor.values).for_each(|g| *g = shrink * *g);
        }
        let learning_rate = self.settings.learning_rate.at(number);
        let (mut optimiser, mut parameters) = (self.optimiser.clone(), self.network.parameters().clone());
        let trained = |name: &str| is_trained(&self.settings, name);
        optimiser.update(&self.settings.optimiser, learning_rate, &gradients, &mut parameters, trained);
        limit(&self.settings, &mut parameters);
        if let Some(name) = parameters.not_finite() {
            return broken(format!("{name:?}"));
        }
        self.network.set_parameters(&parameters)?;
        self.optimiser = optimiser;
        Ok(Update { number, loss: value, rate_loss, gradient_norm, learning_rate })
    }

    /// The whole state as bytes.
    pub fn save(&self) -> Vec<u8> {
        let (format, parameters) = (FORMAT.into(), self.network.parameters().clone());
        state::write(&Saved { format, version: VERSION, parameters, optimiser: self.optimiser.clone() })
    }

    /// Goes on from what [`save`](Self::save) gave for an equal network and optimiser. After an error nothing has changed.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), TrainingError> {
        let saved: Saved<T> = state::read(bytes).map_err(|e| TrainingError::Saved(e.to_string()))?;
        if saved.format != FORMAT || saved.version != VERSION {
            let found = format!("{:?}, version {}", saved.format, saved.version);
            return Err(TrainingError::Saved(format!("expected {FORMAT:?}, version {VERSION}, found {found}")));
        }
        self.network.parameters().check(&saved.parameters)?;
        saved.optimiser.check(&self.settings.optimiser, &saved.parameters)?;
        self.network.set_parameters(&saved.parameters)?;
        self.optimiser = saved.optimiser;
        Ok(())
    }
}

fn is_trained(settings: &TrainerSettings, name: &str) -> bool {
    match name.strip_prefix("weights/") {
        Some(projection) => !settings.frozen.iter().any(|frozen| frozen == projection),
        None => settings.neurons.iter().any(|trained| trained == name),
    }
}

/// Keeps numbers within their limits.
fn limit<T: Real>(settings: &TrainerSettings, parameters: &mut Parameters<T>) {
    no_autapses(settings, parameters);
    for bound in &settings.bounds {
        let (low, high) = (T::of(bound.low), T::of(bound.high));
        let Some(tensor) = parameters.get_mut(&bound.tensor) else { continue };
        for value in &mut tensor.values {
            *value = if *value < low {
                low
            } else if *value > high {
                high
            } else {
                *value
            };
        }
    }
}

/// Sets the diagonals of what has no autapses to zero.
fn no_autapses<T: Real>(settings: &TrainerSettings, parameters: &mut Parameters<T>) {
    for name in &settings.no_autapses {
        let Some(tensor) = parameters.get_mut(&format!("weights/{name}")) else { continue };
        let targets = tensor.shape[1];
        tensor.values.iter_mut().step_by(targets + 1).for_each(|w| *w = T::default());
    }
}
