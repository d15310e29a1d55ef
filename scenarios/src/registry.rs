//! The registry: names to factories. The built-in parts register in [`Registry::default`], a line each; a user's own crate adds its
//! parts the same way and calls [`main`](crate::main).
//!
//! A part is a settings type and a function that builds from it. The settings are read from the table of the part's name
//! (`[controller.spore]`), checked against the type with all defaults filled in, and described by its JSON Schema.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use embody_brain::substrate::Compiled;
use embody_brain::{CompileError, CompileNetwork, FloatSubstrate, Models, Network, NetworkSpec, Substrate};
use embody_controllers::baseline::{
    Blind, BlindSettings, Classical, ClassicalSettings, Ideal, IdealSettings, JointsIdeal, JointsIdealSettings, Pursuit,
    PursuitSettings, RandomPoses, RandomPosesSettings, Straight, TrunkIdeal, TrunkIdealSettings,
};
use embody_controllers::forward_model::{ForwardModel, ForwardModelController, ForwardModelSettings, modules_of};
use embody_controllers::spore::{Loop, SporeController, SporeSettings};
use embody_controllers::{Controller, Hosted, Privileged};
use embody_robots::catalogue::ball::Ball;
use embody_robots::catalogue::car::Car;
use embody_robots::catalogue::model::Model;
use embody_robots::catalogue::trunk::TrunkRobot;
use embody_robots::robot::Platforms;
use embody_robots::{Nanos, RobotSpec, Task};
use embody_sim_world::Arena;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Node};
use crate::controls::{Frozen, Permuted, Trained, Yoked};
use crate::own_network;
use crate::part_files::is_weights_file;
use crate::substrate;
use crate::tasks::{
    ArmReaching, ArmReachingTask, LaneFollowing, LaneFollowingTask, Reaching, ReachingTask, TrunkReaching, TrunkReachingTask,
};

/// What the settings of a part must be: data that can be written, read and described, with a default for every key.
pub trait Settings: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync + 'static> Settings for T {}

/// Options of the substrate `float`: it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FloatOptions {}

/// Why a part can't be built from its settings; the caller adds where they stand.
pub type PartError = String;

/// Length of the pieces that the line after which `pursuit` steers is made of (m).
const LANE_STEP_M: f64 = 0.25;

/// Largest file of weights that is read (bytes): that of a network of 4096 neurons for the longest trunk.
const LARGEST_WEIGHTS: u64 = 1 << 28;

/// What a task is built for.
#[derive(Clone, Debug)]
pub struct TaskContext {
    /// Length of a control period.
    pub control_period: Nanos,
    /// The arena of the scenario.
    pub arena: Arena,
    /// The robot of the scenario.
    pub robot: RobotSpec,
}

/// What a controller is built for.
#[derive(Clone)]
pub struct ControllerContext {
    /// The body's specs and the loop's periods.
    pub around: Loop,
    /// Name of the run's substrate.
    pub substrate: String,
    /// Compiles networks for it.
    pub compile: CompileNetwork,
    /// Seed of the controller's random numbers.
    pub seed: u64,
    /// The arena of the scenario.
    pub arena: Arena,
    /// The robot of the scenario.
    pub robot: RobotSpec,
    /// The resolved settings of the task.
    pub task: toml::Table,
    /// Folder that relative paths in the settings start from.
    pub base: PathBuf,
    /// Name and master seed of the run, which a recorded reward must be of as well.
    pub run: (String, u64),
    /// Control steps of the run, for which a recorded reward must suffice.
    pub steps: u64,
    /// Where kinds are looked up.
    pub registry: Arc<Registry>,
    /// The resolved settings of each kind in the scenario.
    pub tables: BTreeMap<String, toml::Table>,
    /// The kinds that are being built, each for the one before.
    pub within: Vec<String>,
}

impl ControllerContext {
    /// The task's goal on the plane (m): the origin, if it has none.
    pub fn goal(&self) -> [f64; 2] {
        self.task.get("goal_m").and_then(|goal| goal.clone().try_into().ok()).unwrap_or_default()
    }

    /// Whether the goal's orientation counts beside its place; it does, unless the task says otherwise.
    pub fn orientation(&self) -> bool {
        self.task.get("orientation").and_then(toml::Value::as_bool).unwrap_or(true)
    }

    /// Builds the scenario's controller of the given kind.
    pub fn build(&self, kind: &str) -> Result<Hosted, PartError> {
        let part = self.registry.controllers.get(kind).ok_or_else(|| format!("there is no controller {kind:?}"))?;
        if self.within.iter().any(|outer| outer == kind) {
            return Err(format!("learner: {kind:?} can't be a learner within itself"));
        }
        let mut own = self.clone();
        own.within.push(kind.into());
        part.build(self.tables.get(kind).unwrap_or(&(part.defaults)()), &own)
    }

