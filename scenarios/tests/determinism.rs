//! The same scenario and seed, the same trace: on every run, with every kernel, and as it was when the hashes below were minted.

mod common;

use std::sync::Arc;

use common::Lab;
use embody_scenarios::run::Session;
use embody_scenarios::{Loaded, Registry};

/// Scenario, controller, and the trace hash of its first 3000 control steps with seed 1.
///
/// Re-minted only with a note in the commit that says why the traces had to change. A mismatch prints the table to paste.
const GOLDEN: [(&str, &str, &str); 10] = [
    ("reaching", "spore", "fed033b4b5cdd76713b1c3bb3cb35c41fafe50c3973417ede1b3dbaaec34e02e"),
    ("reaching", "frozen", "7770d5b660b76568c135d0b0e0ad50868311bb0a6d24134d2bcfd5d9d450d0fd"),
    ("reaching", "ideal", "1f2863228d250ce1e7badc90ab234601284b7f40f1f5f8b93b5edd1c8f5d7731"),
    ("reaching", "blind", "d8e3cb402e25c472bc3a6a93bff205f1d927cc864412252ab1ff9326e22255bb"),
    ("reaching-s", "spore", "ec3a41448008939d8edddae84691abb31a227f14d3e5e07b19a838a02d118f55"),
    ("reaching-s", "frozen", "d4e08ad81c8a21eec8b7a73723012b29bbd1f6516f042d5c5913b84c4b740c18"),
    ("reaching-s", "ideal", "161eb0607e9e2e0b74a4c01169cb9a405c35b79750848088b8cc0b28a529a7ca"),
    ("reaching-s", "blind", "02cd4263051419c63a1b8a9f85578656b62ec110296306c9e30bd8dc7387a6b2"),
    ("trunk-25", "random-poses", "605efc3dbf5e8e8365368242a96b124678197c46aec396c844b1f66ec1899804"),
    ("trunk-10-physics", "ideal", "5c8736b317626fc20db3cfa2ea6d9952cf0c0cb0a9a42a3529289daff514fd1e"),
];

#[test]
fn traces_are_those_that_were_minted() {
    let registry = Arc::new(Registry::default());
    let found = GOLDEN.map(|(scenario, controller, _)| {
        let loaded = Loaded::find(&registry, scenario, &[format!("controller.kind={controller}")]).unwrap();
        let mut session = Session::new(loaded.assemble(&registry).unwrap(), 1);
        for _ in 0..3000 {
            session.advance(|_| ()).unwrap();
        }
        (scenario, controller, session.position().trace.to_string())
    });
    let same = found.iter().zip(GOLDEN).all(|(found, golden)| found.2 == golden.2);
    let table: String = found.iter().map(|row| format!("    {row:?},\n")).collect();
    assert!(same, "traces have changed; if they had to, these are the new ones:\n{table}");
}

#[test]
fn a_seed_gives_its_trace_on_every_run_and_with_every_kernel_and_another_seed_another() {
    let lab = Lab::new();
    let first = lab.run("first", "reaching-s --time 60s");
    lab.run("again", "reaching-s --time 60s");
    lab.assert_same_run("first", "again");
    for kernel in ["baseline", "avx2"] {
        let line = format!("run reaching-s --time 60s --quiet --out {kernel}");
        let mut command = lab.command(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(common::wait(command.env("EMBODY_KERNEL", kernel), &line).code, Some(0));
        lab.assert_same_run("first", kernel);
    }
    let other = lab.run("other", "reaching-s --time 60s --seed 2");
    assert_ne!(first["trace_hash"], other["trace_hash"]);
    assert!(lab.bytes("first/rewards.f32") != lab.bytes("other/rewards.f32"));
}

#[test]
fn neither_checkpoints_nor_windows_nor_the_duration_leave_a_trace() {
    let lab = Lab::new();
    let plain = lab.run("plain", "reaching --time 60s");
    let often = lab.run("often", "reaching --time 60s --set time.checkpoint_every=1s --set time.report_every=20ms");
    assert_eq!(plain["trace_hash"], often["trace_hash"]);
    // Annealing is in absolute time: what a run will come to doesn't depend on when it is to end.
    let halving = "--set controller.spore.plasticity.beta_halving_ms=10000";
    lab.run("short", &format!("reaching --time 60s {halving}"));
    lab.run("long", &format!("reaching --time 120s {halving}"));
    let (short, long) = (lab.bytes("short/rewards.f32"), lab.bytes("long/rewards.f32"));
    assert!(long.len() > short.len() && long.starts_with(&short));
    assert!(short != lab.bytes("plain/rewards.f32"), "annealing is at work");
}
