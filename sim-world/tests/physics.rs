//! What is true of a ball on a plane: it rolls or slides, obeys its drive's limits, rests on the ground, meets walls.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

mod common;

use common::{CONTROL, PHYSICS, drive, world};
use embody_robots::catalogue::ball::Ball;
use embody_robots::robot::{Joint, JointKind, Link, Origin};
use embody_robots::stage::{Contact, Pose};
use embody_robots::{Body, Nanos};
use embody_sim_world::{Arena, SimulatedBody};

fn calm() -> Ball {
    Ball { camera: Default::default(), jitter: Default::default(), ..Ball::default() }
}

#[test]
fn a_driven_ball_reaches_the_commanded_velocity_and_rolls_without_slipping() {
    for command in [[1.0_f32, 0.0], [0.6, -1.2], [-1.4, 1.4]] {
        let mut body = world(&calm(), &Arena::default());
        let [position, v, w] = drive(&mut body, command, 100);
        for (axis, asked) in command.iter().enumerate() {
            assert!((v[axis] - f64::from(*asked)).abs() < 1e-3, "velocity {v:?}, command {command:?}");
        }
        // v = w x (radius up): wx = -vy / r, wy = vx / r.
        assert!((w[0] + v[1]).abs() < 5e-3 && (w[1] - v[0]).abs() < 5e-3 && w[2].abs() < 1e-3, "v {v:?}, w {w:?}");
        assert!((position[2] - 1.0).abs() < 1e-3 && v[2].abs() < 1e-3, "it stays on the ground: {position:?}, {v:?}");
    }
}

#[test]
fn a_command_beyond_the_greatest_speed_is_shortened_and_keeps_its_direction() {
    let mut body = world(&calm(), &Arena::default());
    let [_, v, _] = drive(&mut body, [30.0, 40.0], 100);
    assert!((v[0] - 1.2).abs() < 1e-3 && (v[1] - 1.6).abs() < 1e-3, "{v:?}");
}

#[test]
fn a_weak_drive_takes_the_time_that_its_force_and_the_balls_inertia_predict() {
    // F = 7/5 m a while rolling: after t the speed is F t / (7/5 m), as long as the drive is at its limit.
    let ball = Ball { max_force_n: 2.0, ..calm() };
    let mut body = world(&ball, &Arena::default());
    let steps = 100;
    let [position, v, w] = drive(&mut body, [2.0, 0.0], steps);
    let (t, a) = (0.02 * steps as f64, 2.0 / (1.4 * 10.0));
    assert!((v[0] / (a * t) - 1.0).abs() < 0.02, "speed {}, expected {}", v[0], a * t);
    assert!((w[1] / v[0] - 1.0).abs() < 0.02, "it rolls: w {} v {}", w[1], v[0]);
    assert!((position[0] / (0.5 * a * t * t) - 1.0).abs() < 0.02, "way {}", position[0]);
}

#[test]
fn the_drive_answers_a_rolling_ball_with_seven_fifths_of_its_time_constant() {
    let mut body = world(&Ball { drive_time_constant: Nanos::from_millis(500), ..calm() }, &Arena::default());
    let [_, v, _] = drive(&mut body, [1.0, 0.0], 35);
    let expected = 1.0 - (-1.0_f64).exp();
    assert!((v[0] - expected).abs() < 0.01, "after 7/5 tau: {} instead of {expected}", v[0]);
}

#[test]
fn without_friction_the_ball_slides_and_doesnt_spin() {
    for (ball, ground) in [(0.0, 0.8), (0.8, 0.0)] {
        let arena = Arena { friction: ground, ..Arena::default() };
        let mut body = world(&Ball { friction: ball, ..calm() }, &arena);
        let [_, v, w] = drive(&mut body, [1.0, 0.5], 50);
        assert!((v[0] - 1.0).abs() < 1e-3 && w.iter().all(|w| w.abs() < 1e-6), "v {v:?}, w {w:?}");
    }
}

#[test]
fn with_little_friction_the_ball_spins_up_only_as_fast_as_friction_allows() {
    // Sliding friction mu m g turns the ball with w' = 5/2 mu g / r, however hard the drive pulls.
    let mut body = world(&Ball { friction: 0.01, ..calm() }, &Arena::default());
    let [_, v, w] = drive(&mut body, [2.0, 0.0], 50);
    let expected = 2.5 * 0.01 * 9.81;
    assert!(v[0] > 1.9 && (w[1] / expected - 1.0).abs() < 0.03, "v {v:?}, w {w:?}, expected {expected}");
}

