//! Where things went, seen from above, before and after learning.

use embody_robots::Nanos;
use maud::{Markup, html};

use super::files::Files;
use super::shown::Shown;
use super::stretch::Stretch;
use crate::plot::{self, Frame, Scene};
use crate::report::page::{Looks, figure, missing};
use crate::scenario::Scenario;
use crate::words::{measured, number, seconds};

/// Length of the pieces that a road is drawn with (m).
const ROAD_STEP_M: f64 = 0.5;

/// Where things went.
pub fn body(files: &Files, shown: &Shown) -> Markup {
    let scenario = &files.loaded.scenario;
    let parts = [("Before", &shown.before), ("After", &shown.after)];
    let scenes = parts.map(|(_, part)| part.as_ref().ok().map(|stretch| scene(scenario, stretch)));
    let frame = Frame::around(&scenes.iter().flatten().collect::<Vec<_>>());
    html! {
        p { "True positions, which no learning controller is told. A ring is where the way begins, a dot where it ends; it is broken where the task put something elsewhere." }
        div.figures {
            @for ((name, part), scene) in parts.into_iter().zip(&scenes) {
                @match (part, scene) {
                    (Ok(stretch), Some(scene)) => (drawn(name, stretch, scene, &frame)),
                    (Err(why), _) => div { h3 { (name) } (missing(&format!("Not shown: {why}."))) },
                    (Ok(_), None) => "",
                }
            }
        }
        @match (&shown.before, &shown.after) {
            (Ok(before), Ok(after)) if before.origin == after.origin => {
                p.small { "Both were " (before.origin.text()) "." }
                (before.origin.warning())
            }
            _ => {
                @for (name, part) in parts {
                    @if let Ok(stretch) = part { p.small { b { (name) } ": " (stretch.origin.text()) "." } (stretch.origin.warning()) }
                }
            }
        }
    }
}

fn drawn(name: &str, stretch: &Stretch, scene: &Scene, frame: &Frame) -> Markup {
    let [from, to] = stretch.span.map(seconds);
    let who = stretch.ways.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let title = format!("{name}: {who} from {from} to {to}, seen from above");
    let svg = plot::from_above(&title, scene, frame, stretch.span.map(Nanos::as_secs_f64));
    let caption = html! {
        b { (name) ": " (who) ", " (number(stretch.seconds())) " s from " (from) } ", mean reward " (measured(plot::mean(&stretch.rewards).unwrap_or(0.0))) " a control step. " (around(scene))
    };
    figure(&svg, Looks::SmallShaded, &caption)
}

/// What else the picture shows.
fn around(scene: &Scene) -> &'static str {
    match scene {
        Scene { road: Some(_), .. } => "Grey: the road with its edges and its centre line, driven on the right.",
        Scene { goal: Some(_), .. } => "Grey circle: the goal. Square: the walls.",
        Scene { goals: (places, _), .. } if !places.is_empty() => "Grey circles: the places of the goal.",
        _ => "",
    }
}

/// What is seen from above of a stretch.
fn scene(scenario: &Scenario, stretch: &Stretch) -> Scene {
    let task = scenario.task.settings(&scenario.task.kind);
    let radius = task.get("success_radius_m").and_then(|radius| radius.as_float()).unwrap_or(0.0);
    let goal: Option<[f64; 2]> = task.get("goal_m").and_then(|goal| goal.clone().try_into().ok());
    let road = scenario.arena.road.as_ref().map(|settings| {
        let road = settings.road();
        let count = (road.length_m() / ROAD_STEP_M).ceil().max(3.0) as u32;
        let line = |aside: f64| {
            let at = |i: u32| road.at(road.length_m() * f64::from(i) / f64::from(count)).offset(0.0, aside).into();
            (0..count).map(at).collect()
        };
        [settings.paint.lane_width_m, -settings.paint.lane_width_m, 0.0].map(line)
    });
    Scene {
        road,
        walls: (scenario.arena.wall_height_m > 0.0).then_some(scenario.arena.half_extent_m),
        goal: goal.map(|goal| (goal.into(), radius)),
        goals: (stretch.places.iter().map(|place| (*place).into()).collect(), radius),
        paths: stretch.paths(),
    }
}
