//! What a node means: its kind and parameters, checked and in one form.
//!
//! Laws, with x what arrives and y what leaves (NIR: Pedersen et al. 2024, "Neuromorphic intermediate representation"):
//! - Linear y = W x; Affine y = W x + b; Scale y = s x; Threshold y = \[x > threshold\]; Delay y(t) = x(t - delay)
//! - Conv1d, Conv2d, SumPool2d, AvgPool2d, Flatten as in PyTorch, without a batch
//! - I, LI, CubaLI: see [`Neuron`], which leave their potential; IF, LIF, CubaLIF, which leave spikes
//!
//! Parameters that are one number each hold for all elements of whatever shape arrives.

use super::keys::Keys;
use super::{Array, Unit, Value};

/// The kinds of node that are known, besides the nested graph.
pub const KINDS: [&str; 18] = [
    "Input",
    "Output",
    "Affine",
    "Linear",
    "Scale",
    "Conv1d",
    "Conv2d",
    "SumPool2d",
    "AvgPool2d",
    "Flatten",
    "Delay",
    "Threshold",
    "I",
    "IF",
    "LI",
    "LIF",
    "CubaLI",
    "CubaLIF",
];

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator<'a> {
    /// Values come from outside, in that shape.
    Input(Vec<usize>),
    /// What arrives is a result, of that shape.
    Output(Vec<usize>),
    /// A matrix, and a bias unless it is `Linear`.
    Linear {
        /// Weights, (..., targets, sources).
        weight: &'a Array,
        /// Bias, one for each target.
        bias: Option<&'a Array>,
    },
    /// Each element times its own factor.
    Scale(Elementwise),
    /// One or two dimensions of convolution.
    Convolution(Box<Convolution<'a>>),
    /// Sums or means over windows of two dimensions.
    Pool(Pool),
    /// Dimensions made one.
    Flatten {
        /// First dimension that is taken together; counted from the last if negative.
        start: i64,
        /// Last one.
        end: i64,
        /// Shape of what arrives, if it is told.
        input: Option<Vec<usize>>,
    },
    /// Each element comes later by its own time (s).
    Delay(Elementwise),
    /// 1 where an element is above its threshold, else 0.
    Threshold(Elementwise),
    /// Neurons.
    Neuron(Box<Neuron>),
}

/// One number for each element, or one for all if the shape is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Elementwise {
    /// Shape of what it acts on; empty for any.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Vec<f64>,
}

impl Elementwise {
    /// The number of element `i`.
    pub fn of(&self, i: usize) -> f64 {
        if self.shape.is_empty() { self.values[0] } else { self.values[i] }
    }
}

/// A convolution, cross-correlation in truth, as in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution<'a> {
    /// Weights, (channels out, channels in / groups, kernel...).
    pub weight: &'a Array,
    /// Bias of each channel.
    pub bias: &'a Array,
    /// Step of the window in each dimension.
    pub stride: Vec<usize>,
    /// Zeros before the first element of each dimension, and after the last.
    pub padding: Vec<[usize; 2]>,
    /// Distance of the kernel's elements in each dimension.
    pub dilation: Vec<usize>,
    /// Groups of channels that don't mix.
    pub groups: usize,
    /// Spatial shape of what arrives, if it is told.
    pub input: Option<Vec<usize>>,
}

/// A pooling over windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Size of the window.
    pub kernel: Vec<usize>,
    /// Step of the window.
    pub stride: Vec<usize>,
    /// Zeros on each side, which count in a mean.
    pub padding: Vec<usize>,
    /// Whether it is a mean, else a sum.
    pub mean: bool,
}

