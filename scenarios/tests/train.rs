//! `embody train`: a small trunk's forward model, stopped, killed and gone on with, and what can't be trained.

mod common;

use std::fs;
use std::time::Duration;

use common::Lab;
use serde_json::Value;

/// A trunk of two modules and a small network, on a scenario of the library.
const SMALL: &str = "trunk-10 --set robot.trunk.modules=2 --set controller.forward-model.neurons.lif=24 --set controller.forward-model.neurons.alif=24 \
    --set controller.forward-model.training.batch=16 --set controller.forward-model.training.validate_every=50 \
    --set controller.forward-model.training.validation_poses=32 --set time.control_period=120ms";

fn outcome(lab: &Lab, folder: &str) -> Value {
    serde_json::from_slice(&fs::read(lab.path(&format!("{folder}/training.json"))).expect("an outcome")).expect("JSON")
}

#[test]
fn a_model_is_trained_and_reaches_with_what_it_learned() {
    let lab = Lab::new();
    let said = lab.succeeds(&format!("train {SMALL} --updates 600 --out small")).out;
    assert!(said.contains("its Jacobian is off by") && said.contains("small/weights.safetensors"), "{said}");
    let outcome = outcome(&lab, "small");
    assert!(outcome["tip_mm"].as_f64().unwrap() < 10.0 && outcome["jacobian_cosine"].as_f64().unwrap() > 0.8, "{outcome}");
    let table = fs::read_to_string(lab.path("small/training.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 1 + 600 / 50, "a row at the start and after each fifty: {table}");
    assert!(fs::read_to_string(lab.path("small/training.svg")).unwrap().starts_with("<svg"));
    let run = |weights: &str, out: &str| {
        lab.succeeds(&format!(
            "run {SMALL} --set task.trunk-reaching.targets=10 --set controller.forward-model.weights={weights} --out {out}"
        ));
        let summary: Value = serde_json::from_slice(&fs::read(lab.path(&format!("{out}/summary.json"))).unwrap()).unwrap();
        summary["metrics"]["tip_error_median_mm"].as_f64().unwrap()
    };
    let learned = run("small/weights.safetensors", "reached");
    assert!(learned < 0.1, "it reaches: {learned} mm");
    // The scenario that a run folder holds finds the weights from anywhere.
    lab.succeeds("check reached/config.toml");
}

#[test]
fn a_training_that_was_killed_goes_on_to_the_same_bytes() {
    let lab = Lab::new();
    let line = format!("train {SMALL} --updates 400 --quiet");
    lab.succeeds(&format!("{line} --out whole"));
    let mut begun = false;
    lab.kill_until_done(Duration::from_millis(900), || {
        let first = !std::mem::replace(&mut begun, true);
        if first || !lab.path("killed/checkpoint.bin").exists() {
            let _ = fs::remove_dir_all(lab.path("killed"));
            return format!("{line} --out killed");
        }
        "train --resume killed --threads 2 --quiet".into()
    });
    for file in ["weights.safetensors", "training.csv", "training.svg"] {
        assert!(
            fs::read(lab.path(&format!("whole/{file}"))).unwrap() == fs::read(lab.path(&format!("killed/{file}"))).unwrap(),
            "{file}"
        );
    }
}

/// What it began with is in its state: the file may be gone, or another one.
#[test]
fn a_training_in_the_loop_goes_on_without_the_weights_that_it_began_with() {
    let lab = Lab::new();
    lab.succeeds(&format!("train {SMALL} --updates 50 --quiet --out first"));
    let line = format!("train {SMALL} --substrate pcm --from first/weights.safetensors --updates 150 --quiet");
    lab.succeeds(&format!("{line} --out whole"));
    let running = lab.start(&format!("{line} --out part"));
    lab.await_file("part/checkpoint.bin");
    running.signal("INT");
    let ended = running.end_in_time();
    assert!(ended.code == Some(130) && !lab.path("part/weights.safetensors").exists(), "stopped on the way: {}", ended.err);
    fs::remove_file(lab.path("first/weights.safetensors")).unwrap();
    lab.succeeds("train --resume part --quiet");
    assert!(lab.bytes("part/weights.safetensors") == lab.bytes("whole/weights.safetensors"));
    let said = lab.fails(&format!("{line} --out again"));
    assert!(said.contains("controller.forward-model.training.from: ") && !lab.path("again").exists(), "{said}");
}

#[test]
fn a_run_goes_on_with_no_other_weights_than_its_own() {
    let lab = Lab::new();
    for (name, updates) in [("one", 20), ("two", 30)] {
        lab.succeeds(&format!("train {SMALL} --updates {updates} --quiet --out {name}"));
    }
    fs::copy(lab.path("one/weights.safetensors"), lab.path("w.safetensors")).unwrap();
    lab.succeeds(&format!("run {SMALL} --set controller.forward-model.weights=w.safetensors --time 2400ms --quiet --out run"));
    fs::copy(lab.path("two/weights.safetensors"), lab.path("w.safetensors")).unwrap();
    let said = lab.fails("run trunk-10 --resume run --time 4800ms --quiet");
    assert!(said.contains("w.safetensors") && said.contains("changed since"), "{said}");
    fs::copy(lab.path("one/weights.safetensors"), lab.path("w.safetensors")).unwrap();
    lab.succeeds("run trunk-10 --resume run --time 4800ms --quiet");
}

#[test]
fn numbers_that_run_away_end_training_and_the_last_good_state_is_kept() {
    let lab = Lab::new();
    let line = format!(
        "train {SMALL} --updates 400 --set controller.forward-model.training.learning_rate=1e38 \
        --set controller.forward-model.training.clip=1e38 --out away"
    );
    let why = lab.fails(&line);
    assert!(why.contains("update ") && why.contains("away/checkpoint.bin"), "{why}");
    assert!(lab.path("away/checkpoint.bin").exists() && !lab.path("away/weights.safetensors").exists());
}

#[test]
fn what_cannot_be_trained_or_used_is_named() {
    let lab = Lab::new();
    for (line, expected) in [
        ("train reaching", vec!["reaching", "joints"]),
        ("train trunk-10 --set controller.forward-model.training.batch=0", vec!["training.batch", "found 0"]),
        (
            "train trunk-10 --set controller.forward-model.neurons.lif=0 --set controller.forward-model.neurons.alif=0",
            vec!["neurons"],
        ),
        ("run trunk-10 --set controller.forward-model.weights=nothing", vec!["weights", "nothing", "trunk-10"]),
        ("run trunk-10 --set controller.forward-model.weights=gone.safetensors", vec!["gone.safetensors"]),
        ("run trunk-10 --set robot.trunk.modules=9", vec!["trunk-10", "clock-hidden"]),
        ("run trunk-10 --set controller.forward-model.neurons.lif=100", vec!["hidden", "228"]),
        ("run trunk-10 --set time.control_period=60ms --set time.physics_period=60ms", vec!["control period", "120ms", "60ms"]),
        ("run trunk-10 --set controller.forward-model.jacobian.damping_falls=2", vec!["damping_falls"]),
        ("train --resume nowhere", vec!["nowhere"]),
    ] {
        let why = lab.fails(line);
        assert!(expected.iter().all(|word| why.contains(word)), "{line}: {why}");
    }
    fs::write(lab.path("cut.safetensors"), b"{}").unwrap();
    let why = lab.fails("run trunk-10 --set controller.forward-model.weights=cut.safetensors");
    assert!(why.contains("cut.safetensors") && why.contains("safetensors file"), "{why}");
}
