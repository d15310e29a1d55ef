//! A world from outside: where from, and drawn finely enough for people.

use std::f64::consts::PI;

use embody_robots::kinematics::Kinematics;
use embody_robots::robot::{Actuator, Joint, JointKind, RobotSpec};
use embody_sim_world::render::{Camera, Ground, Scene, Thing};
use embody_sim_world::{BuildError, World};
use nalgebra::{Point3, Vector3};

use super::Grey;

/// Rays along each side of a pixel, whose mean it shows.
const FINENESS: u16 = 3;

/// Share of its brightness that the ground keeps in a shadow: about what a face turned from the light keeps.
const IN_SHADOW: f32 = 0.5;

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
const BEHIND_CAR: [[f64; 3]; 2] = [[-9.0, 0.0, 3.4], [8.0, 0.0, 0.4]];

/// Postures from which it is known where a robot reaches, and the fraction by which they are spread.
const POSTURES: usize = 64;
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// How much more than the robot is in view.
const ROOM: f64 = 1.1;

impl View {
    /// A view of `width_rad`, as many rows as `rows` times columns, that suits what is looked at: a car from behind and above, anything else
    /// as a whole, obliquely from above, with the walls round what may roll anywhere between them.
    ///
    /// # Errors
    /// If a visible part can't be drawn.
    pub fn of(body: &dyn World, width_rad: f64, rows: f64) -> Result<View, BuildError> {
        let scene = body.scene()?;
        let [from_m, to_m] = match car(body.robot()).and_then(|link| body.truth().pose(link).ok()) {
            Some(pose) => BEHIND_CAR.map(|point| (pose * Point3::from(point)).into()),
            None => around(&extent(body, &scene), width_rad, rows),
        };
        Ok(View { from_m, to_m, width_rad })
    }
}

/// The link that is the chassis of a car.
fn car(robot: &RobotSpec) -> Option<&str> {
    let joint = robot.actuators.iter().find(|actuator| matches!(actuator, Actuator::Car { .. }))?.joints().next()?;
    robot.link_held_by(joint).map(|link| robot.links[link].name.as_str())
}

/// Whether something that is driven may go anywhere.
fn roams(robot: &RobotSpec) -> bool {
    let driven = robot.actuators.iter().flat_map(Actuator::joints).filter_map(|joint| robot.joint_index(joint));
    driven.into_iter().any(|joint| robot.joints[joint].kind == JointKind::Free)
}

/// Places that the links of a robot may come to, if it stands on one: those of a few dozen postures within the limits of its joints, spread
/// evenly (the additive recurrence of the golden ratio, one dimension a joint).
fn reached(robot: &RobotSpec) -> Vec<Vector3<f64>> {
    let Some(kinematics) = Kinematics::new(robot).ok().filter(|_| !roams(robot)) else { return Vec::new() };
    let turns = |joint: &Joint| joint.kind.degrees_of_freedom() == 1;
    if !robot.joints.iter().any(turns) {
        return Vec::new();
    }
    let posture = |number: usize| {
        let placed = robot.joints.iter().enumerate().filter(|(_, joint)| turns(joint) && joint.mimic.is_none());
        let placed = placed.map(|(index, joint)| {
            let share = libm::fmod((number + 1) as f64 * libm::pow(GOLDEN, (index + 1) as f64), 1.0);
            let [low, high] = joint.limits.position.unwrap_or([-PI, PI]);
            (joint.name.as_str(), low + share * (high - low))
        });
        let positions = kinematics.positions(placed).unwrap_or_default();
        kinematics.poses(&positions).into_iter().map(|pose| pose.translation.vector)
    };
    (0..POSTURES).flat_map(posture).collect()
}

/// Centres and radii of balls that hold all there is to look at: the things of a scene, where the robot's links may come, and the corners of the arena round what may roll anywhere in it.
fn extent(body: &dyn World, scene: &Scene) -> Vec<(Vector3<f64>, f64)> {
    let things = scene.things.iter().map(|thing| (thing.pose.translation.vector, thing.reach_m()));
    let reached = reached(body.robot()).into_iter().map(|place| (place, 0.0));
    let half = if roams(body.robot()) { Some(body.arena().half_extent_m) } else { None };
    let corners = half.into_iter().flat_map(|half| [[-half, -half], [half, half], [half, -half], [-half, half]]);
    things.chain(reached).chain(corners.map(|[x, y]| (Vector3::new(x, y, 0.0), 0.0))).collect()
}

