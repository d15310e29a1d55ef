//! The brain's side: which world it closes the loop of, and what it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use embody_controllers::telemetry::Telemetry;
use embody_robots::{Action, ActionSpec, ObservationSpec, TimeStep};
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::{Publisher, Subscriber};
use zenoh::qos::{CongestionControl, Priority};
use zenoh::{Session, Wait};

use super::error::LinkError;
use super::inbox::{Inbox, SLICE};
use super::network::Network;
use super::stream::Stream;
use super::unique;
use crate::protocol::handshake::{Attach, Description, Verdict};
use crate::protocol::messages::{End, ToBrain, ToWorld, encode_action, session_of};
use crate::protocol::{Keys, Mark, Mode, Role, telemetry};

/// How long the network has to say whether a world lives.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a world in real time may say nothing: it publishes in each of its periods.
const SILENCE: Duration = Duration::from_secs(3);

/// What serves a world: a controller with a memory of its checkpoints. Errors are words for people.
pub trait Brain {
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

/// What reaches the brain's loop.
enum News {
    Message(Vec<u8>),
    /// A world came or went.
    World,
}

/// The brain's side of a link.
pub struct BrainLink {
    session: Session,
    keys: Keys,
    place: String,
    wait: Duration,
    id: String,
    world: Option<String>,
    inbox: Arc<Inbox<News>>,
    /// Lossless, for lockstep, and for real time one that never waits.
    actions: [Publisher<'static>; 2],
    mode: Mode,
    telemetry: Stream,
    skipped: u64,
    /// The episode that began with a step that was skipped.
    begun: Option<u64>,
    _token: LivelinessToken,
    _subscribers: [Subscriber<()>; 2],
}

impl BrainLink {
    /// Joins the network as a brain: connects to where a world should be, until the wait is over.
    pub fn open(network: &Network, stop: &AtomicBool) -> Result<BrainLink, LinkError> {
        let keys = network.keys()?;
        let session = network.open(Role::Brain, stop)?;
        let fail = |error: zenoh::Error| LinkError::network("the network", error);
        let id = format!("{:016x}", unique());
        let inbox = Inbox::new();
        let token = session.liveliness().declare_token(keys.alive(Role::Brain, &id)).wait().map_err(fail)?;
        let steps = inbox.subscribe(&session, keys.step(), News::Message).map_err(fail)?;
        let worlds = {
            let inbox = inbox.clone();
            let take = move |_| {
                // Where the queue is full, the wait for a step has its limit.
                let _ = inbox.push(News::World);
            };
            session.liveliness().declare_subscriber(keys.alive(Role::World, "*")).callback(take).wait().map_err(fail)?
        };
        let publisher = |congestion| {
            let publisher = session.declare_publisher(keys.action()).congestion_control(congestion).express(true);
            publisher.priority(Priority::RealTime).wait().map_err(fail)
        };
        let actions = [publisher(CongestionControl::Block)?, publisher(CongestionControl::Drop)?];
        let telemetry = Stream::open(&session, keys.telemetry()).map_err(fail)?;
        Ok(BrainLink {
            place: network.place(Role::Brain),
            wait: network.wait,
            world: None,
            skipped: 0,
            begun: None,
            mode: Mode::Lockstep,
            _token: token,
            _subscribers: [steps, worlds],
            session,
            keys,
            id,
            inbox,
            actions,
            telemetry,
        })
    }

    /// What the world says of itself; waits until there is one.
    pub fn describe(&self, stop: &AtomicBool) -> Result<Description, LinkError> {
        let answers = self.ask(&self.keys.world(), None, stop)?;
        let whom = || format!("the world {}", self.place);
        Description::decode(&answers).map_err(|error| LinkError::Garbled { whom: whom(), error })
    }

    /// Asks the world for its body. `attach`'s identity is filled in. Gives the session, and the checkpoint to go on from.
    pub fn attach(&mut self, world: &Description, mut attach: Attach, stop: &AtomicBool) -> Result<(u64, Mark), LinkError> {
        attach.id.clone_from(&self.id);
        let mut payload = Vec::new();
        attach.encode(&mut payload);
        let answer = self.ask(&self.keys.attach(), Some(payload), stop)?;
        let verdict = Verdict::decode(&answer);
        match verdict.map_err(|error| LinkError::Garbled { whom: format!("the world {}", self.place), error })? {
            Verdict::Welcome { session, from } => {
                self.world = Some(world.id.clone());
                Ok((session, from))
            }
            Verdict::Refusal { reason } => {
                Err(LinkError::Refused(format!("the world {} refuses this brain: {reason}", self.place)))
            }
        }
    }

