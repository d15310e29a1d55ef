//! Arms in full physics: where the links stand, what the motors do, and what limits and losses are worth.

use embody_robots::catalogue;
use embody_robots::conformance::{self, wandering_action};
use embody_robots::robot::{Inertial, Joint, JointKind, Link, Origin, Part, RobotSpec, Shape};
use embody_robots::{Action, Body, Checkpoint, Kinematics, Nanos, Observation, Stage};
use embody_sim_world::{Arena, SimulatedBody};

const PHYSICS: Nanos = Nanos::from_millis(2);

fn arm(name: &str) -> RobotSpec {
    let description = match name {
        "arm2" => catalogue::arms::arm2(),
        "arm7" => catalogue::arms::arm7(),
        _ => catalogue::arms::scorbot(),
    };
    description.expect("the catalogue's arm").robot
}

fn build(robot: &RobotSpec, arena: &Arena) -> SimulatedBody {
    SimulatedBody::new(robot, arena, PHYSICS, PHYSICS).expect("builds")
}

/// The joints of one degree of freedom, with their measured positions.
fn measured(body: &SimulatedBody) -> Vec<(String, f64)> {
    let joints = body.robot().joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1);
    joints.map(|joint| (joint.name.clone(), body.joint(&joint.name).expect("offered").position)).collect()
}

#[test]
fn every_link_stands_where_the_measured_joints_say() {
    for name in ["arm2", "arm7", "scorbot"] {
        let robot = arm(name);
        let kinematics = Kinematics::new(&robot).expect("a tree");
        let mut body = build(&robot, &Arena::default());
        body.reset(1).expect("reset");
        let mut seen = Observation::from_spec(body.observation_spec());
        let mut worst = 0.0_f64;
        for step in 0..2000 {
            let action = wandering_action(body.action_spec(), step);
            body.step(&action, &mut seen).expect("step");
            let positions = measured(&body);
            let positions = kinematics.positions(positions.iter().map(|(n, q)| (n.as_str(), *q))).expect("joints");
            for (link, pose) in robot.links.iter().zip(kinematics.poses(&positions)) {
                let found = body.pose(&link.name).expect("offered");
                worst = worst.max((found.translation.vector - pose.translation.vector).norm());
            }
        }
        assert!(worst < 1e-6, "{name}: {worst} m");
    }
}

#[test]
fn arms_keep_the_contract_of_a_body() {
    for name in ["arm2", "arm7", "scorbot"] {
        let robot = arm(name);
        conformance::body(|| SimulatedBody::new(&robot, &Arena::default(), PHYSICS, Nanos::from_millis(20)).expect("builds"));
    }
}

#[test]
fn arm7_holds_itself_stretched_out_under_gravity() {
    let robot = arm("arm7");
    let mut body = build(&robot, &Arena::default());
    body.reset(1).expect("reset");
    let mut seen = Observation::from_spec(body.observation_spec());
    // Level: the second joint bears the whole arm at its longest.
    let wanted = [0.0, std::f64::consts::FRAC_PI_2, 0.0, 0.0, 0.0, 0.0, 0.0];
    let action = Action { fields: wanted.iter().map(|q| vec![*q as f32]).collect() };
    for _ in 0..3000 {
        body.step(&action, &mut seen).expect("step");
    }
    let joints = measured(&body);
    let worst = joints.iter().zip(wanted).map(|((_, q), wanted)| (q - wanted).abs()).fold(0.0, f64::max);
    let speed = joints.iter().map(|(name, _)| body.joint(name).expect("offered").velocity.abs()).fold(0.0, f64::max);
    // By hand: 52.5 N m at the second joint, whose servo has 6 000 N m/rad.
    assert!((worst - 52.48 / 6000.0).abs() < 2e-4, "it sags by {worst} rad");
    assert!(speed < 1e-3, "it stands: {speed} rad/s");
}

/// `arm2` before a box that stands in its way, free to be pushed.
fn arm_and_box() -> RobotSpec {
    let mut robot = arm("arm2");
    let shape = Shape::Box { size_m: [0.1, 0.1, 0.2] };
    let inertial = Inertial::of_solid(&shape, Origin::IDENTITY, 0.5);
    let part = Part { shape, origin: Origin::IDENTITY, collides: true, visible: true, friction: 0.6, brightness: 0.5 };
    robot.links.push(Link { inertial, parts: vec![part], ..Link::frame("box") });
    robot.joints.push(Joint::new("box", None, "box", Origin::at([0.4, 0.25, 0.1]), JointKind::Free));
    robot
}

#[test]
fn a_checkpoint_while_the_arm_pushes_a_box_continues_byte_for_byte() {
    let robot = arm_and_box();
    let mut body = build(&robot, &Arena::default());
    body.reset(1).expect("reset");
    let mut seen = Observation::from_spec(body.observation_spec());
    let push = |step: u64| Action { fields: vec![vec![if step < 900 { 1.2 } else { -0.5 }], vec![0.3]] };
    let before = body.pose("box").expect("offered").translation.vector;
    let touches_arm = |body: &SimulatedBody| {
        let mut contacts = Vec::new();
        body.contacts("box", &mut contacts).expect("offered");
        contacts.iter().any(|contact| ["upper_arm", "forearm"].contains(&contact.other.as_str()))
    };
    let mut steps = 0..900;
    let touched = steps.find(|step| {
        body.step(&push(*step), &mut seen).expect("step");
        touches_arm(&body)
    });
    let touched = touched.expect("the arm gets to the box");
    let mut other = build(&robot, &Arena::default());
    other.restore(&body.save().expect("save")).expect("restore");
    let mut seen_by_other = seen.clone();
    for step in touched + 1..touched + 1000 {
        body.step(&push(step), &mut seen).expect("step");
        other.step(&push(step), &mut seen_by_other).expect("step");
        assert!(body.save().expect("save") == other.save().expect("save"), "the states differ at step {step}");
    }
    let moved = (body.pose("box").expect("offered").translation.vector - before).norm();
    assert!(moved > 0.05, "the box was pushed: {moved} m");
}

#[test]
fn worlds_go_the_same_way_on_any_number_of_threads() {
    let run = |seed: u64| {
        let mut body = build(&arm_and_box(), &Arena::default());
        body.reset(seed).expect("reset");
        let mut seen = Observation::from_spec(body.observation_spec());
        for step in 0..600 {
            let action = wandering_action(body.action_spec(), step + seed);
            body.step(&action, &mut seen).expect("step");
        }
        body.save().expect("save")
    };
    let alone: Vec<_> = (0..6).map(run).collect();
    for threads in [2, 3, 6] {
        let together: Vec<_> = std::thread::scope(|scope| {
            let spawned: Vec<_> = (0..threads)
                .map(|thread| {
                    scope.spawn(move || (thread..6).step_by(threads as usize).map(|seed| (seed, run(seed))).collect::<Vec<_>>())
                })
                .collect();
            spawned.into_iter().flat_map(|handle| handle.join().expect("no panic")).collect()
        });
        for (seed, state) in together {
            assert!(state == alone[seed as usize], "world {seed} differs on {threads} threads");
        }
    }
}
