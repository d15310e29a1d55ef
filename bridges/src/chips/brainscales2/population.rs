//! What populations and projections become on the chip: circuits, columns of synapses, and the sums that arrive.

use embody_brain::numeric::padded;

use super::arrays::SIGNED_INPUTS;
use super::circuits::Circuit;
use super::mac::MockMac;
use crate::chips::Counters;
use crate::chips::integer::{Grid, Layout};

/// A population on circuits of the chip, or with its sums read from there.
pub struct Population {
    pub(super) size: usize,
    /// Blocks of 128 signed inputs.
    pub(super) blocks: usize,
    pub(super) by_sign: bool,
    /// Whether anything below zero may arrive.
    pub(super) signed: bool,
    pub(super) grid: Grid,
    /// The weight that one unit of a sum is.
    pub(super) unit: f64,
    /// How the amplitude deviates at each block of each neuron (padded).
    pub(super) amplitude: Vec<f32>,
    pub(super) circuits: Vec<Circuit>,
}

impl Population {
    /// Its circuits; none if its neurons run on the host.
    pub fn circuits(&self) -> &[Circuit] {
        &self.circuits
    }

    /// What the converter reads of a neuron's blocks, in the unit of the model: each block limited, and their sum again. `noise` has standard
    /// deviation 1.
    pub(super) fn read(&self, mac: MockMac, sums: &[i32], noise: &[f32], j: usize, counters: &mut Counters) -> f32 {
        let width = padded(self.size);
        let mut total = 0;
        for block in 0..self.blocks {
            let at = block * width + j;
            let (reading, saturated) = mac.read(sums[at] as f32 * self.amplitude[at], noise[at]);
            total += reading;
            counters.saturations += u64::from(saturated);
        }
        let (limited, saturated) = MockMac::total(total);
        counters.saturations += u64::from(saturated);
        counters.conversions += self.blocks as u64;
        // Rounding down takes half a step of each block, which the host knows of.
        let steps = limited as f32 + 0.5 * self.blocks as f32;
        steps * (self.unit / f64::from(mac.gain * mac.num_sends as f32)) as f32
    }
}

/// Synapses in the columns of their targets.
pub struct Projection {
    pub(super) layout: Layout,
    pub(super) by_sign: bool,
    /// The signed input at which it begins, and how many a source and synapse takes.
    pub(super) first: usize,
    pub(super) per_synapse: usize,
    /// The value that is sent as 31.
    pub(super) range: f32,
}

impl Projection {
    /// The block of signed inputs in which synapse `k` of a source lies.
    pub(super) fn block(&self, source: usize, k: usize) -> usize {
        (self.first + (source * self.layout.per_pair + k) * self.per_synapse) / SIGNED_INPUTS
    }
}

/// What arrives at a population in a tick: sums of inputs times weights, for each block and neuron (padded).
#[derive(Clone)]
pub struct Arriving {
    /// All, or those above zero.
    pub(super) together: Vec<i32>,
    /// Those below zero.
    pub(super) below: Vec<i32>,
    pub(super) reached: bool,
}

impl Arriving {
    /// No sums yet.
    pub(super) fn new(population: &Population) -> Arriving {
        let zeros = || vec![0; population.blocks * padded(population.size)];
        let below = if population.by_sign { zeros() } else { Vec::new() };
        Arriving { together: zeros(), below, reached: false }
    }

    pub(super) fn clear(&mut self) {
        if self.reached {
            self.together.fill(0);
            self.below.fill(0);
            self.reached = false;
        }
    }
}
