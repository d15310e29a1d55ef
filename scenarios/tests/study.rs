//! Studies: every variant and seed once, however many at a time and however often interrupted; and the controls that replay rewards.

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use common::{Lab, json, rewards};
use embody_controllers::{Controller, ControllerError};
use embody_robots::{Action, Checkpoint, CheckpointError, TimeStep};
use embody_scenarios::run::Session;
use embody_scenarios::{Loaded, Registry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const VARIANTS: [&str; 6] = ["spore", "frozen", "permuted", "yoked", "ideal", "blind"];

/// The trace hash of each run of a study.
fn hashes(lab: &Lab, folder: &str) -> BTreeMap<String, String> {
    let runs = VARIANTS.iter().flat_map(|variant| [1, 2].map(|seed| format!("{variant}-{seed}")));
    let hash = |run: &String| lab.summary(&format!("{folder}/{run}"))["trace_hash"].as_str().unwrap().to_owned();
    runs.map(|run| (run.clone(), hash(&run))).collect()
}

#[test]
fn a_study_gives_the_same_traces_at_any_number_of_jobs_and_after_any_interruption() {
    let lab = Lab::new();
    let line = "study reaching --seeds 2 --time 40s --set time.checkpoint_every=5s --set time.report_every=20s --quiet";
    lab.succeeds(&format!("{line} --jobs 1 --out one"));
    let expected = hashes(&lab, "one");
    let different: std::collections::BTreeSet<_> = expected.values().collect();
    assert_eq!(different.len(), 12, "every run is one of its own: {expected:?}");
    lab.succeeds(&format!("{line} --jobs 2 --out two"));
    assert_eq!(hashes(&lab, "two"), expected);
    // A run of a study is the run that it would be alone.
    assert_eq!(lab.run("alone", "reaching --time 40s --seed 2")["trace_hash"], *expected["spore-2"]);

    lab.kill_until_done(Duration::from_millis(320), || format!("{line} --jobs 2 --out killed"));
    assert_eq!(hashes(&lab, "killed"), expected);
    assert_eq!(lab.text("killed/study.csv"), lab.text("one/study.csv"));
    let partial = |name: &String| name.ends_with(".partial");
    assert!(!lab.names("killed").iter().any(partial), "{:?}", lab.names("killed"));

    // Finished runs aren't touched again.
    let runs = |lab: &Lab| -> BTreeMap<_, (Vec<u8>, SystemTime)> {
        let tree = lab.tree("one").into_iter().filter(|(path, _)| path.parent() != Some(&lab.path("one")));
        tree.map(|(path, bytes)| (path.clone(), (bytes, path.metadata().unwrap().modified().unwrap()))).collect()
    };
    let before = runs(&lab);
    lab.succeeds(&format!("{line} --jobs 2 --out one"));
    assert!(runs(&lab) == before);

    results_are_as_documented(&lab, &expected);
    donors_are_pinned(&lab, &expected);
    other_studies_are_refused(&lab);
}

fn results_are_as_documented(lab: &Lab, hashes: &BTreeMap<String, String>) {
    let csv = lab.text("one/study.csv");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("variant,seed,time_s,metric,value"));
    let mut rows = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 5, "{line}");
        assert!(cells[4].parse::<f64>().unwrap().is_finite());
        *rows.entry((cells[0].to_owned(), cells[1].to_owned())).or_insert(0) += 1;
    }
    assert_eq!(rows.len(), 12);
    assert!(rows.values().all(|count| *count == 4), "two windows of two metrics each: {rows:?}");

    let results = json(&lab.bytes("one/study.json"));
    assert_eq!((&results["scenario"], &results["metric"]), (&"reaching".into(), &"targets_per_1000s".into()));
    let names: Vec<&str> = results["variants"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(names, VARIANTS, "in the order of the scenario");
    for variant in results["variants"].as_array().unwrap() {
        for run in variant["runs"].as_array().unwrap() {
            let name = format!("{}-{}", variant["name"].as_str().unwrap(), run["seed"]);
            assert_eq!(run["trace_hash"], *hashes[&name]);
        }
    }
    for file in ["one/study.svg", "one/map.svg"] {
        let svg = lab.text(file);
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{file}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{file}");
        assert_eq!(svg.matches('<').count(), svg.matches('>').count(), "{file}");
    }
}

fn donors_are_pinned(lab: &Lab, hashes: &BTreeMap<String, String>) {
    for (variant, seed) in [("permuted", 1), ("permuted", 2), ("yoked", 1), ("yoked", 2)] {
        let config: toml::Table = lab.text(&format!("one/{variant}-{seed}/config.toml")).parse().unwrap();
        let settings = &config["controller"][variant];
        assert_eq!(settings["donor"].as_str().unwrap(), format!("../spore-{seed}"));
        assert_eq!(settings["donor_trace_hash"].as_str().unwrap(), hashes[&format!("spore-{seed}")]);
    }
    // The control is itself a scenario, wherever it is started from.
    let again = lab.run("again", "one/yoked-1/config.toml");
    assert_eq!(again["trace_hash"], *hashes["yoked-1"]);
}

fn other_studies_are_refused(lab: &Lab) {
    let before = lab.tree("one");
    for (line, part) in [
        ("study reaching-s --seeds 2 --time 40s --out one", "another study"),
        ("study reaching --seeds 2 --time 40s --set arena.friction=0.5 --out one", "another study"),
        (
            "study reaching --seeds 2 --time 80s --set time.checkpoint_every=5s --set time.report_every=20s --out one",
            "replays another run's reward",
        ),
        ("study reaching --time 40s --out alone", "no study"),
        ("study alone/config.toml --set variants={} --time 40s --out new", "variants"),
    ] {
        let said = lab.fails(line);
        assert!(said.contains(part), "{line}: {said}");
    }
    assert!(lab.tree("one") == before && !lab.path("new").exists());
}

