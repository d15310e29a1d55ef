//! Pages of runs that were recorded: what they show is what was recorded, and what isn't as the run left it isn't used.

use crate::common::Lab;
use crate::common::mcap::{edited, message};
use crate::page::{but_for_measured, drawing, holds, is_sound, report, says_what_the_summary_says, section};

const FILE: &str = "run/recording.mcap";
const RECORDED: &str = "read from recording.mcap";

#[test]
fn what_was_recorded_is_shown_and_nothing_is_made_again() {
    let lab = Lab::new();
    lab.run("run", "reaching --record --time 40s");
    lab.run("plain", "reaching --time 40s");
    let (page, again) = (report(&lab, "run", ""), report(&lab, "plain", ""));
    says_what_the_summary_says(&lab, "run", &page);
    holds(section(&page, "what"), &["recorded in", "up to 40 s: every byte is as it was written, and the trace hash"]);
    holds(section(&page, "moment"), &["From 38 s to 40 s, read from recording.mcap", "spikes of motor", "at 39.82 s"]);
    holds(section(&page, "ways"), &["Both were read from recording.mcap", "20 s from 20 s"]);
    holds(section(&page, "weights"), &["Both were read from recording.mcap", "at 0.02 s", "at 30.02 s", "\nsynapses\n", "mV"]);
    assert!(!page.contains("made again") && !page.contains("class=\"missing\""));
    holds(section(&again, "moment"), &["made again from the start"]);
    // What is read is what is found when all of it is made again, to the last spike.
    let name = "Events, spikes and reward from 38 s to 40 s";
    assert_eq!(drawing(&page, name), drawing(&again, name));
    let counts = |page: &str| section(page, "counters").split("Over the stretches").nth(1).unwrap().to_owned();
    assert_eq!(counts(&page), counts(&again));
    assert!(but_for_measured(&report(&lab, "run", "")) == but_for_measured(&page), "equal folders give equal pages");
    holds(section(&report(&lab, "run", "--at 7s"), "moment"), &["From 5 s to 7 s, read from recording.mcap"]);
}

#[test]
fn a_run_in_real_time_is_shown_from_its_recording_and_its_brain() {
    let lab = Lab::new();
    let pace = "reaching --real-time --quiet";
    let (world, brain, _) = lab.start_both(&format!("{pace} --record --time 3s --out pace"), &format!("{pace} --out brain"));
    world.succeeds();
    brain.succeeds();
    let page = report(&lab, "pace", "");
    holds(
        section(&page, "moment"),
        &["From 1 s to 3 s, read from recording.mcap", "events of camera", "There are no spikes: the brain was"],
    );
    holds(section(&page, "ways"), &["Both were read from recording.mcap", "ball"]);
    holds(section(&page, "weights"), &["class=\"missing\"", "its recording has its weights", "is named with --brain"]);
    let weights = report(&lab, "pace", "--brain brain");
    let weights = section(&weights, "weights");
    holds(
        weights,
        &[
            "histogram of the weights of visual-motor, at 0 s and at",
            "as it is built from its seed",
            "newest checkpoint in brain",
            "preferred direction",
        ],
    );
    assert!(!weights.contains("class=\"missing\""));
    lab.run("other", "arm2-reaching --time 1s");
    for (folder, part) in [("other", "expected the folder of a brain"), ("nowhere", "expected the folder of a brain")] {
        holds(&lab.fails(&format!("report pace --brain {folder}")), &[folder, part]);
    }
}

#[test]
fn spikes_that_a_world_did_not_record_are_made_again() {
    let lab = Lab::new();
    lab.run("one", "reaching --time 20s");
    lab.run("two", "reaching --time 20s --set time.checkpoint_every=5s --transport zenoh --record");
    let page = report(&lab, "two", "");
    holds(section(&page, "moment"), &[RECORDED, "The spikes were made again from the checkpoint at 15 s", "spikes of motor"]);
    holds(section(&page, "ways"), &[RECORDED]);
    holds(section(&page, "weights"), &["made again from the"]);
    let name = "Events, spikes and reward from 18 s to 20 s";
    assert_eq!(drawing(&page, name), drawing(&report(&lab, "one", ""), name));
}

