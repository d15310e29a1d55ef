//! How `lif` and `alif` neurons move on by one tick: one source for the float substrate and for training, so that both spike alike to
//! the bit.
//!
//! Not here: what arrives (the caller sums it up), and gradients (`training`).

use serde::{Deserialize, Serialize};

use super::{Alif, BuildError, Comparison, Lif, Reset, ResetBy};
use crate::numeric::{Real, WIDTH, padded};

/// What follows from parameters and tick alone: arrays padded with neurons that never fire.
#[derive(Clone, Debug)]
pub struct IntegrateAndFire<T> {
    /// exp(-h/tau).
    pub alpha: Vec<T>,
    /// What input is multiplied by: 1, or 1 - alpha.
    pub gain: Vec<T>,
    /// 1 over that, for gradients.
    pub inverse_gain: Vec<T>,
    /// Constant input.
    pub bias: Vec<T>,
    /// Threshold without adaptation.
    pub threshold: Vec<T>,
    /// exp(-h/tau_adaptation).
    pub rho: Vec<T>,
    /// What a spike adds to the adaptation: 1, or 1 - rho.
    pub rho_gain: Vec<T>,
    /// Rise of the threshold with the adaptation.
    pub beta: Vec<T>,
    /// Ticks after a spike in which there is none.
    pub refractory: T,
    /// Whether thresholds adapt.
    pub adaptive: bool,
    /// Whether input is scaled by 1 - alpha.
    pub scaled_input: bool,
    /// Whether a spike's share in the adaptation is scaled by 1 - rho.
    pub scaled_adaptation: bool,
    /// What a spike does to the potential.
    pub reset: Reset,
    /// Which threshold is subtracted.
    pub reset_by: ResetBy,
    /// When a neuron fires.
    pub comparison: Comparison,
}

/// The state of such neurons, padded; several networks side by side lie one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub struct IntegrateAndFireState<T> {
    /// Membrane potential, after a reset that acts at once.
    pub v: Vec<T>,
    /// Adaptation.
    pub b: Vec<T>,
    /// Spikes of the last tick: 1 or 0.
    pub z: Vec<T>,
    /// Ticks for which a neuron stays refractory.
    pub left: Vec<T>,
}

/// The state of one network of those that lie side by side.
pub struct IntegrateAndFireRow<'a, T> {
    /// Membrane potential.
    pub v: &'a mut [T],
    /// Adaptation.
    pub b: &'a mut [T],
    /// Spikes of the last tick.
    pub z: &'a mut [T],
    /// Ticks for which a neuron stays refractory.
    pub left: &'a mut [T],
}

impl<T: Real> IntegrateAndFireState<T> {
    /// Neurons at rest: `n` numbers in each array.
    pub fn new(n: usize) -> Self {
        let zeros = vec![T::default(); n];
        IntegrateAndFireState { v: zeros.clone(), b: zeros.clone(), z: zeros.clone(), left: zeros }
    }

    /// The `row`-th network of `n` padded neurons.
    pub fn row(&mut self, row: usize, n: usize) -> IntegrateAndFireRow<'_, T> {
        let at = row * n..(row + 1) * n;
        IntegrateAndFireRow {
            v: &mut self.v[at.clone()],
            b: &mut self.b[at.clone()],
            z: &mut self.z[at.clone()],
            left: &mut self.left[at],
        }
    }

    /// Whether all arrays have `n` numbers.
    pub fn fits(&self, n: usize) -> bool {
        [&self.v, &self.b, &self.z, &self.left].iter().all(|array| array.len() == n)
    }
}

/// What a step leaves for whoever computes gradients: the potential before any reset that acts at once, its distance from the
/// threshold, and 1 where the neuron was free to fire, else 0.
pub struct Crossing<'a, T> {
    /// Potential.
    pub v: &'a mut [T],
    /// v - A.
    pub distance: &'a mut [T],
    /// Free to fire.
    pub free: &'a mut [T],
}

