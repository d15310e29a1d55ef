//! Emulated neuromorphic hardware: what becomes of a network on a chip, in the chip's own numbers.
//!
//! Each chip follows reference software (named in its module), is a [`Substrate`](embody_brain::Substrate), and says what it lost, what it
//! changed, and what ran on the host beside it. What a chip can't do is an error, never a silent fallback.

pub mod pcm;
