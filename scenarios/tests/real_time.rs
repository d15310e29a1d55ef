//! A world in real time: it keeps its pace whatever becomes of its brain, and its body is safe without one.

mod common;

use std::time::{Duration, Instant};

use common::hand::{Hand, connect, named};
use common::{Lab, Running, free_endpoint, observation_of};
use embody_bridges::protocol::handshake::Verdict;
use embody_bridges::protocol::messages::ToWorld;
use embody_bridges::protocol::scene::Scene;
use serde_json::Value;
use zenoh::Wait;

fn world(lab: &Lab, arguments: &str) -> (Running, String) {
    let endpoint = free_endpoint();
    (lab.start(&format!("world reaching --real-time --out w --listen {endpoint} {arguments}")), endpoint)
}

/// Ends well, and gives what became of the pace, and what was said.
fn report(lab: &Lab, world: Running) -> (Value, String) {
    let said = world.succeeds().err;
    let summary = lab.summary("w");
    assert_eq!(summary["transport"], "zenoh real-time");
    (summary["real_time"].clone(), said)
}

fn count(report: &Value, key: &str) -> u64 {
    report[key].as_u64().unwrap_or_else(|| panic!("{key} in {report}"))
}

/// That the world took as long as it simulated, to within what a busy machine delays its last steps.
fn assert_no_drift(lab: &Lab, report: &Value) {
    let summary = lab.summary("w");
    let [simulated, wall] = ["simulated_s", "wall_s"].map(|key| summary[key].as_f64().unwrap());
    assert!((simulated - wall).abs() < 0.5, "{simulated} s simulated in {wall} s");
    assert!(count(report, "drift_us") < 500_000, "{report}");
}

#[test]
fn a_brain_is_killed_the_body_is_safe_the_world_goes_on_and_a_new_brain_joins() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 6s --watchdog 200ms");
    let first = lab.start(&format!("brain reaching --real-time --out b1 --connect {endpoint}"));
    lab.await_file("b1/config.toml");
    std::thread::sleep(Duration::from_millis(1500));
    first.kill();
    std::thread::sleep(Duration::from_millis(1000));
    let second = lab.start(&format!("brain reaching --real-time --out b2 --connect {endpoint}"));
    let (report, said) = report(&lab, world);
    assert_eq!(second.succeeds().code, Some(0));
    assert_eq!(said.matches("has the body").count(), 2, "{said}");
    assert!(said.contains("watchdog") && said.contains("liveliness is lost") && said.contains("safe action"), "{said}");
    assert_eq!((count(&report, "watchdog_trips"), count(&report, "steps")), (1, 300));
    let (safe, answered) = (count(&report, "safe_steps"), count(&report, "answered"));
    assert!(safe >= 25, "a second without a brain is some fifty control steps: {report}");
    assert!(answered > 30, "{report}");
    assert_eq!(safe + answered + count(&report, "missed_deadlines"), 300, "every step is accounted for: {report}");
    assert_no_drift(&lab, &report);
}

#[test]
fn a_silent_brain_loses_the_body_in_the_watchdogs_time_and_gets_it_back_only_by_a_handshake() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 4s --watchdog 300ms");
    let hand = Hand::reach(&endpoint);
    // Longer than the watchdog waits: its time begins with the brain.
    std::thread::sleep(Duration::from_millis(700));
    let session = hand.attached();
    for _ in 0..5 {
        let step = hand.hear_step();
        hand.drive(session, step, [1.0, 0.0]);
    }
    let silent = Instant::now();
    let reason = hand.hear_end();
    let waited = silent.elapsed();
    assert!(reason.contains("watchdog"), "{reason}");
    assert!(waited >= Duration::from_millis(250) && waited < Duration::from_millis(1500), "{waited:?}");
    // What it says now moves nothing.
    let safe = Instant::now();
    while safe.elapsed() < Duration::from_millis(500) {
        hand.drive(session, 5, [2.0, 2.0]);
        std::thread::sleep(Duration::from_millis(20));
    }
    let again = hand.attached();
    assert_ne!(again, session);
    let step = hand.hear_step();
    assert_eq!(step, 0, "a new attachment counts anew");
    hand.drive(again, step, [1.0, 0.0]);
    drop(hand);
    let (report, _) = report(&lab, world);
    // How many of its six actions come in time is up to the machine.
    let (answered, late) = (count(&report, "answered"), count(&report, "late_actions"));
    assert!(count(&report, "safe_steps") >= 20 && answered >= 1 && answered + late >= 6, "{report}");
    assert_eq!(count(&report, "watchdog_trips"), 2, "once for its silence, once when it left: {report}");
}

