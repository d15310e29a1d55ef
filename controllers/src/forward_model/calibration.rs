//! Fitting a model's Jacobian to a trunk: which surrogate carries gradients best through the run, and the gains of each joint.
//!
//! The trained network fixes what the spikes are, not what stands for their derivative on the way back. The surrogate of training is narrow; through hundreds
//! of ticks its gradients fade. A wider one reaches the first joints. Each candidate is given the gains that suit it best over poses of the training
//! set, by least squares for each joint, drawn towards the common gain of all joints so that a joint that hardly moves the tip gets no wild one.
//! The candidate with the smallest error against the true Jacobian is taken.

use std::sync::atomic::{AtomicBool, Ordering};

use embody_brain::CompileNetwork;
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

/// What a Jacobian is fitted to.
#[derive(Clone, Copy)]
pub struct Fitting<'a> {
    /// The trunk that is to be matched.
    pub trunk: &'a Trunk,
    /// The network's neurons.
    pub neurons: Neurons,
    /// Its weights.
    pub parameters: &'a Parameters<f32>,
    /// What its values stand for.
    pub scaling: &'a Scaling,
    /// Where it runs, and the seed of what is random there; none is the software itself.
    pub on: Option<(&'a CompileNetwork, u64)>,
    /// Poses that the model is shown.
    pub shown: &'a [Vec<f64>],
    /// Those whose true Jacobian it is told for each.
    pub told: &'a [Vec<f64>],
    /// Ends it early.
    pub stop: &'a AtomicBool,
}

impl Fitting<'_> {
    /// The model whose Jacobian fits best, and how well it does.
    ///
    /// The candidates are shared out among `threads`, which don't change what is found. None if `stop` is set meanwhile.
    ///
    /// # Errors
    /// If the parameters aren't those of a network of these neurons, or it can't run where it should.
    pub fn calibrated(self, threads: usize) -> Result<Option<(ForwardModel, Fit)>, ModelError> {
        let share = SURROGATES.len().div_ceil(threads.clamp(1, SURROGATES.len()));
        let found: Vec<_> = std::thread::scope(|scope| {
            let fitted = |share: &'static [[f32; 2]]| share.iter().map(|&surrogate| self.fitted(surrogate)).collect::<Vec<_>>();
            let shares: Vec<_> = SURROGATES.chunks(share).map(|share| scope.spawn(move || fitted(share))).collect();
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

    /// The model with this surrogate.
    fn fitted(self, surrogate: [f32; 2]) -> Result<Option<(ForwardModel, Fit)>, ModelError> {
        let (modules, joints) = (self.trunk.modules(), self.trunk.joints());
        let model = |gains| {
            let calibration = Calibration { surrogate, gains };
            ForwardModel::new(modules, self.neurons, self.parameters, self.scaling.clone(), calibration)
        };
        let blank = model(vec![1.0; 2 * joints])?;
        let mut placed = self.on.map(|(compile, seed)| blank.place(compile, seed)).transpose()?;
        let mut pairs = Vec::with_capacity(self.shown.len());
        for (shown, told) in self.shown.iter().zip(self.told) {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let run = match &mut placed {
                None => blank.run(shown),
                Some(placed) => blank.run_on(placed, shown)?,
            };
            let mut actual = Matrix6xX::zeros(joints);
            self.trunk.jacobian(told, &mut actual);
            pairs.push([blank.uncalibrated(&run, &self.trunk.tip(told)), actual]);
        }
        let gains = gains(&pairs, joints);
        let fit = fit(&pairs, &gains);
        Ok(Some((model(gains)?, fit)))
    }
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
