//! What the parts of a control step of the ball world cost.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{Criterion, criterion_group, criterion_main};
use embody_robots::catalogue::ball::Ball;
use embody_robots::conformance::wandering_action;
use embody_robots::observation::EventBuffer;
use embody_robots::robot::EventCameraSpec;
use embody_robots::{Action, Body, Nanos, Observation, Pose};
use embody_sim_world::render::{Camera, Ground, RoadPaint, RoadTexture, Scene, Shape, Thing};
use embody_sim_world::{Arena, Disc, EventCamera, OverheadImage, Road, SimulatedBody};
use nalgebra::{Translation3, UnitQuaternion};

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

fn render(c: &mut Criterion) {
    let road = RoadTexture::new(Road::bends(), RoadPaint::default());
    let lane = Scene { sky: 0.8, ground: Ground::Road(road), things: Vec::new() };
    let turn = UnitQuaternion::from_euler_angles(0.0, 16.0_f64.to_radians(), 0.0);
    let mut camera = Camera::new(128, 32, 80.0_f64.to_radians());
    camera.place(Pose::from_parts(Translation3::new(0.0, -1.5, 1.4), turn));
    let mut image = vec![0.0; 4096];
    c.bench_function("road from the car, 128 x 32", |b| b.iter(|| camera.render(&lane, &mut image)));
    for (name, shape) in [
        ("sphere", Shape::Sphere { radius_m: 1.0 }),
        ("box", Shape::Box { half_extents_m: [0.8; 3] }),
        ("capsule", Shape::Capsule { half_length_m: 0.5, radius_m: 0.5 }),
        ("cylinder", Shape::Cylinder { half_length_m: 0.8, radius_m: 0.6 }),
    ] {
        let thing = Thing { pose: Pose::translation(3.0, 0.0, 1.0), shape, brightness: 0.9 };
        let scene = Scene { sky: 0.8, ground: Ground::Plain(0.3), things: vec![thing] };
        let mut camera = Camera::new(16, 16, 80.0_f64.to_radians());
        camera.place(Pose::translation(0.0, 0.0, 1.2));
        let mut image = vec![0.0; 256];
        c.bench_function(&format!("{name}, 16 x 16"), |b| b.iter(|| camera.render(&scene, &mut image)));
    }
}

criterion_group!(benches, control_steps, camera, render);
criterion_main!(benches);
