//! Motors at joints of one degree of freedom: position, velocity and effort, with limits and lag.
//!
//! The laws are in [`Mode`]: effort = kp (q* - q) + kd (v* - dq/dt) + a constant. Rapier takes the first two terms into the equation of
//! motion itself, at the step's end: stiff gains stay stable, and joints bear what the others' motors do to them. (Its own motors
//! are constraints, solved one after the other without memory: with one iteration, seven of them sag by twice what they should.)
//! Where the effort that the law asks for at the step's start is beyond the greatest one, kp, kd and the constant are all made smaller by the same factor,
//! so that it is just that: within the step it then falls a little short of the limit, and never passes it.
//!
//! A command passes, in this order: the lag, c <- c + (1 - exp(-dt / lag)) (command - c); the greatest speed, which limits a velocity,
//! and how fast the wanted position moves; the motor.

use embody_robots::Nanos;
use embody_robots::robot::{Actuator, Mode, RobotSpec};
use rapier3d::prelude::PhysicsWorld;
use serde::{Deserialize, Serialize};

use crate::physics::Places;
use crate::physics::joints::Hinge;
use crate::world::BuildError;

/// Farther than any joint gets (rad or m): a spring that is stretched so far pulls with a constant effort.
const FAR: f32 = 1e4;

/// A motor, ready to act on its joint.
#[derive(Clone, Debug)]
pub(crate) struct Motor {
    hinge: Hinge,
    /// Viscous damping of the joint without the motor (N m s/rad or N s/m).
    damping: f32,
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
        let index = robot.joint_index(joint);
        let (Some(index), Some(hinge)) = (index, index.and_then(|index| places.hinge(index))) else {
            return Err(BuildError::NoSuchLink { actuator: name.clone(), joint: joint.clone() });
        };
        let period_s = period.as_secs_f64();
        let keep = lag.map_or(0.0, |lag| libm::exp(-period_s / lag.as_secs_f64()));
        let limit = |limit: &Option<f64>| limit.map_or(f32::MAX, |limit| limit as f32);
        Ok(Some(Motor {
            hinge,
            damping: robot.joints[index].damping as f32,
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
        let Some(mut joint) = self.hinge.moving(world) else { return };
        let (kp, kd, constant) = match self.mode {
            Mode::Position { kp, kd } => {
                let farthest = self.max_speed * self.period_s;
                state.wanted += (state.lagged - state.wanted).clamp(-farthest, farthest);
                (kp as f32, kd as f32, 0.0)
            }
            Mode::Velocity { kd } => {
                let kd = kd as f32;
                (0.0, kd, kd * state.lagged.clamp(-self.max_speed, self.max_speed))
            }
            Mode::Effort => (0.0, 0.0, state.lagged),
        };
        let effort = kp * (state.wanted - joint.position) - kd * joint.velocity + constant;
        let share = if effort.abs() > self.max_effort { self.max_effort / effort.abs() } else { 1.0 };
        joint.set_damping(self.damping + share * kd);
        if kp > 0.0 {
            joint.set_spring(share * kp, state.wanted);
        } else {
            joint.set_spring((share * constant).abs() / FAR, joint.position + FAR.copysign(constant));
        }
    }
}
