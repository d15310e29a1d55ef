//! All that drives a robot, in the order of its actuators: from an action to forces in the world.

use embody_robots::robot::RobotSpec;
use embody_robots::{Action, Nanos};
use rapier3d::prelude::PhysicsWorld;

use crate::arena::Arena;
use crate::drive::Drive;
use crate::motor::{Motor, MotorState};
use crate::physics::{self, Places};
use crate::world::BuildError;

/// The drives and motors of a robot, and what they were asked in this control step.
pub(crate) struct Actuation {
    /// The planar drives, with the field of the action that commands each.
    drives: Vec<(usize, Drive)>,
    motors: Vec<(usize, Motor)>,
    planar: Vec<[f32; 2]>,
    commands: Vec<f32>,
}

impl Actuation {
    /// What drives `robot`, in steps of `period`.
    ///
    /// # Errors
    /// If an actuator's joint can't be driven so, or is faster than the steps can follow.
    pub(crate) fn new(robot: &RobotSpec, places: &Places, period: Nanos) -> Result<Actuation, BuildError> {
        let (mut drives, mut motors) = (Vec::new(), Vec::new());
        for (field, actuator) in robot.actuators.iter().enumerate() {
            drives.extend(Drive::new(robot, actuator, places, period)?.map(|drive| (field, drive)));
            motors.extend(Motor::new(robot, actuator, places, period)?.map(|motor| (field, motor)));
        }
        Ok(Actuation { planar: vec![[0.0; 2]; drives.len()], commands: vec![0.0; motors.len()], drives, motors })
    }

    /// The state of every motor at reset.
    pub(crate) fn rest(&self, world: &PhysicsWorld) -> Vec<MotorState> {
        self.motors.iter().map(|(_, motor)| motor.rest(world)).collect()
    }

    /// Takes the commands of a control step; the action keeps the spec.
    pub(crate) fn take(&mut self, action: &Action) {
        for ((field, drive), command) in self.drives.iter().zip(&mut self.planar) {
            *command = drive.command(&action.fields[*field]);
        }
        for ((field, _), command) in self.motors.iter().zip(&mut self.commands) {
            *command = action.fields[*field].first().copied().unwrap_or(0.0);
        }
    }

    /// Lets everything act in the next step of the world.
    pub(crate) fn drive(&self, world: &mut PhysicsWorld, arena: &Arena, states: &mut [MotorState]) {
        for (((_, motor), state), command) in self.motors.iter().zip(states).zip(&self.commands) {
            motor.drive(world, state, *command);
        }
        if !self.drives.is_empty() {
            self.pull(world, arena);
        }
    }

    /// Lets the planar drives pull.
    ///
    /// A body that is borrowed to be pushed counts as changed by hand, and Rapier then looks at all that it touches anew: a tenth of a
    /// step. Where there is only one body, gravity can do the same and changes nothing by hand.
    fn pull(&self, world: &mut PhysicsWorld, arena: &Arena) {
        let pulls = self.drives.iter().zip(&self.planar);
        let pulls = pulls.map(|((_, drive), command)| (drive.link(), drive.acceleration(&world.bodies, *command)));
        if world.bodies.len() == 1 {
            world.gravity = pulls.fold(physics::gravity(arena), |sum, (_, acceleration)| sum + acceleration);
            return;
        }
        let dt = world.integration_parameters.dt;
        for (link, acceleration) in pulls.collect::<Vec<_>>() {
            if let Some(body) = world.bodies.get_mut(link) {
                body.apply_impulse(acceleration * (body.mass() * dt), false);
            }
        }
    }
}
