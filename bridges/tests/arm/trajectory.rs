//! Tasks: smooth random joint velocities, and the tip's path that they make.

use std::f64::consts::PI;

use embody_brain::numeric::Kernel;
use embody_brain::random::{Counter, fill_normals};

use super::STEPS;
use super::kinematics::tip;

/// Kinematic step (s).
const DT: f64 = 0.01;
const WINDOW: usize = 120;

/// Joint velocities (rad/s) and the tip's path (m), step by step.
pub struct Trajectory {
    pub omega: Vec<[f64; 2]>,
    pub tip: Vec<[f64; 3]>,
}

impl Trajectory {
    /// The first trajectory of that seed that keeps to the joint limits; draws that leave them are rejected.
    pub fn random(seed: u64) -> Trajectory {
        (0..).find_map(|draw| Trajectory::drawn(seed, draw)).expect("about half of all draws keep to the limits")
    }

    fn drawn(seed: u64, draw: u64) -> Option<Trajectory> {
        let joints = [0, 1].map(|stream| {
            let mut normals = [0.0; STEPS];
            fill_normals(Kernel::detect(), seed, Counter { stream, time: draw }, &mut normals);
            let walk = normals.iter().scan(0.0, |sum, &n| {
                *sum += 0.65 * DT.sqrt() * f64::from(n);
                Some(*sum)
            });
            smooth(&walk.collect::<Vec<f64>>())
        });
        let omega = (0..STEPS).map(|n| [0, 1].map(|joint: usize| joints[joint][n].clamp(-PI, PI))).collect::<Vec<_>>();
        let limits = [130.0, 70.0].map(|degrees: f64| degrees.to_radians());
        let inside = angles(&omega).iter().all(|theta| theta.iter().zip(limits).all(|(angle, limit)| angle.abs() <= limit));
        inside.then(|| Trajectory { tip: path(&omega), omega })
    }

    /// The set bits of a step, of 16 each for x, y and z, least significant first: (c + 1) 2^15, of which the low 16 bits are kept.
    pub fn bits(&self, step: usize) -> Vec<u32> {
        let words = self.tip[step].map(|c| ((c + 1.0) * 32_768.0) as i64 as u16);
        (0..48).filter(|bit| words[bit / 16] >> (bit % 16) & 1 == 1).map(|bit| bit as u32).collect()
    }

    /// Mean distance of the tip that joint velocities give from this path (cm), and the root mean square error of each joint's (rad/s).
    pub fn errors(&self, omega: &[[f32; 2]]) -> Errors {
        let omega: Vec<[f64; 2]> = omega.iter().map(|omega| omega.map(f64::from)).collect();
        let distances = path(&omega)
            .into_iter()
            .zip(&self.tip)
            .map(|(found, wanted)| found.iter().zip(wanted).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt());
        let rmse = [0, 1].map(|joint: usize| {
            let squares = omega.iter().zip(&self.omega).map(|(a, b)| (a[joint] - b[joint]) * (a[joint] - b[joint]));
            (squares.sum::<f64>() / STEPS as f64).sqrt()
        });
        Errors { tip_cm: 100.0 * distances.sum::<f64>() / STEPS as f64, rmse }
    }
}

/// How far a run was from its trajectory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors {
    /// Mean distance of the tip (cm).
    pub tip_cm: f64,
    /// Root mean square error of the base's and the shoulder's velocity (rad/s).
    pub rmse: [f64; 2],
}

/// theta = dt cumsum(omega).
fn angles(omega: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let sum = |theta: &mut [f64; 2], omega: &[f64; 2]| {
        *theta = [theta[0] + DT * omega[0], theta[1] + DT * omega[1]];
        Some(*theta)
    };
    omega.iter().scan([0.0; 2], sum).collect()
}

fn path(omega: &[[f64; 2]]) -> Vec<[f64; 3]> {
    angles(omega).into_iter().map(tip).collect()
}

/// A normalised periodic Hann window over the walk with 119 zeros before it and its mirror image after.
fn smooth(walk: &[f64]) -> Vec<f64> {
    let window: Vec<f64> = (0..WINDOW).map(|k| 0.5 - 0.5 * libm::cos(2.0 * PI * k as f64 / WINDOW as f64)).collect();
    let total: f64 = window.iter().sum();
    let zeros = std::iter::repeat_n(0.0, WINDOW - 1);
    let padded: Vec<f64> = zeros.chain(walk.iter().copied()).chain(walk.iter().rev().skip(1).copied()).collect();
    let at = |n: usize| window.iter().zip(&padded[n + WINDOW / 2..]).map(|(w, x)| w * x).sum::<f64>() / total;
    (0..walk.len()).map(at).collect()
}
