//! A world and a brain elsewhere as a source: what their streams `truth` and `telemetry` carry.
//!
//! The streams are thinned to what eyes can follow, so that the raster has gaps where a loop goes faster than that. They carry no images and no
//! events; where joints stand is worked out from the poses of links.

use std::time::Duration;

use embody_bridges::link::{Heard, LinkError, Onlooker};
use embody_bridges::protocol::truth::Truth;
use embody_controllers::telemetry::Telemetry;
use embody_robots::{JointState, Nanos, Observation, RobotSpec, StepKind, TimeStep};

use super::history::{History, Periods};
use super::source::{Source, SourceError};
use crate::moment::Moment;

/// How long one look waits for news.
const PATIENCE: Duration = Duration::from_millis(50);

/// A world and a brain elsewhere.
pub(crate) struct RemoteSource {
    onlooker: Onlooker,
    robot: RobotSpec,
    periods: Periods,
    moment: Moment,
    history: History,
}

impl RemoteSource {
    /// Looks on at a world whose robot this is.
    pub fn new(onlooker: Onlooker, robot: RobotSpec) -> RemoteSource {
        let described = onlooker.description();
        let periods = Periods { control: described.control_period, tick: described.neural_tick };
        let now = Nanos(described.step * periods.control.0);
        let (history, moment) = (History::new(periods, now), nothing_yet(now, described.step));
        RemoteSource { onlooker, robot, periods, moment, history }
    }

    fn see(&mut self, truth: Truth) {
        // A record more than control steps for each episode that began, of which nobody tells; the tasks of the library have one.
        let control_step = truth.records.saturating_sub(1);
        let step = TimeStep { time: truth.time, reward: truth.reward, ..self.moment.step.clone() };
        self.moment.joints = joints(&self.robot, &truth);
        (self.moment.record, self.moment.control_step) = (control_step, control_step);
        self.moment.time = Nanos(control_step * self.periods.control.0);
        (self.moment.step, self.moment.truth) = (step, truth);
        self.history.step(self.moment.time, &self.moment.step);
    }

    fn listen(&mut self, telemetry: Telemetry) {
        self.history.brain(&telemetry);
        self.moment.telemetry = Some(telemetry);
    }
}

/// The moment before anything was heard.
fn nothing_yet(time: Nanos, control_step: u64) -> Moment {
    let observation = Observation { fields: Vec::new() };
    Moment {
        record: control_step,
        control_step,
        time,
        step: TimeStep { kind: StepKind::Mid, time, reward: 0.0, observation },
        action: None,
        truth: Truth::default(),
        joints: Vec::new(),
        images: Vec::new(),
        telemetry: None,
        tallies: Vec::new(),
    }
}

/// The joints of one degree of freedom, as the poses around them say. Velocities aren't known, and 0.
fn joints(robot: &RobotSpec, truth: &Truth) -> Vec<(String, JointState)> {
    let pose = |name: &str| truth.links.iter().find(|(link, _)| link == name).map(|(_, pose)| *pose);
    let state = |joint: &embody_robots::robot::Joint| {
        let parent = joint.parent.as_ref().map_or(Some(embody_robots::Pose::identity()), |parent| pose(parent))?;
        let position = joint.position_between(&parent, &pose(&joint.child)?)?;
        Some((joint.name.clone(), JointState { position, velocity: 0.0 }))
    };
    robot.joints.iter().filter_map(state).collect()
}

impl Source for RemoteSource {
    fn advance(&mut self) -> Result<bool, SourceError> {
        match self.onlooker.hear(PATIENCE) {
            Ok(Some(Heard::Truth(truth))) => self.see(truth),
            Ok(Some(Heard::Telemetry(_, telemetry))) => self.listen(telemetry),
            Ok(None) => (),
            // Its run has ended, or it was lost: there is nothing more to see either way.
            Err(LinkError::Gone(_)) => return Ok(false),
            Err(error) => return Err(SourceError(error.to_string())),
        }
        Ok(true)
    }

    fn moment(&mut self) -> Result<Moment, SourceError> {
        Ok(self.moment.clone())
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn time(&self) -> Nanos {
        self.moment.time
    }

    fn reset(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    fn keeps_its_own_pace(&self) -> bool {
        true
    }
}
