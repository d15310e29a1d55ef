//! Motors at joints of one degree of freedom: position, velocity and effort, with limits and lag.
//!
//! The laws are in [`Mode`]: effort = kp (q* - q) + kd (v* - dq/dt) + a constant. Rapier takes the first two terms into the equation of
//! motion itself, at the step's end: stiff gains stay stable, and joints bear what the others' motors do to them. (Its own motors
//! are constraints, solved one after the other without memory: with one iteration, seven of them sag by twice what they should.)
//! Where the effort that the law asks for at the step's start is beyond the greatest one, kp, kd and the constant are all made smaller by the same factor,
//! so that it is just that at the step's start. Within the step it falls a little short of the limit where the joint yields to the motor, and
//! passes it where a load overhauls the motor: by the factor by which the joint's error grows within the step, and never beyond the load. A motor of 50 N m s/rad
//! and at most 0.5 N m, told to stand under a load of 0.98 N m, gives up to 0.84 N m in steps of 1 ms and 0.96 N m in steps of 10 ms,
//! and less than a tenth too much after eighteen steps (`tests/motors.rs`). To hold the limit there, a step would have to know the load.
//!
//! An effort is limited by the greatest speed too: none speeds its joint up beyond that. Above half of it, the effort falls within the step, to none at that
//! speed.
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
    /// Least and greatest command, where the order in which a command passes doesn't limit it.
    bounds: [f32; 2],
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
        let Actuator::Joint { name, joint, mode, max_effort, max_speed, bounds, lag } = actuator else { return Ok(None) };
        let index = robot.joint_index(joint);
        let (Some(index), Some(hinge)) = (index, index.and_then(|index| places.hinge(index))) else {
            return Err(BuildError::NoSuchLink { actuator: name.clone(), joint: joint.clone() });
        };
        let period_s = period.as_secs_f64();
        let keep = lag.map_or(0.0, |lag| libm::exp(-period_s / lag.as_secs_f64()));
        let limit = |limit: &Option<f64>| limit.map_or(f32::MAX, |limit| limit as f32);
        // A velocity and an effort that have no bounds of their own are limited behind the lag.
        let bounded = bounds.is_some() || matches!(mode, Mode::Position { .. });
        let bounds = if bounded { actuator.action_field(&robot.joints).bounds } else { [f32::MIN, f32::MAX] };
        Ok(Some(Motor {
            hinge,
            bounds,
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
        let [least, greatest] = self.bounds;
        state.lagged = self.keep * state.lagged + (1.0 - self.keep) * command.max(least).min(greatest);
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
            Mode::Effort => self.effort(state.lagged, joint.velocity),
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

    /// The law of an effort: constant, but that above half of the greatest speed it falls within the step, to none at that speed.
    fn effort(&self, asked: f32, velocity: f32) -> (f32, f32, f32) {
        let asked = asked.max(-self.max_effort).min(self.max_effort);
        let left = self.max_speed - velocity * asked.signum();
        if left >= 0.5 * self.max_speed {
            return (0.0, 0.0, asked);
        }
        if left <= 0.0 {
            return (0.0, 0.0, 0.0);
        }
        let kd = asked.abs() / left.max(1e-3 * self.max_speed);
        (0.0, kd, kd * self.max_speed.copysign(asked))
    }
}
