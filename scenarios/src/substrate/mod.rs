//! What networks run on: how a scenario chooses it, and what came of it.

mod account;
mod chips;
mod choice;
mod comparison;

pub use account::{Account, EnergyAccount, Term};
pub(crate) use chips::register;
pub(crate) use choice::{DEFAULT, as_table, choose};
pub(crate) use comparison::table;
