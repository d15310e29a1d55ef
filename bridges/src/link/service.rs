//! What a brain does with the messages of a world that has taken it.
//!
//! In lockstep a brain that is quick answers in the network's own thread, which has the message already: to wake another thread first
//! would cost as much as all that the protocol adds. One that takes its time answers in its own, so that the network's is free to say
//! that it lives, and so are messages that come while others wait: none overtakes another.
//!
//! A message that is heard again has its answer repeated, and does nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use embody_controllers::telemetry::Telemetry;
use embody_robots::{Action, ActionSpec, Nanos, ObservationSpec, TimeStep};
use zenoh::Wait;
use zenoh::pubsub::Publisher;

use super::error::LinkError;
use super::lock;
use super::stream::Stream;
use crate::protocol::messages::{End, ToBrain, ToWorld, encode_action, session_of};
use crate::protocol::{Mark, Mode, telemetry};

/// The longest that a step may have taken for the next one to be answered in the network's thread.
const QUICK: Duration = Duration::from_millis(20);

/// What serves a world: a controller with a memory of its checkpoints. Errors are words for people.
pub trait Brain: Send {
    /// An episode begins.
    fn begin_episode(&mut self, seed: u64) -> Result<(), String>;

    /// The action that follows this time step.
    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), String>;

    /// Keeps the state at `mark`, so that it can be restored by another process too. Gives the maps of what was learned as JSON.
    fn keep(&mut self, mark: &Mark) -> Result<String, String>;

    /// Whether somebody looks on; of no interest to a brain that shows nothing.
    fn watch(&mut self, _watched: bool) {}

    /// What went on in the last control period, if it is watched; nothing unless a brain has something to show.
    fn telemetry(&self) -> Option<Telemetry> {
        None
    }
}

/// How a brain's service ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Served {
    /// The world ended it.
    Ended {
        /// How.
        end: End,
        /// In words.
        reason: String,
    },
    /// This side was asked to stop.
    Stopped,
}

/// A brain at work, as the threads that may answer share it.
pub(super) struct Service {
    /// Lossless, for lockstep, and for real time one that never waits.
    actions: [Publisher<'static>; 2],
    telemetry: Stream,
    duty: Option<Duty>,
    skipped: u64,
    /// How it ended, where the network's thread came to the end.
    done: Option<Result<Served, LinkError>>,
}

/// What one attachment asks of it.
struct Duty {
    session: u64,
    mode: Mode,
    observation: ObservationSpec,
    brain: Arc<Mutex<dyn Brain>>,
    act: Action,
    /// What the next step must be called.
    expected: u64,
    /// The last checkpoint that was asked for.
    kept: Option<Mark>,
    /// What was asked last, and the answer to it.
    asked: Asked,
    answer: Vec<u8>,
    /// The episode that began with a step that was skipped.
    begun: Option<u64>,
    /// Simulated time of the last step.
    time: Nanos,
    heard: u64,
    quick: bool,
}

/// What a world waits for an answer to.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    Nothing,
    Step(u64),
    Checkpoint(Mark),
}

impl Service {
    pub(super) fn new(actions: [Publisher<'static>; 2], telemetry: Stream) -> Service {
        Service { actions, telemetry, duty: None, skipped: 0, done: None }
    }

    /// From now on it serves `session`.
    pub(super) fn begin(
        &mut self,
        session: u64,
        mode: Mode,
        (observation, action): (&ObservationSpec, &ActionSpec),
        brain: Arc<Mutex<dyn Brain>>,
    ) {
        self.duty = Some(Duty {
            session,
            mode,
            observation: observation.clone(),
            brain,
            act: Action::from_spec(action),
            expected: 0,
            kept: None,
            asked: Asked::Nothing,
            answer: Vec::new(),
            begun: None,
            time: Nanos::ZERO,
            heard: 0,
            quick: false,
        });
    }

    /// From now on it serves nobody.
    pub(super) fn end(&mut self) {
        self.duty = None;
    }

    /// How it ended, if it has in the network's thread.
    pub(super) fn take_done(&mut self) -> Option<Result<Served, LinkError>> {
        self.done.take()
    }

    /// Whether it has come to its end, and [`take_done`](Service::take_done) says how.
    pub(super) fn is_done(&self) -> bool {
        self.done.is_some()
    }

    /// Messages of this attachment so far.
    pub(super) fn heard(&self) -> u64 {
        self.duty.as_ref().map_or(0, |duty| duty.heard)
    }

    /// Steps that were not answered because a newer one was there.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Answers a step at once, in the thread that heard it, if this brain is quick; whether it did. If that was the end,
    /// [`take_done`](Service::take_done) has it.
    pub(super) fn answer_at_once(&mut self, bytes: &[u8], dropped: u64) -> bool {
        let Some(duty) = self.duty.as_ref().filter(|duty| duty.quick && duty.mode == Mode::Lockstep) else { return false };
        if self.is_done() || session_of(bytes) != Ok(duty.session) {
            return false;
        }
        match ToBrain::decode(bytes, &duty.observation) {
            Ok(message @ ToBrain::Step { begins: None, sequence, .. }) if sequence == duty.expected => {
                self.done = self.handle(message, dropped).transpose();
                true
            }
            _ => false,
        }
    }

    /// Does what a message asks, if it is one of this attachment: others are dropped. In real time it is the newest of this and `more`
    /// that counts. Gives how the service ended, if it did.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        more: &mut dyn FnMut() -> Option<Vec<u8>>,
        dropped: u64,
    ) -> Result<Option<Served>, LinkError> {
        let Some(duty) = &mut self.duty else { return Ok(None) };
        if session_of(bytes) != Ok(duty.session) {
            return Ok(None);
        }
        let decode = |bytes: &[u8], spec: &ObservationSpec| {
            ToBrain::decode(bytes, spec).map_err(|error| LinkError::Garbled { whom: "the world".into(), error })
        };
        let mut message = decode(bytes, &duty.observation)?;
        if duty.mode == Mode::RealTime {
            while let ToBrain::Step { begins, .. } = &message {
                duty.begun = begins.or(duty.begun);
                let Some(bytes) = more() else { break };
                if session_of(&bytes) == Ok(duty.session) {
                    message = decode(&bytes, &duty.observation)?;
                    self.skipped += 1;
                }
            }
            if let ToBrain::Step { begins, .. } = &mut message {
                *begins = duty.begun.take();
            }
        }
        self.handle(message, dropped)
    }

