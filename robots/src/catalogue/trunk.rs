//! A trunk: a stack of modules that tilt and stretch, on a column, with motion capture and a mark for its goal.
//!
//! The geometry is [`crate::trunk`]'s. A module is three joints: a slide along it, a tilt about z, a tilt about x. A world made for trunks
//! moves them by the law itself. One made of joints alone, as Rapier's, has both tilts turn about a pivot [`PIVOT_M`] below the module's end: that is how
//! the law's sideways shift looks for small tilts, and at the greatest it is 0.1 mm a module off. Masses, gains and limits are this project's own
//! choice: light printed modules with geared motors, stiff enough that ten of them sag by less than half a millimetre.

use nalgebra::{Translation3, Vector3};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::robot::{
    Actuator, Gains, Inertial, Joint, JointKind, Limits, Link, Origin, PIVOT_M, Part, Platform, Platforms, PoseQuantity,
    RobotSpec, Sensor, Servo, Shape, rotation,
};
use crate::stage::Pose;
use crate::trunk::{self, GRIPPER_M, LENGTH_M, MAX_TILT_RAD, MOUNT, STROKE_M, Trunk, TrunkError};

/// Settings of the trunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrunkRobot {
    /// Number of modules, three degrees of freedom each.
    pub modules: usize,
    /// How the modules move.
    pub motion: Motion,
    /// Extension h of every module at the start, from -1 (retracted) to 1.
    pub start_extension: f64,
    /// Modules that stay at their start whatever is asked of them, counted from 0.
    pub jammed: Vec<usize>,
    /// A module whose link is longer than the others'; none unless given.
    pub longer: Option<Longer>,
    /// Height of the column that it stands on (m).
    pub height_m: f64,
    /// Mass of each module (kg).
    pub module_mass_kg: f64,
    /// Mass of the gripper (kg).
    pub gripper_mass_kg: f64,
    /// Either tilt's motor, where motion is `driven` (N m/rad, N m s/rad, N m, rad/s).
    pub tilt_motor: MotorSettings,
    /// The slide's motor, where motion is `driven` (N/m, N s/m, N, m/s).
    pub slide_motor: MotorSettings,
}

/// How the modules of a trunk move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Motion {
    /// They are where they are wanted at once, exactly: no masses, no gravity.
    Ideal,
    /// Limited motors drive them, against inertia and gravity.
    Driven,
}

/// A module that is longer than the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Longer {
    /// Which, counted from 0.
    pub module: usize,
    /// By which share of its stiff length: 0.1 is 10 %.
    pub by: f64,
}

/// A motor that holds a position: effort = stiffness error - damping speed, limited.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MotorSettings {
    /// Effort per error.
    pub stiffness: f64,
    /// Effort per speed.
    pub damping: f64,
    /// Greatest effort.
    pub max_effort: f64,
    /// Greatest speed of the wanted position.
    pub max_speed: f64,
}

impl Default for TrunkRobot {
    fn default() -> Self {
        TrunkRobot {
            modules: 10,
            motion: Motion::Ideal,
            start_extension: -1.0,
            jammed: Vec::new(),
            longer: None,
            height_m: 1.0,
            module_mass_kg: 0.1,
            gripper_mass_kg: 0.05,
            tilt_motor: MotorSettings { stiffness: 5000.0, damping: 250.0, max_effort: 40.0, max_speed: 2.0 },
            slide_motor: MotorSettings { stiffness: 200_000.0, damping: 10_000.0, max_effort: 400.0, max_speed: 0.1 },
        }
    }
}

/// Names of the parts that other crates ask for.
pub const ACTION: &str = "joints";
/// The link at the trunk's foot, in whose frame everything is measured.
pub const BASE: &str = "base";
/// The frame that is to reach the goal.
pub const TIP: &str = "tip";
/// The mark that is the goal.
pub const GOAL: &str = "goal";

/// Radius of a module's plates (m), and of a tilting plate's body its height.
const RADIUS_M: f64 = 0.04;
const PLATE_M: f64 = 0.02;

impl TrunkRobot {
    /// Its geometry.
    ///
    /// # Errors
    /// Names the key, what is expected and what was found.
    pub fn trunk(&self) -> Result<Trunk, TrunkError> {
        let trunk = Trunk::new(self.modules)?;
        self.longer.map_or(Ok(trunk.clone()), |Longer { module, by }| trunk.with_longer(module, by))
    }

