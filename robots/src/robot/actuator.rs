//! Actuators: what drives a robot. Each is one field of the action.

use std::f32::consts::PI;

use serde::{Deserialize, Serialize};

use super::joint::Joint;
use super::platforms::{Platform, Platforms};
use super::wheels::Wheels;
use crate::nanos::Nanos;
use crate::spec::ActionField;

/// What drives a robot: one field of the action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Actuator {
    /// A drive that pulls a link's centre towards a commanded horizontal velocity (vx, vy; m/s, world axes):
    /// F = (mass / time_constant) (v_command - v), its length limited to `max_force_n`.
    ///
    /// The command's length is limited to `max_speed_m_s`. The link keeps its own physics: it must roll or slide, and
    /// a rolling ball answers with 7/5 of the time constant because its spin has to be driven as well.
    PlanarVelocity {
        /// Name of the action field.
        name: String,
        /// The joint whose link is driven.
        joint: String,
        /// Time constant of the velocity of a frictionless point of this mass.
        time_constant: Nanos,
        /// Greatest force (N).
        max_force_n: f64,
        /// Greatest commanded speed (m/s).
        max_speed_m_s: f64,
    },
    /// A motor at a joint of one degree of freedom. One number commands it; its effort is that of `mode`, limited to `max_effort`.
    Joint {
        /// Name of the action field.
        name: String,
        /// The joint that is driven.
        joint: String,
        /// What the command means.
        mode: Mode,
        /// Greatest torque (N m) or force (N); none for no limit. In a world of finite steps a load that overhauls the motor may get more for a few of them.
        max_effort: Option<f64>,
        /// Greatest speed that it drives at (rad/s or m/s), and that an effort brings its joint to; none for no limit.
        max_speed: Option<f64>,
        /// Least and greatest command, in its own units; none for those that follow from the joint's limits or the motor's.
        bounds: Option<[f64; 2]>,
        /// Time constant of a first-order lag of the command; none for a command that is obeyed at once.
        lag: Option<Nanos>,
    },
    /// The wheels of a car, whose chassis a free joint holds. One number commands them: the steering angle (rad).
    Car {
        /// Name of the action field.
        name: String,
        /// The joint that holds the chassis.
        joint: String,
        /// The wheels, their motor and their steering.
        wheels: Wheels,
    },
    /// The platforms of a trunk. Three numbers in [-1, 1] command each: its tilts x and y and its extension h, as [`crate::trunk`] has them.
    Trunk {
        /// Name of the action field.
        name: String,
        /// The modules and their motors.
        platforms: Platforms,
    },
}

/// What the command of a motor means, and the effort that it causes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Mode {
    /// A position q* (rad or m): effort = kp (q* - q) - kd dq/dt.
    Position {
        /// Stiffness (N m/rad or N/m).
        kp: f64,
        /// Damping (N m s/rad or N s/m).
        kd: f64,
    },
    /// A velocity v* (rad/s or m/s): effort = kd (v* - dq/dt).
    Velocity {
        /// Gain (N m s/rad or N s/m).
        kd: f64,
    },
    /// The effort itself (N m or N).
    Effort,
}

impl Actuator {
    /// Name of the action field.
    pub fn name(&self) -> &str {
        let (Actuator::PlanarVelocity { name, .. }
        | Actuator::Joint { name, .. }
        | Actuator::Car { name, .. }
        | Actuator::Trunk { name, .. }) = self;
        name
    }

    /// The joints that it drives.
    pub fn joints(&self) -> impl Iterator<Item = &str> {
        let (one, modules): (Option<&String>, &[Platform]) = match self {
            Actuator::PlanarVelocity { joint, .. } | Actuator::Joint { joint, .. } | Actuator::Car { joint, .. } => {
                (Some(joint), &[])
            }
            Actuator::Trunk { platforms, .. } => (None, &platforms.modules),
        };
        let of_modules = modules.iter().flat_map(|module| [&module.slide, &module.tilt_z, &module.tilt_x]);
        one.into_iter().chain(of_modules).map(String::as_str)
    }

    /// The field of the action; `joints` are the robot's.
    ///
    /// Where a motor has no bounds of its own, a position is bounded by the joint's limits, or half a turn (or a metre) either way where it has none;
    /// a velocity and an effort by the motor's, which [`check`](super::RobotSpec::check) asks for.
    pub fn action_field(&self, joints: &[Joint]) -> ActionField {
        let field = |size, unit: &str, [low, high]: [f32; 2]| ActionField {
            name: self.name().into(),
            size,
            unit: unit.into(),
            bounds: [low, high],
        };
        let both_ways = |most: f64| [-(most as f32), most as f32];
        match self {
            Actuator::PlanarVelocity { max_speed_m_s, .. } => field(2, "m/s", both_ways(*max_speed_m_s)),
            Actuator::Car { wheels, .. } => field(1, "rad", both_ways(wheels.max_steering_rad)),
            Actuator::Trunk { platforms, .. } => field(platforms.joints(), "1", both_ways(1.0)),
            Actuator::Joint { joint, mode, max_effort, max_speed, bounds, .. } => {
                let joint = joints.iter().find(|j| &j.name == joint);
                let units = joint.and_then(|j| j.kind.units());
                let unit = |of: fn(super::joint::Units) -> &'static str| units.map_or("", of);
                let (unit, usual) = match mode {
                    Mode::Position { .. } => {
                        let without = if unit(|u| u.position) == "m" { [-1.0, 1.0] } else { [-PI, PI] };
                        let limits = joint.and_then(|j| j.limits.position);
                        (unit(|u| u.position), limits.map_or(without, |limits| limits.map(|x| x as f32)))
                    }
                    Mode::Velocity { .. } => (unit(|u| u.velocity), both_ways(max_speed.unwrap_or(0.0))),
                    Mode::Effort => (unit(|u| u.effort), both_ways(max_effort.unwrap_or(0.0))),
                };
                field(1, unit, bounds.map_or(usual, |bounds| bounds.map(|x| x as f32)))
            }
        }
    }
}
