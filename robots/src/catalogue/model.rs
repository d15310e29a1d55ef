//! A robot by file or of the catalogue, fitted out for an experiment: which joints are driven and how, marks to reach for, and cameras.
//!
//! A description says what a robot is; this says how it is used. Nothing here is a robot of its own.

use std::collections::BTreeMap;
use std::path::Path;

use nalgebra::{Matrix3, Rotation3, Translation3, UnitQuaternion, Vector3};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{self, Description};
use crate::mesh::{Roots, package_path};
use crate::nanos::Nanos;
use crate::robot::{
    EventCameraSpec, Jitter, Joint, JointKind, JointQuantity, Link, Mode, Origin, Part, Place, Problem, RobotSpec, Sensor,
    Severity, Shape,
};
use crate::stage::Pose;

/// A robot and its equipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// A robot of the catalogue (`embody robot info NAME`), or the path of a URDF or MJCF file; a relative one starts at the scenario's folder.
    /// Actuators that the file has are left out: `drive` says how joints are driven.
    pub source: String,
    /// Where the meshes of a package lie, by its name.
    pub packages: BTreeMap<String, String>,
    /// The joints that are driven, in the order of the action; every other joint of one degree of freedom is locked at zero. All are driven
    /// if this is empty.
    pub joints: Vec<DrivenJoint>,
    /// How they are driven.
    pub drive: Drive,
    /// Whether it senses the positions and velocities of its joints, as `joint_positions` and `joint_velocities`.
    pub senses_joints: bool,
    /// Spheres to look at, and for tasks to place.
    pub marks: Vec<Mark>,
    /// Event cameras that look straight down.
    pub overhead_cameras: Vec<OverheadCamera>,
    /// Event cameras with a lens.
    pub cameras: Vec<Camera>,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            source: "arm2".into(),
            packages: BTreeMap::new(),
            joints: Vec::new(),
            drive: Drive::default(),
            senses_joints: false,
            marks: Vec::new(),
            overhead_cameras: Vec::new(),
            cameras: Vec::new(),
        }
    }
}

/// A joint that is driven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrivenJoint {
    /// Its name.
    pub name: String,
    /// Least and greatest position (rad or m), in place of the description's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<[f64; 2]>,
}

/// What the commands of motors mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriveMode {
    /// Positions (rad or m).
    #[default]
    Position,
    /// Velocities (rad/s or m/s).
    Velocity,
    /// Efforts (N m or N).
    Effort,
}

/// How joints are driven. Efforts are limited as the description says, positions and speeds too; a limit of zero is taken for none. Actuators that
/// the description itself has, as MJCF files may, are left out: all that drives the robot is said here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Drive {
    /// What a command means.
    pub mode: DriveMode,
    /// Stiffness as a share of the greatest effort (1/rad or 1/m), or of 1 N m or 1 N where there is none: kp = stiffness x effort. Of positions
    /// alone.
    pub stiffness: f64,
    /// Damping as a share of the same (s/rad or s/m): kd = damping x effort. Of positions and velocities.
    pub damping: f64,
    /// Greatest speed (rad/s or m/s), where it is below the description's; 0 for the description's.
    pub max_speed: f64,
    /// Time constant of a first-order lag of commands; 0 for none.
    pub lag: Nanos,
}

impl Default for Drive {
    /// A stiff servo: full effort at 1/40 rad off, or at half a radian per second. This project's own choice.
    fn default() -> Self {
        Drive { mode: DriveMode::Position, stiffness: 40.0, damping: 2.0, max_speed: 0.0, lag: Nanos::ZERO }
    }
}

/// A sphere that is seen and not touched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Its name, which no link has.
    pub name: String,
    /// Radius (m).
    pub radius_m: f64,
    /// The link that it is fixed to; none for one that stands in the world, which tasks can place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<String>,
    /// Where it is at reset, in the frame of its mount (m).
    #[serde(default)]
    pub position_m: [f64; 3],
}

