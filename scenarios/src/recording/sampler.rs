//! Taking frames of a loop.
//!
//! A frame holds what a [`Moment`](crate::moment::Moment) does beyond its step. It is filled in place of an old one, so that names and room are used again.

use embody_bridges::protocol::truth::Truth;
use embody_robots::robot::RobotSpec;
use embody_robots::{Body, JointState, Nanos, Pose, Stage};

use super::Frame;
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

    /// About how many bytes a frame takes.
    pub(super) fn bytes_per_frame(&self, body: &dyn Body) -> usize {
        let images = self.cameras.iter().filter_map(|name| body.image(name));
        let pixels: usize = images.map(|image| image.brightness.len()).sum();
        pixels * size_of::<f32>()
            + self.links.len() * size_of::<(String, Pose)>()
            + self.joints.len() * size_of::<(String, JointState)>()
    }

    /// Fills in a frame with what there is to see now.
    pub(super) fn take(&self, session: &Session, frame: &mut Frame) {
        let (environment, position) = (session.environment(), session.position());
        let (body, step) = (environment.body(), environment.time_step());
        frame.record = position.records.saturating_sub(1);
        frame.time = Nanos(position.control_steps * body.control_period().0);
        (frame.truth.records, frame.truth.time, frame.truth.reward) = (frame.record, step.time, step.reward);
        self.look_at(body.truth(), frame);
        frame.images.resize_with(self.cameras.len(), Picture::default);
        for (name, picture) in self.cameras.iter().zip(&mut frame.images) {
            let Some(image) = body.image(name) else { continue };
            picture.sensor.clone_from(name);
            (picture.width, picture.height) = (image.width, image.height);
            picture.brightness.clear();
            picture.brightness.extend_from_slice(image.brightness);
        }
        frame.telemetry = session.controller().telemetry();
        frame.tallies.clear();
        frame.tallies.extend_from_slice(environment.task().tallies());
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
