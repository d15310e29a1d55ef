//! Inverse kinematics by numbers: joint positions that bring a link to a place, by damped Gauss-Newton steps within the joints' limits.
//!
//! Only the place counts, not the orientation. The steps start from where the joints are and from a few fixed configurations; of the
//! solutions the one that is reached soonest is taken. The result depends on nothing but the arguments.

use embody_robots::{Kinematics, KinematicsError};
use nalgebra::{Matrix3, Vector3};

use super::driven_joint::DrivenJoint;

/// A place counts as reached within this distance (m).
const REACHED_M: f64 = 1e-4;
/// Steps from one start.
const STEPS: usize = 100;
/// Starts from fixed configurations.
const RESTARTS: usize = 8;
/// Distance of the two positions that a derivative is taken from, either way (rad or m).
const PROBE: f64 = 1e-6;
/// Damping of the first step (m^2), and beyond which no step helps.
const DAMPING: [f64; 2] = [1e-3, 1e6];

/// A link of an arm whose joints are to be found.
pub(super) struct InverseKinematics {
    pub(super) kinematics: Kinematics,
    pub(super) link: usize,
    pub(super) joints: Vec<DrivenJoint>,
}

/// Joint positions, and what they leave to be wished for.
struct Candidate {
    positions: Vec<f64>,
    /// Distance of the link from its goal, beyond what counts as reached (m).
    missed_m: f64,
    /// Time that the slowest joint takes (s).
    time_s: f64,
}

impl InverseKinematics {
    /// The positions of the driven joints, now at `now`, that bring the link to `goal`, or as near as was found; the joints of
    /// `standing` stay where they are.
    pub(super) fn solve(&self, standing: &[(&str, f64)], now: &[f64], goal: Vector3<f64>) -> Result<Vec<f64>, KinematicsError> {
        let mut best = self.approach(standing, now, now.to_vec(), goal)?;
        for number in 0..RESTARTS {
            let next = self.approach(standing, now, self.start(number), goal)?;
            if next.missed_m.total_cmp(&best.missed_m).then(next.time_s.total_cmp(&best.time_s)).is_lt() {
                best = next;
            }
        }
        Ok(best.positions)
    }

    /// A fixed configuration: the joints at shares of their ranges that differ from joint to joint; without limits, of a turn.
    fn start(&self, number: usize) -> Vec<f64> {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let share = |joint: usize| (0.5 + GOLDEN * ((number + 1) * (joint + 1)) as f64).fract();
        let within = |(index, joint): (usize, &DrivenJoint)| {
            let [least, most] =
                if joint.limits[0].is_finite() { joint.limits } else { [-std::f64::consts::PI, std::f64::consts::PI] };
            least + share(index) * (most - least)
        };
        self.joints.iter().enumerate().map(within).collect()
    }

    /// Steps from a start until the goal is reached or no step helps.
    fn approach(
        &self,
        standing: &[(&str, f64)],
        now: &[f64],
        start: Vec<f64>,
        goal: Vector3<f64>,
    ) -> Result<Candidate, KinematicsError> {
        let (mut positions, mut damping) = (start, DAMPING[0]);
        let mut miss = goal - self.place(standing, &positions)?;
        for _ in 0..STEPS {
            if miss.norm() <= REACHED_M || damping > DAMPING[1] {
                break;
            }
            let next = self.step(standing, &positions, miss, damping)?;
            let left = goal - self.place(standing, &next)?;
            if left.norm() < miss.norm() {
                (positions, miss, damping) = (next, left, damping / 4.0);
            } else {
                damping *= 4.0;
            }
        }
        let times = self.joints.iter().zip(positions.iter().zip(now));
        let time_s = times.map(|(joint, (then, now))| (then - now).abs() / joint.max_speed).fold(0.0, f64::max);
        Ok(Candidate { positions, missed_m: (miss.norm() - REACHED_M).max(0.0), time_s })
    }

    /// One step: J^T (J J^T + damping)^-1 miss, within the limits.
    fn step(
        &self,
        standing: &[(&str, f64)],
        positions: &[f64],
        miss: Vector3<f64>,
        damping: f64,
    ) -> Result<Vec<f64>, KinematicsError> {
        let columns: Vec<Vector3<f64>> =
            (0..positions.len()).map(|joint| self.derivative(standing, positions, joint)).collect::<Result<_, _>>()?;
        let square = columns.iter().fold(Matrix3::identity() * damping, |sum, column| sum + column * column.transpose());
        let pull = square.try_inverse().map_or(Vector3::zeros(), |inverse| inverse * miss);
        let moved = |((position, column), joint): ((&f64, &Vector3<f64>), &DrivenJoint)| {
            (position + column.dot(&pull)).max(joint.limits[0]).min(joint.limits[1])
        };
        Ok(positions.iter().zip(&columns).zip(&self.joints).map(moved).collect())
    }

    /// How the link's place changes with the position of one joint.
    fn derivative(&self, standing: &[(&str, f64)], positions: &[f64], joint: usize) -> Result<Vector3<f64>, KinematicsError> {
        let at = |offset: f64| {
            let mut moved = positions.to_vec();
            moved[joint] += offset;
            self.place(standing, &moved)
        };
        Ok((at(PROBE)? - at(-PROBE)?) / (2.0 * PROBE))
    }

    /// Where the link is (m).
    fn place(&self, standing: &[(&str, f64)], positions: &[f64]) -> Result<Vector3<f64>, KinematicsError> {
        let driven = self.joints.iter().map(|joint| joint.name.as_str()).zip(positions.iter().copied());
        let all = self.kinematics.positions(standing.iter().copied().chain(driven))?;
        Ok(self.kinematics.poses(&all)[self.link].translation.vector)
    }
}
