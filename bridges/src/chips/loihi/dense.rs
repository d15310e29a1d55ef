//! All-to-all connections: Lava's fixed-point `Dense`.
//!
//! Weights are cast to whole numbers toward zero, clipped to the range of their sign mode, and lose their lowest k bits, with
//! k = 8 - bits, and one more if both signs are to be had. A sum of weights (times the spikes' payloads) is shifted by the weight exponent
//! as a whole. Source: `PyDenseModelBitAcc` and `clip_weights`, `truncate_weights` of lava-nc/lava.

/// The largest delay that a synapse can have beside the one step that every spike takes.
pub const MOST_DELAY: usize = 63;

/// Which signs the weights of a connection have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignMode {
    /// Both: -256 to 255.
    Mixed,
    /// None below zero: 0 to 255.
    Excitatory,
    /// None above zero: -255 to 0.
    Inhibitory,
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Format {
    /// Signs.
    pub mode: SignMode,
    /// Lowest bits that are lost.
    lost: u32,
}

impl SignMode {
    /// The mode of weights within a range, as Lava determines it.
    pub fn of(least: f32, greatest: f32) -> SignMode {
        if least >= 0.0 {
            SignMode::Excitatory
        } else if greatest <= 0.0 {
            SignMode::Inhibitory
        } else {
            SignMode::Mixed
        }
    }

    /// The range of weights.
    pub fn range(self) -> [i32; 2] {
        match self {
            SignMode::Mixed => [-256, 255],
            SignMode::Excitatory => [0, 255],
            SignMode::Inhibitory => [-255, 0],
        }
    }
}

impl Format {
    /// Weights of 1 to 8 bits.
    pub fn new(mode: SignMode, bits: u8) -> Format {
        let bits = u32::from(bits.clamp(1, 8));
        Format { mode, lost: 8 - bits + u32::from(mode == SignMode::Mixed) }
    }

    /// Weights of connections that learn: both signs, every whole number.
    pub fn learning() -> Format {
        Format { mode: SignMode::Mixed, lost: 0 }
    }

    /// Distance between neighbouring weights.
    pub fn step(self) -> i32 {
        1 << self.lost
    }

    /// The range of what is stored.
    pub fn range(self) -> [i32; 2] {
        self.mode.range().map(|end| self.truncate(end))
    }

    /// What is stored of a weight in the chip's unit: cast, clipped, truncated.
    pub fn store(self, weight: f64) -> i32 {
        let [low, high] = self.mode.range();
        self.truncate((weight as i32).clamp(low, high))
    }

    /// The lowest bits lost: downwards, or for inhibitory weights toward zero.
    fn truncate(self, weight: i32) -> i32 {
        match self.mode {
            SignMode::Inhibitory => -((-weight >> self.lost) << self.lost),
            _ => (weight >> self.lost) << self.lost,
        }
    }
}

/// A sum shifted by the weight exponent: up, or down with its sign if that isn't above zero.
pub fn scaled_sum(sum: i64, exponent: i32) -> i64 {
    // Far beyond where a current wraps round, so that holding it there loses nothing that a compartment would see otherwise.
    let sum = sum.clamp(-(1 << 48), 1 << 48);
    if exponent > 0 { sum << exponent.min(8) } else { sum >> (-exponent).min(63) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(format: Format, weights: [f64; 3]) -> [i32; 3] {
        weights.map(|weight| format.store(weight))
    }

    #[test]
    fn weights_are_clipped_and_truncated() {
        let weights = [300.0, -300.0, 39.0];
        assert_eq!(stored(Format::new(SignMode::Mixed, 8), weights), [254, -256, 38]);
        assert_eq!(stored(Format::new(SignMode::Mixed, 7), weights), [252, -256, 36]);
        let scaled = stored(Format::new(SignMode::Mixed, 8), weights).map(|w| scaled_sum(w.into(), 1));
        assert_eq!(scaled, [508, -512, 76]);
        assert_eq!(stored(Format::new(SignMode::Excitatory, 8), [300.0, -1.0, 39.9]), [255, 0, 39]);
        assert_eq!(stored(Format::new(SignMode::Inhibitory, 7), [-300.0, 1.0, -39.0]), [-254, 0, -38]);
        assert_eq!(Format::new(SignMode::Inhibitory, 7).range(), [-254, 0]);
        assert_eq!(Format::learning().store(-39.0), -39);
    }

    #[test]
    fn the_sign_mode_is_that_of_the_weights() {
        let modes = [(0.0, 1.0), (-1.0, 0.0), (-1.0, 1.0), (0.0, 0.0)].map(|(least, greatest)| SignMode::of(least, greatest));
        assert_eq!(modes, [SignMode::Excitatory, SignMode::Inhibitory, SignMode::Mixed, SignMode::Excitatory]);
    }

    #[test]
    fn a_negative_exponent_shifts_the_sum_and_not_each_weight() {
        assert_eq!(scaled_sum(3 + 3, -2), 1);
        assert_eq!(scaled_sum(-3, -1), -2);
        assert_eq!(scaled_sum(5, 0), 5);
    }
}