/// An event camera that looks straight down, and sees spheres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverheadCamera {
    /// Name of the observation field.
    pub name: String,
    /// The links and marks that it sees; all if this is empty.
    #[serde(default)]
    pub sees: Vec<String>,
    /// Half the side of the square that it sees, centred on the world's origin (m).
    pub half_extent_m: f64,
    /// Pixels, events, noise.
    #[serde(default)]
    pub camera: EventCameraSpec,
    /// Slow unrest of its mount.
    #[serde(default)]
    pub jitter: Jitter,
}

/// An event camera with a pinhole lens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// Name of the observation field.
    pub name: String,
    /// The links and marks that it sees, before the dark; all that there is if this is empty.
    #[serde(default)]
    pub sees: Vec<String>,
    /// The link that it is mounted on; none for one that stands in the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<String>,
    /// Where it is, in the frame of its mount (m).
    pub position_m: [f64; 3],
    /// What it looks at, in that frame (m); its image is upright along z there.
    pub looks_at_m: [f64; 3],
    /// Width of its view (degrees).
    pub field_of_view_deg: f64,
    /// Pixels, events, noise.
    #[serde(default)]
    pub camera: EventCameraSpec,
    /// Slow unrest of its mount.
    #[serde(default)]
    pub jitter: Jitter,
}

impl Model {
    /// The robot with its equipment; relative paths start from `base`.
    ///
    /// # Errors
    /// If the description can't be read, has a mistake, or lacks a mesh; if a joint isn't there or can't be driven; if a camera looks nowhere.
    pub fn robot(&self, base: &Path) -> Result<RobotSpec, String> {
        let Description { mut robot, report, .. } = self.read(base)?;
        let told: Vec<String> = robot.joints.iter().map(|joint| joint.name.clone()).collect();
        self.choose_joints(&mut robot)?;
        let drive = &self.drive;
        robot.drive(|joint| drive.mode(joint), (drive.lag > Nanos::ZERO).then_some(drive.lag));
        drive.limit_speeds(&mut robot);
        // Said before equipment is added, with the line that would mend it.
        if let Some(problem) = robot.problems().iter().find(|problem| problem.severity == Severity::Error) {
            let driven = if let Place::Actuator(index) = problem.place { robot.actuators[index].joints().next() } else { None };
            let limits = told.iter().position(|name| Some(name.as_str()) == driven).map(Place::Limits);
            return Err(match limits {
                Some(place) => report.error(&Problem { place, ..problem.clone() }).to_string(),
                None => problem.what.clone(),
            });
        }
        robot.links.extend(self.marks.iter().map(Mark::link));
        let fixed = |mark: &Mark| {
            let name = format!("{} mark", mark.name);
            Joint::new(&name, mark.mount.as_deref(), &mark.name, Origin::at(mark.position_m), JointKind::Fixed)
        };
        robot.joints.extend(self.marks.iter().map(fixed));
        robot.sensors.extend(self.overhead_cameras.iter().map(OverheadCamera::sensor));
        for camera in &self.cameras {
            robot.sensors.push(camera.sensor()?);
        }
        if self.senses_joints {
            let sensor = |name: &str, quantity| Sensor::Joints { name: name.into(), quantity };
            robot.sensors.push(sensor("joint_positions", JointQuantity::Position));
            robot.sensors.push(sensor("joint_velocities", JointQuantity::Velocity));
        }
        robot.check().map_err(|e| e.to_string())?;
        Ok(robot)
    }

    /// The description, with its meshes and without its own actuators.
    fn read(&self, base: &Path) -> Result<Description, String> {
        let path = base.join(&self.source);
        let described = if file::is_path(&self.source) { file::read(&path) } else { file::find(&self.source) };
        let mut description = described.map_err(|e| format!("source: {e}"))?;
        let packages = self.packages.iter().map(|(name, folder)| (name.clone(), base.join(folder))).collect();
        let roots = Roots::new(description.folder.as_deref(), packages, &package_path());
        description.prepare(&roots).map_err(|e| format!("source: {e}"))?;
        description.robot.actuators.clear();
        Ok(description)
    }

