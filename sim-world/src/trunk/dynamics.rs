//! How driven modules move: the articulated-body algorithm, with each module's three joints at once and its motors in the equation of motion.
//!
//! Spatial vectors are (angular, linear) in world axes about the world's origin (Featherstone, "Rigid Body Dynamics Algorithms", 2008,
//! ch. 7): motions and inertias of different modules add without being transformed. For module i with parent p, motion subspace S and motors
//! with effort tau:
//!
//! - V = V_p + S v, c = dS/dt v, bias force f = V x* I V
//! - inwards: U = IA S, D = S^T U + A, u = tau0 - S^T fA; IA_p += IA - U D^-1 U^T, fA_p += fA + (IA - U D^-1 U^T) c + U D^-1 u
//! - outwards: a' = a_p + c, dv/dt = D^-1 (u - U^T a'), a = a' + S dv/dt; the base accelerates upwards by gravity
//! - then v += dt dv/dt, q += dt v
//!
//! A motor's law, effort = kp (held - q) - kd v, counts with q and v at the step's end: with tau0 = kp (held - q - dt v) - kd v and A = dt kd +
//! dt^2 kp it is linear in dv/dt, and stiff gains stay stable. Where the effort that the law asks for at the step's start is beyond the
//! motor's limit, kp and kd are made smaller by the same factor, so that it is just the limit: the law of all motors of this crate
//! (`motor.rs` says how exactly the limit holds within a step). Beyond a stop, a spring and damper [`STOP`] times as stiff as the motor, and without
//! limit, push back by the same law.

use embody_robots::robot::{Gains, PIVOT_M, Servo};
use embody_robots::{Nanos, Pose};
use nalgebra::{Matrix3, Matrix6, Matrix6x3, Vector3, Vector6};

use super::chain::{self, Chain};
use crate::arena::Arena;

/// How much stiffer than its motor a joint's stop is.
const STOP: f64 = 20.0;

/// What moves a trunk, and the room that it is worked out in.
pub(super) struct Dynamics {
    gains: [Gains; 3],
    gravity_m_s2: f64,
    dt_s: f64,
    modules: Vec<Module>,
}

/// A module within a step.
#[derive(Clone, Default)]
struct Module {
    /// Motion subspace: columns for length, tilt about z, tilt about x.
    subspace: Matrix6x3<f64>,
    /// Its own inertia and bias force.
    inertia: Matrix6<f64>,
    bias: Vector6<f64>,
    /// dS/dt v.
    drift: Vector6<f64>,
    /// Effort of the motors without what they give way by, and how much they give way per acceleration.
    effort: [f64; 3],
    yields: [f64; 3],
    /// U, D^-1 and u of the pass inwards.
    reach: Matrix6x3<f64>,
    inverse: Matrix3<f64>,
    push: Vector3<f64>,
    acceleration: [f64; 3],
}

impl Dynamics {
    /// Modules driven by these motors in the gravity of `arena`, in steps of `period`.
    pub(super) fn new(chain: &Chain, servo: Servo, arena: &Arena, period: Nanos) -> Dynamics {
        let modules = vec![Module::default(); chain.inertials.len()];
        Dynamics { gains: super::gains(servo), gravity_m_s2: arena.gravity_m_s2, dt_s: period.as_secs_f64(), modules }
    }

    /// Moves what the motors hold towards its targets, by no more than they can in a step.
    pub(super) fn hold(&self, targets: &[[f64; 3]], held: &mut [[f64; 3]]) {
        for (held, target) in held.iter_mut().zip(targets) {
            for ((held, target), gains) in held.iter_mut().zip(target).zip(&self.gains) {
                let farthest = gains.max_speed * self.dt_s;
                *held += (target - *held).clamp(-farthest, farthest);
            }
        }
    }

    /// One step of physics.
    pub(super) fn step(&mut self, chain: &Chain, positions: &mut [[f64; 3]], velocities: &mut [[f64; 3]], held: &[[f64; 3]]) {
        self.prepare(chain, positions, velocities);
        self.drive(&chain.stops, positions, velocities, held);
        self.accelerate();
        for ((position, velocity), module) in positions.iter_mut().zip(velocities).zip(&self.modules) {
            for ((position, velocity), acceleration) in position.iter_mut().zip(velocity).zip(module.acceleration) {
                *velocity += self.dt_s * acceleration;
                *position += self.dt_s * *velocity;
            }
        }
    }

    /// Subspaces, inertias and bias forces, from the base outwards.
    fn prepare(&mut self, chain: &Chain, positions: &[[f64; 3]], velocities: &[[f64; 3]]) {
        let (mut base, mut motion) = (chain.base, Vector6::zeros());
        for (index, module) in self.modules.iter_mut().enumerate() {
            let end = base * chain::end(positions[index]);
            let velocity = Vector3::from(velocities[index]);
            let (subspace, drift) = subspace(&base, &end, positions[index][1], &motion, velocity);
            motion += subspace * velocity;
            (module.subspace, module.drift) = (subspace, drift);
            module.inertia = chain.inertials[index].as_ref().map_or(Matrix6::zeros(), |inertial| {
                let pose = end * inertial.origin.pose();
                let axes = pose.rotation.to_rotation_matrix();
                spatial(
                    inertial.mass_kg,
                    &pose.translation.vector,
                    &(axes.matrix() * inertial.matrix() * axes.matrix().transpose()),
                )
            });
            module.bias = cross_force(&motion, &(module.inertia * motion));
            base = end;
        }
    }

