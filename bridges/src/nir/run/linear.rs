//! Stateless linear nodes, in `f32` where graphs run and in `f64` where they are folded into weights.
//!
//! What arrives is scattered: each element that isn't zero adds its share to all that it reaches, elements in order, and biases come last.
//! That order is part of the result in `f32`; and where spikes are few it is the fastest.

use embody_brain::numeric::Real;

use crate::nir::operator::{Convolution, Pool};
use crate::nir::{Array, Operator};

/// A linear node of one shape.
#[derive(Clone, Debug)]
pub(crate) enum Linear<T> {
    /// What leaves is what arrives.
    Pass,
    /// Weights by source, and a bias.
    Dense { blocks: usize, sources: usize, targets: usize, by_source: Vec<T>, bias: Vec<T> },
    /// Factors.
    Scale(Vec<T>),
    /// A convolution, pooling included.
    Windows(Windows<T>),
}

/// Sums over windows.
#[derive(Clone, Debug)]
pub(crate) struct Windows<T> {
    /// Channels, height and width of what arrives and of what leaves; a missing dimension has size 1.
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 2],
    stride: [usize; 2],
    before: [usize; 2],
    dilation: [usize; 2],
    groups: usize,
    /// Weights (channels out, channels in of the group, kernel), or one for all of a pooling, which mixes no channels.
    weights: Vec<T>,
    bias: Vec<T>,
}

impl<T: Real> Linear<T> {
    /// The node's law for that shape of input, or `None` if it isn't linear and stateless.
    pub(crate) fn of(operator: &Operator, input: &[usize], output: &[usize]) -> Option<Linear<T>> {
        Some(match operator {
            Operator::Output(_) | Operator::Flatten { .. } | Operator::Input(_) => Linear::Pass,
            Operator::Linear { weight, bias } => Linear::dense(weight, *bias),
            Operator::Scale(scale) => Linear::Scale((0..input.iter().product()).map(|i| T::of(scale.of(i))).collect()),
            Operator::Convolution(convolution) => Linear::Windows(Windows::convolution(convolution, input, output)),
            Operator::Pool(pool) => Linear::Windows(Windows::pool(pool, input, output)),
            _ => return None,
        })
    }

    fn dense(weight: &Array, bias: Option<&Array>) -> Linear<T> {
        let [batch @ .., targets, sources] = weight.shape() else { return Linear::Pass };
        let blocks: usize = batch.iter().product();
        let mut by_source = Vec::with_capacity(blocks * targets * sources);
        for block in 0..blocks {
            for source in 0..*sources {
                by_source.extend((0..*targets).map(|target| T::of(weight.get((block * targets + target) * sources + source))));
            }
        }
        let bias = bias.map_or_else(Vec::new, |bias| bias.iter().map(T::of).collect());
        Linear::Dense { blocks, sources: *sources, targets: *targets, by_source, bias }
    }

    /// Whether it adds a constant.
    pub(crate) fn has_bias(&self) -> bool {
        match self {
            Linear::Pass | Linear::Scale(_) => false,
            Linear::Dense { bias, .. } | Linear::Windows(Windows { bias, .. }) => bias.iter().any(|b| b.f64() != 0.0),
        }
    }

    /// Computes what leaves, without the bias.
    pub(crate) fn apply(&self, x: &[T], y: &mut [T]) {
        match self {
            Linear::Pass => y.copy_from_slice(x),
            Linear::Scale(factors) => {
                for ((y, x), factor) in y.iter_mut().zip(x).zip(factors) {
                    *y = *factor * *x;
                }
            }
            Linear::Dense { blocks, sources, targets, by_source, .. } => {
                y.fill(T::default());
                for (at, &x) in x.iter().enumerate().filter(|(_, x)| **x != T::default()) {
                    let block = at / sources;
                    debug_assert!(block < *blocks);
                    let row = &by_source[at * targets..][..*targets];
                    for (y, w) in y[block * targets..][..*targets].iter_mut().zip(row) {
                        *y += *w * x;
                    }
                }
            }
            Linear::Windows(windows) => windows.apply(x, y),
        }
    }

