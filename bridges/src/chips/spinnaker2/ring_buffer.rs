//! sPyNNaker's ring buffer, in which the input of the next steps waits: a sum of weights in 16 bits for each neuron and step.
//!
//! A weight is added as it arrives, and the sum saturates at 0xFFFF. As no weight is below zero (excitatory and inhibitory ones wait
//! apart), that is the exact sum limited once, which is how it is computed here. Delays are the engine's.

/// What waits for a neuron in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    sum: u16,
    saturated: bool,
}

impl Waiting {
    /// The sum of weights, none of which is below zero.
    #[inline(always)]
    pub fn of(sum: i64) -> Waiting {
        let limited = sum.clamp(0, i64::from(u16::MAX));
        Waiting { sum: limited as u16, saturated: limited != sum }
    }

    /// The input in s16.15: the sum shifted left, by up to 15.
    #[inline(always)]
    pub fn input(self, shift: u32) -> i32 {
        i32::from(self.sum) << shift
    }

    /// Whether the sum saturated.
    #[inline(always)]
    pub fn saturated(self) -> bool {
        self.saturated
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ring_buffer_saturates() {
        let full = Waiting::of(60_000 + 60_000);
        assert_eq!((full.input(4), full.saturated()), (0xFFFF << 4, true));
        let some = Waiting::of(5);
        assert_eq!((some.input(4), some.saturated()), (5 << 4, false));
        assert_eq!(Waiting::of(0xFFFF).input(15), 0xFFFF << 15, "the greatest input is of s16.15");
    }

    proptest! {
        #[test]
        fn it_is_the_buffer_to_which_weights_are_added_one_by_one(weights in prop::collection::vec(any::<u16>(), 0..8)) {
            let (mut slot, mut saturated) = (0u16, false);
            for &weight in &weights {
                saturated |= slot.checked_add(weight).is_none();
                slot = slot.saturating_add(weight);
            }
            let waiting = Waiting::of(weights.into_iter().map(i64::from).sum());
            prop_assert_eq!((waiting.input(0), waiting.saturated()), (i32::from(slot), saturated));
        }
    }
}
