//! What a run leaves behind, and what the command line says on the way.

mod common;

use common::{Lab, json, rewards};
use serde_json::Value;

#[test]
fn a_run_folder_holds_what_is_documented_and_nothing_half_written() {
    let lab = Lab::new();
    let summary = lab.run("a", "reaching --time 50s --set time.report_every=20s --set time.checkpoint_every=20s");
    let files = [".lock", "checkpoint.bin", "config.toml", "maps.json", "metrics.csv", "rewards.f32", "summary.json"];
    assert_eq!(lab.names("a"), files);

    for (key, value) in [("scenario", "reaching"), ("substrate", "float"), ("transport", "in-process"), ("controller", "spore")] {
        assert_eq!(summary[key], *value, "{key}");
    }
    assert_eq!((&summary["seed"], &summary["control_steps"]), (&1.into(), &2500.into()));
    assert_eq!((&summary["simulated_s"], &summary["finished"]), (&50.0.into(), &true.into()));
    assert_eq!(summary["events_dropped"], 0);
    assert!(summary["wall_s"].as_f64().unwrap() > 0.0 && summary["real_time_factor"].as_f64().unwrap() > 0.0);
    assert!(summary["version"].is_string() && summary["git"].is_string());
    let hash = summary["trace_hash"].as_str().unwrap();
    assert!(hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{hash}");

    // Two whole windows and the rest; the means of the rewards in the file are those of the table and of the summary.
    let csv = lab.text("a/metrics.csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "time_s,targets_per_1000s,reward_mean");
    let column =
        |i: usize| -> Vec<f64> { lines[1..].iter().map(|row| row.split(',').nth(i).unwrap().parse().unwrap()).collect() };
    assert_eq!(column(0), [20.0, 40.0, 50.0]);
    let rewards = rewards(&lab.path("a"));
    assert_eq!(rewards.len(), 2501, "one for each control step, after that of the first time step");
    let mean = |part: &[f32]| part.iter().map(|r| f64::from(*r)).sum::<f64>() / part.len() as f64;
    for (window, expected) in [&rewards[1..1001], &rewards[1001..2001], &rewards[2001..]].iter().zip(column(2)) {
        assert!((mean(window) - expected).abs() < 1e-9);
    }
    assert!((mean(&rewards[1..]) - summary["metrics"]["reward_mean"].as_f64().unwrap()).abs() < 1e-9);
    let targets: f64 = [20.0, 20.0, 10.0].iter().zip(column(1)).map(|(s, rate)| s * rate / 1000.0).sum();
    assert!((targets / 0.05 - summary["metrics"]["targets_per_1000s"].as_f64().unwrap()).abs() < 1e-9);
}

#[test]
fn a_resolved_scenario_is_accepted_and_resolves_to_itself_byte_for_byte() {
    let lab = Lab::new();
    for (name, line) in [
        ("plain", "reaching --time 1s"),
        ("other", "reaching-s --time 2s --seed 18446744073709551615 --controller blind --set arena.friction=0.7"),
    ] {
        let first = lab.run(name, line);
        lab.succeeds(&format!("check {name}/config.toml"));
        let again = lab.run(&format!("{name}-again"), &format!("{name}/config.toml"));
        assert_eq!(lab.text(&format!("{name}/config.toml")), lab.text(&format!("{name}-again/config.toml")));
        assert_eq!(first["trace_hash"], again["trace_hash"]);
    }
    assert!(lab.text("other/config.toml").contains("seed = 18446744073709551615"), "the largest seed is kept");
    // Fully resolved: also what the library's file leaves to defaults.
    for key in ["wall_height_m", "max_force_n", "tau_rise_ms", "reward_filter", "max_events", "update_interval_ms"] {
        assert!(lab.text("plain/config.toml").contains(key), "{key}");
    }
}

#[test]
fn runs_without_a_name_are_counted_up() {
    let lab = Lab::new();
    for _ in 0..2 {
        lab.succeeds("run reaching --controller ideal --time 1s --quiet");
    }
    lab.succeeds("run reaching --controller ideal --time 1s --seed 7 --quiet");
    for folder in ["runs/reaching-1-1", "runs/reaching-1-2", "runs/reaching-7-1"] {
        assert_eq!(lab.summary(folder)["finished"], true);
    }
    assert_eq!(std::fs::read_dir(lab.path("runs")).unwrap().count(), 3);
}

#[test]
fn output_is_a_report_or_json_or_nothing_and_plain_when_piped() {
    let lab = Lab::new();
    let report = lab.succeeds("run reaching --time 60s --set time.report_every=10s --out a");
    let text = format!("{}{}", report.out, report.err);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    let summary = lab.summary("a");
    for part in ["finished", "targets_per_1000s", summary["trace_hash"].as_str().unwrap(), "all of it lies in a"] {
        assert!(report.out.contains(part), "{part}: {}", report.out);
    }
    assert!(report.err.contains("of 60 s"), "progress goes to standard error: {}", report.err);

    let told = lab.succeeds("run reaching --time 60s --json --quiet --out b");
    assert_eq!((json(told.out.as_bytes()), told.err.as_str()), (lab.summary("b"), ""));
    let told = lab.succeeds("run reaching --time 60s --json --out c");
    assert_eq!(json(told.out.as_bytes()), lab.summary("c"), "progress doesn't mix with the JSON");
    let silent = lab.succeeds("run reaching --time 60s --quiet --out d");
    assert_eq!((silent.out, silent.err), (String::new(), String::new()));
}

#[test]
fn a_reader_that_goes_away_is_no_fault_and_a_full_disk_is_one() {
    let lab = Lab::new();
    let shell = |line: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", line, env!("CARGO_BIN_EXE_embody")]).current_dir(lab.path(""));
        common::wait(&mut command, line)
    };
    let ended = shell("{ \"$0\" schema; echo $? >code; } | head -c 1 >first");
    assert_eq!((lab.text("first").as_str(), lab.text("code").trim(), ended.err.as_str()), ("{", "0", ""));
    for line in ["list", "schema", "check reaching", "run reaching --time 1s --out a"] {
        let said = common::refused(shell(&format!("\"$0\" {line} >/dev/full")), line);
        assert!(said.contains("No space left"), "{said}");
    }
    assert_eq!(shell("\"$0\" check nothing 2>/dev/full").code, Some(1), "that nobody can be told is no reason to crash");
}

#[test]
fn everything_listed_can_be_checked_and_every_part_is_listed() {
    let lab = Lab::new();
    let list = lab.succeeds("list").out;
    let parts = [
        "reaching",
        "reaching-s",
        "spore",
        "frozen",
        "permuted",
        "yoked",
        "ideal",
        "joints-ideal",
        "blind",
        "straight",
        "ball",
        "float",
    ];
    for name in parts {
        assert!(list.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}: {list}");
    }
    for name in ["reaching", "reaching-s"] {
        let said = lab.succeeds(&format!("check {name}")).out;
        assert!(said.contains("2h"), "{said}");
        let file = format!("{}/library/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        lab.succeeds(&format!("check {file}"));
        let text = std::fs::read_to_string(&file).unwrap();
        // A variant's fault is found without running it.
        lab.write("bad.toml", text.replace("controller.kind=frozen", "controller.kind=forzen"));
        let said = lab.fails("check bad.toml");
        assert!(said.contains("frozen") && said.contains("forzen"), "{said}");
    }
    assert!(lab.tree("runs").is_empty(), "checking runs nothing");
}

/// The schema at hand and all that it refers to.
fn merged<'a>(root: &'a Value, schema: &'a Value, out: &mut Vec<&'a Value>) {
    out.push(schema);
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.strip_prefix('#').expect("a local reference"));
        merged(root, target.unwrap_or_else(|| panic!("{reference} leads nowhere")), out);
    }
    // An alternative's keys are known as well: which one is chosen doesn't matter here.
    let parts = ["allOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    parts.for_each(|part| merged(root, part, out));
}

