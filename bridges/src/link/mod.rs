//! World and brain as two programs over Zenoh: the transport of [`protocol`](crate::protocol).
//!
//! [`WorldLink`] is the world's side, and [`RemoteController`] the brain as the loop sees it: a controller like any other. [`BrainLink`]
//! is the brain's side, which serves a [`Brain`]. [`RealTime`] keeps the pace where time isn't simulated. The world is a Zenoh router of
//! its own and the others are its clients, so that whoever connects to the world also reaches its brain.
//!
//! Every wait has a limit and ends with an error that says for whom it waited. Nothing here reads or writes files but Zenoh's
//! configuration; what a checkpoint is, and where it lies, is up to either side's program.

mod bare;
mod brain;
mod error;
mod inbox;
mod network;
mod onlooker;
mod peers;
mod real_time;
mod remote;
mod reply;
mod service;
mod stream;
mod world;

pub use bare::{BareClient, BareEcho};
pub use brain::BrainLink;
pub use error::LinkError;
pub use network::Network;
pub use onlooker::{Heard, Onlooker};
pub use peers::{Peer, peers};
pub use real_time::{DeadlinePolicy, Percentiles, RealTime, RealTimeReport, RealTimeSettings};
pub use remote::RemoteController;
pub use service::{Brain, Served};
pub use world::{Joined, WorldLink};

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is behind a lock: no holder leaves it half changed.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a session that only connects has anybody at the other end: such a one hears nothing of those who left with it.
fn is_connected(session: &zenoh::Session) -> bool {
    use zenoh::Wait;
    let info = session.info();
    info.routers_zid().wait().next().is_some() || info.peers_zid().wait().next().is_some()
}

/// Whose liveliness a sample tells of: the identity at the end of its key.
fn id_of(sample: &zenoh::sample::Sample) -> &str {
    sample.key_expr().as_str().rsplit('/').next().unwrap_or_default()
}

/// A number that nobody else has: for identities and sessions, never for anything that a run depends on.
fn unique() -> u64 {
    // The standard library seeds its hash maps from the system's random numbers.
    RandomState::new().build_hasher().finish()
}
