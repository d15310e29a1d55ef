//! The car: what carries, drives and steers a chassis, as [`Wheels`] describe it, by Rapier's vehicle controller.
//!
//! The controller casts a ray down from each wheel's mount and pushes the chassis by impulses before a physics step: up by spring and
//! damper, along by the motor's share, across by what takes a share of the wheel's sideways speed. The last two together are limited by
//! friction. Wheels are no bodies of their own: they weigh nothing and have no spin that drives or brakes.

use embody_robots::Nanos;
use embody_robots::robot::{Actuator, RobotSpec, Wheels};
use rapier3d::control::{DynamicRayCastVehicleController, WheelTuning};
use rapier3d::math::Vector;
use rapier3d::prelude::{PhysicsWorld, QueryFilter, RigidBody, RigidBodyHandle};
use serde::{Deserialize, Serialize};

use crate::arena::Arena;
use crate::physics::Places;
use crate::world::BuildError;

/// How far a wheel's centre hangs below its mount at rest (m): the springs' travel up, before the wheel bumps into its mount.
const HANG_M: f64 = 0.3;

/// Beyond this (m, m/s, rad/s) a chassis isn't pushed: squares must stay finite, or Rapier's controller panics.
const GREATEST: f32 = 1e9;

/// A car, ready to push its chassis.
#[derive(Clone, Debug)]
pub(crate) struct Vehicle {
    wheels: Wheels,
    chassis: RigidBodyHandle,
    /// Share of the steering that is left of it after a physics step.
    keep_steering: f64,
    /// Force over speed (N s/m).
    gain: f64,
    /// Distance from the chassis' frame to its centre of mass, forward (m).
    centre_m: f64,
    mass_kg: f64,
    friction: f64,
    gravity_m_s2: f64,
}

/// What changes while a car drives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VehicleState {
    controller: DynamicRayCastVehicleController,
    /// Where the steering stands (rad).
    steering_rad: f64,
}

impl Vehicle {
    /// The car that `actuator` describes, if it is one, for physics steps of `period`. Tyres and ground slip at the lesser of their
    /// frictions.
    ///
    /// # Errors
    /// If its joint holds no link with mass.
    pub(crate) fn new(
        robot: &RobotSpec,
        actuator: &Actuator,
        places: &Places,
        arena: &Arena,
        period: Nanos,
    ) -> Result<Option<Vehicle>, BuildError> {
        let Actuator::Car { name, joint, wheels } = actuator else { return Ok(None) };
        let link = robot.link_held_by(joint);
        let inertial = link.and_then(|link| robot.links[link].inertial.as_ref());
        let (Some(chassis), Some(inertial)) = (link.and_then(|link| places.handle(link)), inertial) else {
            return Err(BuildError::NoSuchLink { actuator: name.clone(), joint: joint.clone() });
        };
        Ok(Some(Vehicle {
            wheels: wheels.clone(),
            chassis,
            keep_steering: libm::exp(-period.as_secs_f64() / wheels.steering_lag.as_secs_f64()),
            gain: inertial.mass_kg / wheels.speed_time_constant.as_secs_f64(),
            centre_m: inertial.origin.position_m[0],
            mass_kg: inertial.mass_kg,
            friction: wheels.friction.min(arena.friction),
            gravity_m_s2: arena.gravity_m_s2,
        }))
    }

    /// The state at reset: wheels straight.
    pub(crate) fn start(&self) -> VehicleState {
        let mut controller = DynamicRayCastVehicleController::new(self.chassis);
        (controller.index_up_axis, controller.index_forward_axis) = (2, 0);
        for [x, y] in self.places() {
            let mount = Vector::new(x as f32, y as f32, (self.wheels.radius_m + HANG_M) as f32);
            // Rolls along the normal's cross product with its axle: forward, if that points to the right.
            let (down, axle) = (-Vector::Z, -Vector::Y);
            controller.add_wheel(mount, down, axle, self.rest_m(x) as f32, self.wheels.radius_m as f32, &self.tuning());
        }
        VehicleState { controller, steering_rad: 0.0 }
    }

