//! Bare round trips over Zenoh, without a protocol: the floor that a link is measured against.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use zenoh::handlers::FifoChannelHandler;
use zenoh::pubsub::{Publisher, Subscriber};
use zenoh::qos::Priority;
use zenoh::query::{Querier, Queryable};
use zenoh::sample::Sample;
use zenoh::{Session, Wait};

use super::error::LinkError;
use super::network::Network;
use crate::protocol::Role;

/// How long an echo may take.
const PATIENCE: Duration = Duration::from_secs(10);

fn fail(error: zenoh::Error) -> LinkError {
    LinkError::network("a bare round trip", error)
}

/// Answers as long as it lives.
pub struct BareEcho {
    _queryable: Queryable<()>,
    _subscriber: Subscriber<()>,
    _session: Session,
}

impl BareEcho {
    /// Connects, and answers every message and query with `reply` bytes, at once and in Zenoh's own thread.
    pub fn open(network: &Network, reply: usize, stop: &AtomicBool) -> Result<BareEcho, LinkError> {
        let session = network.open(Role::Brain, stop)?;
        let key = |name: &str| format!("{}/{name}", network.prefix);
        let back = session.declare_publisher(key("pong")).express(true).priority(Priority::RealTime).wait().map_err(fail)?;
        let answer = vec![7u8; reply];
        let bytes = answer.clone();
        // A reply that can't be sent is missed at the other end.
        let echo = move |_| drop(back.put(bytes.as_slice()).wait());
        let subscriber = session.declare_subscriber(key("ping")).callback(echo).wait().map_err(fail)?;
        let echo = move |query: zenoh::query::Query| drop(query.reply(query.key_expr().clone(), answer.as_slice()).wait());
        let queryable = session.declare_queryable(key("query")).callback(echo).wait().map_err(fail)?;
        Ok(BareEcho { _queryable: queryable, _subscriber: subscriber, _session: session })
    }
}

/// Asks a [`BareEcho`].
pub struct BareClient {
    ping: Publisher<'static>,
    pong: Subscriber<FifoChannelHandler<Sample>>,
    querier: Querier<'static>,
    _session: Session,
}

impl BareClient {
    /// Listens, and waits for its echo.
    pub fn open(network: &Network, stop: &AtomicBool) -> Result<BareClient, LinkError> {
        let session = network.open(Role::World, stop)?;
        let key = |name: &str| format!("{}/{name}", network.prefix);
        let ping = session.declare_publisher(key("ping")).express(true).priority(Priority::RealTime).wait().map_err(fail)?;
        let pong = session.declare_subscriber(key("pong")).wait().map_err(fail)?;
        let querier = session.declare_querier(key("query")).express(true).wait().map_err(fail)?;
        Ok(BareClient { ping, pong, querier, _session: session })
    }

    /// Waits until the echo is there, at most for `wait`.
    pub fn await_echo(&self, wait: Duration) -> Result<(), LinkError> {
        let start = std::time::Instant::now();
        let matching = || -> Result<bool, LinkError> {
            let ping = self.ping.matching_status().wait().map_err(fail)?.matching();
            Ok(ping && self.querier.matching_status().wait().map_err(fail)?.matching())
        };
        while !matching()? {
            if start.elapsed() > wait {
                return Err(LinkError::Timeout { whom: "the echo".into(), waited: wait });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Publishes, and waits for what is published in return; gives its length.
    pub fn publish(&self, bytes: &[u8]) -> Result<usize, LinkError> {
        self.ping.put(bytes).wait().map_err(fail)?;
        let echo = self.pong.recv_timeout(PATIENCE).map_err(fail)?;
        echo.map(|sample| sample.payload().len()).ok_or(LinkError::Timeout { whom: "an echo".into(), waited: PATIENCE })
    }

    /// Queries, and waits for the reply; gives its length.
    pub fn query(&self, bytes: &[u8]) -> Result<usize, LinkError> {
        let replies = self.querier.get().payload(bytes).wait().map_err(fail)?;
        let reply = replies.recv_timeout(PATIENCE).map_err(fail)?;
        let reply = reply.ok_or(LinkError::Timeout { whom: "a reply".into(), waited: PATIENCE })?;
        Ok(reply.result().map_or(0, |sample| sample.payload().len()))
    }
}
