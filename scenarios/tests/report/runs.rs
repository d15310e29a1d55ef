//! Pages of runs that were not recorded.

use crate::common::Lab;
use crate::page::{around, but_for_measured, drawing, holds, report, says_what_the_summary_says, section};

#[test]
fn a_run_is_shown_as_its_folder_has_it() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 60s --set time.report_every=10s");
    let page = report(&lab, "run", "");
    says_what_the_summary_says(&lab, "run", &page);
    for part in [
        "reaching: a run with spore, seed 1",
        "finished",
        "targets per 1 000 s over simulated time",
        "From 58 s to 60 s, made again from the start",
        "all 3001 rewards up to there equal those recorded",
        "histogram of the weights of visual-motor, at 0 s and at 60 s",
        "The 2048 weights of projection visual-motor",
        "With <code>--at T</code> the 2 s up to T are shown",
        "preferred direction",
        "2048 synapses can learn",
        "spikes of motor, neurons 0 to 7",
        "visual: 256 inputs; motor: 8 poisson_dbl_exp; visual-motor: 2048 synapses that learn by spore",
        "image of camera camera",
        "controller: encoder, network with plasticity, decoder",
        "synapses_per_pair = 1",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("class=\"missing\""), "{}", around(&page, "class=\"missing\""));
    assert!(page.contains("mean reward per control step"));
    let before = but_for_measured(&page);
    assert!(but_for_measured(&report(&lab, "run", "")) == before, "equal folders give equal pages");
    let names = lab.names("run");
    assert!(!names.iter().any(|name| name.ends_with(".partial")), "{names:?}");
    // The report is no part of the run.
    lab.succeeds("run reaching --resume run --time 61s --quiet");
}

#[test]
fn any_moment_of_a_run_can_be_shown() {
    let lab = Lab::new();
    lab.run("run", "arm2-reaching --time 20s");
    let page = report(&lab, "run", "--at 5s");
    for part in
        ["From 3 s to 5 s", "made again from the start", "all 1001 rewards", "image of camera tip", "image of camera goal"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(report(&lab, "run", "--at 1s").contains("From 0 s to 1 s"), "a shorter moment at the start");
    for at in ["0s", "21s", "5001ms"] {
        let said = lab.fails(&format!("report run --at {at}"));
        holds(&said, &["--at", "up to 20s, the end of the run", "20ms"]);
    }
    holds(&lab.succeeds("report --help").out, &["the 2 s up to this time: 30s shows 28 to 30 s"]);
}

#[test]
fn a_moment_is_made_again_from_the_nearest_checkpoint_before_it() {
    let lab = Lab::new();
    lab.run("one", "reaching --time 40s");
    // World and brain each keep their newest two.
    lab.run("two", "reaching --time 40s --set time.checkpoint_every=10s --transport zenoh");
    let (one, two) = (report(&lab, "one", "--at 35s"), report(&lab, "two", "--at 35s"));
    holds(section(&one, "moment"), &["From 33 s to 35 s, made again from the start", "all 2001 rewards up to there"]);
    holds(
        section(&two, "moment"),
        &["made again from the checkpoint at 30 s", "all 250 rewards from there on equal those recorded"],
    );
    let name = "Events, spikes and reward from 33 s to 35 s";
    assert_eq!(drawing(&one, name), drawing(&two, name));
    holds(section(&report(&lab, "two", "--at 31s"), "moment"), &["From 29 s to 31 s, made again from the start"]);
}

#[test]
fn nobody_waits_long_for_what_was_not_asked_for() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 10s");
    let mut summary = lab.summary("run");
    summary["wall_s"] = 90_000.into();
    lab.write("run/summary.json", summary.to_string());
    let page = report(&lab, "run", "");
    let beyond = "continued in memory from the last checkpoint, at 10 s: it is what would have followed";
    holds(section(&page, "moment"), &["From 10 s to 12 s", beyond]);
    holds(section(&page, "ways"), &[beyond]);
    holds(section(&report(&lab, "run", "--at 10s"), "moment"), &["From 8 s to 10 s, made again from the start"]);
}

