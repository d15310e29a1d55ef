//! How py-spinnaker2 brings neurons of NIR to the chip: 8-bit weights, and potentials in units of a scaled weight.
//!
//! All weights that enter a population are multiplied by one w_scale, so that the largest becomes 127. With k = dt/tau (forward Euler) or
//! 1 - e^(-dt/tau) (exponential), a step is v = (1 - k) v + input + offset, and what a weight means in volts goes into threshold and
//! offset:
//! - LIF: scale = w_scale / (k R), threshold = v_threshold scale, offset = k v_leak scale + bias w_scale
//! - CuBa-LIF: scale = w_scale / (k_m R k_s w_in), offset = k_m v_leak scale + bias w_scale / k_s
//! - IF: no decay, scale = w_scale / R, offset = bias w_scale; the step's length doesn't enter
//!
//! Source: py-spinnaker2, its NIR import.

use super::step::{ScaledNeuron, ScaledReset};

/// The greatest 8-bit weight.
pub const LARGEST_WEIGHT: f64 = 127.0;

/// How time constants become decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integration {
    /// Forward Euler: k = dt/tau.
    Forward,
    /// Exact over a step: k = 1 - e^(-dt/tau).
    Exponential,
}

impl Integration {
    /// k. Errors if a forward step is longer than tau, or if either isn't a time above zero.
    pub fn rate(self, dt_s: f64, tau_s: f64) -> Result<f64, String> {
        let ratio = dt_s / tau_s;
        let holds = dt_s > 0.0 && tau_s > 0.0 && ratio > 0.0 && ratio.is_finite();
        match self {
            Integration::Forward if holds && ratio <= 1.0 => Ok(ratio),
            Integration::Exponential if holds => Ok(-libm::expm1(-ratio)),
            Integration::Forward => Err(format!("tau: expected at least dt = {dt_s} s for forward Euler, found {tau_s} s")),
            Integration::Exponential => Err(format!("tau: expected dt and tau above zero, found {dt_s} s and {tau_s} s")),
        }
    }
}

/// w_scale of a population: 127 / max|w| over all weights that enter it; 1 where all are zero.
pub fn weight_scale(weights: impl IntoIterator<Item = f32>) -> f64 {
    let largest = weights.into_iter().fold(0.0f32, |most, w| most.max(w.abs()));
    if largest > 0.0 { LARGEST_WEIGHT / f64::from(largest) } else { 1.0 }
}

/// A scaled weight of a dense connection in 8 bits: the nearest whole number, halves to even, limited to +-127; and whether it had to be.
pub fn dense_weight(w: f64, w_scale: f64) -> (i8, bool) {
    let scaled = libm::rint(w * w_scale);
    (scaled.clamp(-LARGEST_WEIGHT, LARGEST_WEIGHT) as i8, scaled.abs() > LARGEST_WEIGHT)
}

/// A scaled weight of a convolution in 8 bits: cut off toward zero, limited to +-127.
pub fn convolution_weight(w: f64, w_scale: f64) -> i8 {
    libm::trunc(w * w_scale).clamp(-LARGEST_WEIGHT, LARGEST_WEIGHT) as i8
}

/// A leaky integrate-and-fire neuron of NIR: tau dv/dt = (v_leak - v) + R I (s, and units that the network chooses).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lif {
    /// Time constant (s).
    pub tau_s: f64,
    /// Resistance.
    pub r: f64,
    /// Potential to which it leaks.
    pub v_leak: f64,
    /// Potential above which it fires.
    pub v_threshold: f64,
}

/// A neuron of NIR with a current of its own: tau_syn dI/dt = -I + w_in S, and the membrane of [`Lif`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CubaLif {
    /// Membrane.
    pub membrane: Lif,
    /// Time constant of the current (s).
    pub tau_syn_s: f64,
    /// What a unit of input adds.
    pub w_in: f64,
}

/// An integrator of NIR that fires: dv/dt = R I.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntegrateAndFire {
    /// Resistance.
    pub r: f64,
    /// Potential above which it fires.
    pub v_threshold: f64,
}

/// A neuron in the chip's numbers, and what a unit of its potential is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaled {
    /// The neuron.
    pub neuron: ScaledNeuron,
    /// Chip units per unit of potential.
    pub scale: f64,
}

fn scaled(
    decay: f64,
    synapse_decay: f64,
    scale: f64,
    v_threshold: f64,
    offset: f64,
    reset: ScaledReset,
) -> Result<Scaled, String> {
    let threshold = v_threshold * scale;
    if !(scale.is_finite() && scale > 0.0 && threshold.is_finite() && offset.is_finite()) {
        return Err(format!(
            "scale: expected finite parameters and R and w_scale above zero, found scale {scale}, threshold {threshold}, offset {offset}"
        ));
    }
    let [decay, synapse_decay, threshold, offset] = [decay, synapse_decay, threshold, offset].map(|x| x as f32);
    Ok(Scaled {
        neuron: ScaledNeuron { decay, synapse_decay, threshold, offset, reset, at_threshold: false, refractory: 0 },
        scale,
    })
}

