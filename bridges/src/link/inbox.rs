//! From the network's threads to the loop's: a queue of bounded length, whose overflow is counted.
//!
//! The standard library's channel wakes its receiver while it holds the lock that the receiver takes first: where both threads share a
//! processor, that is two more switches for each message. Here the lock is free before the receiver is woken.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::lock;

/// Messages that wait to be read, at most; further ones are dropped and counted.
const CAPACITY: usize = 1024;

/// Room beyond that for what is no message: who comes and goes.
const RESERVE: usize = 1024;

/// How often a wait looks whether it should stop.
pub(super) const SLICE: Duration = Duration::from_millis(100);

/// What has come and waits to be read.
pub(super) struct Inbox<T> {
    waiting: Mutex<VecDeque<T>>,
    came: Condvar,
    dropped: AtomicU64,
}

impl<T> Inbox<T> {
    /// An empty one.
    pub(super) fn new() -> Arc<Inbox<T>> {
        Arc::new(Inbox { waiting: Mutex::default(), came: Condvar::new(), dropped: AtomicU64::new(0) })
    }

    /// Adds news at the end, also where messages find no room any more; gives back what there is no room for either.
    pub(super) fn push(&self, item: T) -> Result<(), T> {
        self.push_below(CAPACITY + RESERVE, item)
    }

    /// Adds a message at the end; one that there is no room for is counted.
    pub(super) fn add(&self, item: T) {
        if self.push_below(CAPACITY, item).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn push_below(&self, capacity: usize, item: T) -> Result<(), T> {
        let mut waiting = lock(&self.waiting);
        if waiting.len() >= capacity {
            return Err(item);
        }
        waiting.push_back(item);
        drop(waiting);
        self.came.notify_one();
        Ok(())
    }

    /// Waits until there is something, at most until `until`; takes nothing.
    pub(super) fn wait(&self, until: Instant) {
        let mut waiting = lock(&self.waiting);
        while waiting.is_empty() {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else { return };
            waiting = self.came.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes the first one, if there is one.
    pub(super) fn pop_now(&self) -> Option<T> {
        lock(&self.waiting).pop_front()
    }

    /// Takes the first one, if there is one by `until`.
    pub(super) fn pop(&self, until: Instant) -> Option<T> {
        self.wait(until);
        self.pop_now()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.waiting).is_empty()
    }

    /// How many messages there was no room for.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_is_read_first_and_what_is_too_much_is_given_back() {
        let inbox = Inbox::new();
        assert_eq!(inbox.pop(Instant::now()), None::<usize>);
        (0..CAPACITY + 3).for_each(|item| inbox.add(item));
        assert_eq!((inbox.dropped(), inbox.is_empty()), (3, false));
        (0..RESERVE).for_each(|item| inbox.push(item).unwrap());
        assert_eq!(inbox.push(7), Err(7));
        assert_eq!((inbox.pop(Instant::now()), inbox.pop_now()), (Some(0), Some(1)));
        inbox.push(7).unwrap();
    }

    #[test]
    fn who_waits_is_woken() {
        let inbox = Inbox::new();
        let sender = inbox.clone();
        let sending = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            sender.push(1)
        });
        let start = Instant::now();
        assert_eq!(inbox.pop(start + Duration::from_secs(60)), Some(1));
        assert!(start.elapsed() < Duration::from_secs(30));
        sending.join().unwrap().unwrap();
    }
}