#[test]
fn a_resting_ball_presses_on_the_ground_with_its_weight() {
    let mut body = world(&calm(), &Arena::default());
    drive(&mut body, [0.0, 0.0], 100);
    let mut contacts: Vec<Contact> = Vec::new();
    body.truth().contacts("ball", &mut contacts).expect("contacts");
    assert_eq!(contacts.len(), 1);
    let contact = &contacts[0];
    assert_eq!((contact.name.as_str(), contact.other.as_str()), ("ball", "ground"));
    assert!((contact.force_n / 98.1 - 1.0).abs() < 0.01, "{contact:?}");
    assert!(contact.point_m.norm() < 0.01, "{contact:?}");
}

#[test]
fn the_ball_stops_at_every_wall_and_says_which() {
    for (command, axis, wall) in [
        ([2.0, 0.0], 0, "wall_east"),
        ([-2.0, 0.0], 0, "wall_west"),
        ([0.0, 2.0], 1, "wall_north"),
        ([0.0, -2.0], 1, "wall_south"),
    ] {
        let mut body = world(&calm(), &Arena::default());
        let [position, v, _] = drive(&mut body, command, 500);
        assert!((8.99..=9.01).contains(&position[axis].abs()), "{wall}: {position:?}");
        assert!(v[axis].abs() < 0.01, "{wall}: {v:?}");
        let mut contacts: Vec<Contact> = Vec::new();
        body.truth().contacts("ball", &mut contacts).expect("contacts");
        assert!(contacts.iter().any(|contact| contact.other == wall && contact.force_n > 1.0), "{wall}: {contacts:?}");
    }
}

#[test]
fn even_a_very_fast_and_small_ball_does_not_pass_a_wall() {
    let ball = Ball { radius_m: 0.1, max_speed_m_s: 300.0, max_force_n: 1e6, ..calm() };
    let mut body = world(&ball, &Arena::default());
    for command in [[300.0, 0.0], [-300.0, 0.0], [0.0, 300.0], [0.0, -300.0], [210.0, 210.0]] {
        body.stage().place("ball", &Pose::translation(0.0, 0.0, 0.1)).expect("place");
        for _ in 0..100 {
            let [position, ..] = drive(&mut body, command, 1);
            assert!(position[0].abs() < 10.0 && position[1].abs() < 10.0, "{command:?}: {position:?}");
        }
    }
}

#[test]
fn a_bouncy_arena_gives_speed_back() {
    let speed_after = |restitution| {
        let mut body = world(&calm(), &Arena { restitution, ..Arena::default() });
        body.stage().place("ball", &Pose::translation(0.0, 0.0, 2.0)).expect("place");
        (0..60).map(|_| drive(&mut body, [0.0, 0.0], 1)[1][2]).fold(0.0, f64::max)
    };
    assert!(speed_after(0.0) < 0.05, "{}", speed_after(0.0));
    let expected = 0.8 * (2.0 * 9.81_f64).sqrt();
    assert!((speed_after(0.8) / expected - 1.0).abs() < 0.1, "{} instead of {expected}", speed_after(0.8));
}

/// Alone, a ball is driven through the world's gravity, beside another through impulses.
#[test]
fn a_ball_moves_alone_as_it_does_beside_another() {
    let alone = calm().robot();
    let mut beside = alone.clone();
    beside.links.push(Link { name: "other".into(), ..alone.links[0].clone() });
    beside.joints.push(Joint::new("other", None, "other", Origin::at([7.0, 7.0, 1.0]), JointKind::Free));
    let [first, second] = [alone, beside].map(|robot| {
        let mut body = SimulatedBody::new(&robot, &Arena::default(), PHYSICS, CONTROL).expect("the world can be built");
        body.reset(1).expect("reset");
        // Speeding up, turning, and into the wall.
        let commands = [([1.0, 0.3], 60), ([-1.5, 1.0], 80), ([0.0, -2.0], 500)];
        commands.map(|(command, steps)| drive(&mut body, command, steps))
    });
    for (a, b) in first.as_flattened().as_flattened().iter().zip(second.as_flattened().as_flattened()) {
        assert!((a - b).abs() < 2e-3, "{first:?} alone, {second:?} beside another");
    }
}
