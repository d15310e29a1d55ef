//! The ceiling of reaching with an arm: every joint at top speed to where it has to be, by the true positions.
//!
//! The robot's base frame is taken to stand at the world's origin. Where the joints have to be is worked out anew only when the goal
//! has moved. Joints that no velocity drives are taken as they stand.

use embody_robots::robot::JointKind;
use embody_robots::{
    Action, Checkpoint, CheckpointError, Kinematics, Nanos, Need, RobotSpec, Stage, StageError, TimeStep, checkpoint,
};
use nalgebra::Vector3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::driven_joint::DrivenJoint;
use super::inverse_kinematics::InverseKinematics;
use crate::controller::{ControllerError, Privileged};

/// By how much a goal moves before joints are sought anew (m).
const MOVED_M: f64 = 1e-3;

/// Settings of the ideal controller of joints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JointsIdealSettings {
    /// The link whose frame is to reach the goal.
    pub link: String,
    /// The frame that is the goal.
    pub goal: String,
}

impl Default for JointsIdealSettings {
    fn default() -> Self {
        JointsIdealSettings { link: "tip".into(), goal: "goal".into() }
    }
}

/// Drives joints straight to the configuration that reaches the goal.
pub struct JointsIdeal {
    goal: String,
    inverse: InverseKinematics,
    /// The joints with a position of their own that aren't driven.
    standing: Vec<String>,
    control_period_s: f64,
    plan: Option<Plan>,
}

/// A goal, and the positions of the driven joints that reach it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    goal_m: Vector3<f64>,
    positions: Vec<f64>,
}

impl JointsIdeal {
    /// For a robot with at least one joint that is driven by velocity.
    ///
    /// # Errors
    /// If there is no such joint or no such link.
    pub fn new(settings: &JointsIdealSettings, robot: &RobotSpec, control_period: Nanos) -> Result<Self, ControllerError> {
        let joints = DrivenJoint::all(robot);
        if joints.is_empty() {
            return Err(unfit("the robot has no joint that is driven by velocity"));
        }
        let kinematics = Kinematics::new(robot).map_err(|problem| unfit(problem.what))?;
        let link = kinematics.link(&settings.link).map_err(|e| unfit(format!("link: {e}")))?;
        let own = |kind: &JointKind| kind.degrees_of_freedom() == 1;
        let stands = |name: &str| joints.iter().all(|joint| joint.name != name);
        let standing = robot.joints.iter().filter(|joint| own(&joint.kind) && joint.mimic.is_none() && stands(&joint.name));
        Ok(JointsIdeal {
            goal: settings.goal.clone(),
            standing: standing.map(|joint| joint.name.clone()).collect(),
            inverse: InverseKinematics { kinematics, link, joints },
            control_period_s: control_period.as_secs_f64(),
            plan: None,
        })
    }

    /// The plan for a goal: the one there is, unless the goal has moved.
    fn plan<'a>(&'a mut self, truth: &dyn Stage, goal_m: Vector3<f64>, now: &[f64]) -> Result<&'a Plan, ControllerError> {
        let plan = match self.plan.take().filter(|plan| (plan.goal_m - goal_m).norm() <= MOVED_M) {
            Some(plan) => plan,
            None => {
                let position = |name: &'a String| Ok((name.as_str(), truth.joint(name)?.position));
                let standing: Result<Vec<_>, StageError> = self.standing.iter().map(position).collect();
                let standing = standing.map_err(unfit)?;
                Plan { goal_m, positions: self.inverse.solve(&standing, now, goal_m).map_err(unfit)? }
            }
        };
        Ok(self.plan.insert(plan))
    }
}

fn unfit(why: impl ToString) -> ControllerError {
    ControllerError::Unfit { controller: "joints-ideal".into(), why: why.to_string() }
}

impl Privileged for JointsIdeal {
    fn needs(&self) -> Vec<Need> {
        let driven = self.inverse.joints.iter().map(|joint| &joint.name);
        let joints = driven.chain(&self.standing).map(|name| Need::Joint(name.clone()));
        std::iter::once(Need::Pose(self.goal.clone())).chain(joints).collect()
    }

    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.plan = None;
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let goal_m = truth.pose(&self.goal).map_err(unfit)?.translation.vector;
        let now = self.inverse.joints.iter().map(|joint| joint.position(truth)).collect::<Result<Vec<_>, _>>().map_err(unfit)?;
        let period_s = self.control_period_s;
        let wanted = self.plan(truth, goal_m, &now)?.positions.clone();
        for ((joint, wanted), now) in self.inverse.joints.iter().zip(wanted).zip(now) {
            let velocity = ((wanted - now) / period_s).max(-joint.max_speed).min(joint.max_speed);
            action.fields[joint.field][0] = velocity as f32;
        }
        Ok(())
    }
}

impl Checkpoint for JointsIdeal {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("joints-ideal", &self.plan)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let plan: Option<Plan> = checkpoint::from_bytes("joints-ideal", bytes)?;
        let (expected, found) = (self.inverse.joints.len(), plan.as_ref().map(|plan| plan.positions.len()));
        if let Some(found) = found.filter(|found| *found != expected) {
            let why = format!("expected positions of {expected} joints, found {found}");
            return Err(CheckpointError::Malformed { part: "joints-ideal".into(), why });
        }
        self.plan = plan;
        Ok(())
    }
}
