//! Learning on the chip: sums of products of traces, weights and constants, at the end of every epoch.
//!
//! - Traces of a few bits follow the spikes of each source (`x1`, `x2`) and target (`y1`, `y2`, `y3`): [`Trace`].
//! - A weight changes by a sum of [`Product`]s. Each hangs on a condition: the source spiked in the epoch (`x0`), the target did (`y0`), or the
//!   epoch's number is a multiple of 2^k (`u`).
//! - The change is worked out in an accumulator of 16 bits, of which the weight is the upper part: `product.rs`.
//!
//! Source: `PyLearningConnection` bit-approximate of lava-nc/lava, which calls itself approximate. Not here: delays and tags that learn, and
//! the third factor. Where Lava draws one random number for the weights, here each synapse has its own, so that roundings are independent.

mod kernel;
mod parameters;
mod product;
mod trace;

pub use kernel::SumOfProductsKernel;
pub use parameters::{Dependency, Factor, Product, Rounding, SumOfProducts, Variable};
pub use trace::Trace;
