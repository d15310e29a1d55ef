//! Scenarios: what a file says (raw, a [`Node`] tree) and what it means ([`Scenario`], every value filled in).
//!
//! A resolved scenario is written as `config.toml`, is itself a scenario file, and resolves to itself byte for byte.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use embody_controllers::Hosted;
use embody_controllers::spore::Loop;
use embody_robots::{Body, Environment, Nanos, RobotSpec, Task, seed};
use embody_sim_world::{Arena, World, world};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::choice;
pub use crate::choice::Choice;
use crate::config::{ConfigError, Node, render};
use crate::part_files;
use crate::registry::{Compile, ControllerContext, Registry, TaskContext};
use crate::run::REPORTING_HOUR;
use crate::run::folder;
use crate::substrate;

/// Length of the largest scenario file that is read (bytes).
const LARGEST_FILE: u64 = 1 << 20;

/// The keys of a scenario file.
const KEYS: [&str; 10] = ["name", "about", "seed", "substrate", "time", "arena", "robot", "task", "controller", "variants"];

/// A scenario with every value filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Its name: lower-case letters, digits and dashes.
    pub name: String,
    /// One line that says what it is.
    pub about: String,
    /// Master seed.
    pub seed: u64,
    /// What the network runs on.
    pub substrate: Choice,
    /// Periods and durations.
    pub time: Times,
    /// The walled plane.
    pub arena: Arena,
    /// The robot.
    pub robot: Choice,
    /// The task.
    pub task: Choice,
    /// What closes the loop.
    pub controller: Choice,
    /// Variants of a study: for each, settings as `--set` takes them.
    pub variants: toml::Table,
}

/// Periods and durations of a scenario: whole nanoseconds in whole ratios.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Total simulated time.
    pub duration: Nanos,
    /// Length of a control step.
    pub control_period: Nanos,
    /// Length of a physics step.
    pub physics_period: Nanos,
    /// Length of a neural tick.
    pub neural_tick: Nanos,
    /// Length of a reporting window: one row of `metrics.csv`.
    #[serde(default = "default_report")]
    pub report_every: Nanos,
    /// Simulated time between two checkpoints.
    #[serde(default = "default_checkpoint")]
    pub checkpoint_every: Nanos,
}

fn default_report() -> Nanos {
    Nanos::from_secs(300)
}

fn default_checkpoint() -> Nanos {
    Nanos::from_secs(1000)
}

impl Scenario {
    /// The settings of a variant; none for a name that isn't one.
    pub fn variant_settings(&self, variant: &str) -> Vec<String> {
        let settings = self.variants.get(variant).and_then(|settings| settings.as_array()).into_iter().flatten();
        settings.filter_map(|setting| setting.as_str().map(str::to_owned)).collect()
    }
}

/// Why a scenario can't be loaded or built.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// What the file says is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file can't be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Path of the file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// There is neither a file nor a scenario in the library of that name.
    #[error(
        "there is no scenario {name:?}{hint}; the library holds {known} (embody list), anything that ends in .toml is a file"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest known name.
        hint: String,
        /// The names in the library.
        known: String,
    },
}

/// A scenario as it was loaded: resolved, with the tree that it came from, for errors, and the folder that its relative paths start from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// With every value filled in.
    pub scenario: Scenario,
    /// Folder that relative paths start from.
    pub base: PathBuf,
    node: Node,
}

/// A scenario put together: what the loop steps.
pub struct Assembly {
    /// The simulated body with its task.
    pub environment: Environment<dyn Body, dyn Task>,
    /// What closes the loop.
    pub controller: Hosted,
}

