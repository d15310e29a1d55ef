//! SPORE as a network's plasticity rule.

use super::{Shape, Spore, SporeForm, SporeSynapses, Stepwise, Windowed};
use crate::plasticity::{Activity, ProjectionContext, RuleKernel};
use crate::state::{self, State, StateError};

/// The synapses of a projection under SPORE, in either form, in `f32`.
#[derive(Clone)]
pub struct SporeKernel {
    parameters: Spore,
    synapses: Form,
}

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one per projection, and it holds the arrays of thousands of synapses")]
enum Form {
    Windowed(Windowed<f32>),
    Stepwise(Stepwise<f32>),
}

impl SporeKernel {
    /// Synapses at time zero.
    pub fn new(parameters: &Spore, context: &ProjectionContext) -> Result<Self, String> {
        parameters.check(context.tick_ms)?;
        let most = 1 << 22;
        let steps = libm::round(parameters.update_interval_ms / context.tick_ms) as usize;
        if steps.saturating_mul(crate::numeric::padded(context.targets)) > most {
            let targets = context.targets;
            return Err(format!("update_interval_ms: expected at most {most} ticks times targets, found {steps} x {targets}"));
        }
        let shape = Shape { sources: context.sources, targets: context.targets, per_pair: context.per_pair };
        let synapses = match parameters.form {
            SporeForm::Windowed => Form::Windowed(Windowed::new(parameters, shape, context.tick_ms, context.seed)),
            SporeForm::Stepwise => Form::Stepwise(Stepwise::new(parameters, shape, context.tick_ms, context.seed)),
        };
        Ok(SporeKernel { parameters: parameters.clone(), synapses })
    }

    fn synapses(&self) -> &dyn SporeSynapses<f32> {
        match &self.synapses {
            Form::Windowed(synapses) => synapses,
            Form::Stepwise(synapses) => synapses,
        }
    }

    fn synapses_mut(&mut self) -> &mut dyn SporeSynapses<f32> {
        match &mut self.synapses {
            Form::Windowed(synapses) => synapses,
            Form::Stepwise(synapses) => synapses,
        }
    }
}

impl State for SporeKernel {
    fn save(&self) -> Vec<u8> {
        match &self.synapses {
            Form::Windowed(synapses) => state::write(synapses.state()),
            Form::Stepwise(synapses) => state::write(synapses.state()),
        }
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let fits = match &mut self.synapses {
            Form::Windowed(synapses) => synapses.set_state(state::read(bytes)?),
            Form::Stepwise(synapses) => synapses.set_state(state::read(bytes)?),
        };
        if fits { Ok(()) } else { Err(StateError("it is of another number of synapses or steps".into())) }
    }
}

impl RuleKernel for SporeKernel {
    fn tick(&mut self, activity: Activity<'_>) -> bool {
        self.synapses_mut().step(activity.pre, activity.bap, activity.third_factor, activity.learning)
    }

    fn requested(&mut self) -> &mut [f32] {
        self.synapses_mut().weights_mut()
    }

    fn weights(&self) -> &[f32] {
        self.synapses().weights()
    }

    /// theta = theta0 + ln(w / w0); a weight of zero is a retracted synapse at theta = theta_min.
    fn program(&mut self, weights: &[f32], tolerance: f32) -> Result<(), String> {
        let p = &self.parameters;
        let range = [p.w0 * libm::exp(-p.theta0), p.w0 * libm::exp(p.theta_max - p.theta0)];
        let theta = weights.iter().enumerate().map(|(i, &w)| {
            let theta = if w > 0.0 { p.theta0 + libm::log(f64::from(w) / p.w0) } else { p.theta_min.min(-f64::EPSILON) };
            // Weights were rounded to f32; what lies within that of the limits is meant to lie on them.
            let inside = (-1e-5..=p.theta_max + 1e-5).contains(&theta);
            let [low, high] = [range[0] - f64::from(tolerance), range[1] + f64::from(tolerance)];
            let near = tolerance > 0.0 && (low..=high).contains(&f64::from(w));
            let representable = w == 0.0 || (w > 0.0 && (inside || near)) || (w < 0.0 && w >= -tolerance);
            let theta = if w > 0.0 { theta.clamp(0.0, p.theta_max) } else { theta };
            if representable {
                Ok(theta as f32)
            } else {
                Err(format!("weight {i} is {w}, expected 0 or {} to {}", range[0], range[1]))
            }
        });
        let theta = theta.collect::<Result<Vec<f32>, String>>()?;
        self.synapses_mut().set_theta(&theta);
        Ok(())
    }

    fn range(&self) -> Option<[f32; 2]> {
        let p = &self.parameters;
        Some([0.0, (p.w0 * libm::exp(p.theta_max.max(0.0) - p.theta0)) as f32])
    }

    fn active(&self) -> usize {
        let shape = self.synapses().shape();
        self.weights().iter().enumerate().filter(|&(i, &w)| w > 0.0 && shape.is_real(i)).count()
    }

    fn duplicate(&self) -> Box<dyn RuleKernel> {
        Box::new(self.clone())
    }
}
