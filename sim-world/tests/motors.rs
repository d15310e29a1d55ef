//! What motors, limits and losses of a joint are worth: each against the law by hand.

use embody_robots::robot::{Actuator, Inertial, Joint, JointKind, Limits, Link, Mimic, Mode, Origin, RobotSpec};
use embody_robots::{Action, Body, Nanos, Observation, Stage};
use embody_sim_world::{Arena, SimulatedBody};

const PERIOD: Nanos = Nanos::from_millis(1);
/// Inertia of the rod about its hinge (kg m^2): 1 kg, 0.2 m, hinged at an end.
const INERTIA: f64 = 0.2 * 0.2 / 3.0;

/// A rod of 1 kg and 0.2 m along x, hinged at its end about `axis`.
fn rod(axis: [f64; 3]) -> RobotSpec {
    let across = 0.2 * 0.2 / 12.0;
    let inertial =
        Inertial { mass_kg: 1.0, origin: Origin::at([0.1, 0.0, 0.0]), inertia_kg_m2: [1e-5, 0.0, 0.0, across, 0.0, across] };
    RobotSpec {
        name: "rod".into(),
        links: vec![Link { inertial: Some(inertial), ..Link::frame("rod") }],
        joints: vec![Joint::new("hinge", None, "rod", Origin::at([0.0, 0.0, 1.0]), JointKind::Continuous { axis })],
        actuators: Vec::new(),
        sensors: Vec::new(),
    }
}

fn motor(mode: Mode) -> Actuator {
    let (name, joint) = ("motor".into(), "hinge".into());
    Actuator::Joint { name, joint, mode, max_effort: Some(10.0), max_speed: Some(100.0), bounds: None, lag: None }
}

/// Position and velocity of the hinge after each of `steps` steps under `command`.
fn run(robot: &RobotSpec, gravity_m_s2: f64, command: f32, steps: usize) -> Vec<[f64; 2]> {
    run_by(PERIOD, robot, gravity_m_s2, command, steps)
}

/// The same in steps of `period`.
fn run_by(period: Nanos, robot: &RobotSpec, gravity_m_s2: f64, command: f32, steps: usize) -> Vec<[f64; 2]> {
    let arena = Arena { gravity_m_s2, ..Arena::default() };
    let mut body = SimulatedBody::new(robot, &arena, period, period).expect("builds");
    body.reset(1).expect("reset");
    let mut seen = Observation::from_spec(body.observation_spec());
    let action = Action { fields: vec![vec![command]; robot.actuators.len()] };
    let mut state = || {
        body.step(&action, &mut seen).expect("step");
        let joint = body.joint("hinge").expect("offered");
        [joint.position, joint.velocity]
    };
    (0..steps).map(|_| state()).collect()
}

fn last(states: &[[f64; 2]]) -> [f64; 2] {
    *states.last().expect("steps")
}

const LEVEL: [f64; 3] = [0.0, -1.0, 0.0];
const UPRIGHT: [f64; 3] = [0.0, 0.0, 1.0];

fn near(found: f64, expected: f64, share: f64, what: &str) {
    assert!((found - expected).abs() <= share * expected.abs(), "{what}: {found}, expected {expected}");
}

#[test]
fn a_stiff_joint_sags_under_gravity_as_by_hand() {
    let mut robot = rod(LEVEL);
    robot.actuators.push(motor(Mode::Position { kp: 400.0, kd: 20.0 }));
    let [position, velocity] = last(&run(&robot, 9.81, 0.0, 3000));
    near(position, -9.81 * 0.1 / 400.0, 1e-3, "sag (rad)");
    assert!(velocity.abs() < 1e-4, "it stands: {velocity}");
}

#[test]
fn without_a_motor_it_falls() {
    let states = run(&rod(LEVEL), 9.81, 0.0, 50);
    near(last(&states)[1], -9.81 * 0.1 / INERTIA * 0.05, 2e-3, "speed after 0.05 s, still nearly level (rad/s)");
}

