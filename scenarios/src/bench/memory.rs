//! How much memory a run takes: the peak of a process that runs the greater of the two scenarios and nothing else.
//!
//! The peak is the system's own (`VmHWM`). It only grows, so that looking again and again while the run goes on sees all of it but
//! what the last moments may add. A run keeps no history, so that hours more should add nothing.

use std::process::Child;
use std::time::Duration;

use super::scratch::Scratch;
use super::study::{spawn_run, wait};
use super::{BenchError, Row};

/// What the process runs, and for how long: a simulated duration, as `--time` takes it.
const RUN: (&str, &str) = ("reaching-s", "2h");

/// What a run may take (MB).
const LIMIT_MB: f64 = 200.0;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let scratch = Scratch::new()?;
    let (scenario, duration) = RUN;
    let mut child = spawn_run(&[scenario, "--time", duration], &scratch.path().join("run"))?;
    let mut peak_kib = None;
    while child.try_wait().map_err(|e| BenchError::system("embody run", e))?.is_none() {
        peak_kib = peak(&child).or(peak_kib);
        std::thread::sleep(PAUSE);
    }
    wait(child)?;
    let peak_kib = peak_kib.ok_or_else(|| BenchError::system("/proc/<pid>/status", "expected a line VmHWM, found none"))?;
    Ok(vec![Row::less(format!("memory/{duration}"), peak_kib * 1024.0 / 1e6, "MB", LIMIT_MB)])
}

/// Peak resident memory of a child that still runs (KiB).
fn peak(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
