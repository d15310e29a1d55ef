//! The lane-following task: what it rewards, when the lane is left, what it counts; and that its world keeps the contract.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use embody_robots::catalogue::car::Car;
use embody_robots::robot::rotation;
use embody_robots::{
    Action, Body, Contact, Environment, Nanos, Need, Observation, Pose, Stage, StageError, Task, Velocity, conformance,
};
use embody_scenarios::tasks::{LaneFollowing, LaneFollowingTask, Starts};
use embody_sim_world::{Arena, Road, RoadKind, RoadSettings, SimulatedBody};
use nalgebra::{Translation3, Vector3};
use proptest::prelude::*;

const PERIOD: Nanos = Nanos::from_millis(10);

fn arena(kind: RoadKind) -> Arena {
    Arena { wall_height_m: 0.0, road: Some(RoadSettings { kind, ..RoadSettings::default() }), ..Arena::default() }
}

fn oval(settings: &LaneFollowing) -> LaneFollowingTask {
    LaneFollowingTask::new(settings, &arena(RoadKind::Oval), PERIOD).unwrap()
}

/// A stage on which the car is where a test says.
struct Placed(Pose);

impl Placed {
    /// Beside the middle of the right lane of the oval's first straight (m), turned by so much (degrees).
    fn new(along_m: f64, stray_m: f64, heading_deg: f64) -> Placed {
        let turn = rotation([0.0, 0.0, 1.0], heading_deg.to_radians());
        Placed(Pose::from_parts(Translation3::new(along_m, stray_m - 1.5, 0.0), turn))
    }
}

impl Stage for Placed {
    fn offers(&self, _need: &Need) -> bool {
        true
    }
    fn pose(&self, _name: &str) -> Result<Pose, StageError> {
        Ok(self.0)
    }
    fn velocity(&self, _name: &str) -> Result<Velocity, StageError> {
        Ok(Velocity::default())
    }
    fn contacts(&self, _name: &str, _out: &mut Vec<Contact>) -> Result<(), StageError> {
        Ok(())
    }
    fn place(&mut self, _name: &str, pose: &Pose) -> Result<(), StageError> {
        self.0 = *pose;
        Ok(())
    }
    fn launch(&mut self, _name: &str, _velocity: &Velocity) -> Result<(), StageError> {
        Ok(())
    }
}

fn evaluate(task: &mut LaneFollowingTask, stage: &mut Placed) -> f64 {
    f64::from(task.evaluate(stage, &Action::default()).unwrap().reward)
}

#[test]
fn the_reward_falls_off_with_heading_and_distance() {
    for (stray, heading, expected) in [
        (0.0, 0.0, 1.0),
        (0.0, 4.8, 0.501),
        (0.0, -4.8, 0.501),
        (0.1, 0.0, 0.4966),
        (-0.1, 0.0, 0.4966),
        (0.0, 10.0, 0.0498),
        (0.1, 4.8, 0.2488),
        (1.9, 0.0, 0.0),
    ] {
        let found = evaluate(&mut oval(&LaneFollowing::default()), &mut Placed::new(10.0, stray, heading));
        assert!((found - expected).abs() < 1e-4, "{stray} m, {heading} degrees: {found}");
    }
}

#[test]
fn a_car_is_put_back_when_it_left_its_lane_and_only_then() {
    for (stray, heading, left) in [
        (1.99, 0.0, false),
        (2.01, 0.0, true),
        (-1.99, 0.0, false),
        (-2.01, 0.0, true),
        (0.0, 89.9, false),
        (0.0, 90.1, true),
        (0.0, -90.1, true),
        (0.0, 180.0, true),
    ] {
        let (mut task, mut stage) = (oval(&LaneFollowing::default()), Placed::new(10.0, stray, heading));
        evaluate(&mut task, &mut stage);
        let back = stage.0.translation;
        assert_eq!((back.x - 10.0).abs() > 1e-9, left, "{stray} m, {heading} degrees");
        assert_eq!(task.tallies()[0].denominator, f64::from(u8::from(left)));
        if left {
            assert!(back.x.abs() < 0.1 && (back.y + 1.5).abs() <= 0.2 && back.z == 0.0, "{back}");
            assert!((stage.0.rotation.euler_angles().2.to_degrees()).abs() <= 2.0);
        }
    }
}

#[test]
fn laps_and_time_are_counted() {
    let (mut task, road) = (oval(&LaneFollowing::default()), Road::oval());
    let mut stage = Placed::new(0.0, 0.0, 0.0);
    let steps = 2000;
    for step in 1..=steps {
        // Three laps, right in the lane.
        let lane = road.at(3.0 * road.length_m() * f64::from(step) / f64::from(steps));
        let [x, y] = lane.offset(0.0, -1.5);
        stage.0 = Pose::from_parts(Translation3::new(x, y, 0.0), rotation([0.0, 0.0, 1.0], lane.heading_rad));
        assert!((evaluate(&mut task, &mut stage) - 1.0).abs() < 1e-5);
    }
    let values: Vec<_> = task.tallies().iter().map(|tally| (tally.name.as_str(), tally.numerator, tally.denominator)).collect();
    assert_eq!((values[0].0, values[0].2), ("time_on_lane_s", 0.0));
    assert!((values[0].1 - 20.0).abs() < 1e-9, "all the time on the lane");
    assert!(values[1].1 < 1e-6, "no stray");
    assert!((values[2].1 - 3.0 * 3600.0).abs() < 1e-3, "{values:?}");
    assert_eq!(values[3].1, 0.0);
}

