//! What the parts of a control step of the ball world cost.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{Criterion, criterion_group, criterion_main};
use embody_robots::catalogue::ball::Ball;
use embody_robots::conformance::wandering_action;
use embody_robots::observation::EventBuffer;
use embody_robots::robot::EventCameraSpec;
use embody_robots::{Action, Body, Nanos, Observation};
use embody_sim_world::{Arena, Disc, EventCamera, OverheadImage, SimulatedBody};

fn ball_world(physics_ms: u64, control_ms: u64, ball: &Ball) -> (SimulatedBody, Observation, Vec<Action>) {
    let (physics, control) = (Nanos::from_millis(physics_ms), Nanos::from_millis(control_ms));
    let mut body = SimulatedBody::new(&ball.robot(), &Arena::default(), physics, control).expect("build");
    let mut seen = Observation::from_spec(body.observation_spec());
    body.reset(1).expect("reset");
    body.begin(&mut seen).expect("begin");
    let actions = (0..4096).map(|step| wandering_action(body.action_spec(), step)).collect();
    (body, seen, actions)
}

fn control_steps(c: &mut Criterion) {
    let mut blind = Ball::default().robot();
    blind.sensors.clear();
    let (mut body, mut seen, actions) = ball_world(10, 20, &Ball::default());
    let mut step = 0;
    c.bench_function("control step: 2 physics steps, drive, camera", |b| {
        b.iter(|| {
            step = (step + 1) % actions.len();
            body.step(&actions[step], &mut seen)
        });
    });
    let mut body = SimulatedBody::new(&blind, &Arena::default(), Nanos::from_millis(10), Nanos::from_millis(10)).expect("build");
    c.bench_function("physics step with drive, no camera", |b| {
        b.iter(|| {
            step = (step + 1) % actions.len();
            body.step(&actions[step], &mut seen)
        });
    });
    let (mut body, ..) = ball_world(10, 20, &Ball::default());
    c.bench_function("reset", |b| b.iter(|| body.reset(1)));
}

fn camera(c: &mut Criterion) {
    let overhead = OverheadImage::new(16, 16, 10.0);
    // A disc on a circle at 2 m/s, seen every 20 ms.
    let discs: Vec<_> = (0..4096)
        .map(|i| {
            let angle = f64::from(i) * 0.008;
            Disc { centre_m: [(5.0 * libm::cos(angle)) as f32, (5.0 * libm::sin(angle)) as f32], radius_m: 1.0 }
        })
        .collect();
    let mut image = vec![0.0; 256];
    let mut at = 0;
    c.bench_function("overhead image 16 x 16", |b| {
        b.iter(|| {
            at = (at + 1) % discs.len();
            overhead.draw([discs[at]], &mut image);
        });
    });
    let mut camera = EventCamera::new(&EventCameraSpec::default());
    let (mut events, mut now) = (EventBuffer::new(4096), 0);
    camera.begin(|image| overhead.draw([discs[0]], image));
    c.bench_function("event camera 16 x 16 with image", |b| {
        b.iter(|| {
            at = (at + 1) % discs.len();
            now += 20_000_000;
            camera.observe(now - 20_000_000, now, &mut events, |image| overhead.draw([discs[at]], image));
        });
    });
}

criterion_group!(benches, control_steps, camera);
criterion_main!(benches);
