//! The rigid bodies: Rapier's world, made of a robot's description and an arena, and where Rapier's settings are chosen.
//!
//! This folder is the only place that knows how a description becomes bodies, joints and colliders. It draws nothing at random and
//! reads no clock: the same description gives the same world, byte for byte.
//!
//! Links that fixed joints weld together are one body ([`welds`]); what moves on joints of its parent does so in reduced coordinates
//! ([`joints`]). Links of one articulated body don't touch each other: neighbours overlap in most descriptions. What presses a link where
//! no joint yields isn't solved ([`yielding`]).

mod colliders;
pub(crate) mod convert;
pub(crate) mod joints;
mod masses;
mod surroundings;
mod welds;
mod yielding;

use embody_robots::robot::{Joint, JointKind, RobotSpec};
use embody_robots::stage::{JointState, Pose, Velocity};
use embody_robots::{Kinematics, Nanos};
use rapier3d::math::Vector;
use rapier3d::prelude::{
    ActiveHooks, ColliderBuilder, FrictionModel, IntegrationParameters, MultibodyJointHandle, PhysicsWorld, RigidBody,
    RigidBodyBuilder, RigidBodyHandle,
};

use crate::arena::Arena;
use crate::world::BuildError;
use convert::{from_rapier, to_rapier, vector};
use joints::Hinge;
pub(crate) use surroundings::SURROUNDINGS;
use welds::{Member, Welds};
use yielding::Yielding;

/// How far the square of a rotation's length may be from one before it is brought back: a few roundings of single precision.
const LEAST_STRETCH: f32 = 5e-7;

/// A robot in an arena, worked out as far as it doesn't change: from this the same world is built again and again.
pub(crate) struct Blueprint {
    arena: Arena,
    period: Nanos,
    welds: Welds,
    joints: Vec<Joint>,
    /// Position of every joint at reset (rad or m).
    home: Vec<f64>,
    /// Colliders, with the body that each belongs to and its mass if it has the body's.
    colliders: Vec<(usize, ColliderBuilder)>,
    /// Whether a body's mass is that of its collider.
    weighs_by_shape: Vec<bool>,
    /// Which contacts are solved.
    yielding: Yielding,
}

/// A world as it is at reset, and where in it things are. Worlds built from the same blueprint have the same handles.
pub(crate) struct Built {
    pub(crate) world: PhysicsWorld,
    pub(crate) places: Places,
}

/// Where a robot's links and joints are in its world.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    bodies: Vec<RigidBodyHandle>,
    members: Vec<Member>,
    hinges: Vec<Option<Hinge>>,
    /// The bodies that move freely and carry others on joints.
    roots: Vec<RigidBodyHandle>,
}

impl Blueprint {
    /// Works out the bodies of `robot` in `arena`, stepped by `period`.
    ///
    /// # Errors
    /// If the robot can't be, or has what this world can't build.
    pub(crate) fn new(robot: &RobotSpec, arena: &Arena, period: Nanos) -> Result<Blueprint, BuildError> {
        robot.check()?;
        refuse_huge(robot)?;
        let home = home(robot)?;
        let welds = Welds::new(robot, &home)?;
        let by_shape: Vec<_> = welds.bodies.iter().map(|body| masses::of_its_shape(robot, &welds, body)).collect();
        let yielding = Yielding::new(&robot.joints, &welds);
        let mut colliders = Vec::new();
        for (index, (link, member)) in robot.links.iter().zip(&welds.members).enumerate() {
            for part in link.parts.iter().filter(|part| part.collides) {
                let not_yet = |expected| BuildError::NotYet { what: format!("link {:?}", link.name), expected };
                let mut collider = colliders::collider(part, &member.offset, index).map_err(not_yet)?;
                if yielding.is_bound(index) {
                    collider = collider.active_hooks(ActiveHooks::MODIFY_SOLVER_CONTACTS);
                }
                if let Some(mass_kg) = by_shape[member.body] {
                    collider = collider.mass(mass_kg as f32);
                }
                colliders.push((member.body, collider));
            }
        }
        let weighs_by_shape = by_shape.iter().map(Option::is_some).collect();
        let (arena, joints) = (arena.clone(), robot.joints.clone());
        Ok(Blueprint { arena, period, welds, joints, home, colliders, weighs_by_shape, yielding })
    }

