//! Who is in reach: the worlds and brains whose liveliness can be seen.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use zenoh::Wait;

use super::error::LinkError;
use super::network::Network;
use crate::protocol::handshake::Description;
use crate::protocol::{Keys, Role};

/// A world or a brain that is alive.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Which of the two.
    pub role: Role,
    /// The prefix of its loop.
    pub prefix: String,
    /// Its identity.
    pub id: String,
    /// What a world says of itself, or why that can't be read; nothing of a brain.
    pub description: Option<Result<Description, String>>,
}

/// How long those who are alive have to say so.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everyone in reach, under whatever prefix: worlds first, each kind by prefix.
pub fn peers(network: &Network, stop: &AtomicBool) -> Result<Vec<Peer>, LinkError> {
    let session = network.open(Role::Brain, stop)?;
    let fail = |error: zenoh::Error| LinkError::network("the network", error);
    let mut peers = Vec::new();
    // Access control may allow no more than the own prefix.
    for prefix in [network.prefix.as_str(), "**"] {
        let tokens = session.liveliness().get(format!("{prefix}/alive/*/*")).timeout(PATIENCE).wait().map_err(fail)?;
        while let Ok(reply) = tokens.recv() {
            peers.extend(reply.result().ok().and_then(|sample| peer_of(sample.key_expr().as_str())));
        }
    }
    peers.sort_by(|a, b| (a.role == Role::Brain, &a.prefix, &a.id).cmp(&(b.role == Role::Brain, &b.prefix, &b.id)));
    peers.dedup();
    for peer in peers.iter_mut().filter(|peer| peer.role == Role::World) {
        let replies = session.get(Keys::new(&peer.prefix).world()).timeout(PATIENCE).wait().map_err(fail)?;
        while let Ok(reply) = replies.recv() {
            let Ok(sample) = reply.result() else { continue };
            match Description::decode(&sample.payload().to_bytes()) {
                Ok(description) if description.id != peer.id => (),
                described => peer.description = Some(described.map_err(|error| error.to_string())),
            }
        }
    }
    // Whoever listed the others leaves without a trace.
    let _ = session.close().wait();
    Ok(peers)
}

/// Whose token a key is.
fn peer_of(key: &str) -> Option<Peer> {
    let parts: Vec<&str> = key.rsplitn(4, '/').collect();
    let [id, role, _, prefix] = parts[..] else { return None };
    let role = [Role::World, Role::Brain].into_iter().find(|known| known.to_string() == role)?;
    Some(Peer { role, prefix: prefix.into(), id: id.into(), description: None })
}
