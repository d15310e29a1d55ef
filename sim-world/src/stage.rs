//! The stage of the simulated world: true poses, velocities and contacts of every link, and placing them.

use embody_robots::robot::JointKind;
use embody_robots::stage::{Contact, JointState, Need, Pose, Stage, StageError, Velocity};
use nalgebra::Vector3;
use rapier3d::math::Vector;
use rapier3d::prelude::{Collider, ColliderHandle, ContactPair};

use crate::physics::{SURROUNDINGS, convert};
use crate::world::SimulatedBody;

impl SimulatedBody {
    /// Whether a link can be put anywhere: nothing holds it but a free joint, or it stands in the world and holds nothing.
    fn can_be_placed(&self, index: usize) -> bool {
        let robot = self.robot();
        let link = &robot.links[index].name;
        let holds = || robot.joints.iter().any(|joint| joint.parent.as_ref() == Some(link));
        match robot.joints.iter().find(|joint| &joint.child == link) {
            Some(joint) if joint.kind == JointKind::Free => joint.parent.is_none(),
            Some(joint) => joint.kind == JointKind::Fixed && joint.parent.is_none() && !holds(),
            None => !holds(),
        }
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
            Need::Pose(name) | Need::Velocity(name) | Need::Contacts(name) => self.robot().link_index(name).is_some(),
            Need::Place(name) => self.robot().link_index(name).is_some_and(|index| self.can_be_placed(index)),
            Need::Launch(name) => {
                self.robot()
                    .link_index(name)
                    .is_some_and(|index| self.places.body(&self.state.physics, index).is_some_and(|b| b.is_dynamic()))
                    && self.offers(&Need::Place(name.clone()))
            }
            Need::Joint(name) => self.joint(name).is_ok(),
        }
    }

    fn frames(&self) -> Vec<String> {
        self.robot().links.iter().map(|link| link.name.clone()).collect()
    }

    fn pose(&self, name: &str) -> Result<Pose, StageError> {
        let pose = self.robot().link_index(name).and_then(|index| self.places.pose(&self.state.physics, index));
        pose.ok_or_else(|| StageError::NotOffered(Need::Pose(name.into())))
    }

    /// The velocity of the link's origin.
    fn velocity(&self, name: &str) -> Result<Velocity, StageError> {
        let velocity = self.robot().link_index(name).and_then(|index| self.places.velocity(&self.state.physics, index));
        velocity.ok_or_else(|| StageError::NotOffered(Need::Velocity(name.into())))
    }

    fn joint(&self, name: &str) -> Result<JointState, StageError> {
        let state = self.robot().joint_index(name).and_then(|index| self.places.joint(&self.state.physics, index));
        state.ok_or_else(|| StageError::NotOffered(Need::Joint(name.into())))
    }

    /// The points that carried a force in the last physics step, those on links first, then those on the ground and the
    /// walls, in the order of the description. `point_m` lies on the other thing's surface.
    fn contacts(&self, name: &str, out: &mut Vec<Contact>) -> Result<(), StageError> {
        let not_offered = || StageError::NotOffered(Need::Contacts(name.into()));
        let index = self.robot().link_index(name).ok_or_else(not_offered)?;
        let physics = &self.state.physics;
        let body = self.places.body(physics, index).ok_or_else(not_offered)?;
        let of_link =
            |collider: &&ColliderHandle| physics.colliders.get(**collider).is_some_and(|c| c.user_data == index as u128);
        for collider in body.colliders().iter().filter(of_link) {
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
        let not_offered = || StageError::NotOffered(Need::Place(name.into()));
        let index = self.robot().link_index(name).filter(|index| self.can_be_placed(*index)).ok_or_else(not_offered)?;
        let not_finite = || StageError::NotFinite { name: name.into(), pose: format!("{pose:?}") };
        let position = convert::to_rapier(pose).ok_or_else(not_finite)?;
        let handle = self.places.handle(index);
        if let Some(body) = handle.and_then(|handle| self.state.physics.bodies.get_mut(handle)) {
            body.set_position(position, true);
            body.set_linvel(Vector::ZERO, true);
            body.set_angvel(Vector::ZERO, true);
        }
        Ok(())
    }

    fn launch(&mut self, name: &str, velocity: &Velocity) -> Result<(), StageError> {
        let need = Need::Launch(name.into());
        let index = self.robot().link_index(name).filter(|_| self.offers(&need)).ok_or(StageError::NotOffered(need))?;
        let [linear, angular] = [velocity.linear, velocity.angular].map(convert::to_vector);
        let not_finite = || StageError::NotFinite { name: name.into(), pose: format!("{velocity:?}") };
        let (Some(linear), Some(angular)) = (linear, angular) else { return Err(not_finite()) };
        let handle = self.places.handle(index);
        if let Some(body) = handle.and_then(|handle| self.state.physics.bodies.get_mut(handle)) {
            // Rapier's velocity is that of the centre of mass.
            let arm = body.center_of_mass() - body.translation();
            body.set_linvel(linear + angular.cross(arm), true);
            body.set_angvel(angular, true);
        }
        Ok(())
    }
}
