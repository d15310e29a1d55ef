//! Arms in full physics: where the links stand, what the motors do, and what limits and losses are worth.

use embody_robots::catalogue;
use embody_robots::conformance::{self, wandering_action};
use embody_robots::robot::{Actuator, Joint, JointKind, Mode, RobotSpec};
use embody_robots::{Action, Body, Kinematics, Nanos, Observation, Stage};
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
