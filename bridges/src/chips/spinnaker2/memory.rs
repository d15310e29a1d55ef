//! What fits into the memory of processing elements, and what doesn't.
//!
//! An element has 128 kB of its own SRAM; a chip has 152 of them. A population is cut into slices of neurons, each on an element with all
//! synapses that enter it: nothing is fetched from outside of the chip, which is what saved most of the energy in Yan et al. 2019. What a
//! neuron and a synapse take is laid down here; the share of program and stack is an assumption of this emulation.

/// Bytes of an element's SRAM.
pub const SRAM_BYTES: usize = 128 * 1024;

/// Of these, for program, stack and spikes that wait.
pub const PROGRAM_BYTES: usize = 32 * 1024;

/// Elements of a chip.
pub const ELEMENTS: usize = 152;

/// Bytes of a neuron: potential, current, refractory time, and decay, threshold and offset, in words of four.
pub const NEURON_BYTES: usize = 24;

/// Bytes of the decay of a neuron's current, if it has one.
pub const CURRENT_BYTES: usize = 4;

/// Bytes of a neuron's sum for each step of delay.
pub const SUM_BYTES: usize = 4;

/// Bytes of a source's entry: its key, and where its row of weights begins.
pub const ROW_BYTES: usize = 8;

/// Bytes of a weight.
pub const WEIGHT_BYTES: usize = 1;

/// What a population asks of the elements that hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Neurons.
    pub neurons: usize,
    /// Bytes on each of its elements, however many neurons are there.
    pub per_element: usize,
    /// Bytes of each neuron with all that enters it.
    pub per_neuron: usize,
}

/// Where a population lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// How many elements it takes.
    pub elements: usize,
    /// Neurons on each but the last.
    pub neurons_per_element: usize,
    /// Bytes in use in all.
    pub bytes: usize,
}

impl Demand {
    /// A population whose input may wait for up to `delay` steps. Synapses are added by [`Demand::synapses`].
    pub fn population(neurons: usize, delay: usize) -> Demand {
        Demand {
            neurons,
            per_element: 0,
            per_neuron: NEURON_BYTES.saturating_add(SUM_BYTES.saturating_mul(delay.saturating_add(1))),
        }
    }

    /// The same of neurons whose currents decay.
    #[must_use]
    pub fn currents(self) -> Demand {
        Demand { per_neuron: self.per_neuron.saturating_add(CURRENT_BYTES), ..self }
    }

    /// Adds a projection of `sources` neurons and `per_pair` synapses a pair, each with `state` bytes beside its weight.
    #[must_use]
    pub fn synapses(self, sources: usize, per_pair: usize, state: usize) -> Demand {
        let row = per_pair.saturating_mul(WEIGHT_BYTES.saturating_add(state));
        Demand {
            per_element: self.per_element.saturating_add(ROW_BYTES.saturating_mul(sources)),
            per_neuron: self.per_neuron.saturating_add(sources.saturating_mul(row)),
            ..self
        }
    }

    /// The fewest elements that hold the population.
    pub fn place(&self) -> Result<Placement, TooLarge> {
        let limit = SRAM_BYTES - PROGRAM_BYTES;
        let fit = limit.saturating_sub(self.per_element) / self.per_neuron.max(1);
        if fit == 0 {
            return Err(TooLarge { limit, demand: self.per_element.saturating_add(self.per_neuron) });
        }
        let elements = self.neurons.div_ceil(fit);
        let bytes = elements * self.per_element + self.neurons * self.per_neuron;
        // Slices of even length.
        Ok(Placement { elements, neurons_per_element: self.neurons.div_ceil(elements.max(1)), bytes })
    }
}

/// Not even one neuron with its synapses fits into an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Bytes that an element has beside its program.
    pub limit: usize,
    /// Bytes of one neuron with its synapses.
    pub demand: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recurrent_network_is_cut_into_slices() {
        // 250 neurons, 5 inputs and themselves: 255 bytes of weights each.
        let demand = Demand::population(250, 1).synapses(5, 1, 0).synapses(250, 1, 0);
        assert_eq!(demand, Demand { neurons: 250, per_element: 255 * 8, per_neuron: 24 + 8 + 255 });
        let placement = demand.place().unwrap();
        assert_eq!(placement, Placement { elements: 1, neurons_per_element: 250, bytes: 2040 + 250 * 287 });
        assert_eq!(demand.currents().place().unwrap().bytes, placement.bytes + 250 * 4);
        let placement = Demand::population(250, 1).synapses(250, 1, 20).place().unwrap();
        assert_eq!([placement.elements, placement.neurons_per_element], [14, 18], "with 20 bytes of state");
    }

    #[test]
    fn what_does_not_fit_names_limit_and_demand() {
        let error = Demand::population(1, 1).synapses(1 << 16, 1, 20).place().unwrap_err();
        assert_eq!(error, TooLarge { limit: 98_304, demand: 65_536 * 29 + 32 });
        assert!(
            Demand::population(1, usize::MAX).synapses(usize::MAX, usize::MAX, usize::MAX).place().is_err(),
            "nor does it overflow"
        );
    }
}