    /// Steps a world that was built from this by one period.
    pub(crate) fn step(&self, world: &mut PhysicsWorld) {
        world.step_with_events(&self.yielding, &());
    }

    /// Builds the world, at rest at its home. Colliders of links carry the link's index as user data, then come [`SURROUNDINGS`].
    ///
    /// # Errors
    /// If a joint can't be built.
    pub(crate) fn build(&self) -> Result<Built, BuildError> {
        let mut world = PhysicsWorld::new();
        world.gravity = gravity(&self.arena);
        world.integration_parameters = settings(self.period);
        let bodies: Result<Vec<_>, _> = (0..self.welds.bodies.len()).map(|body| self.insert_body(&mut world, body)).collect();
        let mut places = Places {
            bodies: bodies?,
            members: self.welds.members.clone(),
            hinges: vec![None; self.joints.len()],
            roots: Vec::new(),
        };
        for (body, collider) in &self.colliders {
            world.insert_collider(collider.clone(), Some(places.bodies[*body]));
        }
        self.insert_joints(&mut world, &mut places)?;
        surroundings::insert(&mut world, &self.arena, self.welds.members.len());
        Ok(Built { world, places })
    }

    fn insert_body(&self, world: &mut PhysicsWorld, index: usize) -> Result<RigidBodyHandle, BuildError> {
        let body = &self.welds.bodies[index];
        let home = to_rapier(&body.home).ok_or_else(|| BuildError::NotYet {
            what: format!("a link at {}", body.home.translation),
            expected: "places in reach of single precision",
        })?;
        let builder = match body.joint {
            None => RigidBodyBuilder::fixed(),
            // Asleep, a body would have to be woken by each command; one that never sleeps is also the cheaper to step.
            Some(_) => RigidBodyBuilder::dynamic().can_sleep(false),
        };
        let heavy = body.joint.is_some() && !self.weighs_by_shape[index];
        let builder =
            if heavy { builder.additional_mass_properties(masses::properties(body.inertial.as_ref())) } else { builder };
        Ok(world.insert_body(builder.pose(home)))
    }

    /// Puts in the joints that hang a body on another, parents before children.
    fn insert_joints(&self, world: &mut PhysicsWorld, places: &mut Places) -> Result<(), BuildError> {
        let mut handles = vec![None; self.joints.len()];
        for (index, body) in self.welds.bodies.iter().enumerate() {
            let Some(joint) = body.joint.map(|joint| (joint, &self.joints[joint])) else { continue };
            if self.is_free(index) {
                continue;
            }
            if let Some(parent) = body.parent.map(|link| self.welds.members[link].body) {
                let (handle, moves) = (places.bodies[parent], self.is_free(parent));
                if moves && !places.roots.contains(&handle) {
                    places.roots.push(handle);
                }
            }
            let (parent, offset) = match body.parent.map(|link| &self.welds.members[link]) {
                Some(member) => (places.bodies[member.body], member.offset),
                None => (world.insert_body(RigidBodyBuilder::fixed()), Pose::identity()),
            };
            let origin = offset * joint.1.origin.pose();
            let handle = joints::insert(world, [parent, places.bodies[index]], &origin, joint.1)?;
            handles[joint.0] = Some(handle);
            places.hinges[joint.0] = joints::axis(&joint.1.kind).map(|axis| Hinge { handle, axis });
        }
        self.settle(world, &handles);
        self.couple(world, &places.hinges)
    }

    /// Whether a body is held by nothing but a free joint of the world.
    fn is_free(&self, body: usize) -> bool {
        let body = &self.welds.bodies[body];
        body.parent.is_none() && body.joint.is_some_and(|joint| self.joints[joint].kind == JointKind::Free)
    }

