//! The world's side: who it is, which brain has its body, and what they say to each other.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use embody_robots::{ActionSpec, TimeStep};
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::{Publisher, Subscriber};
use zenoh::qos::{CongestionControl, Priority};
use zenoh::query::{Query, Queryable};
use zenoh::sample::{Sample, SampleKind};
use zenoh::{Session, Wait};

use super::error::LinkError;
use super::inbox::{Inbox, SLICE};
use super::network::Network;
use super::real_time::{RealTime, RealTimeReport};
use super::reply::reply;
use super::stream::Stream;
use super::{id_of, is_connected, lock, unique};
use crate::protocol::handshake::{Attach, Description, Verdict};
use crate::protocol::messages::{End, ToBrain, ToWorld, encode_step, session_of};
use crate::protocol::scene::Scene;
use crate::protocol::{Keys, Mark, Mode, Role};
use crate::reader::WireError;

/// Brains that wait for an answer, at most.
const WAITING: usize = 8;

/// How long a brain may be silent before the last message is sent again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long a world that was asked to stop waits for an answer.
const PARTING: Duration = Duration::from_secs(2);

/// How long a brain has to hear of the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// A brain that has the body.
#[derive(Clone, Debug)]
struct Seat {
    id: String,
    name: String,
    session: u64,
    sequence: u64,
}

/// What came of a handshake.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// What the brain calls itself.
    pub name: String,
    /// Whether it is built for this very scenario.
    pub same_scenario: bool,
    /// The checkpoint that both go on from.
    pub from: Mark,
}

/// What reaches the world's loop.
enum News {
    Message(Vec<u8>),
    Attach(Box<(Query, Attach)>),
    Gone(String),
}

/// What the loop hears of its brain.
#[derive(Debug)]
pub(super) enum Heard {
    Message(ToWorld),
    /// A message of the brain's session that can't be read.
    Garbled(WireError),
    /// A message that can't be read so far as to know whose it is.
    Stray(WireError),
    /// The brain's liveliness is lost.
    Gone,
    /// Another brain wants to attach.
    Visitor,
    /// Nothing until the time was over.
    Nothing,
}

/// The world's side of a link.
pub struct WorldLink {
    session: Session,
    keys: Keys,
    place: String,
    wait: Duration,
    /// Whether it only connects to where others meet.
    connects: bool,
    action: ActionSpec,
    description: Arc<Mutex<Description>>,
    inbox: Arc<Inbox<News>>,
    visitors: VecDeque<(Query, Attach)>,
    seat: Option<Seat>,
    /// The brain that was last told of its end.
    told: Option<String>,
    pub(super) real_time: Option<RealTime>,
    steps: Publisher<'static>,
    truth: Stream,
    /// Whether another world of the same prefix was there first.
    rival: Arc<AtomicBool>,
    /// Set when the program is asked to stop.
    stop: Arc<AtomicBool>,
    notes: Vec<String>,
    out: Vec<u8>,
    _token: LivelinessToken,
    _queryables: [Queryable<()>; 2],
    _subscribers: [Subscriber<()>; 3],
}