impl Loaded {
    /// Loads a scenario of the library by its name, or a file by its path, and applies settings in order.
    pub fn find(registry: &Registry, source: &str, settings: &[String]) -> Result<Loaded, ScenarioError> {
        let (text, file, base) = if source.ends_with(".toml") || source.contains('/') {
            let path = Path::new(source);
            let unreadable = |error| ScenarioError::Unreadable { path: source.into(), source: error };
            let mut text = String::new();
            // What a device says of its length means nothing.
            let mut file = std::fs::File::open(path).map_err(unreadable)?.take(LARGEST_FILE + 1);
            let read = file.read_to_string(&mut text);
            if text.len() as u64 > LARGEST_FILE || file.limit() == 0 {
                return Err(unreadable(std::io::Error::other("expected a scenario file of at most 1 MiB, found more")));
            }
            read.map_err(unreadable)?;
            (text, source.to_owned(), path.parent().unwrap_or(Path::new("")).to_owned())
        } else if let Some(text) = registry.library.get(source) {
            (text.clone(), format!("{source}.toml (built in)"), PathBuf::new())
        } else {
            let near = registry
                .library
                .keys()
                .max_by(|a, b| strsim::jaro_winkler(a, source).total_cmp(&strsim::jaro_winkler(b, source)));
            let near = near.filter(|name| strsim::jaro_winkler(name, source) > 0.75);
            return Err(ScenarioError::Unknown {
                name: source.into(),
                hint: near.map_or(String::new(), |name| format!(", did you mean {name:?}?")),
                known: registry.library.keys().cloned().collect::<Vec<_>>().join(", "),
            });
        };
        let mut node = Node::parse(&text, &file)?;
        for setting in settings {
            substrate::as_table(&mut node)?;
            node.apply_set(setting)?;
        }
        Ok(Loaded::resolve(registry, node, base)?)
    }

    /// Resolves a tree; relative paths in it start from `base`.
    pub fn resolve(registry: &Registry, mut node: Node, base: PathBuf) -> Result<Loaded, ConfigError> {
        for (key, _) in node.entries() {
            if !KEYS.contains(&key) {
                return Err(ConfigError::unknown_key(&node, key, &KEYS));
            }
        }
        let substrate = substrate::choose(registry, &mut node)?;
        let mut robot = choice::choose(&mut node, "robot", &registry.robots)?;
        let task = choice::choose(&mut node, "task", &registry.tasks)?;
        let controller = choice::choose(&mut node, "controller", &registry.controllers)?;
        let required = |key: &str| node.get(key).ok_or_else(|| ConfigError::missing_key(&node, key));
        let name: String = required("name")?.to()?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 60 || !name.chars().all(plain) {
            let expected = "1 to 60 lower-case letters, digits and dashes";
            return Err(ConfigError::invalid(&node, "name", expected, format!("{name:?}")));
        }
        let time: Times = required("time")?.to()?;
        check_times(&node, &time)?;
        let arena: Arena = node.get("arena").map_or(Ok(Arena::default()), Node::to)?;
        arena.check().map_err(|e| ConfigError::refused(&node, "arena", e.to_string()))?;
        part_files::anchor(&mut robot.tables, &base);
        let mut controller = ideal_of(registry, &task, controller, &node)?;
        part_files::anchor(&mut controller.tables, &base);
        let scenario = Scenario {
            name,
            about: node.get("about").map_or(Ok(String::new()), Node::to)?,
            seed: node.get("seed").map_or(Ok(1), Node::to)?,
            substrate,
            time,
            arena,
            robot,
            task,
            controller,
            variants: variants(&node)?,
        };
        Ok(Loaded { scenario, base, node })
    }

    /// Builds body, task and controller, or says which table is to blame.
    pub fn assemble(&self, registry: &Arc<Registry>) -> Result<Assembly, ConfigError> {
        let environment = self.environment(registry)?;
        let controller = self.controller(registry, environment.body())?;
        Ok(Assembly { environment, controller })
    }

    /// Builds body and task.
    pub fn environment(&self, registry: &Registry) -> Result<Environment<dyn Body, dyn Task>, ConfigError> {
        let scenario = &self.scenario;
        let body = self.body(registry)?;
        let robot = body.robot().clone();
        let context = TaskContext { control_period: scenario.time.control_period, arena: scenario.arena.clone(), robot };
        let task = registry.tasks[scenario.task.kind.as_str()]
            .build(&scenario.task.chosen(), &context)
            .map_err(|why| self.refused("task", &scenario.task.kind, why))?;
        Environment::new(body as Box<dyn Body>, task).map_err(|e| self.refused("task", &scenario.task.kind, e.to_string()))
    }

