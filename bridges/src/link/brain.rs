//! The brain's side: which world it closes the loop of, and what it answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use embody_robots::{ActionSpec, ObservationSpec};
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Subscriber;
use zenoh::qos::{CongestionControl, Priority};
use zenoh::{Session, Wait};

use super::error::LinkError;
use super::inbox::{Inbox, SLICE};
use super::network::Network;
use super::service::{Brain, Served, Service};
use super::stream::Stream;
use super::{is_connected, lock, unique};
use crate::protocol::handshake::{Attach, Description, Verdict};
use crate::protocol::{Keys, Mark, Mode, Role};

/// How long the network has to say whether a world lives.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a world in real time may say nothing: it publishes in each of its periods.
const SILENCE: Duration = Duration::from_secs(3);

/// What reaches the brain's loop.
enum News {
    Message(Vec<u8>),
    /// A world came or went.
    World,
    /// The service came to its end in the network's thread.
    Done,
}

/// The brain's side of a link.
pub struct BrainLink {
    session: Session,
    keys: Keys,
    place: String,
    wait: Duration,
    /// Whether the world may come to it, so that to be without a connection is no end.
    listens: bool,
    id: String,
    world: Option<String>,
    inbox: Arc<Inbox<News>>,
    service: Arc<Mutex<Service>>,
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
        let service = Arc::new(Mutex::new(Service::new(actions, telemetry)));
        let steps = {
            let (inbox, service) = (inbox.clone(), service.clone());
            let take = move |sample: zenoh::sample::Sample| {
                let bytes = sample.payload().to_bytes();
                // Where it is locked, or others wait, a message that came before this one is still to be answered.
                if let Ok(mut service) = service.try_lock()
                    && inbox.is_empty()
                    && service.answer_at_once(&bytes, inbox.dropped())
                {
                    if service.is_done() {
                        // Where the queue is full, the loop isn't waiting.
                        let _ = inbox.push(News::Done);
                    }
                } else {
                    inbox.add(News::Message(bytes.into_owned()));
                }
            };
            session.declare_subscriber(keys.step()).callback(take).wait().map_err(fail)?
        };
        Ok(BrainLink {
            place: network.place(Role::Brain),
            wait: network.wait,
            listens: !network.listen.is_empty(),
            world: None,
            _token: token,
            _subscribers: [steps, worlds],
            session,
            keys,
            id,
            inbox,
            service,
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
                    Ok(None) if self.is_lost() => return Err(self.world_gone("the connection is lost")),
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
            if self.is_lost() {
                return Err(self.world_gone("the connection is lost"));
            }
            if start.elapsed() >= self.wait {
                return Err(LinkError::Timeout { whom, waited: self.wait });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Has `brain` answer the world's steps until either side ends it. In real time only the newest step is answered.
    pub fn serve(
        &mut self,
        brain: Arc<Mutex<dyn Brain>>,
        session: u64,
        mode: Mode,
        specs: (&ObservationSpec, &ActionSpec),
        stop: &AtomicBool,
    ) -> Result<Served, LinkError> {
        lock(&self.service).begin(session, mode, specs, brain);
        let served = self.attend(mode, stop);
        lock(&self.service).end();
        served
    }

    fn attend(&mut self, mode: Mode, stop: &AtomicBool) -> Result<Served, LinkError> {
        // How long nothing has been heard, by waits that came to their end: a process that was stopped meanwhile has missed nothing.
        let (mut heard, mut silence) = (0, Duration::ZERO);
        loop {
            self.inbox.wait(Instant::now() + SLICE);
            // Taken from the queue only now, so that the network's thread can't answer a later message first.
            let mut service = lock(&self.service);
            if stop.load(Ordering::Relaxed) {
                service.give_up("it was asked to stop".into());
                return Ok(Served::Stopped);
            }
            if let Some(done) = service.take_done() {
                return done;
            }
            match self.inbox.pop_now() {
                Some(News::Message(bytes)) => {
                    let mut more = || {
                        std::iter::from_fn(|| self.inbox.pop_now()).find_map(|news| match news {
                            News::Message(bytes) => Some(bytes),
                            _ => None,
                        })
                    };
                    if let Some(served) = service.take(&bytes, &mut more, self.inbox.dropped())? {
                        return Ok(served);
                    }
                }
                Some(News::Done) => (),
                // A client hears of its world's end from a router that is still there, or when it is back on the network of another
                // world. In real time its silence tells as much, without a question.
                Some(News::World) if mode == Mode::Lockstep => self.check_world()?,
                Some(News::World) => (),
                None => {
                    silence = if service.heard() == heard { silence + SLICE } else { Duration::ZERO };
                    heard = service.heard();
                    if self.is_lost() {
                        return Err(self.world_gone("the connection is lost"));
                    }
                    if mode == Mode::RealTime && silence > SILENCE {
                        return Err(self.world_gone("it has fallen silent"));
                    }
                    // A world that lives but is busy is waited for.
                    if silence > self.wait {
                        self.check_world()?;
                        silence = Duration::ZERO;
                    }
                }
            }
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

    /// Whether nobody is at the other end, nor will come.
    fn is_lost(&self) -> bool {
        !self.listens && !is_connected(&self.session)
    }

    /// Steps that were not answered because a newer one was there.
    pub fn skipped(&self) -> u64 {
        lock(&self.service).skipped()
    }

    /// Leaves the network; what was sent is on its way.
    pub fn close(&mut self) {
        // Nothing is left to be done about a network that can't even be left.
        let _ = self.session.close().wait();
    }
}