    /// Adds the bias.
    pub(crate) fn add_bias(&self, y: &mut [T]) {
        match self {
            Linear::Pass | Linear::Scale(_) => {}
            Linear::Dense { bias, .. } => {
                for (y, bias) in y.iter_mut().zip(bias) {
                    *y += *bias;
                }
            }
            Linear::Windows(windows) if windows.bias.is_empty() => {}
            Linear::Windows(windows) => {
                let channel = windows.output[1] * windows.output[2];
                for (y, bias) in y.chunks_exact_mut(channel.max(1)).zip(&windows.bias) {
                    y.iter_mut().for_each(|y| *y += *bias);
                }
            }
        }
    }
}

/// Shape as channels, height, width: a convolution of one dimension has height 1.
fn planes(shape: &[usize]) -> [usize; 3] {
    match *shape {
        [channels, width] => [channels, 1, width],
        [channels, height, width] => [channels, height, width],
        _ => [shape.iter().product(), 1, 1],
    }
}

/// Sizes of the two spatial dimensions, from those there are.
fn pair(sizes: &[usize], missing: usize) -> [usize; 2] {
    match *sizes {
        [width] => [missing, width],
        [height, width] => [height, width],
        _ => [missing; 2],
    }
}

impl<T: Real> Windows<T> {
    fn convolution(convolution: &Convolution, input: &[usize], output: &[usize]) -> Windows<T> {
        let before: Vec<usize> = convolution.padding.iter().map(|[before, _]| *before).collect();
        Windows {
            input: planes(input),
            output: planes(output),
            kernel: pair(&convolution.weight.shape()[2..], 1),
            stride: pair(&convolution.stride, 1),
            before: pair(&before, 0),
            dilation: pair(&convolution.dilation, 1),
            groups: convolution.groups,
            weights: convolution.weight.iter().map(T::of).collect(),
            bias: convolution.bias.iter().map(T::of).collect(),
        }
    }

    fn pool(pool: &Pool, input: &[usize], output: &[usize]) -> Windows<T> {
        let kernel = pair(&pool.kernel, 1);
        let share = if pool.mean { 1.0 / (kernel[0] as f64 * kernel[1] as f64) } else { 1.0 };
        Windows {
            input: planes(input),
            output: planes(output),
            kernel,
            stride: pair(&pool.stride, 1),
            before: pair(&pool.padding, 0),
            dilation: [1, 1],
            groups: input[0],
            weights: vec![T::of(share)],
            bias: Vec::new(),
        }
    }

    /// The weight from channel `i` of a group to channel `o` of all, at that element of the kernel.
    fn weight(&self, o: usize, i: usize, [row, column]: [usize; 2]) -> T {
        if let [share] = self.weights[..] {
            return share;
        }
        let per_group = self.input[0] / self.groups;
        self.weights[((o * per_group + i) * self.kernel[0] + row) * self.kernel[1] + column]
    }

    fn apply(&self, x: &[T], y: &mut [T]) {
        y.fill(T::default());
        let [channels, height, width] = self.input;
        let [out, rows, columns] = self.output;
        let (per_group, out_per_group) = (channels / self.groups, out / self.groups);
        for (at, &x) in x.iter().enumerate().filter(|(_, x)| **x != T::default()) {
            let (channel, place) = (at / (height * width), [at / width % height, at % width]);
            let (group, i) = (channel / per_group, channel % per_group);
            for row in 0..self.kernel[0] {
                let Some(r) = self.window(place[0], row, 0, rows) else { continue };
                for column in 0..self.kernel[1] {
                    let Some(c) = self.window(place[1], column, 1, columns) else { continue };
                    for o in group * out_per_group..(group + 1) * out_per_group {
                        y[(o * rows + r) * columns + c] += self.weight(o, i, [row, column]) * x;
                    }
                }
            }
        }
    }

    /// Which window along a dimension has the element `place` under the `element`-th of its kernel, if any of the `count` has.
    fn window(&self, place: usize, element: usize, dimension: usize, count: usize) -> Option<usize> {
        let from_start = (place + self.before[dimension]).checked_sub(element * self.dilation[dimension])?;
        let window = from_start / self.stride[dimension];
        (from_start.is_multiple_of(self.stride[dimension]) && window < count).then_some(window)
    }
}
