//! Where everything of a trunk is, from the positions of its modules.
//!
//! A module's position is (length, tilt about z, tilt about x): its end stands at T(-d tilt_z, length, d tilt_x) Rz(tilt_z) Rx(tilt_x) Ry(45 deg)
//! in the frame of the one before, d = [`PIVOT_M`]. Joint values of the module's law give such positions, and then that is the law itself.

use embody_robots::Pose;
use embody_robots::robot::{Inertial, Joint, JointKind, PIVOT_M, Platform, Platforms, RobotSpec, rotation};
use embody_robots::trunk::{GRIPPER, Shape, TURN};
use nalgebra::{Translation3, Vector3};

/// The parts of a trunk that don't change.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The foot, in the world.
    pub(super) base: Pose,
    /// What each module weighs, in the frame of its end.
    pub(super) inertials: Vec<Option<Inertial>>,
    /// Between which positions the stops of each module let it move.
    pub(super) stops: Vec<[[f64; 2]; 3]>,
    /// The marks at reset.
    pub(super) marks_at_home: Vec<Pose>,
    /// What each link of the description is.
    links: Vec<Frame>,
}

/// What a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Frame {
    /// It stands in the world, here.
    Standing(Pose),
    /// A mark, which can be placed.
    Mark(usize),
    /// The end of a module; of the last, the gripper's tip.
    End(usize),
    /// The body of a module: the frame that its pivot moves.
    Module(usize),
    /// Between two joints of a module, where nobody looks.
    Between,
}

/// The position of a module of this shape.
pub(super) fn position(shape: &Shape) -> [f64; 3] {
    [shape.end_m.y, shape.tilt_z_rad, shape.tilt_x_rad]
}

/// Where a module ends, in the frame of the one before.
pub(super) fn end([length_m, tilt_z, tilt_x]: [f64; 3]) -> Pose {
    let tilted = rotation([0.0, 0.0, 1.0], tilt_z) * rotation([1.0, 0.0, 0.0], tilt_x);
    Pose::from_parts(Translation3::new(-PIVOT_M * tilt_z, length_m, PIVOT_M * tilt_x), tilted * TURN)
}

/// The end of a module in the frame of its body.
fn from_body_to_end() -> Pose {
    Pose::from_parts(Translation3::new(0.0, PIVOT_M, 0.0), TURN)
}

impl Chain {
    /// The trunk of a description; none if a module's joints hold no links, or the first hangs on nothing that stands.
    pub(super) fn new(robot: &RobotSpec, platforms: &Platforms) -> Option<Chain> {
        let holder = |link: &str| robot.joints.iter().find(|joint| joint.child == link);
        let foot = robot.joints.iter().find(|joint| joint.name == platforms.modules[0].slide)?.parent.as_deref();
        let stands = |joint: Option<&Joint>| match joint {
            None => Some(Pose::identity()),
            Some(joint) => (joint.kind == JointKind::Fixed && joint.parent.is_none()).then(|| joint.origin.pose()),
        };
        let base = foot.map_or(Some(Pose::identity()), |foot| stands(holder(foot)))?;
        let bodies = platforms.modules.iter().map(|module| robot.link_held_by(&module.tilt_x)).collect::<Option<Vec<_>>>()?;
        let ends = platforms.modules.iter().map(|module| robot.link_index(&module.end)).collect::<Option<Vec<_>>>()?;
        let mut marks_at_home = Vec::new();
        let mut frame = |index: usize| {
            let name = robot.links[index].name.as_str();
            if let Some(module) = ends.iter().position(|end| *end == index) {
                return Frame::End(module);
            }
            if let Some(module) = bodies.iter().position(|body| *body == index) {
                return Frame::Module(module);
            }
            match stands(holder(name)) {
                None => Frame::Between,
                Some(pose) if Some(name) == foot => Frame::Standing(pose),
                Some(pose) => {
                    marks_at_home.push(pose);
                    Frame::Mark(marks_at_home.len() - 1)
                }
            }
        };
        let links = (0..robot.links.len()).map(&mut frame).collect();
        let to_end = from_body_to_end().inverse();
        let inertials = bodies.iter().map(|body| {
            let inertial = robot.links[*body].inertial?.balanced();
            Some(Inertial { origin: (to_end * inertial.origin.pose()).into(), ..inertial })
        });
        let stops = platforms.modules.iter().map(|module| stops(robot, module)).collect::<Option<_>>()?;
        Some(Chain { base, inertials: inertials.collect(), stops, marks_at_home, links })
    }

    /// What the link of that index is.
    pub(super) fn frame(&self, link: usize) -> Frame {
        self.links[link]
    }

    /// Where every module ends in the world, without the gripper.
    pub(super) fn ends(&self, positions: &[[f64; 3]], ends: &mut Vec<Pose>) {
        let mut pose = self.base;
        ends.clear();
        ends.extend(positions.iter().map(|position| {
            pose *= end(*position);
            pose
        }));
    }

    /// The pose of a link in the world, with modules that end at `ends`; a link between two joints is taken to be at its module's body.
    pub(super) fn link_pose(&self, link: usize, ends: &[Pose], marks: &[Pose]) -> Pose {
        match self.links[link] {
            Frame::Standing(pose) => pose,
            Frame::Mark(mark) => marks[mark],
            Frame::End(module) if module + 1 == ends.len() => ends[module] * GRIPPER,
            Frame::End(module) => ends[module],
            Frame::Module(module) => ends[module] * from_body_to_end().inverse(),
            Frame::Between => self.base,
        }
    }
}

/// The stops of a module: the limits of its joints, where there are any; those of the slide about the module's own length.
fn stops(robot: &RobotSpec, module: &Platform) -> Option<[[f64; 2]; 3]> {
    let limits = |name: &str| {
        let joint = robot.joints.iter().find(|joint| joint.name == name)?;
        Some(joint.limits.position.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]))
    };
    let slide = limits(&module.slide)?.map(|limit| module.length_m + limit);
    Some([slide, limits(&module.tilt_z)?, limits(&module.tilt_x)?])
}

/// The linear velocity of a module's end (m/s) and its angular velocity (rad/s), in world axes, as seen from the module before, which ends at `base`.
pub(super) fn motion(base: &Pose, [_, tilt_z, _]: [f64; 3], [length, turn_z, turn_x]: [f64; 3]) -> (Vector3<f64>, Vector3<f64>) {
    let (sine, cosine) = libm::sincos(tilt_z);
    let linear = Vector3::new(-PIVOT_M * turn_z, length, PIVOT_M * turn_x);
    let angular = Vector3::new(cosine * turn_x, sine * turn_x, turn_z);
    (base.rotation * linear, base.rotation * angular)
}
