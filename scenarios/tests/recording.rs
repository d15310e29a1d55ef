//! What is recorded is what happened, whatever becomes of the run; what isn't as it was recorded is named.

mod common;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use common::Lab;
use common::mcap::{edited, message};
use embody_robots::{Nanos, wire};
use embody_scenarios::moment::Moment;
use embody_scenarios::recording::{Recording, RecordingError, Step};
use embody_scenarios::run::Session;
use embody_scenarios::{Loaded, Registry};
use proptest::prelude::*;

const FILE: &str = "recording.mcap";

fn open(lab: &Lab, run: &str) -> Recording {
    Recording::open(&lab.path(&format!("{run}/{FILE}"))).unwrap()
}

fn steps(recording: &Recording) -> Vec<Step> {
    recording.steps(Nanos::ZERO, Nanos(u64::MAX)).map(Result::unwrap).collect()
}

/// The loop of a scenario, watched, step by step beside its recording.
fn compare_with_loop(lab: &Lab, run: &str, scenario: &str) {
    let registry = Arc::new(Registry::default());
    let loaded = Loaded::find(&registry, scenario, &[]).unwrap();
    let robot = loaded.robot(&registry).unwrap();
    let mut session = Session::new(loaded.assemble(&registry).unwrap(), loaded.scenario.seed);
    session.watch(true);
    let recording = open(lab, run);
    let recorded = steps(&recording);
    assert_eq!(recorded.len() as u64, recording.records());
    let (mut at, mut bytes) = (0, Vec::new());
    while at < recorded.len() {
        session
            .advance(|record| {
                bytes.clear();
                wire::encode_step(&mut bytes, recorded[at].record, &recorded[at].step, recorded[at].action.as_ref());
                assert!(bytes == record.bytes, "{scenario}: step record {at}");
                at += 1;
            })
            .unwrap();
        let seen = Moment::of(&session, &robot);
        let info = recording.info();
        let (frame, view) = (info.steps_per_frame, info.steps_per_view);
        let is_due = |every: u64| (seen.control_step - 1).is_multiple_of(every);
        if !is_due(frame) {
            continue;
        }
        let found = recording.moment_at(seen.time).unwrap();
        assert_eq!((found.record, found.control_step, found.time), (seen.record, seen.control_step, seen.time));
        assert_eq!((&found.action, &found.joints), (&seen.action, &seen.joints), "{scenario}");
        assert_eq!(found.truth.links, seen.truth.links, "{scenario}");
        let spikes = |moment: &Moment| -> Vec<_> {
            let populations = moment.telemetry.iter().flat_map(|telemetry| &telemetry.populations);
            populations.map(|population| (population.name.clone(), population.size, population.spikes.clone())).collect()
        };
        assert_eq!(spikes(&found), spikes(&seen), "{scenario}");
        if !is_due(view) {
            continue;
        }
        assert_eq!((&found.truth, &found.tallies), (&seen.truth, &seen.tallies));
        let control_step = seen.control_step;
        for (found, seen) in found.telemetry.iter().zip(&seen.telemetry) {
            assert_eq!((&found.populations, &found.counters), (&seen.populations, &seen.counters));
            // Those of the chunk's beginning.
            assert_eq!(found.weights.len(), 1);
            assert!(control_step > 1 || found.weights == seen.weights);
        }
        assert_eq!(found.images.len(), seen.images.len());
        for (found, seen) in found.images.iter().zip(&seen.images) {
            assert_eq!((&found.sensor, found.width, found.height), (&seen.sensor, seen.width, seen.height));
            let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 0.502 / 255.0;
            assert!(found.brightness.iter().zip(&seen.brightness).all(near), "{scenario}: {}", found.sensor);
        }
    }
}

