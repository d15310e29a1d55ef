//! All that drives a robot, in the order of its actuators: from an action to forces in the world.
//!
//! A trunk is many motors with one field of the action: three of each module, in its order.

use embody_robots::robot::RobotSpec;
use embody_robots::{Action, Nanos};
use rapier3d::prelude::PhysicsWorld;
use serde::{Deserialize, Serialize};

use crate::arena::Arena;
use crate::drive::Drive;
use crate::motor::{Motor, MotorState};
use crate::physics::{self, Places};
use crate::stack::Stack;
use crate::vehicle::{Vehicle, VehicleState};
use crate::world::BuildError;

/// The drives, motors and cars of a robot, each with the field of the action that commands it and what it was asked in this control
/// step.
pub(crate) struct Actuation {
    drives: Vec<(usize, Drive, [f32; 2])>,
    motors: Vec<(usize, Motor, f32)>,
    vehicles: Vec<(usize, Vehicle, f64)>,
    trunks: Vec<(usize, Stack)>,
}

/// What motors and cars keep from step to step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ActuationState {
    motors: Vec<MotorState>,
    vehicles: Vec<VehicleState>,
}

impl Actuation {
    /// What drives `robot` in `arena`, in steps of `period`.
    ///
    /// # Errors
    /// If an actuator's joint can't be driven so, or is faster than the steps can follow.
    pub(crate) fn new(robot: &RobotSpec, arena: &Arena, places: &Places, period: Nanos) -> Result<Actuation, BuildError> {
        let mut actuation = Actuation { drives: Vec::new(), motors: Vec::new(), vehicles: Vec::new(), trunks: Vec::new() };
        for (field, actuator) in robot.actuators.iter().enumerate() {
            actuation.drives.extend(Drive::new(robot, actuator, places, period)?.map(|drive| (field, drive, [0.0; 2])));
            actuation.motors.extend(Motor::new(robot, actuator, places, period)?.map(|motor| (field, motor, 0.0)));
            actuation.trunks.extend(Stack::new(robot, actuator, places, period)?.map(|stack| (field, stack)));
            actuation.vehicles.extend(Vehicle::new(robot, actuator, places, arena, period)?.map(|car| (field, car, 0.0)));
        }
        Ok(actuation)
    }

    /// The state at reset.
    pub(crate) fn rest(&self, world: &PhysicsWorld) -> ActuationState {
        ActuationState {
            motors: self.all_motors().map(|(motor, _)| motor.rest(world)).collect(),
            vehicles: self.vehicles.iter().map(|(_, vehicle, _)| vehicle.start()).collect(),
        }
    }

    /// Takes the commands of a control step; the action keeps the spec.
    pub(crate) fn take(&mut self, action: &Action) {
        for (field, drive, command) in &mut self.drives {
            *command = drive.command(&action.fields[*field]);
        }
        for (field, _, command) in &mut self.motors {
            *command = action.fields[*field].first().copied().unwrap_or(0.0);
        }
        for (field, stack) in &mut self.trunks {
            stack.take(&action.fields[*field]);
        }
        for (field, vehicle, command) in &mut self.vehicles {
            *command = vehicle.command(&action.fields[*field]);
        }
    }

    /// Lets everything act in the next step of the world.
    pub(crate) fn drive(&self, world: &mut PhysicsWorld, arena: &Arena, state: &mut ActuationState) {
        for ((motor, command), state) in self.all_motors().zip(&mut state.motors) {
            motor.drive(world, state, command);
        }
        for ((_, vehicle, command), state) in self.vehicles.iter().zip(&mut state.vehicles) {
            vehicle.drive(state, *command, world);
        }
        if !self.drives.is_empty() {
            self.pull(world, arena);
        }
    }

    /// The motors of single joints, then those of trunks, each with its command.
    fn all_motors(&self) -> impl Iterator<Item = (&Motor, f32)> {
        let single = self.motors.iter().map(|(_, motor, command)| (motor, *command));
        single.chain(self.trunks.iter().flat_map(|(_, stack)| stack.motors()))
    }

    /// Lets the planar drives pull.
    ///
    /// A body that is borrowed to be pushed counts as changed by hand, and Rapier then looks at all that it touches anew: a tenth of a
    /// step. Where there is only one body, gravity can do the same and changes nothing by hand.
    fn pull(&self, world: &mut PhysicsWorld, arena: &Arena) {
        let pulls = self.drives.iter().map(|(_, drive, command)| (drive.link(), drive.acceleration(&world.bodies, *command)));
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

impl ActuationState {
    /// Whether both are of as many motors and cars.
    pub(crate) fn is_like(&self, other: &ActuationState) -> bool {
        self.motors.len() == other.motors.len() && self.vehicles.len() == other.vehicles.len()
    }
}