#[test]
fn a_run_that_was_not_ended_is_counted_up_to_one_point() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 20s");
    std::fs::remove_file(lab.path("run/summary.json")).unwrap();
    let rewards = lab.bytes("run/rewards.f32");
    lab.write("run/rewards.f32", [rewards.clone(), 1f32.to_le_bytes().repeat(100)].concat());
    let counters = section(&report(&lab, "run", ""), "counters").to_owned();
    let parts = ["<data value=\"1000\">", "<data value=\"1001\">", "over 1001 step records", "the last checkpoint, at 20 s"];
    holds(&counters, &parts);
    holds(&counters, &["rewards.f32 has 100 more step records", "cut, and made again, when the run is resumed"]);
    let sum: f64 = rewards.as_chunks::<4>().0.iter().map(|reward| f64::from(f32::from_le_bytes(*reward))).sum();
    holds(&counters, &[&format!("<data value=\"{sum}\">")]);
    std::fs::remove_file(lab.path("run/checkpoint.bin")).unwrap();
    holds(section(&report(&lab, "run", ""), "counters"), &["the last reporting window that was written", "not known there"]);
}

#[test]
fn a_run_that_was_stopped_or_killed_is_shown_as_far_as_it_came() {
    let lab = Lab::new();
    let running = lab.start("run reaching --time 100h --set time.checkpoint_every=10s --out run --quiet");
    lab.await_file("run/checkpoint.bin");
    running.signal("INT");
    assert_eq!(running.end().code, Some(130));
    let page = report(&lab, "run", "");
    says_what_the_summary_says(&lab, "run", &page);
    assert!(page.contains("stopped") && page.contains("of 100h"), "{}", around(&page, "stopped"));

    std::fs::remove_file(lab.path("run/summary.json")).unwrap();
    let page = report(&lab, "run", "");
    for part in ["not ended", "There is no summary.json", "of 100h", "rewards up to there equal those recorded"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_run_that_was_resumed_and_not_ended_is_no_finished_one() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 10s");
    assert!(!report(&lab, "run", "").contains("was resumed after this summary"));
    lab.write("run/config.toml", lab.text("run/config.toml").replace("duration = \"10s\"", "duration = \"40s\""));
    holds(&report(&lab, "run", ""), &["was resumed after this summary was written, to go on up to 40s, and hasn't ended since"]);
}

#[test]
fn a_baseline_has_no_neurons_and_a_car_has_a_road() {
    let lab = Lab::new();
    lab.run("ideal", "reaching --time 20s --controller ideal");
    let page = report(&lab, "ideal", "");
    says_what_the_summary_says(&lab, "ideal", &page);
    for part in ["no neurons to show", "shows no weights", "There are no maps", "by difference: it sees the truth"] {
        assert!(page.contains(part), "{part}");
    }
    lab.run("car", "lane-following --time 5s --controller classical");
    let page = report(&lab, "car", "");
    for part in ["Grey: the road", "chassis", "time on lane (s)", "128 x 32 pixels; below"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn what_cannot_be_made_again_is_said_to_be_missing() {
    let lab = Lab::new();
    lab.run("two", "reaching --time 4s --transport zenoh");
    let page = report(&lab, "two", "");
    says_what_the_summary_says(&lab, "two", &page);
    for part in ["zenoh lockstep", "all 201 rewards up to there equal those recorded", "From 2 s to 4 s"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(report(&lab, "two", "--at 3s").contains("From 1 s to 3 s"), "from the start all of it can be made again");

    let pace = "reaching --real-time --quiet";
    let (world, brain, _) = lab.start_both(&format!("{pace} --time 1s --out pace"), &format!("{pace} --out brain"));
    world.succeeds();
    brain.succeeds();
    let page = report(&lab, "pace", "");
    says_what_the_summary_says(&lab, "pace", &page);
    for part in ["zenoh real-time", "kept the pace of the clock", "missed deadlines", "per control step over simulated time"] {
        assert!(page.contains(part), "{part}");
    }
    holds(
        section(&page, "moment"),
        &["There is no moment to show: this run kept the pace of the clock", "with --record, can be shown"],
    );
    holds(section(&page, "timing"), &["Of the same scenario, run in one process from its start", "the loop as a whole"]);

    lab.run("run", "reaching --time 4s");
    let summary = lab.text("run/summary.json");
    lab.write("run/summary.json", summary.replace("+traces.", "+traces.9"));
    assert!(report(&lab, "run", "").contains("it was made by version 0.1.0+traces.9"));
    lab.write("run/summary.json", summary.replace("\"spore\"", "\"python: centring\""));
    assert!(report(&lab, "run", "").contains("its brain was &quot;python: centring&quot;, a program that isn't here"));
    lab.write("run/summary.json", &summary);
    let mut rewards = lab.bytes("run/rewards.f32");
    rewards[4 * 7 + 2] ^= 1;
    lab.write("run/rewards.f32", rewards);
    assert!(report(&lab, "run", "").contains("differs from the recording: the reward of step record 7"));
}
