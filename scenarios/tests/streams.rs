//! The streams for those who look on: they show what is, and change nothing.

mod common;

use std::time::Duration;

use common::hand::connect;
use common::{Lab, free_endpoint, observation_of};
use embody_bridges::protocol::messages::End;
use embody_bridges::protocol::scene::Scene;
use embody_bridges::protocol::{Keys, telemetry};
use zenoh::Wait;
use zenoh::handlers::FifoChannelHandler;
use zenoh::pubsub::Subscriber;
use zenoh::sample::Sample;

#[test]
fn truth_and_telemetry_reach_who_subscribes_and_leave_the_trace_as_it_is() {
    let lab = Lab::new();
    let observation = observation_of("reaching");
    lab.run("one", "reaching --time 120s");
    let endpoint = free_endpoint();
    let world = lab.start(&format!("world reaching --time 120s --out w --listen {endpoint}"));
    // Whoever looks on connects to the world, and reaches its brain through it.
    let (viewer, keys) = (connect(&endpoint), Keys::new("embody"));
    let truths = viewer.declare_subscriber(keys.truth()).wait().unwrap();
    let telemetries = viewer.declare_subscriber(keys.telemetry()).wait().unwrap();
    let brain = lab.start(&format!("brain reaching --out b --connect {endpoint}"));
    let next = |stream: &Subscriber<FifoChannelHandler<Sample>>| -> Option<Vec<u8>> {
        let sample = stream.recv_timeout(Duration::from_secs(2)).ok()??;
        Some(sample.payload().to_bytes().into_owned())
    };
    let mut shown: Vec<Scene> = Vec::new();
    while let Some(bytes) = next(&truths) {
        shown.push(Scene::decode(&bytes, &observation).unwrap());
    }
    assert!(shown.len() > 20, "{}", shown.len());
    let (last, before) = shown.split_last().unwrap();
    assert_eq!((last.end, last.control_steps), (Some(End::Finished), 6000), "the last one says how it ended");
    assert!(before.iter().all(|scene| scene.end.is_none()));
    let once = |a: &Scene, b: &Scene| a.control_steps < b.control_steps && a.step.time < b.step.time;
    assert!(before.is_sorted_by(once), "in order, and each once");
    assert!(shown.iter().all(|scene| scene.truth.links.len() == 1 && scene.truth.links[0].0 == "ball"));
    let touches = |scene: &Scene| scene.truth.contacts.iter().any(|contact| contact.force_n > 0.0);
    assert!(shown.iter().any(touches), "the ball lies on the plane");
    assert!(shown.iter().any(|scene| !scene.step.observation.events(0).is_empty()), "what its camera senses is shown");
    assert!(shown.iter().all(|scene| scene.images.len() == 1 && scene.images[0].brightness.iter().any(|level| *level > 0.0)));
    assert!(last.tallies[0].name == "targets_per_1000s" && last.tallies[0].denominator > 100.0, "{:?}", last.tallies);
    let mut seen = Vec::new();
    while let Some(bytes) = next(&telemetries) {
        seen.push(telemetry::decode(&bytes).unwrap());
    }
    assert!(seen.len() > 20, "{}", seen.len());
    let named =
        |name: &str| seen.iter().flat_map(|(_, telemetry)| &telemetry.populations).filter(|p| p.name == name).collect::<Vec<_>>();
    let (visual, motor) = (named("visual"), named("motor"));
    assert!(visual.iter().all(|p| p.size == 256) && motor.iter().all(|p| p.size == 8 && p.membrane.len() == 8));
    assert!(visual.iter().any(|p| !p.spikes.is_empty()) && motor.iter().any(|p| !p.spikes.is_empty()), "both fire");
    assert!(motor.iter().flat_map(|p| &p.spikes).all(|spike| spike.tick < 20), "within the control period");
    let counted = |name: &str| seen.iter().all(|(_, telemetry)| telemetry.counters.iter().any(|(known, _)| known == name));
    assert!(counted("dopamine") && counted("skipped_steps"));
    world.succeeds();
    brain.succeeds();
    lab.assert_same_but_for_transport("one", "w");
}
