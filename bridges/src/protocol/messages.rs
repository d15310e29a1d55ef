//! What crosses between world and brain while the loop runs: one message each way a control step, and few others.
//!
//! Every message begins with a tag and the session that the handshake gave: what an earlier attachment left on its way is thereby
//! known, and dropped.

use embody_robots::{Action, ActionSpec, ObservationSpec, TimeStep, wire};

use super::Mark;
use super::handshake::{put_mark, read_mark};
use crate::reader::{Reader, WireError, put_text};

/// Why a world ends an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The scenario's time is over.
    Finished,
    /// The world was asked to stop, and can be resumed.
    Stopped,
    /// The world goes on without this brain.
    Detached,
    /// The world can't go on.
    Failed,
}

impl End {
    /// All of them, each at the place of its code.
    const ALL: [End; 4] = [End::Finished, End::Stopped, End::Detached, End::Failed];

    pub(super) fn code(self) -> u8 {
        End::ALL.iter().position(|end| *end == self).unwrap_or_default() as u8
    }

    pub(super) fn of_code(code: u8) -> Option<End> {
        End::ALL.get(usize::from(code)).copied()
    }
}

/// From world to brain.
#[derive(Clone, Debug, PartialEq)]
pub enum ToBrain {
    /// A time step to be answered with an action.
    Step {
        /// The attachment.
        session: u64,
        /// Counts the steps of this attachment, from 0; the answer repeats it.
        sequence: u64,
        /// If an episode begins here: the seed of the controller's episode.
        begins: Option<u64>,
        /// What happened.
        step: TimeStep,
    },
    /// The brain is to hold its state at this moment, and to answer that it does.
    Checkpoint {
        /// The attachment.
        session: u64,
        /// The moment.
        mark: Mark,
    },
    /// The attachment ends.
    End {
        /// The attachment.
        session: u64,
        /// How.
        end: End,
        /// In words.
        reason: String,
    },
}

/// From brain to world.
#[derive(Clone, Debug, PartialEq)]
pub enum ToWorld {
    /// The action that answers a step.
    Action {
        /// The attachment.
        session: u64,
        /// The step that it answers.
        sequence: u64,
        /// What the body is to do. After the last step of an episode it isn't applied.
        action: Action,
    },
    /// The answer to a checkpoint.
    Kept {
        /// The attachment.
        session: u64,
        /// The control step of the checkpoint.
        step: u64,
        /// Whether the brain holds it. One that doesn't can't be resumed.
        kept: bool,
        /// What of the brain people would look at: its maps as JSON, or nothing.
        maps: String,
    },
    /// The brain can't go on, and leaves.
    Failure {
        /// The attachment.
        session: u64,
        /// Why.
        reason: String,
    },
}

/// The attachment that a message belongs to, before the rest of it is read.
pub fn session_of(bytes: &[u8]) -> Result<u64, WireError> {
    let mut reader = Reader::new(bytes);
    reader.u8(&"tag")?;
    reader.u64(&"session")
}

/// Appends the bytes of [`ToBrain::Step`], without a copy of the time step.
pub fn encode_step(out: &mut Vec<u8>, session: u64, sequence: u64, begins: Option<u64>, step: &TimeStep) {
    out.push(0);
    out.extend(session.to_le_bytes());
    out.extend(sequence.to_le_bytes());
    out.push(u8::from(begins.is_some()));
    out.extend(begins.unwrap_or_default().to_le_bytes());
    wire::encode_time_step(out, step);
}

/// Appends the bytes of [`ToWorld::Action`], without a copy of the action.
pub fn encode_action(out: &mut Vec<u8>, session: u64, sequence: u64, action: &Action) {
    out.push(0);
    out.extend(session.to_le_bytes());
    out.extend(sequence.to_le_bytes());
    wire::encode_action(out, action);
}

impl ToBrain {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ToBrain::Step { session, sequence, begins, step } => encode_step(out, *session, *sequence, *begins, step),
            ToBrain::Checkpoint { session, mark } => {
                out.push(1);
                out.extend(session.to_le_bytes());
                put_mark(out, mark);
            }
            ToBrain::End { session, end, reason } => {
                out.push(2);
                out.extend(session.to_le_bytes());
                out.push(end.code());
                put_text(out, reason);
            }
        }
    }

    /// Reads one.
    pub fn decode(bytes: &[u8], observation: &ObservationSpec) -> Result<ToBrain, WireError> {
        let mut reader = Reader::new(bytes);
        let tag = reader.u8(&"tag")?;
        let session = reader.u64(&"session")?;
        let message = match tag {
            0 => {
                let sequence = reader.u64(&"sequence")?;
                let begins = reader.flag(&"begins")?;
                let seed = reader.u64(&"episode seed")?;
                ToBrain::Step { session, sequence, begins: begins.then_some(seed), step: reader.time_step(observation)? }
            }
            1 => ToBrain::Checkpoint { session, mark: read_mark(&mut reader, &"mark")? },
            2 => {
                let code = reader.u8(&"end")?;
                let end = End::of_code(code).ok_or_else(|| reader.error(1, &"end", "0 to 3", code))?;
                ToBrain::End { session, end, reason: reader.text(&"reason")? }
            }
            other => return Err(reader.error(9, &"tag", "0 to 2", other)),
        };
        reader.end()?;
        Ok(message)
    }
}

impl ToWorld {
    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ToWorld::Action { session, sequence, action } => encode_action(out, *session, *sequence, action),
            ToWorld::Kept { session, step, kept, maps } => {
                out.push(1);
                out.extend(session.to_le_bytes());
                out.extend(step.to_le_bytes());
                out.push(u8::from(*kept));
                put_text(out, maps);
            }
            ToWorld::Failure { session, reason } => {
                out.push(2);
                out.extend(session.to_le_bytes());
                put_text(out, reason);
            }
        }
    }

    /// Reads one.
    pub fn decode(bytes: &[u8], action: &ActionSpec) -> Result<ToWorld, WireError> {
        let mut reader = Reader::new(bytes);
        let tag = reader.u8(&"tag")?;
        let session = reader.u64(&"session")?;
        let message = match tag {
            0 => ToWorld::Action { session, sequence: reader.u64(&"sequence")?, action: reader.action(action)? },
            1 => {
                let step = reader.u64(&"step")?;
                ToWorld::Kept { session, step, kept: reader.flag(&"kept")?, maps: reader.text(&"maps")? }
            }
            2 => ToWorld::Failure { session, reason: reader.text(&"reason")? },
            other => return Err(reader.error(9, &"tag", "0 to 2", other)),
        };
        reader.end()?;
        Ok(message)
    }
}
