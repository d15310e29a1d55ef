//! Both sides of a link in one process, where a brain does what no program of ours would.

#![cfg(feature = "zenoh")]

mod common;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use embody_bridges::link::{Brain, BrainLink, LinkError, Network, RemoteController, WorldLink};
use embody_bridges::protocol::handshake::Attach;
use embody_bridges::protocol::{Mark, Mode};
use embody_bridges_fuzz::specs;
use embody_controllers::Controller;
use embody_robots::{Action, Nanos, Observation, StepKind, TimeStep};

/// Acts twice, and panics the third time.
struct Panics {
    left: usize,
}

impl Brain for Panics {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), String> {
        Ok(())
    }
    fn act(&mut self, _step: &TimeStep, action: &mut Action) -> Result<(), String> {
        assert!(self.left > 0, "this brain panics on purpose");
        self.left -= 1;
        action.fields[0].fill(self.left as f32);
        Ok(())
    }
    fn keep(&mut self, _mark: &Mark) -> Result<String, String> {
        Ok(String::new())
    }
}

#[test]
fn a_brain_that_panics_gives_up_in_good_order() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("tcp/127.0.0.1:{port}");
    let wait = Duration::from_secs(20);
    let (observation, action) = specs();
    let stop = Arc::new(AtomicBool::new(false));
    let network = Network { listen: vec![endpoint.clone()], wait, ..Network::default() };
    let mut world = WorldLink::open(&network, common::world(), &action, None, &stop).unwrap();
    let brain = std::thread::spawn(move || {
        let (observation, action) = specs();
        let stop = AtomicBool::new(false);
        let mut link = BrainLink::open(&Network { connect: vec![endpoint], wait, ..Network::default() }, &stop).unwrap();
        let world = link.describe(&stop).unwrap();
        let (session, _) = link.attach(&world, Attach { name: "panics".into(), ..Attach::default() }, &stop).unwrap();
        let brain = Arc::new(Mutex::new(Panics { left: 2 }));
        link.serve(brain, session, Mode::Lockstep, (&observation, &action), &stop)
    });
    world.join(&[], &stop, &mut |_| None).unwrap();
    let mut controller = RemoteController::new(Arc::new(Mutex::new(world)));
    let step =
        TimeStep { kind: StepKind::Mid, time: Nanos::ZERO, reward: 0.0, observation: Observation::from_spec(&observation) };
    let mut act = Action::from_spec(&action);
    for expected in [1.0, 0.0] {
        controller.act(&step, &mut act).unwrap();
        assert_eq!(act.fields[0][0], expected);
    }
    let error = controller.act(&step, &mut act).unwrap_err().to_string();
    assert!(error.contains("brain \"panics\" gave up: it panicked"), "{error}");
    assert_eq!(brain.join().unwrap(), Err(LinkError::Brain("it panicked; its message is above".into())));
}
