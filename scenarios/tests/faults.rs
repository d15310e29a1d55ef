//! What goes wrong between two programs: each is found, told by name, and nothing hangs.

mod common;

use std::time::Duration;

use common::hand::{Hand, connect, named};
use common::{Lab, Running, free_endpoint};
use embody_bridges::protocol::handshake::Verdict;
use embody_bridges::protocol::messages::ToWorld;
use zenoh::Wait;

fn world(lab: &Lab, arguments: &str) -> (Running, String) {
    let endpoint = free_endpoint();
    (lab.start(&format!("world reaching --out w --listen {endpoint} {arguments}")), endpoint)
}

#[test]
fn a_brain_that_is_built_for_something_else_is_refused_by_name() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--seed 4 --time 20s");
    for (brain, expected) in [
        ("reaching-s", "the world runs \"reaching\", this brain is for \"reaching-s\""),
        ("reaching --seed 5", "seed: this brain is built for 5, the world has 4"),
        (
            "reaching --set robot.ball.camera.width=8",
            "observation field 0: this brain has {\"kind\":{\"Events\":{\"height\":16,\"max_events\":4096,\"width\":8}}",
        ),
        ("reaching --set controller.spore.decoder.vector.gain_per_hz=0.2", "scenario hash: this brain is built for"),
        ("reaching --set time.control_period=40ms", "control period: this brain is built for 40ms, the world has 20ms"),
        ("reaching --real-time", "mode: this brain is built for real time, the world has lockstep"),
        ("reaching --controller ideal", "\"ideal\" sees the truth"),
        ("reaching --wait 1s --prefix another", "waited 1 s for a world at"),
    ] {
        let said = lab.fails(&format!("brain {brain} --out b --connect {endpoint}"));
        assert!(said.contains(expected), "{brain}: {said}");
        assert!(!lab.path("b").exists(), "{brain} leaves nothing behind");
    }
    // None of them did any harm.
    lab.succeeds(&format!("brain reaching --out b --connect {endpoint} --quiet"));
    let said = world.succeeds().err;
    assert!(said.contains("refused \"reaching with spore\": seed"), "{said}");
    lab.run("one", "reaching --seed 4 --time 20s");
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn another_version_of_the_protocol_is_refused_with_both_numbers() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 20s --wait 60s");
    let hand = Hand::reach(&endpoint);
    let mut bytes = Vec::new();
    named().encode(&mut bytes);
    bytes[6] = 9;
    let Verdict::Refusal { reason } = Verdict::decode(&hand.ask(hand.keys.attach(), bytes)).unwrap() else { panic!("welcome") };
    assert!(reason.contains("protocol version") && reason.contains("expected 1, found 9"), "{reason}");
    for garbage in [&b""[..], b"EMBOD", b"HELLO?\x01\x00", &[255; 300]] {
        let Verdict::Refusal { reason } = Verdict::decode(&hand.ask(hand.keys.attach(), garbage.to_vec())).unwrap() else {
            panic!("welcome")
        };
        assert!(reason.contains("magic"), "{reason}");
    }
    assert_eq!(hand.describe().scenario, "reaching");
    world.kill();
}

#[test]
fn two_brains_for_one_body_are_one_too_many() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 100h");
    let brain = lab.start(&format!("brain reaching --out first --connect {endpoint}"));
    lab.await_file("first/checkpoint-0.bin");
    let said = lab.fails(&format!("brain reaching --out second --connect {endpoint}"));
    assert!(said.contains("this world has a brain already, \"reaching with spore\""), "{said}");
    let listed = lab.succeeds(&format!("peers --connect {endpoint}")).out;
    assert!(listed.contains("world  embody") && listed.contains("reaching, seed 1, lockstep"), "{listed}");
    assert!(listed.contains("brain  embody") && listed.contains("brain \"reaching with spore\""), "{listed}");
    brain.kill();
    world.kill();
}

#[test]
fn a_second_world_is_refused_and_told_what_to_do() {
    let lab = Lab::new();
    let (first, endpoint) = world(&lab, "--wait 60s");
    Hand::reach(&endpoint).describe();
    let taken = lab.fails(&format!("world reaching --out x --listen {endpoint}"));
    assert!(taken.contains(&format!("{endpoint} is taken by another program")) && taken.contains("--listen"), "{taken}");
    let same = lab.fails(&format!("world reaching --out x --connect {endpoint}"));
    assert!(same.contains("another world is in reach under the prefix \"embody\"") && same.contains("--prefix"), "{same}");
    assert!(!lab.path("x").exists(), "nothing is left behind");
    first.kill();
}

