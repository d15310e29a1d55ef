//! Running a scenario: the loop, what it records, how it is stopped and resumed.

pub mod affinity;
pub mod brain;
pub mod checkpoint;
pub mod folder;
pub mod progress;
mod recorder;
pub mod remote;
mod runner;
mod session;
mod table;

pub use progress::Progress;
pub use recorder::REPORTING_HOUR;
pub(crate) use runner::read_checkpoint;
pub use runner::{Maps, Outcome, RunError, Runner, scenario_of};
pub use session::{Position, Record, Session, SessionError, episode_seeds};
pub use table::Table;
