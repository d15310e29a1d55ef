//! sPyNNaker's ring buffer, in which the input of the next steps waits.

/// The input that waits for a population: for each of the next steps and each neuron a sum of weights in 16 bits, which saturates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingBuffer {
    neurons: usize,
    /// What a weight is shifted left by to be s16.15.
    shift: u32,
    now: usize,
    sums: Vec<u16>,
}

impl RingBuffer {
    /// An empty buffer of `slots` steps, the one at hand among them. Errors if there are none, or if the shift leaves s16.15.
    pub fn new(neurons: usize, slots: usize, shift: u32) -> Result<Self, String> {
        if neurons == 0 || slots == 0 || shift > 15 || neurons.checked_mul(slots).is_none_or(|n| n > 1 << 28) {
            return Err(format!(
                "ring buffer: expected neurons and steps and a shift up to 15, found {neurons}, {slots}, {shift}"
            ));
        }
        Ok(RingBuffer { neurons, shift, now: 0, sums: vec![0; neurons * slots] })
    }

    /// Adds a weight that arrives at a neuron in `delay` steps; 0 is the step at hand. Nothing happens outside of the buffer: `false`.
    pub fn add(&mut self, neuron: usize, delay: usize, weight: u16) -> bool {
        let slots = self.sums.len() / self.neurons;
        if neuron >= self.neurons || delay >= slots {
            return false;
        }
        let sum = &mut self.sums[(self.now + delay) % slots * self.neurons + neuron];
        *sum = sum.saturating_add(weight);
        true
    }

    /// The input of the step at hand, in s16.15 (a sum that saturated is 65535), and on to the next: `f(neuron, input)`.
    pub fn take(&mut self, mut f: impl FnMut(usize, i32)) {
        let slots = self.sums.len() / self.neurons;
        let row = &mut self.sums[self.now * self.neurons..][..self.neurons];
        for (neuron, sum) in row.iter_mut().enumerate() {
            f(neuron, (u32::from(std::mem::take(sum)) << self.shift) as i32);
        }
        self.now = (self.now + 1) % slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_buffer_saturates_and_comes_round() {
        let mut buffer = RingBuffer::new(2, 3, 4).unwrap();
        assert!(buffer.add(1, 0, 60_000) && buffer.add(1, 0, 60_000) && buffer.add(0, 2, 5));
        assert!(!buffer.add(2, 0, 1) && !buffer.add(0, 3, 1), "outside is refused");
        let mut next = || {
            let mut inputs = [0; 2];
            buffer.take(|neuron, input| inputs[neuron] = input);
            inputs
        };
        assert_eq!([next(), next(), next(), next()], [[0, 0xFFFF << 4], [0, 0], [5 << 4, 0], [0, 0]]);
    }
}