#[test]
fn an_effort_accelerates_and_damping_ends_it() {
    let mut robot = rod(UPRIGHT);
    robot.actuators.push(motor(Mode::Effort));
    near(last(&run(&robot, 9.81, 0.5, 100))[1], 0.5 / INERTIA * 0.1, 1e-3, "speed after 0.1 s (rad/s)");
    near(last(&run(&robot, 9.81, -99.0, 10))[1], -10.0 / INERTIA * 0.01, 1e-3, "an effort beyond the limit");
    robot.joints[0].damping = 0.1;
    near(last(&run(&robot, 9.81, 0.5, 3000))[1], 5.0, 1e-3, "effort over damping (rad/s)");
    robot.joints[0].armature = INERTIA;
    robot.joints[0].damping = 0.0;
    near(last(&run(&robot, 9.81, 0.5, 100))[1], 0.5 / (2.0 * INERTIA) * 0.1, 1e-3, "with a rotor as heavy as the rod (rad/s)");
}

#[test]
fn dry_friction_holds_what_is_weaker_and_slows_what_is_stronger() {
    let mut robot = rod(UPRIGHT);
    robot.actuators.push(motor(Mode::Effort));
    robot.joints[0].friction = 0.3;
    assert!(last(&run(&robot, 9.81, 0.29, 500))[0].abs() < 1e-4, "it doesn't move");
    near(last(&run(&robot, 9.81, 0.5, 100))[1], 0.2 / INERTIA * 0.1, 0.01, "what is left of the effort moves it (rad/s)");
}

#[test]
fn a_velocity_is_reached_as_fast_as_the_effort_lets_it() {
    let mut robot = rod(UPRIGHT);
    robot.actuators.push(motor(Mode::Velocity { kd: 5.0 }));
    if let Actuator::Joint { max_effort, max_speed, .. } = &mut robot.actuators[0] {
        (*max_effort, *max_speed) = (Some(0.2), Some(2.0));
    }
    let states = run(&robot, 9.81, 9.0, 400);
    near(states[49][1], 0.2 / INERTIA * 0.05, 0.01, "speed at the limit of effort (rad/s)");
    near(last(&states)[1], 2.0, 1e-3, "the limit of speed (rad/s)");
}

#[test]
fn an_effort_brings_a_joint_to_its_greatest_speed_and_no_further() {
    let mut robot = rod(UPRIGHT);
    robot.actuators.push(motor(Mode::Effort));
    if let Actuator::Joint { max_speed, .. } = &mut robot.actuators[0] {
        *max_speed = Some(3.0);
    }
    for period_ms in [1, 10] {
        for command in [0.5, -0.5] {
            let states = run_by(Nanos::from_millis(period_ms), &robot, 9.81, command, 300);
            assert!(states.iter().all(|[_, velocity]| velocity.abs() < 3.0 + 1e-5), "{period_ms} ms: {:?}", last(&states));
            near(last(&states)[1], f64::from(command) * 6.0, 1e-3, "the limit of speed (rad/s)");
        }
    }
    // It brakes with all its might, and below half of its speed it pulls with all of it.
    let states = run(&robot, 9.81, 0.5, 39);
    near(last(&states)[1], 0.5 / INERTIA * 0.039, 1e-3, "speed after 39 ms (rad/s)");
}

#[test]
fn a_command_beyond_its_bounds_is_that_at_them() {
    let mut robot = rod(UPRIGHT);
    for (mode, command, at) in
        [(Mode::Position { kp: 400.0, kd: 20.0 }, 1.0, 0), (Mode::Velocity { kd: 5.0 }, -9.0, 1), (Mode::Effort, -9.0, 1)]
    {
        robot.actuators = vec![motor(mode)];
        if let Actuator::Joint { bounds, .. } = &mut robot.actuators[0] {
            *bounds = Some([-0.1, 0.2]);
        }
        let expected = if at == 0 { 0.2 } else { -0.1 };
        let found = run(&robot, 9.81, command, 2000);
        let expected = if mode == Mode::Effort { -0.1 / INERTIA * 2.0 } else { expected };
        near(last(&found)[at], expected, 2e-3, "what it is limited to");
    }
}

