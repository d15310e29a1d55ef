//! What the traits promise, kept by the assembled `reaching`; and what its task and its network are able to.

use std::sync::Arc;

use embody_brain::substrate::Compiled;
use embody_brain::{CompileNetwork, FloatSubstrate, Models, Network};
use embody_controllers::spore::{Loop, SporeController, SporeSettings};
use embody_controllers::{Controller, Hosted};
use embody_robots::{Action, Contact, Nanos, Need, Pose, Stage, StageError, Task, Velocity, conformance};
use embody_scenarios::run::Session;
use embody_scenarios::scenario::Assembly;
use embody_scenarios::tasks::{Reaching, ReachingTask};
use embody_scenarios::{Loaded, Registry};
use serde::Deserialize;

fn load(settings: &[&str]) -> (Arc<Registry>, Loaded) {
    let registry = Arc::new(Registry::default());
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    let loaded = Loaded::find(&registry, "reaching", &settings).unwrap();
    (registry, loaded)
}

#[test]
fn the_environment_of_reaching_conforms() {
    // A goal as large as this is reached within the run, so that the ball is placed anew.
    let (registry, loaded) = load(&["task.reaching.success_radius_m=6", "task.reaching.reward_filter=100ms"]);
    conformance::environment(|| loaded.assemble(&registry).unwrap().environment, 1500);
}

/// Targets per 1 000 s of 1 000 s with this controller.
fn targets(assembly: Assembly) -> f64 {
    let mut session = Session::new(assembly, 1);
    for _ in 0..50_000 {
        session.advance(|_| ()).unwrap();
    }
    let [tally] = session.environment().task().tallies() else { panic!("one metric") };
    assert!((tally.denominator - 1000.0).abs() < 1e-6);
    tally.numerator / tally.denominator
}

/// The controller of `reaching` with weights set by hand: each pixel drives the motor neurons towards the centre, by the cosine.
fn by_hand(loaded: &Loaded, registry: &Arc<Registry>) -> Assembly {
    let Assembly { environment, .. } = loaded.assemble(registry).unwrap();
    let table = toml::Value::Table(loaded.scenario.controller.settings("spore"));
    let settings = SporeSettings::deserialize(table).unwrap();
    let compile: CompileNetwork = Arc::new(|spec, seed| {
        let substrate = FloatSubstrate::new(Arc::new(Models::default()));
        Ok(Box::new(Compiled::new(substrate, spec, seed)?) as Box<dyn Network>)
    });
    let around = Loop {
        observation: environment.body().observation_spec().clone(),
        action: environment.body().action_spec().clone(),
        control_period: loaded.scenario.time.control_period,
        neural_tick: loaded.scenario.time.neural_tick,
    };
    let mut controller = SporeController::new(&settings, &around, &compile, 1).unwrap();
    assert_eq!((settings.motor_neurons, settings.synapses_per_pair), (8, 1));
    let mut weights = Vec::new();
    for pixel in 0..256 {
        let (x, y) = (f64::from(pixel % 16) - 7.5, f64::from(pixel / 16) - 7.5);
        for motor in 0..8 {
            let angle = std::f64::consts::TAU * f64::from(motor) / 8.0;
            let cosine = -(x * libm::cos(angle) + y * libm::sin(angle)) / (x * x + y * y).sqrt();
            // Half of the largest weight that theta's limits allow. There are no negative ones, and none just above zero.
            let most = settings.plasticity.w0 * libm::exp(settings.plasticity.theta_max - settings.plasticity.theta0);
            weights.push(if cosine > 0.05 { (0.5 * most * cosine) as f32 } else { 0.0 });
        }
    }
    controller.network_mut().program("visual-motor", &weights).unwrap();
    controller.set_learning(false);
    Assembly { environment, controller: Hosted::Sensing(Box::new(controller)) }
}

#[test]
fn the_network_of_reaching_can_hold_the_whole_solution() {
    let (registry, loaded) = load(&[]);
    let found = targets(by_hand(&loaded, &registry));
    let (_, ideal) = load(&["controller.kind=ideal"]);
    let best = targets(ideal.assemble(&registry).unwrap());
    assert!(found >= 0.9 * best, "{found} of {best} targets per 1000 s");
}

/// A stage on which the ball is where a test says, and moves as it says.
struct Ball {
    pose: Pose,
    velocity: Velocity,
}

