//! What became of a trunk's targets: how far off the best pose was, and the figures over all of them.

use embody_robots::{Pose, Table, rotation};
use serde::{Deserialize, Serialize};

/// Distance within which the tip is near (mm).
const NEAR_MM: f64 = 2.0;

/// Angle within which it is aligned (degrees).
const ALIGNED_DEG: f64 = 3.0;

/// What a degree counts against a place (mm).
const MM_PER_DEG: f64 = 2.0 / 3.0;

/// How far a pose is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Miss {
    /// Distance of tip and goal (mm).
    pub(super) tip_mm: f64,
    /// Angle between their orientations, 2 acos |q . q'| (degrees).
    pub(super) orientation_deg: f64,
}

impl Miss {
    /// How far `tip` is from `goal`.
    pub(super) fn between(tip: &Pose, goal: &Pose) -> Miss {
        let angle = rotation::angle(&(tip.rotation.inverse() * goal.rotation));
        Miss { tip_mm: 1e3 * (goal.translation.vector - tip.translation.vector).norm(), orientation_deg: angle.to_degrees() }
    }

    /// Place and orientation as one number (mm).
    pub(super) fn weighted_mm(&self) -> f64 {
        self.tip_mm + MM_PER_DEG * self.orientation_deg
    }

    /// Whether the tip is near and, where orientation counts, turned as the goal is.
    fn is_good(&self, orientation_counts: bool) -> bool {
        self.is_near() && (!orientation_counts || self.orientation_deg <= ALIGNED_DEG)
    }

    /// Whether the tip is near, whatever its orientation.
    pub(super) fn is_near(&self) -> bool {
        self.tip_mm <= NEAR_MM
    }
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The target, in the frame of the trunk's base.
    pub(super) goal: Pose,
    /// The best pose.
    pub(super) best: Miss,
    /// The last pose, which is what a controller has that can't tell which was best.
    pub(super) last: Miss,
    /// Iterations until the tip was near; none if it never was.
    pub(super) near_after: Option<u64>,
    /// Iterations in all.
    pub(super) iterations: u64,
    /// Whether it was reached.
    pub(super) reached: bool,
}

/// What became of each target, one in a row.
pub(super) fn table(outcomes: &[Outcome]) -> Table {
    let row = |outcome: &Outcome| {
        let Outcome { goal, best, last, near_after, iterations, reached } = outcome;
        let (p, q) = (goal.translation.vector, goal.rotation.coords);
        let near_after = near_after.map_or(f64::NAN, |iterations| iterations as f64);
        vec![
            best.tip_mm,
            best.orientation_deg,
            last.tip_mm,
            last.orientation_deg,
            *iterations as f64,
            near_after,
            f64::from(u8::from(*reached)),
            p.x,
            p.y,
            p.z,
            q.x,
            q.y,
            q.z,
            q.w,
        ]
    };
    Table {
        name: "targets",
        columns: &[
            "tip_error_mm",
            "orientation_error_deg",
            "final_tip_error_mm",
            "final_orientation_error_deg",
            "iterations",
            "iterations_to_2mm",
            "reached",
            "goal_x_m",
            "goal_y_m",
            "goal_z_m",
            "goal_qx",
            "goal_qy",
            "goal_qz",
            "goal_qw",
        ],
        rows: outcomes.iter().map(row).collect(),
    }
}

