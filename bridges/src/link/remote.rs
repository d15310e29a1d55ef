//! The brain as the world's loop sees it: a controller like any other.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use embody_controllers::{Controller, ControllerError};
use embody_robots::{Action, Checkpoint, CheckpointError, TimeStep, checkpoint};

use super::error::LinkError;
use super::lock;
use super::real_time::RealTime;
use super::world::{Heard, WorldLink};
use crate::protocol::messages::{End, ToWorld};

/// A controller that is another program.
///
/// In lockstep [`act`](Controller::act) waits for the brain, and fails with [`ControllerError::Remote`] when it is gone. In real time it
/// keeps the pace instead: it waits until the control step is due, publishes, and takes what is there at the deadline.
pub struct RemoteController {
    link: Arc<Mutex<WorldLink>>,
    /// The seed of the episode that goes on.
    episode: u64,
    /// Whether the next step is its first.
    begins: bool,
}

impl RemoteController {
    /// The brain at the other end of `link`.
    pub fn new(link: Arc<Mutex<WorldLink>>) -> RemoteController {
        RemoteController { link, episode: 0, begins: false }
    }
}

impl Controller for RemoteController {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        (self.episode, self.begins) = (seed, true);
        Ok(())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        let mut link = lock(&self.link);
        if let Some(mut real_time) = link.real_time.take() {
            act_in_time(&mut link, &mut real_time, self.begins, self.episode, step, action);
            link.real_time = Some(real_time);
        } else {
            let done = exchange(&mut link, self.begins.then_some(self.episode), step, action);
            done.map_err(|error| ControllerError::Remote { why: error.to_string() })?;
        }
        self.begins = false;
        Ok(())
    }

    /// Whether it learns is the brain's affair, which is built from the scenario too.
    fn set_learning(&mut self, _learning: bool) {}
}

/// The brain holds its own state; this is what the world must know of it.
impl Checkpoint for RemoteController {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("remote controller", &(self.episode, self.begins))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        (self.episode, self.begins) = checkpoint::from_bytes("remote controller", bytes)?;
        Ok(())
    }
}

/// One control step in lockstep: the step there, its action back.
fn exchange(link: &mut WorldLink, begins: Option<u64>, step: &TimeStep, action: &mut Action) -> Result<(), LinkError> {
    let sent = link.send_step(begins, step)?;
    *action = link.answer("the action", |message| match message {
        ToWorld::Action { sequence, action, .. } if sequence == sent => Some(action),
        _ => None,
    })?;
    Ok(())
}

/// One control step in real time: when it is due, the step there; at the deadline at the latest, an action from somewhere.
fn act_in_time(link: &mut WorldLink, real_time: &mut RealTime, begins: bool, episode: u64, step: &TimeStep, action: &mut Action) {
    let due = real_time.due();
    // Until then: whoever comes or goes. A step that is late already still sees who that is.
    loop {
        mind(link, real_time, due, None);
        if Instant::now() >= due {
            break;
        }
    }
    real_time.begin(due);
    if link.is_attached() {
        // A brain that comes in the middle of an episode begins one there.
        let begins = real_time.takes_over() || begins;
        let sent = link.send_step(begins.then_some(episode), step).ok();
        sent.into_iter().for_each(|sequence| real_time.published(sequence));
        let deadline = real_time.deadline(due);
        let mut answered = false;
        while !answered && link.is_attached() && Instant::now() < deadline {
            answered = mind(link, real_time, deadline, sent);
        }
        if !answered && real_time.missed() && link.is_attached() {
            give_up(link, real_time, "no valid action for too long");
        }
    } else {
        real_time.unattended();
    }
    action.clone_from(if link.is_attached() { real_time.last() } else { real_time.safe() });
}

/// Hears one thing, if it comes before `until`; true if it is the answer to step `awaited`.
fn mind(link: &mut WorldLink, real_time: &mut RealTime, until: Instant, awaited: Option<u64>) -> bool {
    match link.hear(until) {
        Heard::Message(ToWorld::Action { sequence, action, .. }) => {
            // What waited in the queue longer than that is late as well.
            if Some(sequence) == awaited && Instant::now() <= until {
                real_time.answered(sequence, action);
                return true;
            }
            real_time.late(sequence);
        }
        Heard::Message(ToWorld::Failure { reason, .. }) => give_up(link, real_time, &format!("it gave up: {reason}")),
        // A checkpoint is asked for without waiting for it.
        Heard::Message(ToWorld::Kept { .. }) | Heard::Nothing => (),
        Heard::Garbled(error) | Heard::Stray(error) => {
            if real_time.invalid() {
                link.note(format!("a message to the world can't be read: {error}; further ones are only counted"));
            }
        }
        Heard::Gone => give_up(link, real_time, "its liveliness is lost"),
        Heard::Visitor => {
            if let Some(joined) = link.admit() {
                link.note(format!("brain {:?} has the body", joined.name));
                real_time.attached();
            }
        }
    }
    false
}

/// The watchdog: the body does its safe action until another handshake.
fn give_up(link: &mut WorldLink, real_time: &mut RealTime, why: &str) {
    let brain = link.brain();
    link.note(format!("watchdog: {brain}: {why}; the body does its safe action until a brain attaches"));
    link.detach(End::Detached, &format!("the watchdog took the body: {why}"));
    real_time.tripped();
}
