//! Stopped or killed at any moment and continued, a run comes to what it would have come to anyway.

mod common;

use std::time::Duration;

use common::Lab;
use serde_json::Value;

/// Settings that put many checkpoints, and windows that none of them ends with, into a short run.
const OFTEN: &str = "--set time.checkpoint_every=20s --set time.report_every=70s";

#[test]
fn a_run_that_is_asked_to_stop_leaves_a_checkpoint_and_goes_on_from_there() {
    let lab = Lab::new();
    lab.run("whole", &format!("reaching --time 500s {OFTEN}"));
    for signal in ["TERM", "INT"] {
        let running = lab.start(&format!("run reaching --time 500s {OFTEN} --out {signal}"));
        lab.await_file(&format!("{signal}/checkpoint.bin"));
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(130), "{}", ended.err);
        let hint = format!("embody run reaching --resume {signal}");
        assert!(ended.out.contains("stopped") && ended.out.contains(&hint), "{}", ended.out);
        let summary = lab.summary(signal);
        assert_eq!(summary["finished"], false);
        assert!(summary["simulated_s"].as_f64().unwrap() < 500.0, "it was stopped in the middle");
        assert!(!lab.names(signal).iter().any(|name| name.ends_with(".partial")));
        lab.succeeds(&format!("run reaching --quiet --resume {signal}"));
        lab.assert_same_run("whole", signal);
    }
}

#[test]
fn a_run_that_is_killed_at_any_moment_comes_to_the_same() {
    let lab = Lab::new();
    lab.run("whole", &format!("reaching-s --time 200s {OFTEN}"));
    lab.kill_until_done(Duration::from_millis(280), || {
        if lab.path("killed/config.toml").exists() {
            "run reaching-s --quiet --resume killed".into()
        } else {
            format!("run reaching-s --time 200s {OFTEN} --quiet --out killed")
        }
    });
    lab.assert_same_run("whole", "killed");
}

#[test]
fn a_run_that_died_before_its_first_checkpoint_begins_anew() {
    let lab = Lab::new();
    lab.run("whole", "reaching --time 60s");
    lab.run("dead", "reaching --time 60s");
    // What is there at the earliest: the scenario, and perhaps recordings of steps that no checkpoint knows of.
    for file in ["checkpoint.bin", "summary.json", "maps.json"] {
        std::fs::remove_file(lab.path(&format!("dead/{file}"))).unwrap();
    }
    lab.succeeds("run reaching --quiet --resume dead");
    lab.assert_same_run("whole", "dead");
    // Before that, there is nothing to be resumed, and nothing to be lost.
    lab.write("unborn/.lock", "");
    lab.write("unborn/config.toml.partial", "name = ");
    assert!(lab.fails("run reaching --resume unborn").contains("no run folder"));
    lab.run("unborn", "reaching --time 60s");
    lab.assert_same_run("whole", "unborn");
}

#[test]
fn a_finished_run_can_be_made_longer_from_any_moment_of_a_window() {
    let lab = Lab::new();
    lab.run("whole", "reaching --time 300s --set time.report_every=80s");
    // In the middle of a window, and at its end.
    for time in ["100s", "160s"] {
        lab.run(time, &format!("reaching --time {time} --set time.report_every=80s"));
        lab.succeeds(&format!("run reaching --quiet --time 300s --resume {time}"));
        lab.assert_same_run("whole", time);
    }
}

#[test]
fn a_finished_run_is_reported_again_and_never_made_shorter() {
    let lab = Lab::new();
    let summary = lab.run("a", "reaching --time 60s");
    let recorded = ["config.toml", "metrics.csv", "rewards.f32", "maps.json"].map(|file| format!("a/{file}"));
    let before: Vec<_> = recorded.iter().map(|file| lab.bytes(file)).collect();
    let told: Value = common::json(lab.succeeds("run reaching --resume a --json").out.as_bytes());
    assert_eq!((&told["trace_hash"], &told["metrics"]), (&summary["trace_hash"], &summary["metrics"]));
    let told = lab.succeeds("run reaching --resume a --time 60s");
    assert!(told.out.contains("finished"), "{}", told.out);
    assert_eq!(recorded.iter().map(|file| lab.bytes(file)).collect::<Vec<_>>(), before);
    let tree = lab.tree("a");
    let said = lab.fails("run reaching --resume a --time 40s");
    assert!(said.contains('a') && said.contains("1min") && said.contains("40s"), "{said}");
    assert_eq!(lab.tree("a"), tree, "what was refused changed nothing");
}
