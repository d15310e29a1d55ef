//! The planar velocity drive: from a commanded velocity to a force on a link's centre.
//!
//! The law is in [`Actuator::PlanarVelocity`]: F = (m / tau) (v_command - v), its length limited. The force is worked out
//! afresh before every physics step and given as the impulse F dt, which leaves no force behind in the body's state.

use embody_robots::Nanos;
use embody_robots::robot::{Actuator, RobotSpec};
use rapier3d::math::Vector;
use rapier3d::prelude::{RigidBodyHandle, RigidBodySet};

use crate::world::BuildError;

/// One drive, ready to act on its link.
#[derive(Clone, Debug)]
pub(crate) struct Drive {
    link: RigidBodyHandle,
    /// Impulse per difference of velocity: m dt / tau (kg).
    gain_kg: f32,
    max_impulse_n_s: f32,
    max_speed_m_s: f32,
}

impl Drive {
    /// The drive that `actuator` describes, for physics steps of `period`; `links` are the bodies of `robot.links`.
    pub(crate) fn new(
        robot: &RobotSpec,
        actuator: &Actuator,
        links: &[RigidBodyHandle],
        period: Nanos,
    ) -> Result<Drive, BuildError> {
        let Actuator::PlanarVelocity { name, joint, time_constant, max_force_n, max_speed_m_s } = actuator;
        if *time_constant < period {
            let (actuator, time_constant) = (name.clone(), *time_constant);
            return Err(BuildError::DriveTooFast { actuator, time_constant, physics_period: period });
        }
        let child = robot.joints.iter().find(|j| &j.name == joint).map(|j| &j.child);
        let index = child.and_then(|child| robot.links.iter().position(|link| &link.name == child));
        let (Some(spec), Some(link)) = (index.and_then(|i| robot.links.get(i)), index.and_then(|i| links.get(i))) else {
            return Err(BuildError::NoSuchLink { actuator: name.clone(), joint: joint.clone() });
        };
        let dt_s = period.as_secs_f64();
        Ok(Drive {
            link: *link,
            gain_kg: (spec.mass_kg * dt_s / time_constant.as_secs_f64()) as f32,
            max_impulse_n_s: (max_force_n * dt_s) as f32,
            max_speed_m_s: *max_speed_m_s as f32,
        })
    }

    /// The command that is obeyed: its length limited to the greatest speed.
    pub(crate) fn command(&self, values: &[f32]) -> [f32; 2] {
        let command = [values.first().copied().unwrap_or(0.0), values.get(1).copied().unwrap_or(0.0)];
        limit(command, self.max_speed_m_s)
    }

    /// Pulls the link towards `command` for one physics step.
    pub(crate) fn pull(&self, bodies: &mut RigidBodySet, command: [f32; 2]) {
        if let Some(body) = bodies.get_mut(self.link) {
            let v = body.linvel();
            let impulse = [self.gain_kg * (command[0] - v.x), self.gain_kg * (command[1] - v.y)];
            let [x, y] = limit(impulse, self.max_impulse_n_s);
            body.apply_impulse(Vector::new(x, y, 0.0), false);
        }
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