#[test]
fn whoever_waits_in_vain_says_for_whom_and_leaves_nothing() {
    let lab = Lab::new();
    let endpoint = free_endpoint();
    let said = lab.fails(&format!("world reaching --out w --wait 1s --listen {endpoint}"));
    assert!(said.contains(&format!("waited 1 s for a brain on {endpoint}")), "{said}");
    let said = lab.fails(&format!("brain reaching --out b --wait 1s --connect {endpoint}"));
    assert!(said.contains(&format!("waited 1 s for a world at {endpoint}")), "{said}");
    let said = lab.fails(&format!("peers --wait 1s --connect {endpoint}"));
    assert!(said.contains(&endpoint), "{said}");
    assert!(!lab.path("w").exists() && !lab.path("b").exists());
}

#[test]
fn corrupted_payloads_end_the_attachment_with_the_fields_name() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 20s --wait 60s");
    let hand = Hand::reach(&endpoint);
    let action = |session: u64, values: &[f32]| {
        let mut bytes = vec![0];
        bytes.extend(session.to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend((values.len() as u32).to_le_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    };
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let cases: [(Damage, &[f32], &str); 4] = [
        (|bytes| bytes, &[f32::NAN, 0.0], "action \"velocity\", value 0 (byte 25): expected a finite number"),
        (|bytes| bytes, &[1.0], "action \"velocity\" (byte 21): expected 2 values, found 1"),
        (|bytes| [bytes, vec![7]].concat(), &[1.0, 1.0], "end (byte 33): expected no further bytes, found 1"),
        (|bytes| bytes[..20].to_vec(), &[1.0, 1.0], "action (byte 17): expected 4 bytes, found 3"),
    ];
    for (damage, values, expected) in cases {
        let session = hand.attached();
        // The checkpoint of the start comes first, and must be answered.
        assert_eq!(hand.hear()[0], 1);
        hand.say(&ToWorld::Kept { session, step: 0, kept: false, maps: String::new() });
        assert_eq!(hand.hear()[0], 0, "a step");
        hand.send(damage(action(session, values)));
        let end = hand.hear();
        assert_eq!(end[0], 2, "the end of the attachment");
        let reason = String::from_utf8_lossy(&end[14..]).into_owned();
        assert!(reason.contains(expected), "{reason}");
    }
    // What belongs to no attachment is nobody's business, nor that of a brain that is attached.
    let brain = lab.start(&format!("brain reaching --out b --connect {endpoint} --quiet"));
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(600) {
        hand.send(vec![0; 40]);
        hand.send(vec![]);
        hand.send(vec![9; 3]);
    }
    brain.succeeds();
    world.succeeds();
    lab.run("one", "reaching --time 20s");
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn a_brain_that_dies_in_the_handshake_makes_room_for_another() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 20s --wait 60s");
    let hand = Hand::reach(&endpoint);
    hand.attached();
    assert_eq!(hand.hear()[0], 1, "the checkpoint of the start, which it doesn't answer");
    drop(hand);
    lab.succeeds(&format!("brain reaching --out b --connect {endpoint} --quiet"));
    let said = world.succeeds().err;
    assert!(said.contains("brain \"a hand\" is gone"), "{said}");
    lab.run("one", "reaching --time 20s");
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn maps_of_any_size_reach_the_world() {
    let lab = Lab::new();
    let run = "reaching --time 100ms --set robot.ball.camera.width=256 --set robot.ball.camera.height=200";
    lab.run("one", run);
    lab.run("two", &format!("{run} --transport zenoh"));
    assert!(lab.bytes("two/maps.json").len() > 1 << 20, "more than a megabyte");
    lab.assert_same_but_for_transport("one", "two");
}

#[test]
fn a_slow_brain_is_waited_for_and_a_silent_one_is_not() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 100ms --wait 2s");
    let hand = Hand::reach(&endpoint);
    let session = hand.attached();
    hand.hear();
    hand.say(&ToWorld::Kept { session, step: 0, kept: false, maps: String::new() });
    let action = embody_robots::Action { fields: vec![vec![0.0, 0.0]] };
    for sequence in 0..4 {
        assert_eq!(hand.hear()[0], 0);
        std::thread::sleep(Duration::from_millis(400));
        hand.say(&ToWorld::Action { session, sequence, action: action.clone() });
    }
    // The fifth step gets no answer.
    let said = world.fails();
    assert!(said.contains("waited 2 s for the action of brain \"a hand\""), "{said}");
    assert!(said.contains("waited 2 s for a brain on"), "{said}");
    assert!(!said.contains("--resume"), "its brain kept nothing: {said}");
}

#[test]
fn a_brain_without_its_run_is_no_replacement_in_lockstep() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 100h --set time.checkpoint_every=5s --wait 60s");
    let brain = lab.start(&format!("brain reaching --set time.checkpoint_every=5s --out b --connect {endpoint}"));
    lab.await_file("b/checkpoint-500.bin");
    brain.kill();
    let said = lab.fails(&format!("brain reaching --set time.checkpoint_every=5s --out fresh --connect {endpoint}"));
    assert!(said.contains("no common checkpoint") && said.contains("--resume DIR"), "{said}");
    world.kill();
    // Nor is a fresh world one for a brain that has come further.
    let world = lab.start(&format!("world reaching --set time.checkpoint_every=5s --out w2 --wait 60s --listen {endpoint}"));
    let said = lab.fails(&format!("brain reaching --resume b --connect {endpoint}"));
    assert!(said.contains("no common checkpoint"), "{said}");
    world.kill();
}

