//! `embody report`: pages that need nothing but themselves, that say what the folder says, and that say what is missing.

mod common;

use common::{Lab, json};

/// Elements without an end.
const VOID: [&str; 5] = ["meta", "link", "br", "img", "hr"];

/// Holds that a page is well-formed, and asks for nothing but itself.
fn is_sound(page: &str) {
    for foreign in ["http:", "https:", "\"//", "'//", "<script", "@import", "url(", "<iframe", "NaN", "href=\"data:text"] {
        assert!(!page.contains(foreign), "{foreign}: {}", around(page, foreign));
    }
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    let mut open: Vec<&str> = Vec::new();
    let body = page.strip_prefix("<!DOCTYPE html>").unwrap();
    for (at, _) in body.match_indices('<') {
        let tag = &body[at + 1..at + body[at..].find('>').expect("an end of the tag")];
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> at {at}: {}", &body[at.saturating_sub(200)..at]);
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never ended: {open:?}");
    for part in page.split("<img ").skip(1) {
        assert!(part.starts_with("src=\"data:image/png;base64,") && part.split('>').next().unwrap().contains("alt=\""));
    }
    for part in page.split("<svg ").skip(1) {
        assert!(part.split('>').next().unwrap().contains("aria-label=\""), "every drawing says what it is");
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
}

fn around<'a>(page: &'a str, what: &str) -> &'a str {
    let at = page.find(what).unwrap_or(0);
    page.get(at.saturating_sub(80)..(at + 80).min(page.len())).unwrap_or_default()
}

/// The page without the cells that hold wall times measured anew.
fn but_for_measured(page: &str) -> String {
    let mut rest = page;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("<td class=\"measured") {
        out.push_str(before);
        rest = after.split_once("</td>").expect("the cell ends").1;
    }
    assert!(out.len() < page.len());
    out + rest
}

fn report(lab: &Lab, folder: &str, more: &str) -> String {
    let said = lab.succeeds(&format!("report {folder} {more}"));
    assert_eq!(said.out, format!("{folder}/report.html\n"));
    assert_eq!(said.err, "", "nothing is said where no terminal is");
    let page = lab.text(&format!("{folder}/report.html"));
    is_sound(&page);
    page
}

/// Holds that a page has what the summary of the run has.
fn says_what_the_summary_says(lab: &Lab, folder: &str, page: &str) {
    let summary = lab.summary(folder);
    let trace = summary["trace_hash"].as_str().unwrap();
    assert!(page.contains(trace) && page.contains(summary["version"].as_str().unwrap()));
    for (name, value) in summary["metrics"].as_object().unwrap() {
        let cell = page.split(&format!("data-metric=\"{name}\"")).next().unwrap();
        let value_before = cell.rsplit("data value=\"").next().unwrap().split('"').next().unwrap();
        assert_eq!(value_before.parse::<f64>().unwrap(), value.as_f64().unwrap(), "{name}");
    }
    for number in ["control_steps", "seed", "events_dropped"] {
        assert!(page.contains(&format!("<data value=\"{}\">", summary[number])), "{number}");
    }
    assert!(page.contains(&format!("<data value=\"{}\">", summary["wall_s"].as_f64().unwrap())));
}

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
        "From 60 s to 62 s",
        "all 3001 rewards up to there equal those recorded",
        "histogram of weight, visual-motor",
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
        assert!(said.contains("--at") && said.contains("up to 20s") && said.contains("20ms"), "{said}");
    }
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
    for part in ["zenoh lockstep", "its brain was another program", "all 201 rewards up to there equal those recorded"] {
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

#[test]
fn a_study_is_compared_over_its_seeds() {
    let lab = Lab::new();
    lab.succeeds("study reaching --seeds 2 --time 40s --set time.report_every=20s --quiet --out study");
    let page = report(&lab, "study", "");
    let results = json(&lab.bytes("study/study.json"));
    for variant in results["variants"].as_array().unwrap() {
        assert!(page.contains(&format!("<th scope=\"row\">{}</th>", variant["name"].as_str().unwrap())));
        let runs = variant["runs"].as_array().unwrap();
        assert!(runs.iter().all(|run| page.contains(run["trace_hash"].as_str().unwrap())));
        let of = |run: &serde_json::Value| run["metrics"]["targets_per_1000s"].as_f64().unwrap();
        let mean = runs.iter().map(of).sum::<f64>() / runs.len() as f64;
        assert!(page.contains(&format!("<data value=\"{mean}\">")), "{mean}");
    }
    for part in [
        "6 variants and 2 seeds",
        "95 % interval",
        "share of ideal",
        "12 of 12 finished",
        "controller.kind=yoked",
        "preferred direction",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(report(&lab, "study", "") == page, "nothing in it is measured anew");
    // Its rewards end with the run, which therefore can't be continued.
    let page = report(&lab, "study/permuted-1", "");
    assert!(page.contains("continued from its last checkpoint, it failed"), "{}", around(&page, "class=\"missing\""));
    assert!(lab.fails("report study --at 5s").contains("--at is for runs"));
    std::fs::remove_file(lab.path("study/study.json")).unwrap();
    assert!(lab.fails("report study").contains("study.json: expected the results of a study that has ended"));
}

#[test]
fn damaged_folders_are_refused_by_file_and_nothing_is_left_behind() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 2s");
    lab.succeeds("study reaching --seeds 1 --time 2s --quiet --out study");
    let damages: [(&str, &[u8], &str); 9] = [
        ("run/summary.json", b"{\"scenario\":", "EOF"),
        ("run/summary.json", b"{}", "missing field"),
        ("run/metrics.csv", b"time_s,a,b\n1,2,3\n1,2\n", "line 3: expected 3 numbers, found \"1,2\""),
        ("run/metrics.csv", b"", "line 1: expected"),
        ("run/checkpoint.bin", b"EMBODYCP", "no checkpoint"),
        ("run/maps.json", b"[", "EOF"),
        ("run/rewards.f32", b"12345", "found 5 bytes"),
        ("run/config.toml", b"name = 3\n", "config.toml:1"),
        ("study/study.json", b"{}", "missing field"),
    ];
    for (file, bytes, part) in damages {
        let (folder, name) = file.split_once('/').unwrap();
        let whole = lab.bytes(file);
        lab.write(file, bytes);
        let before = lab.tree(folder);
        let said = lab.fails(&format!("report {folder}"));
        assert!(said.contains(name) && said.contains(part), "{file}: {said}");
        assert!(lab.tree(folder) == before, "{file}: nothing is left behind");
        lab.write(file, whole);
    }
    let mut checkpoint = lab.bytes("run/checkpoint.bin");
    let middle = checkpoint.len() / 2;
    checkpoint[middle] ^= 1;
    lab.write("run/checkpoint.bin", checkpoint);
    assert!(lab.fails("report run").contains("checkpoint.bin: this checkpoint is damaged"));
    lab.write("empty/note.txt", "nothing");
    for (folder, part) in [("empty", "found neither"), ("nowhere", "No such file"), ("empty/note.txt", "found a file")] {
        let said = lab.fails(&format!("report {folder}"));
        assert!(said.contains("expected the folder of a run") && said.contains(part), "{said}");
    }
}
