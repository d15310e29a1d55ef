//! The streams for those who look on: they show what is, and change nothing.

mod common;

use std::time::Duration;

use common::hand::connect;
use common::{Lab, free_endpoint};
use embody_bridges::protocol::truth::Truth;
use embody_bridges::protocol::{Keys, telemetry};
use zenoh::Wait;
use zenoh::handlers::FifoChannelHandler;
use zenoh::pubsub::Subscriber;
use zenoh::sample::Sample;

#[test]
fn truth_and_telemetry_reach_who_subscribes_and_leave_the_trace_as_it_is() {
    let lab = Lab::new();
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
    let mut shown: Vec<Truth> = Vec::new();
    while let Some(bytes) = next(&truths) {
        shown.push(Truth::decode(&bytes).unwrap());
    }
    assert!(shown.len() > 20, "{}", shown.len());
    assert!(shown.is_sorted_by(|a, b| a.records < b.records && a.time < b.time), "in order, and each once");
    assert!(shown.iter().all(|truth| truth.links.len() == 1 && truth.links[0].0 == "ball"));
    assert!(shown.iter().any(|truth| truth.contacts.iter().any(|contact| contact.force_n > 0.0)), "the ball lies on the plane");
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
