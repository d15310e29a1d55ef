//! The conformance suites, on every controller and baseline.

use std::sync::Arc;

use embody_brain::substrate::Compiled;
use embody_brain::{FloatSubstrate, Models, Network};
use embody_controllers::baseline::{Blind, BlindSettings, Ideal, IdealSettings};
use embody_controllers::conformance;
use embody_controllers::decoder::{DecoderSettings, VectorSettings};
use embody_controllers::replayed::{ReplayedReward, RewardTape};
use embody_controllers::spore::{CompileNetwork, Loop, SporeController, SporeSettings};
use embody_controllers::{Controller, Privileged};
use embody_robots::catalogue::ball::Ball;
use embody_robots::robot::EventCameraSpec;
use embody_robots::{Contact, Nanos, Need, Pose, Stage, StageError, Velocity, seed};

const PERIOD: Nanos = Nanos::from_millis(20);

fn around() -> Loop {
    let camera = EventCameraSpec { width: 5, height: 4, ..EventCameraSpec::default() };
    let robot = Ball { camera, ..Ball::default() }.robot();
    Loop {
        observation: robot.observation_spec(),
        action: robot.action_spec(),
        control_period: PERIOD,
        neural_tick: Nanos::from_millis(1),
    }
}

fn spore() -> Box<dyn Controller> {
    let compile: CompileNetwork = Arc::new(|spec, seed| {
        let substrate = FloatSubstrate::new(Arc::new(Models::default()));
        Ok(Box::new(Compiled::new(substrate, spec, seed)?) as Box<dyn Network>)
    });
    let mut settings = SporeSettings { synapses_per_pair: 2, motor_neurons: 6, ..SporeSettings::default() };
    // Rates and learning high enough that 400 steps exercise both; a gain low enough that actions keep their bounds.
    settings.neuron.bias_mv = 10.0;
    settings.decoder = DecoderSettings::Vector(VectorSettings { gain_per_hz: 0.001 });
    (settings.plasticity.beta_per_ms, settings.plasticity.theta_init_mean) = (1e-4, 1.0);
    Box::new(SporeController::new(&settings, &around(), &compile, 3).unwrap())
}

#[test]
fn spore_conforms() {
    conformance::controller(spore, &around().observation, &around().action, PERIOD);
}

#[test]
fn replayed_rewards_conform() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rewards.f32");
    let rewards: Vec<u8> = (0..500).flat_map(|step| ((step % 13) as f32 / 13.0).to_le_bytes()).collect();
    std::fs::write(&path, rewards).unwrap();
    for shuffle in [None, Some(3)] {
        let make =
            || -> Box<dyn Controller> { Box::new(ReplayedReward::new(spore(), RewardTape::open(&path, 90, shuffle).unwrap())) };
        conformance::controller(make, &around().observation, &around().action, PERIOD);
    }
}

/// The truth at a step: a ball somewhere, now and then at a wall.
struct Truth(u64);

impl Truth {
    fn number(&self, name: &str) -> f64 {
        (seed::stream(self.0 / 10, name) % 1000) as f64 / 50.0 - 10.0
    }
}

impl Stage for Truth {
    fn offers(&self, _need: &Need) -> bool {
        true
    }
    fn pose(&self, _name: &str) -> Result<Pose, StageError> {
        Ok(Pose::translation(self.number("x"), self.number("y"), 1.0))
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
}

#[test]
fn ideal_conforms() {
    let make = || -> Box<dyn Privileged> { Box::new(Ideal::new(&IdealSettings::default(), [1.0, 2.0], 2.0).unwrap()) };
    conformance::privileged(make, |step| Box::new(Truth(step)), &around().action, PERIOD);
}

#[test]
fn blind_conforms() {
    // Runs so short that 400 steps hold many turns.
    let settings = BlindSettings { mean_run: Nanos::from_millis(500), ..BlindSettings::default() };
    let make = || -> Box<dyn Privileged> { Box::new(Blind::new(&settings, 2.0, PERIOD, 3).unwrap()) };
    conformance::privileged(make, |step| Box::new(Truth(step)), &around().action, PERIOD);
}
