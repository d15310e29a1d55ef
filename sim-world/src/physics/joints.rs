//! Joints in reduced coordinates: from a description's joint to Rapier's multibody joint, with its limits and losses.
//!
//! Reduced coordinates, because impulse joints give way under load: seven motorised hinges with four iterations are 7 mm off, with
//! one iteration of a multibody 5e-7 m. Rapier turns about an axis of a joint's frames, or slides along it: the one that is nearest to the
//! joint's own, so that the frames of most joints needn't be turned, which would cost digits.

use embody_robots::robot::{Joint, JointKind};
use embody_robots::stage::{JointState, Pose};
use nalgebra::{UnitQuaternion, Vector3};
use rapier3d::prelude::{
    GenericJoint, JointAxesMask, JointAxis, Multibody, MultibodyDofCoupling, MultibodyJointHandle, PhysicsWorld, RigidBodyHandle,
};

use super::convert::{rotation_between, to_rapier};
use crate::world::BuildError;

/// A joint of one degree of freedom as it is in the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hinge {
    pub(crate) handle: MultibodyJointHandle,
    /// The axis in which it moves.
    pub(crate) axis: JointAxis,
}

impl Hinge {
    /// Position and velocity; none if the world has no such joint.
    pub(crate) fn state(&self, world: &PhysicsWorld) -> Option<JointState> {
        let (multibody, id) = world.multibody_joints.get(self.handle)?;
        let link = multibody.link(id)?;
        let position = link.joint().coords()[self.axis as usize];
        let velocity = multibody.joint_velocity(link)[0];
        Some(JointState { position: position.into(), velocity: velocity.into() })
    }

    /// The joint as Rapier describes it; none if the world has no such joint.
    pub(crate) fn data_mut<'a>(&self, world: &'a mut PhysicsWorld) -> Option<&'a mut GenericJoint> {
        let (multibody, id) = world.multibody_joints.get_mut(self.handle)?;
        Some(&mut multibody.link_mut(id)?.joint.data)
    }

    /// The joint as it moves, to be driven; none if the world has no such joint.
    pub(crate) fn moving<'a>(&self, world: &'a mut PhysicsWorld) -> Option<Moving<'a>> {
        let (multibody, id) = world.multibody_joints.get_mut(self.handle)?;
        let link = multibody.link(id)?;
        let (dof, axis) = (link.assembly_id(), self.axis as usize);
        let (position, velocity) = (link.joint().coords()[axis], multibody.generalized_velocity()[dof]);
        Some(Moving { position, velocity, multibody, id, dof, axis })
    }
}

/// A joint of one degree of freedom that can be driven.
pub(crate) struct Moving<'a> {
    /// Position (rad or m).
    pub(crate) position: f32,
    /// Velocity (rad/s or m/s).
    pub(crate) velocity: f32,
    multibody: &'a mut Multibody,
    id: usize,
    dof: usize,
    axis: usize,
}

impl Moving<'_> {
    /// Sets its viscous damping (N m s/rad or N s/m).
    pub(crate) fn set_damping(&mut self, damping: f32) {
        self.multibody.damping_mut()[self.dof] = damping;
    }

    /// Lets a spring of this stiffness (N m/rad or N/m) pull it to `rest` (rad or m).
    pub(crate) fn set_spring(&mut self, stiffness: f32, rest: f32) {
        if let Some(link) = self.multibody.link_mut(self.id) {
            link.joint.set_spring(self.axis, stiffness, rest);
        }
    }
}

/// Of Rapier's axes, those that a joint of one degree of freedom may move in.
const TURNS: [JointAxis; 3] = [JointAxis::AngX, JointAxis::AngY, JointAxis::AngZ];
const SLIDES: [JointAxis; 3] = [JointAxis::LinX, JointAxis::LinY, JointAxis::LinZ];

/// The axis in which a joint of one degree of freedom moves; none for others.
pub(super) fn axis(kind: &JointKind) -> Option<JointAxis> {
    match kind {
        JointKind::Revolute { axis } | JointKind::Continuous { axis } => Some(TURNS[nearest(axis)]),
        JointKind::Prismatic { axis } => Some(SLIDES[nearest(axis)]),
        JointKind::Free | JointKind::Fixed | JointKind::Ball | JointKind::Planar { .. } => None,
    }
}