impl Ball {
    fn new(at: [f64; 2], velocity: [f64; 2]) -> Ball {
        let mut ball = Ball { pose: Pose::translation(at[0], at[1], 1.0), velocity: Velocity::default() };
        (ball.velocity.linear.x, ball.velocity.linear.y) = (velocity[0], velocity[1]);
        ball
    }
}

impl Stage for Ball {
    fn offers(&self, _need: &Need) -> bool {
        true
    }
    fn pose(&self, _name: &str) -> Result<Pose, StageError> {
        Ok(self.pose)
    }
    fn velocity(&self, _name: &str) -> Result<Velocity, StageError> {
        Ok(self.velocity)
    }
    fn contacts(&self, _name: &str, _out: &mut Vec<Contact>) -> Result<(), StageError> {
        Ok(())
    }
    fn place(&mut self, _name: &str, pose: &Pose) -> Result<(), StageError> {
        self.pose = *pose;
        Ok(())
    }
}

const PERIOD: Nanos = Nanos::from_millis(20);

/// The reward of a ball at `at` that moves with `velocity`.
fn reward(settings: &Reaching, at: [f64; 2], velocity: [f64; 2]) -> f32 {
    let mut task = ReachingTask::new(settings, PERIOD).unwrap();
    task.evaluate(&mut Ball::new(at, velocity), &Action::default()).unwrap().reward
}

#[test]
fn the_reward_of_reaching_is_heading_times_speed() {
    let settings = Reaching::default();
    for (at, velocity, expected) in [
        ([4.0, 0.0], [-1.0, 0.0], 1.0),
        ([0.0, -5.0], [0.0, 1.0], 1.0),
        ([3.0, 4.0], [-0.6, -0.8], 1.0),
        ([4.0, 0.0], [-2.0, 0.0], 1.0),
        ([4.0, 0.0], [-0.5, 0.0], 0.5),
        ([4.0, 0.0], [0.0, 1.0], 0.0),
        ([4.0, 0.0], [0.0, -1.0], 0.0),
        ([4.0, 0.0], [1.0, 0.0], 0.0),
        ([4.0, 0.0], [0.0, 0.0], 0.0),
        ([4.0, 0.0], [-1.0, 1.0], 0.5),
        ([4.0, 0.0], [-1.0, -1.0], 0.5),
    ] {
        let found = reward(&settings, at, velocity);
        assert!((found - expected).abs() < 1e-6, "at {at:?} with {velocity:?}: {found}, expected {expected}");
    }
    let narrow = Reaching { heading_limit_deg: 60.0, reference_speed_m_s: 2.0, goal_m: [4.0, 4.0], ..settings };
    // 45 of 60 degrees off, and half as fast as it might be.
    assert!((reward(&narrow, [0.0, 4.0], [libm::sqrt(0.5), libm::sqrt(0.5)]) - 0.125).abs() < 1e-6);
}

#[test]
fn the_rewards_filter_has_the_time_constant_that_is_asked_for() {
    let settings = Reaching { reward_filter: Nanos::from_millis(100), ..Reaching::default() };
    let mut task = ReachingTask::new(&settings, PERIOD).unwrap();
    let mut step = |velocity| task.evaluate(&mut Ball::new([4.0, 0.0], velocity), &Action::default()).unwrap().reward;
    let mut expected = 0.0;
    for (steps, raw) in [(20, 1.0), (20, 0.0)] {
        for _ in 0..steps {
            expected += (raw - expected) * (1.0 - libm::exp(-0.2));
            assert!((f64::from(step([-raw, 0.0])) - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn a_reached_goal_is_counted_and_the_ball_is_put_elsewhere_at_the_height_it_had() {
    let settings = Reaching::default();
    let mut task = ReachingTask::new(&settings, PERIOD).unwrap();
    let mut ball = Ball::new([1.0, 1.0], [0.0, 0.0]);
    task.evaluate(&mut ball, &Action::default()).unwrap();
    let at = ball.pose.translation;
    assert!(libm::hypot(at.x, at.y) > 1.5 && at.x.abs() <= 9.0 && at.y.abs() <= 9.0 && at.z == 1.0, "{at:?}");
    assert!((task.tallies()[0].numerator - 1000.0).abs() < 1e-9);
    task.evaluate(&mut ball, &Action::default()).unwrap();
    assert_eq!(ball.pose.translation, at, "a ball that isn't there yet stays where it is");
    assert!((task.tallies()[0].numerator - 1000.0).abs() < 1e-9 && (task.tallies()[0].denominator - 0.04).abs() < 1e-12);
}