    /// Gives every joint its losses, and moves it to its home.
    fn settle(&self, world: &mut PhysicsWorld, handles: &[Option<MultibodyJointHandle>]) {
        let PhysicsWorld { multibody_joints, bodies, .. } = world;
        let placed = |(joint, handle): (usize, &Option<MultibodyJointHandle>)| {
            let link = multibody_joints.rigid_body_link(RigidBodyHandle((*handle)?.0))?;
            Some((joint, link.multibody, link.id))
        };
        let placed: Vec<_> = handles.iter().enumerate().filter_map(placed).collect();
        for (first, (_, index, _)) in placed.iter().enumerate() {
            if placed[..first].iter().any(|(_, earlier, _)| earlier == index) {
                continue;
            }
            let index = *index;
            let Some(multibody) = multibody_joints.get_multibody_mut(index) else { continue };
            // Only now does it know whether its root moves, and with that which degree of freedom is which.
            multibody.forward_kinematics(bodies, true);
            let mut displacements = vec![0.0; multibody.ndofs()];
            for (joint, _, link) in placed.iter().filter(|(_, multibody, _)| *multibody == index) {
                joints::settle(multibody, *link, &self.joints[*joint], self.home[*joint], &mut displacements);
            }
            multibody.set_self_contacts_enabled(false);
            multibody.apply_displacements(&displacements);
            multibody.forward_kinematics(bodies, false);
            multibody.update_rigid_bodies(bodies, true);
        }
    }

    /// Couples the joints that follow others to them.
    fn couple(&self, world: &mut PhysicsWorld, hinges: &[Option<Hinge>]) -> Result<(), BuildError> {
        for (joint, hinge) in self.joints.iter().zip(hinges) {
            let (Some(mimic), Some(hinge)) = (&joint.mimic, hinge) else { continue };
            let leader = self.joints.iter().position(|leader| leader.name == mimic.joint).and_then(|leader| hinges[leader]);
            let link = |hinge: &Hinge| world.multibody_joints.rigid_body_link(RigidBodyHandle(hinge.handle.0)).copied();
            let not_yet = || BuildError::NotYet {
                what: format!("joint {:?}, which follows {:?}", joint.name, mimic.joint),
                expected: "joints that follow others of the same articulated body",
            };
            let (Some(leader), Some(own)) = (leader, link(hinge)) else { return Err(not_yet()) };
            let first = link(&leader).filter(|link| link.multibody == own.multibody).ok_or_else(not_yet)?;
            if let Some(multibody) = world.multibody_joints.get_multibody_mut(own.multibody) {
                let [leader, follower] = [(first.id, leader.axis), (own.id, hinge.axis)];
                multibody.add_dof_coupling(joints::coupling(leader, follower, mimic.multiplier, mimic.offset));
            }
        }
        Ok(())
    }
}

impl Places {
    /// Brings the rotation of every free root back to length one. Rapier multiplies it up step by step and never does; what hangs on a root
    /// would stand farther and farther from where its joints say.
    pub(crate) fn straighten(&self, world: &mut PhysicsWorld) {
        for root in &self.roots {
            let Some(mut pose) = world.bodies.get(*root).map(|body| *body.position()) else { continue };
            // Seldom: a body that is placed counts as changed by hand.
            if (pose.rotation.length_squared() - 1.0).abs() > LEAST_STRETCH {
                pose.rotation = pose.rotation.normalize();
                if let Some(body) = world.bodies.get_mut(*root) {
                    body.set_position(pose, false);
                }
            }
        }
    }