    /// Builds the body alone.
    pub fn body(&self, registry: &Registry) -> Result<Box<dyn World>, ConfigError> {
        let scenario = &self.scenario;
        let robot = self.robot(registry)?;
        world::build(&robot, &scenario.arena, scenario.time.physics_period, scenario.time.control_period)
            .map_err(|e| self.refused("robot", &scenario.robot.kind, e.to_string()))
    }

    /// Builds the robot's description.
    pub fn robot(&self, registry: &Registry) -> Result<RobotSpec, ConfigError> {
        let robot = &self.scenario.robot;
        let built = registry.robots[robot.kind.as_str()].build(&robot.chosen(), &self.base);
        built.map_err(|why| self.refused("robot", &robot.kind, why))
    }

    /// What compiles networks for the scenario's substrate.
    pub fn compiler(&self, registry: &Registry) -> Result<Compile, ConfigError> {
        let substrate = &self.scenario.substrate;
        let compiler = registry.substrates[substrate.kind.as_str()].build(&substrate.chosen(), &registry.models);
        compiler.map_err(|why| self.refused("substrate", &substrate.kind, why))
    }

    /// Builds the controller for a body.
    pub fn controller(&self, registry: &Arc<Registry>, body: &dyn Body) -> Result<Hosted, ConfigError> {
        let scenario = &self.scenario;
        let around = Loop {
            observation: body.observation_spec().clone(),
            action: body.action_spec().clone(),
            control_period: scenario.time.control_period,
            neural_tick: scenario.time.neural_tick,
        };
        let compiler = self.compiler(registry)?;
        let tables = &scenario.controller.tables;
        let context = ControllerContext {
            around,
            substrate: scenario.substrate.kind.clone(),
            compile: Arc::new(compiler),
            seed: seed::stream(scenario.seed, "controller"),
            arena: scenario.arena.clone(),
            robot: self.robot(registry)?,
            task: scenario.task.chosen(),
            base: self.base.clone(),
            run: (scenario.name.clone(), scenario.seed),
            steps: scenario.time.duration.0 / scenario.time.control_period.0,
            registry: registry.clone(),
            within: Vec::new(),
            tables: tables.iter().filter_map(|(kind, value)| Some((kind.clone(), value.as_table()?.clone()))).collect(),
        };
        let refused = |why| self.refused("controller", &scenario.controller.kind, why);
        let controller = context.build(&scenario.controller.kind).map_err(refused)?;
        let kind = &scenario.substrate.kind;
        if kind != substrate::DEFAULT && controller.network().is_some() && controller.running().is_none() {
            let own = &scenario.controller.kind;
            let why =
                format!("{own:?} runs its network by itself in single precision, and not on a substrate: expected \"float\"");
            return Err(self.refused("substrate", kind, why));
        }
        match controller.needs().into_iter().find(|need| !body.truth().offers(need)) {
            Some(need) => Err(refused(format!("it needs {need:?}, which this body doesn't offer"))),
            None => Ok(controller),
        }
    }

    fn refused(&self, section: &str, kind: &str, why: String) -> ConfigError {
        ConfigError::refused(&self.node, &format!("{section}.{kind}"), why)
    }

    /// Digest of what the two sides of a loop must have in common: everything but duration, seed, and where a donor
    /// and the files of a robot lie.
    pub fn identity(&self) -> [u8; 32] {
        let mut same = self.clone();
        if let Some((donor, stated)) = same.donor() {
            // A donor that can't be read is found to be so when the controller is built.
            let found = || crate::controls::donor_summary(&donor).map(|summary| summary.trace_hash).unwrap_or_default();
            let hash = if stated.is_empty() { found() } else { stated };
            same.set_donor("", &hash, Path::new(""));
        }
        part_files::strip(&mut same.scenario.robot.tables);
        part_files::strip(&mut same.scenario.controller.tables);
        (same.scenario.time.duration, same.scenario.seed) = (Nanos::ZERO, 0);
        *blake3::hash(same.render().as_bytes()).as_bytes()
    }

