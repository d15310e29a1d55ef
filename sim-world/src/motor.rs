//! Motors at joints of one degree of freedom: position, velocity and effort, with limits and lag.
//!
//! The laws are in [`Mode`]. Rapier solves them within a step, so that stiff gains stay stable: effort = kp (q* - q) - kd dq/dt holds
//! with the position and velocity at the step's end, its size limited to the greatest effort. A command passes, in this order: the
//! lag, c <- c + (1 - exp(-dt / lag)) (command - c); the greatest speed, which limits a velocity, and how fast the wanted position
//! moves; the motor.

use embody_robots::Nanos;
use embody_robots::robot::{Actuator, Mode, RobotSpec};
use rapier3d::prelude::{MotorModel, PhysicsWorld};
use serde::{Deserialize, Serialize};

use crate::physics::Places;
use crate::physics::joints::Hinge;
use crate::world::BuildError;

/// Faster than anything (rad/s or m/s): a motor that wants this gives all the effort that it may.
const OUT_OF_REACH: f32 = 1e6;

/// A motor, ready to act on its joint.
#[derive(Clone, Debug)]
pub(crate) struct Motor {
    hinge: Hinge,
    mode: Mode,
    max_effort: f32,
    /// How far a wanted position moves in a physics step, or how fast a wanted velocity is.
    max_speed: f32,
    period_s: f32,
    /// Share of the lagged command that a physics step leaves: exp(-dt / lag), 0 without lag.
    keep: f32,
}

/// What a motor keeps from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MotorState {
    /// The command behind the lag.
    lagged: f32,
    /// The wanted position; of position motors alone.
    wanted: f32,
}

impl Motor {
    /// The motor that `actuator` describes, if it is one, for physics steps of `period`.
    pub(crate) fn new(
        robot: &RobotSpec,
        actuator: &Actuator,
        places: &Places,
        period: Nanos,
    ) -> Result<Option<Motor>, BuildError> {
        let Actuator::Joint { name, joint, mode, max_effort, max_speed, lag } = actuator else { return Ok(None) };
        let hinge = robot.joints.iter().position(|other| &other.name == joint).and_then(|index| places.hinge(index));
        let hinge = hinge.ok_or_else(|| BuildError::NoSuchLink { actuator: name.clone(), joint: joint.clone() })?;
        let period_s = period.as_secs_f64();
        let keep = lag.map_or(0.0, |lag| libm::exp(-period_s / lag.as_secs_f64()));
        let limit = |limit: &Option<f64>| limit.map_or(f32::MAX, |limit| limit as f32);
        Ok(Some(Motor {
            hinge,
            mode: *mode,
            max_effort: limit(max_effort),
            max_speed: limit(max_speed),
            period_s: period_s as f32,
            keep: keep as f32,
        }))
    }

    /// The state at reset: it holds the joint where it is.
    pub(crate) fn rest(&self, world: &PhysicsWorld) -> MotorState {
        let position = self.hinge.state(world).map_or(0.0, |state| state.position as f32);
        MotorState { lagged: if matches!(self.mode, Mode::Position { .. }) { position } else { 0.0 }, wanted: position }
    }

    /// Sets the motor for the next physics step.
    pub(crate) fn drive(&self, world: &mut PhysicsWorld, state: &mut MotorState, command: f32) {
        state.lagged = self.keep * state.lagged + (1.0 - self.keep) * command;
        let axis = self.hinge.axis;
        let Some(joint) = self.hinge.data(world) else { return };
        // Set anew in each step, for a motor takes its model along: left alone, Rapier would scale gains by the masses.
        joint.set_motor_model(axis, MotorModel::ForceBased);
        match self.mode {
            Mode::Position { kp, kd } => {
                let farthest = self.max_speed * self.period_s;
                state.wanted += (state.lagged - state.wanted).clamp(-farthest, farthest);
                joint.set_motor(axis, state.wanted, 0.0, kp as f32, kd as f32);
                joint.set_motor_max_force(axis, self.max_effort);
            }
            Mode::Velocity { kd } => {
                joint.set_motor(axis, 0.0, state.lagged.clamp(-self.max_speed, self.max_speed), 0.0, kd as f32);
                joint.set_motor_max_force(axis, self.max_effort);
            }
            Mode::Effort => {
                joint.set_motor(axis, 0.0, OUT_OF_REACH.copysign(state.lagged), 0.0, 0.0);
                joint.set_motor_max_force(axis, state.lagged.abs().min(self.max_effort));
            }
        }
    }
}
