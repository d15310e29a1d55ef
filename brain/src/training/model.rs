//! The neuron models that can be trained, by their parameters and as cells that are computed with.

use serde::de::DeserializeOwned;

use crate::neuron::{
    Alif, BuildError, IntegrateAndFire, LeakyIntegrator, LeakyReadout, Lif, PerNeuron, SeAdLif, SymplecticAdaptive,
};
use crate::numeric::Real;
use crate::spec::{CompileError, Model};

/// A model with its parameters.
#[derive(Clone, Debug)]
pub(super) enum TrainableModel {
    Lif(Lif),
    Alif(Alif),
    SeAdLif(SeAdLif),
    Readout(LeakyReadout),
}

/// What is computed with.
#[derive(Clone, Debug)]
pub(super) enum Cell<T> {
    IntegrateAndFire(IntegrateAndFire<T>),
    SymplecticAdaptive(SymplecticAdaptive<T>),
    Readout(LeakyIntegrator<T>),
}

impl TrainableModel {
    /// The named model, if it can be trained.
    pub fn read(model: &Model) -> Result<Self, CompileError> {
        fn parameters<P: DeserializeOwned>(model: &Model) -> Result<P, CompileError> {
            P::deserialize(&model.parameters).map_err(|e| CompileError::Invalid { part: model.name.clone(), why: e.to_string() })
        }
        match model.name.as_str() {
            "lif" => Ok(TrainableModel::Lif(parameters(model)?)),
            "alif" => Ok(TrainableModel::Alif(parameters(model)?)),
            "se_adlif" => Ok(TrainableModel::SeAdLif(parameters(model)?)),
            "leaky_readout" => Ok(TrainableModel::Readout(parameters(model)?)),
            name => Err(super::unsupported(format!("the neuron model {name:?}"))),
        }
    }

    /// The model as it stands in a spec.
    pub fn write(&self) -> Result<Model, CompileError> {
        match self {
            TrainableModel::Lif(p) => Model::new("lif", p),
            TrainableModel::Alif(p) => Model::new("alif", p),
            TrainableModel::SeAdLif(p) => Model::new("se_adlif", p),
            TrainableModel::Readout(p) => Model::new("leaky_readout", p),
        }
    }

    /// Whether it is read out and never fires.
    pub fn is_readout(&self) -> bool {
        matches!(self, TrainableModel::Readout(_))
    }

    /// The cells, for `size` neurons.
    pub fn cell<T: Real>(&self, size: usize, tick_ms: f64) -> Result<Cell<T>, BuildError> {
        Ok(match self {
            TrainableModel::Lif(p) => Cell::IntegrateAndFire(IntegrateAndFire::lif(p, size, tick_ms)?),
            TrainableModel::Alif(p) => Cell::IntegrateAndFire(IntegrateAndFire::alif(p, size, tick_ms)?),
            TrainableModel::SeAdLif(p) => Cell::SymplecticAdaptive(SymplecticAdaptive::new(p, size, tick_ms)?),
            TrainableModel::Readout(p) => Cell::Readout(LeakyIntegrator::new(p, size, tick_ms)?),
        })
    }

    /// The parameters that have a gradient, by name.
    pub fn parameters(&self) -> Vec<(&'static str, &PerNeuron)> {
        match self {
            TrainableModel::Lif(p) => vec![("tau_ms", &p.tau_ms), ("threshold", &p.threshold), ("bias", &p.bias)],
            TrainableModel::Alif(p) => vec![
                ("tau_ms", &p.tau_ms),
                ("threshold", &p.threshold),
                ("bias", &p.bias),
                ("beta", &p.beta),
                ("tau_adaptation_ms", &p.tau_adaptation_ms),
            ],
            TrainableModel::SeAdLif(p) => vec![
                ("tau_u_ms", &p.tau_u_ms),
                ("tau_w_ms", &p.tau_w_ms),
                ("a", &p.a),
                ("b", &p.b),
                ("threshold", &p.threshold),
                ("bias", &p.bias),
            ],
            TrainableModel::Readout(p) => vec![("tau_ms", &p.tau_ms), ("bias", &p.bias)],
        }
    }

    /// The same parameters, in the same order, to be changed.
    pub fn parameters_mut(&mut self) -> Vec<&mut PerNeuron> {
        match self {
            TrainableModel::Lif(p) => vec![&mut p.tau_ms, &mut p.threshold, &mut p.bias],
            TrainableModel::Alif(p) => {
                vec![&mut p.tau_ms, &mut p.threshold, &mut p.bias, &mut p.beta, &mut p.tau_adaptation_ms]
            }
            TrainableModel::SeAdLif(p) => {
                vec![&mut p.tau_u_ms, &mut p.tau_w_ms, &mut p.a, &mut p.b, &mut p.threshold, &mut p.bias]
            }
            TrainableModel::Readout(p) => vec![&mut p.tau_ms, &mut p.bias],
        }
    }
}

impl<T: Real> Cell<T> {
    /// Thresholds without adaptation (padded); none for readouts.
    pub fn thresholds(&self) -> &[T] {
        match self {
            Cell::IntegrateAndFire(cell) => &cell.threshold,
            Cell::SymplecticAdaptive(cell) => &cell.threshold,
            Cell::Readout(_) => &[],
        }
    }
}