/// Eye and middle of a view in which balls of these centres and radii are as a whole.
fn around(balls: &[(Vector3<f64>, f64)], width_rad: f64, rows: f64) -> [[f64; 3]; 2] {
    let (mut low, mut high) = (Vector3::repeat(f64::INFINITY), Vector3::repeat(f64::NEG_INFINITY));
    for (centre, reach) in balls {
        (low, high) = (low.inf(&centre.add_scalar(-*reach)), high.sup(&centre.add_scalar(*reach)));
    }
    if balls.is_empty() {
        (low, high) = (Vector3::repeat(-1.0), Vector3::repeat(1.0));
    }
    let middle = 0.5 * (low + high);
    let reach = balls.iter().map(|(centre, reach)| (centre - middle).norm() + reach).fold(0.1, f64::max);
    let half = libm::atan(libm::tan(0.5 * width_rad) * rows.min(1.0));
    let eye = middle + Vector3::from(OBLIQUE).normalize() * (ROOM * reach / libm::sin(half));
    [eye.into(), middle.into()]
}

/// The world of `body` with walls and shadows, from outside.
///
/// # Errors
/// If a visible part can't be drawn.
pub fn of_world(body: &dyn World, view: &View, width: u16, height: u16) -> Result<Grey, BuildError> {
    let mut scene = body.scene()?;
    scene.things.extend(body.walls());
    let fine = [width, height].map(|side| side.saturating_mul(FINENESS));
    let mut camera = Camera::new(fine[0], fine[1], view.width_rad);
    camera.look(view.from_m, view.to_m);
    let mut draw = |scene: &Scene| {
        let mut image = vec![0.0; usize::from(fine[0]) * usize::from(fine[1])];
        camera.render(scene, &mut image);
        image
    };
    let mut image = draw(&scene);
    for (pixel, light) in image.iter_mut().zip(draw(&shadows(scene))) {
        *pixel *= IN_SHADOW + (1.0 - IN_SHADOW) * light.min(1.0);
    }
    Ok(coarse(&image, width.into(), height.into()))
}

/// The same scene with black shadows on a white ground, and everything else brighter than white from any side.
fn shadows(mut scene: Scene) -> Scene {
    (scene.sky, scene.ground) = (1.0, Ground::Plain(1.0));
    let shadows: Vec<Thing> = scene.things.iter().filter_map(Thing::shadow).collect();
    scene.things.iter_mut().for_each(|thing| thing.brightness = 10.0);
    scene.things.extend(shadows);
    scene
}

/// The picture of `width` x `height` pixels that each show the mean of their part of `image`, as bright to the eye.
fn coarse(image: &[f32], width: usize, height: usize) -> Grey {
    let fineness = usize::from(FINENESS);
    Grey::new(width, height, |column, row| {
        // The camera's row 0 is at the bottom.
        let rows = image.chunks_exact(width * fineness).skip(fineness * (height - 1 - row)).take(fineness);
        let sum: f32 = rows.flat_map(|row| &row[fineness * column..fineness * (column + 1)]).sum();
        // Nearly what screens undo, the power 2.2: dark things keep their shades.
        (sum / (fineness * fineness) as f32).sqrt()
    })
}

#[cfg(test)]
mod tests {
    use embody_robots::Nanos;
    use embody_robots::catalogue::arms::arm2;
    use embody_robots::catalogue::car::Car;
    use embody_sim_world::{Arena, SimulatedBody};

    use super::*;

    fn body(robot: &RobotSpec) -> SimulatedBody {
        SimulatedBody::new(robot, &Arena::default(), Nanos::from_millis(5), Nanos::from_millis(5)).unwrap()
    }

    #[test]
    fn a_car_is_seen_from_behind_and_above_wherever_it_looks() {
        let view = View::of(&body(&Car::default().robot()), 1.0, 0.5).unwrap();
        assert!(view.from_m[0] < -5.0 && view.from_m[2] > 2.0 && view.to_m[0] > 1.0, "{view:?}");
    }

    #[test]
    fn an_arm_is_seen_as_a_whole() {
        let body = body(&arm2().unwrap().robot);
        let view = View::of(&body, 1.0, 0.5).unwrap();
        let picture = of_world(&body, &view, 64, 32).unwrap();
        assert_eq!(picture.size(), [64, 32]);
        let plane = picture.level(0, 31).unwrap();
        let shows_plane = |at: (usize, usize)| picture.level(at.0, at.1) == Some(plane);
        let edge = (0..64).flat_map(|column| [(column, 0), (column, 31)]);
        assert!(edge.chain((0..32).flat_map(|row| [(0, row), (63, row)])).all(shows_plane), "it touches no edge");
        assert!((0..64).flat_map(|column| (0..32).map(move |row| (column, row))).any(|at| !shows_plane(at)), "it is there");
    }
}
