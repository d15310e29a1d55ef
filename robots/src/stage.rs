//! The stage: what a task may know of the world, and place in it.

use nalgebra::{Isometry3, Vector3};

/// Position (m) and orientation of a frame in the world, z up.
pub type Pose = Isometry3<f64>;

/// Linear (m/s) and angular (rad/s) velocity of a frame in world axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Velocity {
    /// Velocity of the frame's origin, m/s.
    pub linear: Vector3<f64>,
    /// Angular velocity, rad/s.
    pub angular: Vector3<f64>,
}

/// Where a joint of one degree of freedom stands, and how it moves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JointState {
    /// Position (rad or m).
    pub position: f64,
    /// Velocity (rad/s or m/s).
    pub velocity: f64,
}

/// A touch between two named things.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// The thing that was asked about.
    pub name: String,
    /// What it touches.
    pub other: String,
    /// Where, in the world (m).
    pub point_m: Vector3<f64>,
    /// Normal impulse of the last physics step over its length (N).
    pub force_n: f64,
}

/// Something a task needs of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The true pose of the named frame.
    Pose(String),
    /// The true velocity of the named frame.
    Velocity(String),
    /// The contacts of the named link.
    Contacts(String),
    /// Placing the named frame anywhere.
    Place(String),
    /// Giving the named frame a velocity.
    Launch(String),
    /// The state of the named joint, of one degree of freedom.
    Joint(String),
}

/// Why a stage didn't do what a task asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StageError {
    /// There is no such thing on this stage, or it can't be known or moved.
    #[error("this stage doesn't offer {0:?}")]
    NotOffered(Need),
    /// The pose isn't made of finite numbers.
    #[error("{name:?} can't be placed or launched at {pose:?}: not finite")]
    NotFinite {
        /// What was to be placed.
        name: String,
        /// Where.
        pose: String,
    },
}

/// What a task may know and place. A simulated world offers everything; a real robot what it measures.
pub trait Stage {
    /// Whether this stage can do that, now and for as long as it exists.
    fn offers(&self, need: &Need) -> bool;

    /// The frames that move, for those who look on; none unless a stage says otherwise.
    fn frames(&self) -> Vec<String> {
        Vec::new()
    }

    /// The pose of the named frame.
    fn pose(&self, name: &str) -> Result<Pose, StageError>;

    /// The velocity of the named frame.
    fn velocity(&self, name: &str) -> Result<Velocity, StageError>;

    /// The contacts of the named link, appended to `out` in a fixed order.
    fn contacts(&self, name: &str, out: &mut Vec<Contact>) -> Result<(), StageError>;

    /// Puts the named frame at `pose`, at rest.
    fn place(&mut self, name: &str, pose: &Pose) -> Result<(), StageError>;

    /// Gives the named frame, which can be placed, a velocity; placing it takes it away again. No stage does unless it says otherwise.
    fn launch(&mut self, name: &str, velocity: &Velocity) -> Result<(), StageError> {
        let _ = velocity;
        Err(StageError::NotOffered(Need::Launch(name.into())))
    }

    /// The state of the named joint, of one degree of freedom; no stage offers one unless it says otherwise.
    fn joint(&self, name: &str) -> Result<JointState, StageError> {
        Err(StageError::NotOffered(Need::Joint(name.into())))
    }
}
