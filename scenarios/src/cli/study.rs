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
    let folder = arguments.out.clone().unwrap_or_else(|| next_free(Path::new("runs"), &name));
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

fn next_free(parent: &Path, name: &str) -> PathBuf {
    let nth = |n: u64| parent.join(format!("study-{name}-{n}"));
    (1..).map(nth).find(|path| !path.exists()).unwrap_or_else(|| nth(0))
}

/// A table of the metric by variant and hour: mean over the seeds, and the worst.
fn report(results: &Results, folder: &Path) -> std::io::Result<()> {
    let last = results.variants.iter().map(|variant| variant.hours.len()).max().unwrap_or(0);
    let hours: Vec<usize> = [1, 2, 4, 8, 12, 16, 20, 50, 100].into_iter().filter(|&hour| hour <= last).collect();
    say(format_args!("{} of {} seeds, mean [worst] in the hour that ends at", results.metric, results.seeds.len()))?;
    let header: String = hours.iter().map(|hour| format!("{:>16}", format!("{hour} h"))).collect();
    say(format_args!("{:<10}{header}", ""))?;
    for variant in &results.variants {
        let cell = |&hour: &usize| {
            let found = variant.hours.get(hour - 1);
            format!("{:>16}", found.map_or(String::new(), |h| format!("{:.1} [{:.1}]", h.mean, h.worst)))
        };
        say(format_args!("{:<10}{}", variant.name, hours.iter().map(cell).collect::<String>()))?;
    }
    say(format_args!("all of it lies in {}: study.json, study.csv, study.svg", folder.display()))
}
