//! Which contacts can be yielded to; the others are taken out before they are solved.
//!
//! In reduced coordinates a body moves as its joints let it and in no other way. Where something fixed presses it in a direction in which
//! none of them moves (the ground under an arm that turns about upright axes), no force would be enough, and the solver divides by the
//! noise of rounding: the arm is thrown about. Such a contact bears nothing here, and nothing rubs in it.

use embody_robots::robot::{Joint, JointKind};
use nalgebra::{UnitQuaternion, Vector3};
use rapier3d::geometry::Collider;
use rapier3d::pipeline::{ContactModificationContext, ModifiableContacts, PhysicsHooks};

use super::convert::vector;
use super::welds::Welds;

/// Sine of the angle below which two directions count as one.
const LEAST: f64 = 1e-3;

/// How a joint lets what hangs on it move; directions in the world, at home.
#[derive(Clone, Copy, Debug)]
enum Freedom {
    Turns(Vector3<f64>),
    Slides(Vector3<f64>),
    Any,
}

impl Freedom {
    fn new(kind: &JointKind, rotation: &UnitQuaternion<f64>) -> Vec<Freedom> {
        let along = |axis: &[f64; 3]| rotation * Vector3::from(*axis);
        match kind {
            JointKind::Fixed => Vec::new(),
            JointKind::Revolute { axis } | JointKind::Continuous { axis } => vec![Freedom::Turns(along(axis))],
            JointKind::Prismatic { axis } => vec![Freedom::Slides(along(axis))],
            JointKind::Planar { .. } | JointKind::Ball | JointKind::Free => vec![Freedom::Any],
        }
    }

    /// Whether it lets some point move along `normal`. It is enough to know it at home: a turn that would change the answer for joints
    /// behind it isn't about the normal, and so yields itself.
    fn yields(&self, normal: &Vector3<f64>) -> bool {
        match self {
            Freedom::Turns(axis) => axis.cross(normal).norm() > LEAST,
            Freedom::Slides(axis) => axis.dot(normal).abs() > LEAST,
            Freedom::Any => true,
        }
    }
}

/// How each link can move.
pub(crate) struct Yielding {
    links: Vec<Vec<Freedom>>,
}

impl Yielding {
    /// Of the links of a robot with these joints.
    pub(super) fn new(joints: &[Joint], welds: &Welds) -> Yielding {
        let mut bodies: Vec<Vec<Freedom>> = Vec::with_capacity(welds.bodies.len());
        for body in &welds.bodies {
            let mut freedoms = body.parent.map_or_else(Vec::new, |link| bodies[welds.members[link].body].clone());
            freedoms.extend(body.joint.into_iter().flat_map(|joint| Freedom::new(&joints[joint].kind, &body.home.rotation)));
            bodies.push(freedoms);
        }
        Yielding { links: welds.members.iter().map(|member| bodies[member.body].clone()).collect() }
    }

    /// Whether a link may be pressed where it can't yield.
    pub(super) fn is_bound(&self, link: usize) -> bool {
        let freedoms = &self.links[link];
        !freedoms.is_empty() && !freedoms.iter().any(|freedom| matches!(freedom, Freedom::Any))
    }

    /// How a collider's link can move; not at all if it is of the surroundings.
    fn of(&self, collider: &Collider) -> &[Freedom] {
        usize::try_from(collider.user_data).ok().and_then(|link| self.links.get(link)).map_or(&[], Vec::as_slice)
    }
}

impl PhysicsHooks for Yielding {
    fn modify_solver_contacts(&self, context: &mut ContactModificationContext) {
        let colliders = [context.collider1, context.collider2].into_iter().filter_map(|handle| context.colliders.get(handle));
        let mut freedoms = colliders.flat_map(|collider| self.of(collider));
        let ModifiableContacts::Rigid(contact) = &mut context.contacts else { return };
        let normal = vector(*contact.normal);
        if !freedoms.any(|freedom| freedom.yields(&normal)) {
            contact.solver_contacts.clear();
        }
    }
}
