//! The scenarios of arms and lane, end to end: one trace with every kernel, also over a stop; and what a run learned, measured without learning.

mod common;

use common::{Lab, wait};

const SCENARIOS: [&str; 3] = ["lane-following", "arm2-reaching", "arm-reaching"];

#[test]
fn a_seed_has_one_trace_with_every_kernel_and_over_a_stop() {
    let lab = Lab::new();
    for scenario in SCENARIOS {
        let whole = format!("{scenario}-whole");
        lab.run(&whole, &format!("{scenario} --time 20s"));
        for kernel in ["baseline", "avx2"] {
            let line = format!("run {scenario} --time 20s --quiet --out {scenario}-{kernel}");
            let mut command = lab.command(&line.split_whitespace().collect::<Vec<_>>());
            assert_eq!(wait(command.env("EMBODY_KERNEL", kernel), &line).code, Some(0));
            lab.assert_same_run(&whole, &format!("{scenario}-{kernel}"));
        }
        let part = format!("{scenario}-part");
        lab.run(&part, &format!("{scenario} --time 7s"));
        lab.succeeds(&format!("run {scenario} --resume {part} --time 20s --quiet"));
        lab.assert_same_run(&whole, &part);
    }
}

#[test]
fn what_a_run_learned_is_measured_without_learning_and_in_another_world() {
    let lab = Lab::new();
    let fast = "--set controller.spore.plasticity.beta_per_ms=1e-4 --set time.report_every=20s";
    lab.run("donor", &format!("lane-following --time 60s {fast}"));
    let trained = |out: &str, more: &str| {
        let line = format!("lane-following --time 20s {fast} --controller trained --set controller.trained.donor=donor {more}");
        lab.run(out, &line)["trace_hash"].clone()
    };
    let frozen = lab.run("frozen", &format!("lane-following --time 20s {fast} --controller frozen"))["trace_hash"].clone();
    let here = trained("here", "");
    assert_ne!(here, frozen, "the weights are those of the donor");
    assert_eq!(trained("again", ""), here);
    assert_ne!(trained("oval", "--set arena.road.kind=oval"), here);
    // Nothing is learned: the longer run begins as the shorter one, and its network ends as it began.
    assert_eq!(lab.text("here/maps.json"), lab.text("again/maps.json"));
    let refused = |more: &str| {
        let line = format!("run lane-following --time 20s {fast} --controller trained {more} --out refused");
        lab.fails(&line)
    };
    assert!(refused("").contains("controller.trained: donor: expected the run folder of a finished run"));
    assert!(
        refused("--seed 2 --set controller.trained.donor=donor").contains("expected a run of lane-following with spore, seed 2")
    );
    assert!(refused("--set controller.trained.donor=frozen").contains("found one of lane-following with frozen"));
}

#[test]
fn every_task_has_an_ideal() {
    let lab = Lab::new();
    for (scenario, own) in [("lane-following", "pursuit"), ("arm2-reaching", "joints-ideal"), ("arm-reaching", "joints-ideal")] {
        let ideal = lab.run(&format!("{scenario}-ideal"), &format!("{scenario} --time 5s --controller ideal"));
        let named = lab.run(&format!("{scenario}-own"), &format!("{scenario} --time 5s --controller {own}"));
        assert_eq!((&ideal["trace_hash"], &ideal["controller"]), (&named["trace_hash"], &own.into()));
        lab.assert_same_run(&format!("{scenario}-ideal"), &format!("{scenario}-own"));
    }
    let said = lab.fails("run arm2-reaching --time 5s --controller ideal --set controller.ideal.frame=tip --out a");
    assert!(said.contains("controller.ideal") && said.contains("controller.joints-ideal"), "{said}");
}

#[test]
fn a_controller_that_does_not_fit_is_refused_before_there_is_a_folder() {
    let lab = Lab::new();
    for (line, parts) in [
        (
            "arm2-reaching --controller joints-ideal --set controller.joints-ideal.goal=ball",
            ["controller.joints-ideal", "Pose(\"ball\")"],
        ),
        ("reaching --controller ideal --set controller.ideal.frame=cup", ["controller.ideal", "Pose(\"cup\")"]),
        ("reaching --controller blind --set controller.blind.frame=cup", ["controller.blind", "Contacts(\"cup\")"]),
        ("arm2-reaching --controller classical", ["controller.classical", "expected a car"]),
        ("arm-reaching --controller classical", ["controller.classical", "expected a car"]),
        ("reaching --controller classical", ["controller.classical", "expected a car"]),
        ("arm2-reaching --controller pursuit", ["controller.pursuit", "a road"]),
    ] {
        let said = lab.fails(&format!("run {line} --time 5s --out a"));
        assert!(parts.iter().all(|part| said.contains(part)), "{line}: {said}");
        assert!(!lab.path("a").exists(), "{line}");
    }
}
