//! Shapes of what arrives at a node and of what leaves it.

use super::operator::{Convolution, Operator, Pool};

impl Operator<'_> {
    /// The shape that must arrive, if the node's parameters say it.
    pub fn input_shape(&self) -> Option<Vec<usize>> {
        match self {
            Operator::Input(shape) | Operator::Output(shape) => Some(shape.clone()),
            Operator::Linear { weight, .. } => {
                let [batch @ .., _, sources] = weight.shape() else { return None };
                Some(batch.iter().chain([sources]).copied().collect())
            }
            Operator::Scale(each) | Operator::Delay(each) | Operator::Threshold(each) => told(&each.shape),
            Operator::Convolution(convolution) => convolution.input.as_ref().map(|spatial| {
                let channels = convolution.weight.shape()[1].saturating_mul(convolution.groups);
                [channels].into_iter().chain(spatial.iter().copied()).collect()
            }),
            Operator::Pool(_) => None,
            Operator::Flatten { input, .. } => input.clone(),
            Operator::Neuron(neuron) => told(&neuron.shape),
        }
    }

    /// The shape that leaves where `input` arrives.
    ///
    /// # Errors
    /// If that shape can't arrive: in words, without the node's name.
    pub fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match self {
            Operator::Linear { weight, .. } => {
                let [batch @ .., targets, _] = weight.shape() else { return Ok(Vec::new()) };
                Ok(batch.iter().chain([targets]).copied().collect())
            }
            Operator::Convolution(convolution) => convolution.output_shape(input),
            Operator::Pool(pool) => pool.output_shape(input),
            Operator::Flatten { start, end, .. } => flattened(input, *start, *end),
            _ => Ok(input.to_vec()),
        }
    }
}

fn told(shape: &[usize]) -> Option<Vec<usize>> {
    if shape.is_empty() { None } else { Some(shape.to_vec()) }
}

/// How many windows of `kernel` elements, `dilation` apart, fit into `size` elements between `padding` zeros.
fn windows(size: usize, padding: [usize; 2], kernel: usize, dilation: usize, stride: usize) -> Option<usize> {
    let padded = size.checked_add(padding[0])?.checked_add(padding[1])?;
    let span = (kernel - 1).checked_mul(dilation)?.checked_add(1)?;
    Some(padded.checked_sub(span)? / stride + 1)
}

impl Convolution<'_> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let [out, channels, kernel @ ..] = self.weight.shape() else { return Ok(Vec::new()) };
        let expected = channels.saturating_mul(self.groups);
        if input.len() != kernel.len() + 1 || input[0] != expected {
            return Err(format!(
                "expected {expected} channels of {} dimensions to arrive, found the shape {input:?}",
                kernel.len()
            ));
        }
        let size = |i: usize| windows(input[i + 1], self.padding[i], kernel[i], self.dilation[i], self.stride[i]);
        let sizes: Option<Vec<usize>> = (0..kernel.len()).map(size).collect();
        let sizes = sizes.ok_or_else(|| format!("its kernel of {kernel:?} is larger than what arrives, {input:?}"))?;
        Ok([*out].into_iter().chain(sizes).collect())
    }
}

impl Pool {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let [channels, spatial @ ..] = input else { return Err("expected three dimensions to arrive, found none".into()) };
        if spatial.len() != 2 {
            return Err(format!("expected three dimensions to arrive, found the shape {input:?}"));
        }
        let size = |i: usize| windows(spatial[i], [self.padding[i]; 2], self.kernel[i], 1, self.stride[i]);
        match (size(0), size(1)) {
            (Some(height), Some(width)) => Ok(vec![*channels, height, width]),
            _ => Err(format!("its window of {:?} is larger than what arrives, {input:?}", self.kernel)),
        }
    }
}

fn flattened(input: &[usize], start: i64, end: i64) -> Result<Vec<usize>, String> {
    let rank = input.len() as i64;
    let place = |dim: i64| if dim < 0 { dim.saturating_add(rank) } else { dim };
    let (first, last) = (place(start), place(end));
    // Where the first dimension lies beyond the last one there is nothing to take together, as in the Python package.
    if rank == 1 && first == 1 && last == 0 {
        return Ok(input.to_vec());
    }
    if first < 0 || last >= rank || first > last {
        return Err(format!("start_dim, end_dim: expected dimensions of {input:?}, found {start} to {end}"));
    }
    let (first, last) = (first as usize, last as usize);
    let middle = input[first..=last].iter().product();
    Ok(input[..first].iter().copied().chain([middle]).chain(input[last + 1..].iter().copied()).collect())
}
