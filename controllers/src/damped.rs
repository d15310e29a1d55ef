//! Damped least squares over joint values with limits: the step that a Jacobian asks for.

use nalgebra::{Matrix6, Vector6};

/// How often joints at their limits are left out and the rest is solved again.
const SOLVES: usize = 3;

/// Joint values lie from minus this to this.
pub(crate) const LIMIT: f64 = 1.0;

/// The change of every joint value, J^T (J J^T + damping^2)^-1 residual over the joints that are free. Those at a limit that would go beyond are no longer, and
/// it is solved again.
pub(crate) fn step(
    columns: &[Vector6<f64>],
    mut free: Vec<bool>,
    joints: &[f64],
    damping: f64,
    residual: &Vector6<f64>,
) -> Vec<f64> {
    let mut step = vec![0.0; columns.len()];
    for _ in 0..SOLVES {
        let damping = Matrix6::identity() * (damping * damping);
        let used = columns.iter().zip(&free).filter(|(_, free)| **free);
        let square = used.fold(damping, |sum, (column, _)| sum + column * column.transpose());
        let pull = square.try_inverse().map_or(Vector6::zeros(), |inverse| inverse * residual);
        for ((step, column), free) in step.iter_mut().zip(columns).zip(&free) {
            *step = if *free { column.dot(&pull) } else { 0.0 };
        }
        let stuck = |joint: usize| joints[joint].abs() >= LIMIT && step[joint] * joints[joint] > 0.0;
        let stuck: Vec<usize> = (0..step.len()).filter(|joint| stuck(*joint)).collect();
        stuck.iter().for_each(|joint| (free[*joint], step[*joint]) = (false, 0.0));
        if stuck.is_empty() {
            break;
        }
    }
    step
}

/// Moves joint values by a step, shortened so that none moves by more than `greatest`, and within their limits.
pub(crate) fn go(joints: &mut [f64], step: &[f64], greatest: f64) {
    let longest = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
    let share = (greatest / longest).min(1.0);
    for (joint, step) in joints.iter_mut().zip(step) {
        *joint = (*joint + share * step).clamp(-LIMIT, LIMIT);
    }
}
