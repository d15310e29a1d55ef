//! `embody study`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Args;
use embody_robots::Nanos;
use indicatif::MultiProgress;

use super::{Failure, complain, say, signals};
use crate::registry::Registry;
use crate::run::folder::next_free;
use crate::run::progress::{self, Quiet};
use crate::run::{Outcome, Progress};
use crate::scenario::Loaded;
use crate::study::{Results, Study, write_results};

/// Arguments of `embody study`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    scenario: String,
    /// How many seeds: 1 to this
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// How many runs at once [default: one per processor]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1024))]
    jobs: Option<u64>,
    /// Folder of the study; run again in it to go on [default: runs/study-<scenario>-<n>]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Total simulated time of each run, such as 20h
    #[arg(long)]
    time: Option<Nanos>,
    /// Changes a value of the scenario for all variants; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// No progress and no report, only errors
    #[arg(long)]
    quiet: bool,
}

/// Runs a study.
pub fn study(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings: Vec<String> =
        arguments.time.map(|time| format!("time.duration={time}")).into_iter().chain(arguments.set.iter().cloned()).collect();
    let name = Loaded::find(registry, &arguments.scenario, &settings)?.scenario.name;
    let folder = arguments.out.clone().unwrap_or_else(|| next_free(Path::new("runs"), &format!("study-{name}")));
    let stop = signals::stop_flag()?;
    let study = Study::plan(registry, &arguments.scenario, &settings, arguments.seeds, &folder)?;
    let jobs = arguments.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), |jobs| jobs as usize);
    let bars = MultiProgress::new();
    let display = |name: &str| -> Box<dyn Progress> {
        if arguments.quiet { Box::new(Quiet) } else { progress::for_stderr(name, Some(&bars)) }
    };
    let done = study.run(jobs, &stop, &display);
    let mut failed = 0;
    let mut finished = Vec::new();
    for (run, done) in study.runs().iter().zip(done) {
        if let Err(error) = &done {
            failed += 1;
            if !stop.load(Ordering::Relaxed) {
                complain(format_args!("{}-{}: {error}", run.variant, run.seed));
            }
        }
        finished.push(done.ok());
    }
    let stopped = finished.iter().flatten().any(|(outcome, _)| *outcome == Outcome::Stopped);
    if stopped || stop.load(Ordering::Relaxed) {
        complain(format_args!("stopped; the same command with --out {} goes on", folder.display()));
        return Ok(ExitCode::from(130));
    }
    let results = write_results(&study, &finished)?;
    if !arguments.quiet {
        report(&results, &folder)?;
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A table of the metric by variant and hour: mean and median over the seeds, and the worst.
fn report(results: &Results, folder: &Path) -> std::io::Result<()> {
    let hours = results.chosen_hours();
    let seeds = results.seeds.len();
    let names = results.variants.iter().map(|variant| variant.name.len()).max().unwrap_or(0) + 1;
    let (when, header) = if hours.is_empty() {
        ("over the whole run", String::new())
    } else {
        ("in the hour that ends at", hours.iter().map(|hour| format!("{:>24}", format!("{hour} h"))).collect())
    };
    say(format_args!("{} of {seeds} seeds, mean / median [worst] {when}", results.metric))?;
    if !header.is_empty() {
        say(format_args!("{:<names$}{header}", ""))?;
    }
    let cell = |mean: f64, median: f64, worst: f64| format!("{:>24}", format!("{mean:.1} / {median:.1} [{worst:.1}]"));
    for variant in &results.variants {
        let cells: String = match results.at_the_end(variant) {
            Some(end) if hours.is_empty() => cell(end.mean, end.median, end.worst),
            _ => hours.iter().filter_map(|hour| variant.hours.get(hour - 1)).map(|h| cell(h.mean, h.median, h.worst)).collect(),
        };
        let lost = seeds - variant.runs.len().min(seeds);
        let note = if lost > 0 { format!("  without {lost} of the seeds") } else { String::new() };
        say(format!("{:<names$}{cells}{note}", variant.name).trim_end())?;
    }
    say(format_args!("all of it lies in {}: study.json, study.csv, study.svg", folder.display()))
}