/// The figures over all targets, none before the first. A target that the tip never came near counts as `most` iterations to 2 mm. Where
/// orientation doesn't count there are none of it.
pub(super) fn figures(outcomes: &[Outcome], most: u64, orientation_counts: bool) -> Vec<(&'static str, f64)> {
    if outcomes.is_empty() {
        return Vec::new();
    }
    let sorted = |of: &dyn Fn(&Outcome) -> f64| {
        let mut values: Vec<f64> = outcomes.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let tip = sorted(&|outcome| outcome.best.tip_mm);
    let orientation = sorted(&|outcome| outcome.best.orientation_deg);
    let last_tip = sorted(&|outcome| outcome.last.tip_mm);
    let last_orientation = sorted(&|outcome| outcome.last.orientation_deg);
    let near = sorted(&|outcome| outcome.near_after.unwrap_or(most) as f64);
    let good = outcomes.iter().filter(|outcome| outcome.best.is_good(orientation_counts)).count();
    let reached = outcomes.iter().filter(|outcome| outcome.reached).count();
    let count = outcomes.len() as f64;
    let percent = |of: usize| 100.0 * of as f64 / count;
    let mut figures = vec![
        ("tip_error_median_mm", quantile(&tip, 0.5)),
        ("tip_error_q25_mm", quantile(&tip, 0.25)),
        ("tip_error_q75_mm", quantile(&tip, 0.75)),
        ("tip_error_max_mm", quantile(&tip, 1.0)),
        ("tip_error_mean_mm", tip.iter().sum::<f64>() / count),
        ("final_tip_error_median_mm", quantile(&last_tip, 0.5)),
        ("final_tip_error_q75_mm", quantile(&last_tip, 0.75)),
        ("iterations_to_2mm_median", quantile(&near, 0.5)),
        ("iterations_mean", outcomes.iter().map(|outcome| outcome.iterations as f64).sum::<f64>() / count),
        ("reached_percent", percent(reached)),
        (if orientation_counts { "within_2mm_3deg_percent" } else { "within_2mm_percent" }, percent(good)),
        ("targets", count),
        ("targets_missed", (outcomes.len() - good) as f64),
    ];
    if orientation_counts {
        figures.extend([
            ("orientation_error_median_deg", quantile(&orientation, 0.5)),
            ("orientation_error_q75_deg", quantile(&orientation, 0.75)),
            ("final_orientation_error_median_deg", quantile(&last_orientation, 0.5)),
        ]);
    }
    figures
}

/// The quantile of sorted numbers, of which there is at least one: linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * (place - place.floor())
}

#[cfg(test)]
mod tests {
    use nalgebra::UnitQuaternion;

    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&sorted, share)), [1.0, 1.75, 3.0, 5.0, 8.0]);
        assert_eq!(quantile(&[3.0], 0.75), 3.0);
    }

    #[test]
    fn a_miss_is_the_distance_and_the_angle_whichever_way_the_quaternion_is_written() {
        let goal = Pose::translation(0.0, 0.003, 0.004) * UnitQuaternion::from_axis_angle(&nalgebra::Vector3::x_axis(), 0.1);
        let Miss { tip_mm, orientation_deg } = Miss::between(&Pose::identity(), &goal);
        assert!((tip_mm - 5.0).abs() < 1e-9 && (orientation_deg - 0.1_f64.to_degrees()).abs() < 1e-9);
        let mut other = goal;
        other.rotation = UnitQuaternion::new_unchecked(-goal.rotation.into_inner());
        assert!((Miss::between(&Pose::identity(), &other).orientation_deg - orientation_deg).abs() < 1e-9);
    }

    #[test]
    fn the_figures_are_over_all_targets() {
        let outcome = |tip_mm, near_after| Outcome {
            goal: Pose::translation(tip_mm, 0.0, 0.0),
            best: Miss { tip_mm, orientation_deg: tip_mm },
            last: Miss { tip_mm: 2.0 * tip_mm, orientation_deg: 0.0 },
            near_after,
            iterations: 9,
            reached: tip_mm < 1.0,
        };
        let outcomes = [outcome(0.5, Some(4)), outcome(50.0, None), outcome(1.5, Some(6))];
        let of = |name: &str, orientation| {
            figures(&outcomes, 9, orientation).iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
        };
        let some = |name| of(name, true).unwrap();
        assert_eq!([some("tip_error_median_mm"), some("tip_error_max_mm"), some("iterations_to_2mm_median")], [1.5, 50.0, 6.0]);
        assert_eq!([some("final_tip_error_median_mm"), some("orientation_error_median_deg")], [3.0, 1.5]);
        // Reached is what the task's thresholds say; missed, what is beyond 2 mm and 3 degrees.
        assert_eq!([some("targets_missed"), some("targets"), (3.0 * some("reached_percent")).round()], [1.0, 3.0, 100.0]);
        assert!((some("within_2mm_3deg_percent") - 200.0 / 3.0).abs() < 1e-9);
        assert_eq!((of("orientation_error_median_deg", false), of("within_2mm_3deg_percent", false)), (None, None));
        assert!(of("within_2mm_percent", false).is_some() && figures(&[], 9, true).is_empty());
        let table = table(&outcomes);
        assert!(
            table.rows.iter().all(|row| row.len() == table.columns.len()) && table.rows[1][5].is_nan() && table.rows[2][7] == 1.5
        );
    }
}