    /// Lets motors and stops pull.
    fn drive(&mut self, stops: &[[[f64; 2]; 3]], positions: &[[f64; 3]], velocities: &[[f64; 3]], held: &[[f64; 3]]) {
        let dt = self.dt_s;
        for (index, module) in self.modules.iter_mut().enumerate() {
            for (joint, Gains { stiffness, damping, max_effort, .. }) in self.gains.iter().enumerate() {
                let (error, velocity) = (held[index][joint] - positions[index][joint], velocities[index][joint]);
                let asked = stiffness * error - damping * velocity;
                let share = if asked.abs() > *max_effort { max_effort / asked.abs() } else { 1.0 };
                module.effort[joint] = share * (asked - dt * stiffness * velocity);
                module.yields[joint] = share * dt * (damping + dt * stiffness);
                let [least, most] = stops[index][joint];
                let beyond = positions[index][joint] - positions[index][joint].clamp(least, most);
                if beyond != 0.0 {
                    module.effort[joint] -= STOP * (stiffness * (beyond + dt * velocity) + damping * velocity);
                    module.yields[joint] += STOP * dt * (damping + dt * stiffness);
                }
            }
        }
    }

    /// Accelerations under the motors' efforts.
    fn accelerate(&mut self) {
        let (mut inertia, mut force) = (Matrix6::zeros(), Vector6::zeros());
        for module in self.modules.iter_mut().rev() {
            inertia += module.inertia;
            force += module.bias;
            let reach = inertia * module.subspace;
            let own = module.subspace.transpose() * reach + Matrix3::from_diagonal(&module.yields.into());
            // Masses are above zero, and so is what a motor yields.
            module.inverse = own.try_inverse().unwrap_or_default();
            module.push = Vector3::from(module.effort) - module.subspace.transpose() * force;
            module.reach = reach;
            inertia -= reach * module.inverse * reach.transpose();
            force += inertia * module.drift + reach * (module.inverse * module.push);
        }
        let mut acceleration = Vector6::new(0.0, 0.0, 0.0, 0.0, 0.0, self.gravity_m_s2);
        for module in &mut self.modules {
            acceleration += module.drift;
            let own = module.inverse * (module.push - module.reach.transpose() * acceleration);
            acceleration += module.subspace * own;
            module.acceleration = own.into();
        }
    }
}

/// The motion subspace of a module between `base` and `end`, and its drift dS/dt v, where the module before moves with `motion`.
fn subspace(
    base: &Pose,
    end: &Pose,
    tilt_z: f64,
    motion: &Vector6<f64>,
    velocity: Vector3<f64>,
) -> (Matrix6x3<f64>, Vector6<f64>) {
    let [x, y, z] = [Vector3::x(), Vector3::y(), Vector3::z()].map(|axis| base.rotation * axis);
    let (sine, cosine) = libm::sincos(tilt_z);
    let tilted_x = x * cosine + y * sine;
    let place = end.translation.vector;
    // Angular velocity, and linear velocity of the module's end, of each joint; and what turns them as they move.
    let turning: Vector3<f64> = motion.fixed_rows::<3>(0).into();
    let turning_yoke = turning + z * velocity.y;
    let columns = [(Vector3::zeros(), y, turning), (z, x * -PIVOT_M, turning), (tilted_x, z * PIVOT_M, turning_yoke)];
    let mut subspace = Matrix6x3::zeros();
    for (joint, (angular, linear, _)) in columns.iter().enumerate() {
        subspace.set_column(joint, &joined(angular, &(linear + place.cross(angular))));
    }
    let motion = motion + subspace * velocity;
    let place_moves = motion.fixed_rows::<3>(3) + motion.fixed_rows::<3>(0).cross(&place);
    let mut drift = Vector6::zeros();
    for ((angular, linear, turned_by), speed) in columns.iter().zip(velocity.iter()) {
        let angular_drift = turned_by.cross(angular);
        let linear_drift = turning.cross(linear) + place_moves.cross(angular) + place.cross(&angular_drift);
        drift += joined(&angular_drift, &linear_drift) * *speed;
    }
    (subspace, drift)
}

/// The inertia about the world's origin of a mass (kg) with its centre there (m) and this inertia about it (kg m^2), in world axes.
fn spatial(mass_kg: f64, centre_m: &Vector3<f64>, inertia_kg_m2: &Matrix3<f64>) -> Matrix6<f64> {
    let arm = centre_m.cross_matrix();
    let mut spatial = Matrix6::zeros();
    spatial.fixed_view_mut::<3, 3>(0, 0).copy_from(&(inertia_kg_m2 - arm * arm * mass_kg));
    spatial.fixed_view_mut::<3, 3>(0, 3).copy_from(&(arm * mass_kg));
    spatial.fixed_view_mut::<3, 3>(3, 0).copy_from(&(arm * -mass_kg));
    spatial.fixed_view_mut::<3, 3>(3, 3).copy_from(&(Matrix3::identity() * mass_kg));
    spatial
}

/// V x* F.
fn cross_force(motion: &Vector6<f64>, force: &Vector6<f64>) -> Vector6<f64> {
    let [angular, linear] = [0, 3].map(|row| motion.fixed_rows::<3>(row).into_owned());
    let [torque, push] = [0, 3].map(|row| force.fixed_rows::<3>(row).into_owned());
    joined(&(angular.cross(&torque) + linear.cross(&push)), &angular.cross(&push))
}

fn joined(upper: &Vector3<f64>, lower: &Vector3<f64>) -> Vector6<f64> {
    Vector6::new(upper.x, upper.y, upper.z, lower.x, lower.y, lower.z)
}