#[test]
fn impossible_settings_and_an_arena_without_a_road_are_refused() {
    let fine = LaneFollowing::default();
    for (settings, key) in [
        (LaneFollowing { reward_per_deg2: -1.0, ..fine.clone() }, "reward_per_deg2"),
        (LaneFollowing { reward_per_m2: f64::NAN, ..fine.clone() }, "reward_per_m2"),
        (LaneFollowing { stray_limit_m: 0.0, ..fine.clone() }, "stray_limit_m"),
        (LaneFollowing { heading_limit_deg: 200.0, ..fine.clone() }, "heading_limit_deg"),
        (LaneFollowing { start_m: -1.0, ..fine.clone() }, "start_m"),
        (LaneFollowing { start_offset_m: 3.0, ..fine.clone() }, "start_offset_m"),
        (LaneFollowing { start_heading_deg: 90.0, ..fine.clone() }, "start_heading_deg"),
    ] {
        let said = LaneFollowingTask::new(&settings, &arena(RoadKind::Bends), PERIOD).err().unwrap();
        assert!(said.starts_with(key), "{said}");
    }
    assert!(LaneFollowingTask::new(&fine, &Arena::default(), PERIOD).err().unwrap().contains("arena.road"));
}

/// The car on its road, with this task.
fn environment(kind: RoadKind, settings: &LaneFollowing) -> Environment<SimulatedBody, LaneFollowingTask> {
    let arena = arena(kind);
    let body = SimulatedBody::new(&Car::default().robot(), &arena, PERIOD, PERIOD).unwrap();
    let task = LaneFollowingTask::new(settings, &arena, PERIOD).unwrap();
    Environment::new(Box::new(body), Box::new(task)).unwrap()
}

#[test]
fn the_car_with_the_task_keeps_the_contract_of_an_environment() {
    let anywhere = LaneFollowing { starts: Starts::Road, ..LaneFollowing::default() };
    conformance::environment(|| environment(RoadKind::Bends, &anywhere), 1200);
}

/// Steers at a point of the lane ahead, by the true pose.
fn pursuit(body: &SimulatedBody, road: &Road) -> f32 {
    let pose = body.truth().pose("chassis").unwrap();
    let ahead = road.at(road.closest([pose.translation.x, pose.translation.y]).s_m + 4.0);
    let [x, y] = ahead.offset(0.0, -1.5);
    let local = pose.inverse_transform_point(&nalgebra::Point3::from(Vector3::new(x, y, 0.0)));
    let curvature = 2.0 * local.y / (local.x * local.x + local.y * local.y);
    libm::atan(2.0 * curvature) as f32
}

#[test]
fn who_pursues_the_lane_keeps_it_lap_after_lap_and_who_goes_straight_on_does_not() {
    for (kind, road, lap_s) in [(RoadKind::Bends, Road::bends(), 42.0), (RoadKind::Oval, Road::oval(), 43.0)] {
        let mut environment = environment(kind, &LaneFollowing::default());
        environment.reset(1).unwrap();
        for _ in 0..10_000 {
            let steering = pursuit(environment.body(), &road);
            environment.step(&Action { fields: vec![vec![steering]] }).unwrap();
        }
        let tallies = environment.task().tallies();
        assert_eq!(tallies[0].denominator, 0.0, "it never leaves the lane");
        assert!(tallies[1].numerator / tallies[1].denominator < 0.3, "and strays little");
        let laps = tallies[2].numerator / 3600.0;
        assert!((laps * lap_s / 100.0 - 1.0).abs() < 0.1, "{laps} laps in 100 s");
        for _ in 0..3_000 {
            environment.step(&Action { fields: vec![vec![0.0]] }).unwrap();
        }
        assert!(environment.task().tallies()[0].denominator >= 2.0, "straight on it leaves it");
    }
}

#[test]
fn a_moving_car_sees_the_road_and_one_without_road_and_motion_nothing() {
    let events = |arena: &Arena, speed: f64| -> usize {
        let mut car = Car::default();
        car.wheels.speed_m_s = speed;
        let mut body = SimulatedBody::new(&car.robot(), arena, PERIOD, PERIOD).unwrap();
        let mut seen = Observation::from_spec(body.observation_spec());
        body.reset(1).unwrap();
        body.begin(&mut seen).unwrap();
        let step = |_| {
            body.step(&Action { fields: vec![vec![0.0]] }, &mut seen).unwrap();
            seen.events(0).len()
        };
        (0..200).map(step).skip(100).sum()
    };
    assert!(events(&arena(RoadKind::Bends), 4.5) > 1000);
    assert_eq!(events(&arena(RoadKind::Bends), 0.0), 0);
    assert_eq!(events(&Arena { road: None, ..arena(RoadKind::Bends) }, 4.5), 0);
}

proptest! {
    #[test]
    fn any_place_has_a_reward(x in any::<f64>(), y in any::<f64>(), turn in any::<f64>()) {
        let turn = rotation([0.0, 0.0, 1.0], turn);
        let mut stage = Placed(Pose::from_parts(Translation3::new(x, y, 0.0), turn));
        let reward = evaluate(&mut oval(&LaneFollowing::default()), &mut stage);
        prop_assert!((0.0..=1.0).contains(&reward));
    }
}
