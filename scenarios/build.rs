//! Notes the revision of the source, for the summaries of runs.

use std::process::Command;

fn main() {
    // Whatever may make the tree another one; cargo looks into folders.
    for path in [".git/HEAD", ".git/index", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed=../{path}");
    }
    for name in ["robots", "brain", "sim-world", "controllers", "bridges", "scenarios"] {
        println!("cargo::rerun-if-changed=../{name}");
    }
    let output = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    let revision = output.ok().filter(|output| output.status.success());
    let revision = revision.and_then(|output| String::from_utf8(output.stdout).ok());
    println!("cargo::rustc-env=EMBODY_GIT={}", revision.as_deref().map_or("unknown", str::trim));
}