#[test]
fn what_is_recorded_is_what_happened() {
    let lab = Lab::new();
    // A ball in contact; an arm with joints and two cameras; a car, whose episodes are short at first; a baseline that sees the truth.
    for (scenario, time) in [("reaching", "25s"), ("arm2-reaching", "12s"), ("lane-following", "15s")] {
        lab.run(scenario, &format!("{scenario} --record --time {time}"));
        compare_with_loop(&lab, scenario, scenario);
    }
    lab.run("ideal", "reaching --controller ideal --record --time 12s");
    let steps = steps(&open(&lab, "ideal"));
    assert_eq!(steps.len(), 601);
    assert!(steps.iter().all(|step| step.spikes.is_empty()));
    for run in ["reaching", "arm2-reaching", "lane-following", "ideal"] {
        assert!(open(&lab, run).is_complete());
        let said = lab.succeeds(&format!("replay {run}")).out;
        let hash = lab.summary(run)["trace_hash"].as_str().unwrap().to_owned();
        assert!(said.contains("verified") && said.contains(&format!("trace {hash}, as in {run}/summary.json")), "{said}");
    }
}

#[test]
fn a_run_is_the_same_whether_it_is_recorded_or_not() {
    let lab = Lab::new();
    lab.run("plain", "reaching --time 60s");
    lab.run("recorded", "reaching --time 60s --record");
    assert_eq!(lab.summary("plain")["trace_hash"], lab.summary("recorded")["trace_hash"]);
    assert_eq!(lab.bytes("plain/rewards.f32"), lab.bytes("recorded/rewards.f32"));
    let rewards: Vec<u8> = steps(&open(&lab, "recorded")).iter().flat_map(|step| step.step.reward.to_le_bytes()).collect();
    assert!(rewards == lab.bytes("recorded/rewards.f32"));
}

#[test]
fn a_recording_is_the_same_however_often_its_run_is_killed() {
    let lab = Lab::new();
    let often = "--set time.checkpoint_every=15s";
    lab.run("whole", &format!("reaching --record --time 150s {often}"));
    lab.kill_until_done(Duration::from_millis(250), || {
        if lab.path("killed/config.toml").exists() {
            return "run reaching --quiet --record --resume killed".into();
        }
        format!("run reaching --record --time 150s {often} --quiet --out killed")
    });
    assert!(lab.bytes(&format!("whole/{FILE}")) == lab.bytes(&format!("killed/{FILE}")), "the recordings differ");
    lab.succeeds("replay killed");
}