    /// Keeps the joints that are driven, with their limits, and locks the others.
    fn choose_joints(&self, robot: &mut RobotSpec) -> Result<(), String> {
        for driven in &self.joints {
            let known = || robot.joints.iter().map(|joint| joint.name.as_str()).collect::<Vec<_>>().join(", ");
            let Some(index) = robot.joint_index(&driven.name) else {
                return Err(format!("joints: there is no joint {:?}, expected one of {}", driven.name, known()));
            };
            let joint = &mut robot.joints[index];
            if joint.kind.degrees_of_freedom() != 1 || joint.mimic.is_some() {
                return Err(format!("joints: {:?} can't be driven: expected one degree of freedom of its own", driven.name));
            }
            joint.limits.position = driven.limits.or(joint.limits.position);
        }
        if self.joints.is_empty() {
            return Ok(());
        }
        let order = |joint: &Joint| self.joints.iter().position(|driven| driven.name == joint.name);
        for joint in robot.joints.iter_mut().filter(|joint| joint.kind.degrees_of_freedom() == 1 && order(joint).is_none()) {
            *joint = Joint::new(&joint.name, joint.parent.as_deref(), &joint.child, joint.origin, JointKind::Fixed);
        }
        // The action has the order of the joints: those that are driven come first.
        robot.joints.sort_by_key(|joint| order(joint).unwrap_or(usize::MAX));
        Ok(())
    }
}

impl Drive {
    /// The mode of a joint's motor.
    fn mode(&self, joint: &Joint) -> Mode {
        // Zero is taken for none, as by `RobotSpec::drive`.
        let effort = joint.limits.effort.filter(|effort| *effort > 0.0).unwrap_or(1.0);
        let (kp, kd) = (self.stiffness * effort, self.damping * effort);
        match self.mode {
            DriveMode::Position => Mode::Position { kp, kd },
            DriveMode::Velocity => Mode::Velocity { kd },
            DriveMode::Effort => Mode::Effort,
        }
    }

    /// Limits the speed of every motor.
    fn limit_speeds(&self, robot: &mut RobotSpec) {
        if self.max_speed > 0.0 {
            for actuator in &mut robot.actuators {
                if let crate::robot::Actuator::Joint { max_speed, .. } = actuator {
                    *max_speed = Some(max_speed.map_or(self.max_speed, |own| own.min(self.max_speed)));
                }
            }
        }
    }
}

impl Mark {
    fn link(&self) -> Link {
        let shape = Shape::Sphere { radius_m: self.radius_m };
        let part = Part { shape, origin: Origin::IDENTITY, collides: false, visible: true, friction: 0.0, brightness: 1.0 };
        Link { parts: vec![part], ..Link::frame(&self.name) }
    }
}

impl OverheadCamera {
    fn sensor(&self) -> Sensor {
        Sensor::OverheadEventCamera {
            name: self.name.clone(),
            camera: self.camera.clone(),
            half_extent_m: self.half_extent_m,
            sees: self.sees.clone(),
            jitter: self.jitter.clone(),
        }
    }
}

impl Camera {
    fn sensor(&self) -> Result<Sensor, String> {
        let origin = looking(self.position_m, self.looks_at_m).ok_or_else(|| {
            format!("cameras: {:?}: expected looks_at_m away from position_m, and not straight along z", self.name)
        })?;
        Ok(Sensor::EventCamera {
            name: self.name.clone(),
            camera: self.camera.clone(),
            mount: self.mount.clone(),
            origin,
            field_of_view_rad: self.field_of_view_deg.to_radians(),
            sees: self.sees.clone(),
            jitter: self.jitter.clone(),
        })
    }
}

