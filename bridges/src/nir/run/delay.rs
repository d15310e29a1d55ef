//! Delays of a graph that runs.

use crate::nir::operator::Elementwise;
use crate::nir::{Discretisation, Limits, NirError};

/// How many steps a time is.
///
/// # Errors
/// If it isn't a whole number of them, up to rounding: in words, without the node's name.
pub(in crate::nir) fn steps(delay_s: f64, d: &Discretisation) -> Result<usize, String> {
    let steps = delay_s / d.dt_s;
    let whole = libm::round(steps);
    // Times are often kept in single precision.
    if (steps - whole).abs() > 1e-5 * whole.max(1.0) || whole > 1e9 {
        return Err(format!("delay: expected a whole number of steps of {} s, found {delay_s} s", d.dt_s));
    }
    Ok(whole as usize)
}

/// A line of elements, each with a delay of its own.
#[derive(Clone, Debug)]
pub(super) struct DelayLine {
    /// Steps of each element.
    steps: Vec<usize>,
    /// What arrived in the last steps, one row for each, in a ring.
    rows: Vec<f32>,
    /// How many rows there are.
    length: usize,
    now: usize,
}

impl DelayLine {
    pub(super) fn new(
        name: &str,
        delay: &Elementwise,
        count: usize,
        d: &Discretisation,
        limits: &Limits,
    ) -> Result<DelayLine, NirError> {
        let steps: Result<Vec<usize>, String> = (0..count).map(|i| steps(delay.of(i), d)).collect();
        let steps = steps.map_err(|why| NirError::node(name, why))?;
        if delay.values.iter().all(|&t| t > 0.0) && steps.contains(&0) {
            return Err(NirError::node(name, format!("delay: expected at least a step of {} s", d.dt_s)));
        }
        let length = steps.iter().max().map_or(1, |longest| longest + 1);
        NirError::limit(name, "numbers held back", limits.values, length.saturating_mul(count))?;
        Ok(DelayLine { steps, rows: vec![0.0; length * count], length, now: 0 })
    }

    /// What leaves in this step; elements without a delay leave what arrives.
    pub(super) fn leave(&self, arriving: &[f32], output: &mut [f32]) {
        let count = self.steps.len();
        for (i, (y, &steps)) in output.iter_mut().zip(&self.steps).enumerate() {
            let row = (self.now + self.length - steps) % self.length;
            *y = if steps == 0 { arriving[i] } else { self.rows[row * count + i] };
        }
    }

    /// Takes what arrives in this step, and goes on to the next.
    pub(super) fn take(&mut self, arriving: &[f32]) {
        let count = self.steps.len();
        self.rows[self.now * count..][..count].copy_from_slice(arriving);
        self.now = (self.now + 1) % self.length;
    }
}
