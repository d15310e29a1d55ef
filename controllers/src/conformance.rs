//! The conformance suite of controllers: what any of them must keep. Call it from a test; it panics on the first fault.

use embody_robots::{
    Action, ActionSpec, Checkpoint, CheckpointError, End, Event, Field, FieldKind, Nanos, Observation, ObservationSpec, Stage,
    StepKind, TimeStep, seed,
};

use crate::controller::{Controller, ControllerError, Privileged};

/// A stream of time steps that exercises every field of the spec: the same for the same step, with a `First` and a `Last`.
fn time_step(spec: &ObservationSpec, period: Nanos, step: u64) -> TimeStep {
    let mut observation = Observation::from_spec(spec);
    let end = step * period.0;
    for (field, spec) in observation.fields.iter_mut().zip(&spec.fields) {
        match (field, &spec.kind) {
            (Field::Dense(values), FieldKind::Dense { bounds, .. }) => {
                for (i, value) in values.iter_mut().enumerate() {
                    let share = (seed::stream(step, &format!("{}/{i}", spec.name)) % 1000) as f32 / 999.0;
                    *value = bounds[0] + share * (bounds[1] - bounds[0]);
                }
            }
            (Field::Events(buffer), FieldKind::Events { width, height, .. }) if step > 0 => buffer.refill(|events| {
                for i in 0..12 {
                    let bits = seed::stream(step, &format!("{}/{i}", spec.name));
                    let (x, y) = ((bits as u16) % width, ((bits >> 16) as u16) % height);
                    events.push(Event { t_ns: end - (bits >> 32) % period.0, y, x, on: bits & 1 << 63 != 0 });
                }
            }),
            _ => (),
        }
    }
    let kind = match step {
        0 => StepKind::First,
        399 => StepKind::Last(End::Truncated),
        _ => StepKind::Mid,
    };
    TimeStep { kind, time: Nanos(end), reward: if step == 0 { 0.0 } else { (step % 7) as f32 / 7.0 }, observation }
}

/// A controller of either kind, with what it is shown at each step.
trait Player: Checkpoint {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError>;
    fn act(&mut self, step: u64, action: &mut Action) -> Result<(), ControllerError>;
}

/// One that sees what the body senses.
struct Sensing<'a>(Box<dyn Controller>, &'a ObservationSpec, Nanos);

/// One that sees the truth.
struct Seeing<'a>(Box<dyn Privileged>, &'a dyn Fn(u64) -> Box<dyn Stage>, Nanos);

impl Player for Sensing<'_> {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        self.0.begin_episode(seed)
    }
    fn act(&mut self, step: u64, action: &mut Action) -> Result<(), ControllerError> {
        self.0.act(&time_step(self.1, self.2, step), action)
    }
}

impl Player for Seeing<'_> {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        self.0.begin_episode(seed)
    }
    fn act(&mut self, step: u64, action: &mut Action) -> Result<(), ControllerError> {
        let nothing = ObservationSpec { fields: Vec::new() };
        self.0.act(&time_step(&nothing, self.2, step), &*(self.1)(step), action)
    }
}

impl Checkpoint for Sensing<'_> {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        self.0.save()
    }
    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.0.restore(bytes)
    }
}

impl Checkpoint for Seeing<'_> {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        self.0.save()
    }
    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.0.restore(bytes)
    }
}

/// Plays steps `from` to `to` and gives the actions.
fn play(player: &mut impl Player, action: &ActionSpec, from: u64, to: u64) -> Vec<Action> {
    let mut out = Action::from_spec(action);
    let mut step = |step| {
        if step == 0 {
            player.begin_episode(5).expect("begin_episode");
        }
        player.act(step, &mut out).expect("act");
        out.check(action).expect("an action keeps the spec");
        out.clone()
    };
    (from..to).map(&mut step).collect()
}

/// What both kinds promise. Gives back one that has refused what it should.
fn keeps_its_promises<P: Player>(mut make: impl FnMut() -> P, action: &ActionSpec) -> P {
    let mut a = make();
    let first = play(&mut a, action, 0, 400);
    assert!(first == play(&mut make(), action, 0, 400), "equal builds give equal actions");
    let mut b = make();
    play(&mut b, action, 0, 150);
    let saved = b.save().expect("save");
    let mut c = make();
    c.restore(&saved).expect("restore");
    assert!(c.save().expect("save") == saved, "a restored controller saves the same bytes");
    assert!(play(&mut c, action, 150, 400) == first[150..], "a restored controller goes on as if nothing had been");
    let end = c.save().expect("save");
    assert!(end == a.save().expect("save"), "and ends in the same state");
    assert!(c.restore(&[saved.as_slice(), &[0]].concat()).is_err(), "a checkpoint with a byte too many is refused");
    assert!(saved.is_empty() || c.restore(&saved[..saved.len() / 2]).is_err(), "half a checkpoint is refused");
    assert!(c.save().expect("save") == end, "what was refused changed nothing");
    c
}

/// Every promise of [`Controller`]: actions that keep the spec, equal runs from equal builds, exact continuation, refused nonsense.
pub fn controller(
    mut make: impl FnMut() -> Box<dyn Controller>,
    observation: &ObservationSpec,
    action: &ActionSpec,
    period: Nanos,
) {
    let mut c = keeps_its_promises(|| Sensing(make(), observation, period), action);
    c.0.set_learning(false);
    play(&mut c, action, 100, 120);
}

/// Every promise of [`Privileged`]: actions that keep the spec, equal runs from equal builds, exact continuation, refused nonsense.
/// `truth` gives the true state at a step, the same for the same step.
pub fn privileged(
    mut make: impl FnMut() -> Box<dyn Privileged>,
    truth: impl Fn(u64) -> Box<dyn Stage>,
    action: &ActionSpec,
    period: Nanos,
) {
    keeps_its_promises(|| Seeing(make(), &truth, period), action);
}
