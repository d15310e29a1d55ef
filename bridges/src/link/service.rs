//! What a brain does with the messages of a world that has taken it.
//!
//! In lockstep a brain that is quick answers in the network's own thread, which has the message already: to wake another thread first
//! would cost as much as all that the protocol adds. One that takes its time answers in its own, so that the network's is free to say
//! that it lives.

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

    /// Whether somebody looks on.
    fn watch(&mut self, watched: bool);

    /// What went on in the last control period, if it is watched.
    fn telemetry(&self) -> Option<Telemetry>;
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
    /// What the next step must be called, and the answer to the last one.
    expected: u64,
    answer: Vec<u8>,
    /// The episode that began with a step that was skipped.
    begun: Option<u64>,
    heard: Instant,
    quick: bool,
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
            answer: Vec::new(),
            begun: None,
            heard: Instant::now(),
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

    /// Time since the last message of the session.
    pub(super) fn silence(&self) -> Duration {
        self.duty.as_ref().map_or(Duration::ZERO, |duty| duty.heard.elapsed())
    }

    /// Waits as long again before its silence is too long.
    pub(super) fn bear(&mut self) {
        self.duty.iter_mut().for_each(|duty| duty.heard = Instant::now());
    }

    /// Steps that were not answered because a newer one was there.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Answers a step at once, in the thread that heard it, if this brain is quick; whether it did. If that was the end,
    /// [`take_done`](Service::take_done) has it.
    pub(super) fn answer_at_once(&mut self, bytes: &[u8], dropped: u64) -> bool {
        let Some(duty) = &self.duty else { return false };
        if !duty.quick || duty.mode != Mode::Lockstep || session_of(bytes) != Ok(duty.session) {
            return false;
        }
        let Ok(message @ ToBrain::Step { .. }) = ToBrain::decode(bytes, &duty.observation) else { return false };
        self.done = self.handle(message, dropped).transpose();
        true
    }

    /// Whether it has come to its end, and [`take_done`](Service::take_done) says how.
    pub(super) fn is_done(&self) -> bool {
        self.done.is_some()
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
        duty.heard = Instant::now();
        let lockstep = duty.mode == Mode::Lockstep;
        match message {
            ToBrain::Step { sequence, .. } if lockstep && sequence + 1 == duty.expected => {
                put(&self.actions, duty.mode, &duty.answer)?;
            }
            ToBrain::Step { sequence, .. } if lockstep && sequence != duty.expected => {
                let reason = format!("expected step {} of this attachment, found {sequence}", duty.expected);
                self.give_up(&reason)?;
                return Err(LinkError::Gone(reason));
            }
            ToBrain::Step { sequence, begins, step, .. } => {
                duty.expected = sequence.saturating_add(1);
                let brain = duty.brain.clone();
                let mut brain = lock(&brain);
                brain.watch(self.telemetry.is_watched());
                let begun = begins.map_or(Ok(()), |seed| brain.begin_episode(seed));
                if let Err(reason) = begun.and_then(|()| brain.act(&step, &mut duty.act)) {
                    self.give_up(&reason)?;
                    return Err(LinkError::Gone(format!("this brain can't go on: {reason}")));
                }
                duty.answer.clear();
                encode_action(&mut duty.answer, duty.session, sequence, &duty.act);
                put(&self.actions, duty.mode, &duty.answer)?;
                duty.quick = duty.heard.elapsed() < QUICK;
                self.show(step.time, &*brain, dropped);
            }
            ToBrain::Checkpoint { mark, .. } => {
                let kept = lock(&duty.brain).keep(&mark);
                match kept {
                    Ok(maps) => {
                        let kept = ToWorld::Kept { session: duty.session, step: mark.step, kept: true, maps };
                        self.send(&kept)?;
                    }
                    Err(reason) => {
                        self.give_up(&reason)?;
                        return Err(LinkError::Gone(format!("this brain can't keep its state: {reason}")));
                    }
                }
            }
            ToBrain::End { end, reason, .. } => return Ok(Some(Served::Ended { end, reason })),
        }
        Ok(None)
    }

    /// Tells the world that it goes on without this brain.
    pub(super) fn give_up(&self, reason: &str) -> Result<(), LinkError> {
        let Some(duty) = &self.duty else { return Ok(()) };
        self.send(&ToWorld::Failure { session: duty.session, reason: reason.into() })
    }

    fn send(&self, message: &ToWorld) -> Result<(), LinkError> {
        let Some(duty) = &self.duty else { return Ok(()) };
        let mut out = Vec::new();
        message.encode(&mut out);
        put(&self.actions, duty.mode, &out)
    }

    /// Shows telemetry to those who look on.
    fn show(&mut self, time: Nanos, brain: &dyn Brain, dropped: u64) {
        let skipped = self.skipped;
        self.telemetry.show(|| {
            let mut seen = brain.telemetry()?;
            seen.counters.extend([("skipped_steps".into(), skipped as f64), ("dropped_messages".into(), dropped as f64)]);
            let mut out = Vec::new();
            telemetry::encode(&mut out, time, &seen);
            Some(out)
        });
    }
}

fn put(actions: &[Publisher<'static>; 2], mode: Mode, bytes: &[u8]) -> Result<(), LinkError> {
    let sent = actions[usize::from(mode == Mode::RealTime)].put(bytes).wait();
    sent.map_err(|error| LinkError::network("a message to the world", error))
}
