//! The kinematics of a trunk: a stack of equal modules that tilt about two axes and stretch, as a law from joint values to poses.
//!
//! Joint values are a flat slice, three of a module, x, y, h, module after module, each in [-1, 1]: two tilts and one extension. Poses are
//! in the trunk's base frame: y points along the straight trunk, metres. In a world whose z points up the base stands turned by
//! [`MOUNT`]. The bits are the same everywhere.
//!
//! Here is only what the geometry says, for worlds, samplers of training sets and baselines alike. What a trunk weighs and what moves it is the
//! catalogue's.
//!
//! Geometry: module "V2" of Traub, Legenstein, Otte, "Many-Joint Robot Arm Control with Recurrent Spiking Neural Networks", IROS 2021.

mod jacobian;
mod module;

use nalgebra::{Matrix6xX, Translation3};

use crate::stage::Pose;

pub use module::{LENGTH_M, MAX_TILT_RAD, MOUNT, SAG_M, SIDE_M, STROKE_M, Shape, TURN};

/// Values of a module: x, y, h.
pub const JOINTS_PER_MODULE: usize = 3;

/// From the end of the last module to the tip of its gripper, along the module (m).
pub const GRIPPER_M: f64 = 0.0925;

/// The most modules a trunk can have. With more, rounding and the reach of the workspace are no longer those of a robot.
pub const MOST_MODULES: usize = 200;

/// The geometry of a trunk of any number of modules.
#[derive(Clone, Debug, PartialEq)]
pub struct Trunk {
    /// The stiff length of each module (m).
    lengths_m: Vec<f64>,
}

/// Why a trunk can't be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}: expected {expected}, found {found}")]
pub struct TrunkError {
    /// The setting.
    pub key: String,
    /// What it may be.
    pub expected: String,
    /// Its value.
    pub found: String,
}

impl TrunkError {
    /// What is wrong with the setting `key`.
    pub fn new(key: &str, expected: impl ToString, found: impl ToString) -> TrunkError {
        TrunkError { key: key.into(), expected: expected.to_string(), found: found.to_string() }
    }
}

impl Trunk {
    /// A trunk of that many equal modules.
    ///
    /// # Errors
    /// If there are none, or more than [`MOST_MODULES`].
    pub fn new(modules: usize) -> Result<Trunk, TrunkError> {
        check_count(modules)?;
        Trunk::of_lengths(vec![LENGTH_M; modules])
    }

    /// A trunk of modules of these stiff lengths (m).
    ///
    /// # Errors
    /// If there are none, or more than [`MOST_MODULES`], or a length isn't above zero and finite.
    pub fn of_lengths(lengths_m: Vec<f64>) -> Result<Trunk, TrunkError> {
        check_count(lengths_m.len())?;
        if let Some(length_m) = lengths_m.iter().find(|length_m| !(length_m.is_finite() && **length_m > 0.0)) {
            return Err(TrunkError::new("length_m", "lengths above zero", length_m));
        }
        Ok(Trunk { lengths_m })
    }

    /// The same with one module whose stiff length is longer by the share `by`: 0.1 is 10 %; below zero it is shorter.
    ///
    /// # Errors
    /// If there is no such module, or the share is not within -0.5 to 1.
    pub fn with_longer(mut self, module: usize, by: f64) -> Result<Trunk, TrunkError> {
        let modules = self.modules();
        let Some(length_m) = self.lengths_m.get_mut(module) else {
            return Err(TrunkError::new("longer.module", format!("a module, counted from 0 to {}", modules - 1), module));
        };
        if !(-0.5..=1.0).contains(&by) {
            return Err(TrunkError::new("longer.by", "a share from -0.5 to 1", by));
        }
        *length_m *= 1.0 + by;
        Ok(self)
    }

    /// The stiff length of each module (m).
    pub fn lengths_m(&self) -> &[f64] {
        &self.lengths_m
    }

    /// Number of modules.
    pub fn modules(&self) -> usize {
        self.lengths_m.len()
    }

    /// Number of joint values: three of each module.
    pub fn joints(&self) -> usize {
        JOINTS_PER_MODULE * self.modules()
    }

    /// Where every module ends, in the base frame (m): item j is the end and orientation of module j after its own transform, the last is the
    /// tip. `ends` is filled anew and keeps its room. 25 modules take a microsecond.
    ///
    /// # Panics
    /// If `joints` are not three values of each module.
    pub fn forward(&self, joints: &[f64], ends: &mut Vec<Pose>) {
        let mut end = Pose::identity();
        ends.clear();
        ends.extend(self.shapes(joints).map(|shape| {
            end *= shape.pose();
            end
        }));
        if let Some(tip) = ends.last_mut() {
            *tip *= GRIPPER;
        }
    }

    /// Where the tip is, in the base frame (m).
    ///
    /// # Panics
    /// If `joints` are not three values of each module.
    pub fn tip(&self, joints: &[f64]) -> Pose {
        self.shapes(joints).fold(Pose::identity(), |end, shape| end * shape.pose()) * GRIPPER
    }

    /// How the tip moves with each joint, in base axes: rows 0 to 2 are its velocity (m), rows 3 to 5 its angular velocity (rad), each per unit
    /// of the joint value of the column. Where the law has a kink it is the mean of both sides at zero tilt, and else the slope of one.
    ///
    /// # Panics
    /// If `joints` are not three values of each module.
    pub fn jacobian(&self, joints: &[f64], jacobian: &mut Matrix6xX<f64>) {
        let shapes: Vec<Shape> = self.shapes(joints).collect();
        jacobian::fill(&shapes, jacobian);
    }

    /// The shape of each module at these joint values.
    ///
    /// # Panics
    /// If `joints` are not three values of each module.
    pub fn shapes(&self, joints: &[f64]) -> impl Iterator<Item = Shape> {
        assert_eq!(joints.len(), self.joints(), "three joint values of each module");
        let values = joints.as_chunks::<JOINTS_PER_MODULE>().0;
        self.lengths_m.iter().zip(values).enumerate().map(|(module, (length_m, values))| Shape::new(module, *length_m, *values))
    }
}

fn check_count(modules: usize) -> Result<(), TrunkError> {
    if (1..=MOST_MODULES).contains(&modules) {
        return Ok(());
    }
    Err(TrunkError::new("modules", format!("1 to {MOST_MODULES} modules"), modules))
}

/// From the end of the last module to the tip.
pub const GRIPPER: Translation3<f64> = Translation3 { vector: nalgebra::Vector3::new(0.0, GRIPPER_M, 0.0) };
