//! Scenarios: tasks, scenario files, the registry of parts, the runner, studies, benchmarks, and the `embody` command line.
//!
//! A user's own crate fills a [`Registry`] with parts of its own and calls [`main`]; it then has the whole command line.

pub mod bench;
pub mod card;
mod choice;
pub mod cli;
pub mod config;
pub mod controls;
pub mod moment;
mod network_file;
mod own_network;
mod part_files;
pub mod picture;
pub mod plot;
mod preference;
pub mod recording;
pub mod registry;
pub mod report;
pub mod run;
pub mod scenario;
pub mod schema;
pub mod study;
pub mod substrate;
pub mod tasks;
pub mod train;
#[cfg(feature = "viewer")]
pub(crate) mod viewer;
mod words;

pub use cli::main;
pub use registry::Registry;
pub use scenario::{Loaded, Scenario};

/// Version of the program.
///
/// What follows the plus sign counts the changes of trace hashes: checkpoints and runs of one count don't go on under another.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+traces.2");

/// Revision of its source.
pub const GIT: &str = env!("EMBODY_GIT");
