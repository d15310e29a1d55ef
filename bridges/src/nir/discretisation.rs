//! How continuous laws become steps. NIR leaves it open, and its fields carry no units; here seconds, and every choice is explicit.

use std::collections::BTreeMap;
use std::fmt;

use super::{Array, NirError, Value};

/// How a step of `dt` follows from a differential equation tau dx/dt = (leak - x) + u, where u is what arrives in the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integration {
    /// Forward Euler: x += (dt/tau) ((leak - x) + u), as Norse and snnTorch step.
    Euler,
    /// Exact decay, and input as an impulse at the end of the step: x = leak + exp(-dt/tau) (x - leak) + (dt/tau) u, as Rockpool steps.
    Exponential,
}

/// What a spike does to the potential, at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// It goes to v_reset, which is zero unless the file says otherwise.
    Zero,
    /// The threshold's height above v_reset is taken away.
    Subtract,
}

/// The choices that NIR leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discretisation {
    /// Length of a step (s).
    pub dt_s: f64,
    /// How a step is integrated.
    pub integration: Integration,
    /// What a spike does.
    pub reset: Reset,
}

impl Discretisation {
    /// An error unless `dt_s` is a time.
    pub(crate) fn check(&self) -> Result<(), NirError> {
        if self.dt_s.is_finite() && self.dt_s > 0.0 {
            return Ok(());
        }
        Err(NirError::node("dt", format!("expected a time above zero (s), found {}", self.dt_s)))
    }

    /// What a state keeps of itself in a step, for each time constant (s), and what it takes of its input: decay and gain.
    ///
    /// # Errors
    /// If forward Euler would overshoot: in words, without the node's name.
    pub(crate) fn coefficients(&self, key: &str, tau_s: f64) -> Result<[f64; 2], String> {
        let gain = self.dt_s / tau_s;
        match self.integration {
            Integration::Exponential => Ok([libm::exp(-gain), gain]),
            // Times are often kept in single precision, and may then fall short of a step by a rounding.
            Integration::Euler if gain <= 1.0 + 1e-6 => Ok([(1.0 - gain).max(0.0), gain]),
            Integration::Euler => {
                Err(format!("{key}: forward Euler with steps of {} s takes times of at least that, found {tau_s}", self.dt_s))
            }
        }
    }

    /// As metadata of a graph, under `embody`.
    pub(crate) fn metadata(&self) -> (String, Value) {
        let items = BTreeMap::from([
            ("dt".to_string(), Value::Array(Array::scalar(self.dt_s))),
            ("integration".to_string(), Value::Text(self.integration.to_string())),
            ("reset".to_string(), Value::Text(self.reset.to_string())),
        ]);
        ("embody".into(), Value::Group(items))
    }

    /// The choices that a graph was exported with, if its metadata states them.
    pub fn stated(metadata: &BTreeMap<String, Value>) -> Option<Discretisation> {
        let Some(Value::Group(items)) = metadata.get("embody") else { return None };
        let (Some(Value::Array(dt)), Some(Value::Text(integration)), Some(Value::Text(reset))) =
            (items.get("dt"), items.get("integration"), items.get("reset"))
        else {
            return None;
        };
        let integration = [Integration::Euler, Integration::Exponential].into_iter().find(|i| i.to_string() == *integration)?;
        let reset = [Reset::Zero, Reset::Subtract].into_iter().find(|r| r.to_string() == *reset)?;
        Some(Discretisation { dt_s: dt.iter().next()?, integration, reset })
    }
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Integration::Euler => "euler",
            Integration::Exponential => "exponential",
        })
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reset::Zero => "zero",
            Reset::Subtract => "subtract",
        })
    }
}

impl fmt::Display for Discretisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dt {} s, integration {}, reset {}", self.dt_s, self.integration, self.reset)
    }
}
