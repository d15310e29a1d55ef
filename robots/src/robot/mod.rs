//! The description of a robot: links, joints, actuators, sensors. Worlds are built from this alone.
//!
//! Pure data in SI units; no engine type appears, so that the same description serves simulation, kinematics and checks. It comes from
//! the [catalogue](crate::catalogue) or from a [file](crate::file). What a world can't build yet it says itself.

mod actuator;
mod check;
mod inertial;
mod joint;
mod link;
mod measured;
mod number;
mod origin;
mod platforms;
mod sensor;
mod shape;
mod wheels;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use actuator::{Actuator, Mode};
pub(crate) use check::check_shape;
pub use check::{Place, Problem, RobotError, Severity};
pub use joint::{Joint, JointKind, Limits, Mimic, Units};
pub use link::{Inertial, Link, Part, brightness};
pub use measured::{PoseQuantity, signed};
pub(crate) use number::Number;
pub use origin::{Origin, rotation, unit};
pub use platforms::{Gains, PIVOT_M, Platform, Platforms, Servo};
pub use sensor::{EventCameraSpec, Jitter, JointQuantity, Sensor};
pub use shape::Shape;
pub use wheels::Wheels;

use crate::nanos::Nanos;
use crate::spec::{ActionSpec, ObservationSpec};

/// A robot: rigid links, the joints that hold them, what drives them and what they sense with.
///
/// Each link is held by one joint at most. A link that none holds is a root: its frame is the base frame, and it is welded to the
/// world; to let it move, add a [`Joint`] without parent, as of [`JointKind::Free`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RobotSpec {
    /// Name of the kind of robot.
    pub name: String,
    /// Rigid links.
    pub links: Vec<Link>,
    /// What holds the links, and how.
    pub joints: Vec<Joint>,
    /// What drives it; each is one field of the action.
    pub actuators: Vec<Actuator>,
    /// What it senses with; each is one field of the observation.
    pub sensors: Vec<Sensor>,
}

impl RobotSpec {
    /// The observation that this robot's sensors give.
    pub fn observation_spec(&self) -> ObservationSpec {
        ObservationSpec { fields: self.sensors.iter().map(|sensor| sensor.observation_field(&self.joints)).collect() }
    }

    /// Adds a motor, named like its joint, to every joint of one degree of freedom that follows no other and has none yet; `mode` says what
    /// its command means. Its greatest effort and speed are the joint's limits, where there are any above zero.
    pub fn drive(&mut self, mode: impl Fn(&Joint) -> Mode, lag: Option<Nanos>) {
        let driven: BTreeSet<_> = self.actuators.iter().flat_map(|actuator| actuator.joints().map(str::to_owned)).collect();
        let free =
            |joint: &&Joint| joint.kind.degrees_of_freedom() == 1 && joint.mimic.is_none() && !driven.contains(&joint.name);
        let above_zero = |limit: Option<f64>| limit.filter(|limit| *limit > 0.0);
        self.actuators.extend(self.joints.iter().filter(free).map(|joint| Actuator::Joint {
            name: joint.name.clone(),
            joint: joint.name.clone(),
            mode: mode(joint),
            max_effort: above_zero(joint.limits.effort),
            max_speed: above_zero(joint.limits.velocity),
            bounds: None,
            lag,
        }));
    }

    /// Index of the link called `name`.
    pub fn link_index(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|link| link.name == name)
    }

    /// Index of the joint called `name`.
    pub fn joint_index(&self, name: &str) -> Option<usize> {
        self.joints.iter().position(|joint| joint.name == name)
    }

    /// Index of the link that the joint called `name` holds.
    pub fn link_held_by(&self, name: &str) -> Option<usize> {
        self.link_index(&self.joints.get(self.joint_index(name)?)?.child)
    }

    /// The action that this robot's actuators take.
    pub fn action_spec(&self) -> ActionSpec {
        ActionSpec { fields: self.actuators.iter().map(|actuator| actuator.action_field(&self.joints)).collect() }
    }
}