/// A frame at `from` whose x axis points at `to` and whose y axis is level.
fn looking(from: [f64; 3], to: [f64; 3]) -> Option<Origin> {
    let [from, to] = [from, to].map(Vector3::from);
    let ahead = (to - from).try_normalize(1e-9)?;
    let left = Vector3::z().cross(&ahead).try_normalize(1e-9)?;
    let axes = Rotation3::from_matrix_unchecked(Matrix3::from_columns(&[ahead, left, ahead.cross(&left)]));
    Some(Origin::from(Pose::from_parts(Translation3::from(from), UnitQuaternion::from_rotation_matrix(&axes))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Point3;

    fn joint(name: &str, limits: Option<[f64; 2]>) -> DrivenJoint {
        DrivenJoint { name: name.into(), limits }
    }

    #[test]
    fn only_the_chosen_joints_move_in_their_order() {
        let joints = vec![joint("shoulder", Some([-0.3, 1.2])), joint("base", None)];
        let model = Model { source: "scorbot".into(), joints, ..Model::default() };
        let robot = model.robot(Path::new("")).unwrap();
        let names: Vec<_> = robot.actuators.iter().map(|actuator| actuator.name()).collect();
        assert_eq!(names, ["shoulder", "base"]);
        let moving: Vec<_> = robot.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1).collect();
        assert_eq!(moving.iter().map(|joint| joint.name.as_str()).collect::<Vec<_>>(), ["shoulder", "base"]);
        assert_eq!(moving[0].limits.position, Some([-0.3, 1.2]));
    }

    #[test]
    fn a_camera_looks_at_what_it_is_told_to() {
        let pose = looking([2.0, 0.0, 0.5], [0.0, 0.0, 0.5]).unwrap().pose();
        assert!((pose * Point3::new(2.0, 0.0, 0.0) - Point3::new(0.0, 0.0, 0.5)).norm() < 1e-12);
        assert!((pose * Point3::new(0.0, 1.0, 0.0) - Point3::new(2.0, -1.0, 0.5)).norm() < 1e-12, "left of who looks back is -y");
        assert_eq!(looking([0.0; 3], [0.0, 0.0, 1.0]), None);
        assert_eq!(looking([0.0; 3], [0.0; 3]), None);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let said = |model: Model| model.robot(Path::new("/nowhere")).unwrap_err();
        assert!(said(Model { source: "arm9".into(), ..Model::default() }).contains("arm7"));
        assert!(said(Model { source: "a.urdf".into(), ..Model::default() }).contains("/nowhere/a.urdf"));
        assert!(said(Model { joints: vec![joint("wrist", None)], ..Model::default() }).contains("shoulder, elbow"));
        assert!(said(Model { joints: vec![joint("tip", None)], ..Model::default() }).contains("\"tip\" can't be driven"));
    }

    #[test]
    fn limits_of_zero_are_none_and_what_cannot_be_driven_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let text = "<robot name='r'><link name='b'/><link name='l'><inertial><mass value='1'/><inertia ixx='1' iyy='1' izz='1'/></inertial></link>\n\
                    <joint name='j' type='revolute'><parent link='b'/><child link='l'/>\n\
                    <limit lower='-1' upper='1' effort='0' velocity='0'/></joint></robot>";
        std::fs::write(folder.path().join("r.urdf"), text).unwrap();
        let with = |mode, max_speed| {
            let drive = Drive { mode, max_speed, ..Drive::default() };
            Model { source: "r.urdf".into(), drive, ..Model::default() }.robot(folder.path())
        };
        for (mode, max_speed) in [(DriveMode::Position, 0.0), (DriveMode::Velocity, 2.0)] {
            let robot = with(mode, max_speed).unwrap();
            let [crate::robot::Actuator::Joint { mode, max_effort: None, .. }] = robot.actuators.as_slice() else { panic!() };
            assert!(matches!(mode, Mode::Position { kp: 40.0, kd: 2.0 } | Mode::Velocity { kd: 2.0 }), "{mode:?}");
        }
        for (mode, missing) in [(DriveMode::Velocity, "must have max_speed"), (DriveMode::Effort, "must have max_effort")] {
            let said = with(mode, 0.0).unwrap_err();
            assert!(said.contains("r.urdf:3: ") && said.contains(missing), "{said}");
        }
    }
}
