//! The arm-reaching task: what it rewards, when a goal moves, what it counts; and that its world keeps the contract.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use std::path::Path;

use embody_robots::catalogue::model::{Drive, DriveMode, DrivenJoint, Mark, Model};
use embody_robots::{
    Action, Contact, Environment, JointState, Kinematics, Nanos, Need, Pose, RobotSpec, Stage, StageError, Task, Velocity,
    conformance,
};
use embody_scenarios::tasks::{ArmReaching, ArmReachingTask};
use embody_sim_world::{Arena, SimulatedBody};

const PERIOD: Nanos = Nanos::from_millis(20);

fn robot() -> RobotSpec {
    let joint = |name: &str, limits| DrivenJoint { name: name.into(), limits: Some(limits) };
    let model = Model {
        joints: vec![joint("shoulder", [-1.5, 1.5]), joint("elbow", [0.2, 2.6])],
        drive: Drive { mode: DriveMode::Velocity, max_speed: 1.5, ..Drive::default() },
        marks: vec![Mark { name: "goal".into(), radius_m: 0.05, mount: None, position_m: [0.3, 0.3, 0.1] }],
        ..Model::default()
    };
    model.robot(Path::new("")).unwrap()
}

fn task(settings: &ArmReaching) -> Result<ArmReachingTask, String> {
    ArmReachingTask::new(settings, &robot(), PERIOD)
}

/// A stage on which the arm is where a test says.
struct Posed {
    kinematics: Kinematics,
    joints: [JointState; 2],
    goal: Pose,
}

impl Posed {
    fn at(positions: [f64; 2], velocities: [f64; 2]) -> Posed {
        let state = |i: usize| JointState { position: positions[i], velocity: velocities[i] };
        Posed { kinematics: Kinematics::new(&robot()).unwrap(), joints: [state(0), state(1)], goal: Pose::identity() }
    }

    fn pose_at(&self, [shoulder, elbow]: [f64; 2]) -> Pose {
        self.kinematics.pose("tip", [("shoulder", shoulder), ("elbow", elbow)]).unwrap()
    }

    /// Positions of the joints at the goal: of two links, by the law of cosines, the elbow bent to the left.
    fn wanted(&self) -> [f64; 2] {
        let [x, y] = [self.goal.translation.x, self.goal.translation.y];
        let square = x * x + y * y;
        let elbow = ((square - 0.09 - 0.1225) / 0.21).clamp(-1.0, 1.0).acos();
        [y.atan2(x) - (0.35 * elbow.sin()).atan2(0.3 + 0.35 * elbow.cos()), elbow]
    }
}

impl Stage for Posed {
    fn offers(&self, _need: &Need) -> bool {
        true
    }
    fn pose(&self, _name: &str) -> Result<Pose, StageError> {
        Ok(self.pose_at(self.joints.map(|joint| joint.position)))
    }
    fn velocity(&self, _name: &str) -> Result<Velocity, StageError> {
        Ok(Velocity::default())
    }
    fn contacts(&self, _name: &str, _out: &mut Vec<Contact>) -> Result<(), StageError> {
        Ok(())
    }
    fn place(&mut self, _name: &str, pose: &Pose) -> Result<(), StageError> {
        self.goal = *pose;
        Ok(())
    }
    fn joint(&self, name: &str) -> Result<JointState, StageError> {
        Ok(self.joints[usize::from(name == "elbow")])
    }
}

fn evaluate(task: &mut ArmReachingTask, stage: &mut Posed) -> f64 {
    f64::from(task.evaluate(stage, &Action::default()).unwrap().reward)
}

