//! The platforms of a trunk: one actuator that tilts and stretches every module.
//!
//! It takes joint values as [`crate::trunk`] has them. What they ask of a module is a tilt about z, a tilt about x and a length: three joints
//! of the robot, which here are named and given their gains. A world of ideal motion needs the names alone.

use serde::{Deserialize, Serialize};

use super::{Actuator, RobotSpec};
use crate::trunk::{JOINTS_PER_MODULE, Shape, Trunk};

/// The platforms of a trunk, one on the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platforms {
    /// The modules, the lowest first.
    pub modules: Vec<Platform>,
    /// Extension h of every module at reset, where none is tilted.
    pub start_extension: f64,
    /// The motors; none for platforms that are where they are wanted at once.
    pub servo: Option<Servo>,
}

/// A module's platform: the joints that hold it, each in the frame that the one before moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platform {
    /// The joint that slides along the module. It is at zero where the module stands at the start.
    pub slide: String,
    /// The joint that tilts about z.
    pub tilt_z: String,
    /// The joint that tilts about x.
    pub tilt_x: String,
    /// The frame at the module's end; of the last module, the gripper's tip.
    pub end: String,
    /// Length of the module that is neither tilted nor stretched (m).
    pub length_m: f64,
    /// Whether it stays at its start whatever is asked of it.
    pub jammed: bool,
}

/// Motors of a module: effort = stiffness (wanted - position) - damping velocity, limited.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Servo {
    /// Of either tilt (N m/rad, N m s/rad, N m, rad/s).
    pub tilt: Gains,
    /// Of the slide (N/m, N s/m, N, m/s).
    pub slide: Gains,
}

/// A motor that holds a position.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gains {
    /// Effort per error.
    pub stiffness: f64,
    /// Effort per speed.
    pub damping: f64,
    /// Greatest effort.
    pub max_effort: f64,
    /// Greatest speed of the wanted position.
    pub max_speed: f64,
}

/// From the pivot that a platform tilts about to the module's end (m): so far that a small tilt moves the end as the module's law says.
pub const PIVOT_M: f64 = crate::trunk::SIDE_M / crate::trunk::MAX_TILT_RAD;

impl Platforms {
    /// The platforms of a robot that is a trunk: they are its one actuator. None of any other robot.
    pub fn of(robot: &RobotSpec) -> Option<&Platforms> {
        match robot.actuators.as_slice() {
            [Actuator::Trunk { platforms, .. }] => Some(platforms),
            _ => None,
        }
    }

    /// Number of joint values that it takes.
    pub fn joints(&self) -> usize {
        JOINTS_PER_MODULE * self.modules.len()
    }

    /// The geometry; none without modules.
    pub fn trunk(&self) -> Option<Trunk> {
        Trunk::of_lengths(self.modules.iter().map(|module| module.length_m).collect()).ok()
    }

    /// The joint values at reset.
    pub fn start(&self) -> Vec<f64> {
        [0.0, 0.0, self.start_extension].repeat(self.modules.len())
    }

    /// The joint values that are wanted of the modules when `asked` are asked for: each brought within [-1, 1], those of a jammed module as at the start.
    pub fn wanted(&self, asked: &[f32], wanted: &mut Vec<f64>) {
        wanted.clear();
        for (module, asked) in self.modules.iter().zip(asked.as_chunks::<JOINTS_PER_MODULE>().0) {
            let start = [0.0, 0.0, self.start_extension];
            wanted.extend(if module.jammed { start } else { asked.map(|value| f64::from(value).clamp(-1.0, 1.0)) });
        }
    }

    /// Where slide (m), tilt about z and tilt about x (rad) of module `index` are when it has this shape.
    pub fn positions(&self, index: usize, shape: &Shape) -> [f64; 3] {
        self.joint_positions(index, [shape.end_m.y, shape.tilt_z_rad, shape.tilt_x_rad])
    }

    /// The same where module `index` is that long (m) and so tilted about z and x (rad).
    pub fn joint_positions(&self, index: usize, [length_m, tilt_z, tilt_x]: [f64; 3]) -> [f64; 3] {
        // The pivot stands below the end, and the slide counts from where that is at the start.
        let pivot_m = |length_m: f64, tilts: [f64; 2]| length_m - PIVOT_M * libm::cos(tilts[0]) * libm::cos(tilts[1]);
        let start = Shape::new(index, self.modules[index].length_m, [0.0, 0.0, self.start_extension]);
        [pivot_m(length_m, [tilt_z, tilt_x]) - pivot_m(start.end_m.y, [0.0; 2]), tilt_z, tilt_x]
    }
}
