//! What a run's cells speak for, before and after learning, as pictures: the maps of `maps.json` over the ground that the camera sees, where
//! its cells lie on the plane and there is one goal, or else over the cells themselves.

use embody_controllers::Map;

use crate::plot::{self, Ground};
use crate::run::Maps;
use crate::scenario::Scenario;

/// In the name of a map whose first numbers are steering angles.
const STEERING: &str = "steering";

/// The ground under the maps of a scenario; none where its camera doesn't look straight down on one goal.
pub fn ground(scenario: &Scenario) -> Option<Ground> {
    let metres = |settings: &toml::Table, key: &str| settings.get(key).and_then(|value| value.as_float());
    let robot = scenario.robot.settings(&scenario.robot.kind);
    let task = scenario.task.settings(&scenario.task.kind);
    let side = 2.0 * metres(&robot, "camera_half_extent_m")?;
    let goal: [f64; 2] = task.get("goal_m").and_then(|goal| goal.clone().try_into().ok()).unwrap_or_default();
    Some(Ground { size_m: (side, side), goal_m: goal.into(), goal_radius_m: metres(&task, "success_radius_m")? })
}

/// A picture of each map that there is at the start and now; `run` is what the run is called.
pub fn pictures(scenario: &Scenario, run: &str, maps: &Maps) -> Vec<String> {
    let ground = ground(scenario);
    let panel = |map: &Map| {
        // A steering angle is positive to the left.
        let sign = if map.name.contains(STEERING) { -1.0 } else { 1.0 };
        let vectors = map.vectors.iter().map(|v| (sign * f64::from(v[0]), f64::from(v[1]))).collect();
        plot::Map { width: map.size[0], height: map.size[1], vectors, ground }
    };
    let cell = if ground.is_some() { "pixel" } else { "cell" };
    let both = maps.start.iter().zip(&maps.latest);
    both.map(|(start, latest)| {
        let title = format!("{} {run}, each {cell}: {}", scenario.name, start.name);
        plot::direction_map(&title, &panel(start), &panel(latest))
    })
    .collect()
}
