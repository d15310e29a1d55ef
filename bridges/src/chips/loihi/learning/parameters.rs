//! The parameters of a rule on the chip.

use embody_brain::neuron::PerNeuron;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Trace;

/// The rule `loihi_sum_of_products`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SumOfProducts {
    /// Whole numbers of the chip to a unit of the network's weights. On the chip a whole number, as thresholds are scaled with it.
    pub weight_scale: f64,
    /// Initial weight in the network's unit: one for all, or one for each synapse, source by source, targets running fastest. Cut to even
    /// whole numbers of the chip.
    pub initial_weight: PerNeuron,
    /// Ticks from one update to the next.
    pub epoch_ticks: u8,
    /// First trace of the source's spikes.
    pub x1: Trace,
    /// Second trace of the source's spikes.
    pub x2: Trace,
    /// First trace of the target's spikes.
    pub y1: Trace,
    /// Second trace of the target's spikes.
    pub y2: Trace,
    /// Third trace of the target's spikes.
    pub y3: Trace,
    /// What a weight changes by: the sum of these, each added and clipped in its turn.
    pub dw: Vec<Product>,
    /// How traces and weights are rounded.
    pub rounding: Rounding,
}

impl Default for SumOfProducts {
    fn default() -> Self {
        SumOfProducts {
            weight_scale: 1.0,
            initial_weight: 0.0.into(),
            epoch_ticks: 1,
            x1: Trace::default(),
            x2: Trace::default(),
            y1: Trace::default(),
            y2: Trace::default(),
            y3: Trace::default(),
            dw: Vec::new(),
            rounding: Rounding::default(),
        }
    }
}

/// How fractions are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Up as often as the fraction says, else down.
    #[default]
    Stochastic,
    /// Down.
    Down,
}

/// A product: a condition, factors, and a constant mantissa 2^exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// What it hangs on.
    pub on: Dependency,
    /// What is multiplied.
    #[serde(default)]
    pub factors: Vec<Factor>,
    /// Mantissa of the constant: -8 to 7.
    #[serde(default = "one")]
    pub mantissa: i8,
    /// Exponent of the constant: -7 to 8.
    #[serde(default)]
    pub exponent: i8,
}

fn one() -> i8 {
    1
}

/// When a product counts, and the step at which its traces are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dependency {
    /// If the source spiked in the epoch; traces as they stand in the step of its last spike.
    X0,
    /// If the target spiked in the epoch; traces as they stand in the step of its last spike.
    Y0,
    /// In every epoch whose number (from 1) is a multiple of 2^k; traces as they stand at its end.
    U(u8),
}

/// A factor: a variable and what is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// The variable.
    pub variable: Variable,
    /// What is added to it: a constant of 8 bits with sign.
    #[serde(default)]
    pub plus: i16,
}

/// What a factor is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// 1 if the source spiked in the epoch, else 0.
    X0,
    /// First trace of the source.
    X1,
    /// Second trace of the source.
    X2,
    /// 1 if the target spiked in the epoch, else 0.
    Y0,
    /// First trace of the target.
    Y1,
    /// Second trace of the target.
    Y2,
    /// Third trace of the target.
    Y3,
    /// The weight.
    W,
    /// Nothing but what is added.
    C,
}

impl Variable {
    /// Bits of it.
    pub fn width(self) -> u32 {
        match self {
            Variable::X0 | Variable::Y0 => 1,
            Variable::X1 | Variable::X2 | Variable::Y1 | Variable::Y2 | Variable::Y3 => 7,
            Variable::W => 9,
            Variable::C => 8,
        }
    }
}

/// The most factors of a product: so few that their product fits into 64 bits.
const MOST_FACTORS: usize = 5;
/// The most products of a rule.
const MOST_PRODUCTS: usize = 16;

impl SumOfProducts {
    /// Looks for values that can't be. Errors name the parameter and what it must be.
    pub fn check(&self, synapses: usize) -> Result<(), String> {
        if !(self.weight_scale > 0.0 && self.weight_scale <= 1e9) {
            return Err(format!("weight_scale: expected a number above zero, at most 1e9, found {}", self.weight_scale));
        }
        if !(1..=63).contains(&self.epoch_ticks) {
            return Err(format!("epoch_ticks: expected 1 to 63, found {}", self.epoch_ticks));
        }
        if let PerNeuron::Each(values) = &self.initial_weight
            && values.len() != synapses
        {
            return Err(format!("initial_weight: expected one number or {synapses}, found {}", values.len()));
        }
        let inside = |w: f64| (-256.0..256.0).contains(&(w * self.weight_scale));
        if let Some(w) = self.initial_weight.values().iter().find(|w| !inside(**w)) {
            let [low, high] = [-256.0, 255.0].map(|w| w / self.weight_scale);
            return Err(format!("initial_weight: expected {low} to {high}, found {w}"));
        }
        for (name, trace) in [("x1", self.x1), ("x2", self.x2), ("y1", self.y1), ("y2", self.y2), ("y3", self.y3)] {
            trace.check(name)?;
        }
        if self.dw.len() > MOST_PRODUCTS {
            return Err(format!("dw: expected at most {MOST_PRODUCTS} products, found {}", self.dw.len()));
        }
        self.dw.iter().enumerate().try_for_each(|(number, product)| product.check(&format!("dw[{number}]")))
    }
}

impl Product {
    fn check(&self, name: &str) -> Result<(), String> {
        if self.factors.len() > MOST_FACTORS {
            return Err(format!("{name}: expected at most {MOST_FACTORS} factors, found {}", self.factors.len()));
        }
        if !(-8..=7).contains(&self.mantissa) {
            return Err(format!("{name}.mantissa: expected -8 to 7, found {}", self.mantissa));
        }
        if !(-7..=8).contains(&self.exponent) {
            return Err(format!("{name}.exponent: expected -7 to 8, found {}", self.exponent));
        }
        if let Some(factor) = self.factors.iter().find(|factor| !(-128..=127).contains(&factor.plus)) {
            return Err(format!("{name}: plus: expected -128 to 127, found {}", factor.plus));
        }
        match self.on {
            Dependency::U(k) if k > 15 => Err(format!("{name}.on: u: expected 0 to 15, found {k}")),
            _ => Ok(()),
        }
    }
}
