//! The trace hash: a chain over every step record of a run, h' = BLAKE3(h | record).
//!
//! Two runs with equal hashes saw, did and earned the same, bit for bit, at every step. Being a chain, its 32 bytes in
//! a checkpoint are all that is needed to continue it. Wall time and diagnostics never enter.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::environment::TimeStep;
use crate::wire;

/// The chain's current link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceHash([u8; 32]);

impl TraceHash {
    /// The chain whose current link is `bytes`.
    pub fn from_bytes(bytes: [u8; 32]) -> TraceHash {
        TraceHash(bytes)
    }

    /// The current link.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Adds the record of one step, and gives its bytes; `scratch` is reused so that nothing is allocated.
    pub fn record<'a>(&mut self, scratch: &'a mut Vec<u8>, index: u64, step: &TimeStep, action: Option<&Action>) -> &'a [u8] {
        scratch.clear();
        scratch.extend(self.0);
        wire::encode_step(scratch, index, step, action);
        self.0 = *blake3::hash(scratch).as_bytes();
        &scratch[self.0.len()..]
    }
}

impl fmt::Display for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
