//! Progress of a run, for whoever watches: a bar on a terminal, a line now and then elsewhere, or nothing.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use embody_robots::Nanos;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Simulated so far.
    pub simulated: Nanos,
    /// To be simulated in all.
    pub total: Nanos,
    /// Simulated in this session, and the wall time that took.
    pub session: (Nanos, Duration),
    /// Name and last window's value of the task's first metric.
    pub metric: Option<(&'a str, f64)>,
}

impl Standing<'_> {
    fn text(&self) -> String {
        let (simulated, wall) = self.session;
        let speed = simulated.as_secs_f64() / wall.as_secs_f64().max(1e-9);
        let metric = self.metric.map_or(String::new(), |(name, value)| format!("  {name} {value:.0}"));
        format!("{:.0} of {:.0} s  {speed:.0} x real time{metric}", self.simulated.as_secs_f64(), self.total.as_secs_f64())
    }
}

/// Takes a run's standing, every few thousand steps.
pub trait Progress: Send {
    /// Where the run stands now.
    fn update(&mut self, standing: Standing<'_>);

    /// Something happened that people should know.
    fn note(&mut self, _text: &str) {}

    /// The run has ended, one way or another.
    fn end(&mut self) {}
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn update(&mut self, _standing: Standing<'_>) {}
}

/// A bar on a terminal.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar with a name, under others if there are any.
    pub fn new(name: &str, among: Option<&MultiProgress>) -> Bar {
        let bar = ProgressBar::new(1000);
        let bar = among.map_or(bar.clone(), |bars| bars.add(bar));
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {msg}  left {eta}") {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        Bar(bar)
    }
}

impl Progress for Bar {
    fn update(&mut self, standing: Standing<'_>) {
        self.0.set_position(1000 * standing.simulated.0 / standing.total.0.max(1));
        self.0.set_message(standing.text());
    }

    fn note(&mut self, text: &str) {
        self.0.suspend(|| tell(text));
    }

    fn end(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A line on standard error; whoever closed it doesn't want to know.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says what people should know, and no more.
pub struct Notes;

impl Progress for Notes {
    fn update(&mut self, _standing: Standing<'_>) {}

    fn note(&mut self, text: &str) {
        tell(text);
    }
}

/// A plain line at first and then every ten seconds of wall time, on standard error.
pub struct Lines {
    name: String,
    last: Option<Instant>,
}

impl Lines {
    /// Lines that begin with a name.
    pub fn new(name: &str) -> Lines {
        Lines { name: name.into(), last: None }
    }
}

impl Progress for Lines {
    fn update(&mut self, standing: Standing<'_>) {
        if self.last.is_none_or(|last| last.elapsed() > Duration::from_secs(10)) {
            self.last = Some(Instant::now());
            tell(&format!("{}: {}", self.name, standing.text()));
        }
    }

    fn note(&mut self, text: &str) {
        tell(&format!("{}: {text}", self.name));
    }
}

/// What suits standard error: a bar on a terminal, plain lines elsewhere.
pub fn for_stderr(name: &str, among: Option<&MultiProgress>) -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::new(name, among)) } else { Box::new(Lines::new(name)) }
}

/// A bar on a terminal; elsewhere nothing but what people should know.
pub fn on_terminal(name: &str) -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::new(name, None)) } else { Box::new(Notes) }
}
