//! The stage of the simulated world: true poses, velocities and contacts of every link, and placing them.

use embody_robots::stage::{Contact, Need, Pose, Stage, StageError, Velocity};
use nalgebra::Vector3;
use rapier3d::math::Vector;
use rapier3d::prelude::{Collider, ColliderHandle, ContactPair, RigidBody};

use crate::physics::{self, SURROUNDINGS};
use crate::world::SimulatedBody;

impl SimulatedBody {
    fn link_index(&self, name: &str) -> Option<usize> {
        self.robot().links.iter().position(|link| link.name == name)
    }

    fn link(&self, name: &str) -> Option<&RigidBody> {
        self.link_index(name).and_then(|index| self.state.physics.bodies.get(*self.links.get(index)?))
    }

    /// What a collider is called: its user data counts the links, then the surroundings.
    fn collider_name(&self, collider: &Collider) -> &str {
        let index = collider.user_data as usize;
        let links = &self.robot().links;
        let surroundings = index.checked_sub(links.len()).and_then(|i| SURROUNDINGS.get(i));
        links.get(index).map_or_else(|| surroundings.copied().unwrap_or_default(), |link| link.name.as_str())
    }

    /// Appends the points of `pair` that carry a force, `of` being the collider that was asked about.
    fn append_contacts(&self, name: &str, of: ColliderHandle, pair: &ContactPair, out: &mut Vec<Contact>) {
        let is_first = pair.collider1 == of;
        let other = if is_first { pair.collider2 } else { pair.collider1 };
        let Some(other) = self.state.physics.colliders.get(other) else { return };
        for point in pair.manifolds().iter().flat_map(|manifold| &manifold.points) {
            if point.data.impulse > 0.0 {
                // The point on the other side: unlike the one on this link it doesn't turn with a rolling ball.
                let at = other.position().transform_point(if is_first { point.local_p2 } else { point.local_p1 });
                out.push(Contact {
                    name: name.into(),
                    other: self.collider_name(other).into(),
                    point_m: Vector3::from(at.to_array().map(f64::from)),
                    force_n: f64::from(point.data.impulse) / self.physics_period().as_secs_f64(),
                });
            }
        }
    }
}

impl Stage for SimulatedBody {
    fn offers(&self, need: &Need) -> bool {
        match need {
            Need::Pose(name) | Need::Velocity(name) | Need::Contacts(name) | Need::Place(name) => self.link_index(name).is_some(),
            Need::Joint(_) => false,
        }
    }

    fn frames(&self) -> Vec<String> {
        self.robot().links.iter().map(|link| link.name.clone()).collect()
    }

    fn pose(&self, name: &str) -> Result<Pose, StageError> {
        self.link(name).map(physics::pose).ok_or_else(|| StageError::NotOffered(Need::Pose(name.into())))
    }

    fn velocity(&self, name: &str) -> Result<Velocity, StageError> {
        self.link(name).map(physics::velocity).ok_or_else(|| StageError::NotOffered(Need::Velocity(name.into())))
    }

    /// The points that carried a force in the last physics step, those on links first, then those on the ground and the
    /// walls, in the order of the description. `point_m` lies on the other thing's surface.
    fn contacts(&self, name: &str, out: &mut Vec<Contact>) -> Result<(), StageError> {
        let link = self.link(name).ok_or_else(|| StageError::NotOffered(Need::Contacts(name.into())))?;
        let physics = &self.state.physics;
        for collider in link.colliders() {
            let mut pairs: Vec<_> = physics.narrow_phase.contact_pairs_with(*collider).collect();
            pairs.sort_by_key(|pair| {
                let other = if pair.collider1 == *collider { pair.collider2 } else { pair.collider1 };
                physics.colliders.get(other).map(|collider| collider.user_data)
            });
            for pair in pairs {
                self.append_contacts(name, *collider, pair, out);
            }
        }
        Ok(())
    }

    fn place(&mut self, name: &str, pose: &Pose) -> Result<(), StageError> {
        let index = self.link_index(name).ok_or_else(|| StageError::NotOffered(Need::Place(name.into())))?;
        let not_finite = || StageError::NotFinite { name: name.into(), pose: format!("{pose:?}") };
        let position = physics::to_rapier(pose).ok_or_else(not_finite)?;
        let handle = self.links.get(index).copied();
        if let Some(body) = handle.and_then(|handle| self.state.physics.bodies.get_mut(handle)) {
            body.set_position(position, true);
            body.set_linvel(Vector::ZERO, true);
            body.set_angvel(Vector::ZERO, true);
        }
        Ok(())
    }
}