    fn handle(&mut self, message: ToBrain, dropped: u64) -> Result<Option<Served>, LinkError> {
        let Some(duty) = &mut self.duty else { return Ok(None) };
        duty.heard += 1;
        let asked = match &message {
            ToBrain::End { end, reason, .. } => return Ok(Some(Served::Ended { end: *end, reason: reason.clone() })),
            ToBrain::Step { sequence, .. } => Asked::Step(*sequence),
            ToBrain::Checkpoint { mark, .. } => Asked::Checkpoint(*mark),
        };
        if asked == duty.asked {
            return put(&self.actions, duty.mode, &duty.answer).map(|()| None);
        }
        match asked {
            // Asked again long after the answer: the state isn't that one any more.
            Asked::Step(sequence) if sequence < duty.expected => return Ok(None),
            Asked::Checkpoint(mark) if duty.kept.is_some_and(|kept| mark.step <= kept.step) => return Ok(None),
            Asked::Step(sequence) if duty.mode == Mode::Lockstep && sequence > duty.expected => {
                let reason = format!("expected step {} of this attachment, found {sequence}", duty.expected);
                return Err(self.give_up(reason));
            }
            _ => (),
        }
        let begun = Instant::now();
        if let Err(reason) = duty.answer(message, self.telemetry.is_watched()) {
            return Err(self.give_up(reason));
        }
        duty.asked = asked;
        put(&self.actions, duty.mode, &duty.answer)?;
        if let Asked::Step(_) = asked {
            duty.quick = begun.elapsed() < QUICK;
            self.show(dropped);
        }
        Ok(None)
    }

    /// Tells the world that it goes on without this brain; gives the error that says why.
    pub(super) fn give_up(&self, reason: String) -> LinkError {
        let Some(duty) = &self.duty else { return LinkError::Brain(reason) };
        let mut out = Vec::new();
        ToWorld::Failure { session: duty.session, reason: reason.clone() }.encode(&mut out);
        put(&self.actions, duty.mode, &out).err().unwrap_or(LinkError::Brain(reason))
    }

    /// Shows telemetry to those who look on.
    fn show(&mut self, dropped: u64) {
        let (Some(duty), skipped) = (&self.duty, self.skipped) else { return };
        self.telemetry.show(|| {
            // A brain that can't show itself is none the worse for the loop.
            let mut seen = catch_unwind(AssertUnwindSafe(|| lock(&duty.brain).telemetry())).ok()??;
            seen.counters.extend([("skipped_steps".into(), skipped as f64), ("dropped_messages".into(), dropped as f64)]);
            let mut out = Vec::new();
            telemetry::encode(&mut out, duty.time, &seen);
            Some(out)
        });
    }
}

impl Duty {
    /// Does what is asked for the first time, and has the answer ready. A brain that panics gives up like one that says that it can't go on.
    fn answer(&mut self, message: ToBrain, watched: bool) -> Result<(), String> {
        let brain = self.brain.clone();
        let work = AssertUnwindSafe(|| {
            let mut brain = lock(&brain);
            match message {
                ToBrain::Step { sequence, begins, step, .. } => {
                    brain.watch(watched);
                    begins.map_or(Ok(()), |seed| brain.begin_episode(seed))?;
                    brain.act(&step, &mut self.act)?;
                    (self.expected, self.time) = (sequence.saturating_add(1), step.time);
                    self.answer.clear();
                    encode_action(&mut self.answer, self.session, sequence, &self.act);
                }
                ToBrain::Checkpoint { mark, .. } => {
                    let maps = brain.keep(&mark)?;
                    self.kept = Some(mark);
                    self.answer.clear();
                    ToWorld::Kept { session: self.session, step: mark.step, kept: true, maps }.encode(&mut self.answer);
                }
                ToBrain::End { .. } => (),
            }
            Ok(())
        });
        catch_unwind(work).unwrap_or_else(|_| Err("it panicked; its message is above".into()))
    }
}

fn put(actions: &[Publisher<'static>; 2], mode: Mode, bytes: &[u8]) -> Result<(), LinkError> {
    let sent = actions[usize::from(mode == Mode::RealTime)].put(bytes).wait();
    sent.map_err(|error| LinkError::network("a message to the world", error))
}