/// Which of x, y, z is nearest to a direction.
fn nearest(axis: &[f64; 3]) -> usize {
    (0..3).fold(0, |best, k| if axis[k].abs() > axis[best].abs() { k } else { best })
}

/// Which degrees of freedom are locked, and by what the joint's frames are turned.
fn freedom(kind: &JointKind) -> (JointAxesMask, UnitQuaternion<f64>) {
    let all = JointAxesMask::all();
    let turned = |k: usize, direction: &[f64; 3]| rotation_between(Vector3::ith(k, 1.0), Vector3::from(*direction));
    match kind {
        JointKind::Revolute { axis } | JointKind::Continuous { axis } => {
            (all - JointAxesMask::from(TURNS[nearest(axis)]), turned(nearest(axis), axis))
        }
        JointKind::Prismatic { axis } => (all - JointAxesMask::from(SLIDES[nearest(axis)]), turned(nearest(axis), axis)),
        JointKind::Ball => (JointAxesMask::LOCKED_SPHERICAL_AXES, UnitQuaternion::identity()),
        JointKind::Planar { normal } => (JointAxesMask::LIN_Z | JointAxesMask::ANG_X | JointAxesMask::ANG_Y, turned(2, normal)),
        JointKind::Fixed => (all, UnitQuaternion::identity()),
        JointKind::Free => (JointAxesMask::empty(), UnitQuaternion::identity()),
    }
}

/// Joins two bodies; `origin` is the joint's frame in the frame of the first.
pub(super) fn insert(
    world: &mut PhysicsWorld,
    [parent, child]: [RigidBodyHandle; 2],
    origin: &Pose,
    joint: &Joint,
) -> Result<MultibodyJointHandle, BuildError> {
    let not_yet =
        |expected| BuildError::NotYet { what: format!("joint {:?}, a {} joint", joint.name, joint.kind.name()), expected };
    if joint.kind == JointKind::Ball && joint.limits.position.is_some() {
        return Err(not_yet("ball joints without limits"));
    }
    if joint.kind == JointKind::Free {
        return Err(not_yet("free joints of the world"));
    }
    let (locked, turned) = freedom(&joint.kind);
    let frame = |pose: Pose| to_rapier(&pose).ok_or_else(|| not_yet("places in reach of single precision"));
    let turned = Pose::from_parts(nalgebra::Translation3::identity(), turned);
    let mut data = GenericJoint::new(locked);
    data.set_local_frame1(frame(origin * turned)?).set_local_frame2(frame(turned)?).set_contacts_enabled(false);
    if let (Some(axis), Some(limits)) = (axis(&joint.kind), joint.limits.position) {
        data.set_limits(axis, limits.map(|x| x as f32));
    }
    // Refused only where a body would have two parents, which a tree has not.
    world.insert_multibody_joint(parent, child, data).ok_or_else(|| not_yet("joints that make a tree"))
}

/// Sets damping, dry friction and armature of a joint, and moves it to its home; `multibody` knows its degrees of freedom by now.
pub(super) fn settle(multibody: &mut Multibody, link: usize, joint: &Joint, home: f64, displacements: &mut [f32]) {
    let Some((first, count)) = multibody.link(link).map(|link| (link.assembly_id(), link.joint().ndofs())) else { return };
    for dof in first..first + count {
        multibody.damping_mut()[dof] = joint.damping as f32;
        multibody.frictions_mut()[dof] = joint.friction as f32;
        multibody.armature_mut()[dof] = joint.armature as f32;
    }
    if count == 1 {
        displacements[first] = home as f32;
    }
}

/// A joint that follows another: position(follower) = multiplier position(leader) + offset. Both are in the same multibody.
pub(super) fn coupling(
    leader: (usize, JointAxis),
    follower: (usize, JointAxis),
    multiplier: f64,
    offset: f64,
) -> MultibodyDofCoupling {
    MultibodyDofCoupling {
        link1: leader.0,
        dof1: 0,
        axis1: leader.1 as usize,
        link2: follower.0,
        dof2: 0,
        axis2: follower.1 as usize,
        coeff: multiplier as f32,
        offset: offset as f32,
    }
}
