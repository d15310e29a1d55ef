//! Where the lane runs, estimated by a Kalman filter from places on its lines.
//!
//! The state is x = (d, psi, kappa): the camera's offset from the lane's centre (m, to the left), the heading relative to the lane (rad, to
//! the left) and the lane's curvature (1/m, to the left). A line at half a lane's width s to the side is expected, X metres ahead, at
//! Y = s - d - psi X + kappa X^2 / 2. Between two steps d' = v psi, psi' = (v/L) tan(steering) - v kappa, and all of it relaxes to
//! what is known of a lane beforehand, estimate and covariance alike.

use embody_robots::Nanos;
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

use super::ClassicalSettings;

/// Standard deviations of offset, heading and curvature of a lane of which nothing is known: a car's width to the side, a sharp bend.
const UNKNOWN: [f64; 3] = [0.5, 0.2, 0.06];

/// What is known of the lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Lane {
    estimate: Vector3<f64>,
    covariance: Matrix3<f64>,
}

impl Lane {
    /// Offset (m), heading (rad) and curvature (1/m).
    pub(super) fn estimate(&self) -> [f64; 3] {
        self.estimate.into()
    }
}

/// The filter's laws.
pub(super) struct LaneFilter {
    /// x after a step without steering.
    transition: Matrix3<f64>,
    /// Turn of the car in a step for each tangent of the steering angle (rad).
    turn: f64,
    /// Share of what is known that is left after a step.
    keep: f64,
    half_width_m: f64,
    gate_m: f64,
    spread_per_m: f64,
}

impl LaneFilter {
    pub(super) fn new(settings: &ClassicalSettings, control_period: Nanos) -> LaneFilter {
        let period_s = control_period.as_secs_f64();
        let step_m = settings.speed_m_s * period_s;
        LaneFilter {
            transition: Matrix3::new(1.0, step_m, 0.0, 0.0, 1.0, -step_m, 0.0, 0.0, 1.0),
            turn: step_m / settings.wheelbase_m,
            keep: libm::exp(-period_s / settings.relaxation.as_secs_f64()),
            half_width_m: settings.lane_width_m / 2.0,
            gate_m: settings.gate_m,
            spread_per_m: settings.spread_per_m,
        }
    }

    /// A lane of which nothing is known.
    pub(super) fn unknown(&self) -> Lane {
        Lane { estimate: Vector3::zeros(), covariance: unknown() }
    }

    /// A control period goes by, with the wheels turned to `steering_rad`.
    pub(super) fn drive(&self, lane: &mut Lane, steering_rad: f64) {
        let turned = Vector3::new(0.0, self.turn * libm::tan(steering_rad), 0.0);
        lane.estimate = (self.transition * lane.estimate + turned) * self.keep;
        let (kept, moved) = (self.keep * self.keep, self.transition * lane.covariance * self.transition.transpose());
        lane.covariance = moved * kept + unknown() * (1.0 - kept);
    }

    /// An event at a place, ahead and to the left (m): it is taken to be of the line that is expected nearest to it, if one is near enough.
    pub(super) fn see(&self, lane: &mut Lane, [ahead_m, left_m]: [f64; 2]) {
        let slope = Vector3::new(-1.0, -ahead_m, ahead_m * ahead_m / 2.0);
        let off = |side_m: f64| left_m - side_m - slope.dot(&lane.estimate);
        let [left, right] = [off(self.half_width_m), off(-self.half_width_m)];
        let off = if left.abs() < right.abs() { left } else { right };
        if off.abs() > self.gate_m {
            return;
        }
        let spread_m = self.spread_per_m * ahead_m;
        let towards = lane.covariance * slope;
        let gain = towards / (slope.dot(&towards) + spread_m * spread_m);
        lane.estimate += gain * off;
        lane.covariance -= gain * towards.transpose();
    }
}

fn unknown() -> Matrix3<f64> {
    Matrix3::from_diagonal(&Vector3::from(UNKNOWN.map(|deviation| deviation * deviation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> LaneFilter {
        LaneFilter::new(&ClassicalSettings::default(), Nanos::from_millis(10))
    }

    /// A lane seen for a while from a car that stands still, so that what is estimated doesn't move.
    fn seen(offset_m: f64, heading_rad: f64, curvature_per_m: f64) -> [f64; 3] {
        let filter = LaneFilter { transition: Matrix3::identity(), ..filter() };
        let mut lane = filter.unknown();
        for step in 0..100 {
            filter.drive(&mut lane, 0.0);
            for index in 0..40 {
                let ahead_m = 2.7 + 0.17 * f64::from(index);
                let side_m = if (index + step) % 2 == 0 { 1.5 } else { -1.5 };
                let left_m = side_m - offset_m - heading_rad * ahead_m + curvature_per_m * ahead_m * ahead_m / 2.0;
                filter.see(&mut lane, [ahead_m, left_m]);
                filter.see(&mut lane, [ahead_m, left_m + 0.9]);
            }
        }
        lane.estimate()
    }

    #[test]
    fn offset_heading_and_curvature_are_found_among_what_is_none_of_the_lines() {
        for wanted in [[0.0, 0.0, 0.0], [0.4, 0.0, 0.0], [-0.3, 0.05, 0.0], [0.1, -0.05, 0.03]] {
            let found = seen(wanted[0], wanted[1], wanted[2]);
            let off = [0.05, 0.02, 0.005];
            assert!((0..3).all(|i| (found[i] - wanted[i]).abs() < off[i]), "{wanted:?}: {found:?}");
        }
    }

    #[test]
    fn with_nothing_to_see_the_estimate_relaxes_to_the_lanes_centre() {
        let filter = filter();
        let mut lane = filter.unknown();
        for _ in 0..100 {
            filter.see(&mut lane, [4.0, -1.2]);
        }
        assert!(lane.estimate()[0] < -0.05);
        for _ in 0..3000 {
            filter.drive(&mut lane, 0.0);
        }
        assert!(lane.estimate().iter().all(|x| x.abs() < 1e-6), "{lane:?}");
    }
}