#[test]
fn a_recording_that_is_not_as_the_run_left_it_is_named_and_not_used() {
    let lab = Lab::new();
    lab.run("run", "reaching --record --time 25s");
    lab.run("other", "arm2-reaching --record --time 1s");
    let file = lab.bytes(FILE);
    let middle = file.len() / 2;
    let changed = |at: usize| [&file[..at], &[!file[at]], &file[at + 1..]].concat();
    let reward = |records: &mut Vec<u8>| {
        let end = message(records, 2, 101).end;
        records[end - 4..end].copy_from_slice(&9.5f32.to_le_bytes());
    };
    let version = |records: &mut Vec<u8>| {
        let found = records.windows(7).position(|bytes| bytes == b"+traces").unwrap();
        records[found - 1] = b'9';
    };
    let event = |records: &mut Vec<u8>| {
        let end = message(records, 9, 3).end;
        records[end - 1] ^= 1;
    };

    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("a changed byte", changed(middle), "recording.mcap: the chunk at byte"),
        ("a changed reward", edited(&file, 1, reward), "at 2.02 s (step record 101), reward: expected"),
        ("another version", edited(&file, 0, version), "version of the program: expected"),
        ("another run's", lab.bytes("other/recording.mcap"), "expected &quot;reaching&quot;, as in config.toml, found"),
        ("its first bytes", file[..100].to_vec(), "found a file of 100 bytes that ends before"),
        ("an empty file", Vec::new(), "expected an MCAP file, found an empty file"),
    ];
    for (name, bytes, difference) in cases {
        lab.write(FILE, bytes);
        let said = lab.succeeds("report run").err;
        let page = lab.text("run/report.html");
        is_sound(&page);
        holds(section(&page, "what"), &["The recording isn't used", FILE, difference]);
        holds(
            &said,
            &[
                "The recording isn't used, as it is not as the run left it: run/recording.mcap",
                &difference.replace("&quot;", "\""),
            ],
        );
        for part in ["moment", "ways", "weights"] {
            let section = section(&page, part);
            assert!(!section.contains(RECORDED) && section.contains("made again from the start"), "{name}: {section}");
        }
    }
    // The last chunk is edited, so that all steps are there: whatever is changed where the rewards stay, the trace hash tells.
    lab.write(FILE, edited(&file, 3, event));
    lab.succeeds("report run");
    holds(&lab.text("run/report.html"), &["trace hash: expected", "an observation or an action was changed"]);
    // Cut between chunks, what is there is whole, and the summary knows that there was more.
    lab.write(FILE, &file[..file.len() * 9 / 10]);
    let said = lab.succeeds("report run --at 5s").err;
    holds(&said, &["The recording is cut off", "It is used up to 20 s"]);
    let page = lab.text("run/report.html");
    holds(section(&page, "what"), &["cut off: expected 1250 control steps, as in summary.json, found"]);
    holds(section(&page, "moment"), &[RECORDED]);
    holds(section(&page, "ways"), &["Before</b>: read from recording.mcap", "After</b>: made again from the start"]);
}

#[test]
fn a_run_that_was_killed_is_shown_as_far_as_it_was_recorded() {
    let lab = Lab::new();
    let running = lab.start("run reaching --record --time 100000s --quiet --out run");
    while std::fs::metadata(lab.path(FILE)).map_or(0, |file| file.len()) < 500_000 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.kill();
    let page = report(&lab, "run", "");
    holds(section(&page, "what"), &["There is no summary.json", "recorded in", "every chunk is as it was written"]);
    holds(section(&page, "moment"), &[RECORDED]);
    let counters = section(&page, "counters");
    let data = |name: &str| -> u64 {
        let after = counters.split(&format!(">{name}</th>")).nth(1).unwrap();
        after.split("value=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    assert_eq!(data("step records"), data("control steps") + 1);
    holds(counters, &["All of this is counted up to the same point, the last whole chunk of the recording"]);
}