impl Lif {
    /// The neuron at steps of `dt_s`; `bias` is a constant input in the unit of the weights.
    pub fn scale(
        &self,
        integration: Integration,
        dt_s: f64,
        w_scale: f64,
        bias: f64,
        reset: ScaledReset,
    ) -> Result<Scaled, String> {
        let k = integration.rate(dt_s, self.tau_s)?;
        let scale = w_scale / (k * self.r);
        scaled(1.0 - k, 0.0, scale, self.v_threshold, k * self.v_leak * scale + bias * w_scale, reset)
    }
}

impl CubaLif {
    /// The neuron at steps of `dt_s`; `bias` is a constant input in the unit of the weights.
    pub fn scale(
        &self,
        integration: Integration,
        dt_s: f64,
        w_scale: f64,
        bias: f64,
        reset: ScaledReset,
    ) -> Result<Scaled, String> {
        let (k_m, k_s) = (integration.rate(dt_s, self.membrane.tau_s)?, integration.rate(dt_s, self.tau_syn_s)?);
        let scale = w_scale / (k_m * self.membrane.r * k_s * self.w_in);
        let offset = k_m * self.membrane.v_leak * scale + bias * w_scale / k_s;
        scaled(1.0 - k_m, 1.0 - k_s, scale, self.membrane.v_threshold, offset, reset)
    }
}

impl IntegrateAndFire {
    /// The neuron; `bias` is a constant input in the unit of the weights.
    pub fn scale(&self, w_scale: f64, bias: f64, reset: ScaledReset) -> Result<Scaled, String> {
        scaled(1.0, 0.0, w_scale / self.r, self.v_threshold, bias * w_scale, reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBRANE: Lif = Lif { tau_s: 2.5e-3, r: 2.0, v_leak: 0.25, v_threshold: 0.1 };

    #[test]
    fn scales_are_those_of_the_import() {
        let reset = ScaledReset::To(0.0);
        let lif = MEMBRANE.scale(Integration::Forward, 1e-4, 100.0, 0.5, reset).unwrap();
        // k = 0.04: scale = 100 / 0.08, offset = 0.04 x 0.25 x 1250 + 0.5 x 100.
        assert!((lif.scale - 1250.0).abs() < 1e-9);
        assert_eq!([lif.neuron.decay, lif.neuron.threshold, lif.neuron.offset], [0.96, 125.0, 62.5]);
        let cuba = CubaLif { membrane: MEMBRANE, tau_syn_s: 1e-3, w_in: 4.0 };
        let cuba = cuba.scale(Integration::Forward, 1e-4, 100.0, 0.5, reset).unwrap();
        // k_s = 0.1: scale = 100 / (0.08 x 0.1 x 4), offset = 0.04 x 0.25 x 3125 + 0.5 x 100 / 0.1.
        assert!((cuba.scale - 3125.0).abs() < 1e-9);
        assert_eq!([cuba.neuron.synapse_decay, cuba.neuron.offset], [0.9, 531.25]);
        let k = Integration::Exponential.rate(1e-4, 2.5e-3).unwrap();
        assert!((k - (1.0 - libm::exp(-0.04))).abs() < 1e-15);
        let integrator = IntegrateAndFire { r: 2.0, v_threshold: 1.0 }.scale(100.0, 0.5, reset).unwrap();
        assert_eq!([integrator.neuron.decay, integrator.neuron.threshold, integrator.neuron.offset], [1.0, 50.0, 50.0]);
    }

    #[test]
    fn weights_become_8_bits() {
        assert_eq!(weight_scale([0.5, -2.0, 1.0]), 63.5);
        assert_eq!(weight_scale([0.0]), 1.0);
        assert_eq!(
            [dense_weight(2.0, 63.5), dense_weight(-0.5 / 63.5, 63.5), dense_weight(3.0, 63.5)],
            [(127, false), (0, false), (127, true)]
        );
        assert_eq!([convolution_weight(1.99, 1.0), convolution_weight(-1.99, 1.0), convolution_weight(1e9, 1.0)], [1, -1, 127]);
    }

    #[test]
    fn nonsense_is_named() {
        let reset = ScaledReset::Subtract;
        assert!(Lif { tau_s: 5e-5, ..MEMBRANE }.scale(Integration::Forward, 1e-4, 1.0, 0.0, reset).unwrap_err().contains("tau"));
        assert!(Lif { r: 0.0, ..MEMBRANE }.scale(Integration::Forward, 1e-4, 1.0, 0.0, reset).unwrap_err().contains("scale"));
        assert!(MEMBRANE.scale(Integration::Exponential, f64::NAN, 1.0, 0.0, reset).is_err());
    }
}