#[test]
fn a_load_that_overhauls_a_motor_gets_more_than_its_limit_for_a_few_steps() {
    // Gravity pulls with 0.98 N m, and the motor, told to stand, may give 0.5.
    for (period_ms, most) in [(1_u32, 0.84), (10, 0.96)] {
        let mut robot = rod(LEVEL);
        robot.actuators.push(motor(Mode::Velocity { kd: 50.0 }));
        if let Actuator::Joint { max_effort, .. } = &mut robot.actuators[0] {
            *max_effort = Some(0.5);
        }
        let dt = f64::from(period_ms) * 1e-3;
        let mut before = [0.0; 2];
        let effort = |state: [f64; 2]| {
            let load = 0.981 * libm::cos(before[0]);
            let effort = INERTIA * (state[1] - before[1]) / dt + load;
            before = state;
            effort
        };
        let states = run_by(Nanos::from_millis(period_ms.into()), &robot, 9.81, 0.0, 40);
        let efforts: Vec<f64> = states.into_iter().map(effort).collect();
        let greatest = efforts.iter().copied().fold(0.0, f64::max);
        near(greatest, most, 0.01, "the most that it gives (N m)");
        assert!(efforts[18..].iter().all(|effort| *effort < 0.55), "{period_ms} ms: {efforts:?}");
    }
}

#[test]
fn a_position_is_approached_no_faster_than_allowed_and_a_lag_delays_a_command() {
    let mut robot = rod(UPRIGHT);
    robot.actuators.push(motor(Mode::Position { kp: 400.0, kd: 20.0 }));
    if let Actuator::Joint { max_speed, .. } = &mut robot.actuators[0] {
        *max_speed = Some(0.5);
    }
    let states = run(&robot, 9.81, 1.0, 4000);
    assert!(states.iter().all(|[_, velocity]| *velocity < 0.51), "never faster than 0.5 rad/s");
    near(last(&states)[0], 1.0, 1e-4, "where it was to go (rad)");

    robot.actuators = vec![motor(Mode::Velocity { kd: 5.0 })];
    if let Actuator::Joint { lag, .. } = &mut robot.actuators[0] {
        *lag = Some(Nanos::from_millis(200));
    }
    near(run(&robot, 9.81, 1.0, 200)[199][1], 0.632_12, 0.02, "63 % of the way after one time constant");
}

#[test]
fn limits_of_position_hold() {
    let mut robot = rod(UPRIGHT);
    robot.joints[0].kind = JointKind::Revolute { axis: UPRIGHT };
    robot.joints[0].limits = Limits { position: Some([-0.5, 0.3]), ..Limits::default() };
    robot.actuators.push(motor(Mode::Effort));
    for (command, limit) in [(5.0, 0.3), (-5.0, -0.5)] {
        let states = run(&robot, 9.81, command, 3000);
        near(last(&states)[0], limit, 0.02, "it comes to rest at the limit (rad)");
    }
    // Zero is out of reach: it begins where its limits let it.
    robot.joints[0].limits.position = Some([0.2, 0.9]);
    near(run(&robot, 9.81, 0.0, 1)[0][0], 0.2, 1e-3, "the start (rad)");
}

#[test]
fn a_joint_that_mimics_another_follows_it() {
    let mut robot = rod(UPRIGHT);
    robot.links.push(Link { name: "finger".into(), ..robot.links[0].clone() });
    let mut follower =
        Joint::new("follower", Some("rod"), "finger", Origin::at([0.2, 0.0, 0.0]), JointKind::Continuous { axis: UPRIGHT });
    follower.mimic = Some(Mimic { joint: "hinge".into(), multiplier: -2.0, offset: 0.1 });
    robot.joints.push(follower);
    robot.actuators.push(motor(Mode::Position { kp: 400.0, kd: 20.0 }));
    let mut body = SimulatedBody::new(&robot, &Arena::default(), PERIOD, PERIOD).expect("builds");
    body.reset(1).expect("reset");
    near(body.joint("follower").expect("offered").position, 0.1, 1e-6, "the start (rad)");
    let mut seen = Observation::from_spec(body.observation_spec());
    for step in 0..2000 {
        let command = if step < 1000 { 0.5 } else { -0.3 };
        body.step(&Action { fields: vec![vec![command]] }, &mut seen).expect("step");
        let [leader, follower] = ["hinge", "follower"].map(|name| body.joint(name).expect("offered").position);
        assert!((follower - (0.1 - 2.0 * leader)).abs() < 2e-3, "step {step}: {follower} does not follow {leader}");
    }
    near(body.joint("follower").expect("offered").position, 0.7, 0.01, "the end (rad)");
}
