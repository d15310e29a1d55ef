//! What a chip did, in exact whole numbers: what energy is priced by, and what numbers lost while they ran.

use serde::{Deserialize, Serialize};

/// Declares the counters once: the struct, their names, and their addition.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Counts since time zero. Writing the network onto the chip before that isn't in them.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            /// Counters from their names; those that are unknown are left out.
            pub fn of(named: &[(&str, u64)]) -> Counters {
                let mut counters = Counters::default();
                for (name, count) in named {
                    match *name {
                        $(stringify!($name) => counters.$name = *count,)*
                        _ => (),
                    }
                }
                counters
            }

            /// All counters by name, in a fixed order.
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),*]
            }

            /// The counter of that name.
            pub fn get(&self, name: &str) -> Option<u64> {
                self.named().into_iter().find(|(known, _)| *known == name).map(|(_, count)| count)
            }
        }
    };
}

counters! {
    /// Weights that a spike, or a value of an analogue input, was multiplied by and added: one for each synapse that the chip works through.
    synaptic_operations,
    /// Reads of synaptic memory, in the chip's own words or rows.
    fetches,
    /// Updates of neurons at which nothing arrived.
    neuron_updates_idle,
    /// Updates of neurons at which something arrived.
    neuron_updates_driven,
    /// Spikes of neurons on the chip.
    spikes,
    /// Steps of spikes from core to core over Loihi's mesh; published prices are per hop between tiles of several cores, of which there are no
    /// more. On SpiNNaker 2 one for each element that a spike is sent to.
    hops,
    /// Synapses that a rule on the chip worked through.
    plasticity_updates,
    /// Conversions between analogue and digital, either way.
    conversions,
    /// Numbers that the host read from the chip: sums for neurons that run there, spikes for rules that do, and what is read out.
    host_reads,
    /// Numbers that the host wrote to the chip: spikes of inputs and of neurons that run there, values of analogue inputs, weights of rules that run there.
    host_writes,
    /// Pulses that programmed analogue devices.
    programming_pulses,
    /// Sums, currents, potentials or converters that reached the end of their range, and wrapped or stayed there.
    saturations,
    /// Requested weights beyond the range that can be stored.
    clipped_weights,
    /// Requested weights that aren't on the grid of what can be stored.
    rounded_weights,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_name() {
        let counters = Counters { spikes: 3, rounded_weights: 7, ..Counters::default() };
        assert_eq!((counters.get("spikes"), counters.get("rounded_weights"), counters.get("joules")), (Some(3), Some(7), None));
        assert_eq!(counters.named().len(), 14);
        assert_eq!(Counters::of(&counters.named()), counters);
        assert_eq!(Counters::of(&[("joules", 3)]), Counters::default());
    }
}
