//! What `lif`, `cuba_lif`, `leaky_readout` and `cuba_readout` have in common, as chips take them: a leaky membrane, and before it a synaptic
//! current that decays, or none.

use embody_brain::Model;
use embody_brain::neuron::{CubaLif, CubaReadout, LeakyReadout, Lif, PerNeuron, Reset};
use serde::de::DeserializeOwned;

/// Such neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaky {
    /// The membrane. Of a readout, one that is reset to zero and whose threshold means nothing.
    pub membrane: Lif,
    /// The current before it.
    pub synapse: Option<Synapse>,
    /// Whether they are read out and never fire.
    pub readout: bool,
}

/// A synaptic current that decays.
#[derive(Clone, Debug, PartialEq)]
pub struct Synapse {
    /// Time constant (ms).
    pub tau_ms: PerNeuron,
    /// Constant input of every tick, added to what arrives.
    pub bias: PerNeuron,
}

impl From<Lif> for Leaky {
    fn from(membrane: Lif) -> Leaky {
        Leaky { membrane, synapse: None, readout: false }
    }
}

impl From<CubaLif> for Leaky {
    fn from(p: CubaLif) -> Leaky {
        let membrane = p.membrane();
        Leaky { membrane, synapse: Some(Synapse { tau_ms: p.tau_syn_ms, bias: p.bias_syn }), readout: false }
    }
}

impl From<LeakyReadout> for Leaky {
    fn from(p: LeakyReadout) -> Leaky {
        let LeakyReadout { tau_ms, bias, scaled_input } = p;
        let membrane = Lif { tau_ms, bias, scaled_input, reset: Reset::Zero, ..Lif::default() };
        Leaky { membrane, synapse: None, readout: true }
    }
}

impl From<CubaReadout> for Leaky {
    fn from(p: CubaReadout) -> Leaky {
        let integrator = p.integrator();
        Leaky { synapse: Some(Synapse { tau_ms: p.tau_syn_ms, bias: p.bias_syn }), ..integrator.into() }
    }
}

impl Leaky {
    /// The neurons of a model; none if it isn't one of the four. Errors say which parameters don't fit.
    pub fn read(model: &Model) -> Result<Option<Leaky>, String> {
        fn read<P: DeserializeOwned + Into<Leaky>>(model: &Model) -> Result<Option<Leaky>, String> {
            P::deserialize(&model.parameters).map(|p| Some(p.into())).map_err(|e| e.to_string())
        }
        match model.name.as_str() {
            "lif" => read::<Lif>(model),
            "cuba_lif" => read::<CubaLif>(model),
            "leaky_readout" => read::<LeakyReadout>(model),
            "cuba_readout" => read::<CubaReadout>(model),
            _ => Ok(None),
        }
    }

    /// exp(-h/tau) of the membrane of neuron `j`, and what it multiplies its current by.
    pub fn membrane_decay(&self, j: usize, tick_ms: f64) -> [f64; 2] {
        let alpha = libm::exp(-tick_ms / self.membrane.tau_ms.of(j));
        [alpha, if self.membrane.scaled_input { 1.0 - alpha } else { 1.0 }]
    }

    /// exp(-h/tau_syn) of neuron `j`: 0 without a current.
    pub fn current_decay(&self, j: usize, tick_ms: f64) -> f64 {
        self.synapse.as_ref().map_or(0.0, |synapse| libm::exp(-tick_ms / synapse.tau_ms.of(j)))
    }

    /// The constant current of neuron `j` into its membrane, in units of the current: its own, and that at which a constant input of the
    /// synapse settles. Chips have one constant, behind the current.
    pub fn constant(&self, j: usize, tick_ms: f64) -> f64 {
        let settled = self.synapse.as_ref().map(|synapse| synapse.bias.of(j)).filter(|&bias| bias != 0.0);
        self.membrane.bias.of(j) + settled.map_or(0.0, |bias| bias / (1.0 - self.current_decay(j, tick_ms)))
    }

    /// Why such neurons of `size` have no constant current, if they haven't.
    pub fn check_constants(&self, size: usize, tick_ms: f64) -> Result<(), String> {
        match (0..size).find(|&j| !self.constant(j, tick_ms).is_finite()) {
            Some(j) => Err(format!("bias_syn of neuron {j}: expected zero for a current that never decays")),
            None => Ok(()),
        }
    }

    /// What a chip whose one constant is behind the current does otherwise.
    pub(super) fn change(&self) -> Option<String> {
        let constant = self.synapse.as_ref().is_some_and(|synapse| synapse.bias.values().iter().any(|&bias| bias != 0.0));
        let how = "a constant input of the synapse is a constant current from the first tick on, that at which it settles";
        constant.then(|| how.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_input_of_the_synapse_is_the_current_at_which_it_settles() {
        let p = CubaLif { bias_syn: 0.25.into(), bias: 1.0.into(), ..CubaLif::default() };
        let neurons = Leaky::read(&Model::new("cuba_lif", &p).unwrap()).unwrap().unwrap();
        let mut current = 0.0;
        for _ in 0..1000 {
            current = neurons.current_decay(0, 1.0) * current + 0.25;
        }
        assert!((neurons.constant(0, 1.0) - (current + 1.0)).abs() < 1e-12 && neurons.change().is_some());
        let plain = Leaky::from(Lif { bias: 0.5.into(), ..Lif::default() });
        assert_eq!((plain.constant(0, 1.0), plain.current_decay(0, 1.0), plain.change()), (0.5, 0.0, None));
    }

    #[test]
    fn a_current_that_only_grows_is_refused_and_other_models_are_not_read() {
        let p = CubaReadout { tau_syn_ms: 1e30.into(), bias_syn: 0.25.into(), ..CubaReadout::default() };
        assert!(Leaky::from(p.clone()).check_constants(1, 1.0).unwrap_err().contains("neuron 0"));
        assert!(Leaky::from(CubaReadout { bias_syn: 0.0.into(), ..p }).check_constants(1, 1.0).is_ok());
        let alif = Model::new("alif", &embody_brain::neuron::Alif::default()).unwrap();
        assert_eq!(Leaky::read(&alif), Ok(None));
        assert!(Leaky::read(&Model { name: "cuba_lif".into(), ..alif }).is_err());
    }
}