#[test]
fn a_brain_whose_world_dies_ends_with_a_hint_or_waits() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 100h");
    let brain = lab.start(&format!("brain reaching --out b --connect {endpoint}"));
    lab.await_file("b/checkpoint-0.bin");
    world.kill();
    let said = brain.fails();
    assert!(said.contains("is gone") && said.contains("embody brain reaching --resume b"), "{said}");
    let world = lab.start(&format!("world reaching --time 100h --out w2 --listen {endpoint}"));
    let brain = lab.start(&format!("brain reaching --out b2 --lost wait --wait 1s --connect {endpoint}"));
    lab.await_file("b2/checkpoint-0.bin");
    world.kill();
    let said = brain.fails();
    assert!(said.contains("waiting up to 1 s for a world") && said.contains("waited 1 s for a world at"), "{said}");
}

#[test]
fn wrong_arguments_are_named() {
    let lab = Lab::new();
    lab.write("broken.json5", "{listen: ");
    lab.write("unknown.json5", "{listening: {}}");
    for (line, expected) in [
        ("world reaching --deadline 5ms", "--real-time"),
        ("world reaching --real-time --deadline 1s", "--deadline: expected a time up to the control period"),
        ("world reaching --real-time --watchdog 1ms", "--watchdog: expected at least a control period"),
        ("world reaching --prefix a/*/b", "--prefix"),
        ("brain reaching --prefix /a", "--prefix"),
        ("world reaching --zenoh-config missing.json5", "missing.json5"),
        ("world reaching --zenoh-config broken.json5", "broken.json5: expected JSON5"),
        ("world reaching --zenoh-config unknown.json5", "unknown.json5"),
        ("world reaching --listen nonsense", "nonsense"),
        ("brain reaching --wait soon", "--wait"),
        ("brain nowhere", "nowhere"),
        ("run reaching --transport pigeon", "pigeon"),
        ("world reaching --resume missing", "missing"),
    ] {
        let said = lab.fails(line);
        assert!(said.contains(expected), "{line}: {said}");
    }
    assert_eq!(lab.names("runs"), [""; 0], "no run was begun");
}

