//! Conformance suites: what any body, task or environment must keep. Call them from a test; they panic on the first fault.

use crate::action::Action;
use crate::body::Body;
use crate::checkpoint::Checkpoint;
use crate::environment::{Environment, StepKind};
use crate::observation::{Field, Observation};
use crate::spec::{ActionSpec, FieldKind, ObservationSpec};
use crate::stage::{Pose, Stage};
use crate::task::Task;
use crate::trace::TraceHash;

/// An action that moves about: every value wanders between the bounds, as a function of `step` alone.
pub fn wandering_action(spec: &ActionSpec, step: u64) -> Action {
    let mut action = Action::from_spec(spec);
    for (f, (values, field)) in action.fields.iter_mut().zip(&spec.fields).enumerate() {
        for (i, value) in values.iter_mut().enumerate() {
            let phase = (crate::seed::stream(step / 16, &format!("{f}/{i}")) % 1000) as f32 / 999.0;
            *value = field.bounds[0] + phase * (field.bounds[1] - field.bounds[0]);
        }
    }
    action
}

/// Checks an observation against its spec: field order, sizes, sorted events inside the sensor and the control period.
pub fn observation(spec: &ObservationSpec, observation: &Observation, from_ns: u64, to_ns: u64) {
    assert_eq!(spec.fields.len(), observation.fields.len(), "an observation has the fields of its spec");
    for (spec, field) in spec.fields.iter().zip(&observation.fields) {
        match (&spec.kind, field) {
            (FieldKind::Dense { shape, bounds, .. }, Field::Dense(values)) => {
                assert_eq!(values.len(), shape.iter().product::<usize>(), "{}: size", spec.name);
                assert!(values.iter().all(|v| (bounds[0]..=bounds[1]).contains(v)), "{}: bounds", spec.name);
            }
            (FieldKind::Events { width, height, max_events }, Field::Events(buffer)) => {
                let events = buffer.events();
                assert!(events.len() <= *max_events, "{}: at most {max_events} events", spec.name);
                assert!(events.is_sorted(), "{}: events are sorted", spec.name);
                assert!(events.iter().all(|e| e.x < *width && e.y < *height), "{}: events lie on the sensor", spec.name);
                assert!(
                    events.iter().all(|e| from_ns < e.t_ns && e.t_ns <= to_ns),
                    "{}: events lie in ({from_ns}, {to_ns}]",
                    spec.name
                );
            }
            _ => panic!("{}: the field is not of the kind in the spec", spec.name),
        }
    }
}

/// Every promise of [`Body`]: time, specs, equal episodes from equal seeds, refused actions, and continuing byte for byte.
pub fn body<B: Body>(mut make: impl FnMut() -> B) {
    let mut a = make();
    let (actions, period) = (a.action_spec().clone(), a.control_period().0);
    let mut seen = Observation::from_spec(a.observation_spec());
    a.safe_action().check(&actions).expect("the safe action keeps the spec");

    let mut run = |body: &mut B, seed: u64, steps: u64| -> Vec<Observation> {
        let spec = body.observation_spec().clone();
        let mut all = Vec::new();
        body.reset(seed).expect("reset");
        assert_eq!(body.time().0, 0, "time starts at zero");
        body.begin(&mut seen).expect("begin");
        for step in 0..steps {
            body.step(&wandering_action(&actions, step), &mut seen).expect("step");
            assert_eq!(body.time().0, (step + 1) * period, "a step lasts one control period");
            observation(&spec, &seen, step * period, (step + 1) * period);
            all.push(seen.clone());
        }
        all
    };
    let first = run(&mut a, 7, 300);
    let again = run(&mut a, 7, 300);
    assert!(first == again, "equal seeds give equal episodes, in the same body");
    assert!(first == run(&mut make(), 7, 300), "equal seeds give equal episodes, in another body");

    run(&mut a, 7, 150);
    let state = a.save().expect("save");
    let mut b = make();
    b.restore(&state).expect("restore");
    assert!(b.save().expect("save again") == state, "a restored body saves the same bytes");
    let (mut seen_a, mut seen_b) = (Observation::from_spec(a.observation_spec()), Observation::from_spec(a.observation_spec()));
    for step in 150..300 {
        let action = wandering_action(&actions, step);
        a.step(&action, &mut seen_a).expect("step");
        b.step(&action, &mut seen_b).expect("step");
        assert!(seen_a.fields == seen_b.fields, "step {step} after restore: the observation differs");
        assert!(a.save().expect("save") == b.save().expect("save"), "step {step} after restore: the state differs");
    }
    let before = a.save().expect("save");
    assert!(a.restore(&state[..state.len() / 2]).is_err(), "half a checkpoint is refused");
    assert!(a.restore(&[state.as_slice(), &[0]].concat()).is_err(), "a checkpoint with a byte too many is refused");
    let mut bad = a.safe_action();
    if let Some(value) = bad.fields.first_mut().and_then(|f| f.first_mut()) {
        *value = f32::NAN;
        assert!(a.step(&bad, &mut seen_a).is_err(), "NaN is refused");
    }
    bad.fields.push(vec![0.0]);
    assert!(a.step(&bad, &mut seen_a).is_err(), "a field too many is refused");
    assert!(a.save().expect("save") == before, "what was refused changed nothing");
}

