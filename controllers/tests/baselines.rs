//! Baselines in small worlds of their own: they do what they are there for.

use embody_controllers::baseline::{
    Blind, BlindSettings, Classical, ClassicalSettings, JointsIdeal, JointsIdealSettings, Pursuit, PursuitSettings,
};
use embody_controllers::{Controller, Privileged};
use embody_robots::catalogue::arms;
use embody_robots::robot::Mode;
use embody_robots::{
    Action, ActionField, ActionSpec, Contact, Event, EventBuffer, Field, FieldKind, JointState, Kinematics, Nanos, Need,
    Observation, ObservationField, ObservationSpec, Pose, RobotSpec, Stage, StageError, StepKind, TimeStep, Velocity,
};
use nalgebra::{Translation3, UnitQuaternion, Vector3};

/// A world of named frames and joints.
#[derive(Default)]
struct Scene {
    frames: Vec<(&'static str, Pose)>,
    joints: Vec<(String, f64)>,
}

impl Stage for Scene {
    fn offers(&self, _need: &Need) -> bool {
        true
    }
    fn pose(&self, name: &str) -> Result<Pose, StageError> {
        let found = self.frames.iter().find(|(frame, _)| *frame == name);
        found.map(|(_, pose)| *pose).ok_or_else(|| StageError::NotOffered(Need::Pose(name.into())))
    }
    fn velocity(&self, _name: &str) -> Result<Velocity, StageError> {
        Ok(Velocity::default())
    }
    fn contacts(&self, _name: &str, _out: &mut Vec<Contact>) -> Result<(), StageError> {
        Ok(())
    }
    fn place(&mut self, name: &str, _pose: &Pose) -> Result<(), StageError> {
        Err(StageError::NotOffered(Need::Place(name.into())))
    }
    fn joint(&self, name: &str) -> Result<JointState, StageError> {
        let found = self.joints.iter().find(|(joint, _)| joint == name);
        let position = found.map(|(_, position)| *position).ok_or_else(|| StageError::NotOffered(Need::Joint(name.into())))?;
        Ok(JointState { position, velocity: 0.0 })
    }
}

const PERIOD: Nanos = Nanos::from_millis(10);

fn time_step(step: u64, fields: Vec<Field>) -> TimeStep {
    TimeStep { kind: StepKind::Mid, time: Nanos(step * PERIOD.0), reward: 0.0, observation: Observation { fields } }
}

/// An arm of the catalogue with motors of velocity at its first joints.
fn arm(mut robot: RobotSpec, driven: usize) -> RobotSpec {
    robot.actuators.clear();
    robot.drive(|_| Mode::Velocity { kd: 10.0 }, None);
    robot.actuators.truncate(driven);
    robot
}

/// Steps an arm whose joints obey at once; gives the positions of its joints at the end.
fn move_arm(robot: &RobotSpec, controller: &mut dyn Privileged, scene: &mut Scene, steps: u64) {
    let mut action = Action::from_spec(&robot.action_spec());
    for step in 0..steps {
        controller.act(&time_step(step, Vec::new()), scene, &mut action).unwrap();
        for (actuator, (values, field)) in robot.actuators.iter().zip(action.fields.iter().zip(&robot.action_spec().fields)) {
            assert!((field.bounds[0]..=field.bounds[1]).contains(&values[0]));
            let joint = scene.joints.iter_mut().find(|(name, _)| actuator.joints().any(|joint| joint == name)).unwrap();
            joint.1 += f64::from(values[0]) * PERIOD.as_secs_f64();
        }
    }
}

fn tip_misses(robot: &RobotSpec, scene: &Scene) -> f64 {
    let joints = scene.joints.iter().map(|(name, position)| (name.as_str(), *position));
    let tip = Kinematics::new(robot).unwrap().pose("tip", joints).unwrap().translation.vector;
    (tip - scene.frames[0].1.translation.vector).norm()
}

#[test]
fn joints_ideal_reaches_what_two_joints_can_reach() {
    let robot = arm(arms::arm2().unwrap().robot, 2);
    let mut controller = JointsIdeal::new(&JointsIdealSettings::default(), &robot, PERIOD).unwrap();
    let mut scene = Scene { joints: vec![("shoulder".into(), 0.0), ("elbow".into(), 0.0)], ..Scene::default() };
    for goal in [[0.3, 0.4], [-0.5, 0.1], [0.0, -0.2], [-0.1, -0.6], [0.64, 0.0]] {
        scene.frames = vec![("goal", Pose::translation(goal[0], goal[1], 0.1))];
        // At 3 rad/s no goal is farther than a turn of the shoulder.
        move_arm(&robot, &mut controller, &mut scene, 220);
        assert!(tip_misses(&robot, &scene) < 1e-3, "{goal:?}: {}", tip_misses(&robot, &scene));
    }
    // Out of reach: as near as can be.
    scene.frames = vec![("goal", Pose::translation(0.0, 1.0, 0.1))];
    move_arm(&robot, &mut controller, &mut scene, 300);
    assert!((tip_misses(&robot, &scene) - 0.35).abs() < 1e-2, "{}", tip_misses(&robot, &scene));
}

#[test]
fn joints_ideal_takes_joints_that_are_not_driven_as_they_stand() {
    let full = arms::scorbot().unwrap().robot;
    let names: Vec<String> =
        full.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1).map(|joint| joint.name.clone()).collect();
    let robot = arm(full, 3);
    // A goal that is reachable with the last joint where it stands.
    let (wanted, standing) = ([0.6, 0.3, -0.4], 0.2);
    let positions = |first: [f64; 3]| -> Vec<(String, f64)> {
        names.iter().enumerate().map(|(i, name)| (name.clone(), *first.get(i).unwrap_or(&standing))).collect()
    };
    let last = robot.links.last().unwrap().name.clone();
    let at = |joints: &[(String, f64)]| {
        let joints = joints.iter().map(|(name, position)| (name.as_str(), *position));
        Kinematics::new(&robot).unwrap().pose(&last, joints).unwrap().translation.vector
    };
    let goal = at(&positions(wanted));
    let settings = JointsIdealSettings { link: last.clone(), ..JointsIdealSettings::default() };
    let mut controller = JointsIdeal::new(&settings, &robot, PERIOD).unwrap();
    let mut scene = Scene { frames: vec![("goal", goal.into())], joints: positions([0.0; 3]) };
    move_arm(&robot, &mut controller, &mut scene, 1000);
    assert!((at(&scene.joints) - goal).norm() < 1e-3, "{:?}", scene.joints);
    assert_eq!(scene.joints[3].1, standing);
}

