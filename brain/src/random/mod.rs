//! Random numbers: counter-based, so that any draw can be made again on its own, in any order and on any thread.

mod normal;
mod philox;

pub use normal::{fill_normals, normal_block};
pub use philox::{Counter, Philox, philox_block, uniform};