/// Ticks in a time that must be a whole number of them.
pub(crate) fn whole_ticks(name: &str, ms: f64, tick_ms: f64) -> Result<f64, BuildError> {
    let ticks = ms / tick_ms;
    if !(0.0..1e6).contains(&ticks) || (ticks - libm::round(ticks)).abs() > 1e-9 {
        return Err(format!("{name}: expected a whole number of ticks of {tick_ms} ms, found {ms}"));
    }
    Ok(libm::round(ticks))
}

/// exp(-h/tau).
pub(crate) fn decay(tick_ms: f64, tau_ms: f64) -> f64 {
    libm::exp(-tick_ms / tau_ms)
}

impl<T: Real> IntegrateAndFire<T> {
    /// Plain neurons. Errors name the parameter and what it must be.
    pub fn lif(p: &Lif, size: usize, tick_ms: f64) -> Result<Self, BuildError> {
        let adaptive = Alif {
            tau_ms: p.tau_ms.clone(),
            threshold: p.threshold.clone(),
            bias: p.bias.clone(),
            beta: 0.0.into(),
            refractory_ms: p.refractory_ms,
            scaled_input: p.scaled_input,
            reset: p.reset,
            comparison: p.comparison,
            ..Alif::default()
        };
        Ok(IntegrateAndFire { adaptive: false, ..Self::alif(&adaptive, size, tick_ms)? })
    }

    /// Adaptive neurons. Errors name the parameter and what it must be.
    pub fn alif(p: &Alif, size: usize, tick_ms: f64) -> Result<Self, BuildError> {
        p.tau_ms.check_time("tau_ms", size)?;
        p.threshold.check("threshold", size, "a number above zero", |v| v > 0.0)?;
        p.bias.check_finite("bias", size)?;
        p.beta.check_finite("beta", size)?;
        p.tau_adaptation_ms.check_time("tau_adaptation_ms", size)?;
        let refractory = whole_ticks("refractory_ms", p.refractory_ms, tick_ms)?;
        let array = |padding: f64, value: &dyn Fn(usize) -> f64| -> Vec<T> {
            (0..padded(size)).map(|i| T::of(if i < size { value(i) } else { padding })).collect()
        };
        let one = T::of(1.0);
        let rest = |decay: &[T], scaled: bool| -> Vec<T> { decay.iter().map(|&d| if scaled { one - d } else { one }).collect() };
        let alpha = array(0.0, &|i| decay(tick_ms, p.tau_ms.of(i)));
        let rho = array(0.0, &|i| decay(tick_ms, p.tau_adaptation_ms.of(i)));
        let gain = rest(&alpha, p.scaled_input);
        Ok(IntegrateAndFire {
            inverse_gain: gain.iter().map(|&gain| one / gain).collect(),
            gain,
            alpha,
            bias: array(0.0, &|i| p.bias.of(i)),
            threshold: array(1.0, &|i| p.threshold.of(i)),
            rho_gain: rest(&rho, p.scaled_adaptation),
            rho,
            beta: array(0.0, &|i| p.beta.of(i)),
            refractory: T::of(refractory),
            adaptive: true,
            scaled_input: p.scaled_input,
            scaled_adaptation: p.scaled_adaptation,
            reset: p.reset,
            reset_by: p.reset_by,
            comparison: p.comparison,
        })
    }

    /// One tick of one network. `current` is what arrives; `fire(i, v - A, A)` is what a neuron that is free to fire gives where it
    /// doesn't simply spike.
    #[inline(always)]
    pub fn step(
        &self,
        row: IntegrateAndFireRow<'_, T>,
        current: &[T],
        crossing: Crossing<'_, T>,
        fire: Option<&dyn Fn(usize, T, T) -> T>,
    ) {
        match (self.adaptive, self.reset, fire) {
            (false, Reset::SubtractNextTick, None) => self.lanes::<false, 0>(row, current, crossing, |_, _, _| None),
            (false, Reset::Subtract, None) => self.lanes::<false, 1>(row, current, crossing, |_, _, _| None),
            (false, Reset::Zero, None) => self.lanes::<false, 2>(row, current, crossing, |_, _, _| None),
            (true, Reset::SubtractNextTick, None) => self.lanes::<true, 0>(row, current, crossing, |_, _, _| None),
            (true, Reset::Subtract, None) => self.lanes::<true, 1>(row, current, crossing, |_, _, _| None),
            (true, Reset::Zero, None) => self.lanes::<true, 2>(row, current, crossing, |_, _, _| None),
            // As an adaptive neuron, whose adaptation changes nothing where beta is zero.
            (_, Reset::SubtractNextTick, Some(fire)) => {
                self.lanes::<true, 0>(row, current, crossing, |i, d, a| Some(fire(i, d, a)))
            }
            (_, Reset::Subtract, Some(fire)) => self.lanes::<true, 1>(row, current, crossing, |i, d, a| Some(fire(i, d, a))),
            (_, Reset::Zero, Some(fire)) => self.lanes::<true, 2>(row, current, crossing, |i, d, a| Some(fire(i, d, a))),
        }
    }