/// Neurons, all of one shape: each part that a kind lacks is `None`.
///
/// - synapse: tau_syn di/dt = w_in x - i; without one, i = x
/// - leak: tau dv/dt = (v_leak - v) + r i; without one, dv/dt = r i
/// - firing: a spike if v > threshold, and then v goes to v_reset; without it, v leaves
#[derive(Clone, Debug, PartialEq)]
pub struct Neuron {
    /// Their shape; empty for any.
    pub shape: Vec<usize>,
    /// Time constant (s) and weight of the synapse.
    pub synapse: Option<[Elementwise; 2]>,
    /// Time constant (s) and v_leak.
    pub leak: Option<[Elementwise; 2]>,
    /// Resistance.
    pub r: Elementwise,
    /// Threshold and v_reset.
    pub fire: Option<[Elementwise; 2]>,
}

impl<'a> Operator<'a> {
    /// What that node does.
    ///
    /// # Errors
    /// If its kind is unknown, or a parameter is missing, of the wrong type or shape, or not finite: in words, without the node's name.
    pub fn of(unit: &'a Unit) -> Result<Operator<'a>, String> {
        let keys = Keys(unit);
        Ok(match unit.kind.as_str() {
            "Input" => Operator::Input(keys.shape("shape")?),
            "Output" => Operator::Output(keys.shape("shape")?),
            "Affine" => Operator::linear(keys.array("weight")?, Some(keys.array("bias")?))?,
            "Linear" => Operator::linear(keys.array("weight")?, None)?,
            "Scale" => Operator::Scale(keys.elementwise("scale")?),
            "Delay" => Operator::Delay(keys.bounded("delay", "a time of at least zero", |v| v >= 0.0)?),
            "Threshold" => Operator::Threshold(keys.elementwise("threshold")?),
            "Conv1d" => Operator::Convolution(Convolution::of(&keys, 1)?.into()),
            "Conv2d" => Operator::Convolution(Convolution::of(&keys, 2)?.into()),
            "SumPool2d" => Operator::Pool(Pool::of(&keys, false)?),
            "AvgPool2d" => Operator::Pool(Pool::of(&keys, true)?),
            "Flatten" => {
                let input = if keys.has("input_type") { Some(keys.shape("input_type")?) } else { None };
                Operator::Flatten { start: keys.whole_or("start_dim", 1)?, end: keys.whole_or("end_dim", -1)?, input }
            }
            "I" => Operator::Neuron(Neuron::of(&keys, None, None, false)?.into()),
            "IF" => Operator::Neuron(Neuron::of(&keys, None, None, true)?.into()),
            "LI" => Operator::Neuron(Neuron::of(&keys, None, Some("tau"), false)?.into()),
            "LIF" => Operator::Neuron(Neuron::of(&keys, None, Some("tau"), true)?.into()),
            "CubaLI" => Operator::Neuron(Neuron::of(&keys, Some("tau_syn"), Some("tau_mem"), false)?.into()),
            "CubaLIF" => Operator::Neuron(Neuron::of(&keys, Some("tau_syn"), Some("tau_mem"), true)?.into()),
            other => return Err(format!("there is no kind of node {other:?}; known: {}", KINDS.join(", "))),
        })
    }

    /// Whether what leaves depends on what arrived earlier.
    pub fn has_state(&self) -> bool {
        matches!(self, Operator::Neuron(_)) || self.delays()
    }

    /// Whether what leaves depends on what arrived earlier alone, so that it breaks a circle.
    pub fn delays(&self) -> bool {
        matches!(self, Operator::Delay(delay) if delay.values.iter().all(|&t| t > 0.0))
    }

    fn linear(weight: &'a Array, bias: Option<&'a Array>) -> Result<Operator<'a>, String> {
        let [batch @ .., targets, _] = weight.shape() else {
            return Err(format!("weight: expected at least two dimensions, found the shape {:?}", weight.shape()));
        };
        if let Some(bias) = bias {
            let expected: Vec<usize> = batch.iter().chain([targets]).copied().collect();
            if !same_but_units(bias.shape(), &expected) {
                return Err(format!("bias: expected the shape {expected:?}, found {:?}", bias.shape()));
            }
        }
        Ok(Operator::Linear { weight, bias })
    }
}

