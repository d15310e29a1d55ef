//! The world of a trunk: ideal motion is the geometry itself; driven modules obey mechanics, as another engine and the balance of energy have it.

use embody_robots::catalogue::trunk::{Longer, Motion, MotorSettings, TrunkRobot};
use embody_robots::conformance::{self, wandering_action};
use embody_robots::robot::RobotSpec;
use embody_robots::trunk::{GRIPPER_M, JOINTS_PER_MODULE, MAX_TILT_RAD, MOUNT, STROKE_M};
use embody_robots::{Action, Body, BodyError, Checkpoint, Nanos, Need, Observation, Pose, Trunk};
use embody_sim_world::{Arena, SimulatedBody, TrunkBody, world};

const STEP: Nanos = Nanos::from_millis(5);
const CONTROL: Nanos = Nanos::from_millis(20);

fn driven(modules: usize) -> TrunkRobot {
    TrunkRobot { modules, motion: Motion::Driven, ..TrunkRobot::default() }
}

fn build(robot: &TrunkRobot, arena: &Arena, control: Nanos) -> TrunkBody {
    let mut body = TrunkBody::new(&robot.robot().unwrap(), arena, STEP, control).unwrap();
    body.reset(1).unwrap();
    body
}

/// Joint values far from straight, different for each.
fn bent(modules: usize) -> Vec<f32> {
    (0..JOINTS_PER_MODULE * modules).map(|joint| libm::sinf(1.7 * joint as f32 + 0.4)).collect()
}

fn go(body: &mut dyn Body, joints: &[f32], steps: usize) {
    let mut seen = Observation::from_spec(body.observation_spec());
    for _ in 0..steps {
        body.step(&Action { fields: vec![joints.to_vec()] }, &mut seen).unwrap();
    }
}

/// The tip in the frame of the base.
fn tip(body: &dyn Body) -> Pose {
    body.truth().pose("base").unwrap().inverse() * body.truth().pose("tip").unwrap()
}

fn apart_mm(a: &Pose, b: &Pose) -> f64 {
    1e3 * (a.translation.vector - b.translation.vector).norm()
}

fn ideal_tip(trunk: &Trunk, joints: &[f32]) -> Pose {
    trunk.tip(&joints.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())
}

#[test]
fn both_motions_keep_the_contracts_of_body_and_stage() {
    for robot in [TrunkRobot::default(), driven(4)] {
        conformance::body(|| build(&robot, &Arena::default(), CONTROL));
        conformance::stage(build(&robot, &Arena::default(), CONTROL).stage(), "goal");
    }
}

#[test]
fn ideal_motion_is_the_geometry() {
    let robot = TrunkRobot { modules: 25, ..TrunkRobot::default() };
    let mut body = build(&robot, &Arena::default(), CONTROL);
    let trunk = Trunk::new(25).unwrap();
    assert!(apart_mm(&tip(&body), &trunk.tip(&[0.0, 0.0, -1.0].repeat(25))) < 1e-9, "it starts straight and retracted");
    go(&mut body, &bent(25), 1);
    let expected = ideal_tip(&trunk, &bent(25));
    assert!(apart_mm(&tip(&body), &expected) < 1e-9 && tip(&body).rotation.angle_to(&expected.rotation) < 1e-7);
    let base = body.truth().pose("base").unwrap();
    assert!(base.rotation.angle_to(&MOUNT) < 1e-12 && (base * nalgebra::Vector3::y()).z > 0.999, "it stands upright");
}

