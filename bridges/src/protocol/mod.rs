//! The protocol between a world and its brain, as bytes: `bridges/PROTOCOL.md` has it for readers and other languages.
//!
//! One prefix of keys is one loop: one world, one body, at most one brain. [`handshake`] messages say who is there and from where
//! the loop goes on, [`messages`] are what crosses in each control step, [`scene`] (stream `truth`) and [`telemetry`] are streams for those
//! who look on. All of it is pure bytes: the transport is elsewhere.

pub mod handshake;
pub mod messages;
pub mod scene;
pub mod telemetry;
pub mod truth;

use embody_robots::TraceHash;

/// Version of the protocol; world and brain must have the same.
pub const VERSION: u16 = 1;

/// The first bytes of a handshake's messages, in every version.
pub const MAGIC: [u8; 6] = *b"EMBODY";

/// The prefix of keys unless told otherwise.
pub const DEFAULT_PREFIX: &str = "embody";

/// Where the world listens unless told otherwise.
pub const DEFAULT_ENDPOINT: &str = "tcp/127.0.0.1:7557";

/// The key expressions of one loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// The keys under a prefix.
    pub fn new(prefix: &str) -> Keys {
        Keys { prefix: prefix.into() }
    }

    /// The prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Asked without a payload, the world answers with a [`handshake::Description`].
    pub fn world(&self) -> String {
        format!("{}/world", self.prefix)
    }

    /// Asked with a [`handshake::Attach`], the world answers with a [`handshake::Verdict`].
    pub fn attach(&self) -> String {
        format!("{}/attach", self.prefix)
    }

    /// From world to brain: [`messages::ToBrain`].
    pub fn step(&self) -> String {
        format!("{}/step", self.prefix)
    }

    /// From brain to world: [`messages::ToWorld`].
    pub fn action(&self) -> String {
        format!("{}/action", self.prefix)
    }

    /// Liveliness token of a world or a brain with the given identity.
    pub fn alive(&self, role: Role, id: &str) -> String {
        format!("{}/alive/{role}/{id}", self.prefix)
    }

    /// From the world to whoever looks on: [`scene::Scene`].
    pub fn truth(&self) -> String {
        format!("{}/truth", self.prefix)
    }

    /// From the brain to whoever looks on: the bytes of [`telemetry`].
    pub fn telemetry(&self) -> String {
        format!("{}/telemetry", self.prefix)
    }
}

/// The two sides of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Has the body.
    World,
    /// Has the controller.
    Brain,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Role::World => "world",
            Role::Brain => "brain",
        })
    }
}

/// How time passes in a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Simulated time: each side waits for the other.
    Lockstep,
    /// Wall time: neither does.
    RealTime,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Mode::Lockstep => "lockstep",
            Mode::RealTime => "real time",
        })
    }
}

/// A moment of a run at which both sides can hold their state: the control steps done, and the trace hash of all that led there.
///
/// The trace makes it the moment of one run and no other; the start of every run is the default, no steps and a trace of zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Control steps done.
    pub step: u64,
    /// The trace hash so far.
    pub trace: TraceHash,
}

impl Mark {
    /// Whether it is the start of a run.
    pub fn is_start(&self) -> bool {
        *self == Mark::default()
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "control step {}", self.step)
    }
}
