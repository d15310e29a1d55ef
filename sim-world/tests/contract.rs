//! The simulated body keeps the contract, refuses what can't be, and continues from checkpoints byte for byte.

mod common;

use common::{CONTROL, Centre, PHYSICS, ball_world, drive, world};
use embody_robots::catalogue::ball::Ball;
use embody_robots::conformance::{self, wandering_action};
use embody_robots::robot::{EventCameraSpec, Joint, JointKind, Origin, RobotSpec, Shape};
use embody_robots::{Action, Body, BodyError, Checkpoint, Contact, Environment, Field, Nanos, Observation, Pose};
use embody_sim_world::{Arena, BuildError, SimulatedBody};

/// A ball whose camera has everything: noise, unrest.
fn noisy() -> Ball {
    Ball { camera: EventCameraSpec { noise_hz: 2.0, ..EventCameraSpec::default() }, ..Ball::default() }
}

#[test]
fn the_ball_keeps_the_contract_of_a_body() {
    conformance::body(|| world(&noisy(), &Arena::default()));
}

#[test]
fn the_ball_keeps_the_contract_of_a_stage() {
    conformance::stage(ball_world().stage(), "ball");
}

#[test]
fn the_ball_with_a_task_keeps_the_contract_of_an_environment() {
    let make = || Environment::new(Box::new(world(&noisy(), &Arena::default())), Box::new(Centre::new())).expect("fits");
    conformance::environment(make, 1600);
}

/// Saves, restores into another body, and compares the saved bytes of both after every step.
fn continues_byte_for_byte(mut a: SimulatedBody, action: impl Fn(u64) -> Action) {
    let mut b = SimulatedBody::new(a.robot(), a.arena(), PHYSICS, CONTROL).expect("build");
    b.restore(&a.save().expect("save")).expect("restore");
    let mut seen_a = Observation::from_spec(a.observation_spec());
    let mut seen_b = seen_a.clone();
    for step in 0..400 {
        a.step(&action(step), &mut seen_a).expect("step");
        b.step(&action(step), &mut seen_b).expect("step");
        assert!(a.save().expect("save") == b.save().expect("save"), "the states differ {step} steps after restoring");
        assert_eq!(seen_a, seen_b, "the observations differ {step} steps after restoring");
    }
}

#[test]
fn a_checkpoint_taken_while_pushing_into_a_corner_continues_byte_for_byte() {
    let mut body = ball_world();
    drive(&mut body, [2.0, 2.0], 600);
    let mut contacts: Vec<Contact> = Vec::new();
    body.truth().contacts("ball", &mut contacts).expect("contacts");
    let others: Vec<_> = contacts.iter().map(|contact| contact.other.as_str()).collect();
    assert_eq!(others, ["ground", "wall_east", "wall_north"], "the checkpoint is taken in contact");
    let spec = body.action_spec().clone();
    // First on into the corner, then away and about, so that contacts end and begin.
    let push = Action { fields: vec![vec![2.0, 2.0]] };
    continues_byte_for_byte(body, |step| if step < 50 { push.clone() } else { wandering_action(&spec, step) });
}

#[test]
fn a_checkpoint_taken_between_placing_and_stepping_continues_byte_for_byte() {
    let mut body = ball_world();
    drive(&mut body, [2.0, 0.3], 300);
    body.stage().place("ball", &Pose::translation(-3.0, 4.0, 1.0)).expect("place");
    let spec = body.action_spec().clone();
    continues_byte_for_byte(body, |step| wandering_action(&spec, step));
}

#[test]
fn a_reset_leaves_no_byte_of_the_past() {
    let mut used = ball_world();
    drive(&mut used, [2.0, 2.0], 700);
    used.reset(9).expect("reset");
    let mut fresh = ball_world();
    fresh.reset(9).expect("reset");
    let mut seen = [Observation::from_spec(used.observation_spec()), Observation::from_spec(fresh.observation_spec())];
    for (body, seen) in [&mut used, &mut fresh].into_iter().zip(&mut seen) {
        body.begin(seen).expect("begin");
    }
    assert!(used.save().expect("save") == fresh.save().expect("save"), "right after the reset");
    let spec = used.action_spec().clone();
    for step in 0..200 {
        used.step(&wandering_action(&spec, step), &mut seen[0]).expect("step");
        fresh.step(&wandering_action(&spec, step), &mut seen[1]).expect("step");
        assert!(used.save().expect("save") == fresh.save().expect("save"), "{step} steps after the reset");
    }
}

#[test]
fn seeds_differ_in_what_they_show() {
    let mut body = world(&noisy(), &Arena::default());
    let mut show = |seed| {
        let mut seen = Observation::from_spec(body.observation_spec());
        body.reset(seed).expect("reset");
        body.begin(&mut seen).expect("begin");
        let still = body.safe_action();
        (0..50).map(|_| body.step(&still, &mut seen).map(|()| seen.events(0).to_vec()).expect("step")).collect::<Vec<_>>()
    };
    assert_ne!(show(1), show(2));
}

