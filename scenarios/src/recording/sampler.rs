//! Taking frames and views of a loop.
//!
//! Together they hold what a [`Moment`](crate::moment::Moment) does beyond its step. They are filled in place of old ones, so that names and
//! room are used again.

use embody_robots::robot::RobotSpec;
use embody_robots::{Body, JointState, Nanos, Pose};

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
        let stage = session.environment().body().truth();
        (frame.record, frame.time) = now(session);
        name_once(&self.links, &mut frame.links);
        for (name, pose) in &mut frame.links {
            // What a stage doesn't know any more is shown where it was.
            *pose = stage.pose(name).unwrap_or(*pose);
        }
        name_once(&self.joints, &mut frame.joints);
        for (name, state) in &mut frame.joints {
            *state = stage.joint(name).unwrap_or(*state);
        }
    }

    /// Fills in a view with what else there is to see now; weights take time and change slowly.
    pub(super) fn view(&self, session: &Session, weights: bool, view: &mut View) {
        let environment = session.environment();
        let body = environment.body();
        (view.record, view.time) = now(session);
        view.contacts.clear();
        for name in &self.links {
            // What a stage doesn't know isn't shown.
            let _ = body.truth().contacts(name, &mut view.contacts);
        }
        view.images.resize_with(self.cameras.len(), Picture::default);
        for (name, picture) in self.cameras.iter().zip(&mut view.images) {
            let Some(image) = body.image(name) else { continue };
            picture.sensor.clone_from(name);
            (picture.width, picture.height) = (image.width, image.height);
            picture.brightness.clear();
            picture.brightness.extend_from_slice(image.brightness);
        }
        view.telemetry = session.controller().readings(weights);
        view.tallies.clear();
        view.tallies.extend_from_slice(environment.task().tallies());
    }
}

/// Names the things of a frame, which has their names already if it is an old one.
fn name_once<T: Default>(names: &[String], things: &mut Vec<(String, T)>) {
    if things.len() != names.len() {
        *things = names.iter().map(|name| (name.clone(), T::default())).collect();
    }
}

/// Index of the last step record, and the time since the run began.
fn now(session: &Session) -> (u64, Nanos) {
    let (position, period) = (session.position(), session.environment().body().control_period());
    (position.records.saturating_sub(1), Nanos(position.control_steps * period.0))
}
