//! The arms of the catalogue: descriptions in URDF, built into the program, with a motor at every joint.
//!
//! Each is a file in `robots/models`, which says what of it is measured or published and what is chosen.

use crate::file::{self, Description, ReadError};
use crate::robot::{Joint, Mode};

/// A robot of four joints with the geometry of the ED-Scorbot; base frame and angles are those of Ortner et al. 2024.
pub fn scorbot() -> Result<Description, ReadError> {
    arm("scorbot.urdf", include_str!("../../models/scorbot.urdf"))
}

/// A planar arm of two joints.
pub fn arm2() -> Result<Description, ReadError> {
    arm("arm2.urdf", include_str!("../../models/arm2.urdf"))
}

/// An arm of seven joints.
pub fn arm7() -> Result<Description, ReadError> {
    arm("arm7.urdf", include_str!("../../models/arm7.urdf"))
}

fn arm(name: &str, text: &str) -> Result<Description, ReadError> {
    let mut description = file::parse(text, &format!("{name} (built in)"))?;
    description.robot.drive(servo, None);
    Ok(description)
}

/// A stiff servo: full effort at 1/40 rad off, or at half a radian per second. This project's own choice.
fn servo(joint: &Joint) -> Mode {
    let effort = joint.limits.effort.unwrap_or(1.0);
    Mode::Position { kp: 40.0 * effort, kd: 2.0 * effort }
}
