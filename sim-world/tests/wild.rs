//! Robots from the wild in full physics: built, driven about, and continued from checkpoints.
//!
//! Their own meshes aren't here: small ones of our own stand in for them. Frames, masses, limits and motors are the files'.

use std::path::{Path, PathBuf};

use embody_robots::conformance::wandering_action;
use embody_robots::file::{self, Description};
use embody_robots::mesh::Roots;
use embody_robots::robot::{Inertial, Joint, JointKind, Mode, Origin, RobotSpec, Shape};
use embody_robots::{Body, Checkpoint, Kinematics, Nanos, Observation, Pose, Stage};
use embody_sim_world::{Arena, SimulatedBody};

const PHYSICS: Nanos = Nanos::from_millis(2);

/// A wedge of 3 cm.
const WEDGE: &str = "v 0 0 0\nv 0.03 0 0\nv 0 0.03 0\nv 0 0 0.03\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n";

/// Each file, and how far forward kinematics at the measured joints may be off within 5 s (m). The ant runs about: it is metres from the
/// origin, where single precision has fewer digits.
const ROBOTS: [(&str, f64); 6] = [
    ("kuka_iiwa.urdf", 1e-6),
    ("panda.urdf", 1e-6),
    ("xarm6.urdf", 1e-6),
    ("reacher.xml", 1e-6),
    ("pusher_v5.xml", 1e-6),
    ("ant.xml", 2e-6),
];

fn wild(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../robots/tests/wild").join(name)
}

/// The robot of a file, with wedges for meshes and servos where it has no motors of its own.
fn robot(name: &str) -> RobotSpec {
    let mut description = file::read(&wild(name)).expect("is read");
    let folder = tempfile::tempdir().expect("a folder");
    provide_meshes(&mut description, folder.path());
    if name == "xarm6.urdf" {
        // It has joints alone.
        for link in &mut description.robot.links {
            link.inertial = Inertial::of_solid(&Shape::Sphere { radius_m: 0.05 }, Origin::IDENTITY, 1.0);
        }
    }
    description.prepare(&Roots::new(Some(folder.path()), Default::default(), &[])).expect("is ready for a world");
    let mut robot = description.robot;
    let servo = |joint: &Joint| {
        let effort = joint.limits.effort.filter(|effort| *effort > 0.0).unwrap_or(1.0);
        Mode::Position { kp: 40.0 * effort, kd: 2.0 * effort }
    };
    if robot.actuators.is_empty() {
        robot.drive(servo, None);
    }
    robot
}

/// Puts a wedge wherever the description looks for a mesh.
fn provide_meshes(description: &mut Description, folder: &Path) {
    for part in description.robot.links.iter_mut().flat_map(|link| &mut link.parts) {
        if let Shape::Mesh { file, .. } = &mut part.shape {
            *file = Path::new(file).with_extension("obj").display().to_string();
            let path = folder.join(file.trim_start_matches("package://"));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, WEDGE).expect("a mesh");
        }
    }
}

fn build(robot: &RobotSpec) -> SimulatedBody {
    let mut body = SimulatedBody::new(robot, &Arena::default(), PHYSICS, PHYSICS).expect("builds");
    body.reset(1).expect("reset");
    body
}

/// The greatest distance of a link from where forward kinematics at the measured joints has it (m). What stands on a free root is seen
/// from there.
fn off(body: &SimulatedBody, kinematics: &Kinematics) -> f64 {
    let robot = body.robot();
    let hinges = robot.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1);
    let measured = hinges.map(|joint| (joint.name.as_str(), body.joint(&joint.name).expect("offered").position));
    let expected = kinematics.poses(&kinematics.positions(measured).expect("its joints"));
    let at = |link: usize| body.pose(&robot.links[link].name).expect("offered");
    let free = robot.joints.iter().find(|joint| joint.kind == JointKind::Free).map(|joint| joint.child.as_str());
    let root = free.and_then(|child| robot.links.iter().position(|link| link.name == child));
    let moved = root.map_or(Pose::identity(), |root| at(root) * expected[root].inverse());
    let distance = |link: usize| {
        let by = if robot.links[link].name == "world" { Pose::identity() } else { moved };
        ((by * expected[link]).translation.vector - at(link).translation.vector).norm()
    };
    (0..robot.links.len()).map(distance).fold(0.0, f64::max)
}

