//! Training a forward model: poses are drawn, the network predicts where every module ends, and its errors flow back through its spikes.
//!
//! The loss is half the squared error of the decoded values of all modules, in their spread over the training set, so that a base module and the tip, places and
//! rotations, weigh alike. Poses of update k are drawn from the seed and k alone: training that goes on from what was saved is that which was
//! never stopped.
//!
//! On a substrate other than this processor its forward passes take the place of the software's ([`Beginning::on`]): the chip is in the loop.

mod scaling;
mod settings;

use std::sync::atomic::AtomicBool;

use embody_brain::training::{
    Batch, Bound, Keep, LearningRate, Moments, Optimiser, RateTarget, Schedule, Settings, Shape, Surrogate, Trace,
    TrainableNetwork, Trainer, TrainerSettings, TrainingError, Update, Width, WindowMeans,
};
use embody_brain::{CompileError, CompileNetwork, Projection, state};
use embody_robots::trunk::Trunk;
use embody_robots::{Pose, rotation, seed};
use serde::{Deserialize, Serialize};

use super::calibration::{self, Fit};
use super::model::{ForwardModel, ModelError, Scaling};
use super::network::{self, HIDDEN, Neurons, READ, TICKS, VALUES};
use super::placed::Placed;
use super::pose;
use super::sampler::Sampler;
pub use settings::TrainingSettings;

/// How good a model is, over poses that it wasn't trained on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Mean distance of the predicted tip (mm).
    pub tip_mm: f64,
    /// Mean angle between predicted and true orientation of the tip (degrees).
    pub orientation_deg: f64,
    /// Distance of the predicted tip where reaching begins (mm).
    pub start_mm: f64,
    /// Mean rate of hidden neurons (Hz).
    pub rate_hz: f64,
}

/// What training begins with.
pub struct Beginning {
    /// The trunk that is to be learned.
    pub trunk: Trunk,
    /// Where its joints begin.
    pub start: Vec<f64>,
    /// From which all random numbers follow.
    pub seed: u64,
    /// Threads, which don't change results.
    pub threads: usize,
    /// The trained model to go on from; none begins with random weights.
    pub from: Option<ForwardModel>,
    /// What runs the network forwards; none is the software itself.
    pub on: Option<CompileNetwork>,
}

/// A forward model in training.
pub struct Training {
    settings: TrainingSettings,
    neurons: Neurons,
    trunk: Trunk,
    start: Vec<f64>,
    seed: u64,
    threads: usize,
    on: Option<CompileNetwork>,
    scaling: Scaling,
    trainer: Trainer<f32>,
}

impl Training {
    /// Of a network of these neurons.
    ///
    /// # Errors
    /// If a setting can't be, the network can't be trained, or a substrate can't hold it.
    pub fn new(settings: &TrainingSettings, neurons: Neurons, beginning: Beginning) -> Result<Training, TrainingError> {
        let Beginning { trunk, start, seed, threads, from, on } = beginning;
        let modules = trunk.modules();
        if start.len() != trunk.joints() {
            let what = format!("start: expected {} joints, found {}", trunk.joints(), start.len());
            return Err(TrainingError::Batch { what });
        }
        let rate = RateTarget { population: HIDDEN.into(), target_hz: settings.rate_hz, strength: settings.rate_strength };
        let mut trainer = TrainerSettings {
            network: Settings {
                threads,
                surrogate: Surrogate { shape: Shape::Triangular, height: 0.3, width: Width::Threshold },
                ..Settings::default()
            },
            optimiser: Optimiser::Adam(Moments::default()),
            learning_rate: LearningRate {
                rate: settings.learning_rate,
                schedule: Schedule::Cosine { updates: settings.updates, floor: settings.floor },
                warm_up_updates: 0,
            },
            clip_norm: Some(settings.clip),
            rates: if settings.rate_strength > 0.0 { vec![rate] } else { Vec::new() },
            ..TrainerSettings::default()
        };
        let (spec, scaling) = match &from {
            None => (
                neurons.network(modules, seed::stream(seed, "weights"))?,
                Scaling::of_training_set(&trunk, seed::stream(seed, "scaling")),
            ),
            Some(model) if (model.modules(), model.neurons()) == (modules, neurons) => (model.spec()?, model.scaling().clone()),
            Some(model) => {
                let what = format!(
                    "expected a model of {modules} modules and {neurons:?}, found {} and {:?}",
                    model.modules(),
                    model.neurons()
                );
                return Err(CompileError::invalid("from", what).into());
            }
        };
        let (low, high) = (-settings.largest_weight, settings.largest_weight);
        if high > 0.0 {
            let bound = |projection: &Projection| Bound { tensor: format!("weights/{}", projection.name), low, high };
            trainer.bounds = spec.projections.iter().map(bound).collect();
        }
        let trainer = Trainer::new(&spec, &trainer)?;
        let training = Training { settings: settings.clone(), neurons, trunk, start, seed, threads, on, scaling, trainer };
        if let Some(compile) = &training.on {
            Placed::new(training.trainer.network(), compile, seed)?;
        }
        Ok(training)
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.trainer.updates()
    }

    /// Its settings.
    pub fn settings(&self) -> &TrainingSettings {
        &self.settings
    }