#[test]
fn the_reward_is_that_of_heading_and_speed_in_joint_space() {
    // Away from the goal by chance or not: the way there is worked out from where the goal was put.
    for (turn_deg, speed, expected) in [
        (0.0, 0.75, 1.0),
        (0.0, 9.0, 1.0),
        (0.0, 0.3, 0.4),
        (45.0, 0.75, 0.5),
        (-45.0, 0.75, 0.5),
        (90.0, 0.75, 0.0),
        (180.0, 0.75, 0.0),
    ] {
        let mut task = task(&ArmReaching::default()).unwrap();
        let mut stage = Posed::at([0.0, 1.0], [0.0; 2]);
        task.begin(&mut stage, 3).unwrap();
        let [shoulder, elbow] = stage.wanted();
        let way = (elbow - 1.0).atan2(shoulder) + f64::to_radians(turn_deg);
        (stage.joints[0].velocity, stage.joints[1].velocity) = (speed * way.cos(), speed * way.sin());
        let found = evaluate(&mut task, &mut stage);
        assert!((found - expected).abs() < 1e-6, "{turn_deg} degrees, {speed} rad/s: {found}");
    }
    let mut still = Posed::at([0.0, 1.0], [0.0; 2]);
    let mut task = task(&ArmReaching::default()).unwrap();
    task.begin(&mut still, 3).unwrap();
    assert_eq!(evaluate(&mut task, &mut still), 0.0, "standing still earns nothing");
}

#[test]
fn goals_are_within_reach_and_move_when_reached_or_late() {
    let settings = ArmReaching { time_out: Nanos::from_millis(100), margin: 0.1, ..ArmReaching::default() };
    let mut task = task(&settings).unwrap();
    let mut stage = Posed::at([0.0, 1.0], [0.0; 2]);
    task.begin(&mut stage, 1).unwrap();
    for _ in 0..200 {
        let goal = stage.goal;
        let [shoulder, elbow] = stage.wanted();
        assert!(
            (-1.4 - 1e-6..=1.4 + 1e-6).contains(&shoulder) && (0.3 - 1e-6..=2.5 + 1e-6).contains(&elbow),
            "{shoulder}, {elbow}"
        );
        assert!((stage.pose("tip").unwrap().translation.vector - goal.translation.vector).norm() > 0.07, "not reached already");
        stage.joints[0].position = shoulder;
        stage.joints[1].position = elbow;
        evaluate(&mut task, &mut stage);
        assert_ne!(stage.goal, goal, "reached, it moves");
    }
    let counts = |task: &ArmReachingTask| task.tallies().iter().map(|tally| tally.numerator / 1000.0).collect::<Vec<_>>();
    assert_eq!(counts(&task), [200.0, 0.0]);
    for _ in 0..4 {
        let goal = stage.goal;
        for _ in 0..4 {
            evaluate(&mut task, &mut stage);
            assert_eq!(stage.goal, goal, "it waits");
        }
        evaluate(&mut task, &mut stage);
        assert_ne!(stage.goal, goal, "late, it moves");
    }
    assert_eq!(counts(&task), [200.0, 4.0]);
    assert!((task.tallies()[0].denominator - 220.0 * 0.02).abs() < 1e-9, "seconds");
}

#[test]
fn impossible_settings_are_refused_by_key() {
    let fine = ArmReaching::default();
    for (settings, said) in [
        (ArmReaching { success_radius_m: 0.0, ..fine.clone() }, "success_radius_m: expected"),
        (ArmReaching { heading_limit_deg: f64::NAN, ..fine.clone() }, "heading_limit_deg: expected"),
        (ArmReaching { reference_speed: -1.0, ..fine.clone() }, "reference_speed: expected"),
        (ArmReaching { time_out: Nanos::from_millis(30), ..fine.clone() }, "time_out: expected a whole number"),
        (ArmReaching { margin: 1.5, ..fine.clone() }, "margin: expected limits of joint \"shoulder\""),
        (ArmReaching { tip: "hand".into(), ..fine.clone() }, "tip: there is no link \"hand\""),
        (ArmReaching { goal: "mark".into(), ..fine.clone() }, "goal: there is no link \"mark\""),
    ] {
        let found = task(&settings).err().expect("refused");
        assert!(found.starts_with(said), "{found}");
    }
}

#[test]
fn the_arm_with_the_task_keeps_the_contract_of_an_environment() {
    let make = || {
        let body = SimulatedBody::new(&robot(), &Arena::default(), Nanos::from_millis(10), PERIOD).unwrap();
        Environment::new(Box::new(body), Box::new(task(&ArmReaching::default()).unwrap())).unwrap()
    };
    conformance::environment(make, 1500);
}