#[test]
fn the_poses_of_all_ends_and_the_goal_are_sensed_in_the_bases_frame() {
    let mut body = build(&TrunkRobot { modules: 3, ..TrunkRobot::default() }, &Arena::default(), CONTROL);
    let goal = Pose::translation(0.1, 0.2, 0.3);
    let base = body.truth().pose("base").unwrap();
    body.stage().place("goal", &(base * goal)).unwrap();
    let mut seen = Observation::from_spec(body.observation_spec());
    body.step(&Action { fields: vec![bent(3)] }, &mut seen).unwrap();
    let index = |name: &str| body.observation_spec().index(name).unwrap();
    let mut ends = Vec::new();
    Trunk::new(3).unwrap().forward(&bent(3).iter().map(|value| f64::from(*value)).collect::<Vec<_>>(), &mut ends);
    let expected: Vec<f64> = ends.iter().flat_map(|end| <[f64; 3]>::from(end.translation.vector)).collect();
    let found = seen.dense(index("positions"));
    assert!(found.iter().zip(&expected).all(|(found, expected)| (f64::from(*found) - expected).abs() < 1e-6));
    assert_eq!((found.len(), seen.dense(index("orientations")).len()), (9, 12));
    let goal = seen.dense(index("goal_position"));
    assert!(goal.iter().zip([0.1, 0.2, 0.3]).all(|(found, expected)| (found - expected).abs() < 1e-6));
    assert_eq!(seen.dense(index("goal_orientation")), [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn a_jammed_module_stays_at_its_start_and_a_longer_one_reaches_farther() {
    for motion in [Motion::Ideal, Motion::Driven] {
        let robot = TrunkRobot {
            modules: 4,
            motion,
            jammed: vec![1],
            longer: Some(Longer { module: 2, by: 0.1 }),
            ..TrunkRobot::default()
        };
        let mut body = build(&robot, &Arena { gravity_m_s2: 0.0, ..Arena::default() }, CONTROL);
        let mut joints = bent(4);
        go(&mut body, &joints, 150);
        joints[3..6].copy_from_slice(&[0.0, 0.0, -1.0]);
        let expected = ideal_tip(&Trunk::new(4).unwrap().with_longer(2, 0.1).unwrap(), &joints);
        assert!(apart_mm(&tip(&body), &expected) < 0.02, "{motion:?}: {} mm off", apart_mm(&tip(&body), &expected));
    }
}

#[test]
fn without_gravity_a_driven_trunk_comes_to_where_the_geometry_has_it() {
    let mut body = build(&driven(25), &Arena { gravity_m_s2: 0.0, ..Arena::default() }, CONTROL);
    go(&mut body, &bent(25), 100);
    let expected = ideal_tip(&Trunk::new(25).unwrap(), &bent(25));
    assert!(apart_mm(&tip(&body), &expected) < 1e-3, "{} mm off", apart_mm(&tip(&body), &expected));
    let still = body.truth().velocity("tip").unwrap();
    assert!(still.linear.norm() < 1e-4 && still.angular.norm() < 1e-3);
}

/// The same trunk in Rapier's world, whose joints in reduced coordinates turn about pivots.
fn in_rapier(robot: &RobotSpec, arena: &Arena, step: Nanos, control: Nanos) -> SimulatedBody {
    SimulatedBody::new(robot, arena, step, control).unwrap()
}

#[test]
fn a_trunk_moves_and_sags_as_rapiers_joints_do() {
    // Soft motors, so that much moves: ten times the usual sag, and swings.
    let soft = |stiffness: f64, damping: f64, motor: MotorSettings| MotorSettings { stiffness, damping, ..motor };
    let plain = driven(6);
    let robot = TrunkRobot {
        tilt_motor: soft(200.0, 4.0, plain.tilt_motor),
        slide_motor: soft(20_000.0, 400.0, plain.slide_motor),
        ..plain
    };
    let (spec, arena, step) = (robot.robot().unwrap(), Arena::default(), Nanos::from_millis(1));
    let mut ours = TrunkBody::new(&spec, &arena, step, CONTROL).unwrap();
    let mut theirs = in_rapier(&spec, &arena, step, CONTROL);
    ours.reset(1).unwrap();
    theirs.reset(1).unwrap();
    let (mut off, mut way, start) = (0.0_f64, 0.0_f64, tip(&ours));
    for _ in 0..50 {
        go(&mut ours, &bent(6), 1);
        go(&mut theirs, &bent(6), 1);
        off = off.max(apart_mm(&tip(&ours), &tip(&theirs)));
        way = way.max(apart_mm(&tip(&ours), &start));
    }
    let sag = apart_mm(&tip(&ours), &ideal_tip(&robot.trunk().unwrap(), &bent(6)));
    assert!(way > 50.0 && sag > 1.0, "it moved {way} mm and sags {sag} mm");
    // Pivots are no law: 0.1 mm a module at the greatest tilts.
    assert!(off < 1.0, "{off} mm apart on the way");
}

#[test]
fn the_slides_of_a_straight_trunk_bear_what_stands_on_them() {
    let robot = driven(5);
    let mut body = build(&robot, &Arena::default(), CONTROL);
    go(&mut body, &[0.0; 15], 100);
    for module in 0..5 {
        let slide = body.truth().joint(&format!("slide-{module}")).unwrap().position;
        let borne_n = robot.slide_motor.stiffness * (0.5 * STROKE_M - slide);
        let weight_n = 9.81 * (robot.module_mass_kg * (5 - module) as f64 + robot.gripper_mass_kg);
        assert!((borne_n - weight_n).abs() < 1e-6 * weight_n, "module {module} bears {borne_n} N of {weight_n} N");
    }
}

#[test]
fn a_tilted_module_bears_the_torque_of_its_weight() {
    let robot = driven(1);
    let mut body = build(&robot, &Arena::default(), CONTROL);
    go(&mut body, &[0.0, 1.0, 0.0], 100);
    let tilt = body.truth().joint("tilt-z-0").unwrap().position;
    let borne_n_m = robot.tilt_motor.stiffness * (MAX_TILT_RAD - tilt);
    // It turns about a point straight below its end, so that the weight's arm is what its centre is beside the end.
    let spec = robot.robot().unwrap();
    let inertial = spec.links[spec.link_index("module-0").unwrap()].inertial.unwrap();
    let centre = (body.truth().pose("module-0").unwrap() * inertial.origin.pose()).translation.vector;
    let end = body.truth().pose("tip").unwrap() * nalgebra::Point3::new(0.0, -GRIPPER_M, 0.0);
    let torque_n_m = 9.81 * inertial.mass_kg * (centre.x - end.x);
    assert!((borne_n_m - torque_n_m).abs() < 1e-6, "it bears {borne_n_m} N m of {torque_n_m} N m");
}

#[test]
fn motors_that_are_too_weak_give_way_and_stay_finite() {
    let weak = |motor: MotorSettings| MotorSettings { max_effort: 0.05, ..motor };
    let plain = driven(10);
    let robot = TrunkRobot { tilt_motor: weak(plain.tilt_motor), ..plain };
    let mut body = build(&robot, &Arena::default(), CONTROL);
    go(&mut body, &bent(10), 200);
    assert!(apart_mm(&tip(&body), &ideal_tip(&Trunk::new(10).unwrap(), &bent(10))) > 50.0, "it can't be held");
}

#[test]
fn a_state_of_another_trunk_is_refused() {
    let mut body = build(&driven(3), &Arena::default(), CONTROL);
    let before = body.save().unwrap();
    for other in [driven(4), TrunkRobot { module_mass_kg: 0.2, ..driven(3) }, TrunkRobot { modules: 3, ..TrunkRobot::default() }]
    {
        assert!(body.restore(&build(&other, &Arena::default(), CONTROL).save().unwrap()).is_err());
    }
    assert!(body.save().unwrap() == before);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let arena = Arena::default();
    let said =
        |robot: &RobotSpec, physics: Nanos| TrunkBody::new(robot, &arena, physics, CONTROL).map(|_| ()).unwrap_err().to_string();
    let robot = driven(2).robot().unwrap();
    assert!(said(&robot, Nanos::from_millis(3)).contains("whole multiple"));
    let mut nan = robot.clone();
    nan.joints[2].origin.position_m[1] = f64::NAN;
    assert!(said(&nan, STEP).contains("\"slide-0\""));
    let ball = embody_robots::catalogue::ball::Ball::default().robot();
    assert!(said(&ball, STEP).contains("\"ball\" as a trunk"));
    let ideal = TrunkRobot::default().robot().unwrap();
    let error = SimulatedBody::new(&ideal, &arena, STEP, CONTROL).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("ideal motion"), "{error}");
    let mut body = build(&driven(2), &arena, CONTROL);
    let mut seen = Observation::from_spec(body.observation_spec());
    let bad = body.step(&Action { fields: vec![vec![f32::NAN; 6]] }, &mut seen);
    assert!(matches!(bad, Err(BodyError::BadAction(why)) if why.contains("\"joints\"")));
    assert!(!body.truth().offers(&Need::Place("tip".into())) && !body.truth().offers(&Need::Pose("carriage-0".into())));
}

#[test]
fn a_trunk_is_built_and_seen_like_any_robot() {
    let world = world::build(&driven(3).robot().unwrap(), &Arena::default(), STEP, CONTROL).unwrap();
    let parts: usize = world.robot().links.iter().map(|link| link.parts.len()).sum();
    let scene = world.scene().unwrap();
    assert!(scene.things.len() == parts && parts > 6 && world.walls().is_empty());
    let highest = scene.things.iter().map(|thing| thing.pose.translation.z).fold(0.0, f64::max);
    assert!(highest > 1.1, "it stands on its column: {highest} m");
}

#[test]
fn the_step_after_a_checkpoint_is_the_same_to_the_byte() {
    let mut body = build(&driven(6), &Arena::default(), CONTROL);
    let spec = body.action_spec().clone();
    let mut other = build(&driven(6), &Arena::default(), CONTROL);
    let mut seen = [Observation::default(), Observation::default()];
    for step in 0..60 {
        if step == 25 {
            other.restore(&body.save().unwrap()).unwrap();
        }
        body.step(&wandering_action(&spec, step), &mut seen[0]).unwrap();
        if step >= 25 {
            other.step(&wandering_action(&spec, step), &mut seen[1]).unwrap();
            assert!(seen[0] == seen[1] && body.save().unwrap() == other.save().unwrap());
        }
    }
}
