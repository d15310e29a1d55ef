//! The parameters of SPORE.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which form of the rule runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SporeForm {
    /// One pass per Delta; six to twenty times faster.
    #[default]
    Windowed,
    /// The definition, step by step; the reference.
    Stepwise,
}

/// The parameters of SPORE; the defaults are the NEST module's. Times in ms, as in the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spore {
    /// Which form of the rule runs.
    pub form: SporeForm,
    /// Learning rate beta (1/ms).
    pub beta_per_ms: f64,
    /// Time after which beta is halved, again and again (ms); 0 for a constant beta.
    pub beta_halving_ms: f64,
    /// Temperature T of theta's diffusion.
    pub temperature: f64,
    /// Temperature T_g of the gradient's noise.
    pub gradient_temperature: f64,
    /// Rise time of the presynaptic trace (ms).
    pub tau_rise_ms: f64,
    /// Fall time of the presynaptic trace (ms).
    pub tau_fall_ms: f64,
    /// Presynaptic traces below this are set to zero; 0 keeps them for ever.
    pub cutoff: f64,
    /// Time constant of the eligibility trace, the module's `episode_length` (ms).
    pub tau_eligibility_ms: f64,
    /// Time constant of the gradient estimate, the module's `integration_time` (ms).
    pub tau_gradient_ms: f64,
    /// Delta: time between two updates of theta and w (ms).
    pub update_interval_ms: f64,
    /// Offset theta0 of the weight's exponent.
    pub theta0: f64,
    /// Weight w0 of a synapse with theta = theta0.
    pub w0: f64,
    /// Least theta.
    pub theta_min: f64,
    /// Greatest theta.
    pub theta_max: f64,
    /// Limit of the gradient's pull c_g g.
    pub max_param_change: f64,
    /// Strength c_g of the gradient.
    pub c_g: f64,
    /// Strength c_e of the direct pull by the eligibility trace.
    pub c_e: f64,
    /// Strength c_p = 1 / sigma^2 of the prior.
    pub c_p: f64,
    /// Mean mu of the prior.
    pub mu: f64,
    /// Mean of the initial theta.
    pub theta_init_mean: f64,
    /// Standard deviation of the initial theta.
    pub theta_init_deviation: f64,
}

impl Default for Spore {
    fn default() -> Self {
        Spore {
            form: SporeForm::Windowed,
            beta_per_ms: 5e-8,
            beta_halving_ms: 0.0,
            temperature: 0.1,
            gradient_temperature: 0.0,
            tau_rise_ms: 2.0,
            tau_fall_ms: 20.0,
            cutoff: 1e-4,
            tau_eligibility_ms: 1000.0,
            tau_gradient_ms: 50_000.0,
            update_interval_ms: 100.0,
            theta0: 3.0,
            w0: 1.0,
            theta_min: -2.0,
            theta_max: 5.0,
            max_param_change: 40.0,
            c_g: 1.0,
            c_e: 0.0,
            c_p: 1.0,
            mu: 0.0,
            theta_init_mean: 0.0,
            theta_init_deviation: 0.0,
        }
    }
}

/// The greatest number that any parameter may be: so large that no real use reaches it, so small that sums stay within `f32`.
const MOST: f64 = 1e9;

impl Spore {
    /// Looks for values that can't be; `h_ms` is the neural time step (ms).
    pub fn check(&self, h_ms: f64) -> Result<(), String> {
        let positive = [
            ("tau_rise_ms", self.tau_rise_ms),
            ("tau_fall_ms", self.tau_fall_ms),
            ("tau_eligibility_ms", self.tau_eligibility_ms),
            ("tau_gradient_ms", self.tau_gradient_ms),
            ("w0", self.w0),
        ];
        let not_negative = [
            ("beta_per_ms", self.beta_per_ms),
            ("beta_halving_ms", self.beta_halving_ms),
            ("temperature", self.temperature),
            ("gradient_temperature", self.gradient_temperature),
            ("cutoff", self.cutoff),
            ("max_param_change", self.max_param_change),
            ("c_p", self.c_p),
            ("theta_init_deviation", self.theta_init_deviation),
        ];
        let finite = [
            ("theta0", self.theta0),
            ("theta_min", self.theta_min),
            ("theta_max", self.theta_max),
            ("c_g", self.c_g),
            ("c_e", self.c_e),
            ("mu", self.mu),
            ("theta_init_mean", self.theta_init_mean),
        ];
        if let Some((name, value)) = positive.iter().find(|(_, v)| !(*v > 0.0 && *v <= MOST)) {
            return Err(format!("{name}: expected a number above zero, at most {MOST:e}, found {value}"));
        }
        if let Some((name, value)) = not_negative.iter().find(|(_, v)| !(0.0..=MOST).contains(v)) {
            return Err(format!("{name}: expected a number that isn't negative, at most {MOST:e}, found {value}"));
        }
        if let Some((name, value)) = finite.iter().find(|(_, v)| !(-MOST..=MOST).contains(v)) {
            return Err(format!("{name}: expected a number of at most {MOST:e} either way, found {value}"));
        }
        if self.theta_min > self.theta_max {
            return Err(format!("theta_min: expected at most theta_max = {}, found {}", self.theta_max, self.theta_min));
        }
        // A weight of zero means that a synapse isn't there; f32 must hold all others, and what is summed up from them.
        for theta in [self.theta_min.max(0.0), self.theta_max.max(0.0)] {
            let w = self.w0 * libm::exp(theta - self.theta0);
            if !((theta - self.theta0).abs() <= 87.0 && (1e-30..=1e6).contains(&w)) {
                return Err(format!(
                    "theta0, w0 and the limits of theta: expected weights of 1e-30 to 1e6, found {w:e} at theta = {theta}"
                ));
            }
        }
        if (self.tau_fall_ms - self.tau_rise_ms).abs() < 1e-3 * self.tau_fall_ms {
            let [rise, fall] = [self.tau_rise_ms, self.tau_fall_ms];
            return Err(format!("tau_rise_ms: expected a value at least 0.1 % from tau_fall_ms = {fall}, found {rise}"));
        }
        let steps = self.update_interval_ms / h_ms;
        if !(1.0..=65_535.0).contains(&steps) || (steps - libm::round(steps)).abs() > 1e-9 {
            return Err(format!(
                "update_interval_ms: expected a whole number of neural ticks of {h_ms} ms, at most 65535, found {}",
                self.update_interval_ms
            ));
        }
        Ok(())
    }
}