#[test]
fn a_study_without_replayed_rewards_can_be_made_longer() {
    let lab = Lab::new();
    let variants = "--set variants={ideal=[\"controller.kind=ideal\"],blind=[\"controller.kind=blind\"]}";
    // A duration that floating-point seconds don't hold exactly.
    for time in ["580ms", "40s"] {
        // Over what the file says: merged tables keep the file's variants, so they are left out of it.
        let text = std::fs::read_to_string(format!("{}/library/reaching.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        lab.write("small.toml", text.split("[variants]").next().unwrap());
        lab.succeeds(&format!("study small.toml --seeds 1 {variants} --time {time} --quiet --out s"));
        let summary = std::fs::metadata(lab.path("s/ideal-1/summary.json")).unwrap().modified().unwrap();
        lab.succeeds(&format!("study small.toml --seeds 1 {variants} --time {time} --quiet --out s"));
        assert_eq!(std::fs::metadata(lab.path("s/ideal-1/summary.json")).unwrap().modified().unwrap(), summary, "{time}");
    }
    assert_eq!(lab.summary("s/ideal-1")["trace_hash"], lab.run("a", "reaching --controller ideal --time 40s")["trace_hash"]);
}

#[test]
fn the_metric_of_an_hour_is_the_mean_over_its_windows() {
    let lab = Lab::new();
    let text = std::fs::read_to_string(format!("{}/library/reaching.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let text = text.split("[variants]").next().unwrap().to_owned()
        + "[variants]\nideal = [\"controller.kind=ideal\"]\nblind = [\"controller.kind=blind\"]\n";
    lab.write("small.toml", text);
    lab.succeeds("study small.toml --seeds 1 --time 3700s --set time.report_every=500s --jobs 1 --quiet --out s");
    let results = json(&lab.bytes("s/study.json"));
    let mut levels = Vec::new();
    for (place, name) in ["ideal", "blind"].iter().enumerate() {
        let csv = lab.text(&format!("s/{name}-1/metrics.csv"));
        // Windows end at 500 s, ..., 3500 s, 3700 s; the first seven are of the first hour.
        let windows: Vec<f64> = csv.lines().skip(1).map(|row| row.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!(windows.len(), 8);
        let mean = windows[..7].iter().sum::<f64>() / 7.0;
        let variant = &results["variants"][place];
        assert!((variant["runs"][0]["by_hour"][0].as_f64().unwrap() - mean).abs() < 1e-9);
        assert_eq!(variant["hours"].as_array().unwrap().len(), 1, "an hour that isn't over has no metric");
        levels.push((variant["hours"][0].clone(), mean));
    }
    let [(ideal, best), (blind, chance)] = levels.as_slice() else { unreachable!() };
    assert!(best > chance && *chance > 0.0);
    assert!((ideal["share_of_ideal"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert!((blind["share_of_ideal"].as_f64().unwrap() - chance / best).abs() < 1e-9);
    assert!((ideal["times_blind"].as_f64().unwrap() - best / chance).abs() < 1e-9);
}

/// A learner that only notes the rewards it is shown.
struct Witness;

static SHOWN: Mutex<Vec<f32>> = Mutex::new(Vec::new());

#[derive(Default, Serialize, Deserialize, JsonSchema)]
struct NoSettings {}

impl Controller for Witness {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        Ok(())
    }
    fn act(&mut self, step: &TimeStep, _action: &mut Action) -> Result<(), ControllerError> {
        SHOWN.lock().unwrap().push(step.reward);
        Ok(())
    }
    fn set_learning(&mut self, _learning: bool) {}
}

impl Checkpoint for Witness {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        Ok(Vec::new())
    }
    fn restore(&mut self, _bytes: &[u8]) -> Result<(), CheckpointError> {
        Ok(())
    }
}

#[test]
fn yoked_is_shown_the_donors_rewards_and_permuted_the_same_in_another_order_within_blocks() {
    let lab = Lab::new();
    lab.run("donor", "reaching --time 60s");
    let recorded = rewards(&lab.path("donor"));
    // Donors are runs of the learner's kind.
    let summary = lab.text("donor/summary.json").replace("\"spore\"", "\"witness\"");
    lab.write("donor/summary.json", &summary);
    let mut registry = Registry::default();
    registry.controller("witness", "notes rewards", |_: &NoSettings, _| Ok(Witness));
    let registry = Arc::new(registry);
    let shown = |kind: &str| -> Vec<f32> {
        let donor = lab.path("donor").display().to_string();
        let mut settings = vec![
            "time.duration=60s".to_owned(),
            format!("controller.kind={kind}"),
            format!("controller.{kind}.donor={donor}"),
            format!("controller.{kind}.learner=witness"),
        ];
        settings.extend((kind == "permuted").then(|| "controller.permuted.block=10s".to_owned()));
        let loaded = Loaded::find(&registry, "reaching", &settings).unwrap();
        let mut session = Session::new(loaded.assemble(&registry).unwrap(), 1);
        SHOWN.lock().unwrap().clear();
        for _ in 0..3000 {
            session.advance(|_| ()).unwrap();
        }
        std::mem::take(&mut SHOWN.lock().unwrap())
    };
    assert!(shown("yoked") == recorded[..3000]);
    let permuted = shown("permuted");
    assert_eq!(permuted.len(), 3000);
    for (block, donors) in permuted.chunks(500).zip(recorded.chunks(500)) {
        let sorted = |block: &[f32]| {
            let mut block = block.to_vec();
            block.sort_by(f32::total_cmp);
            block
        };
        assert!(block != donors && sorted(block) == sorted(donors));
    }
}
