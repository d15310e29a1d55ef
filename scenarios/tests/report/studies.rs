//! Pages of studies.

use crate::common::{Lab, json};
use crate::page::{holds, report};

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
    // Its rewards end with the run, which therefore can't be gone on with; all that is shown lies within it.
    let page = report(&lab, "study/permuted-1", "");
    holds(&page, &["From 38 s to 40 s, made again from the start", "the loop as a whole"]);
    assert!(lab.fails("report study --at 5s").contains("--at is for runs"));
    std::fs::remove_file(lab.path("study/study.json")).unwrap();
    assert!(lab.fails("report study").contains("study.json: expected the results of a study that has ended"));
}
