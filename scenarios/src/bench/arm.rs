//! What a step of an arm costs: the whole body against the physics engine's own chain and motors.
//!
//! Both have the same links, joints, gains and period, one iteration of the solver and gravity, and the same moving target for each of the
//! seven motors in every step. The engine's motors are constraints that it solves one after the other; the body's are in its equation of
//! motion, and it has lag, limits and checks on top.

use std::f64::consts::TAU;

use embody_robots::{Action, Body, Nanos, Observation, RobotSpec, catalogue};
use embody_sim_world::{Arena, BareWorld, SimulatedBody};

use super::measure::{in_turns, least};
use super::{BenchError, Row};

pub(super) const PERIOD: Nanos = Nanos::from_millis(2);

/// Steps of a turn.
const STEPS: usize = 1000;

const TURNS: usize = 100;

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let (robot, arena) = (robot()?, Arena::default());
    let mut arm = Arm::new(&robot)?;
    let mut bare = BareWorld::new(&robot, &arena, PERIOD)?;
    let targets = targets(robot.actuators.len());
    let mut bare_at = 0;
    let times = in_turns(
        TURNS,
        || (0..STEPS).try_for_each(|_| arm.step(&targets)),
        || {
            for _ in 0..STEPS {
                bare_at = (bare_at + 1) % targets.len();
                bare.hold(targets[bare_at].fields.iter().map(|field| field[0]));
                bare.step();
            }
            Ok(())
        },
    )?;
    let [arm, bare] = times.map(|times| STEPS as f64 / least(&times));
    Ok(vec![Row::more("arm7", arm, "steps/s", bare)])
}

/// The arm of seven joints.
pub(super) fn robot() -> Result<RobotSpec, BenchError> {
    Ok(catalogue::arms::arm7().map_err(|error| BenchError::system("arm7", error))?.robot)
}

/// An arm in a world of its own.
pub(super) struct Arm {
    body: SimulatedBody,
    seen: Observation,
    at: usize,
}

impl Arm {
    /// The arm at rest.
    pub(super) fn new(robot: &RobotSpec) -> Result<Arm, BenchError> {
        let mut body = SimulatedBody::new(robot, &Arena::default(), PERIOD, PERIOD)?;
        let mut seen = Observation::from_spec(body.observation_spec());
        body.reset(1)?;
        body.begin(&mut seen)?;
        Ok(Arm { body, seen, at: 0 })
    }

    /// One step towards the next of the targets.
    pub(super) fn step(&mut self, targets: &[Action]) -> Result<(), BenchError> {
        self.at = (self.at + 1) % targets.len();
        Ok(self.body.step(&targets[self.at], &mut self.seen)?)
    }
}

/// The targets of ten seconds, after which they repeat: every joint swings by 0.4 rad, each a tenth of a turn behind the one before, slowly
/// enough for the motors' speed limits. The arm touches nothing.
pub(super) fn targets(joints: usize) -> Vec<Action> {
    let target = |step: u32, joint: usize| 0.4 * libm::sin(TAU * (f64::from(step) / 1000.0 - joint as f64 / 10.0));
    (0..5000).map(|step| Action { fields: (0..joints).map(|joint| vec![target(step, joint) as f32]).collect() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_arms_follow_the_targets() {
        let robot = robot().unwrap();
        let (mut arm, mut bare) = (Arm::new(&robot).unwrap(), BareWorld::new(&robot, &Arena::default(), PERIOD).unwrap());
        let targets = targets(7);
        for step in 0..1500 {
            arm.step(&targets).unwrap();
            bare.hold(targets[step + 1].fields.iter().map(|field| field[0]));
            bare.step();
        }
        for ((joint, wanted), bare) in robot.joints.iter().zip(&targets[1500].fields).zip(bare.positions()) {
            let found = arm.body.truth().joint(&joint.name).unwrap().position;
            for found in [found, bare] {
                assert!((found - f64::from(wanted[0])).abs() < 0.15, "{}: {found}, wanted {wanted:?}", joint.name);
            }
        }
    }
}
