//! An optional stream for those who look on: off unless somebody subscribes, thinned to what eyes can follow, and never waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zenoh::matching::{MatchingListener, MatchingStatus};
use zenoh::pubsub::Publisher;
use zenoh::qos::{CongestionControl, Priority};
use zenoh::{Session, Wait};

/// Least wall time between two messages.
const EVERY: Duration = Duration::from_millis(10);

/// One such stream.
pub(super) struct Stream {
    publisher: Publisher<'static>,
    watched: Arc<AtomicBool>,
    shown: Option<Instant>,
    _matching: MatchingListener<()>,
}

impl Stream {
    /// The stream of a key.
    pub(super) fn open(session: &Session, key: String) -> Result<Stream, zenoh::Error> {
        let publisher = session.declare_publisher(key).congestion_control(CongestionControl::Drop);
        let publisher = publisher.priority(Priority::Background).wait()?;
        let watched = Arc::new(AtomicBool::new(false));
        let note = {
            let watched = watched.clone();
            move |status: MatchingStatus| watched.store(status.matching(), Ordering::Relaxed)
        };
        let matching = publisher.matching_listener().callback(note).wait()?;
        Ok(Stream { publisher, watched, shown: None, _matching: matching })
    }

    /// Whether somebody looks on.
    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Publishes what `message` gives, if somebody looks on and the last time is a while ago.
    pub(super) fn show(&mut self, message: impl FnOnce() -> Option<Vec<u8>>) {
        if self.shown.is_none_or(|shown| shown.elapsed() >= EVERY) {
            self.show_now(message);
        }
    }

    /// The same, however short ago the last time was.
    pub(super) fn show_now(&mut self, message: impl FnOnce() -> Option<Vec<u8>>) {
        if !self.is_watched() {
            return;
        }
        if let Some(message) = message() {
            self.shown = Some(Instant::now());
            // A stream that may lose messages.
            let _ = self.publisher.put(message).wait();
        }
    }
}