    #[inline(always)]
    fn lanes<const ADAPTIVE: bool, const RESET: u8>(
        &self,
        row: IntegrateAndFireRow<'_, T>,
        current: &[T],
        crossing: Crossing<'_, T>,
        fire: impl Fn(usize, T, T) -> Option<T>,
    ) {
        let (zero, one) = (T::default(), T::of(1.0));
        let by_adapted = self.reset_by == ResetBy::Adapted;
        // What a neuron gives whose potential is the threshold itself. As a number: a choice between comparisons isn't vector code.
        let at_threshold = if self.comparison == Comparison::AtLeast { one } else { zero };
        let parameters = [&self.alpha, &self.gain, &self.bias, &self.threshold, &self.rho, &self.rho_gain, &self.beta];
        let [alpha, gain, bias, threshold, rho, rho_gain, beta] = parameters.map(|array| array.as_chunks::<WIDTH>().0);
        let (current, _) = current.as_chunks::<WIDTH>();
        let [vs, bs, zs, lefts] = [row.v, row.b, row.z, row.left].map(|array| array.as_chunks_mut::<WIDTH>().0);
        let [pres, distances, frees] =
            [crossing.v, crossing.distance, crossing.free].map(|array| array.as_chunks_mut::<WIDTH>().0);
        for at in 0..alpha.len() {
            // Worked on by value: the compiler can't know that the arrays don't overlap.
            let (mut v, mut b, mut z, mut left, i) = (vs[at], bs[at], zs[at], lefts[at], current[at]);
            let [mut pre, mut distance, mut free, mut adapted] = [[zero; WIDTH]; 4];
            for k in 0..WIDTH {
                let mut a = threshold[at][k];
                if ADAPTIVE {
                    b[k] = rho[at][k] * b[k] + rho_gain[at][k] * z[k];
                    a += beta[at][k] * b[k];
                }
                let taken = if by_adapted { a } else { threshold[at][k] };
                let mut u = alpha[at][k] * v[k] + gain[at][k] * (i[k] + bias[at][k]);
                if RESET == 0 {
                    u -= z[k] * taken;
                }
                let d = u - a;
                let may = if left[k] > zero { zero } else { one };
                let above = if d > zero { one } else { zero };
                let spike = may * if d == zero { at_threshold } else { above };
                let waiting = left[k] - one;
                let waiting = if waiting > zero { waiting } else { zero };
                left[k] = if spike > zero { self.refractory } else { waiting };
                z[k] = spike;
                (pre[k], distance[k], free[k], adapted[k]) = (u, d, may, a);
            }
            for k in 0..WIDTH {
                if let Some(fired) = fire(at * WIDTH + k, distance[k], adapted[k]) {
                    z[k] = free[k] * fired;
                }
            }
            for k in 0..WIDTH {
                let taken = if by_adapted { adapted[k] } else { threshold[at][k] };
                v[k] = match RESET {
                    0 => pre[k],
                    1 => pre[k] - z[k] * taken,
                    _ => pre[k] * (one - z[k]),
                };
            }
            (vs[at], bs[at], zs[at], lefts[at]) = (v, b, z, left);
            (pres[at], distances[at], frees[at]) = (pre, distance, free);
        }
    }
}