    /// Builds another controller of the same scenario that learns from sensing alone, for those that wrap one.
    pub fn learner(&self, kind: &str) -> Result<Box<dyn Controller>, PartError> {
        match self.build(kind)? {
            Hosted::Sensing(controller) => Ok(controller),
            Hosted::Privileged(_) => Err(format!("{kind:?} sees the truth, and can't learn from reward")),
        }
    }
}

/// A registered part: what it is, its settings, and how to build it.
pub struct Part<C, T> {
    /// One line for listings.
    pub about: &'static str,
    /// JSON Schema of its settings.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads settings and writes them back with every default filled in.
    pub resolve: fn(&Node) -> Result<toml::Table, ConfigError>,
    /// The settings with nothing but defaults.
    pub defaults: fn() -> toml::Table,
    build: Box<Build<C, T>>,
}

type Build<C, T> = dyn Fn(&toml::Table, &C) -> Result<T, PartError> + Send + Sync;

impl<C, T> Part<C, T> {
    fn new<S: Settings>(about: &'static str, build: impl Fn(&S, &C) -> Result<T, PartError> + Send + Sync + 'static) -> Self {
        Part {
            about,
            schema: |generator| generator.subschema_for::<S>(),
            resolve: |node| {
                toml::Table::try_from(node.to::<S>()?).map_err(|e| {
                    ConfigError::refused(node, "", format!("expected whole numbers below 2^63, found a larger one ({e})"))
                })
            },
            // Settings are structs of plain data, whose defaults TOML can express.
            defaults: || toml::Table::try_from(S::default()).unwrap_or_default(),
            build: Box::new(move |settings, context| {
                let settings = S::deserialize(toml::Value::Table(settings.clone())).map_err(|e| e.to_string())?;
                build(&settings, context)
            }),
        }
    }

    /// Builds the part from resolved settings.
    pub fn build(&self, settings: &toml::Table, context: &C) -> Result<T, PartError> {
        (self.build)(settings, context)
    }
}

/// Compiles networks for a substrate with its options; random numbers follow from the seed.
pub type Compile = Box<dyn Fn(&NetworkSpec, u64) -> Result<Box<dyn Network>, CompileError> + Send + Sync>;

/// Parts by name.
pub struct Registry {
    /// Neuron models and plasticity rules; `Arc::get_mut` reaches them until a substrate has been made.
    pub models: Arc<Models>,
    pub(crate) robots: BTreeMap<&'static str, Part<PathBuf, RobotSpec>>,
    pub(crate) tasks: BTreeMap<&'static str, Part<TaskContext, Box<dyn Task>>>,
    pub(crate) controllers: BTreeMap<&'static str, Part<ControllerContext, Hosted>>,
    /// The controller that `ideal` stands for, by the task.
    pub(crate) ideals: BTreeMap<&'static str, &'static str>,
    pub(crate) substrates: BTreeMap<&'static str, Part<Arc<Models>, Compile>>,
    pub(crate) library: BTreeMap<String, String>,
    /// Trained weights by name, as files.
    pub(crate) weights: BTreeMap<&'static str, &'static [u8]>,
}

