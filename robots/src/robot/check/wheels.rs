//! Wheels: lengths, springs, steering, motor.

use std::f64::consts::FRAC_PI_2;

use super::{GREATEST, not_negative, positive};
use crate::robot::Wheels;

/// Says what can't be.
pub(super) fn check(wheels: &Wheels) -> Option<String> {
    let lengths = [
        ("wheelbase_m", wheels.wheelbase_m),
        ("track_m", wheels.track_m),
        ("radius_m", wheels.radius_m),
        ("stiffness_n_per_m", wheels.stiffness_n_per_m),
        ("max_force_n", wheels.max_force_n),
    ];
    if let Some((key, value)) = lengths.into_iter().find(|(_, value)| !positive(*value)) {
        return Some(format!("has {key} {value}, expected above 0, at most {GREATEST:e}"));
    }
    let losses =
        [("friction", wheels.friction), ("damping_n_s_per_m", wheels.damping_n_s_per_m), ("speed_m_s", wheels.speed_m_s)];
    if let Some((key, value)) = losses.into_iter().find(|(_, value)| !not_negative(*value)) {
        return Some(format!("has {key} {value}, expected 0 to {GREATEST:e}"));
    }
    if !(wheels.max_steering_rad > 0.0 && wheels.max_steering_rad < FRAC_PI_2) {
        return Some(format!("has max_steering_rad {}, expected above 0 and below pi / 2", wheels.max_steering_rad));
    }
    // Otherwise the wheel inside a turn would have to turn by more than a quarter.
    let innermost_m = wheels.wheelbase_m / libm::tan(wheels.max_steering_rad);
    if 0.5 * wheels.track_m >= innermost_m {
        return Some(format!("has track_m {}, expected below {} for that steering", wheels.track_m, 2.0 * innermost_m));
    }
    let times = [("steering_lag", wheels.steering_lag), ("speed_time_constant", wheels.speed_time_constant)];
    times.into_iter().find(|(_, time)| time.0 == 0).map(|(key, _)| format!("has {key} 0, expected a time above 0"))
}
