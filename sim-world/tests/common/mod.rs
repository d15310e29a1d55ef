//! The ball world and a small task, shared by the tests.
#![allow(dead_code, reason = "each test binary uses a part")]

use embody_robots::catalogue::ball::Ball;
use embody_robots::checkpoint::{self, Checkpoint, CheckpointError};
use embody_robots::task::{End, Evaluation, Tally, Task};
use embody_robots::{Action, Body, Nanos, Need, Observation, Pose, Stage, StageError, seed};
use embody_sim_world::{Arena, SimulatedBody};
use serde::{Deserialize, Serialize};

pub const PHYSICS: Nanos = Nanos::from_millis(10);
pub const CONTROL: Nanos = Nanos::from_millis(20);

/// The ball in the default arena.
pub fn ball_world() -> SimulatedBody {
    world(&Ball::default(), &Arena::default())
}

pub fn world(ball: &Ball, arena: &Arena) -> SimulatedBody {
    let mut body = SimulatedBody::new(&ball.robot(), arena, PHYSICS, CONTROL).expect("the world can be built");
    body.reset(1).expect("reset");
    let mut seen = Observation::from_spec(body.observation_spec());
    body.begin(&mut seen).expect("begin");
    body
}

/// Steps with one command and returns (position, velocity, angular velocity) of the ball.
pub fn drive(body: &mut SimulatedBody, command: [f32; 2], steps: usize) -> [[f64; 3]; 3] {
    let mut seen = Observation::from_spec(body.observation_spec());
    for _ in 0..steps {
        body.step(&Action { fields: vec![command.to_vec()] }, &mut seen).expect("step");
    }
    let velocity = body.truth().velocity("ball").expect("velocity");
    let position = body.truth().pose("ball").expect("pose").translation.vector;
    [position.into(), velocity.linear.into(), velocity.angular.into()]
}

/// Come within 1.5 m of the centre; then the ball is put elsewhere. Episodes are cut off after 700 steps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Centre {
    seed: u64,
    step: u64,
    tallies: Vec<Tally>,
}

impl Centre {
    pub fn new() -> Centre {
        let tally = Tally { name: "targets_per_step".into(), numerator: 0.0, denominator: 0.0 };
        Centre { tallies: vec![tally], ..Centre::default() }
    }

    fn place(&self, stage: &mut dyn Stage) -> Result<(), StageError> {
        let draw = |name| (seed::stream(self.seed ^ self.step, name) % 1600) as f64 / 100.0 - 8.0;
        stage.place("ball", &Pose::translation(draw("x"), draw("y"), 1.0))
    }
}

impl Task for Centre {
    fn needs(&self) -> Vec<Need> {
        vec![Need::Pose("ball".into()), Need::Place("ball".into())]
    }

    fn begin(&mut self, stage: &mut dyn Stage, seed: u64) -> Result<(), StageError> {
        (self.seed, self.step) = (seed, 0);
        self.place(stage)
    }

    fn evaluate(&mut self, stage: &mut dyn Stage, _: &Action) -> Result<Evaluation, StageError> {
        self.step += 1;
        let at = stage.pose("ball")?.translation.vector;
        let reached = at.xy().norm() < 1.5;
        if reached {
            self.place(stage)?;
        }
        for tally in &mut self.tallies {
            tally.numerator += f64::from(u8::from(reached));
            tally.denominator += 1.0;
        }
        Ok(Evaluation { reward: -at.norm() as f32, end: (self.step == 700).then_some(End::Truncated) })
    }

    fn tallies(&self) -> &[Tally] {
        &self.tallies
    }
}

impl Checkpoint for Centre {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("centre", self)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        *self = checkpoint::from_bytes("centre", bytes)?;
        Ok(())
    }
}