impl Default for Registry {
    /// Everything built in, a line each.
    fn default() -> Self {
        let mut registry = Registry {
            models: Arc::new(Models::default()),
            robots: BTreeMap::new(),
            tasks: BTreeMap::new(),
            controllers: BTreeMap::new(),
            ideals: BTreeMap::new(),
            substrates: BTreeMap::new(),
            library: BTreeMap::new(),
            weights: BTreeMap::new(),
        };
        registry.robot("ball", "a ball that is driven over the plane, under an event camera", |s: &Ball, _| Ok(s.robot()));
        registry.robot("car", "a car that holds its speed and is steered, with an event camera on its roof", |s: &Car, _| {
            Ok(s.robot())
        });
        registry.robot("model", "a robot of a file or of the catalogue, with motors, marks and cameras", |s: &Model, base| {
            s.robot(base)
        });
        registry.robot("trunk", "a stack of modules that tilt and stretch, under motion capture", |s: &TrunkRobot, _| {
            s.robot().map_err(|e| e.to_string())
        });
        registry.task("reaching", "reach a place on the plane, again and again", |s: &Reaching, c| {
            s.check_within(c.arena.half_extent_m).and_then(|()| ReachingTask::new(s, c.control_period))
        });
        registry.task("lane-following", "stay in the right lane of a road", |s: &LaneFollowing, c| {
            LaneFollowingTask::new(s, &c.arena, c.control_period)
        });
        registry.task("arm-reaching", "bring the tip of an arm to a goal, again and again", |s: &ArmReaching, c| {
            ArmReachingTask::new(s, &c.robot, c.control_period)
        });
        registry.task(
            "trunk-reaching",
            "bring the tip of a trunk to a pose, one target after the other",
            |s: &TrunkReaching, c| TrunkReachingTask::new(s, &c.robot),
        );
        registry.controller("spore", "spiking network that learns online by SPORE", |s: &SporeSettings, c| {
            SporeController::new(s, &c.around, &c.compile, c.seed).map_err(|e| e.to_string())
        });
        registry.controller("network", "a network of a file, NIR or a description, that doesn't learn", own_network::build);
        registry.controller("frozen", "a learner with its initial weights, not learning", Frozen::build);
        registry.controller("permuted", "a learner that gets a finished run's reward, shuffled", Permuted::build);
        registry.controller("yoked", "a learner that gets a finished run's reward as it was", Yoked::build);
        registry.privileged("blind", "straight runs with random turns: chance", |s: &BlindSettings, c| {
            Blind::new(s, &c.robot, c.around.control_period, c.seed).map_err(|e| e.to_string())
        });
        registry.privileged(
            "ideal",
            "straight to the goal by the true position: the ceiling, or that of the task",
            |s: &IdealSettings, c| Ideal::new(s, c.goal(), &c.around.action).map_err(|e| e.to_string()),
        );
        registry.privileged(
            "joints-ideal",
            "joints straight to where the goal is reached: an arm's ceiling",
            |s: &JointsIdealSettings, c| JointsIdeal::new(s, &c.robot, c.around.control_period).map_err(|e| e.to_string()),
        );
        registry.privileged(
            "pursuit",
            "steers after the lane's centre by the true pose: a car's ceiling",
            |s: &PursuitSettings, c| {
                let road = c.arena.road.as_ref().ok_or("expected an arena with a road, found none")?;
                Pursuit::new(s, road.right_lane(LANE_STEP_M), &c.around.action).map_err(|e| e.to_string())
            },
        );
        registry.privileged(
            "trunk-ideal",
            "damped least squares on the true kinematics: a trunk's ceiling",
            |s: &TrunkIdealSettings, c| TrunkIdeal::new(s, &c.robot, c.orientation()).map_err(|e| e.to_string()),
        );
        registry.controller(
            "random-poses",
            "an action drawn at random in every step: search by luck",
            |_: &RandomPosesSettings, c| Ok(RandomPoses::new(&c.around.action)),
        );
        registry.ideal("arm-reaching", "joints-ideal");
        registry.ideal("trunk-reaching", "trunk-ideal");
        registry.ideal("lane-following", "pursuit");
        registry.controller(
            "classical",
            "keeps a lane by its lines, seen by the same event camera",
            |s: &ClassicalSettings, c| {
                Classical::new(s, &c.around.observation, &c.around.action, c.around.control_period).map_err(|e| e.to_string())
            },
        );
        registry.controller(
            "forward-model",
            "a spiking forward model of a trunk, trained before and inverted to control it",
            |s: &ForwardModelSettings, c| {
                s.neurons.check()?;
                let modules = modules_of(&c.around.observation, &c.around.action)?;
                let bytes = c.registry.weights_of(&c.base, "weights", &s.weights)?;
                let model = ForwardModel::read(&bytes, modules, s.neurons).map_err(|e| format!("{}: {e}", s.weights))?;
                let start = Platforms::of(&c.robot).ok_or("expected a robot that is a trunk, found another")?.start();
                let controller = ForwardModelController::new(s, model, &c.around, start, c.orientation());
                // In single precision it runs the network itself, over all ticks at once, to the same bits.
                let placed = |controller: ForwardModelController| match c.substrate.as_str() {
                    substrate::DEFAULT => Ok(controller),
                    _ => controller.on(&c.compile, c.seed),
                };
                controller.and_then(placed).map_err(|e| e.to_string())
            },
        );
        registry.controller("trained", "a learner with the weights of a finished run, not learning", Trained::build);
        registry.controller("straight", "an action of zeros: straight on", |s: &Straight, _| Ok(s.clone()));
        registry.substrate(
            "float",
            "this machine's processor, in single precision: nothing is lost",
            |_: &FloatOptions, models| Ok(FloatSubstrate::new(models)),
        );
        substrate::register(&mut registry);
        registry.weights("trunk-10", include_bytes!("../library/weights/trunk-10.safetensors"));
        registry.weights("trunk-10-small", include_bytes!("../library/weights/trunk-10-small.safetensors"));
        registry.weights("trunk-25", include_bytes!("../library/weights/trunk-25.safetensors"));
        registry.scenario("reaching", include_str!("../library/reaching.toml"));
        registry.scenario("arm-reaching", include_str!("../library/arm-reaching.toml"));
        registry.scenario("arm2-reaching", include_str!("../library/arm2-reaching.toml"));
        registry.scenario("lane-following", include_str!("../library/lane-following.toml"));
        registry.scenario("trunk-10", include_str!("../library/trunk-10.toml"));
        registry.scenario("trunk-10-small", include_str!("../library/trunk-10-small.toml"));
        registry.scenario("trunk-25", include_str!("../library/trunk-25.toml"));
        registry.scenario("trunk-10-physics", include_str!("../library/trunk-10-physics.toml"));
        registry.scenario("reaching-s", include_str!("../library/reaching-s.toml"));
        registry
    }
}