/// Drives to the right for a while and falls silent; how far the ball then goes on (m), and what was counted.
fn distance_without_actions(policy: &str) -> (f64, Value) {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, &format!("--time 3s --watchdog 10s --deadline-policy {policy}"));
    let hand = Hand::reach(&endpoint);
    let truths = hand.session.declare_subscriber(hand.keys.truth()).wait().unwrap();
    let session = hand.attached();
    for _ in 0..30 {
        // On a busy machine one action may be late, which is one too many under `stop`.
        let Some(step) = hand.hear_step_or_end() else { break };
        hand.drive(session, step, [2.0, 0.0]);
    }
    let mut positions = Vec::new();
    while let Ok(Some(sample)) = truths.recv_timeout(Duration::from_millis(900)) {
        let scene = Scene::decode(&sample.payload().to_bytes(), &observation_of("reaching")).unwrap();
        let truth = &scene.truth;
        let [(name, pose)] = &truth.links[..] else { panic!("one link: {truth:?}") };
        assert_eq!(name, "ball");
        positions.push((truth.time.as_secs_f64(), pose.translation.x));
    }
    let (report, _) = report(&lab, world);
    let last = positions.last().expect("the truth is shown");
    let silent = positions.iter().find(|(time, _)| *time > 1.0).expect("after the last action");
    (last.1 - silent.1, report)
}

#[test]
fn the_deadline_policy_is_what_the_body_does_without_an_action() {
    let (hold, report) = distance_without_actions("hold");
    assert!(count(&report, "missed_deadlines") > 50, "{report}");
    assert_eq!((count(&report, "watchdog_trips"), &report["deadline_policy"]), (0, &"hold".into()));
    let (zero, report) = distance_without_actions("zero");
    assert_eq!((count(&report, "watchdog_trips"), &report["deadline_policy"]), (0, &"zero".into()));
    let (stop, report) = distance_without_actions("stop");
    assert!(count(&report, "missed_deadlines") <= 10 && count(&report, "safe_steps") > 50, "{report}");
    assert!(count(&report, "watchdog_trips") >= 1, "{report}");
    assert!(hold > 1.5, "it rolls on: {hold} m");
    assert!(zero.abs() < 0.5 && stop.abs() < 0.5, "it is braked: {zero} m, {stop} m");
}

#[test]
fn garbage_and_floods_are_counted_and_delay_nothing() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 3s --watchdog 10s");
    let hand = Hand::reach(&endpoint);
    let session = hand.attached();
    let start = Instant::now();
    let mut sent = 0u64;
    while start.elapsed() < Duration::from_secs(2) {
        // Of this session and unreadable; of this session and never asked for; of another.
        let mut broken = vec![0];
        broken.extend(session.to_le_bytes());
        hand.send(broken);
        hand.drive(session, u64::MAX, [2.0, 2.0]);
        hand.drive(session ^ 1, 0, [2.0, 2.0]);
        hand.send(vec![]);
        sent += 4;
    }
    assert!(sent > 2000, "{sent}");
    let (report, said) = report(&lab, world);
    assert!(count(&report, "invalid_messages") > 100 && count(&report, "late_actions") > 100, "{report}");
    assert!(said.contains("can't be read: "), "{said}");
    assert!(said.matches("can't be read").count() == 1, "one word for all of them: {said}");
    assert_eq!((count(&report, "steps"), count(&report, "answered")), (150, 0));
    assert_no_drift(&lab, &report);
}

