//! Fitting a model's Jacobian to a trunk: which surrogate carries gradients best through the run, and the gains of each joint.
//!
//! The trained network fixes what the spikes are, not what stands for their derivative on the way back. The surrogate of training is narrow; through hundreds
//! of ticks its gradients fade. A wider one reaches the first joints. Each candidate is given the gains that suit it best over poses of the training
//! set, by least squares for each joint, drawn towards the common gain of all joints so that a joint that hardly moves the tip gets no wild one.
//! The candidate with the smallest error against the true Jacobian is taken.

use std::sync::atomic::{AtomicBool, Ordering};

use embody_brain::training::Parameters;
use embody_robots::trunk::Trunk;
use nalgebra::Matrix6xX;

use super::model::{Calibration, ForwardModel, ModelError, Scaling};
use super::network::Neurons;

/// Height and slope of the surrogates that are tried.
const SURROGATES: [[f32; 2]; 8] =
    [[0.25, 1.0], [0.3, 1.0], [0.35, 1.0], [0.4, 1.0], [0.4, 1.5], [0.5, 1.5], [0.3, 0.7], [0.6, 2.0]];

/// Poses over which gains are fitted.
pub(super) const POSES: usize = 64;

/// Weight of the common gain, as a share of a joint's own evidence on average.
const TOWARDS_COMMON: f64 = 0.1;

/// Length for which a rotation counts (m): that of the tip's position error which weighs as much as one radian.
const ARM_M: f64 = 0.1;

/// How well a calibrated Jacobian fits, over the poses that it was fitted to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Error, as a share of the true Jacobian's norm; a radian counts for 0.1 m.
    pub error: f64,
    /// Cosine of the angle between both.
    pub cosine: f64,
}

/// The model whose Jacobian fits a trunk best, and how well it does, over poses that the model is shown and those whose true Jacobian it is told for
/// each.
///
/// The candidates are shared out among `threads`, which don't change what is found. None if `stop` is set meanwhile.
///
/// # Errors
/// If the parameters aren't those of a network of these neurons.
pub fn calibrated(
    trunk: &Trunk,
    neurons: Neurons,
    parameters: &Parameters<f32>,
    scaling: &Scaling,
    poses: [&[Vec<f64>]; 2],
    threads: usize,
    stop: &AtomicBool,
) -> Result<Option<(ForwardModel, Fit)>, ModelError> {
    let fitted = |surrogate| fitted(trunk, neurons, parameters, scaling, surrogate, poses, stop);
    let share = SURROGATES.len().div_ceil(threads.clamp(1, SURROGATES.len()));
    let found: Vec<_> = std::thread::scope(|scope| {
        let shares: Vec<_> = SURROGATES
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(|&surrogate| fitted(surrogate)).collect::<Vec<_>>()))
            .collect();
        let done = shares.into_iter().map(|share| share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.flatten().collect()
    });
    let mut best: Option<(ForwardModel, Fit)> = None;
    for candidate in found {
        let Some(candidate) = candidate? else { return Ok(None) };
        if best.as_ref().is_none_or(|(_, fit)| candidate.1.error < fit.error) {
            best = Some(candidate);
        }
    }
    Ok(best)
}

fn fitted(
    trunk: &Trunk,
    neurons: Neurons,
    parameters: &Parameters<f32>,
    scaling: &Scaling,
    surrogate: [f32; 2],
    poses: [&[Vec<f64>]; 2],
    stop: &AtomicBool,
) -> Result<Option<(ForwardModel, Fit)>, ModelError> {
    let (modules, joints) = (trunk.modules(), trunk.joints());
    let blank = Calibration { surrogate, gains: vec![1.0; 2 * joints] };
    let model = ForwardModel::new(modules, neurons, parameters, scaling.clone(), blank)?;
    let [shown, told] = poses.map(<[_]>::iter);
    let pairs: Vec<[Matrix6xX<f64>; 2]> = shown
        .zip(told)
        .take_while(|_| !stop.load(Ordering::Relaxed))
        .map(|(shown, told)| {
            let mut actual = Matrix6xX::zeros(joints);
            trunk.jacobian(told, &mut actual);
            [model.uncalibrated(&model.run(shown), &trunk.tip(told)), actual]
        })
        .collect();
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let gains = gains(&pairs, joints);
    let fit = fit(&pairs, &gains);
    let calibration = Calibration { surrogate, gains };
    Ok(Some((ForwardModel::new(modules, neurons, parameters, scaling.clone(), calibration)?, fit)))
}

/// For each joint the gains of position and rotation.
fn gains(pairs: &[[Matrix6xX<f64>; 2]], joints: usize) -> Vec<f32> {
    let mut sums = vec![[0.0; 2]; 2 * joints];
    for [model, actual] in pairs {
        for joint in 0..joints {
            for row in 0..6 {
                let (m, t) = (model[(row, joint)], actual[(row, joint)]);
                let sums = &mut sums[2 * joint + row / 3];
                *sums = [sums[0] + m * t, sums[1] + m * m];
            }
        }
    }
    let mut gains = vec![0.0; 2 * joints];
    for half in 0..2 {
        let of = |part: usize| (0..joints).map(|joint| sums[2 * joint + half][part]).sum::<f64>();
        let common = if of(1) > 0.0 { of(0) / of(1) } else { 0.0 };
        let weight = TOWARDS_COMMON * of(1) / joints as f64;
        for joint in 0..joints {
            let [product, square] = sums[2 * joint + half];
            let gain = if square + weight > 0.0 { (product + common * weight) / (square + weight) } else { 0.0 };
            gains[2 * joint + half] = gain.max(0.0) as f32;
        }
    }
    gains
}

fn fit(pairs: &[[Matrix6xX<f64>; 2]], gains: &[f32]) -> Fit {
    let (mut off, mut product, mut ours, mut theirs) = (0.0, 0.0, 0.0, 0.0);
    for [model, actual] in pairs {
        for joint in 0..actual.ncols() {
            for row in 0..6 {
                let length = if row < 3 { 1.0 } else { ARM_M };
                let m = length * model[(row, joint)] * f64::from(gains[2 * joint + row / 3]);
                let t = length * actual[(row, joint)];
                (off, product, ours, theirs) = (off + (m - t) * (m - t), product + m * t, ours + m * m, theirs + t * t);
            }
        }
    }
    Fit { error: libm::sqrt(off / theirs), cosine: product / libm::sqrt(ours * theirs).max(f64::MIN_POSITIVE) }
}
