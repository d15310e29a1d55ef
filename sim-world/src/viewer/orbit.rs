//! The eye: it circles round a point, which may be a link on its way.
//!
//! Drag with the left button to turn, with the right or the middle one to shift, and roll the wheel to come nearer.

use bevy::camera::{Camera, Camera3d, PerspectiveProjection, Projection};
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::ecs::component::Component;
use bevy::ecs::query::With;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Commands, Query, Res, ResMut};
use bevy::input::ButtonInput;
use bevy::input::mouse::{AccumulatedMouseMotion, AccumulatedMouseScroll, MouseButton, MouseScrollUnit};
use bevy::math::{Quat, Vec3};
use bevy::transform::components::Transform;
use embody_robots::{Pose, RobotSpec};

use super::{Shown, Target, to_vec3};

/// Radians that a dragged pixel turns.
const TURN: f32 = 0.006;

/// Share of the distance that a dragged pixel shifts.
const SHIFT: f32 = 0.0015;

/// Share of the distance that a line of the wheel goes, and how many pixels make a line.
const NEARER: f32 = 0.12;
const PIXELS_PER_LINE: f32 = 40.0;

/// Steepest look from above or below (rad).
const STEEPEST: f32 = 1.55;

/// Nearest and farthest (m).
const DISTANCES: [f32; 2] = [0.05, 1000.0];

/// On the camera that sees the scene.
#[derive(Component)]
pub struct SceneCamera;

/// Whether the pointer belongs to a panel, so that what it does is none of the eye's business.
#[derive(Resource, Default)]
pub struct PointerTaken(pub bool);

/// Where the eye is.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Orbit {
    /// What it circles round (m), in the frame of the world, or of the link that it follows.
    pub target: Vec3,
    /// Direction from there to the eye, about z from x (rad); with a link that it follows, from the link's heading.
    pub yaw: f32,
    /// How high the eye stands above the target's horizon (rad).
    pub pitch: f32,
    /// How far away it is (m).
    pub distance: f32,
    /// Width of the view (rad).
    pub width: f32,
    /// The link that it follows, if any.
    pub follows: Option<String>,
}

impl Orbit {
    /// The eye at `from_m` looking at `to_m`, with a view of `width_rad`; relative to the place and heading of `follows`, given its pose now.
    pub fn new(from_m: [f64; 3], to_m: [f64; 3], width_rad: f64, follows: Option<(&str, &Pose)>) -> Orbit {
        let (from, to) = (to_vec3(from_m), to_vec3(to_m));
        let (origin, heading) = follows.map_or((Vec3::ZERO, 0.0), |(_, pose)| place_of(pose));
        let arm = from - to;
        let distance = arm.length().max(DISTANCES[0]);
        Orbit {
            target: Quat::from_rotation_z(-heading) * (to - origin),
            yaw: libm::atan2f(arm.y, arm.x) - heading,
            pitch: libm::asinf((arm.z / distance).clamp(-1.0, 1.0)).clamp(-STEEPEST, STEEPEST),
            distance,
            width: width_rad as f32,
            follows: follows.map(|(name, _)| name.into()),
        }
    }

    /// The link of `robot` that one would follow with the eye: the one that a car's actuator drives.
    pub fn subject(robot: &RobotSpec) -> Option<&str> {
        let car = robot.actuators.iter().find(|actuator| matches!(actuator, embody_robots::robot::Actuator::Car { .. }))?;
        robot.link_held_by(car.joints().next()?).map(|link| robot.links[link].name.as_str())
    }

    /// The eye's pose, given where the followed link is.
    fn transform(&self, followed: Option<&Pose>) -> Transform {
        let (origin, heading) = followed.map_or((Vec3::ZERO, 0.0), place_of);
        let target = origin + Quat::from_rotation_z(heading) * self.target;
        let turn = Quat::from_rotation_z(self.yaw + heading) * Quat::from_rotation_y(-self.pitch);
        Transform::from_translation(target + turn * (self.distance * Vec3::X)).looking_at(target, Vec3::Z)
    }
}

