//! Populations on the chip: compartments that fire, that are read out, or that add up for neurons on the host.

use embody_brain::Variables;
use serde::{Deserialize, Serialize};

use super::compartment::{Compartment, SHIFT, wrap};
use super::synapses::LoihiSums;
use crate::chips::Counters;

/// What a population becomes: immutable.
pub struct LoihiPopulation {
    pub(super) size: usize,
    /// The compartments of neurons and readouts; empty for inputs and for neurons on the host.
    pub(super) compartments: Vec<Compartment>,
    /// Of each neuron, a step of v in the network's unit.
    pub(super) units: Vec<f32>,
    /// Whole numbers to a unit of the weights that enter.
    pub(super) scale: f64,
    /// Whether it is read out and never fires.
    pub(super) readout: bool,
    /// Whether neurons on the host want positive and negative weights apart.
    pub(super) by_sign: bool,
}

/// Currents and potentials.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct LoihiNeurons {
    u: Vec<i64>,
    v: Vec<i64>,
}

impl LoihiPopulation {
    pub(super) fn neurons(&self) -> LoihiNeurons {
        LoihiNeurons { u: vec![0; self.compartments.len()], v: vec![0; self.compartments.len()] }
    }

    pub(super) fn fits(&self, neurons: &LoihiNeurons) -> bool {
        let n = self.compartments.len();
        neurons.u.len() == n && neurons.v.len() == n && neurons.u.iter().zip(&neurons.v).all(|(&u, &v)| Compartment::holds(u, v))
    }

    /// One step of the compartments. That of a readout has the highest threshold: reaching it resets it, which is counted as a saturation.
    pub(super) fn fire(&self, neurons: &mut LoihiNeurons, sums: &mut LoihiSums, spikes: &mut Vec<u32>, counters: &mut Counters) {
        let mut driven = 0;
        let state = neurons.u.iter_mut().zip(&mut neurons.v);
        for (i, ((compartment, (u, v)), sum)) in self.compartments.iter().zip(state).zip(&mut sums.sums[0]).enumerate() {
            let a = std::mem::take(sum);
            driven += u64::from(a != 0);
            let outcome = compartment.step(u, v, a);
            counters.saturations += u64::from(outcome.saturated || (outcome.spike && self.readout));
            if outcome.spike && !self.readout {
                spikes.push(i as u32);
            }
        }
        counters.neuron_updates_driven += driven;
        counters.neuron_updates_idle += self.size as u64 - driven;
    }

    /// The sums for neurons on the host: currents of compartments that forget within a step.
    pub(super) fn read(&self, sums: &mut LoihiSums, arrivals: [&mut [f32]; 2], counters: &mut Counters) {
        let mut driven = 0;
        for (sums, arrivals) in sums.sums.iter_mut().zip(arrivals) {
            for (sum, arrival) in sums.iter_mut().zip(arrivals).take(self.size) {
                let a = std::mem::take(sum).clamp(-(1 << 32), 1 << 32);
                driven += u64::from(a != 0);
                let (u, wrapped) = wrap(a << SHIFT);
                counters.saturations += u64::from(wrapped);
                *arrival = ((u >> SHIFT) as f64 / self.scale) as f32;
            }
            sums.fill(0);
        }
        let compartments = self.size as u64 * (1 + u64::from(self.by_sign));
        counters.neuron_updates_driven += driven;
        counters.neuron_updates_idle += compartments - driven;
        counters.host_reads += compartments;
    }

    pub(super) fn membrane(&self, neurons: &LoihiNeurons) -> Vec<f32> {
        neurons.v.iter().zip(&self.units).map(|(&v, &unit)| v as f32 * unit).collect()
    }

    pub(super) fn variables(&self, neurons: &LoihiNeurons) -> Variables {
        let whole = |values: &[i64]| values.iter().map(|&value| value as f64).collect();
        vec![("u", whole(&neurons.u)), ("v", whole(&neurons.v))]
    }
}
