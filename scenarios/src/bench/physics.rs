//! What a control step of the ball world costs: the whole body against the steps of the physics engine that are in it.
//!
//! The ratio lies near one: nearly all of the time is the engine's. The baseline pushes the ball by hand, which the engine notes as a
//! change; the body drives it through gravity and has drive, checks and camera on top.

use embody_robots::catalogue::ball::Ball;
use embody_robots::conformance::wandering_action;
use embody_robots::{Action, Body, Nanos, Observation};
use embody_sim_world::{Arena, BareWorld, SimulatedBody};

use super::measure::{in_turns, least};
use super::{BenchError, Row};

const CONTROL: Nanos = Nanos::from_millis(20);
const PHYSICS: Nanos = Nanos::from_millis(10);

/// Control steps of a turn.
const STEPS: usize = 100;

const TURNS: usize = 300;

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let (robot, arena) = (Ball::default().robot(), Arena::default());
    let mut body = SimulatedBody::new(&robot, &arena, PHYSICS, CONTROL)?;
    let mut bare = BareWorld::new(&robot, &arena, PHYSICS)?;
    let mut seen = Observation::from_spec(body.observation_spec());
    body.reset(1)?;
    body.begin(&mut seen)?;
    let actions: Vec<Action> = (0..4096).map(|step| wandering_action(body.action_spec(), step)).collect();
    let (mut at, mut bare_at) = (0, 0);
    let times = in_turns(
        TURNS,
        || -> Result<(), BenchError> {
            for _ in 0..STEPS {
                at = (at + 1) % actions.len();
                body.step(&actions[at], &mut seen)?;
            }
            Ok(())
        },
        || {
            for _ in 0..STEPS {
                bare_at = (bare_at + 1) % actions.len();
                let command = &actions[bare_at].fields[0];
                for _ in 0..CONTROL.0 / PHYSICS.0 {
                    // The drive of the catalogue's ball, by hand: 10 kg, 40 ms, steps of 10 ms.
                    let velocity = bare.velocity_m_s(0);
                    bare.push(0, [2.5 * (command[0] - velocity[0]), 2.5 * (command[1] - velocity[1])]);
                    bare.step();
                }
            }
            Ok(())
        },
    )?;
    let [body, bare] = times.map(|times| least(&times) * 1e6 / STEPS as f64);
    Ok(vec![Row::less("physics", body, "us/control step", bare)])
}