    /// Whether the controller replays another run's reward and isn't told whose.
    pub fn needs_donor(&self) -> bool {
        self.controller_settings().get("donor").is_some_and(|donor| donor.as_str() == Some(""))
    }

    /// The run folder whose reward the controller replays, and its trace hash as far as it is known.
    pub fn donor(&self) -> Option<(PathBuf, String)> {
        let settings = self.controller_settings();
        let text = |key: &str| settings.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let donor = text("donor");
        (!donor.is_empty()).then(|| (folder::plain(&self.base.join(donor)), text("donor_trace_hash")))
    }

    /// Says whose reward the controller replays: a path as seen from `base`, and the trace hash.
    pub fn set_donor(&mut self, path: &str, trace_hash: &str, base: &Path) {
        let kind = self.scenario.controller.kind.clone();
        if let Some(settings) = self.scenario.controller.tables.get_mut(&kind).and_then(|value| value.as_table_mut()) {
            settings.insert("donor".into(), path.into());
            settings.insert("donor_trace_hash".into(), trace_hash.into());
        }
        self.base = base.into();
    }

    fn controller_settings(&self) -> toml::Table {
        self.scenario.controller.chosen()
    }

    /// The resolved scenario as the text of a scenario file.
    pub fn render(&self) -> String {
        // Every value came from TOML, which can therefore express it.
        render(&self.scenario).unwrap_or_default()
    }

    /// The tree that it came from.
    pub fn node(&self) -> &Node {
        &self.node
    }
}

/// The name under which every task has a ceiling.
const IDEAL: &str = "ideal";

/// The controller that was chosen; for `ideal`, that which the task means by it.
fn ideal_of(registry: &Registry, task: &Choice, mut chosen: Choice, root: &Node) -> Result<Choice, ConfigError> {
    let own = registry.ideals.get(task.kind.as_str()).filter(|_| chosen.kind == IDEAL);
    let Some((own, part)) = own.and_then(|own| registry.controllers.get_key_value(own)) else { return Ok(chosen) };
    if root.get("controller").and_then(|node| node.get(IDEAL)).is_some() {
        let why = format!("the ideal of {} is {own:?}: expected its settings in controller.{own}", task.kind);
        return Err(ConfigError::refused(root, "controller.ideal", why));
    }
    chosen.tables.remove(IDEAL);
    chosen.tables.entry(*own).or_insert_with(|| toml::Value::Table((part.defaults)()));
    chosen.kind = (*own).into();
    Ok(chosen)
}

fn variants(root: &Node) -> Result<toml::Table, ConfigError> {
    let mut variants = toml::Table::new();
    for (name, node) in root.get("variants").into_iter().flat_map(Node::entries) {
        let settings: Vec<String> = node.to()?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(ConfigError::refused(
                root,
                &format!("variants.{name}"),
                "a variant's name is made of lower-case letters, digits and dashes",
            ));
        }
        variants.insert(name.into(), settings.into());
    }
    Ok(variants)
}

fn check_times(node: &Node, time: &Times) -> Result<(), ConfigError> {
    let control = time.control_period;
    let parts = [("physics_period", time.physics_period), ("neural_tick", time.neural_tick)];
    for (key, period) in parts {
        if control.whole_multiple_of(period).is_none() {
            let expected = format!("a period that divides control_period = {control} exactly");
            return Err(ConfigError::invalid(node, &format!("time.{key}"), expected, period));
        }
    }
    let wholes = [("duration", time.duration), ("report_every", time.report_every), ("checkpoint_every", time.checkpoint_every)];
    for (key, whole) in wholes {
        if whole.whole_multiple_of(control).is_none() {
            let expected = format!("a whole number of control periods of {control}, at least one");
            return Err(ConfigError::invalid(node, &format!("time.{key}"), expected, whole));
        }
    }
    if time.report_every > REPORTING_HOUR {
        // Summaries are over the last hour, which must hold a window.
        return Err(ConfigError::invalid(node, "time.report_every", "at most an hour (1h)", time.report_every));
    }
    Ok(())
}
