//! A scenario's card: what it is, from its parts as they are built, for people ([`Card::text`]) and for programs (as JSON).
//!
//! Nothing is run. What the controller can't be built without, such as a donor of rewards, is named in place of its network.

mod robot;
mod text;

use std::sync::Arc;

use embody_brain::NetworkSpec;
use embody_sim_world::{Arena, RoadKind};
use serde::Serialize;

use crate::config::ConfigError;
use crate::registry::Registry;
use crate::scenario::{Loaded, Times};
use robot::RobotCard;

/// What a scenario is.
#[derive(Debug, Serialize)]
pub struct Card {
    /// Its name.
    pub name: String,
    /// One line that says what it is.
    pub about: String,
    /// What commands call it: its name in the library, or its file.
    pub source: String,
    /// Master seed.
    pub seed: u64,
    /// Periods and durations.
    pub time: Times,
    /// The ground that it stands on.
    pub world: World,
    /// The body.
    pub robot: RobotCard,
    /// What is to be achieved.
    pub task: TaskCard,
    /// What closes the loop.
    pub controller: Chosen,
    /// What the network runs on.
    pub substrate: String,
    /// The network as it was built; none where the controller has none or can't be built.
    pub network: Option<NetworkSpec>,
    /// How many synapses learn.
    pub plastic_synapses: usize,
    /// Why the controller can't be built from this file alone, if it can't.
    pub controller_lacks: Option<String>,
    /// The variants of a study.
    pub variants: Vec<Variant>,
    /// Commands to go on with.
    pub next: Vec<String>,
}

/// A part that was chosen.
#[derive(Debug, Serialize)]
pub struct Chosen {
    /// Its name.
    pub kind: String,
    /// What it is, in a line.
    pub about: String,
    /// Its settings.
    pub settings: toml::Table,
}

/// The ground.
#[derive(Debug, Serialize)]
pub struct World {
    /// The settings.
    pub arena: Arena,
    /// Length of the road's centre line (m), if there is a road.
    pub road_length_m: Option<f64>,
}

/// The task.
#[derive(Debug, Serialize)]
pub struct TaskCard {
    /// Which one.
    #[serde(flatten)]
    pub part: Chosen,
    /// The law of its reward in words.
    pub reward: String,
    /// Its metrics; the first matters most.
    pub metrics: Vec<String>,
}

/// A variant of a study.
#[derive(Debug, Serialize)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// What it changes, as `--set` takes it.
    pub settings: Vec<String>,
}

impl Card {
    /// The card of a scenario; `source` is what commands call it.
    ///
    /// # Errors
    /// If its body or its task can't be built.
    pub fn of(registry: &Arc<Registry>, loaded: &Loaded, source: &str) -> Result<Card, ConfigError> {
        let scenario = &loaded.scenario;
        let environment = loaded.environment(registry)?;
        let controller = loaded.controller(registry, environment.body());
        let (network, controller_lacks) = match &controller {
            Ok(controller) => (controller.network().cloned(), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let chosen = |kind: &str, about: &str, settings| Chosen { kind: kind.into(), about: about.into(), settings };
        let (task, kind) = (&scenario.task.kind, &scenario.controller.kind);
        Ok(Card {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            source: source.into(),
            seed: scenario.seed,
            time: scenario.time.clone(),
            world: World {
                road_length_m: scenario.arena.road.as_ref().map(|road| road.road().length_m()),
                arena: scenario.arena.clone(),
            },
            robot: RobotCard::of(
                &scenario.robot.kind,
                registry.robots[scenario.robot.kind.as_str()].about,
                &loaded.robot(registry)?,
            ),
            task: TaskCard {
                part: chosen(task, registry.tasks[task.as_str()].about, scenario.task.settings(task)),
                reward: environment.task().reward_law(),
                metrics: environment.task().tallies().iter().map(|tally| tally.name.clone()).collect(),
            },
            controller: chosen(kind, registry.controllers[kind.as_str()].about, scenario.controller.settings(kind)),
            substrate: scenario.substrate.kind.clone(),
            plastic_synapses: network.as_ref().map_or(0, NetworkSpec::plastic_synapses),
            network,
            controller_lacks,
            variants: scenario
                .variants
                .keys()
                .map(|name| Variant { name: name.clone(), settings: scenario.variant_settings(name) })
                .collect(),
            next: next(source, !scenario.variants.is_empty()),
        })
    }
}

/// Commands to go on with.
fn next(source: &str, has_variants: bool) -> Vec<String> {
    let mut next =
        vec![format!("embody run {source} --time 600s"), format!("embody picture {source}"), format!("embody check {source}")];
    if has_variants {
        next.push(format!("embody study {source} --seeds 2 --time 1h"));
    }
    next
}

impl World {
    /// The ground in words.
    fn words(&self) -> String {
        let side = crate::words::number(2.0 * self.arena.half_extent_m);
        let mut words = match self.arena.wall_height_m {
            0.0 => "an open plane".to_owned(),
            height => format!("a plane of {side} m x {side} m with walls {} m high", crate::words::number(height)),
        };
        if let Some((road, length)) = self.arena.road.as_ref().zip(self.road_length_m) {
            let name = match road.kind {
                RoadKind::Bends => "bends",
                RoadKind::Oval => "oval",
            };
            let lane = crate::words::number(road.paint.lane_width_m);
            words += &format!("; the road {name}, {} m round, two lanes of {lane} m", crate::words::number(length));
        }
        words + &format!("; gravity {} m/s^2", crate::words::number(self.arena.gravity_m_s2))
    }
}