#[test]
fn a_run_that_is_killed_leaves_what_was_recorded_up_to_the_last_whole_chunk() {
    let lab = Lab::new();
    let running = lab.start("run reaching --record --time 100000s --quiet --out killed");
    let path = lab.path(&format!("killed/{FILE}"));
    while std::fs::metadata(&path).map_or(0, |file| file.len()) < 1_000_000 {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.kill();
    let recording = open(&lab, "killed");
    assert!(!recording.is_complete());
    assert!(recording.end() >= Nanos::from_secs(10));
    let said = lab.succeeds("replay killed").out;
    assert!(said.contains(&format!("{} control steps", recording.control_steps())), "{said}");
}

#[test]
fn a_recording_goes_on_when_its_run_does() {
    let lab = Lab::new();
    lab.run("whole", "reaching --record --time 60s");
    lab.run("halves", "reaching --record --time 33s");
    // What was recorded of steps that the checkpoint doesn't know of is cut off.
    lab.write("scrap", [lab.bytes(&format!("halves/{FILE}")), vec![7; 1000]].concat());
    std::fs::rename(lab.path("scrap"), lab.path(&format!("halves/{FILE}"))).unwrap();
    lab.succeeds("run reaching --quiet --time 60s --resume halves");
    assert_eq!(steps(&open(&lab, "whole")), steps(&open(&lab, "halves")));
    assert!(open(&lab, "halves").is_complete());
    assert!(lab.succeeds("replay halves").out.contains("3000 control steps"));
    // One that wasn't recorded can't be from its middle on; nor can one whose recording was lost.
    lab.run("plain", "reaching --time 20s");
    assert!(lab.fails("run reaching --record --time 40s --resume plain").contains("wasn't recorded from its start"));
    std::fs::remove_file(lab.path(&format!("halves/{FILE}"))).unwrap();
    assert!(lab.fails("run reaching --time 80s --resume halves").contains(&format!("halves/{FILE}")));
}

#[test]
fn a_run_does_not_go_on_from_a_damaged_recording_and_nothing_is_changed() {
    let lab = Lab::new();
    lab.run("run", "reaching --record --time 25s");
    let file = lab.bytes(&format!("run/{FILE}"));
    let with = |at: usize, byte: u8| [&file[..at], &[byte], &file[at + 1..]].concat();
    let middle = file.len() / 2;
    // The name of the library in the header is in no chunk.
    let header = file.windows(6).position(|bytes| bytes == b"embody").unwrap();
    let damages: [(&str, Vec<u8>, &[&str]); 3] = [
        ("a changed chunk", with(middle, !file[middle]), &["the chunk at byte", "expected", "found"]),
        ("a changed header", with(header, b'E'), &["the first", "bytes, up to the checkpoint: expected the CRC", "changed"]),
        ("a cut file", file[..middle].to_vec(), &["length: expected at least", "up to the checkpoint, found"]),
    ];
    for (name, bytes, parts) in damages {
        lab.write(&format!("run/{FILE}"), bytes);
        let before = lab.tree("run");
        let said = lab.fails("run reaching --quiet --time 50s --resume run");
        for part in parts.iter().chain(&["run/recording.mcap: "]) {
            assert!(said.contains(part), "{name}: expected {part:?} in: {said}");
        }
        assert!(lab.tree("run") == before, "{name}: something was changed");
    }
    lab.write(&format!("run/{FILE}"), &file);
    lab.succeeds("run reaching --quiet --time 50s --resume run");
    lab.succeeds("replay run");
}

#[test]
fn a_world_whose_brain_is_elsewhere_records_the_same_steps() {
    let lab = Lab::new();
    lab.run("one", "reaching --record --time 20s");
    let (world, brain, _) = lab.start_both("reaching --record --time 20s --quiet --out two", "reaching --out brain");
    assert_eq!((world.end().code, brain.end().code), (Some(0), Some(0)));
    let without_spikes = |run: &str| -> Vec<Step> {
        let steps = steps(&open(&lab, run)).into_iter();
        steps.map(|step| Step { spikes: Vec::new(), ..step }).collect()
    };
    assert_eq!(without_spikes("one"), without_spikes("two"));
    lab.succeeds("replay two");
}

#[test]
fn playing_a_recording_runs_nothing() {
    let lab = Lab::new();
    lab.run("run", "reaching --record --time 25s");
    // Even where there is nothing to be run.
    std::fs::remove_file(lab.path("run/config.toml")).unwrap();
    let said = lab.succeeds("replay run --follow").out;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert!(lines[0].starts_with("0.00 of 25.00 s  reward 0.000  targets per 1 000 s"), "{said}");
    assert!(lines[3].starts_with("25.00 of 25.00 s"), "{said}");
    assert!(lab.succeeds("replay run --follow --speed 1000").out == said);
    assert!(lab.fails("replay run --speed 2").contains("--follow"));
}

const STEP: u16 = 2;
const CAMERA: u16 = 9;
const VELOCITY: u16 = 10;

#[test]
fn what_is_not_as_it_was_recorded_is_named() {
    let lab = Lab::new();
    lab.run("run", "reaching --record --time 25s");
    let file = lab.bytes(&format!("run/{FILE}"));
    let said = |bytes: Vec<u8>| {
        lab.write(&format!("run/{FILE}"), bytes);
        lab.fails("replay run")
    };
    let holds = |said: String, parts: &[&str]| {
        for part in parts {
            assert!(said.contains(part), "expected {part:?} in: {said}");
        }
    };
    // The last four bytes of a step are its reward, those of an action its last value, and the last of events a polarity.
    let reward = |records: &mut Vec<u8>| {
        let end = message(records, STEP, 101).end;
        records[end - 4..end].copy_from_slice(&9.5f32.to_le_bytes());
    };
    holds(said(edited(&file, 1, reward)), &["run/recording.mcap: at 2.02 s", "reward: expected 9.5, as recorded, found"]);
    let action = |records: &mut Vec<u8>| {
        let end = message(records, VELOCITY, 7).end;
        records[end - 4..end].copy_from_slice(&(-3.25f32).to_le_bytes());
    };
    holds(said(edited(&file, 1, action)), &["at 0.16 s", "action \"velocity\", value 1: expected -3.25, as recorded, found"]);
    let event = |records: &mut Vec<u8>| {
        let end = message(records, CAMERA, 3).end;
        records[end - 1] ^= 1;
    };
    holds(said(edited(&file, 2, event)), &["at 10.", "observation \"camera\", event", "on: "]);
    let later = |records: &mut Vec<u8>| {
        let begin = message(records, STEP, 5).start;
        // After the encapsulation (4), the header (13, to a multiple of 8: 16), and the record (8): the control step; then the kind.
        records[begin + 4 + 32] = 2;
    };
    holds(said(edited(&file, 1, later)), &["at 0.1 s", "kind: expected Last(Terminated), as recorded, found Mid"]);
    // A summary that tells of another run.
    lab.write(&format!("run/{FILE}"), &file);
    let mut summary = lab.summary("run");
    summary["trace_hash"] = "00".into();
    lab.write("run/summary.json", summary.to_string());
    holds(lab.fails("replay run"), &["run/summary.json: trace_hash: expected", "found 00"]);
    lab.write("run/config.toml", lab.text("run/config.toml").replace("max_speed_m_s = 2.0", "max_speed_m_s = 2.5"));
    holds(lab.fails("replay run"), &[FILE, "expected \"max_speed_m_s = 2.5\", as in config.toml, found \"max_speed_m_s = 2.0\""]);
}

#[test]
fn what_is_no_recording_is_refused_by_name() {
    let lab = Lab::new();
    lab.run("run", "reaching --record --time 25s");
    lab.run("other", "arm2-reaching --record --time 1s");
    let file = lab.bytes(&format!("run/{FILE}"));
    let with = |at: usize, byte: u8| {
        let mut bytes = file.clone();
        bytes[at] = byte;
        bytes
    };
    let format = |records: &mut Vec<u8>| {
        let begin = message(records, 1, 0).start;
        records[begin + 4 + 16] = 77;
    };
    let version = |records: &mut Vec<u8>| {
        let found = records.windows(7).position(|bytes| bytes == b"+traces").unwrap();
        records[found - 1] = b'9';
    };
    let longer = |records: &mut Vec<u8>| {
        let begin = message(records, CAMERA, 0).start;
        records[begin + 4 + 20 + 2] = 1;
    };
    let middle = file.len() / 2;
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("empty", Vec::new(), "byte 0: expected an MCAP file, found an empty file"),
        ("text", b"time_s,reward\n".to_vec(), "byte 0: expected an MCAP file"),
        (
            "its first bytes",
            file[..100].to_vec(),
            "its beginning: expected the header and a first chunk, which says what ran, found a file of 100 bytes that ends before: \
             it was cut off, and nothing of it can be read",
        ),
        ("another format", edited(&file, 0, format), "format: expected version 1, found version 77"),
        ("another version", edited(&file, 0, version), "version of the program: expected"),
        (
            "another scenario",
            lab.bytes(&format!("other/{FILE}")),
            "expected \"reaching\", as in config.toml, found \"arm2-reaching\"",
        ),
        ("a changed byte", with(middle, !file[middle]), "it was changed after it was written"),
        ("a changed summary", with(file.len() - 60, 99), "the summary: expected the CRC"),
        ("a changed message", edited(&file, 1, longer), "/observation/camera at"),
    ];
    for (name, bytes, expected) in cases {
        lab.write(&format!("run/{FILE}"), bytes);
        let said = lab.fails("replay run");
        assert!(said.contains(&format!("run/{FILE}")) && said.contains(expected), "{name}: expected {expected:?} in: {said}");
    }
    // Wherever in the middle it is: in a literal, a length or an offset of the compression.
    for place in (middle..).step_by(37).take(24) {
        lab.write(&format!("run/{FILE}"), with(place, !file[place]));
        let said = lab.fails("replay run");
        assert!(
            said.contains(&format!("run/{FILE}")) && said.contains("it was changed after it was written"),
            "byte {place}: {said}"
        );
    }
    std::fs::remove_file(lab.path(&format!("run/{FILE}"))).unwrap();
    assert!(lab.fails("replay run").contains("there is no recording"));
    // Cut anywhere, it can be read as far as it goes, and the run's summary knows that there was more.
    lab.write(&format!("run/{FILE}"), &file[..middle]);
    assert!(lab.fails("replay run").contains("it is cut off: expected 1250 control steps"));
    assert!(lab.succeeds("replay run --follow").out.contains("isn't ended"));
}