    /// One question to the world, asked again until somebody answers.
    fn ask(&self, key: &str, payload: Option<Vec<u8>>, stop: &AtomicBool) -> Result<Vec<u8>, LinkError> {
        let whom = format!("a world {} (prefix {:?})", self.place, self.keys.prefix());
        let start = Instant::now();
        loop {
            let left = self.wait.saturating_sub(start.elapsed()).max(SLICE);
            let query = self.session.get(key).timeout(left);
            let query = if let Some(payload) = &payload { query.payload(payload.as_slice()) } else { query };
            let replies = query.wait().map_err(|error| LinkError::network("a question to the world", error))?;
            let mut answers = Vec::new();
            loop {
                match replies.recv_timeout(SLICE) {
                    Ok(Some(reply)) => answers.extend(reply.result().ok().map(|sample| sample.payload().to_bytes().into_owned())),
                    Ok(None) if stop.load(Ordering::Relaxed) => return Err(LinkError::Stopped(whom)),
                    Ok(None) if !self.is_connected() => return Err(self.world_gone("the connection is lost")),
                    Ok(None) => (),
                    Err(_) => break,
                }
            }
            match (answers.pop(), answers.is_empty()) {
                (Some(answer), true) => return Ok(answer),
                (Some(_), false) => {
                    let prefix = self.keys.prefix();
                    return Err(LinkError::Refused(format!(
                        "more than one world answers under the prefix {prefix:?}; give each its own with --prefix"
                    )));
                }
                (None, _) => (),
            }
            if stop.load(Ordering::Relaxed) {
                return Err(LinkError::Stopped(whom));
            }
            // A question without a connection ends at once, and would be asked in vain until the wait is over.
            if !self.is_connected() {
                return Err(self.world_gone("the connection is lost"));
            }
            if start.elapsed() >= self.wait {
                return Err(LinkError::Timeout { whom, waited: self.wait });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Answers the world's steps until either side ends it. In real time only the newest step is answered.
    pub fn serve(
        &mut self,
        brain: &mut dyn Brain,
        session: u64,
        mode: Mode,
        (observation, action): (&ObservationSpec, &ActionSpec),
        stop: &AtomicBool,
    ) -> Result<Served, LinkError> {
        self.mode = mode;
        let mut act = Action::from_spec(action);
        let mut out = Vec::new();
        let mut heard = Instant::now();
        // What the next step must be called, and the answer to the last one.
        let (mut expected, mut answer) = (0, Vec::new());
        loop {
            if stop.load(Ordering::Relaxed) {
                self.send(&mut out, &ToWorld::Failure { session, reason: "it was asked to stop".into() })?;
                return Ok(Served::Stopped);
            }
            let Some(message) = self.next(session, observation)? else {
                if !self.is_connected() {
                    return Err(self.world_gone("the connection is lost"));
                }
                if mode == Mode::RealTime && heard.elapsed() > SILENCE {
                    return Err(self.world_gone("it has fallen silent"));
                }
                // A world that lives but is busy is waited for.
                if heard.elapsed() > self.wait {
                    self.check_world()?;
                    heard = Instant::now();
                }
                continue;
            };
            heard = Instant::now();
            match self.newest(message, session, mode, observation)? {
                ToBrain::Step { sequence, .. } if mode == Mode::Lockstep && sequence + 1 == expected => self.put(&answer)?,
                ToBrain::Step { sequence, .. } if mode == Mode::Lockstep && sequence != expected => {
                    let reason = format!("expected step {expected} of this attachment, found {sequence}");
                    self.send(&mut out, &ToWorld::Failure { session, reason: reason.clone() })?;
                    return Err(LinkError::Gone(reason));
                }
                ToBrain::Step { sequence, begins, step, .. } => {
                    expected = sequence.saturating_add(1);
                    brain.watch(self.telemetry.is_watched());
                    let begun = begins.map_or(Ok(()), |seed| brain.begin_episode(seed));
                    if let Err(reason) = begun.and_then(|()| brain.act(&step, &mut act)) {
                        self.send(&mut out, &ToWorld::Failure { session, reason: reason.clone() })?;
                        return Err(LinkError::Gone(format!("this brain can't go on: {reason}")));
                    }
                    answer.clear();
                    encode_action(&mut answer, session, sequence, &act);
                    self.put(&answer)?;
                    self.show(step.time, brain);
                }
                ToBrain::Checkpoint { mark, .. } => match brain.keep(&mark) {
                    Ok(maps) => self.send(&mut out, &ToWorld::Kept { session, step: mark.step, kept: true, maps })?,
                    Err(reason) => {
                        self.send(&mut out, &ToWorld::Failure { session, reason: reason.clone() })?;
                        return Err(LinkError::Gone(format!("this brain can't keep its state: {reason}")));
                    }
                },
                ToBrain::End { end, reason, .. } => return Ok(Served::Ended { end, reason }),
            }
        }
    }

    /// The next message of this session, if one comes within a moment.
    fn next(&mut self, session: u64, observation: &ObservationSpec) -> Result<Option<ToBrain>, LinkError> {
        match self.inbox.pop(Instant::now() + SLICE) {
            Some(News::Message(bytes)) => {
                let garbled = |error| LinkError::Garbled { whom: "the world".into(), error };
                // What is of another attachment, or of nobody, is dropped.
                if session_of(&bytes) != Ok(session) {
                    return Ok(None);
                }
                ToBrain::decode(&bytes, observation).map(Some).map_err(garbled)
            }
            // A client hears of its world's end from a router that is still there, or when it is back on the network of another world.
            Some(News::World) if self.mode == Mode::Lockstep => self.check_world().map(|()| None),
            // In real time its silence tells as much, without a question.
            Some(News::World) | None => Ok(None),
        }
    }

    fn world_gone(&self, why: &str) -> LinkError {
        LinkError::Gone(format!("the world {} is gone ({why})", self.place))
    }

    /// Asks whether this brain's world lives.
    fn check_world(&self) -> Result<(), LinkError> {
        let token = self.keys.alive(Role::World, self.world.as_deref().unwrap_or_default());
        let found = self.session.liveliness().get(token).timeout(PATIENCE).wait();
        match found.map(|replies| replies.recv()) {
            Ok(Ok(reply)) if reply.result().is_ok() => Ok(()),
            _ => Err(self.world_gone("its liveliness is lost")),
        }
    }

    /// Whether anybody is at the other end.
    fn is_connected(&self) -> bool {
        let info = self.session.info();
        info.routers_zid().wait().next().is_some() || info.peers_zid().wait().next().is_some()
    }

    /// In real time the newest of the steps that wait, with what the others began; else the message itself.
    fn newest(
        &mut self,
        mut message: ToBrain,
        session: u64,
        mode: Mode,
        observation: &ObservationSpec,
    ) -> Result<ToBrain, LinkError> {
        if mode == Mode::Lockstep {
            return Ok(message);
        }
        while let ToBrain::Step { begins, .. } = &message {
            self.begun = begins.or(self.begun);
            let bytes = match self.inbox.pop_now() {
                Some(News::Message(bytes)) if session_of(&bytes) == Ok(session) => bytes,
                Some(_) => continue,
                None => break,
            };
            let garbled = |error| LinkError::Garbled { whom: "the world".into(), error };
            message = ToBrain::decode(&bytes, observation).map_err(garbled)?;
            self.skipped += 1;
        }
        if let ToBrain::Step { begins, .. } = &mut message {
            *begins = self.begun.take();
        }
        Ok(message)
    }

    fn send(&self, out: &mut Vec<u8>, message: &ToWorld) -> Result<(), LinkError> {
        out.clear();
        message.encode(out);
        self.put(out)
    }

    fn put(&self, bytes: &[u8]) -> Result<(), LinkError> {
        self.actions[usize::from(self.mode == Mode::RealTime)]
            .put(bytes)
            .wait()
            .map_err(|error| LinkError::network("a message to the world", error))
    }

    /// Shows telemetry to those who look on, if there are any and the last time is a while ago.
    fn show(&mut self, time: embody_robots::Nanos, brain: &dyn Brain) {
        let (skipped, dropped) = (self.skipped, self.inbox.dropped());
        self.telemetry.show(|| {
            let mut seen = brain.telemetry()?;
            seen.counters.extend([("skipped_steps".into(), skipped as f64), ("dropped_messages".into(), dropped as f64)]);
            let mut out = Vec::new();
            telemetry::encode(&mut out, time, &seen);
            Some(out)
        });
    }

    /// Steps that were not answered because a newer one was there.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Leaves the network; what was sent is on its way.
    pub fn close(&mut self) {
        // Nothing is left to be done about a network that can't even be left.
        let _ = self.session.close().wait();
    }
}
