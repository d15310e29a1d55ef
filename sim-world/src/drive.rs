//! The planar velocity drive: from a commanded velocity to a force on a link's centre.
//!
//! The law is in [`Actuator::PlanarVelocity`]: F = (m / tau) (v_command - v), its length limited. The force is worked out
//! afresh before every physics step and holds for that step alone. How it reaches the link is written in `actuation.rs`.

use embody_robots::Nanos;
use embody_robots::robot::{Actuator, RobotSpec};
use rapier3d::math::Vector;
use rapier3d::prelude::{RigidBodyHandle, RigidBodySet};

use crate::physics::Places;
use crate::world::BuildError;

/// One drive, ready to act on its link.
#[derive(Clone, Debug)]
pub(crate) struct Drive {
    link: RigidBodyHandle,
    /// Acceleration per difference of velocity: 1 / tau (1/s).
    gain_per_s: f32,
    /// Greatest force over the link's mass.
    max_acceleration_m_s2: f32,
    max_speed_m_s: f32,
}

impl Drive {
    /// The drive that `actuator` describes, if it is one, for physics steps of `period`.
    pub(crate) fn new(
        robot: &RobotSpec,
        actuator: &Actuator,
        places: &Places,
        period: Nanos,
    ) -> Result<Option<Drive>, BuildError> {
        let Actuator::PlanarVelocity { name, joint, time_constant, max_force_n, max_speed_m_s } = actuator else {
            return Ok(None);
        };
        if *time_constant < period {
            let (actuator, time_constant) = (name.clone(), *time_constant);
            return Err(BuildError::DriveTooFast { actuator, time_constant, physics_period: period });
        }
        let index = robot.link_held_by(joint);
        let (Some(spec), Some(link)) = (index.and_then(|i| robot.links.get(i)), index.and_then(|i| places.handle(i))) else {
            return Err(BuildError::NoSuchLink { actuator: name.clone(), joint: joint.clone() });
        };
        Ok(Some(Drive {
            link,
            gain_per_s: (1.0 / time_constant.as_secs_f64()) as f32,
            max_acceleration_m_s2: (max_force_n / spec.mass_kg()) as f32,
            max_speed_m_s: *max_speed_m_s as f32,
        }))
    }

    /// The command that is obeyed: its length limited to the greatest speed.
    pub(crate) fn command(&self, values: &[f32]) -> [f32; 2] {
        let command = [values.first().copied().unwrap_or(0.0), values.get(1).copied().unwrap_or(0.0)];
        limit(command, self.max_speed_m_s)
    }

    /// The link that is pulled.
    pub(crate) fn link(&self) -> RigidBodyHandle {
        self.link
    }

    /// What pulls the link towards `command` in the next physics step: force over mass (m/s^2).
    pub(crate) fn acceleration(&self, bodies: &RigidBodySet, command: [f32; 2]) -> Vector {
        let v = bodies.get(self.link).map_or(Vector::ZERO, |body| body.linvel());
        let wanted = [self.gain_per_s * (command[0] - v.x), self.gain_per_s * (command[1] - v.y)];
        let [x, y] = limit(wanted, self.max_acceleration_m_s2);
        Vector::new(x, y, 0.0)
    }
}

/// The vector, shortened to at most `most`.
fn limit(vector: [f32; 2], most: f32) -> [f32; 2] {
    // In f64, so that the squares of finite values stay finite.
    let [x, y] = vector.map(f64::from);
    let length = (x * x + y * y).sqrt();
    let most = f64::from(most);
    if length > most { [(x * most / length) as f32, (y * most / length) as f32] } else { vector }
}

#[cfg(test)]
mod tests {
    use super::limit;

    #[test]
    fn a_limited_vector_keeps_its_direction_even_at_the_end_of_f32() {
        assert_eq!(limit([3.0, 4.0], 5.0), [3.0, 4.0]);
        assert_eq!(limit([6.0, -8.0], 5.0), [3.0, -4.0]);
        assert_eq!(limit([f32::MAX, 0.0], 2.0), [2.0, 0.0]);
    }
}