#[test]
fn blind_wanders_through_the_space_of_two_joints() {
    let robot = arm(arms::arm2().unwrap().robot, 2);
    let settings = BlindSettings { mean_run: Nanos::from_secs(2), ..BlindSettings::default() };
    let mut controller = Blind::new(&settings, &robot, PERIOD, 3).unwrap();
    let mut scene = Scene { joints: vec![("shoulder".into(), 0.0), ("elbow".into(), 0.0)], ..Scene::default() };
    let (mut least, mut most) = ([0.0f64; 2], [0.0f64; 2]);
    for _ in 0..2000 {
        move_arm(&robot, &mut controller, &mut scene, 10);
        for (joint, (_, position)) in scene.joints.iter().enumerate() {
            least[joint] = least[joint].min(*position);
            most[joint] = most[joint].max(*position);
        }
    }
    // Everywhere within the limits, and past them by no more than a step.
    assert!(least[0] < -3.0 && most[0] > 3.0 && least[1] < -2.6 && most[1] > 2.6, "{least:?} {most:?}");
    assert!(least[0] > -3.18 && most[0] < 3.18 && least[1] > -2.84 && most[1] < 2.84, "{least:?} {most:?}");
}

/// A car with the axles 2 m apart at 4.5 m/s, whose wheels turn at once.
#[derive(Clone, Copy, Debug)]
struct Car {
    x_m: f64,
    y_m: f64,
    heading_rad: f64,
}

impl Car {
    fn drive(&mut self, steering_rad: f64) {
        let step_m = 4.5 * PERIOD.as_secs_f64();
        self.x_m += step_m * libm::cos(self.heading_rad);
        self.y_m += step_m * libm::sin(self.heading_rad);
        self.heading_rad += step_m / 2.0 * libm::tan(steering_rad);
    }
}

/// A lane's centre that begins at the origin along x: straights of 30 m and half circles of 18 m radius, to the left.
const STRAIGHT_M: f64 = 30.0;
const RADIUS_M: f64 = 18.0;
const HALF_M: f64 = STRAIGHT_M + std::f64::consts::PI * RADIUS_M;

/// The place `left_m` to the left of the lane's centre after `s_m` metres.
fn place(s_m: f64, left_m: f64) -> [f64; 2] {
    let (half, s_m) = ((s_m / HALF_M).floor(), s_m.rem_euclid(HALF_M));
    let [x, y] = if s_m < STRAIGHT_M {
        [s_m, left_m]
    } else {
        let angle = (s_m - STRAIGHT_M) / RADIUS_M;
        let radius = RADIUS_M - left_m;
        [STRAIGHT_M + radius * libm::sin(angle), RADIUS_M - radius * libm::cos(angle)]
    };
    if half.rem_euclid(2.0) == 0.0 { [x, y] } else { [STRAIGHT_M - x, 2.0 * RADIUS_M - y] }
}

