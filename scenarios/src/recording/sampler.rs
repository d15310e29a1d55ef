//! Taking frames and views of a loop.
//!
//! Together they hold what a [`Moment`](crate::moment::Moment) does beyond its step. They are filled in place of old ones, so that names and
//! room are used again.

use embody_bridges::protocol::truth::Truth;
use embody_robots::robot::RobotSpec;
use embody_robots::{Body, JointState, Nanos, Pose, Stage};

use super::{Frame, View};
use crate::moment::Picture;
use crate::run::Session;

/// What there is to look at in a loop.
pub(super) struct Sampler {
    links: Vec<String>,
    joints: Vec<String>,
    cameras: Vec<String>,
}

impl Sampler {
    /// What there is in a loop whose body is of this description.
    pub(super) fn new(session: &Session, robot: &RobotSpec) -> Sampler {
        let body = session.environment().body();
        let single = robot.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1);
        let sensors = robot.sensors.iter().map(|sensor| sensor.name());
        Sampler {
            links: body.truth().frames().into_iter().filter(|name| body.truth().pose(name).is_ok()).collect(),
            joints: single.map(|joint| joint.name.clone()).filter(|name| body.truth().joint(name).is_ok()).collect(),
            cameras: sensors.filter(|name| body.image(name).is_some()).map(str::to_owned).collect(),
        }
    }

    /// The cameras whose images it takes.
    pub(super) fn cameras(&self) -> &[String] {
        &self.cameras
    }

    /// About how many bytes a frame and a view take.
    pub(super) fn bytes(&self, body: &dyn Body) -> [usize; 2] {
        let images = self.cameras.iter().filter_map(|name| body.image(name));
        let pixels: usize = images.map(|image| image.brightness.len()).sum();
        let (links, joints) = (size_of::<(String, Pose)>(), size_of::<(String, JointState)>());
        [self.links.len() * links + self.joints.len() * joints, pixels * size_of::<f32>()]
    }

    /// Fills in a frame with where everything is now.
    pub(super) fn frame(&self, session: &Session, frame: &mut Frame) {
        let step = session.environment().time_step();
        (frame.record, frame.time) = now(session);
        (frame.truth.records, frame.truth.time, frame.truth.reward) = (frame.record, step.time, step.reward);
        self.look_at(session.environment().body().truth(), frame);
    }

    /// Fills in a view with what else there is to see now.
    pub(super) fn view(&self, session: &Session, view: &mut View) {
        let environment = session.environment();
        (view.record, view.time) = now(session);
        view.images.resize_with(self.cameras.len(), Picture::default);
        for (name, picture) in self.cameras.iter().zip(&mut view.images) {
            let Some(image) = environment.body().image(name) else { continue };
            picture.sensor.clone_from(name);
            (picture.width, picture.height) = (image.width, image.height);
            picture.brightness.clear();
            picture.brightness.extend_from_slice(image.brightness);
        }
        view.telemetry = session.controller().telemetry();
        view.tallies.clear();
        view.tallies.extend_from_slice(environment.task().tallies());
    }

    fn look_at(&self, stage: &dyn Stage, frame: &mut Frame) {
        let Truth { links, contacts, .. } = &mut frame.truth;
        links.resize_with(self.links.len(), || (String::new(), Pose::identity()));
        contacts.clear();
        for (name, (known, pose)) in self.links.iter().zip(links) {
            known.clone_from(name);
            // What a stage doesn't know any more is shown where it was.
            *pose = stage.pose(name).unwrap_or(*pose);
            let _ = stage.contacts(name, contacts);
        }
        frame.joints.resize_with(self.joints.len(), Default::default);
        for (name, (known, state)) in self.joints.iter().zip(&mut frame.joints) {
            known.clone_from(name);
            *state = stage.joint(name).unwrap_or(*state);
        }
    }
}

/// Index of the last step record, and the time since the run began.
fn now(session: &Session) -> (u64, Nanos) {
    let (position, period) = (session.position(), session.environment().body().control_period());
    (position.records.saturating_sub(1), Nanos(position.control_steps * period.0))
}