/// The promises of [`Stage::place`] and [`Stage::pose`] for the frame `name`.
pub fn stage(stage: &mut dyn Stage, name: &str) {
    use crate::stage::Need::{Place, Pose as PoseOf, Velocity};
    for need in [Place(name.into()), PoseOf(name.into()), Velocity(name.into())] {
        assert!(stage.offers(&need), "the stage offers {need:?}");
    }
    let pose = stage.pose(name).expect("pose");
    let target = Pose::translation(pose.translation.x + 0.5, pose.translation.y - 0.25, pose.translation.z);
    stage.place(name, &target).expect("place");
    let reached = stage.pose(name).expect("pose");
    assert!((reached.translation.vector - target.translation.vector).norm() < 1e-6, "a frame stands where it was placed");
    let velocity = stage.velocity(name).expect("velocity");
    assert!(velocity.linear.norm() == 0.0 && velocity.angular.norm() == 0.0, "a placed frame is at rest");
    assert!(stage.place(name, &Pose::translation(f64::NAN, 0.0, 0.0)).is_err(), "NaN is refused");
    assert!(stage.pose("no such frame").is_err() && stage.velocity("no such frame").is_err(), "unknown names are refused");
    assert!(stage.place("no such frame", &target).is_err() && !stage.offers(&PoseOf("no such frame".into())));
}

/// The promises of an [`Environment`], and with it of its [`Task`]: step kinds, equal runs from equal seeds, tallies
/// that only grow, and continuing from a checkpoint with the same trace.
pub fn environment<B: Body + ?Sized, T: Task + ?Sized>(mut make: impl FnMut() -> Environment<B, T>, steps: u64) {
    struct Run<'a, B: Body + ?Sized, T: Task + ?Sized> {
        env: &'a mut Environment<B, T>,
        hash: TraceHash,
        over: bool,
    }
    impl<B: Body + ?Sized, T: Task + ?Sized> Run<'_, B, T> {
        fn go(&mut self, from: u64, to: u64) {
            let spec = self.env.body().action_spec().clone();
            let mut scratch = Vec::new();
            for step in from..to {
                if step == 0 || self.over {
                    let first = self.env.reset(step).expect("reset");
                    assert!(first.kind == StepKind::First && first.reward == 0.0, "an episode begins with First");
                    self.hash.record(&mut scratch, step, first, None);
                    self.over = false;
                } else {
                    let before: Vec<_> = self.env.task().tallies().to_vec();
                    let action = wandering_action(&spec, step);
                    let result = self.env.step(&action).expect("step");
                    assert!(result.kind != StepKind::First && result.reward.is_finite());
                    self.over = matches!(result.kind, StepKind::Last(_));
                    self.hash.record(&mut scratch, step, result, Some(&action));
                    for (before, after) in before.iter().zip(self.env.task().tallies()) {
                        assert!(after.name == before.name && after.denominator >= before.denominator, "tallies only grow");
                    }
                }
            }
        }
    }
    let mut a = make();
    let mut whole = Run { env: &mut a, hash: TraceHash::default(), over: false };
    whole.go(0, steps / 2);
    let (state, hash, over) = (whole.env.save().expect("save"), whole.hash, whole.over);
    whole.go(steps / 2, steps);
    let end = whole.hash;
    let mut b = make();
    b.restore(&state).expect("restore");
    let mut rest = Run { env: &mut b, hash, over };
    rest.go(steps / 2, steps);
    assert_eq!(end, rest.hash, "a run continued from a checkpoint has the same trace");
    let mut c = make();
    let mut again = Run { env: &mut c, hash: TraceHash::default(), over: false };
    again.go(0, steps);
    assert_eq!(end, again.hash, "equal seeds give equal traces");
}
