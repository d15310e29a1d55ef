//! Joint values to train on.
//!
//! Half of the poses are of the published sampler: uniform, with edge cases, which are all joints at one triple of signs (2.5 %), and runs of modules that tilt
//! fully to one side. In the other half tilts are shrunk together and extensions shifted together, so that straight and retracted poses, where reaching begins,
//! lie within what is trained.

use embody_robots::trunk::JOINTS_PER_MODULE;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Share of poses with all joints at one triple of signs.
const CORNERS: f64 = 0.025;

/// Share of poses without any run.
const WITHOUT_RUN: f64 = 0.75;

/// Probability of a run's end at each module.
const RUN_ENDS: f64 = 16.5 / 360.0;

/// Greatest common shift of extensions.
const SHIFT: f64 = 1.4;

/// Draws joint values.
#[derive(Clone, Debug)]
pub struct Sampler {
    modules: usize,
    random: ChaCha8Rng,
}

impl Sampler {
    /// For that many modules, from a seed.
    pub fn new(modules: usize, seed: u64) -> Sampler {
        Sampler { modules, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random.random::<f64>()
    }

    /// Uniform joint values.
    pub fn uniform_pose(&mut self) -> Vec<f64> {
        (0..JOINTS_PER_MODULE * self.modules).map(|_| self.uniform(-1.0, 1.0)).collect()
    }

    /// Joint values of the published sampler.
    pub fn published(&mut self) -> Vec<f64> {
        if self.random.random::<f64>() < CORNERS {
            let signs = [(); JOINTS_PER_MODULE].map(|()| if self.random.random::<bool>() { 1.0 } else { -1.0 });
            return signs.into_iter().cycle().take(JOINTS_PER_MODULE * self.modules).collect();
        }
        let begins = 1.0 - libm::pow(WITHOUT_RUN, 1.0 / self.modules as f64);
        let mut joints = self.uniform_pose();
        let mut run: Option<[f64; 3]> = None;
        for module in 0..self.modules {
            if run.is_none() && self.random.random::<f64>() < begins {
                let angle = self.uniform(0.0, std::f64::consts::TAU);
                let extension = if module > 0 { joints[JOINTS_PER_MODULE * module - 1] } else { 0.0 };
                run = Some([libm::sin(angle), libm::cos(angle), extension]);
            }
            if let Some(values) = run {
                joints[JOINTS_PER_MODULE * module..][..JOINTS_PER_MODULE].copy_from_slice(&values);
                if self.random.random::<f64>() < RUN_ENDS {
                    run = None;
                }
            }
        }
        joints
    }

    /// Joint values to train on.
    pub fn mixed(&mut self) -> Vec<f64> {
        let mut joints = self.published();
        if self.random.random::<bool>() {
            let (shrink, shift, keep) = (self.uniform(0.0, 1.0), self.uniform(-SHIFT, SHIFT), self.uniform(0.0, 1.0));
            for [x, y, h] in joints.as_chunks_mut::<JOINTS_PER_MODULE>().0 {
                (*x, *y, *h) = (*x * shrink, *y * shrink, (shift + keep * *h).clamp(-1.0, 1.0));
            }
        }
        joints
    }
}
