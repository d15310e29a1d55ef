//! The rigid bodies alone: the same scene and settings as a [`SimulatedBody`](crate::SimulatedBody)'s, with no drive, no
//! sensors and no stage, and with Rapier's own motors. What the physics engine costs by itself is measured with it; nothing else should
//! need it.

use embody_robots::robot::{Actuator, Mode};
use embody_robots::{Nanos, RobotSpec};
use rapier3d::math::Vector;
use rapier3d::prelude::{MotorModel, PhysicsWorld, RigidBody, RigidBodyHandle};

use crate::arena::Arena;
use crate::physics::joints::Hinge;
use crate::physics::{Blueprint, Built, Places};
use crate::world::BuildError;

/// A robot's links in an arena, as Rapier has them.
pub struct BareWorld {
    world: PhysicsWorld,
    links: Vec<RigidBodyHandle>,
    servos: Vec<Servo>,
}

/// A position motor of a robot as Rapier has motors: a constraint of the solver.
struct Servo {
    hinge: Hinge,
    kp: f32,
    kd: f32,
    max_effort: f32,
}

impl BareWorld {
    /// The links of `robot` at rest at their homes, stepped by `physics_period`.
    ///
    /// # Errors
    /// If the robot can't be built.
    pub fn new(robot: &RobotSpec, arena: &Arena, physics_period: Nanos) -> Result<BareWorld, BuildError> {
        let Built { world, places } = Blueprint::new(robot, arena, physics_period)?.build()?;
        let links = (0..robot.links.len()).filter_map(|link| places.handle(link)).collect();
        let servos = robot.actuators.iter().filter_map(|actuator| Servo::new(robot, actuator, &places)).collect();
        Ok(BareWorld { world, links, servos })
    }

    /// Horizontal velocity of a link (m/s); zero if there is no such link.
    pub fn velocity_m_s(&self, link: usize) -> [f32; 2] {
        let body = self.links.get(link).and_then(|handle| self.world.bodies.get(*handle));
        body.map_or([0.0; 2], |body| [body.linvel().x, body.linvel().y])
    }

    /// Gives a link a horizontal impulse (N s).
    pub fn push(&mut self, link: usize, impulse_n_s: [f32; 2]) {
        if let Some(body) = self.link_mut(link) {
            body.apply_impulse(Vector::new(impulse_n_s[0], impulse_n_s[1], 0.0), false);
        }
    }

    /// Sets gains, greatest effort and wanted position (rad or m) of each position motor, in the order of the description.
    pub fn hold(&mut self, wanted: impl IntoIterator<Item = f32>) {
        for (servo, wanted) in self.servos.iter().zip(wanted) {
            servo.hold(&mut self.world, wanted);
        }
    }

    /// Position of the joint of each position motor (rad or m).
    pub fn positions(&self) -> Vec<f64> {
        self.servos.iter().filter_map(|servo| servo.hinge.state(&self.world)).map(|state| state.position).collect()
    }

    /// One step of Rapier.
    pub fn step(&mut self) {
        self.world.step();
    }

    fn link_mut(&mut self, link: usize) -> Option<&mut RigidBody> {
        self.world.bodies.get_mut(*self.links.get(link)?)
    }
}

impl Servo {
    /// The motor that `actuator` describes, if it is one for positions.
    fn new(robot: &RobotSpec, actuator: &Actuator, places: &Places) -> Option<Servo> {
        let Actuator::Joint { joint, mode: Mode::Position { kp, kd }, max_effort, .. } = actuator else { return None };
        let hinge = places.hinge(robot.joint_index(joint)?)?;
        let max_effort = max_effort.map_or(f32::MAX, |limit| limit as f32);
        Some(Servo { hinge, kp: *kp as f32, kd: *kd as f32, max_effort })
    }

    fn hold(&self, world: &mut PhysicsWorld, wanted: f32) {
        if let Some(joint) = self.hinge.data_mut(world) {
            let axis = self.hinge.axis;
            joint.set_motor_model(axis, MotorModel::ForceBased).set_motor_max_force(axis, self.max_effort);
            joint.set_motor_position(axis, wanted, self.kp, self.kd);
        }
    }
}

#[cfg(test)]
mod tests {
    use embody_robots::catalogue::arms;

    use super::*;

    #[test]
    fn rapiers_own_motors_hold_the_arm_near_where_it_is_wanted() {
        let robot = arms::arm7().unwrap().robot;
        let mut world = BareWorld::new(&robot, &Arena::default(), Nanos::from_millis(2)).unwrap();
        let wanted = [0.3, 0.4, -0.3, 0.4, 0.2, -0.4, 0.5];
        for _ in 0..1000 {
            world.hold(wanted);
            world.step();
        }
        let found = world.positions();
        assert_eq!(found.len(), wanted.len());
        assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - f64::from(wanted)).abs() < 0.02), "{found:?}");
    }
}
