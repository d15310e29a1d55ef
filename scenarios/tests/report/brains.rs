//! Pages of brains' folders.

use crate::common::Lab;
use crate::page::{holds, report, section};

#[test]
fn a_brains_folder_is_shown_for_what_it_is() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 40s --set time.checkpoint_every=10s --transport zenoh");
    let page = report(&lab, "run/brain", "");
    holds(&page, &["reaching: a brain with spore, seed 1", "config.toml, with every value filled in"]);
    holds(
        section(&page, "what"),
        &[
            "This is the folder of a brain",
            "are in the run folder of its world",
            "--brain run/brain",
            "Spikes are kept by neither",
        ],
    );
    holds(
        section(&page, "weights"),
        &["at 0 s and at 40 s", "The 2048 weights of projection visual-motor", "preferred direction"],
    );
    holds(section(&page, "checkpoints"), &["1500", "2000", "30 s", "40 s", lab.summary("run")["trace_hash"].as_str().unwrap()]);
    holds(section(&page, "counters"), &["dopamine"]);
    assert!(!page.contains("class=\"missing\""));
    // What it has learned is what the run made again has.
    let weights =
        |page: &str| crate::page::drawing(page, "histogram of the weights of visual-motor, at 0 s and at 40 s").to_owned();
    assert_eq!(weights(&page), weights(&report(&lab, "run", "")));

    holds(
        &lab.fails("report run/brain --at 5s"),
        &["--at is for runs", "run/brain is the folder of a brain: name that of its world"],
    );
    lab.write("run/brain/checkpoint-2000.bin", "damaged");
    for folder in ["run/brain", "run"] {
        holds(&lab.fails(&format!("report {folder}")), &["brain/checkpoint-2000.bin: this is no checkpoint"]);
    }
    lab.write("young/config.toml", lab.bytes("run/config.toml"));
    holds(&report(&lab, "young", ""), &["it has no checkpoint yet", "There is none yet"]);
}
