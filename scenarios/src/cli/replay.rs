//! `embody replay`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use embody_robots::{Nanos, Tally};

use super::{Failure, say, signals};
use crate::moment::Moment;
use crate::recording::{Recording, Verified, refuse_foreign, verify};
use crate::registry::Registry;
use crate::run::folder::{CONFIG, RECORDING, SUMMARY};
use crate::run::progress::{self, Quiet, Standing};
use crate::run::{Progress, scenario_of};
use crate::words;

/// Arguments of `embody replay`.
#[derive(Args)]
pub struct Arguments {
    /// Folder of a run that was recorded (embody run --record)
    folder: PathBuf,
    /// Runs it again and compares every observation, action and reward with the recording: what is done unless told otherwise
    #[arg(long, conflicts_with = "follow")]
    verify: bool,
    /// Only plays the recording, and runs nothing
    #[arg(long)]
    follow: bool,
    /// With --follow, how many times as fast as it was [default: 1 on a terminal, otherwise as fast as it goes]
    #[arg(long, requires = "follow", value_parser = speed)]
    speed: Option<f64>,
    /// No progress
    #[arg(long)]
    quiet: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("expected a number, found {text:?}"))?;
    if speed > 0.0 && speed <= 1e6 { Ok(speed) } else { Err(format!("expected above 0, at most 1000000, found {speed}")) }
}

/// Replays a run.
pub fn replay(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let stop = signals::stop_flag()?;
    if arguments.folder.is_file() {
        return Err(format!(
            "{}: expected a run folder, found a file; name the folder that it lies in",
            arguments.folder.display()
        )
        .into());
    }
    if arguments.follow {
        follow(registry, arguments, &stop)?;
    } else {
        compare(registry, arguments, &stop)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(registry: &Arc<Registry>, arguments: &Arguments, stop: &AtomicBool) -> Result<(), Failure> {
    let watched = !arguments.quiet && std::io::stderr().is_terminal();
    let period = Recording::open(&arguments.folder.join(RECORDING))?.info().control_period;
    let mut progress: Box<dyn Progress> = if watched { progress::for_stderr("replay", None) } else { Box::new(Quiet) };
    let started = Instant::now();
    let verified = verify(registry, &arguments.folder, stop, &mut |done, all| {
        if done.is_multiple_of(1000) {
            let steps = |n: u64| Nanos(n * period.0);
            let session = (steps(done), started.elapsed());
            progress.update(Standing { simulated: steps(done), total: steps(all), session, metric: None });
        }
    });
    progress.end();
    report(&arguments.folder, &verified?)
}

fn report(folder: &Path, verified: &Verified) -> Result<(), Failure> {
    let Verified { records, control_steps, trace, summary } = verified;
    say(format_args!("verified: every observation, action and reward of {control_steps} control steps is as recorded"))?;
    say(format_args!("step records: {records}"))?;
    let summary_path = folder.join(SUMMARY);
    if let Some(summary) = summary.as_ref().filter(|summary| summary.control_steps > *control_steps) {
        let (path, steps) = (folder.join(RECORDING), summary.control_steps);
        return Err(format!(
            "{}: it is cut off: expected {steps} control steps, as {} tells, found {control_steps}",
            path.display(),
            summary_path.display()
        )
        .into());
    }
    let against = match summary {
        Some(summary) if summary.control_steps == *control_steps => format!("as in {}", summary_path.display()),
        Some(summary) => {
            format!("where the recording ends; {} tells of {} control steps", summary_path.display(), summary.control_steps)
        }
        None => "where the recording ends; the run has no summary yet".into(),
    };
    say(format_args!("trace {trace}, {against}"))?;
    Ok(())
}

/// Simulated time between two lines where nobody watches.
const LINE: Nanos = Nanos::from_secs(10);

/// Wall time between two looks where somebody does.
const LOOK: Duration = Duration::from_millis(100);

fn follow(registry: &Arc<Registry>, arguments: &Arguments, stop: &AtomicBool) -> Result<(), Failure> {
    let recording = Recording::open(&arguments.folder.join(RECORDING))?;
    // One that lies alone is what it says it is.
    if arguments.folder.join(CONFIG).is_file() {
        refuse_foreign(registry, &recording, &scenario_of(registry, &arguments.folder, &[])?)?;
    }
    let live = std::io::stdout().is_terminal();
    let speed = arguments.speed.or(live.then_some(1.0));
    let pause = |simulated: Nanos| speed.map(|speed| Duration::from_secs_f64(simulated.as_secs_f64() / speed));
    let every = match speed.filter(|_| live) {
        Some(speed) => Nanos(((LOOK.as_secs_f64() * speed * 1e9) as u64).max(recording.info().control_period.0)),
        None => LINE,
    };
    let (started, end) = (Instant::now(), recording.end());
    let mut time = Nanos::ZERO;
    while !stop.load(Ordering::Relaxed) {
        if let Some(due) = pause(time) {
            std::thread::sleep(due.saturating_sub(started.elapsed()));
        }
        let line = line(&recording.moment_at(time)?, end);
        if live {
            // Over the line before, of which nothing may be left.
            write!(std::io::stdout(), "\r\x1b[2K{line}")?;
            std::io::stdout().flush()?;
        } else {
            say(line)?;
        }
        if time >= end {
            break;
        }
        time = Nanos(time.0.saturating_add(every.0).min(end.0));
    }
    if live {
        say("")?;
    }
    if !recording.is_complete() {
        say("the recording isn't ended: it goes on, or was cut off; what its last whole chunk holds was played")?;
    }
    Ok(())
}

fn line(moment: &Moment, end: Nanos) -> String {
    let metrics = moment
        .tallies
        .iter()
        .map(|tally| format!("{} {:.3}", words::metric(&tally.name), Tally::ratio(tally.numerator, tally.denominator)));
    let (time, end, reward) = (moment.time.as_secs_f64(), end.as_secs_f64(), moment.step.reward);
    let facts: Vec<String> =
        [format!("{time:.2} of {end:.2} s"), format!("reward {reward:.3}")].into_iter().chain(metrics).collect();
    facts.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_above_nothing() {
        assert_eq!(speed("2.5"), Ok(2.5));
        for wrong in ["0", "-1", "nan", "inf", "fast"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
