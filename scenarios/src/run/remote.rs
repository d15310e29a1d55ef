//! A run whose brain is another process: waiting for it, and going back with it to what both hold.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embody_bridges::link::{LinkError, RealTimeReport, RemoteController, WorldLink};
use embody_bridges::protocol::handshake::Description;
use embody_bridges::protocol::messages::End;
use embody_bridges::protocol::scene::Scene;
use embody_bridges::protocol::{Mark, Mode};
use embody_controllers::Hosted;
use serde_json::json;

use crate::config::ConfigError;
use crate::registry::Registry;
use crate::scenario::Loaded;

/// Starts a brain where none comes by itself.
pub trait Summon: Send {
    /// Sees that a brain is on its way, for as long as one is waited for; fails with why none will come.
    fn attend(&mut self) -> Result<(), String>;

    /// The brain has come.
    fn attached(&mut self);
}

/// The brain of a run, at the other end of a link.
pub struct RemoteBrain {
    link: Arc<Mutex<WorldLink>>,
    summon: Option<Box<dyn Summon>>,
    /// Its name, where it isn't built from the run's scenario.
    stranger: Option<String>,
    mode: Mode,
}

impl RemoteBrain {
    /// Whoever attaches to `link`; `summon` starts one if nobody else does.
    pub fn new(link: WorldLink, summon: Option<Box<dyn Summon>>) -> RemoteBrain {
        let mode = if link.report().is_some() { Mode::RealTime } else { Mode::Lockstep };
        RemoteBrain { link: Arc::new(Mutex::new(link)), summon, stranger: None, mode }
    }

    /// How time passes.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The brain as a controller.
    pub(super) fn controller(&self) -> Hosted {
        Hosted::Sensing(Box::new(RemoteController::new(self.link.clone())))
    }

    fn link(&self) -> MutexGuard<'_, WorldLink> {
        // No holder leaves it half changed.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a brain; gives its name and the checkpoint to go on from, given those that the world holds.
    /// `note` is told what people should know meanwhile.
    pub(super) fn join(
        &mut self,
        held: &[Mark],
        stop: &AtomicBool,
        note: &mut dyn FnMut(&str),
    ) -> Result<(String, Mark), LinkError> {
        let mut attend = |notes: Vec<String>| {
            notes.iter().for_each(|text| note(text));
            self.summon.as_mut().and_then(|summon| summon.attend().err())
        };
        // Not through `link()`, which would borrow the whole of `self`.
        let joined = self.link.lock().unwrap_or_else(PoisonError::into_inner).join(held, stop, &mut attend)?;
        if let Some(summon) = &mut self.summon {
            summon.attached();
        }
        self.stranger = (!joined.same_scenario).then(|| joined.name.clone());
        Ok((joined.name, joined.from))
    }

    /// Has the brain hold its state at `mark`; gives its maps as JSON, nothing if it can't be resumed.
    pub(super) fn checkpoint(&self, mark: &Mark) -> Result<Option<String>, LinkError> {
        let (kept, maps) = self.link().checkpoint(mark)?;
        Ok(kept.then_some(maps))
    }

    /// Tells whoever looks on or asks how far the run is, after `step` control steps; gives what people should know.
    pub(super) fn publish(&self, step: u64, scene: impl FnOnce() -> Scene) -> Vec<String> {
        let mut link = self.link();
        link.show(scene);
        link.reached(step);
        link.notes()
    }

    /// Sends the brain away, which has sent what can't be used.
    pub(super) fn dismiss(&self, reason: &str) {
        self.link().detach(End::Detached, reason);
    }

    /// The name of a brain that isn't built from the run's scenario.
    pub(super) fn stranger(&self) -> Option<&str> {
        self.stranger.as_deref()
    }

    /// What became of the pace.
    pub(super) fn report(&self) -> Option<RealTimeReport> {
        self.link().report()
    }

    /// Ends the attachment, says how, also to whoever looks on, and leaves the network.
    pub(super) fn end(&self, end: End, reason: &str, scene: impl FnOnce() -> Scene) {
        let mut link = self.link();
        link.show_end(|| Scene { end: Some(end), ..scene() });
        link.detach(end, reason);
        link.close();
    }
}

/// An endpoint of this machine that nobody listens on.
pub fn free_endpoint() -> std::io::Result<String> {
    Ok(format!("tcp/{}", std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?))
}

/// What a scenario's world says of itself.
pub fn describe(loaded: &Loaded, registry: &Registry, mode: Mode) -> Result<Description, ConfigError> {
    let environment = loaded.environment(registry)?;
    let body = environment.body();
    let spec = json!({"observation": body.observation_spec(), "action": body.action_spec()}).to_string();
    let scenario = &loaded.scenario;
    Ok(Description {
        program: crate::VERSION.into(),
        id: String::new(),
        scenario: scenario.name.clone(),
        scenario_hash: loaded.identity(),
        spec_hash: *blake3::hash(spec.as_bytes()).as_bytes(),
        spec,
        control_period: scenario.time.control_period,
        neural_tick: scenario.time.neural_tick,
        seed: scenario.seed,
        mode,
        step: 0,
        brain: String::new(),
        host: String::new(),
        cpu: None,
    })
}
