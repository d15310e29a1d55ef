//! A forward model closing the loop: measured poses in, joint values out.
//!
//! Each act is one inverse step: the network is run over the joint values that were asked for last, its gradients say how the tip would move with
//! each of them, and the measured pose says what is missing. The controller knows neither the trunk's geometry nor what is wrong with it.

use embody_brain::neurobench::{Agreement, NeuroBench};
use embody_brain::{CompileNetwork, Network, NetworkSpec};
use embody_robots::{
    Action, ActionSpec, Checkpoint, CheckpointError, FieldKind, Nanos, Observation, ObservationSpec, Pose, StepKind, TimeStep,
    checkpoint,
};
use nalgebra::{Quaternion, Translation3, UnitQuaternion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{ForwardModel, Run};
use super::network::{self, Neurons, TICKS, VALUES};
use super::placed::Placed;
use super::pose;
use super::solver::{Adam, AdamSettings, Jacobian, JacobianSettings};
use super::training::TrainingSettings;
use crate::controller::{Controller, ControllerError};
use crate::spore::Loop;
use crate::telemetry::{Activity, Spike, Telemetry};

const NAME: &str = "forward-model";

/// How the model is inverted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// Damped least squares on the model's Jacobian.
    #[default]
    Jacobian,
    /// Gradient descent on the joint values.
    Adam,
}

/// Settings of the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForwardModelSettings {
    /// Trained weights: a name of the library, or the path of a safetensors file.
    pub weights: String,
    /// The network's neurons.
    pub neurons: Neurons,
    /// How the model is inverted.
    pub solver: Solver,
    /// Whether the measured pose says how far there is to go, and not the predicted one.
    pub feedback: bool,
    /// The solver `jacobian`.
    pub jacobian: JacobianSettings,
    /// The solver `adam`.
    pub adam: AdamSettings,
    /// How `embody train` makes the weights.
    pub training: TrainingSettings,
}

impl Default for ForwardModelSettings {
    fn default() -> Self {
        ForwardModelSettings {
            weights: String::new(),
            neurons: Neurons::default(),
            solver: Solver::default(),
            feedback: true,
            jacobian: JacobianSettings::default(),
            adam: AdamSettings::default(),
            training: TrainingSettings::default(),
        }
    }
}

/// Where in an observation the measured poses and the goal are.
#[derive(Clone, Copy, Debug)]
struct Places {
    positions: usize,
    orientations: usize,
    goal_position: usize,
    goal_orientation: usize,
}

/// The controller.
pub struct ForwardModelController {
    settings: ForwardModelSettings,
    orientation: bool,
    model: ForwardModel,
    /// Of the weights, with which alone a state is gone on with.
    digest: [u8; 32],
    spec: NetworkSpec,
    /// The network elsewhere, if it doesn't run here.
    placed: Option<Placed>,
    places: Places,
    start: Vec<f64>,
    state: State,
    watched: Option<Vec<Activity>>,
}

/// What changes while it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    joints: Vec<f64>,
    jacobian: Jacobian,
    adam: Adam,
    /// Of the predicted with the measured place of the tip (m), over all steps of all episodes.
    agreement: Agreement,
}

/// How many modules a body has, whose fields are a trunk's.
///
/// # Errors
/// If it has no such fields.
pub fn modules_of(observation: &ObservationSpec, action: &ActionSpec) -> Result<usize, String> {
    let joints = action.fields.iter().find(|field| field.name == "joints").map(|field| field.size);
    let joints = joints.filter(|joints| *joints > 0 && joints.is_multiple_of(3));
    let joints = joints.ok_or("the body has no drive for it: expected \"joints\", three of each module")?;
    Places::of(observation, joints / 3).map(|_| joints / 3)
}

impl Places {
    fn of(observation: &ObservationSpec, modules: usize) -> Result<Places, String> {
        let place = |name: &str, size: usize| {
            let found = observation.fields.iter().position(|field| field.name == name);
            let fits = |at: &usize| match &observation.fields[*at].kind {
                FieldKind::Dense { shape, .. } => shape.iter().product::<usize>() == size,
                FieldKind::Events { .. } => false,
            };
            found.filter(fits).ok_or_else(|| format!("the body doesn't measure {name:?}, expected a field of {size} numbers"))
        };
        Ok(Places {
            positions: place("positions", 3 * modules)?,
            orientations: place("orientations", 4 * modules)?,
            goal_position: place("goal_position", 3)?,
            goal_orientation: place("goal_orientation", 4)?,
        })
    }

    /// The measured pose of a module.
    fn measured(&self, observation: &Observation, module: usize) -> Pose {
        pose_of(&observation.dense(self.positions)[3 * module..], &observation.dense(self.orientations)[4 * module..])
    }

    fn goal(&self, observation: &Observation) -> Pose {
        pose_of(observation.dense(self.goal_position), observation.dense(self.goal_orientation))
    }
}