impl Registry {
    /// Adds a robot, built from its settings and the folder that relative paths in them start from.
    pub fn robot<S: Settings>(
        &mut self,
        name: &'static str,
        about: &'static str,
        build: fn(&S, &Path) -> Result<RobotSpec, PartError>,
    ) {
        self.robots.insert(name, Part::new(about, move |settings, base: &PathBuf| build(settings, base)));
    }

    /// Adds a task, built from its settings.
    pub fn task<S: Settings, T: Task + 'static>(
        &mut self,
        name: &'static str,
        about: &'static str,
        build: fn(&S, &TaskContext) -> Result<T, PartError>,
    ) {
        self.tasks
            .insert(name, Part::new(about, move |settings, context| Ok(Box::new(build(settings, context)?) as Box<dyn Task>)));
    }

    /// Adds trained weights: the bytes of a safetensors file.
    pub fn weights(&mut self, name: &'static str, bytes: &'static [u8]) {
        self.weights.insert(name, bytes);
    }

    /// Adds a controller that sees only what the body senses.
    pub fn controller<S: Settings, T: Controller + 'static>(
        &mut self,
        name: &'static str,
        about: &'static str,
        build: fn(&S, &ControllerContext) -> Result<T, PartError>,
    ) {
        self.controllers.insert(name, Part::new(about, move |s, c| Ok(Hosted::Sensing(Box::new(build(s, c)?)))));
    }

    /// Adds a baseline that sees the truth.
    pub fn privileged<S: Settings, T: Privileged + 'static>(
        &mut self,
        name: &'static str,
        about: &'static str,
        build: fn(&S, &ControllerContext) -> Result<T, PartError>,
    ) {
        self.controllers.insert(name, Part::new(about, move |s, c| Ok(Hosted::Privileged(Box::new(build(s, c)?)))));
    }

    /// Says which controller the name `ideal` stands for in scenarios of a task; unless told otherwise, that which goes straight over the plane.
    pub fn ideal(&mut self, task: &'static str, controller: &'static str) {
        self.ideals.insert(task, controller);
    }

    /// Adds a substrate, built anew from its options for each network.
    pub fn substrate<S: Settings + Clone, B: Substrate + 'static>(
        &mut self,
        name: &'static str,
        about: &'static str,
        build: fn(&S, Arc<Models>) -> Result<B, PartError>,
    ) {
        let compiler = move |options: &S, models: &Arc<Models>| {
            // Wrong options are found before there is a network.
            build(options, models.clone())?;
            let (options, models) = (options.clone(), models.clone());
            let compile = move |spec: &NetworkSpec, seed| {
                let substrate =
                    build(&options, models.clone()).map_err(|why| CompileError::Invalid { part: name.into(), why })?;
                Ok(Box::new(Compiled::new(substrate, spec, seed)?) as Box<dyn Network>)
            };
            Ok(Box::new(compile) as Compile)
        };
        self.substrates.insert(name, Part::new(about, compiler));
    }

    /// The bytes of trained weights that the setting `key` names: of a file as seen from `base`, or of the library by name.
    ///
    /// # Errors
    /// If the file can't be read, or the name isn't known.
    pub(crate) fn weights_of(&self, base: &Path, key: &str, weights: &str) -> Result<Cow<'static, [u8]>, PartError> {
        if is_weights_file(weights) {
            let path = base.join(weights);
            let length = std::fs::metadata(&path).map_err(|e| format!("{key}: {}: {e}", path.display()))?.len();
            if length > LARGEST_WEIGHTS {
                return Err(format!("{key}: {}: expected at most {LARGEST_WEIGHTS} bytes, found {length}", path.display()));
            }
            return Ok(Cow::Owned(std::fs::read(&path).map_err(|e| format!("{key}: {}: {e}", path.display()))?));
        }
        let known: Vec<&str> = self.weights.keys().copied().collect();
        let bytes = self.weights.get(weights).ok_or_else(|| {
            format!(
                "{key}: expected a safetensors file, such as one that embody train makes, or one of {}; found {weights:?}",
                known.join(", ")
            )
        })?;
        Ok(Cow::Borrowed(bytes))
    }

    /// Adds a scenario to the library, as the text of its file.
    pub fn scenario(&mut self, name: &str, text: &str) {
        self.library.insert(name.into(), text.into());
    }
}
