//! A world from outside: where from, and drawn finely enough for people.

use embody_robots::Stage;
use embody_robots::robot::{Actuator, RobotSpec};
use embody_sim_world::render::{Camera, Scene};
use embody_sim_world::{BuildError, SimulatedBody};
use nalgebra::{Point3, Vector3};

use super::Grey;

/// Rays along each side of a pixel, whose mean it shows.
const FINENESS: usize = 3;

/// From where a world is looked at, and how widely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The eye (m).
    pub from_m: [f64; 3],
    /// What is in the middle (m).
    pub to_m: [f64; 3],
    /// Width of the view (rad).
    pub width_rad: f64,
}

/// From what is looked at towards the eye, for a robot that stands: from its right, half from above.
const OBLIQUE: [f64; 3] = [0.5, -0.9, 0.75];

/// Eye and middle of the view in the frame of a car (m).
const BEHIND_CAR: [[f64; 3]; 2] = [[-6.5, 0.0, 3.6], [6.0, 0.0, 0.0]];

/// How much more than the robot is in view.
const ROOM: f64 = 1.2;

impl View {
    /// A view of `width_rad`, as many rows as `rows` times columns, that suits what is looked at: a car from behind and above, anything else
    /// as a whole, obliquely from above.
    ///
    /// # Errors
    /// If a visible part can't be drawn.
    pub fn of(body: &SimulatedBody, width_rad: f64, rows: f64) -> Result<View, BuildError> {
        let scene = body.scene()?;
        let [from_m, to_m] = match car(body.robot()).and_then(|link| body.pose(link).ok()) {
            Some(pose) => BEHIND_CAR.map(|point| (pose * Point3::from(point)).into()),
            None => around(&scene, width_rad, rows),
        };
        Ok(View { from_m, to_m, width_rad })
    }
}

/// The link that is the chassis of a car.
fn car(robot: &RobotSpec) -> Option<&str> {
    let joint = robot.actuators.iter().find(|actuator| matches!(actuator, Actuator::Car { .. }))?.joint();
    robot.joints.iter().find(|other| other.name == joint).map(|joint| joint.child.as_str())
}

/// Eye and middle of a view in which the things of a scene are as a whole.
fn around(scene: &Scene, width_rad: f64, rows: f64) -> [[f64; 3]; 2] {
    let balls = || scene.things.iter().map(|thing| (thing.pose.translation.vector, thing.reach_m()));
    let (mut low, mut high) = (Vector3::repeat(f64::INFINITY), Vector3::repeat(f64::NEG_INFINITY));
    for (centre, reach) in balls() {
        (low, high) = (low.inf(&centre.add_scalar(-reach)), high.sup(&centre.add_scalar(reach)));
    }
    if scene.things.is_empty() {
        (low, high) = (Vector3::repeat(-1.0), Vector3::repeat(1.0));
    }
    let middle = 0.5 * (low + high);
    let reach = balls().map(|(centre, reach)| (centre - middle).norm() + reach).fold(0.1, f64::max);
    let half = libm::atan(libm::tan(0.5 * width_rad) * rows.min(1.0));
    let eye = middle + Vector3::from(OBLIQUE).normalize() * (ROOM * reach / libm::sin(half));
    [eye.into(), middle.into()]
}

/// The world of `body`, walls included, from outside.
///
/// # Errors
/// If a visible part can't be drawn.
pub fn of_world(body: &SimulatedBody, view: &View, width: u16, height: u16) -> Result<Grey, BuildError> {
    let mut scene = body.scene()?;
    scene.things.extend(body.walls());
    let fine = [width, height].map(|side| usize::from(side) * FINENESS);
    let side = |side: usize| u16::try_from(side).unwrap_or(u16::MAX);
    let mut camera = Camera::new(side(fine[0]), side(fine[1]), view.width_rad);
    camera.look(view.from_m, view.to_m);
    let mut image = vec![0.0; fine[0] * fine[1]];
    camera.render(&scene, &mut image);
    Ok(Grey::new(width.into(), height.into(), |column, row| {
        // The camera's row 0 is at the bottom.
        let below = usize::from(height) - 1 - row;
        let rows = image.chunks_exact(fine[0]).skip(FINENESS * below).take(FINENESS);
        let sum: f32 = rows.flat_map(|row| &row[FINENESS * column..FINENESS * (column + 1)]).sum();
        sum / (FINENESS * FINENESS) as f32
    }))
}
