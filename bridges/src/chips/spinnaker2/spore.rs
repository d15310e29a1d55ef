//! SPORE on a processing element: its state in single-precision floats, w0 exp(theta - theta0) by the exponential accelerator.
//!
//! So ran the prototype of Yan et al. 2019, with weights and state in local memory. What differs here: normal numbers are those of the
//! float substrate (counter-based, of the same distribution), not sums of the random-number accelerator's, so that runs can be compared; and
//! the traces are worked out once an update rather than in every step, which gives the same.

use embody_brain::Model;
use embody_brain::plasticity::spore::{Spore, SporeKernel};
use embody_brain::plasticity::{Activity, ProjectionContext, RuleKernel};
use embody_brain::state::{State, StateError};
use serde::Deserialize;

use super::accelerators::exponential;
use super::fixed::{bits, value};

/// Bytes of a synapse beside its weight: theta, e, g and two traces, in words of four.
pub const STATE_BYTES: usize = 20;

/// SPORE whose weights come from the accelerator.
#[derive(Clone)]
pub struct ElementSpore {
    rule: SporeKernel,
    w0: f32,
}

impl ElementSpore {
    /// Synapses at time zero.
    pub fn new(model: &Model, context: &ProjectionContext) -> Result<Self, String> {
        let parameters = Spore::deserialize(&model.parameters).map_err(|e| e.to_string())?;
        let mut element = ElementSpore { rule: SporeKernel::new(&parameters, context)?, w0: parameters.w0 as f32 };
        element.accelerate();
        Ok(element)
    }

    /// Replaces each weight by what the accelerator gives for its theta, in s16.15 either way. A retracted synapse stays at zero.
    fn accelerate(&mut self) {
        let w0 = self.w0;
        for w in self.rule.requested() {
            if *w > 0.0 {
                // theta - theta0 to within 1e-7, a three-hundredth of the accelerator's step.
                let exponent = libm::log(f64::from(*w) / f64::from(w0));
                *w = w0 * value(exponential(bits(exponent))) as f32;
            }
        }
    }
}

impl State for ElementSpore {
    fn save(&self) -> Vec<u8> {
        self.rule.save()
    }
    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        self.rule.load(bytes)
    }
}

impl RuleKernel for ElementSpore {
    fn tick(&mut self, activity: Activity<'_>) -> bool {
        let asks = self.rule.tick(activity);
        if asks {
            self.accelerate();
        }
        asks
    }
    fn requested(&mut self) -> &mut [f32] {
        self.rule.requested()
    }
    fn weights(&self) -> &[f32] {
        self.rule.weights()
    }
    fn program(&mut self, weights: &[f32], tolerance: f32) -> Result<(), String> {
        self.rule.program(weights, tolerance)
    }
    fn range(&self) -> Option<[f32; 2]> {
        self.rule.range()
    }
    fn active(&self) -> usize {
        self.rule.active()
    }
    fn duplicate(&self) -> Box<dyn RuleKernel> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_the_accelerator() {
        let p = Spore { theta_init_mean: 1.0, theta_init_deviation: 1.0, w0: 2.0, ..Spore::default() };
        let context = ProjectionContext { sources: 20, targets: 8, per_pair: 2, tick_ms: 1.0, seed: 3 };
        let element = ElementSpore::new(&Model::new("spore", &p).unwrap(), &context).unwrap();
        let float = SporeKernel::new(&p, &context).unwrap();
        let (mut kept, mut changed) = (0, 0);
        for (&ours, &exact) in element.weights().iter().zip(float.weights()) {
            let steps = f64::from(ours) / 2.0 * 32768.0;
            assert_eq!(steps, libm::rint(steps), "a multiple of w0 2^-15");
            // The argument is off by half a step at most, and so is the value.
            assert!((ours - exact).abs() <= (2.0 + exact) * 0.51 / 32768.0, "{ours} {exact}");
            assert_eq!(ours > 0.0, exact > 0.0);
            kept += u32::from(ours == exact);
            changed += u32::from(ours != exact);
        }
        assert!(kept > 0 && changed > 100, "{kept} {changed}");
    }

    #[test]
    fn it_conforms_as_a_rule() {
        let make = || -> Box<dyn RuleKernel> {
            let p = Spore { beta_per_ms: 1e-4, theta_init_deviation: 0.5, ..Spore::default() };
            let context = ProjectionContext { sources: 10, targets: 9, per_pair: 3, tick_ms: 1.0, seed: 3 };
            Box::new(ElementSpore::new(&Model::new("spore", &p).unwrap(), &context).unwrap())
        };
        embody_brain::conformance::rule(make, 10, 9, 3);
    }
}
