//! The wheels of a car: what carries its chassis, drives it and steers it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nanos::Nanos;

/// Four wheels with springs under a chassis; the front ones steer, and a motor on all four holds a constant speed.
///
/// The chassis' frame lies on the ground under the middle of the rear axle, x forward and z up: at rest the wheels stand at
/// (0, +-track / 2) and (wheelbase, +-track / 2), and the frame at z = 0.
///
/// Steering. A command is the angle (rad, positive to the left) of the one front wheel of a bicycle of this wheelbase, which would turn
/// with the radius wheelbase / tan(angle) at the rear axle. It is followed with a first-order lag. Each of the two front wheels stands
/// across the line to the middle of that turn (Ackermann).
///
/// Motor. Its force is (mass / `speed_time_constant`) (`speed_m_s` - v), limited to `max_force_n`; v is the speed along x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Wheels {
    /// Distance between the axles (m).
    pub wheelbase_m: f64,
    /// Distance between left and right wheels (m).
    pub track_m: f64,
    /// Radius of the wheels (m).
    pub radius_m: f64,
    /// Coulomb friction coefficient of the tyres.
    pub friction: f64,
    /// Stiffness of each wheel's spring (N/m).
    pub stiffness_n_per_m: f64,
    /// Damping of each wheel's spring (N s/m).
    pub damping_n_s_per_m: f64,
    /// Greatest steering angle either way (rad), below a quarter of a turn.
    pub max_steering_rad: f64,
    /// Time constant of the steering.
    pub steering_lag: Nanos,
    /// Speed that the motor holds (m/s).
    pub speed_m_s: f64,
    /// Time constant of the speed, far from the motor's limit.
    pub speed_time_constant: Nanos,
    /// Greatest force of the motor (N).
    pub max_force_n: f64,
}

impl Default for Wheels {
    fn default() -> Self {
        Wheels {
            wheelbase_m: 2.0,
            track_m: 1.3,
            radius_m: 0.3,
            friction: 1.0,
            stiffness_n_per_m: 60e3,
            damping_n_s_per_m: 4e3,
            max_steering_rad: std::f64::consts::FRAC_PI_6,
            steering_lag: Nanos::from_millis(100),
            speed_m_s: 4.5,
            speed_time_constant: Nanos::from_millis(50),
            max_force_n: 4.8e3,
        }
    }
}