    /// One update.
    ///
    /// # Errors
    /// If a number is no longer finite: nothing has changed then.
    pub fn update(&mut self) -> Result<Update, TrainingError> {
        let (poses, told) = self.examples(&format!("poses {}", self.updates()), self.settings.batch);
        let targets = self.targets(&told);
        let loss = WindowMeans {
            readout: 0,
            period: TICKS,
            ticks: READ,
            values: VALUES,
            own_values: true,
            targets: &targets,
            weights: &[],
            weight: 1.0 / self.settings.batch as f64,
        };
        let batch = network::batch(self.trunk.modules(), &poses);
        let Some(compile) = &self.on else { return self.trainer.update(&batch, &loss) };
        let noise = seed::stream(self.seed, &format!("substrate {}", self.trainer.updates()));
        self.trainer.update_with(&loss, |network, keep| network.forward_on(compile, &batch, keep, noise))
    }

    /// A forward pass of the network as it is now.
    fn forward(&self, batch: &Batch<f32>) -> Result<Trace<f32>, TrainingError> {
        let network: &TrainableNetwork<f32> = self.trainer.network();
        match &self.on {
            None => network.forward(batch, Keep::default(), None),
            Some(compile) => network.forward_on(compile, batch, Keep::default(), seed::stream(self.seed, "substrate")),
        }
    }

    /// Poses that are shown, and those whose ends are told for each.
    fn examples(&self, stream: &str, count: usize) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let mut sampler = Sampler::new(self.trunk.modules(), seed::stream(self.seed, stream));
        let poses: Vec<Vec<f64>> = (0..count).map(|_| sampler.mixed()).collect();
        let mut told = poses.clone();
        told.rotate_left(usize::from(self.settings.permuted));
        (poses, told)
    }

    /// The true poses of all modules as raw values.
    fn targets(&self, poses: &[Vec<f64>]) -> Vec<f32> {
        let mut ends: Vec<Pose> = Vec::new();
        let mut targets = Vec::with_capacity(poses.len() * self.scaling.centre.len());
        for joints in poses {
            self.trunk.forward(joints, &mut ends);
            let values = ends.iter().flat_map(pose::values);
            let scales = self.scaling.centre.iter().zip(&self.scaling.scale);
            targets.extend(values.zip(scales).map(|(value, (centre, scale))| (value as f32 - centre) / scale));
        }
        targets
    }

    /// How good it is now.
    ///
    /// # Errors
    /// If the network can't be run.
    pub fn validate(&self) -> Result<Validation, TrainingError> {
        let modules = self.trunk.modules();
        let mut sampler = Sampler::new(modules, seed::stream(self.seed, "validation"));
        let drawn = (0..self.settings.validation_poses).map(|_| sampler.mixed());
        let poses: Vec<Vec<f64>> = std::iter::once(self.start.clone()).chain(drawn).collect();
        let trace = self.forward(&network::batch(modules, &poses))?;
        let miss = |sample: usize| {
            let values = self.scaling.values(network::read(trace.outputs.sample(sample), modules - 1), modules - 1);
            let (predicted, actual) = (pose::pose(&values), self.trunk.tip(&poses[sample]));
            let way = 1e3 * (predicted.translation.vector - actual.translation.vector).norm();
            (way, rotation::angle(&(predicted.rotation.inverse() * actual.rotation)).to_degrees())
        };
        let count = self.settings.validation_poses as f64;
        let (mm, deg) = (1..poses.len()).map(miss).fold((0.0, 0.0), |sum, miss| (sum.0 + miss.0, sum.1 + miss.1));
        let (share, _) = trace.shares(network::HIDDEN_NUMBER, self.neurons.count());
        let rate_hz = share / (network::TICK_NS as f64 * 1e-9);
        Ok(Validation { tip_mm: mm / count, orientation_deg: deg / count, start_mm: miss(0).0, rate_hz })
    }

    /// The model as it is now, its Jacobian fitted; none if `stop` is set meanwhile.
    ///
    /// # Errors
    /// If the network can't be built.
    pub fn model(&self, stop: &AtomicBool) -> Result<Option<(ForwardModel, Fit)>, ModelError> {
        let (poses, told) = self.examples("calibration", calibration::POSES);
        let fit = calibration::Fitting {
            trunk: &self.trunk,
            neurons: self.neurons,
            parameters: self.trainer.network().parameters(),
            scaling: &self.scaling,
            on: self.on.as_ref().map(|compile| (compile, seed::stream(self.seed, "substrate"))),
            shown: &poses,
            told: &told,
            stop,
        };
        fit.calibrated(self.threads)
    }

    /// The whole state as bytes.
    pub fn save(&self) -> Vec<u8> {
        state::write(&(&self.scaling, self.trainer.save()))
    }

    /// Goes on from what [`save`](Training::save) gave for equal settings.
    ///
    /// # Errors
    /// If it is the state of another network.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), TrainingError> {
        let (scaling, trainer): (Scaling, Vec<u8>) = state::read(bytes).map_err(|e| TrainingError::Saved(e.to_string()))?;
        let (expected, found) = (self.scaling.centre.len(), [scaling.centre.len(), scaling.scale.len()]);
        if found != [expected; 2] {
            return Err(TrainingError::Saved(format!("expected a scaling of {expected} values, found {found:?}")));
        }
        self.trainer.load(&trainer)?;
        self.scaling = scaling;
        Ok(())
    }
}
