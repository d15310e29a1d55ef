//! A moment of a loop: all that there is to see at the end of one control step.
//!
//! Viewers, recordings and reports look at moments and at nothing else, wherever these come from: a loop in this process, a recording, or
//! the streams of a world and a brain elsewhere, which carry less. Taking one reads the loop and changes nothing in it.

pub use embody_bridges::protocol::scene::Picture;
use embody_bridges::protocol::scene::Scene;
use embody_bridges::protocol::truth::Truth;
use embody_controllers::telemetry::Telemetry;
use embody_robots::robot::RobotSpec;
use embody_robots::{Action, Body, Environment, JointState, Nanos, Tally, Task, TimeStep};

use crate::run::{Position, Session};

/// All that there is to see at the end of one control step.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Index of its step record in the run, from 0.
    pub record: u64,
    /// Control steps since the run began.
    pub control_step: u64,
    /// Simulated time since the run began.
    pub time: Nanos,
    /// What was sensed and earned.
    pub step: TimeStep,
    /// The action that led here; none before the first control step.
    pub action: Option<Action>,
    /// Poses and contacts.
    pub truth: Truth,
    /// The joints of one degree of freedom, by name, in the order of the description.
    pub joints: Vec<(String, JointState)>,
    /// The last image of each camera.
    pub images: Vec<Picture>,
    /// What went on in the brain; none for baselines, or where nobody watches.
    pub telemetry: Option<Telemetry>,
    /// The task's metrics since the run began.
    pub tallies: Vec<Tally>,
}

impl Moment {
    /// What there is to see of a loop whose body is of this description; its controller tells of itself if it is watched
    /// ([`Session::watch`]).
    pub fn of(session: &Session, robot: &RobotSpec) -> Moment {
        let (environment, position) = (session.environment(), session.position());
        let scene = scene(environment, robot, position);
        Moment {
            record: scene.truth.records,
            control_step: scene.control_steps,
            time: Nanos(scene.control_steps * environment.body().control_period().0),
            step: scene.step,
            action: (position.control_steps > 0).then(|| session.action().clone()),
            truth: scene.truth,
            joints: scene.joints,
            images: scene.images,
            telemetry: session.controller().telemetry(),
            tallies: scene.tallies,
        }
    }
}

/// What there is to see of a world whose body is of this description, whoever its brain is.
pub(crate) fn scene(environment: &Environment<dyn Body, dyn Task>, robot: &RobotSpec, position: Position) -> Scene {
    let (body, step) = (environment.body(), environment.time_step());
    let record = position.records.saturating_sub(1);
    let single = robot.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1);
    let joints = single.filter_map(|joint| Some((joint.name.clone(), body.truth().joint(&joint.name).ok()?)));
    let images = robot.sensors.iter().filter_map(|sensor| {
        let image = body.image(sensor.name())?;
        let (sensor, brightness) = (sensor.name().to_owned(), image.brightness.to_vec());
        Some(Picture { sensor, width: image.width, height: image.height, brightness })
    });
    Scene {
        control_steps: position.control_steps,
        end: None,
        step: step.clone(),
        truth: Truth::of(body.truth(), record, step.time, step.reward),
        joints: joints.collect(),
        images: images.collect(),
        tallies: environment.task().tallies().to_vec(),
    }
}
