//! The controller through its own binary: it reaches targets, many more than chance.

use std::path::Path;
use std::process::Command;

/// Targets per 1 000 s of a run with the given controller.
fn targets(controller: &str, folder: &Path) -> f64 {
    let output = Command::new(env!("CARGO_BIN_EXE_own-controller"))
        .args(["run", "reaching", "--time", "1000s", "--json", "--controller", controller, "--out"])
        .arg(folder.join(controller))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["controller"], controller);
    summary["metrics"]["targets_per_1000s"].as_f64().unwrap()
}

#[test]
fn it_reaches_more_targets_than_the_blind_walker() {
    let folder = tempfile::tempdir().unwrap();
    let (own, blind) = (targets("centring", folder.path()), targets("blind", folder.path()));
    assert!(own > 5.0 * blind.max(10.0), "{own} targets per 1 000 s, blind {blind}");
}
