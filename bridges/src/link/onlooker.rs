//! Whoever looks on: hears the streams `truth` and `telemetry` of a world and its brain, and says nothing.
//!
//! Both streams may lose messages, and so may an onlooker that is slow: only the newest wait for it. Neither world nor brain waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use embody_controllers::telemetry::Telemetry;
use embody_robots::Nanos;
use zenoh::handlers::{RingChannel, RingChannelHandler};
use zenoh::pubsub::Subscriber;
use zenoh::sample::Sample;
use zenoh::{Session, Wait};

use super::error::LinkError;
use super::is_connected;
use super::network::Network;
use crate::protocol::handshake::Description;
use crate::protocol::truth::Truth;
use crate::protocol::{Keys, Role, telemetry};

/// Messages of a stream that wait at most.
const WAITING: usize = 64;

/// How long each question may take before the next.
const SLICE: Duration = Duration::from_millis(200);

/// What was heard.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Where everything is.
    Truth(Truth),
    /// What went on in the brain in the control period that began at this time of its episode.
    Telemetry(Nanos, Telemetry),
}

/// One who looks on.
pub struct Onlooker {
    session: Session,
    place: String,
    description: Description,
    truth: Subscriber<RingChannelHandler<Sample>>,
    telemetry: Subscriber<RingChannelHandler<Sample>>,
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
        Ok(Onlooker { truth, telemetry, session, place, description })
    }

    /// What the world says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The next message; none within `patience`.
    ///
    /// # Errors
    /// If the connection is lost, or a message can't be read.
    pub fn hear(&self, patience: Duration) -> Result<Option<Heard>, LinkError> {
        let fail = |error: zenoh::Error| LinkError::network("a stream", error);
        let garbled = |whom: &str, error| LinkError::Garbled { whom: format!("the {whom} {}", self.place), error };
        if let Some(sample) = self.telemetry.try_recv().map_err(fail)? {
            let (time, heard) = telemetry::decode(&sample.payload().to_bytes()).map_err(|e| garbled("brain", e))?;
            return Ok(Some(Heard::Telemetry(time, heard)));
        }
        if let Some(sample) = self.truth.recv_timeout(patience).map_err(fail)? {
            let heard = Truth::decode(&sample.payload().to_bytes()).map_err(|e| garbled("world", e))?;
            return Ok(Some(Heard::Truth(heard)));
        }
        if is_connected(&self.session) { Ok(None) } else { Err(LinkError::Gone(format!("the world {} is gone", self.place))) }
    }
}

/// Asks for the world until one says what it is.
fn describe(session: &Session, keys: &Keys, place: &str, wait: Duration, stop: &AtomicBool) -> Result<Description, LinkError> {
    let started = Instant::now();
    let whom = || format!("a world {place} (prefix {:?})", keys.prefix());
    loop {
        let replies = session.get(keys.world()).timeout(SLICE).wait();
        let replies = replies.map_err(|error| LinkError::network("a question to the world", error))?;
        while let Ok(reply) = replies.recv() {
            if let Ok(sample) = reply.result() {
                let described = Description::decode(&sample.payload().to_bytes());
                return described.map_err(|error| LinkError::Garbled { whom: format!("the world {place}"), error });
            }
        }
        if stop.load(Ordering::Relaxed) {
            return Err(LinkError::Stopped(whom()));
        }
        if started.elapsed() >= wait {
            return Err(LinkError::Timeout { whom: whom(), waited: wait });
        }
    }
}
