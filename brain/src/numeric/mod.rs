//! Arithmetic that compiles to vector instructions and gives the same bits on every x86-64.
//!
//! Hot kernels are plain loops over blocks of [`BLOCK`] numbers, written once as `#[inline(always)]` functions, and compiled
//! twice by `dispatch!`: for AVX2 and for the baseline. Both do the same IEEE operations in the same order (Rust never
//! contracts a multiplication and an addition), so their results are equal to the bit; the choice at run time changes nothing
//! but the speed.
//!
//! Not here: anything that adds up across lanes (the order of summation would become part of the interface), and fused
//! multiply-add (a baseline machine has none).

mod kernel;
mod math;
mod real;
mod rows;

pub use kernel::Kernel;
pub(crate) use kernel::dispatch;
pub use math::{exp, minus_two_ln, one_minus_exp_neg, unit_circle};
pub use real::Real;
pub(crate) use rows::prefetch;
pub use rows::{Panel, add_rows};

/// How many neighbours are worked on together: an AVX2 register of `f32`. Rows of synapses are padded to whole groups.
pub const WIDTH: usize = 8;

/// How many numbers a kernel's inner loop takes: enough for the compiler to make vector code of it, few enough for the first cache.
pub const BLOCK: usize = 64;

/// `n` rounded up to whole groups of [`WIDTH`].
pub const fn padded(n: usize) -> usize {
    n.div_ceil(WIDTH) * WIDTH
}
