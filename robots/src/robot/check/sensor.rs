//! Sensors: pixels, thresholds, noise.

use super::{Place, Problem, not_negative, positive};
use crate::robot::{EventCameraSpec, Jitter, RobotSpec, Sensor};

/// Adds the problems of every sensor.
pub(super) fn check(robot: &RobotSpec, found: &mut Vec<Problem>) {
    for (index, sensor) in robot.sensors.iter().enumerate() {
        if let Some(what) = check_one(robot, sensor) {
            found.push(Problem::error(Place::Sensor(index), format!("sensor {:?}: {what}", sensor.name())));
        }
    }
}

fn check_one(robot: &RobotSpec, sensor: &Sensor) -> Option<String> {
    match sensor {
        Sensor::OverheadEventCamera { camera, half_extent_m, sees, jitter, .. } => {
            let half = *half_extent_m;
            let size = (!positive(half)).then(|| format!("half_extent_m {half} must be above zero"));
            size.or_else(|| check_camera(camera)).or_else(|| check_jitter(jitter)).or_else(|| check_links(robot, "sees", sees))
        }
        Sensor::EventCamera { camera, mount, origin, field_of_view_rad, sees, jitter, .. } => {
            let opens = *field_of_view_rad > 0.0 && *field_of_view_rad < std::f64::consts::PI;
            let view = (!opens).then(|| format!("field_of_view_rad {field_of_view_rad} must be above zero and below pi"));
            let origin = (!origin.is_proper()).then(|| "its origin isn't finite or its quaternion has no direction".to_owned());
            view.or(origin)
                .or_else(|| check_camera(camera))
                .or_else(|| check_jitter(jitter))
                .or_else(|| check_links(robot, "is mounted on", mount))
                .or_else(|| check_links(robot, "sees", sees))
        }
        Sensor::Joints { .. } => None,
        Sensor::Poses { of, frame, .. } => {
            check_links(robot, "measures", of).or_else(|| check_links(robot, "measures in the frame of", [frame]))
        }
    }
}

fn check_links<'a>(robot: &RobotSpec, verb: &str, names: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let missing = names.into_iter().find(|name| robot.links.iter().all(|link| &link.name != *name))?;
    Some(format!("{verb} link {missing:?}, which doesn't exist"))
}

fn check_jitter(jitter: &Jitter) -> Option<String> {
    let fits = not_negative(jitter.deviation_m) && jitter.time_constant.0 > 0;
    (!fits).then(|| "the jitter's time_constant must be above zero, its deviation_m not negative".into())
}

fn check_camera(camera: &EventCameraSpec) -> Option<String> {
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
    let events = camera.max_events;
    (events == 0 || events > 1 << 24).then(|| format!("max_events {events} must be 1 to 2^24"))
}
