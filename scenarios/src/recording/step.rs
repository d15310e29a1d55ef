//! What a recording holds: a [`Step`] for each step record; a [`Frame`] and, more rarely, a [`View`] a few times a simulated second.

use embody_controllers::telemetry::{Activity, Telemetry};
use embody_robots::{Action, Contact, JointState, Nanos, Pose, Tally, TimeStep};

use crate::moment::Picture;

/// One step record, to the bit, and the spikes that led to its action.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Index of the step record in the run, from 0.
    pub record: u64,
    /// Control steps since the run began.
    pub control_step: u64,
    /// Simulated time since the run began; that of `step` counts from the beginning of its episode.
    pub time: Nanos,
    /// What was sensed and earned. How many events a sensor dropped isn't recorded: it says 0.
    pub step: TimeStep,
    /// The action that led here; none to the first step of an episode.
    pub action: Option<Action>,
    /// The spikes of each population in the control period that ended here; empty for baselines, brains elsewhere and first steps.
    pub spikes: Vec<Activity>,
}

/// Where everything was at the end of one control step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Index of the step record.
    pub record: u64,
    /// Simulated time since the run began.
    pub time: Nanos,
    /// Pose of each link, by name.
    pub links: Vec<(String, Pose)>,
    /// The joints of one degree of freedom, by name.
    pub joints: Vec<(String, JointState)>,
}

/// What else there was to see at the end of one control step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Index of the step record.
    pub record: u64,
    /// Simulated time since the run began.
    pub time: Nanos,
    /// What touches what.
    pub contacts: Vec<Contact>,
    /// The last image of each camera, in 256 shades.
    pub images: Vec<Picture>,
    /// What went on in the brain: membrane potentials, counters, and in the first view of a chunk weights. Spikes are with each step.
    pub telemetry: Option<Telemetry>,
    /// The task's metrics since the run began.
    pub tallies: Vec<Tally>,
}