impl WorldLink {
    /// Joins the network as a world, whose identity is filled in; one that keeps the pace of wall time if `real_time` is given.
    pub fn open(
        network: &Network,
        mut description: Description,
        action: &ActionSpec,
        real_time: Option<RealTime>,
        stop: &Arc<AtomicBool>,
    ) -> Result<WorldLink, LinkError> {
        let keys = network.keys()?;
        let session = network.open(Role::World, stop)?;
        let fail = |error: zenoh::Error| LinkError::network("the network", error);
        #[expect(clippy::disallowed_methods, reason = "an identity by age, which no run depends on")]
        let born = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        let id = format!("{born:016x}-{:016x}", unique());
        let rival = Arc::new(AtomicBool::new(false));
        let worlds = watch_for_rivals(&session, &keys, &id, rival.clone()).map_err(fail)?;
        description.id.clone_from(&id);
        let description = Arc::new(Mutex::new(description));
        let inbox = Inbox::new();
        let token = session.liveliness().declare_token(keys.alive(Role::World, &id)).wait().map_err(fail)?;
        let describe = {
            let description = description.clone();
            let answer = move |query: Query| {
                let mut out = Vec::new();
                lock(&description).encode(&mut out);
                reply(query, out);
            };
            session.declare_queryable(keys.world()).callback(answer).wait().map_err(fail)?
        };
        let attach = {
            let inbox = inbox.clone();
            let answer = move |query: Query| match Attach::decode(&bytes_of(query.payload())) {
                Ok(attach) => {
                    if let Err(News::Attach(visitor)) = inbox.push(News::Attach(Box::new((query, attach)))) {
                        refuse(visitor.0, &"the world is flooded with messages");
                    }
                }
                Err(error) => refuse(query, &error),
            };
            session.declare_queryable(keys.attach()).complete(true).callback(answer).wait().map_err(fail)?
        };
        let actions = {
            let inbox = inbox.clone();
            let take = move |sample: Sample| inbox.add(News::Message(sample.payload().to_bytes().into_owned()));
            session.declare_subscriber(keys.action()).callback(take).wait().map_err(fail)?
        };
        let brains = watch_for_leavers(&session, &keys, inbox.clone()).map_err(fail)?;
        let congestion = if real_time.is_some() { CongestionControl::Drop } else { CongestionControl::Block };
        let steps = session.declare_publisher(keys.step()).congestion_control(congestion).express(true);
        let steps = steps.priority(Priority::RealTime).wait().map_err(fail)?;
        let truth = Stream::open(&session, keys.truth()).map_err(fail)?;
        Ok(WorldLink {
            place: network.place(Role::World),
            wait: network.wait,
            connects: !network.routes(Role::World),
            action: action.clone(),
            seat: None,
            told: None,
            real_time,
            visitors: VecDeque::new(),
            notes: Vec::new(),
            out: Vec::new(),
            _token: token,
            _queryables: [describe, attach],
            _subscribers: [actions, brains, worlds],
            session,
            keys,
            description,
            inbox,
            steps,
            truth,
            rival,
            stop: stop.clone(),
        })
    }

