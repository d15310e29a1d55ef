//! What a physics step of a trunk costs against how far its tip ends from the ideal kinematics, by the formulation of its joints.
//!
//! `cargo bench -p embody-sim-world --no-default-features --bench trunk` prints the table of `docs/trunk.md`. Every formulation has the same masses, motors, period and
//! poses: six that are drawn evenly, 1.5 s for each. The ideal tip is the module's law without gravity, so that what motors sag under it counts
//! as well; the articulated-body algorithm's error is that sag alone.

use std::time::Instant;

use embody_robots::catalogue::trunk::{Motion, TrunkRobot};
use embody_robots::robot::PIVOT_M;
use embody_robots::trunk::{GRIPPER_M, Shape, Trunk};
use embody_robots::{Action, Body, Nanos, Observation};
use embody_sim_world::{Arena, SimulatedBody, TrunkBody};
use nalgebra::Vector3;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rapier3d::math::{Pose, Rotation, Vector};
use rapier3d::prelude::{
    GenericJoint, ImpulseJointHandle, IntegrationParameters, JointAxesMask, JointAxis, MassProperties, MotorModel, PhysicsWorld,
    RigidBodyBuilder, RigidBodyHandle,
};

const POSES: usize = 6;
const POSE: Nanos = Nanos::from_millis(1500);

/// A trunk that is told joint values and stepped for as long as one pose lasts; it gives where its tip is, in the base's frame (m).
type Hold<'a> = Box<dyn FnMut(&[f32]) -> Vector3<f64> + 'a>;

fn main() {
    println!("| modules | formulation | period | step | times real time | tip error, median | greatest |");
    println!("|---|---|---|---|---|---|---|");
    for modules in [10, 25] {
        let robot = TrunkRobot { modules, motion: Motion::Driven, ..TrunkRobot::default() };
        for period in [5, 10].map(Nanos::from_millis) {
            measure(&robot, "articulated bodies", period, articulated(&robot, period));
            measure(&robot, "reduced coordinates (Rapier's multibody)", period, reduced(&robot, period));
            for iterations in [4, 64] {
                let name = format!("impulse joints, {iterations} iterations");
                measure(&robot, &name, period, impulse(&robot, period, iterations));
            }
        }
    }
}

fn measure(robot: &TrunkRobot, name: &str, period: Nanos, mut hold: Hold) {
    let (modules, trunk) = (robot.modules, Trunk::new(robot.modules).expect("a trunk"));
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut errors, mut wall_s) = (Vec::new(), 0.0);
    for _ in 0..POSES {
        let joints: Vec<f32> = (0..trunk.joints()).map(|_| random.random_range(-1.0..=1.0)).collect();
        let started = Instant::now();
        let tip = hold(&joints);
        wall_s += started.elapsed().as_secs_f64();
        let ideal = trunk.tip(&joints.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
        errors.push(1e3 * (tip - ideal.translation.vector).norm());
    }
    errors.sort_by(f64::total_cmp);
    let simulated_s = POSES as f64 * POSE.as_secs_f64();
    let step_us = 1e6 * wall_s * period.as_secs_f64() / simulated_s;
    let (faster, median, greatest) = (simulated_s / wall_s, 0.5 * (errors[2] + errors[3]), errors[5]);
    println!("| {modules} | {name} | {period} | {step_us:.1} us | {faster:.1} | {median:.2} mm | {greatest:.2} mm |");
}

fn articulated<'a>(robot: &TrunkRobot, period: Nanos) -> Hold<'a> {
    held(TrunkBody::new(&robot.robot().expect("a trunk"), &Arena::default(), period, POSE).expect("built"))
}

fn reduced<'a>(robot: &TrunkRobot, period: Nanos) -> Hold<'a> {
    held(SimulatedBody::new(&robot.robot().expect("a trunk"), &Arena::default(), period, POSE).expect("built"))
}

fn held<'a>(mut body: impl Body + 'a) -> Hold<'a> {
    body.reset(1).expect("reset");
    let mut seen = Observation::from_spec(body.observation_spec());
    Box::new(move |joints| {
        body.step(&Action { fields: vec![joints.to_vec()] }, &mut seen).expect("step");
        let stage = body.truth();
        (stage.pose("base").expect("pose").inverse() * stage.pose("tip").expect("pose")).translation.vector
    })
}

