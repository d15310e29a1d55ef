//! Whoever looks on: hears the streams `truth` and `telemetry` of a world and its brain, and says nothing.
//!
//! Both streams may lose messages, and so may an onlooker that is slow: only the newest wait for it. Neither world nor brain waits for it.
//! A world that has left is waited for, and so is another of its kind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use embody_controllers::telemetry::Telemetry;
use embody_robots::{Nanos, ObservationSpec};
use zenoh::handlers::{RingChannel, RingChannelHandler};
use zenoh::pubsub::Subscriber;
use zenoh::sample::{Sample, SampleKind};
use zenoh::{Session, Wait};

use super::error::LinkError;
use super::network::Network;
use super::{id_of, is_connected};
use crate::protocol::handshake::Description;
use crate::protocol::scene::Scene;
use crate::protocol::{Keys, Role, telemetry};

/// Messages of a stream that wait at most.
const WAITING: usize = 64;

/// How long each question may take before the next.
const SLICE: Duration = Duration::from_millis(200);

/// What was heard.
#[derive(Clone, Debug)]
pub enum Heard {
    /// What there is to see of the world.
    Scene(Box<Scene>),
    /// What went on in the brain in the control period that began at this time of its episode.
    Telemetry(Nanos, Telemetry),
    /// The world has left.
    Left,
    /// A world is there again, and says what it is.
    Came(Box<Description>),
}

/// One who looks on.
pub struct Onlooker {
    session: Session,
    keys: Keys,
    place: String,
    description: Description,
    /// Whether the world of the description is there.
    present: bool,
    truth: Subscriber<RingChannelHandler<Sample>>,
    telemetry: Subscriber<RingChannelHandler<Sample>>,
    leavers: Subscriber<RingChannelHandler<Sample>>,
}

impl Onlooker {
    /// Looks on at the world of a network; waits until there is one, as long as the network says.
    ///
    /// # Errors
    /// If the network can't be joined, or no world says what it is.
    pub fn join(network: &Network, stop: &AtomicBool) -> Result<Onlooker, LinkError> {
        let (keys, place) = (network.keys()?, network.place(Role::Brain));
        let session = network.open(Role::Brain, stop)?;
        let description = describe(&session, &keys, &place, network.wait, stop)?;
        let subscribe = |key: String| session.declare_subscriber(key).with(RingChannel::new(WAITING)).wait();
        let fail = |error: zenoh::Error| LinkError::network("a stream", error);
        let (truth, telemetry) = (subscribe(keys.truth()).map_err(fail)?, subscribe(keys.telemetry()).map_err(fail)?);
        let leavers = session.liveliness().declare_subscriber(keys.alive(Role::World, "*"));
        let leavers = leavers.with(RingChannel::new(WAITING)).wait().map_err(fail)?;
        Ok(Onlooker { truth, telemetry, leavers, session, keys, place, description, present: true })
    }

    /// What the world says of itself; the last that was there, if it has left.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The next message, of a world that senses `observation`; none within `patience`.
    ///
    /// # Errors
    /// If the network fails, or a message can't be read.
    pub fn hear(&mut self, patience: Duration, observation: &ObservationSpec) -> Result<Option<Heard>, LinkError> {
        let fail = |error: zenoh::Error| LinkError::network("a stream", error);
        let garbled = |whom: &str, error| LinkError::Garbled { whom: format!("the {whom} {}", self.place), error };
        if !self.present {
            return self.wait_for_another(patience);
        }
        if let Some(sample) = self.telemetry.try_recv().map_err(fail)? {
            let (time, heard) = telemetry::decode(&sample.payload().to_bytes()).map_err(|e| garbled("brain", e))?;
            return Ok(Some(Heard::Telemetry(time, heard)));
        }
        if let Some(sample) = self.truth.recv_timeout(patience).map_err(fail)? {
            let scene = Scene::decode(&sample.payload().to_bytes(), observation).map_err(|e| garbled("world", e))?;
            return Ok(Some(Heard::Scene(Box::new(scene))));
        }
        // Only after all that it had to say.
        if self.has_left()? {
            self.present = false;
            return Ok(Some(Heard::Left));
        }
        Ok(None)
    }

    fn has_left(&self) -> Result<bool, LinkError> {
        while let Some(sample) = self.leavers.try_recv().map_err(|error| LinkError::network("who is there", error))? {
            if sample.kind() == SampleKind::Delete && id_of(&sample) == self.description.id {
                return Ok(true);
            }
        }
        Ok(!is_connected(&self.session))
    }

    fn wait_for_another(&mut self, patience: Duration) -> Result<Option<Heard>, LinkError> {
        let began = Instant::now();
        if is_connected(&self.session)
            && let Some(description) = ask(&self.session, &self.keys, &self.place, patience)?
        {
            self.description = description;
            self.present = true;
            return Ok(Some(Heard::Came(Box::new(self.description.clone()))));
        }
        std::thread::sleep(patience.saturating_sub(began.elapsed()));
        Ok(None)
    }
}

/// Asks for the world until one says what it is.
fn describe(session: &Session, keys: &Keys, place: &str, wait: Duration, stop: &AtomicBool) -> Result<Description, LinkError> {
    let started = Instant::now();
    let whom = || format!("a world {place} (prefix {:?})", keys.prefix());
    loop {
        if let Some(description) = ask(session, keys, place, SLICE)? {
            return Ok(description);
        }
        if stop.load(Ordering::Relaxed) {
            return Err(LinkError::Stopped(whom()));
        }
        if started.elapsed() >= wait {
            return Err(LinkError::Timeout { whom: whom(), waited: wait });
        }
    }
}

/// Asks once for a world.
fn ask(session: &Session, keys: &Keys, place: &str, patience: Duration) -> Result<Option<Description>, LinkError> {
    let replies = session.get(keys.world()).timeout(patience).wait();
    let replies = replies.map_err(|error| LinkError::network("a question to the world", error))?;
    while let Ok(reply) = replies.recv() {
        if let Ok(sample) = reply.result() {
            let described = Description::decode(&sample.payload().to_bytes());
            let garbled = |error| LinkError::Garbled { whom: format!("the world {place}"), error };
            return described.map(Some).map_err(garbled);
        }
    }
    Ok(None)
}