    /// Waits for a brain, and agrees with it on the newest checkpoint that both hold; `held` are the world's own, newest last.
    ///
    /// Who holds later checkpoints than the start isn't sent back there by one who holds none: it would lose all that it has.
    /// `attend` is given what people should know meanwhile, and may say why the wait is in vain.
    pub fn join(
        &mut self,
        held: &[Mark],
        stop: &AtomicBool,
        attend: &mut dyn FnMut(Vec<String>) -> Option<String>,
    ) -> Result<Joined, LinkError> {
        let whom = format!("a brain {} (prefix {:?})", self.place, self.keys.prefix());
        let start = Instant::now();
        loop {
            while let Some((query, attach)) = self.visitors.pop_front() {
                match self.agree(&attach, held) {
                    Ok(from) => return Ok(self.welcome(query, attach, from)),
                    Err(reason) => {
                        self.notes.push(format!("refused {:?}: {reason}", attach.name));
                        refuse(query, &reason);
                    }
                }
            }
            if stop.load(Ordering::Relaxed) {
                return Err(LinkError::Stopped(whom));
            }
            if self.rival.load(Ordering::Relaxed) {
                return Err(LinkError::Refused(format!(
                    "another world is in reach under the prefix {:?}; give this one another with --prefix",
                    self.keys.prefix()
                )));
            }
            if let Some(why) = attend(std::mem::take(&mut self.notes)) {
                return Err(LinkError::Gone(why));
            }
            let left = self.wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(LinkError::Timeout { whom, waited: self.wait });
            }
            // Whatever is heard of an earlier brain is of no interest any more.
            self.hear(Instant::now() + left.min(SLICE));
        }
    }

    /// The brain that waits to attach, if there is one, has the body from now on. Nothing is rolled back: in real time nothing can be.
    pub(super) fn admit(&mut self) -> Option<Joined> {
        while let Some((query, attach)) = self.visitors.pop_front() {
            let unfit = self.seat.as_ref().map(taken).or_else(|| attach.refuse(&lock(&self.description)));
            let Some(reason) = unfit else {
                let from = newest(&attach.held);
                return Some(self.welcome(query, attach, from));
            };
            self.notes.push(format!("refused {:?}: {reason}", attach.name));
            refuse(query, &reason);
        }
        None
    }

    /// The newest checkpoint that both sides hold, or why this brain can't have the body.
    fn agree(&self, attach: &Attach, held: &[Mark]) -> Result<Mark, String> {
        let description = lock(&self.description);
        if let Some(reason) = attach.refuse(&description) {
            return Err(reason);
        }
        if description.mode == Mode::RealTime {
            return Ok(newest(&attach.held));
        }
        let common = held.iter().rev().find(|mark| attach.held.contains(mark)).copied();
        let later = |marks: &[Mark]| marks.iter().any(|mark| !mark.is_start());
        let steps = |marks: &[Mark]| {
            let steps: Vec<String> = marks.iter().map(|mark| mark.step.to_string()).collect();
            if steps.is_empty() { "none but the start".into() } else { format!("control steps {}", steps.join(", ")) }
        };
        // The start is common to all, but not for the asking: who has come further would lose what it has.
        if common.is_none() && (later(held) || later(&attach.held)) {
            return Err(format!(
                "no common checkpoint: the world holds {}, the brain {}; resume both sides of one run (--resume DIR), or start both anew",
                steps(held),
                steps(&attach.held)
            ));
        }
        Ok(common.unwrap_or_default())
    }

    fn welcome(&mut self, query: Query, attach: Attach, from: Mark) -> Joined {
        let session = unique();
        let mut out = Vec::new();
        Verdict::Welcome { session, from }.encode(&mut out);
        reply(query, out);
        lock(&self.description).brain.clone_from(&attach.name);
        self.told = None;
        if let Some(real_time) = &mut self.real_time {
            real_time.attached();
        }
        self.seat = Some(Seat { id: attach.id, name: attach.name.clone(), session, sequence: 0 });
        Joined { name: attach.name, same_scenario: attach.scenario_hash.is_some(), from }
    }

    /// Whether a brain has the body.
    pub(super) fn is_attached(&self) -> bool {
        self.seat.is_some()
    }

    /// What the brain is called that has the body.
    pub(super) fn brain(&self) -> String {
        self.seat.as_ref().map_or("no brain".into(), |seat| format!("brain {:?}", seat.name))
    }

    /// Publishes a time step to the brain; gives the number that its answer must repeat.
    pub(super) fn send_step(&mut self, begins: Option<u64>, step: &TimeStep) -> Result<u64, LinkError> {
        let Some(seat) = &mut self.seat else { return Err(LinkError::Gone("no brain is attached".into())) };
        let sequence = seat.sequence;
        seat.sequence += 1;
        self.out.clear();
        encode_step(&mut self.out, seat.session, sequence, begins, step);
        self.steps.put(self.out.as_slice()).wait().map_err(|error| LinkError::network("a time step", error))?;
        Ok(sequence)
    }

    /// Waits for the answer to the message that was sent last, as long as `pick` finds none in what is heard, and at most for the
    /// configured time. Asks again now and then, should a message have been lost on a network that is changing.
    pub(super) fn answer<T>(&mut self, what: &str, mut pick: impl FnMut(ToWorld) -> Option<T>) -> Result<T, LinkError> {
        let start = Instant::now();
        let mut asked = start;
        let mut stopping: Option<Instant> = None;
        loop {
            let left = self.wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                let whom = format!("{what} of {}", self.brain());
                self.detach(End::Detached, &format!("the world waited {} s for {what}", self.wait.as_secs_f64()));
                return Err(LinkError::Timeout { whom, waited: self.wait });
            }
            match self.hear(Instant::now() + left.min(SLICE)) {
                Heard::Message(ToWorld::Failure { reason, .. }) => {
                    let brain = self.brain();
                    self.leave();
                    return Err(LinkError::Gone(format!("{brain} gave up: {reason}")));
                }
                Heard::Message(message) => {
                    if let Some(found) = pick(message) {
                        return Ok(found);
                    }
                }
                Heard::Garbled(error) => {
                    let whom = self.brain();
                    self.detach(End::Detached, &format!("the world can't read what this brain sent: {error}"));
                    return Err(LinkError::Garbled { whom, error });
                }
                Heard::Gone => {
                    let brain = self.brain();
                    self.leave();
                    return Err(LinkError::Gone(format!("{brain} is gone (its liveliness is lost)")));
                }
                Heard::Visitor => self.turn_away(),
                Heard::Nothing if self.connects && !is_connected(&self.session) => {
                    let brain = self.brain();
                    self.leave();
                    return Err(LinkError::Gone(format!("{brain} is gone (the connection {} is lost)", self.place)));
                }
                // Nobody's fault that can be named: the brain's own answer is still to come.
                Heard::Stray(_) | Heard::Nothing => {
                    // A brain that answers is let finish its step, so that there is a checkpoint; one that doesn't isn't waited for.
                    if self.stop.load(Ordering::Relaxed) && stopping.get_or_insert_with(Instant::now).elapsed() > PARTING {
                        return Err(LinkError::Stopped(format!("{what} of {}", self.brain())));
                    }
                    if asked.elapsed() > ASK_AGAIN {
                        asked = Instant::now();
                        self.put_again()?;
                    }
                }
            }
        }
    }

    /// Sends what was sent last.
    fn put_again(&mut self) -> Result<(), LinkError> {
        self.steps.put(self.out.as_slice()).wait().map_err(|error| LinkError::network("a message to the brain", error))
    }

    /// Has the brain hold its state at `mark`; gives whether it does, and its maps. In real time nobody waits for that.
    pub fn checkpoint(&mut self, mark: &Mark) -> Result<(bool, String), LinkError> {
        let message = self.seat.as_ref().map(|seat| ToBrain::Checkpoint { session: seat.session, mark: *mark });
        match (message, self.real_time.is_some()) {
            (Some(message), real_time) => {
                self.send(&message)?;
                if real_time {
                    return Ok((false, String::new()));
                }
            }
            (None, true) => return Ok((false, String::new())),
            (None, false) => return Err(LinkError::Gone("no brain is attached".into())),
        }
        self.answer("the checkpoint", |message| match message {
            ToWorld::Kept { step, kept, maps, .. } if step == mark.step => Some((kept, maps)),
            _ => None,
        })
    }

    /// Ends the attachment, and says why.
    pub fn detach(&mut self, end: End, reason: &str) {
        if let Some(seat) = self.seat.take() {
            let mut out = Vec::new();
            ToBrain::End { session: seat.session, end, reason: reason.into() }.encode(&mut out);
            self.tell(out);
            self.told = Some(seat.id);
        }
        self.leave();
    }

    /// The last message of an attachment. In real time steps may be dropped, but not this, nor may the loop wait for it.
    fn tell(&self, out: Vec<u8>) {
        let (session, key) = (self.session.clone(), self.keys.step());
        let put = move || {
            let last = session.put(key, out).congestion_control(CongestionControl::Block).express(true);
            // A brain that can't be told any more is gone already.
            let _ = last.priority(Priority::RealTime).wait();
        };
        let in_real_time = lock(&self.description).mode == Mode::RealTime;
        if in_real_time { drop(std::thread::spawn(put)) } else { put() }
    }

    fn leave(&mut self) {
        self.seat = None;
        lock(&self.description).brain.clear();
    }

    fn send(&mut self, message: &ToBrain) -> Result<(), LinkError> {
        self.out.clear();
        message.encode(&mut self.out);
        self.steps.put(self.out.as_slice()).wait().map_err(|error| LinkError::network("a message to the brain", error))
    }

    /// Listens until something of interest comes, or the time is over.
    pub(super) fn hear(&mut self, until: Instant) -> Heard {
        loop {
            let Some(news) = self.inbox.pop(until) else { return Heard::Nothing };
            // Whatever is of no interest, and however much of it there is, the wait has its limit.
            let over = Instant::now() >= until;
            let session = self.seat.as_ref().map(|seat| seat.session);
            match news {
                News::Message(bytes) => match session_of(&bytes) {
                    Ok(of) if Some(of) != session => (),
                    Err(error) => return Heard::Stray(error),
                    Ok(_) => {
                        return match ToWorld::decode(&bytes, &self.action) {
                            Ok(message) => Heard::Message(message),
                            Err(error) => Heard::Garbled(error),
                        };
                    }
                },
                News::Attach(visitor) => {
                    if self.visitors.len() >= WAITING {
                        refuse(visitor.0, &"too many brains wait for this world");
                        continue;
                    }
                    self.visitors.push_back(*visitor);
                    return Heard::Visitor;
                }
                News::Gone(id) => {
                    self.visitors.retain(|(_, attach)| attach.id != id);
                    if self.seat.as_ref().is_some_and(|seat| seat.id == id) {
                        return Heard::Gone;
                    }
                }
            }
            if over {
                return Heard::Nothing;
            }
        }
    }

    /// One brain has the body: the others hear of it.
    fn turn_away(&mut self) {
        let Some(seat) = &self.seat else { return };
        let reason = taken(seat);
        for (query, attach) in self.visitors.drain(..) {
            self.notes.push(format!("refused {:?}: {reason}", attach.name));
            refuse(query, &reason);
        }
    }

    /// Shows the world to those who look on, if there are any and the last time is a while ago.
    pub fn show(&mut self, scene: impl FnOnce() -> Scene) {
        self.truth.show(|| Some(bytes_of_scene(&scene())));
    }

    /// Shows how it ended to those who look on.
    pub fn show_end(&mut self, scene: impl FnOnce() -> Scene) {
        self.truth.show_now(|| Some(bytes_of_scene(&scene())));
    }

    /// Notes how far the run is, for whoever asks.
    pub fn reached(&mut self, step: u64) {
        lock(&self.description).step = step;
    }

    /// What happened since the last call that people should know.
    pub fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What became of the pace so far; nothing in lockstep.
    pub fn report(&self) -> Option<RealTimeReport> {
        self.real_time.as_ref().map(|real_time| real_time.report(self.inbox.dropped()))
    }

    /// Leaves the network, once the brain that was told of the end has left, or had the time to.
    pub fn close(&mut self) {
        let until = Instant::now() + FAREWELL;
        while let Some(told) = self.told.take_if(|_| Instant::now() < until) {
            let heard = self.inbox.pop(until);
            self.told = Some(told).filter(|told| !matches!(heard, Some(News::Gone(id)) if id == *told));
        }
        // Nothing is left to be done about a network that can't even be left.
        let _ = self.session.close().wait();
    }
}

