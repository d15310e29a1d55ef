//! Joining the network: from what a user asks for to a Zenoh session.
//!
//! Nothing is found by itself: no multicast scouting, and only the endpoints that are named, unless a configuration file says
//! otherwise. What the file says holds before our defaults; what the command line says holds before the file.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zenoh::{Config, Session, Wait};

use super::error::{LinkError, without_source};
use crate::protocol::{DEFAULT_ENDPOINT, DEFAULT_PREFIX, Keys, Role};

/// How a world, a brain or somebody who looks on joins the network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Endpoints to listen on, such as `tcp/127.0.0.1:7557`.
    pub listen: Vec<String>,
    /// Endpoints to connect to.
    pub connect: Vec<String>,
    /// Zenoh's own configuration (JSON5): TLS, access control, routers.
    pub config: Option<PathBuf>,
    /// The prefix of the loop's keys.
    pub prefix: String,
    /// How long each wait for another may take.
    pub wait: Duration,
}

impl Default for Network {
    fn default() -> Self {
        Network {
            listen: Vec::new(),
            connect: Vec::new(),
            config: None,
            prefix: DEFAULT_PREFIX.into(),
            wait: Duration::from_secs(30),
        }
    }
}

/// Largest configuration file that is read (bytes).
const LARGEST_FILE: u64 = 1 << 20;

/// How long one attempt to connect takes before the next.
const ATTEMPT: Duration = Duration::from_millis(500);

impl Network {
    /// The loop's keys, if the prefix can be one.
    pub fn keys(&self) -> Result<Keys, LinkError> {
        let keys = Keys::new(&self.prefix);
        let plain = zenoh::key_expr::KeyExpr::new(keys.world());
        match plain {
            Ok(key) if !key.is_wild() => Ok(keys),
            _ => Err(LinkError::Network(format!(
                "--prefix: expected names joined by slashes, without * $ ? #, found {:?}",
                self.prefix
            ))),
        }
    }

    /// Where others are looked for, in words.
    pub(super) fn place(&self, role: Role) -> String {
        match (&self.connect[..], &self.config) {
            ([], Some(file)) => format!("as {} says", file.display()),
            ([], None) if role == Role::Brain && self.listen.is_empty() => format!("at {DEFAULT_ENDPOINT}"),
            ([], None) => format!("on {}", self.listening()),
            (connect, _) => format!("at {}", connect.join(", ")),
        }
    }

    /// What the world listens on, in words.
    pub fn listening(&self) -> String {
        match (&self.listen[..], &self.config, &self.connect[..]) {
            ([], Some(file), _) => format!("what {} says", file.display()),
            ([], None, []) => DEFAULT_ENDPOINT.into(),
            ([], None, _) => "nothing".into(),
            (listen, ..) => listen.join(", "),
        }
    }

    /// Joins as `role`; tries to connect until the wait is over or `stop` is set.
    pub(super) fn open(&self, role: Role, stop: &AtomicBool) -> Result<Session, LinkError> {
        let settings = self.settings(role)?;
        let start = Instant::now();
        loop {
            let attempt = ATTEMPT.min(self.wait).as_millis().max(1);
            let mut settings = settings.clone();
            // Whatever the file says: each attempt ends, so that the wait has its limit and a signal is heard.
            settings["connect"]["timeout_ms"] = json!(attempt as u64);
            settings["listen"]["timeout_ms"] = json!(0);
            let path = || self.config.as_ref().map_or("--listen or --connect".into(), |file| file.display().to_string());
            let config = Config::from_json5(&settings.to_string())
                .map_err(|error| LinkError::Config { path: path(), why: without_source(&error.to_string()).into() })?;
            let error = match zenoh::open(config).wait() {
                Ok(session) => return Ok(session),
                Err(error) => without_source(&error.to_string()).to_owned(),
            };
            let listening = !self.listen.is_empty() || role == Role::World;
            if listening && error.contains("in use") {
                let listen = self.listening();
                return Err(LinkError::Network(format!(
                    "{listen} is taken by another program; name another endpoint with --listen, such as --listen tcp/127.0.0.1:7558"
                )));
            }
            // Only a connection that can't be made yet may still come about.
            if !error.contains("connect") {
                return Err(LinkError::Network(format!("the network can't be joined: {error}")));
            }
            if stop.load(Ordering::Relaxed) {
                return Err(LinkError::Stopped(format!("somebody {}", self.place(role))));
            }
            if start.elapsed() >= self.wait {
                let whom = match role {
                    Role::Brain => format!("a world {} and reached none ({error})", self.place(role)),
                    Role::World => format!("a connection {} ({error})", self.place(role)),
                };
                return Err(LinkError::Timeout { whom, waited: self.wait });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether it passes on what others say to each other: whoever listens does, and who only connects leaves it to whom it connects to.
    pub(super) fn routes(&self, role: Role) -> bool {
        !self.listen.is_empty() || role == Role::World && self.connect.is_empty()
    }

    /// The whole configuration as JSON.
    fn settings(&self, role: Role) -> Result<Value, LinkError> {
        let mut settings = json!({
            "mode": if self.routes(role) { "router" } else { "client" },
            "scouting": {"multicast": {"enabled": false}, "gossip": {"enabled": false}, "delay": 0},
            "listen": {"timeout_ms": 0, "exit_on_failure": true, "endpoints": []},
            "connect": {"exit_on_failure": true, "endpoints": [], "retry": {"period_init_ms": 50, "period_max_ms": 200}},
            "transport": {"link": {"tx": {"queue": {"congestion_control": {"drop": {"wait_before_drop": 0}}}}}},
        });
        let mut silent = true;
        if let Some(file) = &self.config {
            let stated = read(file)?;
            silent = stated.pointer("/listen/endpoints").or(stated.pointer("/connect/endpoints")).is_none();
            merge(&mut settings, stated);
        }
        if silent && self.listen.is_empty() && self.connect.is_empty() {
            match role {
                Role::World => settings["listen"]["endpoints"] = json!([DEFAULT_ENDPOINT]),
                Role::Brain => settings["connect"]["endpoints"] = json!([DEFAULT_ENDPOINT]),
            }
        }
        for (key, endpoints) in [("listen", &self.listen), ("connect", &self.connect)] {
            if !endpoints.is_empty() {
                settings[key]["endpoints"] = json!(endpoints);
            }
        }
        Ok(settings)
    }
}

/// Reads a configuration file.
fn read(path: &Path) -> Result<Value, LinkError> {
    let fail = |why: String| LinkError::Config { path: path.display().to_string(), why };
    let length = std::fs::metadata(path).map_err(|e| fail(e.to_string()))?.len();
    if length > LARGEST_FILE {
        return Err(fail("expected a configuration of at most 1 MiB, found more".into()));
    }
    let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
    let value: Value = json5::from_str(&text).map_err(|e| fail(format!("expected JSON5, {e}")))?;
    if !value.is_object() {
        return Err(fail("expected an object of Zenoh's settings".into()));
    }
    // Unknown keys are found here, where the file can be named.
    Config::from_json5(&value.to_string()).map_err(|e| fail(without_source(&e.to_string()).into()))?;
    Ok(value)
}

/// Puts `over` into `under`, key by key.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(there) => merge(there, value),
                    None => drop(under.insert(key, value)),
                }
            }
        }
        (under, over) => *under = over,
    }
}
