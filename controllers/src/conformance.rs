//! The conformance suite of controllers: what any of them must keep. Call it from a test; it panics on the first fault.

use embody_robots::{
    Action, ActionSpec, End, Event, Field, FieldKind, Nanos, Observation, ObservationSpec, Stage, StepKind, TimeStep, seed,
};

use crate::controller::{Controller, Privileged};

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

/// Every promise of [`Controller`]: actions that keep the spec, equal runs from equal builds, exact continuation, refused nonsense.
pub fn controller(
    mut make: impl FnMut() -> Box<dyn Controller>,
    observation: &ObservationSpec,
    action: &ActionSpec,
    period: Nanos,
) {
    let run = |controller: &mut dyn Controller, from: u64, to: u64| -> Vec<Action> {
        let mut all = Vec::new();
        let mut out = Action::from_spec(action);
        for step in from..to {
            if step == 0 {
                controller.begin_episode(5).expect("begin_episode");
            }
            controller.act(&time_step(observation, period, step), &mut out).expect("act");
            out.check(action).expect("an action keeps the spec");
            all.push(out.clone());
        }
        all
    };
    let mut a = make();
    let first = run(&mut *a, 0, 400);
    assert!(first == run(&mut *make(), 0, 400), "equal builds give equal actions");
    let mut b = make();
    run(&mut *b, 0, 150);
    let saved = b.save().expect("save");
    let mut c = make();
    c.restore(&saved).expect("restore");
    assert!(c.save().expect("save") == saved, "a restored controller saves the same bytes");
    assert!(run(&mut *c, 150, 400) == first[150..], "a restored controller goes on as if nothing had been");
    assert!(c.save().expect("save") == a.save().expect("save"), "and ends in the same state");
    let before = c.save().expect("save");
    assert!(c.restore(&[saved.as_slice(), &[0]].concat()).is_err(), "a checkpoint with a byte too many is refused");
    assert!(saved.is_empty() || c.restore(&saved[..saved.len() / 2]).is_err(), "half a checkpoint is refused");
    assert!(c.save().expect("save") == before, "what was refused changed nothing");
    c.set_learning(false);
    run(&mut *c, 100, 120);
}

/// Every promise of [`Privileged`]: actions that keep the spec, equal runs from equal builds, exact continuation, refused nonsense.
/// `truth` gives the true state at a step, the same for the same step.
pub fn privileged(
    mut make: impl FnMut() -> Box<dyn Privileged>,
    truth: impl Fn(u64) -> Box<dyn Stage>,
    action: &ActionSpec,
    period: Nanos,
) {
    let nothing = ObservationSpec { fields: Vec::new() };
    let run = |controller: &mut dyn Privileged, from: u64, to: u64| -> Vec<Action> {
        let mut all = Vec::new();
        let mut out = Action::from_spec(action);
        for step in from..to {
            if step == 0 {
                controller.begin_episode(5).expect("begin_episode");
            }
            controller.act(&time_step(&nothing, period, step), &*truth(step), &mut out).expect("act");
            out.check(action).expect("an action keeps the spec");
            all.push(out.clone());
        }
        all
    };
    let mut a = make();
    let first = run(&mut *a, 0, 400);
    assert!(first == run(&mut *make(), 0, 400), "equal builds give equal actions");
    let mut b = make();
    run(&mut *b, 0, 150);
    let saved = b.save().expect("save");
    let mut c = make();
    c.restore(&saved).expect("restore");
    assert!(c.save().expect("save") == saved, "a restored controller saves the same bytes");
    assert!(run(&mut *c, 150, 400) == first[150..], "a restored controller goes on as if nothing had been");
    let end = c.save().expect("save");
    assert!(end == a.save().expect("save"), "and ends in the same state");
    assert!(c.restore(&[saved.as_slice(), &[0]].concat()).is_err(), "a checkpoint with a byte too many is refused");
    assert!(saved.is_empty() || c.restore(&saved[..saved.len() / 2]).is_err(), "half a checkpoint is refused");
    assert!(c.save().expect("save") == end, "what was refused changed nothing");
}
