//! From the network's threads to the loop's: a queue of bounded length, whose overflow is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

/// Messages that wait to be read, at most; further ones are dropped and counted.
pub(super) const QUEUE: usize = 1024;

/// How often a wait looks whether it should stop.
pub(super) const SLICE: Duration = Duration::from_millis(100);

/// Subscribes to a key: what comes goes to the loop as `wrap` makes it.
pub(super) fn forward<T: Send + 'static>(
    session: &Session,
    key: String,
    to_loop: SyncSender<T>,
    dropped: &Arc<AtomicU64>,
    wrap: fn(Vec<u8>) -> T,
) -> Result<Subscriber<()>, zenoh::Error> {
    let dropped = dropped.clone();
    let take = move |sample: zenoh::sample::Sample| {
        // A loop that has ended misses nothing.
        if let Err(TrySendError::Full(_)) = to_loop.try_send(wrap(sample.payload().to_bytes().into_owned())) {
            dropped.fetch_add(1, Ordering::Relaxed);
        }
    };
    session.declare_subscriber(key).callback(take).wait()
}
