//! World and brain as two programs come to what one program comes to, whoever starts first and whoever is killed.

mod common;

use std::time::Duration;

use common::{Lab, free_endpoint};

/// Settings that put many checkpoints, and windows that none of them ends with, into a short run.
const OFTEN: &str = "--set time.checkpoint_every=20s --set time.report_every=70s";

#[test]
fn every_scenario_and_seed_has_the_trace_of_one_program() {
    let lab = Lab::new();
    for (number, run) in [
        "reaching --time 60s",
        "reaching --time 60s --seed 7",
        "reaching-s --time 60s",
        "reaching-s --time 60s --seed 3",
        "reaching --time 30s --controller frozen",
        "reaching --time 30s --set robot.ball.camera.width=8 --set robot.ball.camera.height=24",
    ]
    .into_iter()
    .enumerate()
    {
        let [one, two] = ["one", "two"].map(|name| format!("{name}-{number}"));
        lab.run(&one, run);
        let summary = lab.run(&two, &format!("{run} --transport zenoh"));
        assert_eq!(summary["transport"], "zenoh lockstep");
        lab.assert_same_but_for_transport(&one, &two);
    }
}

#[test]
fn a_control_that_replays_another_runs_reward_has_the_same_trace() {
    let lab = Lab::new();
    lab.run("donor", "reaching --time 40s");
    for control in ["permuted", "yoked"] {
        let run = format!("reaching --time 40s --controller {control} --set controller.{control}.donor=donor");
        lab.run(control, &run);
        let two = format!("{control}-two");
        lab.run(&two, &format!("{run} --transport zenoh"));
        lab.assert_same_but_for_transport(control, &two);
    }
}

#[test]
fn either_side_may_start_first() {
    let lab = Lab::new();
    lab.run("one", "reaching --time 40s");
    for first in ["world", "brain"] {
        let endpoint = free_endpoint();
        let world = format!("world reaching --time 40s --listen {endpoint} --quiet --out {first}-w");
        let brain = format!("brain reaching --connect {endpoint} --quiet --out {first}-b");
        let (one, two) = if first == "world" { (world, brain) } else { (brain, world) };
        let one = lab.start(&one);
        std::thread::sleep(Duration::from_millis(700));
        let two = lab.start(&two);
        one.succeeds();
        two.succeeds();
        lab.assert_same_but_for_transport("one", &format!("{first}-w"));
    }
}

#[test]
fn a_run_whose_brain_is_killed_and_resumed_comes_to_the_same() {
    let lab = Lab::new();
    lab.run("one", &format!("reaching --time 200s {OFTEN}"));
    let (world, brain, endpoint) =
        lab.start_both(&format!("reaching --time 200s {OFTEN} --out w"), &format!("reaching {OFTEN} --out b"));
    lab.await_file("b/checkpoint-1000.bin");
    std::thread::sleep(Duration::from_millis(60));
    brain.kill();
    // In the middle of things, and as a power cut leaves it.
    let brain = lab.start(&format!("brain reaching --resume b --connect {endpoint}"));
    // Once while the world waits for the answer to a checkpoint, and once between two.
    lab.await_file("b/checkpoint-4000.bin");
    brain.kill();
    let brain = lab.start(&format!("brain reaching --resume b --connect {endpoint}"));
    brain.succeeds();
    let said = world.succeeds().err;
    assert!(said.contains("its liveliness is lost") && said.matches("rolled back from control step").count() >= 1, "{said}");
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn a_run_whose_world_is_killed_and_resumed_comes_to_the_same() {
    let lab = Lab::new();
    lab.run("one", &format!("reaching-s --time 160s {OFTEN}"));
    let (world, brain, endpoint) =
        lab.start_both(&format!("reaching-s --time 160s {OFTEN} --out w"), &format!("reaching-s {OFTEN} --out b --lost wait"));
    lab.await_file("b/checkpoint-2000.bin");
    std::thread::sleep(Duration::from_millis(80));
    world.kill();
    lab.succeeds(&format!("world reaching-s --quiet --resume w --listen {endpoint}"));
    let said = brain.succeeds().err;
    assert!(said.contains("is gone") && said.contains("rolled back from control step 2"), "{said}");
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn a_full_restart_of_both_comes_to_the_same_from_whatever_moment() {
    let lab = Lab::new();
    lab.run("one", &format!("reaching --time 160s {OFTEN}"));
    let (world, brain, endpoint) =
        lab.start_both(&format!("reaching --time 160s {OFTEN} --out w"), &format!("reaching {OFTEN} --out b"));
    lab.await_file("w/checkpoint-1000.bin");
    world.kill();
    brain.kill();
    // The brain asked for is the one that ran before; the world goes on even if it holds a later checkpoint than the brain.
    let brain = lab.start(&format!("brain reaching --resume b --connect {endpoint}"));
    let world = lab.start(&format!("world reaching --resume w --listen {endpoint}"));
    lab.await_file("w/checkpoint-5000.bin");
    world.signal("TERM");
    let stopped = world.end_in_time();
    assert_eq!(stopped.code, Some(130), "{}", stopped.err);
    assert!(stopped.out.contains("embody world reaching --listen") && stopped.out.contains("--resume w"), "{}", stopped.out);
    assert!(brain.succeeds().err.contains("asked to stop"));
    let brain = lab.start(&format!("brain reaching --resume b --connect {endpoint}"));
    lab.succeeds(&format!("world reaching --quiet --resume w --listen {endpoint}"));
    brain.succeeds();
    lab.assert_same_but_for_transport("one", "w");
}

#[test]
fn a_run_over_zenoh_that_is_killed_at_any_moment_comes_to_the_same() {
    let lab = Lab::new();
    lab.run("one", &format!("reaching --time 100s {OFTEN}"));
    lab.kill_until_done(Duration::from_millis(1300), || {
        if lab.path("killed/config.toml").exists() {
            "run reaching --quiet --transport zenoh --resume killed".into()
        } else {
            format!("run reaching --time 100s {OFTEN} --quiet --transport zenoh --out killed")
        }
    });
    lab.assert_same_but_for_transport("one", "killed");
}

#[test]
fn a_run_over_zenoh_whose_brain_dies_starts_another() {
    let lab = Lab::new();
    lab.run("one", &format!("reaching --time 160s {OFTEN}"));
    let run = lab.start(&format!("run reaching --time 160s {OFTEN} --transport zenoh --out two"));
    lab.await_file("two/brain/checkpoint-1000.bin");
    let children = std::process::Command::new("pkill").args(["-9", "-P", &run.0.id().to_string()]).status().unwrap();
    assert!(children.success(), "a brain was there to be killed");
    let said = run.succeeds().err;
    assert!(said.contains("its liveliness is lost"), "{said}");
    lab.assert_same_but_for_transport("one", "two");
}

#[test]
fn a_finished_run_can_be_made_longer() {
    let lab = Lab::new();
    lab.run("one", "reaching --time 60s");
    lab.run("two", "reaching --time 40s --transport zenoh");
    lab.succeeds("run reaching --quiet --time 60s --transport zenoh --resume two");
    lab.assert_same_but_for_transport("one", "two");
    // A run goes on as what it was.
    assert!(lab.fails("run reaching --resume two").contains("--transport zenoh"));
    assert!(lab.fails("run reaching --transport zenoh --resume one").contains("embody run"));
}
