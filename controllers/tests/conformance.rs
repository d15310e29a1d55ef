//! The conformance suites, on every controller and baseline.

use std::sync::Arc;

use embody_brain::substrate::Compiled;
use embody_brain::{CompileNetwork, FloatSubstrate, Models, Network};
use embody_controllers::baseline::{
    Blind, BlindSettings, Classical, ClassicalSettings, Ideal, IdealSettings, JointsIdeal, JointsIdealSettings, Pursuit,
    PursuitSettings, RandomPoses, Straight, TrunkIdeal, TrunkIdealSettings,
};
use embody_controllers::conformance;
use embody_controllers::decoder::{DecoderSettings, SteeringSettings, VectorSettings};
use embody_controllers::encoder::{EncoderSettings, WindowSettings};
use embody_controllers::replayed::{ReplayedReward, RewardTape};
use embody_controllers::spore::{Loop, SporeController, SporeSettings};
use embody_controllers::{Controller, Privileged};
use embody_robots::catalogue::{arms, ball::Ball, trunk::TrunkRobot};
use embody_robots::robot::{EventCameraSpec, Mode};
use embody_robots::{
    ActionField, ActionSpec, Contact, FieldKind, JointState, Nanos, Need, ObservationField, ObservationSpec, Pose, RobotSpec,
    Stage, StageError, Velocity, seed,
};
use nalgebra::{Translation3, UnitQuaternion, Vector3};

const PERIOD: Nanos = Nanos::from_millis(20);

fn ball() -> RobotSpec {
    let camera = EventCameraSpec { width: 5, height: 4, ..EventCameraSpec::default() };
    Ball { camera, ..Ball::default() }.robot()
}

/// The catalogue's arm of two joints, driven by velocity, with as many joints driven as said.
fn arm(driven: usize) -> RobotSpec {
    let mut robot = arms::arm2().unwrap().robot;
    robot.actuators.clear();
    robot.drive(|_| Mode::Velocity { kd: 10.0 }, None);
    robot.actuators.truncate(driven);
    robot
}

fn around(observation: ObservationSpec, action: ActionSpec) -> Loop {
    Loop { observation, action, control_period: PERIOD, neural_tick: Nanos::from_millis(1) }
}

fn around_ball() -> Loop {
    around(ball().observation_spec(), ball().action_spec())
}

/// Two cameras and two joints.
fn around_arm() -> Loop {
    let camera =
        |name: &str| ObservationField { name: name.into(), kind: FieldKind::Events { width: 5, height: 4, max_events: 1000 } };
    around(ObservationSpec { fields: vec![camera("tip"), camera("goal")] }, arm(2).action_spec())
}

/// A camera in front and a steering wheel.
fn around_car() -> Loop {
    let camera = FieldKind::Events { width: 128, height: 32, max_events: 4096 };
    let steering = ActionField { name: "steering".into(), size: 1, unit: "rad".into(), bounds: [-0.6, 0.6] };
    let observation = ObservationSpec { fields: vec![ObservationField { name: "camera".into(), kind: camera }] };
    around(observation, ActionSpec { fields: vec![steering] })
}

/// A learner with rates and learning high enough that 400 steps exercise both, and a gain low enough that actions keep their bounds.
fn spore(around: &Loop, encoder: EncoderSettings, decoder: DecoderSettings) -> Box<dyn Controller> {
    let compile: CompileNetwork = Arc::new(|spec, seed| {
        let substrate = FloatSubstrate::new(Arc::new(Models::default()));
        Ok(Box::new(Compiled::new(substrate, spec, seed)?) as Box<dyn Network>)
    });
    let mut settings = SporeSettings { synapses_per_pair: 2, motor_neurons: 6, encoder, decoder, ..SporeSettings::default() };
    settings.neuron.bias_mv = 10.0;
    (settings.plasticity.beta_per_ms, settings.plasticity.theta_init_mean) = (1e-4, 1.0);
    settings.plasticity.theta_init_deviation = 0.5;
    Box::new(SporeController::new(&settings, around, &compile, 3).unwrap())
}

fn spore_of_ball() -> Box<dyn Controller> {
    let vector = DecoderSettings::Vector(VectorSettings { gain_per_hz: 0.001 });
    spore(&around_ball(), EncoderSettings::Pixels, vector)
}