/// One body a module, on a joint with three free axes that is solved by impulses; y points up.
fn impulse(robot: &TrunkRobot, period: Nanos, iterations: usize) -> Hold<'_> {
    let mut world = PhysicsWorld::new();
    world.gravity = Vector::new(0.0, -9.81, 0.0);
    world.integration_parameters = IntegrationParameters {
        dt: period.as_secs_f64() as f32,
        num_solver_iterations: iterations,
        num_internal_stabilization_iterations: 0,
        ..IntegrationParameters::default()
    };
    let (mut below, mut modules) = (world.insert_body(RigidBodyBuilder::fixed()), Vec::new());
    let mut here = Pose::IDENTITY;
    for index in 0..robot.modules {
        let pivot = if index == 0 { Pose::IDENTITY } else { turned(PIVOT_M as f32) };
        let frame = pivot * Pose::from_translation(Vector::new(0.0, start_m(index), 0.0));
        here *= frame;
        let module =
            world.insert_body(RigidBodyBuilder::dynamic().can_sleep(false).additional_mass_properties(mass(robot)).pose(here));
        let mut joint = GenericJoint::new(JointAxesMask::LIN_X | JointAxesMask::LIN_Z | JointAxesMask::ANG_Y);
        joint.set_local_frame1(frame).set_contacts_enabled(false);
        for axis in AXES {
            joint.set_motor_model(axis, MotorModel::ForceBased);
            joint.set_motor_max_force(axis, gains(robot, axis)[2]);
        }
        modules.push((module, world.insert_impulse_joint(below, module, joint)));
        below = module;
    }
    let trunk = Trunk::new(robot.modules).expect("a trunk");
    let steps = POSE.0 / period.0;
    Box::new(move |joints| {
        let joints: Vec<f64> = joints.iter().map(|value| f64::from(*value)).collect();
        for (index, shape) in trunk.shapes(&joints).enumerate() {
            drive(&mut world, robot, modules[index].1, index, &shape);
        }
        (0..steps).for_each(|_| world.step());
        tip(&world, modules[modules.len() - 1].0)
    })
}

const AXES: [JointAxis; 3] = [JointAxis::LinY, JointAxis::AngX, JointAxis::AngZ];

fn gains(robot: &TrunkRobot, axis: JointAxis) -> [f32; 3] {
    let motor = if axis == JointAxis::LinY { robot.slide_motor } else { robot.tilt_motor };
    [motor.stiffness, motor.damping, motor.max_effort].map(|value| value as f32)
}

/// A module's body without its gripper: a plate.
fn mass(robot: &TrunkRobot) -> MassProperties {
    let mass_kg = robot.module_mass_kg as f32;
    MassProperties::new(Vector::new(0.0, -0.01, 0.0), mass_kg, Vector::new(4.3e-4, 8e-4, 4.3e-4) * mass_kg)
}

fn turned(up_m: f32) -> Pose {
    Pose::from_parts(
        Vector::new(0.0, up_m, 0.0),
        Rotation::from_axis_angle(Vector::new(0.0, 1.0, 0.0), std::f32::consts::FRAC_PI_4),
    )
}

/// From the end of the module before to this one's pivot, at the start (m).
fn start_m(index: usize) -> f32 {
    (Shape::new(index, embody_robots::trunk::LENGTH_M, [0.0, 0.0, -1.0]).end_m.y - PIVOT_M) as f32
}

fn drive(world: &mut PhysicsWorld, robot: &TrunkRobot, joint: ImpulseJointHandle, index: usize, shape: &Shape) {
    let pivot_m = shape.end_m.y - PIVOT_M * libm::cos(shape.tilt_z_rad) * libm::cos(shape.tilt_x_rad);
    let axis_angle = |axis: Vector, angle: f64| Rotation::from_axis_angle(axis, angle as f32);
    let tilted =
        axis_angle(Vector::new(0.0, 0.0, 1.0), shape.tilt_z_rad) * axis_angle(Vector::new(1.0, 0.0, 0.0), shape.tilt_x_rad);
    // The engine's motors look at the parts of the quaternion, an axis each.
    let wanted = [pivot_m as f32 - start_m(index), 2.0 * libm::asinf(tilted.x), 2.0 * libm::asinf(tilted.z)];
    let Some(joint) = world.impulse_joints.get_mut(joint, true) else { return };
    for (axis, wanted) in AXES.into_iter().zip(wanted) {
        let [stiffness, damping, _] = gains(robot, axis);
        joint.data.set_motor_position(axis, wanted, stiffness, damping);
    }
}

fn tip(world: &PhysicsWorld, last: RigidBodyHandle) -> Vector3<f64> {
    let tip = *world.bodies[last].position() * Vector::new(0.0, (PIVOT_M + GRIPPER_M) as f32, 0.0);
    Vector3::from(tip.to_array().map(f64::from))
}
