//! What `embody world`, `brain` and `peers` have in common: how they join the network.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use embody_bridges::link::Network;
use embody_bridges::protocol::DEFAULT_PREFIX;
use embody_robots::Nanos;

/// Where a world or a brain can be reached.
#[derive(Args, Clone)]
pub struct Listen {
    /// Endpoint to listen on, may be repeated [default of a world: tcp/127.0.0.1:7557]
    #[arg(long, value_name = "ENDPOINT")]
    listen: Vec<String>,
}

impl Listen {
    /// The network, with these endpoints to listen on.
    pub fn of(&self, network: Network) -> Network {
        Network { listen: self.listen.clone(), ..network }
    }

    /// What was told, as it would be told again.
    pub fn told(&self) -> String {
        self.listen.iter().map(|endpoint| format!(" --listen {endpoint}")).collect()
    }
}

/// How to join the network.
#[derive(Args, Clone)]
pub struct NetworkArguments {
    /// Endpoint to connect to, may be repeated [default, but for a world: tcp/127.0.0.1:7557]
    #[arg(long, value_name = "ENDPOINT")]
    connect: Vec<String>,
    /// How long to wait for the other side, each time
    #[arg(long, value_name = "TIME", default_value = "30s")]
    wait: Nanos,
    /// Zenoh's own configuration (JSON5): TLS, access control, routers
    #[arg(long, value_name = "FILE")]
    zenoh_config: Option<PathBuf>,
    /// Prefix of the loop's keys: one prefix, one world, one brain
    #[arg(long, default_value = DEFAULT_PREFIX)]
    prefix: String,
}

impl NetworkArguments {
    /// What the links take.
    pub fn network(&self) -> Network {
        Network {
            listen: Vec::new(),
            connect: self.connect.clone(),
            config: self.zenoh_config.clone(),
            prefix: self.prefix.clone(),
            wait: duration(self.wait),
        }
    }

    /// Whether an endpoint to connect to was named.
    #[cfg(feature = "viewer")]
    pub fn connects(&self) -> bool {
        !self.connect.is_empty()
    }

    /// What was told, as it would be told again.
    pub fn told(&self) -> String {
        let mut told: String = self.connect.iter().map(|endpoint| format!(" --connect {endpoint}")).collect();
        told.extend(self.zenoh_config.iter().map(|file| format!(" --zenoh-config {}", file.display())));
        if self.prefix != DEFAULT_PREFIX {
            told += &format!(" --prefix {}", self.prefix);
        }
        told
    }
}

/// Has Zenoh do its work on two threads of each process instead of six, unless the user has said otherwise: in lockstep one message is
/// on its way at a time, and every hand-over between threads only delays it. Sending keeps a thread of its own, since whoever receives
/// may have to wait for it. To be called before any thread is started.
pub fn keep_to_two_threads() {
    const VARIABLE: &str = "ZENOH_RUNTIME";
    if std::env::var_os(VARIABLE).is_none() {
        #[expect(clippy::disallowed_methods, reason = "Zenoh takes it from nowhere else, and no other thread runs yet")]
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe {
            std::env::set_var(VARIABLE, "(rx: (handover: app), acc: (handover: app), net: (handover: app))");
        }
    }
}

/// Nanoseconds as the standard library has them.
pub fn duration(time: Nanos) -> Duration {
    Duration::from_nanos(time.0)
}