fn conforms(make: impl FnMut() -> Box<dyn Controller>, around: &Loop) {
    conformance::controller(make, &around.observation, &around.action, PERIOD);
}

#[test]
fn spore_conforms() {
    conforms(spore_of_ball, &around_ball());
}

#[test]
fn spore_conforms_with_two_cameras_and_two_joints() {
    let vector = DecoderSettings::Vector(VectorSettings { gain_per_hz: 0.001 });
    let make = || spore(&around_arm(), EncoderSettings::Pixels, vector.clone());
    conforms(make, &around_arm());
    let maps = make().maps();
    assert_eq!(
        maps.iter().map(|map| map.name.as_str()).collect::<Vec<_>>(),
        ["preferred direction, tip", "preferred direction, goal"]
    );
    assert!(maps.iter().all(|map| map.size == [5, 4] && map.vectors.len() == 20), "{maps:?}");
    assert!(maps[0].vectors != maps[1].vectors, "{maps:?}");
}

#[test]
fn spore_conforms_with_windows_and_a_steering_wheel() {
    let windows = WindowSettings { spikes_per_event: 1.0, ..WindowSettings::default() };
    let steering = DecoderSettings::Steering(SteeringSettings::default());
    let make = || spore(&around_car(), EncoderSettings::Windows(windows.clone()), steering.clone());
    conforms(make, &around_car());
    let maps = make().maps();
    assert_eq!((maps.len(), maps[0].size, maps[0].vectors.len()), (1, [16, 4], 64));
    assert!(maps[0].vectors.iter().all(|vector| vector[0].abs() < 0.53 && vector[1] == 0.0));
    // The state of another encoder is refused, and does no harm.
    let mut pixels = spore(&around_car(), EncoderSettings::Pixels, steering.clone());
    let before = pixels.save().unwrap();
    assert!(pixels.restore(&make().save().unwrap()).is_err());
    assert!(pixels.save().unwrap() == before);
}

#[test]
fn replayed_rewards_conform() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rewards.f32");
    let rewards: Vec<u8> = (0..500).flat_map(|step| ((step % 13) as f32 / 13.0).to_le_bytes()).collect();
    std::fs::write(&path, rewards).unwrap();
    for shuffle in [None, Some(3)] {
        let make = || -> Box<dyn Controller> {
            Box::new(ReplayedReward::new(spore_of_ball(), RewardTape::open(&path, 90, shuffle).unwrap()))
        };
        conforms(make, &around_ball());
    }
}

#[test]
fn straight_conforms() {
    for around in [around_ball(), around_arm(), around_car()] {
        conforms(|| Box::new(Straight::default()), &around);
    }
}

#[test]
fn classical_conforms() {
    let (settings, car) = (ClassicalSettings::default(), around_car());
    conforms(|| Box::new(Classical::new(&settings, &car.observation, &car.action, PERIOD).unwrap()), &car);
    assert!(Classical::new(&settings, &around_ball().observation, &around_ball().action, PERIOD).is_err());
    let impossible = ClassicalSettings { lane_width_m: f64::NAN, ..settings };
    let said = Classical::new(&impossible, &car.observation, &car.action, PERIOD).err().unwrap().to_string();
    assert!(said.contains("lane_width_m") && said.contains("NaN"), "{said}");
}

/// The truth at a step: a body somewhere, now and then at a wall or at a joint's limit.
struct Truth(u64);

impl Truth {
    /// -10 to 10.
    fn number(&self, name: &str) -> f64 {
        (seed::stream(self.0 / 10, name) % 1000) as f64 / 50.0 - 10.0
    }
}