#[test]
fn a_side_that_stands_still_for_a_while_is_waited_for() {
    let lab = Lab::new();
    let often = "--set time.checkpoint_every=20s";
    lab.run("one", &format!("reaching --time 160s {often}"));
    let world_line = format!("reaching --time 160s {often} --out w");
    let (world, brain, _) = lab.start_both(&world_line, &format!("reaching {often} --out b"));
    lab.await_file("b/checkpoint-2000.bin");
    // The world asks again each second, so that several copies wait for the brain that wakes.
    for (still, seconds) in [(&brain, 4), (&world, 2), (&brain, 2)] {
        still.signal("STOP");
        std::thread::sleep(Duration::from_secs(seconds));
        still.signal("CONT");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!brain.succeeds().err.contains("gone"));
    assert!(!world.succeeds().err.contains("gone"));
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn a_brain_that_is_asked_again_for_what_is_long_answered_does_nothing() {
    let lab = Lab::new();
    let often = "--set time.checkpoint_every=20s";
    lab.run("one", &format!("reaching --time 160s {often}"));
    let world_line = format!("reaching --time 160s {often} --out w");
    let (world, brain, endpoint) = lab.start_both(&world_line, &format!("reaching {often} --out b"));
    let session = connect(&endpoint);
    let again = session.clone();
    let repeat = move |sample: zenoh::sample::Sample| {
        let message = sample.payload().to_bytes().into_owned();
        let step = message[0] == 0 && message[9..].first_chunk().is_some_and(|sequence| u64::from_le_bytes(*sequence) % 100 == 0);
        if step || message[0] == 1 {
            let again = again.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(30));
                again.put("embody/step", message).wait().unwrap();
            });
        }
    };
    let _repeating = session.declare_subscriber("embody/step").callback(repeat).wait().unwrap();
    lab.await_file("b/checkpoint-3000.bin");
    std::thread::sleep(Duration::from_millis(60));
    brain.kill();
    let brain = lab.start(&format!("brain reaching --resume b --connect {endpoint}"));
    brain.succeeds();
    world.succeeds();
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn what_a_brain_cannot_read_ends_it_with_the_fields_name() {
    let lab = Lab::new();
    let (world, brain, endpoint) = lab.start_both("reaching --time 100h --out w --wait 1s", "reaching --out b");
    lab.await_file("b/checkpoint-0.bin");
    let session = connect(&endpoint);
    let steps = session.declare_subscriber("embody/step").wait().unwrap();
    let step = steps.recv().unwrap().payload().to_bytes().into_owned();
    // Of the right session, but cut in its sequence.
    session.put("embody/step", step[..12].to_vec()).wait().unwrap();
    let said = brain.fails();
    assert!(said.contains("the world sent what can't be read: sequence (byte 9)"), "{said}");
    let said = world.fails();
    assert!(said.contains("is gone") && said.contains("waited 1 s for a brain"), "{said}");
}

#[test]
fn a_brain_whose_maps_cannot_be_read_is_told_so() {
    let lab = Lab::new();
    let (world, endpoint) = world(&lab, "--time 100ms --wait 1s");
    let hand = Hand::reach(&endpoint);
    for (maps, expected) in [
        ("no JSON", "expected ident"),
        (r#"[{"name":"a","size":[1,1],"vectors":[[1e300,0]]}]"#, "expected finite numbers"),
        (r#"[{"name":"a","size":[9,9],"vectors":[[1,0]]}]"#, "expected vectors for 9 x 9 cells, found 1"),
    ] {
        let session = hand.attached();
        hand.hear();
        hand.say(&ToWorld::Kept { session, step: 0, kept: true, maps: maps.into() });
        let said = hand.hear_end();
        assert!(said.contains("the brain's maps can't be read") && said.contains(expected), "{said}");
    }
    assert!(world.fails().contains("the brain's maps can't be read"));
}

#[test]
fn a_brain_may_listen_and_its_world_connect() {
    let lab = Lab::new();
    lab.run("one", "reaching --time 10s");
    let endpoint = free_endpoint();
    let brain = lab.start(&format!("brain reaching --out b --listen {endpoint}"));
    // Long enough for it to ask itself whether anybody will come.
    std::thread::sleep(Duration::from_millis(300));
    let world = lab.start(&format!("world reaching --time 100h --out long --wait 1s --connect {endpoint}"));
    lab.await_file("b/checkpoint-0.bin");
    world.signal("STOP");
    std::thread::sleep(Duration::from_millis(300));
    world.signal("CONT");
    brain.kill();
    let said = world.fails();
    assert!(said.contains("is gone") && said.contains("waited 1 s for a brain"), "{said}");
    let brain = lab.start(&format!("brain reaching --out b2 --listen {endpoint}"));
    let world = lab.start(&format!("world reaching --time 10s --out w --connect {endpoint}"));
    assert!(world.succeeds().err.contains(&format!("embody brain reaching --connect {endpoint}")));
    brain.succeeds();
    lab.assert_same_but_for_transport("one", "w");
    assert!(lab.fails(&format!("peers --listen {endpoint}")).contains("--listen"));
}