/// Distance from the lane's centre, and the place along it.
fn off_lane(car: Car) -> (f64, f64) {
    let places = (0..2000).map(|i| f64::from(i) * 2.0 * HALF_M / 2000.0);
    let distance = |s_m: f64| {
        let [x, y] = place(s_m, 0.0);
        libm::hypot(x - car.x_m, y - car.y_m)
    };
    places.map(|s_m| (distance(s_m), s_m)).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn steering() -> ActionSpec {
    ActionSpec { fields: vec![ActionField { name: "steering".into(), size: 1, unit: "rad".into(), bounds: [-0.6, 0.6] }] }
}

#[test]
fn pursuit_keeps_to_the_lane_and_comes_back_to_it() {
    let line: Vec<[f64; 2]> = (0..700).map(|i| place(f64::from(i) * 2.0 * HALF_M / 700.0, 0.0)).collect();
    let mut controller = Pursuit::new(&PursuitSettings::default(), line, &steering()).unwrap();
    let mut action = Action::from_spec(&steering());
    let mut car = Car { x_m: 0.0, y_m: 0.0, heading_rad: 0.0 };
    for step in 0..9000 {
        if step == 5000 {
            car = Car { x_m: 5.0, y_m: 1.5, heading_rad: 0.5 };
        }
        let turned = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), car.heading_rad);
        let pose = Pose::from_parts(Translation3::new(car.x_m, car.y_m, 0.0), turned);
        let scene = Scene { frames: vec![("chassis", pose)], ..Scene::default() };
        controller.act(&time_step(step, Vec::new()), &scene, &mut action).unwrap();
        car.drive(f64::from(action.fields[0][0]).clamp(-0.6, 0.6));
        if !(5000..5300).contains(&step) {
            assert!(off_lane(car).0 < 0.2, "step {step}: {car:?}");
        }
    }
}

/// The pixels that show paint, a line of 12 cm on the right and dashes on the left, to a camera of 128 x 32 pixels 1.4 m above the place
/// 1 m before the rear axle, 16 degrees down and 80 degrees wide.
fn painted(car: Car, s_m: f64) -> Vec<bool> {
    let mut image = vec![false; 128 * 32];
    let focal_px = 64.0 / libm::tan(40f64.to_radians());
    let (sin, cos) = libm::sincos(16f64.to_radians());
    let (turn_sin, turn_cos) = libm::sincos(car.heading_rad);
    for step in 0..700 {
        let at_m = s_m + f64::from(step) * 0.02;
        let dash = at_m.rem_euclid(4.5) < 1.5;
        let lines = [Some(-1.5), dash.then_some(1.5)].into_iter().flatten();
        for left_m in lines.flat_map(|line| [-0.06, -0.02, 0.02, 0.06].map(|off| line + off)) {
            let [x, y] = place(at_m, left_m);
            let (dx, dy) = (x - car.x_m, y - car.y_m);
            let (ahead, left) = (turn_cos * dx + turn_sin * dy - 1.0, turn_cos * dy - turn_sin * dx);
            let (depth, up) = (cos * ahead + sin * 1.4, sin * ahead - cos * 1.4);
            let (column, row) = ((64.0 - focal_px * left / depth).floor(), (16.0 + focal_px * up / depth).floor());
            if depth > 0.1 && (0.0..128.0).contains(&column) && (0.0..32.0).contains(&row) {
                image[row as usize * 128 + column as usize] = true;
            }
        }
    }
    image
}

#[test]
fn classical_keeps_to_the_lane_by_the_events_of_its_lines() {
    let camera = FieldKind::Events { width: 128, height: 32, max_events: 10_000 };
    let observation = ObservationSpec { fields: vec![ObservationField { name: "camera".into(), kind: camera }] };
    let mut controller = Classical::new(&ClassicalSettings::default(), &observation, &steering(), PERIOD).unwrap();
    controller.begin_episode(1).unwrap();
    let mut action = Action::from_spec(&steering());
    let mut car = Car { x_m: 0.0, y_m: 0.2, heading_rad: 0.0 };
    let (mut seen, mut worst, mut sum) = (painted(car, 0.0), 0.0f64, 0.0);
    const STEPS: u64 = 6000;
    for step in 1..=STEPS {
        let (off_m, s_m) = off_lane(car);
        (worst, sum) = (worst.max(off_m), sum + off_m);
        let image = painted(car, s_m);
        let mut buffer = EventBuffer::new(10_000);
        let changed = image.iter().zip(&seen).enumerate().filter(|(_, (now, before))| now != before);
        buffer.refill(|out| {
            out.extend(changed.map(|(i, (on, _))| Event {
                t_ns: step * PERIOD.0,
                y: (i / 128) as u16,
                x: (i % 128) as u16,
                on: *on,
            }));
        });
        controller.act(&time_step(step, vec![Field::Events(buffer)]), &mut action).unwrap();
        car.drive(f64::from(action.fields[0][0]));
        seen = image;
    }
    let mean = sum / STEPS as f64;
    assert!(worst < 1.0 && mean < 0.4, "off the lane by {worst} m at worst, {mean} m on average, in two laps");
}