/// What the schema doesn't know in `value`, which stands at `path`.
fn unknown(root: &Value, schema: &Value, value: &toml::Value, path: &str, out: &mut Vec<String>) {
    let mut schemas = Vec::new();
    merged(root, schema, &mut schemas);
    for (key, value) in value.as_table().into_iter().flatten() {
        let path = format!("{path}.{key}");
        let found = |s: &&Value| {
            s["properties"].get(key).or(s["additionalProperties"].as_object().map(|_| &s["additionalProperties"])).cloned()
        };
        match schemas.iter().find_map(found) {
            Some(schema) => unknown(root, &schema, value, &path, out),
            None => out.push(path),
        }
    }
}

#[test]
fn the_schema_knows_every_key_and_closes_every_table() {
    let lab = Lab::new();
    let schema = json(lab.succeeds("schema").out.as_bytes());
    lab.run("a", "reaching --time 1s");
    let library = |name: &str| std::fs::read_to_string(format!("{}/library/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for text in [library("reaching"), library("reaching-s"), lab.text("a/config.toml")] {
        let mut found = Vec::new();
        unknown(&schema, &schema, &toml::Value::Table(text.parse().unwrap()), "", &mut found);
        assert_eq!(found, Vec::<String>::new());
        let typo = text.replace("threshold", "treshold");
        unknown(&schema, &schema, &toml::Value::Table(typo.parse().unwrap()), "", &mut found);
        assert_eq!(found, [".robot.ball.camera.treshold"], "and no others");
    }
    let mut todo = vec![&schema];
    let mut tables = 0;
    while let Some(value) = todo.pop() {
        if value["properties"].is_object()
            && value.get("type").is_some_and(|kind| kind == "object" || kind == &serde_json::json!(["string", "object"]))
        {
            assert_eq!(value["additionalProperties"], false, "{value}");
            tables += 1;
        }
        todo.extend(value.as_object().into_iter().flat_map(|object| object.values()));
        todo.extend(value.as_array().into_iter().flatten());
    }
    assert!(tables >= 14, "found {tables} tables");
}
