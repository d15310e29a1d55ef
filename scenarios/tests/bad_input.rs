//! Whatever is wrong is said so that it can be mended, and nothing is harmed by it.

mod common;

use common::{Lab, refused};
use embody_scenarios::run::checkpoint;

fn library(name: &str) -> String {
    std::fs::read_to_string(format!("{}/library/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Holds that `said` names everything in `parts`, one after the other or not.
fn names(said: &str, parts: &[&str], context: &str) {
    for part in parts {
        assert!(said.contains(part), "{context}: expected {part:?} in: {said}");
    }
}

#[test]
fn a_fault_in_a_file_is_named_by_file_line_and_key_and_nothing_is_created() {
    let lab = Lab::new();
    let text = library("reaching");
    // What is replaced by what, and what the error must name.
    let faults: [(&str, &str, &[&str]); 26] = [
        ("success_radius_m", "sucess_radius_m", &[":40:", "sucess_radius_m", "did you mean", "\"success_radius_m\""]),
        ("threshold =", "treshold =", &["treshold", "did you mean \"threshold\""]),
        ("[arena]", "[aerna]", &["aerna", "did you mean \"arena\""]),
        ("[robot.ball]", "[robot.bell]", &["bell", "did you mean \"ball\""]),
        ("[controller.spore.neuron]", "[controller.spore.neurone]", &["neurone", "did you mean \"neuron\""]),
        ("kind = \"spore\"", "kind = \"sproe\"", &["controller.kind", "sproe", "did you mean \"spore\""]),
        ("kind = \"ball\"", "kind = \"bell\"", &["robot.kind", "did you mean \"ball\""]),
        ("kind = \"reaching\"", "kind = \"reching\"", &["task.kind", "did you mean \"reaching\""]),
        ("kind = \"ball\"", "", &["missing key \"kind\"", "[robot]"]),
        ("name = \"reaching\"", "", &["missing key \"name\""]),
        ("name = \"reaching\"", "name = \"../reaching\"", &["name", "lower-case letters", "../reaching"]),
        ("duration = \"2h\"", "", &["missing key \"duration\"", "[time]"]),
        ("duration = \"2h\"", "duration = \"20 parsecs\"", &[":17:", "time.duration", "20 parsecs", "expected"]),
        ("duration = \"2h\"", "duration = 20", &["time.duration", "integer 20", "expected a duration with its unit"]),
        ("duration = \"2h\"", "duration = \"-2h\"", &["time.duration", "-2h"]),
        ("duration = \"2h\"", "duration = \"0s\"", &["time.duration", "at least one", "0s"]),
        ("duration = \"2h\"", "duration = \"90ms\"", &["time.duration", "whole number of control periods of 20ms", "90ms"]),
        (
            "physics_period = \"10ms\"",
            "physics_period = \"7ms\"",
            &["time.physics_period", "divides control_period = 20ms", "7ms"],
        ),
        ("neural_tick = \"1ms\"", "neural_tick = \"3ms\"", &["time.neural_tick", "3ms"]),
        ("width = 16", "width = -16", &["camera.width", "integer -16", "0 to 65535"]),
        ("width = 16", "width = 0", &["robot.ball", "0 x 16 pixels"]),
        ("max_speed_m_s = 2.0", "max_speed_m_s = nan", &["max_speed_m_s", "finite", "nan"]),
        ("max_speed_m_s = 2.0", "max_speed_m_s = inf", &["max_speed_m_s", "finite", "inf"]),
        ("max_speed_m_s = 2.0", "max_speed_m_s = 0", &["robot.ball", "max_speed_m_s"]),
        ("half_extent_m = 10.0", "half_extent_m = -1.0", &["arena", "half_extent_m", "-1"]),
        ("seed = 1", "seed = 1 2", &["not valid TOML", ":14:"]),
    ];
    for (from, to, parts) in faults {
        assert!(text.contains(from), "{from}");
        lab.write("bad.toml", text.replacen(from, to, 1));
        let before = lab.tree("");
        for command in ["check bad.toml", "run bad.toml --out out", "study bad.toml --out out"] {
            let said = lab.fails(command);
            names(&said, &["bad.toml:"], command);
            names(&said, parts, command);
        }
        assert_eq!(lab.tree(""), before, "nothing is made of {to}");
    }
}

#[test]
fn a_file_that_is_no_scenario_is_refused_by_name() {
    let lab = Lab::new();
    lab.write("garbage.toml", (0..2000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>());
    lab.write("zeros.toml", [0; 100]);
    lab.write("huge.toml", vec![b'#'; 2 << 20]);
    lab.write("deep.toml", format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000)));
    lab.write("folder.toml/x", "");
    lab.write("empty.toml", "");
    let files =
        ["garbage.toml", "zeros.toml", "huge.toml", "deep.toml", "folder.toml", "empty.toml", "missing.toml", "/dev/zero"];
    for file in files {
        let before = lab.tree("");
        for command in ["check", "run", "study"] {
            names(&lab.fails(&format!("{command} {file}")), &[file], command);
        }
        assert_eq!(lab.tree(""), before, "nothing is made of {file}");
    }
    names(&lab.fails("run raeching"), &["raeching", "did you mean \"reaching\"", "reaching-s"], "a library name");
}

#[test]
fn a_fault_on_the_command_line_is_named_and_nothing_is_created() {
    let lab = Lab::new();
    let faults: [(&[&str], &[&str]); 21] = [
        (
            &["--set", "task.reaching.sucess_radius_m=2"],
            &["--set task.reaching.sucess_radius_m=2", "did you mean \"success_radius_m\""],
        ),
        (&["--set", "taks.reaching.success_radius_m=2"], &["taks", "did you mean \"task\""]),
        (&["--set", "controller.spore.encoder={windwos={}}"], &["spore.encoder", "did you mean \"windows\""]),
        (&["--set", "controller.spore.decoder.vector.gain=1"], &["spore.decoder.vector", "known keys: gain_per_hz"]),
        (&["--set", "seed"], &["--set seed", "expected a key and a value"]),
        (&["--set", "=1"], &["a key is empty"]),
        (&["--set", "time..duration=1s"], &["a key is empty"]),
        (&["--set", "seed.x=1"], &["seed", "expected a table"]),
        (&["--set", "seed=-1"], &["seed", "integer -1"]),
        (&["--set", "seed=18446744073709551616"], &["seed", "64 bits"]),
        (&["--set", "seed=abc"], &["seed", "abc"]),
        (&["--set", "robot.ball.radius_m=1e999"], &["radius_m", "finite"]),
        (&["--set", "robot.ball.radius_m=nan"], &["radius_m", "finite"]),
        (&["--set", "substrate=flaot"], &["substrate", "did you mean \"float\""]),
        (&["--controller", "sproe"], &["sproe", "did you mean \"spore\""]),
        (&["--controller", "permuted"], &["controller.permuted", "donor"]),
        (&["--controller", "frozen", "--set", "controller.frozen.learner=ideal"], &["ideal", "sees the truth"]),
        (&["--time", "20 parsecs"], &["20 parsecs", "--time"]),
        (&["--time", "20"], &["--time", "unit is missing"]),
        (&["--time", "30ms"], &["duration", "30ms"]),
        (&["--seed", "-1"], &["-1"]),
    ];
    for (arguments, parts) in faults {
        let said = lab.fails_with(&[&["run", "reaching"], arguments].concat());
        names(&said, parts, &arguments.join(" "));
        assert!(lab.tree("").is_empty(), "nothing is made of {arguments:?}");
    }
}

#[test]
fn a_control_of_itself_is_refused() {
    let lab = Lab::new();
    let said = lab.fails("run reaching --controller frozen --set controller.frozen.learner=frozen --time 1s");
    names(&said, &["frozen", "learner"], "a learner that wraps itself");
}

#[test]
fn sizes_that_would_fill_the_memory_or_take_for_ever_are_refused() {
    let lab = Lab::new();
    for (setting, part) in [
        ("controller.spore.synapses_per_pair=100000", "synapses_per_pair"),
        ("controller.spore.synapses_per_pair=9000000000000000000", "synapses_per_pair"),
        ("controller.spore.synapses_per_pair=0", "synapse"),
        ("controller.spore.motor_neurons=100000", "motor_neurons"),
        ("controller.spore.encoder.windows.width=5", "encoder.windows.width: expected a divisor of 16"),
        ("controller.spore.encoder={windows={max_rate_hz=nan}}", "max_rate_hz"),
        ("controller.spore.decoder={steering={}}", "a drive that takes one value"),
        ("robot.ball.camera={width=60000,height=60000}", "pixels"),
        ("robot.ball.camera.width=60000", "synapses_per_pair"),
        ("controller.blind.speed=1e300", "speed"),
        ("controller.ideal.speed_m_s=1e300", "speed_m_s"),
        ("robot.ball.camera.max_events=1000000000", "max_events"),
        ("robot.ball.camera.noise_hz=1e9", "noise_hz"),
        ("robot.ball.camera.threshold=1e-9", "threshold"),
        ("time.neural_tick=10ns", "neural ticks"),
        ("task.reaching.success_radius_m=12.72", "success_radius_m"),
        ("task.reaching.goal_m=[1e300, 0]", "goal_m"),
        ("task.reaching.place_half_extent_m=1e300", "place_half_extent_m"),
        ("task.reaching.place_half_extent_m=10", "place_half_extent_m"),
        ("robot.ball.camera.max_events=9223372036854775808", "robot.ball"),
        ("controller.spore.motor_neurons=9223372036854775808", "controller.spore"),
        ("robot.ball.mass_kg=1e-46", "mass_kg"),
        ("time.report_every=2h", "report_every"),
        ("task.reaching.goal_m=[0, -11]", "goal_m"),
        ("arena.half_extent_m=9", "place_half_extent_m"),
    ] {
        let kind = setting.split('.').nth(1).filter(|_| setting.starts_with("controller")).unwrap_or("spore");
        let said = lab.fails_with(&["run", "reaching", "--controller", kind, "--set", setting]);
        names(
            &said,
            &[part, "expected"].map(|p| if said.contains("must be") && p == "expected" { "must be" } else { p }),
            setting,
        );
    }
    assert!(lab.tree("").is_empty());
}

#[test]
fn extreme_but_possible_values_run_and_lost_events_are_counted() {
    let lab = Lab::new();
    for (n, settings) in [
        "controller.spore.motor_neurons=1",
        "controller.spore.synapses_per_pair=50",
        "robot.ball.camera.width=1 robot.ball.camera.height=1",
        "time.physics_period=20ms",
        "time.neural_tick=20ms controller.spore.neuron.dead_time_ms=20",
        "controller.spore.reward_window=1ns",
        "controller.spore.reward_scale=deviation",
        "controller.spore.encoder.windows={width=16,height=1}",
        "controller.kind=straight",
        "controller.spore.decoder.vector.gain_per_hz=0",
        "controller.spore.motor_filter=1ns",
        "controller.spore.reward_window=500000h",
        "arena.half_extent_m=1 task.reaching.place_half_extent_m=0.9 task.reaching.success_radius_m=0.1",
        "arena.half_extent_m=0.01 task.reaching.place_half_extent_m=0.009 task.reaching.success_radius_m=0.001",
        "robot.ball.radius_m=100",
        "robot.ball.mass_kg=1e-9",
        "controller.kind=blind controller.blind.speed=0",
        "controller.kind=ideal controller.ideal.speed_m_s=0",
        "time.report_every=20ms time.checkpoint_every=500ms",
        "seed=18446744073709551615",
    ]
    .iter()
    .enumerate()
    {
        let line: String = settings.split(' ').map(|setting| format!(" --set {setting}")).collect();
        let summary = lab.run(&n.to_string(), &format!("reaching --time 4s{line}"));
        assert_eq!((&summary["control_steps"], &summary["events_dropped"]), (&200.into(), &0.into()), "{settings}");
        for metric in ["targets_per_1000s", "reward_mean"] {
            assert!(summary["metrics"][metric].as_f64().is_some_and(f64::is_finite), "{settings}: {metric}");
        }
    }
    let tight = lab.run("tight", "reaching --time 4s --set robot.ball.camera.max_events=1");
    assert!(tight["events_dropped"].as_u64().unwrap() > 0, "what a period has no room for is counted");
    let fine = "--set robot.ball.camera.threshold=0.00011 --set robot.ball.camera.max_events=100";
    let whole = lab.run("fine", &format!("reaching --time 4s {fine}"));
    assert!(whole["events_dropped"].as_u64().unwrap() > 1000);
    lab.run("cut", &format!("reaching --time 2s {fine}"));
    lab.succeeds("run reaching --quiet --resume cut --time 4s");
    assert_eq!(lab.summary("cut")["events_dropped"], whole["events_dropped"], "the count survives a checkpoint");
}

#[test]
fn a_folder_that_exists_is_never_touched() {
    let lab = Lab::new();
    lab.run("mine", "reaching --time 1s");
    lab.write("notes/diary.txt", "dear diary");
    lab.write("file", "text");
    std::fs::create_dir(lab.path("empty")).unwrap();
    let before = lab.tree("");
    for folder in ["mine", "notes", "file", "empty"] {
        names(&lab.fails(&format!("run reaching --time 1s --out {folder}")), &[folder, "exists already", "--out"], folder);
    }
    for folder in ["mine", "notes", "file"] {
        names(&lab.fails(&format!("study reaching --time 1s --out {folder}")), &[folder], folder);
    }
    assert_eq!(lab.tree(""), before);
}

#[test]
fn a_place_that_cant_be_written_is_named() {
    let lab = Lab::new();
    lab.write("file", "text");
    for folder in ["/proc/embody/run", "file/run", "/dev/null/run"] {
        for command in ["run reaching --time 1s --out", "study reaching --time 1s --seeds 1 --out"] {
            let parent = folder.rsplit_once('/').unwrap().0;
            names(&lab.fails(&format!("{command} {folder}")), &[parent], command);
        }
    }
    assert_eq!(lab.names(""), ["file"]);
}

#[test]
fn a_disk_that_fills_up_ends_a_run_with_an_error_and_no_broken_file() {
    let lab = Lab::new();
    let limited = |blocks: u32, line: &str| {
        let mut command = std::process::Command::new("bash");
        let script = format!("ulimit -f {blocks}; exec \"$0\" {line}");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_embody")]).current_dir(lab.path(""));
        refused(common::wait(&mut command, line), line)
    };
    let line = "reaching --time 100s --set time.checkpoint_every=10s --set time.report_every=30s";
    // From the start: nothing stays.
    names(&limited(1, &format!("run {line} --quiet --out early")), &["early/", "File too large"], "early");
    assert!(!lab.path("early").exists());
    // In the middle: the rewards outgrow the limit (1 KiB blocks), and what the last checkpoint holds stays.
    lab.run("whole", line);
    let most = lab.bytes("whole/maps.json").len().max(lab.bytes("whole/checkpoint.bin").len()) as u32;
    let longer = "reaching --time 600s --set time.checkpoint_every=10s --set time.report_every=30s";
    names(
        &limited(most / 1024 + 8, &format!("run {longer} --quiet --out late")),
        &["late/rewards.f32", "File too large"],
        "late",
    );
    let left = lab.names("late");
    assert!(left.contains(&"checkpoint.bin".into()) && !left.iter().any(|name| name.ends_with(".partial")), "{left:?}");
    lab.run("longer", longer);
    lab.succeeds("run reaching --quiet --resume late");
    lab.assert_same_run("longer", "late");
}

#[test]
fn a_folder_that_cant_be_resumed_is_refused_and_left_as_it_was() {
    let lab = Lab::new();
    lab.run("good", "reaching --time 50s --set time.report_every=20s --set time.checkpoint_every=30s");
    lab.write("notes/diary.txt", "dear diary");
    std::fs::create_dir(lab.path("empty")).unwrap();
    for folder in ["notes", "empty", "missing", "good/config.toml"] {
        let before = lab.tree("");
        names(&lab.fails(&format!("run reaching --resume {folder}")), &[folder, "no run folder"], folder);
        assert_eq!(lab.tree(""), before);
    }
    names(&lab.fails("run reaching-s --resume good"), &["good", "reaching", "reaching-s"], "another scenario");
    for flag in ["--seed 2", "--controller blind", "--set seed=2", "--out x"] {
        names(&lab.fails(&format!("run reaching --resume good {flag}")), &["cannot be used with"], flag);
    }

    let good = lab.tree("good");
    let damaged = |name: &str, damage: &dyn Fn(), file: &str, parts: &[&str]| {
        damage();
        let before = lab.tree("good");
        let said = lab.fails("run reaching --resume good --time 60s");
        names(&said, &["good"], name);
        names(&said, parts, name);
        assert_eq!(lab.tree("good"), before, "{name}: left as it was");
        let path = lab.path(&format!("good/{file}"));
        std::fs::write(&path, &good[&path]).unwrap();
        assert_eq!(lab.tree("good"), good);
    };
    let edit = |file: &'static str, change: &'static dyn Fn(&mut Vec<u8>)| {
        let file = format!("good/{file}");
        let mut bytes = lab.bytes(&file);
        change(&mut bytes);
        lab.write(&file, bytes);
    };
    for at in [12, 100, 5000, 30_000] {
        let flip = || {
            let mut bytes = lab.bytes("good/checkpoint.bin");
            bytes[at] ^= 4;
            lab.write("good/checkpoint.bin", bytes);
        };
        damaged("a bit", &flip, "checkpoint.bin", &["checkpoint.bin", "damaged"]);
    }
    let cut = || edit("checkpoint.bin", &|bytes| bytes.truncate(bytes.len() / 2));
    damaged("half a checkpoint", &cut, "checkpoint.bin", &["checkpoint.bin", "damaged"]);
    let none = || edit("checkpoint.bin", &|bytes| bytes.clear());
    damaged("an empty checkpoint", &none, "checkpoint.bin", &["no checkpoint"]);
    let format = || {
        edit("checkpoint.bin", &|bytes| {
            bytes[8] += 1;
            let body = bytes.len() - 32;
            let digest = blake3::hash(&bytes[..body]);
            bytes[body..].copy_from_slice(digest.as_bytes());
        });
    };
    damaged("another format", &format, "checkpoint.bin", &["checkpoint.bin", "another version"]);
    let saved = |change: &dyn Fn(&mut checkpoint::Saved)| {
        let path = lab.path("good/checkpoint.bin");
        let mut saved = checkpoint::read(&path).unwrap();
        change(&mut saved);
        checkpoint::write(&path, &saved).unwrap();
    };
    let version = || saved(&|saved| saved.version = "0.0.1".into());
    damaged("another version", &version, "checkpoint.bin", &["0.0.1", env!("CARGO_PKG_VERSION")]);
    let session = || saved(&|saved| saved.session.truncate(100));
    damaged("a state that is none", &session, "checkpoint.bin", &["checkpoint"]);
    let other = || saved(&|saved| saved.scenario = "rolling".into());
    damaged("another scenario's checkpoint", &other, "checkpoint.bin", &["rolling"]);

    let edited = || {
        let text = lab.text("good/config.toml").replace("success_radius_m = 1.5", "success_radius_m = 1.6");
        lab.write("good/config.toml", text);
    };
    damaged("an edited scenario", &edited, "config.toml", &["config.toml", "time.duration"]);
    let torn = || edit("config.toml", &|bytes| bytes.truncate(300));
    damaged("a torn scenario", &torn, "config.toml", &["config.toml"]);
    let rewards = || edit("rewards.f32", &|bytes| bytes.truncate(1000));
    damaged("cut rewards", &rewards, "rewards.f32", &["rewards.f32", "found 1000"]);
    let metrics = || edit("metrics.csv", &|bytes| bytes.truncate(10));
    damaged("cut metrics", &metrics, "metrics.csv", &["metrics.csv", "found 10"]);
    let maps = || edit("maps.json", &|bytes| bytes.truncate(10));
    damaged("cut maps", &maps, "maps.json", &["maps.json"]);
    for file in ["rewards.f32", "metrics.csv", "maps.json"] {
        let missing = || std::fs::remove_file(lab.path(&format!("good/{file}"))).unwrap();
        damaged("a missing file", &missing, file, &[file]);
    }
    lab.succeeds("run reaching --quiet --resume good --time 60s");
}

#[test]
fn a_folder_is_run_in_by_one_process_at_a_time() {
    let lab = Lab::new();
    let running = lab.start("run reaching --time 100000s --set time.checkpoint_every=10s --out a");
    lab.await_file("a/checkpoint.bin");
    names(&lab.fails("run reaching --resume a"), &["another process"], "resume");
    names(&lab.fails("run reaching --out a"), &["exists already"], "out");
    running.kill();
    // The lock goes with the process, however that ended.
    let written = |file: &str| std::fs::metadata(lab.path(file)).and_then(|metadata| metadata.modified()).expect("a time");
    let before = written("a/checkpoint.bin");
    let resumed = lab.start("run reaching --resume a");
    while written("a/checkpoint.bin") == before {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    resumed.signal("INT");
    assert_eq!(resumed.end().code, Some(130));
}

#[test]
fn a_reward_is_replayed_only_from_a_finished_run_that_fits() {
    let lab = Lab::new();
    lab.run("good", "reaching --time 20s");
    lab.run("short", "reaching --time 10s");
    lab.run("seed", "reaching --time 20s --seed 2");
    lab.run("other", "reaching-s --time 20s");
    for folder in ["rewardless", "unfinished", "torn"] {
        lab.run(folder, "reaching --time 20s");
    }
    std::fs::remove_file(lab.path("rewardless/rewards.f32")).unwrap();
    let summary = lab.text("unfinished/summary.json").replace("\"finished\": true", "\"finished\": false");
    lab.write("unfinished/summary.json", summary);
    lab.write("torn/rewards.f32", [0; 7]);
    for kind in ["yoked", "permuted"] {
        for (donor, parts) in [
            ("missing", ["donor", "missing/summary.json"]),
            ("unfinished", ["donor", "stopped"]),
            ("seed", ["seed 1", "seed 2"]),
            ("other", ["reaching with", "reaching-s with"]),
            ("rewardless", ["rewards", "rewardless/rewards.f32"]),
            ("torn", ["torn/rewards.f32", "7 bytes"]),
            ("short", ["donor", "1000 control steps"]),
        ] {
            let line = format!("run reaching --time 20s --controller {kind} --set controller.{kind}.donor={donor} --out x");
            names(&lab.fails(&line), &parts, &line);
            assert!(!lab.path("x").exists());
        }
        let own = format!("--controller {kind} --set controller.{kind}.donor=good");
        let wrong = format!("run reaching --time 20s {own} --set controller.{kind}.donor_trace_hash=00 --out x");
        names(&lab.fails(&wrong), &["donor_trace_hash", "00"], &wrong);
        lab.run(kind, &format!("reaching --time 20s {own}"));
        names(&lab.fails(&format!("run reaching --resume {kind} --time 40s")), &["donor", "2000 control steps"], "a longer run");
        assert!(lab.text(&format!("{kind}/config.toml")).contains("duration = \"20s\""), "and its scenario is as it was");
    }
    let block =
        "run reaching --time 20s --controller permuted --set controller.permuted.donor=good --set controller.permuted.block=30ms";
    names(&lab.fails(block), &["block", "20ms"], block);
}