/// Place (m) and heading about z (rad) of a pose.
fn place_of(pose: &Pose) -> (Vec3, f32) {
    let forward = pose.rotation * nalgebra::Vector3::x();
    (to_vec3(pose.translation.vector.into()), libm::atan2(forward.y, forward.x) as f32)
}

/// Spawns the camera.
pub(super) fn spawn(mut commands: Commands, target: Res<Target>) {
    commands.spawn((SceneCamera, Camera3d::default(), Tonemapping::None, target.0.clone()));
}

/// Moves the eye as the mouse says.
pub(super) fn steer(
    mut orbit: ResMut<Orbit>,
    taken: Res<PointerTaken>,
    buttons: Res<ButtonInput<MouseButton>>,
    motion: Res<AccumulatedMouseMotion>,
    wheel: Res<AccumulatedMouseScroll>,
) {
    if taken.0 {
        return;
    }
    let drag = motion.delta;
    if buttons.pressed(MouseButton::Left) {
        orbit.yaw -= TURN * drag.x;
        orbit.pitch = (orbit.pitch + TURN * drag.y).clamp(-STEEPEST, STEEPEST);
    } else if buttons.pressed(MouseButton::Right) || buttons.pressed(MouseButton::Middle) {
        let across = Quat::from_rotation_z(orbit.yaw) * Vec3::Y;
        let shift = SHIFT * orbit.distance * (-drag.x * across + drag.y * Vec3::Z);
        orbit.target += shift;
    }
    let lines = match wheel.unit {
        MouseScrollUnit::Line => wheel.delta.y,
        MouseScrollUnit::Pixel => wheel.delta.y / PIXELS_PER_LINE,
    };
    if lines != 0.0 {
        orbit.distance = (orbit.distance * libm::expf(-NEARER * lines)).clamp(DISTANCES[0], DISTANCES[1]);
    }
}

/// Puts the camera where the eye is.
pub(super) fn aim(
    orbit: Res<Orbit>,
    shown: Res<Shown>,
    mut cameras: Query<(&mut Transform, &mut Projection, &Camera), With<SceneCamera>>,
) {
    let followed = orbit.follows.as_ref().and_then(|link| shown.poses.iter().find(|(name, _)| name == link));
    for (mut transform, mut projection, camera) in &mut cameras {
        *transform = orbit.transform(followed.map(|(_, pose)| pose));
        let aspect = camera.logical_viewport_size().map_or(1.0, |size| size.x / size.y.max(1.0));
        let fov = 2.0 * libm::atanf(libm::tanf(0.5 * orbit.width) / aspect.max(0.1));
        let near = 0.01 * orbit.distance.clamp(0.5, 10.0);
        *projection = Projection::Perspective(PerspectiveProjection { fov, near, ..Default::default() });
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{Translation3, UnitQuaternion};

    use super::*;

    #[test]
    fn the_eye_is_where_it_was_put_also_beside_a_link_that_moves() {
        let orbit = Orbit::new([3.0, -4.0, 5.0], [1.0, 1.0, 1.0], 1.0, None);
        let eye = orbit.transform(None);
        assert!(eye.translation.distance(Vec3::new(3.0, -4.0, 5.0)) < 1e-5);
        assert!((eye.forward().as_vec3() - Vec3::new(-2.0, 5.0, -4.0).normalize()).length() < 1e-5);
        let turned = UnitQuaternion::from_euler_angles(0.0, 0.0, 1.0);
        let pose = Pose::from_parts(Translation3::new(5.0, 6.0, 0.0), turned);
        let local = |x: f64| -> [f64; 3] { (pose * nalgebra::Point3::new(x, 0.0, 2.0)).into() };
        let behind = Orbit::new(local(-9.0), local(8.0), 1.0, Some(("chassis", &pose)));
        assert!(behind.transform(Some(&pose)).translation.distance(to_vec3(local(-9.0))) < 1e-4);
        let home = behind.transform(Some(&Pose::identity()));
        assert!(home.translation.distance(Vec3::new(-9.0, 0.0, 2.0)) < 1e-4, "it moves along: {home:?}");
    }
}
