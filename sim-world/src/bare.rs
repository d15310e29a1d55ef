//! The rigid bodies alone: the same scene and settings as a [`SimulatedBody`](crate::SimulatedBody)'s, with no drive, no
//! sensors and no stage. What the physics engine costs by itself is measured with it; nothing else should need it.

use embody_robots::{Nanos, RobotSpec};
use rapier3d::math::Vector;
use rapier3d::prelude::{PhysicsWorld, RigidBody, RigidBodyHandle};

use crate::arena::Arena;
use crate::physics::{Blueprint, Built};
use crate::world::BuildError;

/// A robot's links in an arena, as Rapier has them.
pub struct BareWorld {
    world: PhysicsWorld,
    links: Vec<RigidBodyHandle>,
}

impl BareWorld {
    /// The links of `robot` at rest at their homes, stepped by `physics_period`.
    ///
    /// # Errors
    /// If the robot can't be built.
    pub fn new(robot: &RobotSpec, arena: &Arena, physics_period: Nanos) -> Result<BareWorld, BuildError> {
        let Built { world, places } = Blueprint::new(robot, arena, physics_period)?.build()?;
        let links = (0..robot.links.len()).filter_map(|link| places.handle(link)).collect();
        Ok(BareWorld { world, links })
    }

    /// Horizontal velocity of a link (m/s); zero if there is no such link.
    pub fn velocity_m_s(&self, link: usize) -> [f32; 2] {
        let body = self.links.get(link).and_then(|handle| self.world.bodies.get(*handle));
        body.map_or([0.0; 2], |body| [body.linvel().x, body.linvel().y])
    }

    /// Gives a link a horizontal impulse (N s).
    pub fn push(&mut self, link: usize, impulse_n_s: [f32; 2]) {
        if let Some(body) = self.link_mut(link) {
            body.apply_impulse(Vector::new(impulse_n_s[0], impulse_n_s[1], 0.0), false);
        }
    }

    /// One step of Rapier.
    pub fn step(&mut self) {
        self.world.step();
    }

    fn link_mut(&mut self, link: usize) -> Option<&mut RigidBody> {
        self.world.bodies.get_mut(*self.links.get(link)?)
    }
}