#[test]
fn a_recording_that_cannot_be_written_is_named_and_what_was_written_stays() {
    let lab = Lab::new();
    // A file may have as many blocks of 512 bytes.
    let limited =
        format!("ulimit -f 600 && exec {} run reaching --record --time 1000s --quiet --out run", env!("CARGO_BIN_EXE_embody"));
    let mut shell = std::process::Command::new("sh");
    let said =
        common::refused(common::wait(shell.args(["-c", &limited]).current_dir(lab.path("")), "a small disk"), "a small disk");
    assert!(said.contains(&format!("run/{FILE}")), "{said}");
    assert!(open(&lab, "run").end() > Nanos::ZERO);
}

/// A short recording.
static SHORT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let lab = Lab::new();
    lab.run("run", "arm2-reaching --record --time 1s");
    lab.bytes(&format!("run/{FILE}"))
});

/// Reads all of a recording in every way that there is.
fn read_all(path: &Path) -> Result<(), RecordingError> {
    let recording = Recording::open(path)?;
    recording.check()?;
    let (begin, end) = (Nanos::ZERO, Nanos(u64::MAX));
    for seconds in 0..3 {
        recording.moment_at(Nanos::from_secs(seconds))?;
    }
    recording.steps(begin, end).try_for_each(|step| step.map(|_| ()))?;
    recording.frames(begin, end).try_for_each(|frame| frame.map(|_| ()))?;
    recording.views(begin, end).try_for_each(|view| view.map(|_| ()))
}

fn read_bytes(bytes: &[u8]) -> Result<(), RecordingError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, bytes).unwrap();
    read_all(&path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_file_brings_the_reader_down(changes in proptest::collection::vec((0usize..1 << 20, any::<u8>()), 1..8), cut in 0usize..1 << 20) {
        let mut bytes = SHORT.clone();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        // One in two is cut.
        if cut % 2 == 0 {
            bytes.truncate(cut % bytes.len());
        }
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn no_message_brings_the_reader_down(chunk in 0usize..2, changes in proptest::collection::vec((0usize..1 << 20, any::<u8>()), 1..8)) {
        let bytes = edited(&SHORT, chunk, |records| {
            for (at, byte) in changes {
                let at = at % records.len();
                records[at] = byte;
            }
        });
        let _ = read_bytes(&bytes);
    }
}

#[test]
fn the_short_recording_is_read() {
    assert_eq!(read_bytes(&SHORT), Ok(()));
}
