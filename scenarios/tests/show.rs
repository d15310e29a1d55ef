//! `embody list` and `embody show`: readable, within a hundred columns, and true to what is built.

mod common;

use common::{Lab, json};

const SCENARIOS: [&str; 9] = [
    "reaching",
    "reaching-s",
    "lane-following",
    "arm2-reaching",
    "arm-reaching",
    "trunk-10",
    "trunk-10-small",
    "trunk-25",
    "trunk-10-physics",
];

fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
        assert!(!line.ends_with(' '), "{line:?}");
    }
}

#[test]
fn every_scenario_has_a_card_within_a_hundred_columns() {
    let lab = Lab::new();
    for scenario in SCENARIOS {
        let card = lab.succeeds(&format!("show {scenario}")).out;
        fits(&card);
        for section in
            ["world", "body", "senses", "task", "reward", "metrics", "controller", "network", "periods", "variants", "next"]
        {
            let beside = |line: &str| line.trim_start().starts_with(section);
            assert!(card.lines().any(beside), "{scenario} without {section}: {card}");
        }
        assert!(card.contains(&format!("embody run {scenario} ")), "{card}");
    }
}

#[test]
fn the_network_is_the_one_that_is_built() {
    let lab = Lab::new();
    let card = lab.succeeds("show reaching --set controller.spore.synapses_per_pair=10").out;
    let trunk = lab.succeeds("show trunk-10").out;
    assert!(trunk.contains("256 neurons alif: beta 128 of 0, 128 of 0.03"), "{trunk}");
    for part in ["256 inputs", "8 neurons poisson_dbl_exp", "20 480 plastic synapses", "(10 a pair)", "bias_mv 2.5", "delay 1ms"]
    {
        assert!(card.contains(part), "{part}: {card}");
    }
    let card = json(lab.succeeds("show lane-following --json").out.as_bytes());
    assert_eq!(card["network"]["populations"][0]["size"], 64);
    assert_eq!(card["plastic_synapses"], 512);
    assert_eq!(card["robot"]["actuators"][0]["unit"], "rad");
    assert_eq!(card["task"]["metrics"][0], "time_on_lane_s");
    assert_eq!(card["time"]["control_period"], "10ms");
    assert_eq!(card["world"]["road_length_m"].as_f64().unwrap().round(), 188.0);
}

#[test]
fn controllers_without_a_network_or_without_a_donor_say_so() {
    let lab = Lab::new();
    let card = lab.succeeds("show reaching --controller ideal").out;
    assert!(card.contains("without neurons"), "{card}");
    let card = lab.succeeds("show reaching --controller permuted").out;
    fits(&card);
    assert!(card.contains("donor: expected the run folder"), "{card}");
}

#[test]
fn a_file_is_shown_like_a_scenario_and_mistakes_are_named() {
    let lab = Lab::new();
    lab.run("run", "arm2-reaching --time 1s");
    let card = lab.succeeds("show run/config.toml").out;
    assert!(card.starts_with("arm2-reaching\n") && card.contains("embody run run/config.toml "), "{card}");
    assert!(lab.fails("show reachin").contains("did you mean \"reaching\""));
    assert!(lab.fails("show reaching --set robot.ball.radius=1").contains("radius_m"));
}

#[test]
fn the_list_says_what_each_part_is() {
    let lab = Lab::new();
    let list = lab.succeeds("list").out;
    fits(&list);
    for part in SCENARIOS.into_iter().chain(["spore", "classical", "ball", "lane-following", "float", "embody show NAME"]) {
        assert!(list.contains(part), "{part}: {list}");
    }
}