#[test]
fn a_checkpoint_of_another_world_is_refused_and_changes_nothing() {
    let mut body = ball_world();
    let before = body.save().expect("save");
    let larger = EventCameraSpec { width: 17, ..EventCameraSpec::default() };
    let mut two_links = Ball::default().robot();
    let mut second = two_links.links[0].clone();
    second.name = "second".into();
    two_links.links.push(second);
    two_links.joints.push(Joint::new("second", None, "second", Origin::at([5.0, 0.0, 1.0]), JointKind::Free));
    for (other, hint) in [
        (world(&Ball { camera: larger, ..Ball::default() }, &Arena::default()), "pixels in sensor 0"),
        (SimulatedBody::new(&two_links, &Arena::default(), PHYSICS, CONTROL).expect("build"), "bodies"),
        (world(&Ball { radius_m: 0.9, ..Ball::default() }, &Arena::default()), "another robot"),
        (world(&Ball::default(), &Arena { friction: 0.1, ..Arena::default() }), "another robot"),
    ] {
        let error = body.restore(&other.save().expect("save")).expect_err("refused").to_string();
        assert!(error.contains(hint), "{error:?} names {hint:?}");
        assert!(body.save().expect("save") == before);
    }
}

#[test]
fn what_cannot_be_built_is_refused_by_name() {
    let build = |ball: &Ball, arena: &Arena, physics: u64, control: u64| {
        SimulatedBody::new(&ball.robot(), arena, Nanos(physics), Nanos(control)).map(|_| ()).expect_err("refused").to_string()
    };
    let (ball, arena) = (Ball::default(), Arena::default());
    let error = build(&ball, &arena, 3, 20);
    assert!(error.contains("control_period is 20 ns") && error.contains("physics_period, 3 ns"), "{error}");
    assert!(build(&ball, &arena, 0, 20).contains("physics_period, 0 ns"));
    assert!(build(&Ball { mass_kg: 0.0, ..ball.clone() }, &arena, 1, 1).contains("mass_kg"));
    assert!(build(&ball, &Arena { friction: -1.0, ..arena.clone() }, 1, 1).contains("friction"));
    let fast = Ball { drive_time_constant: Nanos(5), ..ball.clone() };
    assert!(build(&fast, &arena, 10, 10).contains("time_constant is 5 ns"));
    for what in ["links", "joints", "actuators", "sensors"] {
        let mut robot: RobotSpec = ball.robot();
        match what {
            "links" => robot.links.extend_from_within(..),
            "joints" => robot.joints.extend_from_within(..),
            "actuators" => robot.actuators.extend_from_within(..),
            _ => robot.sensors.extend_from_within(..),
        }
        let error = SimulatedBody::new(&robot, &arena, PHYSICS, CONTROL).err().expect("refused").to_string();
        assert!(error.contains(&format!("two {what} are called")), "{error}");
    }
    let mut robot = ball.robot();
    robot.links[0].name = "wall_east".into();
    robot.joints[0].child = "wall_east".into();
    assert!(matches!(SimulatedBody::new(&robot, &arena, PHYSICS, CONTROL), Err(BuildError::ReservedName { .. })));
}

#[test]
fn what_cannot_be_simulated_yet_is_refused_by_name() {
    type Change = fn(&mut RobotSpec);
    let changes: [(Change, &str); 4] = [
        (
            |robot| robot.links[0].parts[0].shape = Shape::Ellipsoid { radii_m: [1.0, 1.0, 2.0] },
            "link \"ball\" can't be simulated yet",
        ),
        (|robot| robot.links[0].parts[0].shape = Shape::Mesh { file: "ball.stl".into(), scale: [1.0; 3] }, "which isn't loaded"),
        (|robot| robot.links[0].inertial = None, "expected mass_kg above zero"),
        (
            |robot| {
                robot.joints[0].kind = JointKind::Ball;
                robot.joints[0].limits.position = Some([0.0, 1.0]);
            },
            "joint \"free\", a ball joint can't be simulated yet",
        ),
    ];
    for (change, hint) in changes {
        let mut robot = Ball::default().robot();
        change(&mut robot);
        let error = SimulatedBody::new(&robot, &Arena::default(), PHYSICS, CONTROL).err().expect("refused").to_string();
        assert!(error.contains(hint), "{error}");
    }
}

#[test]
fn numbers_beyond_the_engine_are_errors_and_never_panics() {
    let mut body = ball_world();
    assert!(body.stage().place("ball", &Pose::translation(1e39, 0.0, 1.0)).is_err(), "infinite as f32");
    let mut seen = Observation::from_spec(body.observation_spec());
    body.stage().place("ball", &Pose::translation(3e38, 0.0, 3e38)).expect("finite");
    let action = Action { fields: vec![vec![2.0, 0.0]] };
    let failed = (0..200).find_map(|_| body.step(&action, &mut seen).err());
    if let Some(error) = failed {
        assert!(matches!(error, BodyError::NotFinite { .. }), "{error}");
        assert!(body.step(&action, &mut seen).is_err(), "a broken world stays broken");
    }
    body.reset(1).expect("reset");
    body.begin(&mut seen).expect("begin");
    body.step(&action, &mut seen).expect("a reset mends it");
}

#[test]
fn an_observation_of_another_shape_is_replaced() {
    let mut body = ball_world();
    let mut seen = Observation { fields: vec![Field::Dense(vec![1.0])] };
    body.step(&body.safe_action(), &mut seen).expect("step");
    conformance::observation(body.observation_spec(), &seen, 0, 20_000_000);
}