impl Stage for Truth {
    fn offers(&self, _need: &Need) -> bool {
        true
    }
    fn pose(&self, name: &str) -> Result<Pose, StageError> {
        let scale = if name == "goal" { 0.05 } else { 1.0 };
        let place = Translation3::new(scale * self.number("x"), scale * self.number("y"), if name == "goal" { 0.1 } else { 1.0 });
        Ok(Pose::from_parts(place, UnitQuaternion::from_axis_angle(&Vector3::z_axis(), self.number("heading") / 3.0)))
    }
    fn velocity(&self, _name: &str) -> Result<Velocity, StageError> {
        Ok(Velocity::default())
    }
    fn contacts(&self, name: &str, out: &mut Vec<Contact>) -> Result<(), StageError> {
        let centre = self.pose(name)?.translation.vector;
        let contact = |other: &str, axis: usize, offset: f64| {
            let mut point_m = centre;
            point_m[axis] += offset;
            Contact { name: name.into(), other: other.into(), point_m, force_n: 1.0 }
        };
        out.push(contact("ground", 2, -1.0));
        out.extend((self.number("wall") > 5.0).then(|| contact("wall", 0, 1.0)));
        Ok(())
    }
    fn place(&mut self, name: &str, _pose: &Pose) -> Result<(), StageError> {
        Err(StageError::NotOffered(Need::Place(name.into())))
    }
    fn joint(&self, name: &str) -> Result<JointState, StageError> {
        Ok(JointState { position: (self.number(name) / 3.0).clamp(-2.8, 2.8), velocity: 0.0 })
    }
}

fn conforms_privileged(make: impl FnMut() -> Box<dyn Privileged>, action: &ActionSpec) {
    conformance::privileged(make, |step| Box::new(Truth(step)), action, PERIOD);
}

#[test]
fn ideal_conforms() {
    let action = ball().action_spec();
    conforms_privileged(|| Box::new(Ideal::new(&IdealSettings::default(), [1.0, 2.0], &action).unwrap()), &action);
}

#[test]
fn blind_conforms() {
    // Runs so short that 400 steps hold many turns.
    let settings = BlindSettings { mean_run: Nanos::from_millis(500), ..BlindSettings::default() };
    for robot in [ball(), arm(2)] {
        conforms_privileged(|| Box::new(Blind::new(&settings, &robot, PERIOD, 3).unwrap()), &robot.action_spec());
    }
    assert!(Blind::new(&settings, &arm(1), PERIOD, 3).is_err());
    assert!(Blind::new(&settings, &arms::arm2().unwrap().robot, PERIOD, 3).is_err(), "its joints are driven by position");
}

#[test]
fn joints_ideal_conforms() {
    let settings = JointsIdealSettings::default();
    for driven in [1, 2] {
        let robot = arm(driven);
        conforms_privileged(|| Box::new(JointsIdeal::new(&settings, &robot, PERIOD).unwrap()), &robot.action_spec());
    }
    assert!(JointsIdeal::new(&settings, &arm(0), PERIOD).is_err());
    let nowhere = JointsIdealSettings { link: "hand".into(), ..settings };
    let said = JointsIdeal::new(&nowhere, &arm(2), PERIOD).err().unwrap().to_string();
    assert!(said.contains("hand") && said.contains("\"tip\""), "{said}");
}

#[test]
fn the_baselines_of_a_trunk_conform() {
    let settings = TrunkIdealSettings::default();
    for (robot, orientation) in [(TrunkRobot::default(), true), (TrunkRobot { jammed: vec![2], ..TrunkRobot::default() }, false)]
    {
        let robot = robot.robot().unwrap();
        let make = || Box::new(TrunkIdeal::new(&settings, &robot, orientation).unwrap()) as Box<dyn Privileged>;
        conforms_privileged(make, &robot.action_spec());
    }
    assert!(TrunkIdeal::new(&settings, &ball(), true).is_err());
    let still = TrunkIdealSettings { greatest_step: f64::NAN, ..settings };
    let said = TrunkIdeal::new(&still, &TrunkRobot::default().robot().unwrap(), true).err().unwrap().to_string();
    assert!(said.contains("greatest_step") && said.contains("NaN"), "{said}");
    conforms(|| Box::new(RandomPoses::new(&around_arm().action)), &around_arm());
}

#[test]
fn pursuit_conforms() {
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / 200.0;
    let line: Vec<[f64; 2]> = (0..200).map(|k| [8.0 * libm::cos(angle(k)), 8.0 * libm::sin(angle(k))]).collect();
    let action = around_car().action;
    conforms_privileged(|| Box::new(Pursuit::new(&PursuitSettings::default(), line.clone(), &action).unwrap()), &action);
    assert!(Pursuit::new(&PursuitSettings::default(), Vec::new(), &action).is_err());
    assert!(Pursuit::new(&PursuitSettings::default(), line, &ball().action_spec()).is_err());
}