    /// The description: links `base`, `module-i`, `end-i` and `tip`, mark `goal`, drive `joints`, and as sensors the poses of all ends and of the goal.
    ///
    /// # Errors
    /// Names the key, what is expected and what was found.
    pub fn robot(&self) -> Result<RobotSpec, TrunkError> {
        let trunk = self.trunk()?;
        self.check()?;
        let mut robot = RobotSpec {
            name: "trunk".into(),
            links: vec![self.base(), goal()],
            joints: vec![
                Joint::new(
                    "mount",
                    None,
                    BASE,
                    Pose::from_parts(Translation3::new(0.0, 0.0, self.height_m), MOUNT).into(),
                    JointKind::Fixed,
                ),
                Joint::new("goal mark", None, GOAL, Origin::at([0.0, 0.0, self.height_m]), JointKind::Fixed),
            ],
            actuators: Vec::new(),
            sensors: Vec::new(),
        };
        let modules = (0..self.modules).map(|index| self.add_module(index, trunk.lengths_m()[index], &mut robot)).collect();
        let platforms = Platforms { modules, start_extension: self.start_extension, servo: self.servo() };
        let ends: Vec<String> = platforms.modules.iter().map(|module| module.end.clone()).collect();
        robot.actuators.push(Actuator::Trunk { name: ACTION.into(), platforms });
        let sensor = |name: &str, quantity, of: &[String]| Sensor::Poses {
            name: name.into(),
            quantity,
            of: of.to_vec(),
            frame: BASE.into(),
        };
        robot.sensors = vec![
            sensor("positions", PoseQuantity::Position, &ends),
            sensor("orientations", PoseQuantity::Orientation, &ends),
            sensor("goal_position", PoseQuantity::Position, &[GOAL.into()]),
            sensor("goal_orientation", PoseQuantity::Orientation, &[GOAL.into()]),
        ];
        Ok(robot)
    }

    fn check(&self) -> Result<(), TrunkError> {
        if let Some(module) = self.jammed.iter().find(|module| **module >= self.modules) {
            return Err(TrunkError::new("jammed", format!("modules, counted from 0 to {}", self.modules - 1), module));
        }
        if !(-1.0..=1.0).contains(&self.start_extension) {
            return Err(TrunkError::new("start_extension", "-1 to 1", self.start_extension));
        }
        let [tilt, slide] = [self.tilt_motor, self.slide_motor];
        let positive = [
            ("module_mass_kg", self.module_mass_kg),
            ("gripper_mass_kg", self.gripper_mass_kg),
            ("tilt_motor.stiffness", tilt.stiffness),
            ("tilt_motor.damping", tilt.damping),
            ("tilt_motor.max_effort", tilt.max_effort),
            ("tilt_motor.max_speed", tilt.max_speed),
            ("slide_motor.stiffness", slide.stiffness),
            ("slide_motor.damping", slide.damping),
            ("slide_motor.max_effort", slide.max_effort),
            ("slide_motor.max_speed", slide.max_speed),
        ];
        if let Some((key, value)) = positive.into_iter().find(|(_, value)| !(*value > 0.0 && *value <= 1e6)) {
            return Err(TrunkError::new(key, "a number above zero, at most 1e6", value));
        }
        if !(0.0..=100.0).contains(&self.height_m) {
            return Err(TrunkError::new("height_m", "0 to 100 m", self.height_m));
        }
        Ok(())
    }

    fn servo(&self) -> Option<Servo> {
        let gains = |MotorSettings { stiffness, damping, max_effort, max_speed }: MotorSettings| Gains {
            stiffness,
            damping,
            max_effort,
            max_speed,
        };
        (self.motion == Motion::Driven).then(|| Servo { tilt: gains(self.tilt_motor), slide: gains(self.slide_motor) })
    }

    /// The column, which ends at the base.
    fn base(&self) -> Link {
        let part =
            upright(Shape::Cylinder { radius_m: 1.2 * RADIUS_M, length_m: self.height_m.max(0.01) }, -0.5 * self.height_m, 0.25);
        Link { parts: vec![part], ..Link::frame(BASE) }
    }

