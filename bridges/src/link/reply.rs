//! Answers to questions, each given by a thread of its own: an answer waits for who asked, and neither the loop nor the network's own
//! threads may.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

use zenoh::Wait;
use zenoh::query::Query;

/// Answers on their way at a time, at most; a question beyond gets none, and is asked again.
const MOST: usize = 64;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Answers a question.
pub(super) fn reply(query: Query, answer: Vec<u8>) {
    if UNDER_WAY.fetch_add(1, Ordering::Relaxed) >= MOST {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let answering = Builder::new().name("answer".into()).spawn(move || {
        // Whoever asked and is gone needs no answer.
        let _ = query.reply(query.key_expr().clone(), answer).wait();
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    });
    if answering.is_err() {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}