impl<'a> Convolution<'a> {
    fn of(keys: &Keys<'a>, rank: usize) -> Result<Self, String> {
        let weight = keys.array("weight")?;
        let [out, _, kernel @ ..] = weight.shape() else {
            return Err(format!("weight: expected {} dimensions, found the shape {:?}", rank + 2, weight.shape()));
        };
        if kernel.len() != rank || weight.values().is_empty() {
            return Err(format!("weight: expected {} dimensions above zero, found the shape {:?}", rank + 2, weight.shape()));
        }
        let bias = keys.array("bias")?;
        if bias.values().len() != *out {
            return Err(format!("bias: expected the shape [{out}], found {:?}", bias.shape()));
        }
        let (stride, dilation) = (keys.sizes("stride", rank, 1)?, keys.sizes("dilation", rank, 1)?);
        let groups = keys.sizes("groups", 1, 1)?[0];
        if out % groups != 0 {
            return Err(format!("groups: expected a divisor of the {out} channels, found {groups}"));
        }
        let padding = match keys.get("padding") {
            Some(Value::Text(text)) if text == "valid" => vec![[0, 0]; rank],
            Some(Value::Text(text)) if text == "same" && stride.iter().all(|&step| step == 1) => {
                let total = |(&k, &d): (&usize, &usize)| (k - 1).saturating_mul(d);
                kernel.iter().zip(&dilation).map(total).map(|total| [total / 2, total - total / 2]).collect()
            }
            Some(Value::Text(text)) if text == "same" => return Err("padding: \"same\" goes with strides of 1 alone".into()),
            Some(Value::Text(text)) => return Err(format!("padding: expected numbers, \"same\" or \"valid\", found {text:?}")),
            _ => keys.sizes("padding", rank, 0)?.into_iter().map(|n| [n, n]).collect(),
        };
        let input = if keys.has("input_shape") { Some(keys.sizes("input_shape", rank, 1)?) } else { None };
        Ok(Convolution { weight, bias, stride, padding, dilation, groups, input })
    }
}

impl Pool {
    fn of(keys: &Keys, mean: bool) -> Result<Self, String> {
        let sizes = |key, least| keys.sizes(key, 2, least);
        Ok(Pool { kernel: sizes("kernel_size", 1)?, stride: sizes("stride", 1)?, padding: sizes("padding", 0)?, mean })
    }
}

impl Neuron {
    fn of(keys: &Keys, synapse: Option<&str>, leak: Option<&str>, fires: bool) -> Result<Self, String> {
        let time = |key: &str| keys.bounded(key, "times above zero", |v| v > 0.0);
        let one = |key: &str, default: f64| match keys.has(key) {
            true => keys.elementwise(key),
            false => Ok(Elementwise { shape: Vec::new(), values: vec![default] }),
        };
        let synapse = synapse.map(|key| Ok::<_, String>([time(key)?, one("w_in", 1.0)?])).transpose()?;
        let leak = leak.map(|key| Ok::<_, String>([time(key)?, keys.elementwise("v_leak")?])).transpose()?;
        let fire = fires.then(|| Ok::<_, String>([keys.elementwise("v_threshold")?, one("v_reset", 0.0)?])).transpose()?;
        let mut neuron = Neuron { shape: Vec::new(), synapse, leak, r: keys.elementwise("r")?, fire };
        let mut shapes = neuron.parameters().map(|parameter| parameter.shape.clone()).filter(|shape| !shape.is_empty());
        let shape = shapes.next().unwrap_or_default();
        if let Some(other) = shapes.find(|other| *other != shape) {
            return Err(format!("expected parameters of one shape, found {shape:?} and {other:?}"));
        }
        drop(shapes);
        neuron.shape = shape;
        Ok(neuron)
    }

    /// All parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &Elementwise> {
        [&self.synapse, &self.leak, &self.fire].into_iter().flatten().flatten().chain([&self.r])
    }
}

/// Whether two shapes differ at most in dimensions of size 1.
pub(crate) fn same_but_units(a: &[usize], b: &[usize]) -> bool {
    a.iter().filter(|&&n| n != 1).eq(b.iter().filter(|&&n| n != 1))
}