/// A pose from x, y, z and a quaternion x, y, z, w.
fn pose_of(position: &[f32], orientation: &[f32]) -> Pose {
    let [x, y, z] = [0, 1, 2].map(|i| f64::from(position[i]));
    let [i, j, k, w] = [0, 1, 2, 3].map(|i| f64::from(orientation[i]));
    let rotation = UnitQuaternion::try_new(Quaternion::new(w, i, j, k), 1e-9).unwrap_or_default();
    Pose::from_parts(Translation3::new(x, y, z), rotation)
}

fn unfit(why: impl std::fmt::Display) -> ControllerError {
    ControllerError::Unfit { controller: NAME.into(), why: why.to_string() }
}

impl ForwardModelController {
    /// With a trained model, for a body that is a trunk whose joints begin an episode at `start`; `orientation` says whether the goal's counts.
    ///
    /// # Errors
    /// If the body isn't a trunk of as many modules, there are other joints at the start, a setting can't be, or a control period is too short for the network's ticks.
    pub fn new(
        settings: &ForwardModelSettings,
        model: ForwardModel,
        around: &Loop,
        start: Vec<f64>,
        orientation: bool,
    ) -> Result<Self, ControllerError> {
        settings.jacobian.check().and_then(|()| settings.adam.check()).map_err(unfit)?;
        let modules = modules_of(&around.observation, &around.action).map_err(unfit)?;
        if modules != model.modules() {
            return Err(unfit(format!(
                "expected a trunk of {} modules, as the weights are for, found {modules}",
                model.modules()
            )));
        }
        let needed = Nanos(TICKS as u64 * modules as u64 * network::TICK_NS);
        if around.control_period < needed {
            return Err(unfit(format!(
                "expected a control period of at least {needed}, the network's ticks, found {}",
                around.control_period
            )));
        }
        let (spec, digest) = (model.spec().map_err(unfit)?, model.digest().map_err(unfit)?);
        let places = Places::of(&around.observation, modules).map_err(unfit)?;
        if start.len() != 3 * modules {
            return Err(unfit(format!("start: expected {} joints, found {}", 3 * modules, start.len())));
        }
        let state = State::new(settings, &start);
        let settings = settings.clone();
        Ok(ForwardModelController {
            settings,
            orientation,
            model,
            digest,
            spec,
            placed: None,
            places,
            start,
            state,
            watched: None,
        })
    }

    /// The same with its network on a substrate; what is random there follows from `seed`.
    ///
    /// # Errors
    /// If the substrate can't hold the network.
    pub fn on(mut self, compile: &CompileNetwork, seed: u64) -> Result<Self, ControllerError> {
        self.placed = Some(self.model.place(compile, seed).map_err(unfit)?);
        Ok(self)
    }

    /// Runs the network over the joint values that were asked for last.
    fn run(&mut self) -> Result<Run, ControllerError> {
        match &mut self.placed {
            None => Ok(self.model.run(&self.state.joints)),
            Some(placed) => self.model.run_on(placed, &self.state.joints).map_err(unfit),
        }
    }

    /// Where the tip is taken to be: where it was measured, or without feedback where it is predicted.
    fn tip(&self, observation: &Observation, run: &Run) -> Pose {
        let tip = self.model.modules() - 1;
        if self.settings.feedback { self.places.measured(observation, tip) } else { pose::pose(&self.model.values(run, tip)) }
    }

    /// The errors of the prediction that are to be made small, for each module, and how far the tip is away (mm).
    fn errors(&self, observation: &Observation, run: &Run) -> (Vec<[f64; VALUES]>, f64) {
        let AdamSettings { orientation_weight, regulariser, .. } = self.settings.adam;
        let turns = if self.orientation { orientation_weight } else { 0.0 };
        let tip = self.model.modules() - 1;
        let goal = self.places.goal(observation);
        let predicted = self.model.values(run, tip);
        let from = self.tip(observation, run);
        let wanted = if self.settings.feedback { pose::corrected(&predicted, &goal, &from) } else { pose::values(&goal) };
        let off = |of: &[f64; VALUES], to: &[f64; VALUES], weights: [f64; 2]| {
            std::array::from_fn(|i| weights[usize::from(i > 2)] * (of[i] - to[i]))
        };
        let mut errors = vec![[0.0; VALUES]; tip + 1];
        if self.settings.feedback && regulariser > 0.0 {
            for (module, errors) in errors.iter_mut().enumerate() {
                let measured = pose::values(&self.places.measured(observation, module));
                *errors = off(&self.model.values(run, module), &measured, [regulariser; 2]);
            }
        }
        let towards: [f64; VALUES] = off(&predicted, &wanted, [1.0, turns]);
        errors[tip].iter_mut().zip(towards).for_each(|(error, towards)| *error += towards);
        (errors, 1e3 * (goal.translation.vector - from.translation.vector).norm())
    }