/// The latest of some checkpoints; the start if there are none.
fn newest(held: &[Mark]) -> Mark {
    held.iter().copied().max_by_key(|mark| mark.step).unwrap_or_default()
}

fn taken(seat: &Seat) -> String {
    format!("this world has a brain already, {:?}", seat.name)
}

fn bytes_of(payload: Option<&zenoh::bytes::ZBytes>) -> Vec<u8> {
    payload.map(|payload| payload.to_bytes().into_owned()).unwrap_or_default()
}

fn bytes_of_scene(scene: &Scene) -> Vec<u8> {
    let mut out = Vec::new();
    scene.encode(&mut out);
    out
}

fn refuse(query: Query, reason: &dyn Display) {
    let mut out = Vec::new();
    Verdict::Refusal { reason: reason.to_string() }.encode(&mut out);
    reply(query, out);
}

/// Notes when a world of the same prefix comes into reach that is older than this one: their identities begin with their births.
fn watch_for_rivals(session: &Session, keys: &Keys, own: &str, rival: Arc<AtomicBool>) -> Result<Subscriber<()>, zenoh::Error> {
    let own = own.to_owned();
    let take = move |sample: Sample| {
        if sample.kind() == SampleKind::Put && id_of(&sample) < own.as_str() {
            rival.store(true, Ordering::Relaxed);
        }
    };
    session.liveliness().declare_subscriber(keys.alive(Role::World, "*")).history(true).callback(take).wait()
}

fn watch_for_leavers(session: &Session, keys: &Keys, inbox: Arc<Inbox<News>>) -> Result<Subscriber<()>, zenoh::Error> {
    let take = move |sample: Sample| {
        if sample.kind() == SampleKind::Delete {
            // Where the queue is full, the wait for an answer has its limit.
            let _ = inbox.push(News::Gone(id_of(&sample).to_owned()));
        }
    };
    session.liveliness().declare_subscriber(keys.alive(Role::Brain, "*")).callback(take).wait()
}