    /// Adds a module to the robot, on what it has so far.
    fn add_module(&self, index: usize, length_m: f64, robot: &mut RobotSpec) -> Platform {
        let last = index + 1 == self.modules;
        let [carriage, yoke, module] = ["carriage", "yoke", "module"].map(|part| format!("{part}-{index}"));
        let below = index.checked_sub(1).map_or(BASE.into(), |below| format!("end-{below}"));
        let end = if last { TIP.into() } else { format!("end-{index}") };
        let start_m = trunk::Shape::new(index, length_m, [0.0, 0.0, self.start_extension]).end_m.y - PIVOT_M;
        let [slide, tilt_z, tilt_x] = ["slide", "tilt-z", "tilt-x"].map(|joint| format!("{joint}-{index}"));
        let gripper_m = if last { GRIPPER_M } else { 0.0 };
        let to_end = Pose::from_parts(Translation3::new(0.0, PIVOT_M + gripper_m, 0.0), trunk::TURN);
        let between = |name: &str| Link { between_joints: true, ..Link::frame(name) };
        robot.links.extend([between(&carriage), between(&yoke), self.plate(&module, index), Link::frame(&end)]);
        let (room_m, room_rad) = (2.0 * STROKE_M, 1.5 * MAX_TILT_RAD);
        let joint = |name: &str, parent: &str, child: &str, origin, kind, range: f64| {
            let limits = Limits { position: Some([-range, range]), ..Limits::default() };
            Joint { limits, ..Joint::new(name, Some(parent), child, origin, kind) }
        };
        robot.joints.extend([
            joint(
                &slide,
                &below,
                &carriage,
                Origin::at([0.0, start_m, 0.0]),
                JointKind::Prismatic { axis: [0.0, 1.0, 0.0] },
                room_m,
            ),
            joint(&tilt_z, &carriage, &yoke, Origin::IDENTITY, JointKind::Revolute { axis: [0.0, 0.0, 1.0] }, room_rad),
            joint(&tilt_x, &yoke, &module, Origin::IDENTITY, JointKind::Revolute { axis: [1.0, 0.0, 0.0] }, room_rad),
            Joint::new(&format!("weld-{index}"), Some(&module), &end, to_end.into(), JointKind::Fixed),
        ]);
        Platform { slide, tilt_z, tilt_x, end, length_m, jammed: self.jammed.contains(&index) }
    }

    /// The body of a module: a plate that carries the next, and racks down to the one before; of the last, the gripper as well.
    fn plate(&self, name: &str, index: usize) -> Link {
        let plate = Shape::Cylinder { radius_m: RADIUS_M, length_m: PLATE_M };
        let racks = Shape::Cylinder { radius_m: 0.5 * RADIUS_M, length_m: LENGTH_M - PLATE_M };
        let mut parts = vec![
            upright(plate.clone(), 0.0, if index.is_multiple_of(2) { 0.85 } else { 0.6 }),
            upright(racks, -0.5 * LENGTH_M, 0.35),
        ];
        let solid = |shape: &Shape, y: f64, mass_kg| Inertial::of_solid(shape, lying(y), mass_kg);
        let mut inertials: Vec<Inertial> = solid(&plate, -0.5 * PLATE_M, self.module_mass_kg).into_iter().collect();
        if index + 1 == self.modules {
            let gripper = Shape::Capsule { radius_m: 0.012, length_m: GRIPPER_M - 0.024 };
            let middle_m = PIVOT_M + 0.5 * GRIPPER_M;
            inertials.extend(solid(&gripper, middle_m, self.gripper_mass_kg));
            parts.push(upright(gripper, middle_m, 1.0));
        }
        Link { inertial: Inertial::sum(&inertials), parts, ..Link::frame(name) }
    }
}

/// The mark: a ball with a pointer along the way that the gripper is to point.
fn goal() -> Link {
    let ball = Part { origin: Origin::IDENTITY, ..upright(Shape::Sphere { radius_m: 0.015 }, 0.0, 1.0) };
    let pointer = upright(Shape::Cylinder { radius_m: 0.004, length_m: GRIPPER_M }, -0.5 * GRIPPER_M, 1.0);
    Link { parts: vec![ball, pointer], ..Link::frame(GOAL) }
}

/// A shape whose axis is the trunk's, `y` along it (m). Nothing of a trunk touches anything.
fn upright(shape: Shape, y: f64, brightness: f64) -> Part {
    Part { shape, origin: lying(y), collides: false, visible: true, friction: 0.0, brightness }
}

/// A frame whose z axis is the trunk's y axis.
fn lying(y: f64) -> Origin {
    let turned = rotation(Vector3::x().into(), -std::f64::consts::FRAC_PI_2);
    Pose::from_parts(Translation3::new(0.0, y, 0.0), turned).into()
}