    /// Where the wheels touch the ground, in the chassis' frame (m): rear, then front, left before right.
    fn places(&self) -> [[f64; 2]; 4] {
        let (length, half) = (self.wheels.wheelbase_m, 0.5 * self.wheels.track_m);
        [[0.0, half], [0.0, -half], [length, half], [length, -half]]
    }

    /// Length of the spring of a wheel at `x` without load (m), such that under its share of the weight it is [`HANG_M`] long.
    fn rest_m(&self, x: f64) -> f64 {
        let front = (self.centre_m / self.wheels.wheelbase_m).clamp(0.0, 1.0);
        let share = 0.5 * if x > 0.0 { front } else { 1.0 - front };
        HANG_M + share * self.mass_kg * self.gravity_m_s2 / self.wheels.stiffness_n_per_m
    }

    fn tuning(&self) -> WheelTuning {
        // Rapier's stiffness and damping are those of a chassis of 1 kg.
        let damping = (self.wheels.damping_n_s_per_m / self.mass_kg) as f32;
        WheelTuning {
            suspension_stiffness: (self.wheels.stiffness_n_per_m / self.mass_kg) as f32,
            suspension_compression: damping,
            suspension_damping: damping,
            max_suspension_travel: HANG_M as f32,
            // A wheel takes a fifth of this of its sideways speed in each step: four of them nearly all.
            side_friction_stiffness: 1.0,
            friction_slip: self.friction as f32,
            max_suspension_force: f32::MAX,
        }
    }

    /// The command that is obeyed: limited to the greatest steering angle (rad).
    pub(crate) fn command(&self, values: &[f32]) -> f64 {
        let most = self.wheels.max_steering_rad;
        f64::from(values.first().copied().unwrap_or(0.0)).clamp(-most, most)
    }

    /// Steers towards `command` (rad) and pushes the chassis for the next step of the world.
    pub(crate) fn drive(&self, state: &mut VehicleState, command: f64, world: &mut PhysicsWorld) {
        state.steering_rad = command + self.keep_steering * (state.steering_rad - command);
        let Some(force_n) = world.bodies.get(self.chassis).filter(|body| is_moderate(body)).map(|body| self.force_n(body)) else {
            return;
        };
        for (wheel, place) in state.controller.wheels_mut().iter_mut().zip(self.places()) {
            wheel.engine_force = (0.25 * force_n) as f32;
            wheel.steering = self.angle(place, state.steering_rad) as f32;
        }
        let PhysicsWorld { broad_phase, narrow_phase, bodies, colliders, integration_parameters, .. } = world;
        let filter = QueryFilter::default().exclude_rigid_body(self.chassis);
        let queries = broad_phase.as_query_pipeline_mut(narrow_phase.query_dispatcher(), bodies, colliders, filter);
        state.controller.update_vehicle(integration_parameters.dt, queries);
    }

    /// Angle of the wheel at a place (rad), across the line to the middle of the turn, which lies beside the rear axle.
    fn angle(&self, [x, y]: [f64; 2], steering_rad: f64) -> f64 {
        let tangent = libm::tan(steering_rad);
        libm::atan2(x * tangent, self.wheels.wheelbase_m - y * tangent)
    }

    /// What the motor pushes with (N).
    fn force_n(&self, body: &RigidBody) -> f64 {
        let forward = body.rotation() * Vector::X;
        let missing = self.wheels.speed_m_s - f64::from(forward.dot(body.linvel()));
        (self.gain * missing).clamp(-self.wheels.max_force_n, self.wheels.max_force_n)
    }
}

/// Whether a body is somewhere, and moves as if it were.
fn is_moderate(body: &RigidBody) -> bool {
    [body.translation(), body.linvel(), body.angvel()].iter().all(|v| v.abs().max_element() < GREATEST)
}