#[test]
fn a_second_brain_is_refused_and_disturbs_nothing() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 3s --watchdog 2s");
    let hand = Hand::reach(&endpoint);
    let session = hand.attached();
    let other = Hand::reach(&endpoint);
    let Verdict::Refusal { reason } = other.attach(&named()) else { panic!("two brains have the body") };
    assert!(reason.contains("this world has a brain already, \"a hand\""), "{reason}");
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1200) {
        let step = hand.hear_step();
        hand.drive(session, step, [0.5, 0.0]);
    }
    hand.say(&ToWorld::Failure { session, reason: "enough".into() });
    let (report, said) = report(&lab, world);
    assert!(said.contains("it gave up: enough"), "{said}");
    assert!(count(&report, "answered") > 20, "{report}");
}

#[test]
fn what_was_learned_outlives_the_brain() {
    let lab = Lab::new();
    let (first, endpoint) = world(&lab, "--time 1500ms --watchdog 5s --set time.checkpoint_every=500ms");
    let brain = lab.start(&format!("brain reaching --real-time --set time.checkpoint_every=500ms --out b --connect {endpoint}"));
    brain.succeeds();
    report(&lab, first);
    let kept = lab.names("b").iter().any(|name| name.starts_with("checkpoint-"));
    assert!(kept, "{:?}", lab.names("b"));
    std::fs::remove_dir_all(lab.path("w")).unwrap();
    let (second, endpoint) = world(&lab, "--time 500ms --watchdog 5s --set time.checkpoint_every=500ms");
    let brain = lab.start(&format!("brain reaching --real-time --resume b --connect {endpoint}"));
    let said = brain.succeeds().err;
    assert!(said.contains("with what it learned in") && !said.contains("learned in 0 control steps"), "{said}");
    report(&lab, second);
    assert!(lab.fails("world reaching --resume w").contains("checkpoint"), "time that has passed isn't gone back to");
}

#[test]
fn a_brain_that_is_stopped_keeps_what_it_learned_and_one_without_a_world_ends() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 60s --watchdog 5s");
    let brain = lab.start(&format!("brain reaching --real-time --out b --connect {endpoint}"));
    lab.await_file("b/config.toml");
    std::thread::sleep(Duration::from_millis(1000));
    brain.signal("INT");
    let said = brain.end_in_time().err;
    assert!(said.contains("go on from its last checkpoint with: embody brain reaching --resume b"), "{said}");
    let brain = lab.start(&format!("brain reaching --real-time --resume b --connect {endpoint}"));
    std::thread::sleep(Duration::from_millis(1000));
    world.kill();
    let said = brain.fails();
    assert!(!said.contains("with what it learned in 0 control steps"), "{said}");
    assert!(said.contains("is gone") && said.contains("--resume b"), "{said}");
    assert!(!lab.names("b").is_empty());
}

#[test]
fn an_onlooker_that_stops_reading_keeps_nobody_from_being_safe() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 7s --watchdog 300ms");
    let brain = lab.start(&format!("brain reaching --real-time --out b --connect {endpoint}"));
    lab.await_file("b/config.toml");
    // Nobody takes anything from this subscriber, so that its session reads no more once it is full, and then its socket.
    let onlooker = connect(&endpoint);
    let _full = onlooker.declare_subscriber("embody/**").wait().unwrap();
    let other = connect(&endpoint);
    for _ in 0..300 {
        other.put("embody/junk", vec![0; 60_000]).wait().unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    let _unread: Vec<_> = (0..20).map(|_| onlooker.get("embody/world").wait().unwrap()).collect();
    brain.signal("STOP");
    let (report, _) = report(&lab, world);
    brain.kill();
    assert!(count(&report, "watchdog_trips") >= 1 && count(&report, "safe_steps") >= 50, "{report}");
    let jitter = report["jitter_us"]["max"].as_u64().unwrap();
    assert!(jitter < 2_000_000, "the loop waited: {report}");
}