    /// The body that a link is part of, in the world.
    pub(crate) fn body<'a>(&self, world: &'a PhysicsWorld, link: usize) -> Option<&'a RigidBody> {
        world.bodies.get(self.handle(link)?)
    }

    /// The handle of that body.
    pub(crate) fn handle(&self, link: usize) -> Option<RigidBodyHandle> {
        self.bodies.get(self.members.get(link)?.body).copied()
    }

    /// Pose of a link.
    pub(crate) fn pose(&self, world: &PhysicsWorld, link: usize) -> Option<Pose> {
        Some(from_rapier(self.body(world, link)?.position()) * self.members.get(link)?.offset)
    }

    /// Velocity of a link's origin.
    pub(crate) fn velocity(&self, world: &PhysicsWorld, link: usize) -> Option<Velocity> {
        let body = self.body(world, link)?;
        let arm = self.pose(world, link)?.translation.vector - vector(body.center_of_mass());
        let angular = vector(body.angvel());
        Some(Velocity { linear: vector(body.linvel()) + angular.cross(&arm), angular })
    }

    /// A joint of one degree of freedom.
    pub(crate) fn hinge(&self, joint: usize) -> Option<Hinge> {
        self.hinges.get(joint).copied().flatten()
    }

    /// State of a joint of one degree of freedom.
    pub(crate) fn joint(&self, world: &PhysicsWorld, joint: usize) -> Option<JointState> {
        self.hinge(joint)?.state(world)
    }
}

/// The most degrees of freedom of a robot: memory grows with their square, and time with their cube.
const MOST_DEGREES_OF_FREEDOM: usize = 500;

/// Refuses a robot of more degrees of freedom than can be stepped.
fn refuse_huge(robot: &RobotSpec) -> Result<(), BuildError> {
    let count: usize = robot.joints.iter().map(|joint| joint.kind.degrees_of_freedom()).sum();
    if count <= MOST_DEGREES_OF_FREEDOM {
        return Ok(());
    }
    let what = format!("robot {:?} of {count} degrees of freedom", robot.name);
    Err(BuildError::NotYet { what, expected: "robots of at most 500" })
}

/// Where every joint of `robot` stands at reset (rad or m): at zero, or as near to it as its limits let it.
fn home(robot: &RobotSpec) -> Result<Vec<f64>, BuildError> {
    let kinematics = Kinematics::new(robot).map_err(|problem| BuildError::of(robot, problem))?;
    let own = robot.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1 && joint.mimic.is_none());
    let nearest = |joint: &Joint| joint.limits.position.map_or(0.0, |[least, most]| 0.0_f64.max(least).min(most));
    // Every name was taken from the robot itself.
    kinematics
        .positions(own.map(|joint| (joint.name.as_str(), nearest(joint))))
        .map_err(|error| BuildError::NotYet { what: error.to_string(), expected: "joints that have a home" })
}

/// Gravity in the arena.
pub(crate) fn gravity(arena: &Arena) -> Vector {
    Vector::new(0.0, 0.0, -arena.gravity_m_s2 as f32)
}

/// Rapier's settings for a period.
fn settings(period: Nanos) -> IntegrationParameters {
    IntegrationParameters {
        dt: period.as_secs_f64() as f32,
        // Each solver iteration is a substep of its own. A sphere's contacts push through its centre, so that normal
        // and friction don't disturb each other and one iteration, warm-started, solves them; four cost 60 % more.
        num_solver_iterations: 1,
        // No second pass without bias: what it reports is not the velocity that was integrated (a ball that rolls at
        // 2 m/s seemed to sink at 12 mm/s).
        num_internal_stabilization_iterations: 0,
        // Contacts are seen coming from afar, so that nothing penetrates at up to 10 m/s and steps of 10 ms. Without the
        // second pass the speed of being pushed out again would remain, as a bounce that nobody asked for.
        normalized_prediction_distance: 0.1,
        // The simplified model adds a friction against spin about the normal, which a point contact doesn't have.
        friction_model: FrictionModel::Coulomb,
        // Merging manifolds is for meshes; a pair of simple shapes has one, and it then holds its own impulses.
        contact_clustering: false,
        // A rolling ball leaves its last contact point behind in every step: there is nothing to recycle.
        contact_recycling: false,
        // Stops what is fast enough to pass a wall within one step; costs nothing measurable below that speed.
        max_ccd_substeps: 1,
        ..IntegrationParameters::default()
    }
}