    /// Compares the place at which the tip was predicted with that at which it was measured.
    fn compare(&mut self, observation: &Observation, run: &Run) {
        let tip = self.model.modules() - 1;
        let measured = self.places.measured(observation, tip).translation.vector;
        let predicted = pose::position(&self.model.values(run, tip));
        self.state.agreement.push(predicted.as_slice(), measured.as_slice());
    }

    fn note(&mut self, run: &Run) {
        let Some(activity) = &mut self.watched else { return };
        let ticks = 0..TICKS * self.model.modules();
        let spikes =
            ticks.flat_map(|tick| self.model.spikes(run, tick).iter().map(move |&neuron| Spike { tick: tick as u32, neuron }));
        let size = self.model.neurons().count() as u32;
        *activity = vec![Activity { name: network::HIDDEN.into(), size, spikes: spikes.collect(), membrane: Vec::new() }];
    }
}

impl State {
    fn new(settings: &ForwardModelSettings, start: &[f64]) -> State {
        State {
            joints: start.to_vec(),
            jacobian: Jacobian::new(&settings.jacobian),
            adam: Adam::new(start.len()),
            agreement: Agreement::new(3),
        }
    }
}

impl Controller for ForwardModelController {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        let agreement = std::mem::take(&mut self.state.agreement);
        self.state = State { agreement, ..State::new(&self.settings, &self.start) };
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        // The action that would follow the last step isn't applied.
        if !matches!(step.kind, StepKind::Last(_)) {
            let run = self.run()?;
            self.compare(&step.observation, &run);
            match self.settings.solver {
                Solver::Jacobian => {
                    let at = self.tip(&step.observation, &run);
                    let missing = pose::missing(&self.places.goal(&step.observation), &at);
                    let jacobian = self.model.jacobian(&run, &at);
                    let State { joints, jacobian: solver, .. } = &mut self.state;
                    solver.step(&self.settings.jacobian, &jacobian, &missing, self.orientation, joints);
                }
                Solver::Adam => {
                    let (errors, distance_mm) = self.errors(&step.observation, &run);
                    let gradient = self.model.gradient(&run, &errors);
                    self.state.adam.step(&self.settings.adam, &gradient, distance_mm, &mut self.state.joints);
                }
            }
            self.note(&run);
            if self.state.joints.iter().any(|joint| !joint.is_finite()) {
                let why = "its step is no longer a finite number: expected weights and goals of a size that can be reckoned with";
                return Err(unfit(why));
            }
        }
        let asked = &mut action.fields[0];
        asked.iter_mut().zip(&self.state.joints).for_each(|(asked, joint)| *asked = *joint as f32);
        Ok(())
    }

    /// What it knows was learned before: nothing changes while it acts.
    fn set_learning(&mut self, _learning: bool) {}

    fn network(&self) -> Option<&NetworkSpec> {
        Some(&self.spec)
    }

    fn neurobench(&self) -> Option<NeuroBench> {
        let prediction = self.state.agreement.figures();
        Some(NeuroBench { prediction, ..self.model.neurobench(self.placed.as_ref(), &self.state.joints)? })
    }

    fn running(&self) -> Option<&dyn Network> {
        self.placed.as_ref().map(Placed::network)
    }

    fn on_host(&self) -> Vec<(String, String)> {
        let why = "gradients by the joints need floats: backpropagation over the spikes and potentials that are read from the substrate";
        self.placed.iter().map(|_| ("inversion of the forward model".into(), why.into())).collect()
    }

    fn watch(&mut self, watched: bool) {
        self.watched = watched.then(Vec::new);
    }

    fn telemetry(&self) -> Option<Telemetry> {
        let populations = self.watched.clone()?;
        Some(Telemetry { populations, ..Telemetry::default() })
    }
}

impl Checkpoint for ForwardModelController {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes(NAME, &(self.digest, &self.state, self.placed.as_ref().map(|placed| placed.network().save())))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let malformed = |why: String| CheckpointError::Malformed { part: NAME.into(), why };
        let (digest, state, network): ([u8; 32], State, Option<Vec<u8>>) = checkpoint::from_bytes(NAME, bytes)?;
        if digest != self.digest {
            return Err(malformed(format!(
                "its state is that of other weights than {:?} has: they have changed since",
                self.settings.weights
            )));
        }
        if state.joints.len() != self.start.len() || !state.adam.fits(self.start.len()) || state.agreement.coordinates() != 3 {
            let why = format!("expected a state of {} joints, found another", self.start.len());
            return Err(malformed(why));
        }
        match (&mut self.placed, network) {
            (None, None) => (),
            (Some(placed), Some(network)) => placed.network_mut().load(&network).map_err(|e| malformed(e.to_string()))?,
            (placed, _) => {
                let [expected, found] = if placed.is_some() { ["a", "no"] } else { ["no", "a"] };
                return Err(malformed(format!("expected {expected} network on a substrate, found {found} one")));
            }
        }
        self.state = state;
        Ok(())
    }
}
