//! The order in which planned runs are handed to threads: as planned, but never before the run that another one waits for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Done;
use crate::run::folder::FolderError;

/// Planned runs by number, each perhaps waiting for an earlier one.
pub struct Queue {
    waits_for: Vec<Option<usize>>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    next: usize,
    results: Vec<Option<Done>>,
}

impl Queue {
    /// A queue in which run i waits for run `waits_for[i]`, which must come before it.
    pub fn new(waits_for: Vec<Option<usize>>) -> Queue {
        let results = waits_for.iter().map(|_| None).collect();
        Queue { waits_for, state: Mutex::new(State { next: 0, results }), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that died took no lock with it that it left half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next run, once what it waits for has ended; `None` when there are no more.
    pub fn next(&self) -> Option<usize> {
        let next = {
            let mut state = self.state();
            let next = state.next;
            state.next += 1;
            next
        };
        let donor = *self.waits_for.get(next)?;
        if let Some(donor) = donor {
            let mut state = self.state();
            while state.results[donor].is_none() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        Some(next)
    }

    /// Notes what became of a run.
    pub fn done(&self, run: usize, done: Done) {
        self.state().results[run] = Some(done);
        self.changed.notify_all();
    }

    /// What became of every run.
    pub fn into_results(self) -> Vec<Done> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let lost = || FolderError { path: "study".into(), why: "this run's thread ended without a result".into() }.into();
        state.results.into_iter().map(|done| done.unwrap_or_else(|| Err(lost()))).collect()
    }
}
