//! What is true of a car on a plane: it holds its speed, turns as its wheels stand, stands firm, keeps the contract.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use embody_robots::catalogue::car::Car;
use embody_robots::conformance::{self, wandering_action};
use embody_robots::robot::Wheels;
use embody_robots::{Action, Body, Checkpoint, Nanos, Observation, Pose};
use embody_sim_world::{Arena, RoadSettings, SimulatedBody};

const CONTROL: Nanos = Nanos::from_millis(10);

fn plane() -> Arena {
    Arena { wall_height_m: 0.0, road: Some(RoadSettings::default()), ..Arena::default() }
}

fn build(car: &Car, physics_ms: u64) -> SimulatedBody {
    let mut body = SimulatedBody::new(&car.robot(), &plane(), Nanos::from_millis(physics_ms), CONTROL).unwrap();
    body.reset(1).unwrap();
    let mut seen = Observation::from_spec(body.observation_spec());
    body.begin(&mut seen).unwrap();
    body
}

/// Steps with one command; gives the poses after each step.
fn drive(body: &mut SimulatedBody, steering_rad: f32, steps: usize) -> Vec<Pose> {
    let mut seen = Observation::from_spec(body.observation_spec());
    let action = Action { fields: vec![vec![steering_rad]] };
    let step = |_| {
        body.step(&action, &mut seen).unwrap();
        body.truth().pose("chassis").unwrap()
    };
    (0..steps).map(step).collect()
}

/// Distance between two places (m).
fn distance(a: &Pose, b: &Pose) -> f64 {
    (a.translation.vector - b.translation.vector).norm()
}

#[test]
fn straight_on_it_reaches_and_holds_its_speed_and_lies_level() {
    for physics_ms in [5, 10] {
        let mut body = build(&Car::default(), physics_ms);
        let start = drive(&mut body, 0.0, 100);
        let way = drive(&mut body, 0.0, 1000);
        let speed = distance(&way[0], &way[999]) / 9.99;
        assert!((speed / 4.5 - 1.0).abs() < 0.005, "{physics_ms} ms: {speed} m/s");
        assert!(distance(&start[60], &start[99]) / 0.39 > 4.4, "it is fast again within 0.6 s");
        for pose in &way {
            let up = pose.rotation * nalgebra::Vector3::z();
            assert!(
                pose.translation.z.abs() < 0.01 && up.z > 0.9999 && pose.translation.y.abs() < 1e-3,
                "{physics_ms} ms: {pose}"
            );
        }
    }
}

#[test]
fn it_turns_with_the_radius_of_its_geometry() {
    for physics_ms in [5, 10] {
        for degrees in [-30.0_f64, -10.0, 3.0, 7.0, 15.0, 30.0] {
            let mut body = build(&Car::default(), physics_ms);
            let steering = degrees.to_radians();
            drive(&mut body, steering as f32, 200);
            let way = drive(&mut body, steering as f32, 200);
            let length: f64 = way.windows(2).map(|pair| distance(&pair[0], &pair[1])).sum();
            let heading = |pose: &Pose| pose.rotation.euler_angles().2;
            let turned: f64 = way
                .windows(2)
                .map(|pair| {
                    (heading(&pair[1]) - heading(&pair[0]) + 9.0).rem_euclid(std::f64::consts::TAU)
                        - (9.0 - std::f64::consts::TAU)
                })
                .sum();
            let (radius, expected) = (length / turned, 2.0 / steering.tan());
            assert!(
                (radius / expected - 1.0).abs() < 0.05,
                "{physics_ms} ms, {degrees} degrees: {radius} m, expected {expected}"
            );
            let speed = length / 1.99;
            assert!((speed / 4.5 - 1.0).abs() < 0.02, "{degrees} degrees: {speed} m/s");
        }
    }
}

#[test]
fn the_steering_follows_with_its_lag() {
    let mut body = build(&Car::default(), 10);
    drive(&mut body, 0.0, 200);
    let way = drive(&mut body, 0.2, 60);
    // After long, a lag delays a ramp by its time constant: the heading turned by as much less.
    let rate = 4.5 / 2.0 * 0.2_f64.tan();
    let late = 0.6 - way[59].rotation.euler_angles().2 / rate;
    assert!((0.09..0.14).contains(&late), "{late} s");
}

#[test]
fn it_slides_where_it_is_slippery() {
    let car = Car { wheels: Wheels { friction: 0.1, ..Wheels::default() }, ..Car::default() };
    let mut body = build(&car, 10);
    drive(&mut body, 0.0, 1000);
    let way = drive(&mut body, 0.5, 300);
    let turned = way[299].rotation.euler_angles().2.abs();
    assert!(turned < 1.5, "{turned} rad in 3 s, 3.7 with grip");
}

#[test]
fn the_car_keeps_the_contract_of_body_and_stage() {
    conformance::body(|| build(&Car::default(), 10));
    conformance::stage(build(&Car::default(), 10).stage(), "chassis");
}

#[test]
fn a_checkpoint_taken_in_a_bend_continues_byte_for_byte() {
    let mut a = build(&Car::default(), 5);
    drive(&mut a, 0.3, 150);
    let mut b = build(&Car::default(), 5);
    b.restore(&a.save().unwrap()).unwrap();
    let spec = a.action_spec().clone();
    let mut seen = [a.observation_spec(), b.observation_spec()].map(Observation::from_spec);
    for step in 0..400 {
        a.step(&wandering_action(&spec, step), &mut seen[0]).unwrap();
        b.step(&wandering_action(&spec, step), &mut seen[1]).unwrap();
        assert!(a.save().unwrap() == b.save().unwrap(), "the states differ {step} steps after restoring");
        assert_eq!(seen[0], seen[1]);
    }
}

#[test]
fn no_place_is_too_strange() {
    let mut body = build(&Car::default(), 10);
    for far in [1e3, 1e9, 1e20, 3e38] {
        for at in [Pose::translation(far, 0.0, 0.0), Pose::translation(0.0, 0.0, far), Pose::translation(0.0, 0.0, -far)] {
            body.reset(1).unwrap();
            body.stage().place("chassis", &at).unwrap();
            let mut seen = Observation::from_spec(body.observation_spec());
            for _ in 0..50 {
                // It may leave the finite numbers, and say so.
                let _ = body.step(&Action { fields: vec![vec![0.3]] }, &mut seen);
            }
        }
    }
}
