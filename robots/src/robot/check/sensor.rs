//! Sensors: pixels, thresholds, noise.

use super::{Place, Problem, not_negative, positive};
use crate::robot::{RobotSpec, Sensor};

/// Adds the problems of every sensor.
pub(super) fn check(robot: &RobotSpec, found: &mut Vec<Problem>) {
    for (index, sensor) in robot.sensors.iter().enumerate() {
        if let Some(what) = check_one(sensor) {
            found.push(Problem::error(Place::Sensor(index), format!("sensor {:?}: {what}", sensor.name())));
        }
    }
}

fn check_one(sensor: &Sensor) -> Option<String> {
    let Sensor::OverheadEventCamera { camera, half_extent_m, jitter, .. } = sensor;
    if camera.width == 0 || camera.height == 0 || usize::from(camera.width) * usize::from(camera.height) > 1 << 20 {
        return Some(format!("{} x {} pixels, expected at least one and at most 2^20", camera.width, camera.height));
    }
    if !(camera.threshold > 1e-4 && camera.threshold.is_finite() && not_negative(camera.noise_hz)) {
        let (threshold, noise_hz) = (camera.threshold, camera.noise_hz);
        return Some(format!("threshold {threshold} must be above 0.0001 and noise_hz {noise_hz} not negative"));
    }
    if camera.noise_hz > 1e4 {
        return Some(format!("noise_hz {} must be at most 10000", camera.noise_hz));
    }
    if camera.max_events == 0 || camera.max_events > 1 << 24 {
        return Some(format!("max_events {} must be 1 to 2^24", camera.max_events));
    }
    if !positive(*half_extent_m) || !not_negative(jitter.deviation_m) || jitter.time_constant.0 == 0 {
        return Some("half_extent_m and the jitter's time_constant must be above zero, its deviation_m not negative".into());
    }
    None
}
