//! The joints that a baseline moves: those with a motor that takes a velocity.

use embody_robots::robot::{Actuator, Mode};
use embody_robots::{RobotSpec, Stage};

/// A joint of one degree of freedom that is driven by velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct DrivenJoint {
    /// Its name.
    pub name: String,
    /// The field of the action that commands it.
    pub field: usize,
    /// Least and greatest position (rad or m), infinite where it has no limit.
    pub limits: [f64; 2],
    /// Greatest speed that can be commanded (rad/s or m/s).
    pub max_speed: f64,
}

impl DrivenJoint {
    /// The driven joints of a robot, in the order of the action.
    pub fn all(robot: &RobotSpec) -> Vec<DrivenJoint> {
        let driven = |(field, actuator): (usize, &Actuator)| {
            let Actuator::Joint { joint, mode: Mode::Velocity { .. }, .. } = actuator else { return None };
            let limits = robot.joints.iter().find(|other| &other.name == joint)?.limits.position;
            Some(DrivenJoint {
                name: joint.clone(),
                field,
                limits: limits.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]),
                max_speed: actuator.action_field(&robot.joints).bounds[1].into(),
            })
        };
        robot.actuators.iter().enumerate().filter_map(driven).collect()
    }

    /// Where it stands (rad or m).
    ///
    /// # Errors
    /// If the stage doesn't offer it.
    pub fn position(&self, truth: &dyn Stage) -> Result<f64, String> {
        truth.joint(&self.name).map(|state| state.position).map_err(|e| e.to_string())
    }
}
