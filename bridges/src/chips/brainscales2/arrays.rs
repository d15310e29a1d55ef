//! What the synapse arrays hold: rows, columns and signs.
//!
//! A chip has two arrays of 256 columns, a neuron circuit under each. A row is excitatory or inhibitory as a whole, so that a signed weight
//! takes two: 128 signed inputs an array. A neuron with more inputs is made of several circuits, each with its own column and its own 128
//! inputs, and their sums join.

/// Signed inputs of a column.
pub const SIGNED_INPUTS: usize = 128;

/// Columns, and neuron circuits, of both arrays.
pub const CIRCUITS: usize = 512;

/// Greatest weight.
pub const LARGEST_WEIGHT: f32 = 63.0;

/// Where a population lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Its first circuit.
    pub first: usize,
    /// Circuits of each neuron: blocks of 128 signed inputs.
    pub per_neuron: usize,
}

/// The circuits of neurons with `inputs` signed inputs each; at least one.
pub fn circuits_per_neuron(inputs: usize) -> usize {
    inputs.div_ceil(SIGNED_INPUTS).max(1)
}

/// Hands out circuits, population by population.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allocation {
    /// Circuits in use; more than there are if the network doesn't fit.
    pub used: usize,
}

impl Allocation {
    /// Circuits for `neurons` with `inputs` signed inputs each.
    pub fn take(&mut self, neurons: usize, inputs: usize) -> Columns {
        let columns = Columns { first: self.used, per_neuron: circuits_per_neuron(inputs) };
        self.used = self.used.saturating_add(neurons.saturating_mul(columns.per_neuron));
        columns
    }

    /// Whether all fits.
    pub fn fits(&self) -> bool {
        self.used <= CIRCUITS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_inputs_take_more_circuits() {
        assert_eq!([0, 1, 128, 129, 255, 256, 257].map(circuits_per_neuron), [1, 1, 1, 2, 2, 2, 3]);
        let mut allocation = Allocation::default();
        assert_eq!(allocation.take(250, 255), Columns { first: 0, per_neuron: 2 });
        assert!(allocation.fits());
        assert_eq!(allocation.take(12, 10), Columns { first: 500, per_neuron: 1 });
        assert!(allocation.fits());
        allocation.take(1, 1);
        assert!(!allocation.fits());
        allocation.take(usize::MAX, usize::MAX);
        assert_eq!(allocation.used, usize::MAX);
    }
}
