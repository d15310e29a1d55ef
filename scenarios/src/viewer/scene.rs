//! What is looked at, as far as it doesn't change: the world of a scenario, and what the scenario says of itself.

use std::sync::Arc;

use embody_robots::ObservationSpec;
use embody_robots::robot::{Link, Origin, Part, Shape};
use embody_sim_world::viewer::{Orbit, Portrayed, Shown};

use super::source::SourceError;
use crate::picture::View;
use crate::registry::Registry;
use crate::scenario::{Loaded, Scenario};

/// Width of the view (rad).
const WIDTH_RAD: f64 = 0.9;

/// What is looked at.
#[derive(Clone)]
pub(crate) struct Subject {
    pub scenario: Scenario,
    pub observation: ObservationSpec,
    pub portrayed: Portrayed,
    /// Everything where it is before a run begins.
    pub home: Shown,
    pub orbit: Orbit,
}

/// Height of the disc that shows a goal on the ground (m).
const GOAL_HEIGHT_M: f64 = 0.02;

/// The place on the ground that the task has for a goal, as a mark that is there for people alone.
fn goal(scenario: &Scenario) -> Option<Link> {
    let task = scenario.task.settings(&scenario.task.kind);
    let [x, y]: [f64; 2] = task.get("goal_m")?.clone().try_into().ok()?;
    let radius_m = task.get("success_radius_m")?.as_float()?;
    let part = Part {
        shape: Shape::Cylinder { radius_m, length_m: GOAL_HEIGHT_M },
        origin: Origin::at([x, y, 0.5 * GOAL_HEIGHT_M]),
        collides: false,
        visible: true,
        friction: 0.0,
        brightness: 1.0,
    };
    Some(Link { parts: vec![part], ..Link::frame("goal of the task") })
}

impl Subject {
    /// The world of a scenario, seen as suits its robot on `size` pixels.
    pub fn new(registry: &Arc<Registry>, loaded: &Loaded, size: [u32; 2]) -> Result<Subject, SourceError> {
        let body = loaded.body(registry).map_err(|e| SourceError(e.to_string()))?;
        let robot = body.robot().clone();
        let pose = |name: &str| body.truth().pose(name).ok();
        let view = View::of(&*body, WIDTH_RAD, f64::from(size[1]) / f64::from(size[0].max(1)))
            .map_err(|e| SourceError(e.to_string()))?;
        let followed = Orbit::subject(&robot).and_then(|name| Some((name, pose(name)?)));
        let followed = followed.as_ref().map(|(name, pose)| (*name, pose));
        let orbit = Orbit::new(view.from_m, view.to_m, view.width_rad, followed);
        let poses = robot.links.iter().filter_map(|link| Some((link.name.clone(), pose(&link.name)?))).collect();
        let home = Shown { poses, ..Shown::default() };
        let observation = body.observation_spec().clone();
        let mut portrayed = Portrayed { arena: body.arena().clone(), walls: body.walls(), robot };
        portrayed.robot.links.extend(goal(&loaded.scenario));
        Ok(Subject { scenario: loaded.scenario.clone(), observation, portrayed, home, orbit })
    }

    /// In a few words: which scenario, controller and seed.
    pub fn title(&self) -> String {
        let scenario = &self.scenario;
        format!("{} · {} · seed {}", scenario.name, scenario.controller.kind, scenario.seed)
    }
}
