//! How the tip moves with each joint.
//!
//! A joint of module j moves all that follows it as one stiff piece: with v and w the velocity and the angular velocity that it gives the frame of the
//! next module, and r from there to the tip, the tip moves with v + w x r and turns with w.

use nalgebra::{Matrix6xX, Vector3};

use super::{GRIPPER, JOINTS_PER_MODULE, Shape};
use crate::stage::Pose;

/// Fills the Jacobian of the tip of modules in these shapes; rows and units as of [`Trunk::jacobian`](super::Trunk::jacobian).
pub(super) fn fill(shapes: &[Shape], jacobian: &mut Matrix6xX<f64>) {
    let columns = JOINTS_PER_MODULE * shapes.len();
    if jacobian.ncols() != columns {
        *jacobian = Matrix6xX::zeros(columns);
    }
    let mut bases = Vec::with_capacity(shapes.len() + 1);
    bases.push(Pose::identity());
    for shape in shapes {
        bases.push(bases[bases.len() - 1] * shape.pose());
    }
    let tip: Vector3<f64> = (bases[shapes.len()] * GRIPPER).translation.vector;
    for (module, shape) in shapes.iter().enumerate() {
        let (base, arm) = (bases[module].rotation, tip - bases[module + 1].translation.vector);
        for (joint, (velocity, turning)) in shape.slopes().into_iter().enumerate() {
            let (velocity, turning) = (base * velocity, base * turning);
            let mut column = jacobian.column_mut(JOINTS_PER_MODULE * module + joint);
            column.fixed_rows_mut::<3>(0).copy_from(&(velocity + turning.cross(&arm)));
            column.fixed_rows_mut::<3>(3).copy_from(&turning);
        }
    }
}