#[test]
fn they_stand_where_the_measured_joints_say_while_they_are_driven_about() {
    for (name, tolerance_m) in ROBOTS {
        let robot = robot(name);
        let kinematics = Kinematics::new(&robot).expect("a tree");
        let mut body = build(&robot);
        let mut seen = Observation::from_spec(body.observation_spec());
        let (mut worst, mut fastest) = (0.0_f64, 0.0_f64);
        for step in 0..2500 {
            body.step(&wandering_action(body.action_spec(), step / 4), &mut seen)
                .unwrap_or_else(|e| panic!("{name}: step {step}: {e}"));
            worst = worst.max(off(&body, &kinematics));
            for link in &robot.links {
                let velocity = body.velocity(&link.name).expect("offered");
                assert!(velocity.linear.norm().is_finite() && velocity.angular.norm().is_finite(), "{name}: {}", link.name);
                fastest = fastest.max(velocity.linear.norm());
            }
        }
        assert!(worst < tolerance_m, "{name}: {worst:e} m");
        assert!(fastest < 100.0, "{name}: {fastest} m/s");
    }
}

#[test]
fn one_without_masses_is_refused_with_file_and_line() {
    let mut description = file::read(&wild("xarm6.urdf")).expect("is read");
    let refused = description.prepare(&Roots::default()).expect_err("nothing in it weighs anything").to_string();
    assert!(refused.contains("xarm6.urdf:6: link \"link1\" moves: expected mass above zero"), "{refused}");
}

/// The inertials of links 2 and 3 in `xarm/xarm6_robot.urdf` of pybullet 3.2.7: their greatest moments are 0.8 % and 16 % above the sum of the
/// others, which no body's is.
const BROKEN: [(&str, Inertial); 2] = [
    (
        "link2",
        Inertial {
            mass_kg: 1.71,
            origin: Origin { position_m: [0.03531, -0.21398, 0.03386], ..Origin::IDENTITY },
            inertia_kg_m2: [0.0248674, -0.00430651, -0.00067797, 0.00485548, 0.00457245, 0.02387827],
        },
    ),
    (
        "link3",
        Inertial {
            mass_kg: 1.384,
            origin: Origin { position_m: [0.06781, 0.10749, 0.01457], ..Origin::IDENTITY },
            inertia_kg_m2: [0.0053694, 0.0014185, -0.00092094, 0.0032423, -0.00169178, 0.00501731],
        },
    ),
];

#[test]
fn inertias_that_no_body_has_are_doubted_and_built_as_the_nearest_that_one_has() {
    let mut told = robot("xarm6.urdf");
    for (name, inertial) in BROKEN {
        let link = told.link_index(name).expect("is there");
        told.links[link].inertial = Some(inertial);
    }
    told.check().expect("no mistake");
    let doubts: Vec<_> = told.problems().into_iter().map(|problem| problem.what).collect();
    assert!(doubts.len() == 2 && doubts.iter().all(|what| what.contains("triangle inequality")), "{doubts:?}");
    let mut raised = told.clone();
    for link in &mut raised.links {
        link.inertial = link.inertial.as_ref().map(Inertial::balanced);
    }
    assert_eq!(raised.problems(), []);
    let (mut body, mut nearest) = (build(&told), build(&raised));
    let mut seen = Observation::from_spec(body.observation_spec());
    for step in 0..1000 {
        let action = wandering_action(body.action_spec(), step / 4);
        body.step(&action, &mut seen).expect("step");
        nearest.step(&action, &mut seen).expect("step");
        for joint in &told.joints {
            assert_eq!(body.joint(&joint.name).ok(), nearest.joint(&joint.name).ok(), "step {step}: {}", joint.name);
        }
    }
}

#[test]
fn they_continue_from_checkpoints_byte_for_byte() {
    for (name, _) in ROBOTS {
        let robot = robot(name);
        let (mut body, mut other) = (build(&robot), build(&robot));
        let mut seen = [Observation::from_spec(body.observation_spec()), Observation::from_spec(body.observation_spec())];
        for step in 0..700 {
            let action = wandering_action(body.action_spec(), step / 4);
            body.step(&action, &mut seen[0]).expect("step");
            if step == 500 {
                other.restore(&body.save().expect("save")).expect("restore");
            } else if step > 500 {
                other.step(&action, &mut seen[1]).expect("step");
                assert!(body.save().expect("save") == other.save().expect("save"), "{name}: the states differ at step {step}");
            }
        }
    }
}
