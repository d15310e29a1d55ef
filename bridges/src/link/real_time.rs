//! Keeping the pace of wall time: the schedule of control steps, deadlines, the watchdog, and the counts of all of it.
//!
//! Control step k is due at start + k periods of the monotonic clock, whatever happened before: there is no drift, and after a stall the
//! world catches up without waiting. Nothing here waits for the network longer than a deadline.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use embody_robots::Action;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// What the body does in a control period whose action isn't there in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeadlinePolicy {
    /// The last valid action, until the watchdog's time is over.
    #[default]
    Hold,
    /// Zeros, until the watchdog's time is over.
    Zero,
    /// The safe action at once: the first late action is one too many.
    Stop,
}

/// The pace of a loop in real time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealTimeSettings {
    /// Length of a control period.
    pub period: Duration,
    /// How long after an observation its action must be there; at most a period.
    pub deadline: Duration,
    /// What to do when it isn't.
    pub policy: DeadlinePolicy,
    /// How long the body may be without a valid action before it goes to its safe one.
    pub watchdog: Duration,
}

/// Quantiles of times (us).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half are below.
    pub p50: u64,
    /// Nine in ten are below.
    pub p90: u64,
    /// 99 in a hundred are below.
    pub p99: u64,
    /// 999 in a thousand are below.
    pub p999: u64,
    /// The greatest.
    pub max: u64,
}

/// What became of a loop in real time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealTimeReport {
    /// Length of a control period (us).
    pub period_us: u64,
    /// How long after an observation its action had to be there (us).
    pub deadline_us: u64,
    /// What was done when it wasn't.
    pub deadline_policy: DeadlinePolicy,
    /// How long the body could be without a valid action (us).
    pub watchdog_us: u64,
    /// Control steps.
    pub steps: u64,
    /// Control steps whose action was there in time.
    pub answered: u64,
    /// Control steps of an attached brain whose action wasn't there in time.
    pub missed_deadlines: u64,
    /// Actions that came after their deadline.
    pub late_actions: u64,
    /// Messages that couldn't be read.
    pub invalid_messages: u64,
    /// Messages that found the queue full.
    pub dropped_messages: u64,
    /// Control steps that began without a brain. They, the answered and the missed are all control steps.
    pub safe_steps: u64,
    /// How often the watchdog took the body from its brain.
    pub watchdog_trips: u64,
    /// From an observation's publication to its action's arrival (us), of all actions, late ones included.
    pub latency_us: Percentiles,
    /// How much later than due control steps began (us).
    pub jitter_us: Percentiles,
    /// How much later than due the last control step began (us): what the pace has lost since the start.
    pub drift_us: u64,
}

/// A loop in real time.
pub struct RealTime {
    settings: RealTimeSettings,
    safe: Action,
    /// The brain's last action, as the policy left it.
    last: Action,
    /// Whether a brain has the body that has had no step yet.
    fresh: bool,
    /// Whether it has answered in time since it attached: until then the body does its safe action.
    proven: bool,
    start: Option<Instant>,
    last_valid: Instant,
    report: RealTimeReport,
    /// When the last observations were published, by their sequence.
    published: VecDeque<(u64, Instant)>,
    latency: Histogram<u64>,
    jitter: Histogram<u64>,
}

/// Observations whose publication is remembered, for the latency of late actions.
const REMEMBERED: usize = 256;

impl RealTime {
    /// A loop whose body is safe under `safe`; its clock starts with its first control step.
    pub fn new(settings: RealTimeSettings, safe: Action) -> RealTime {
        let report = RealTimeReport {
            period_us: microseconds(settings.period),
            deadline_us: microseconds(settings.deadline),
            deadline_policy: settings.policy,
            watchdog_us: microseconds(settings.watchdog),
            steps: 0,
            answered: 0,
            missed_deadlines: 0,
            late_actions: 0,
            invalid_messages: 0,
            dropped_messages: 0,
            safe_steps: 0,
            watchdog_trips: 0,
            latency_us: Percentiles::default(),
            jitter_us: Percentiles::default(),
            drift_us: 0,
        };
        let last = safe.clone();
        let now = Instant::now();
        RealTime {
            settings,
            safe,
            last,
            fresh: false,
            proven: false,
            start: None,
            last_valid: now,
            report,
            published: VecDeque::with_capacity(REMEMBERED),
            latency: times(),
            jitter: times(),
        }
    }

    /// When the next control step is due; the first one starts the clock.
    pub(super) fn due(&mut self) -> Instant {
        let start = *self.start.get_or_insert_with(Instant::now);
        start + self.simulated()
    }

    /// A control step begins, at `due` or later.
    pub(super) fn begin(&mut self, due: Instant) {
        let late = microseconds(due.elapsed());
        self.jitter.saturating_record(late);
        self.report.drift_us = late;
        self.report.steps += 1;
    }

    /// Until when the action of the control step that was due at `due` counts.
    pub(super) fn deadline(&self, due: Instant) -> Instant {
        due + self.settings.deadline
    }

    /// A brain has the body from now on.
    pub(super) fn attached(&mut self) {
        self.published.clear();
        self.last_valid = Instant::now();
        self.last.clone_from(&self.safe);
        (self.fresh, self.proven) = (true, false);
    }

    /// Whether the brain sees its first step now; from then on it doesn't.
    pub(super) fn takes_over(&mut self) -> bool {
        std::mem::take(&mut self.fresh)
    }

    /// The brain's last action, as the policy left it.
    pub(super) fn last(&self) -> &Action {
        &self.last
    }

    /// Observation `sequence` is published now.
    pub(super) fn published(&mut self, sequence: u64) {
        if self.published.len() == REMEMBERED {
            self.published.pop_front();
        }
        self.published.push_back((sequence, Instant::now()));
    }

    /// The action to the newest observation came in time.
    pub(super) fn answered(&mut self, sequence: u64, action: Action) {
        self.note_latency(sequence);
        self.last = action;
        self.last_valid = Instant::now();
        self.proven = true;
        self.report.answered += 1;
    }

    fn note_latency(&mut self, sequence: u64) {
        if let Some((_, at)) = self.published.iter().find(|(known, _)| *known == sequence) {
            self.latency.saturating_record(microseconds(at.elapsed()));
        }
    }

    /// It didn't: the last action becomes what the policy says. True if the brain must give up the body.
    pub(super) fn missed(&mut self) -> bool {
        self.report.missed_deadlines += 1;
        match self.settings.policy {
            // A brain that has just attached may take a moment to its first action.
            _ if !self.proven => (),
            DeadlinePolicy::Hold => (),
            DeadlinePolicy::Zero => self.last.fields.iter_mut().flatten().for_each(|value| *value = 0.0),
            DeadlinePolicy::Stop => return true,
        }
        self.last_valid.elapsed() > self.settings.watchdog
    }

    /// The brain has given up the body.
    pub(super) fn tripped(&mut self) {
        self.report.watchdog_trips += 1;
    }

    /// The safe action.
    pub(super) fn safe(&self) -> &Action {
        &self.safe
    }

    /// A control step began without a brain.
    pub(super) fn unattended(&mut self) {
        self.report.safe_steps += 1;
    }

    /// An action came after its deadline, and moves nothing.
    pub(super) fn late(&mut self, sequence: u64) {
        self.note_latency(sequence);
        self.report.late_actions += 1;
    }

    /// A message couldn't be read. True if it is the first one.
    pub(super) fn invalid(&mut self) -> bool {
        self.report.invalid_messages += 1;
        self.report.invalid_messages == 1
    }

    /// Time of all control steps so far.
    fn simulated(&self) -> Duration {
        let period = u64::try_from(self.settings.period.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(period.saturating_mul(self.report.steps))
    }

    /// What became of it so far.
    pub(super) fn report(&self, dropped_messages: u64) -> RealTimeReport {
        RealTimeReport {
            dropped_messages,
            latency_us: percentiles(&self.latency),
            jitter_us: percentiles(&self.jitter),
            ..self.report.clone()
        }
    }
}

/// Times in us up to the longest that is told, to three digits, in memory of a fixed size.
fn times() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).unwrap_or_else(|_| unreachable!("these bounds can be had"))
}

/// Longer times count as this one (us).
const LONGEST_US: u64 = 60_000_000;

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn percentiles(histogram: &Histogram<u64>) -> Percentiles {
    let at = |quantile| histogram.value_at_quantile(quantile);
    Percentiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: histogram.max() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real_time(policy: DeadlinePolicy) -> RealTime {
        let settings = RealTimeSettings {
            period: Duration::from_millis(20),
            deadline: Duration::from_millis(10),
            policy,
            watchdog: Duration::from_millis(50),
        };
        RealTime::new(settings, Action { fields: vec![vec![0.0, 0.5]] })
    }

    #[test]
    fn steps_are_due_a_period_apart_whenever_they_began() {
        let mut loops = real_time(DeadlinePolicy::Hold);
        let first = loops.due();
        for step in 1..5 {
            let due = loops.due();
            let until = due + Duration::from_millis(step);
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            loops.begin(due);
            assert_eq!(loops.due() - first, Duration::from_millis(20 * step));
        }
        assert_eq!(loops.report(3).steps, 4);
        assert!(loops.report(0).jitter_us.max >= 4000, "lateness is noted");
    }

    #[test]
    fn long_times_are_told_as_they_are() {
        let mut loops = real_time(DeadlinePolicy::Hold);
        let action = Action { fields: vec![vec![0.0, 0.0]] };
        for (sequence, milliseconds) in (0..).zip([1, 2, 3, 4, 250]) {
            loops.published.push_back((sequence, Instant::now() - Duration::from_millis(milliseconds)));
            if milliseconds == 250 { loops.late(sequence) } else { loops.answered(sequence, action.clone()) }
        }
        loops.late(77);
        let latency = loops.report(0).latency_us;
        assert!((3000..3100).contains(&latency.p50) && (250_000..251_000).contains(&latency.max), "{latency:?}");
    }

    #[test]
    fn each_policy_does_what_it_is_called() {
        let before = Action { fields: vec![vec![1.0, 2.0]] };
        let after = |policy| {
            let mut loops = real_time(policy);
            loops.attached();
            assert!(!loops.missed(), "the first action may take its time");
            loops.answered(0, before.clone());
            let given_up = loops.missed();
            (loops.last().clone(), given_up)
        };
        assert_eq!(after(DeadlinePolicy::Hold), (before.clone(), false));
        assert_eq!(after(DeadlinePolicy::Zero), (Action { fields: vec![vec![0.0, 0.0]] }, false));
        assert_eq!(after(DeadlinePolicy::Stop), (before.clone(), true));
    }

    #[test]
    fn the_watchdog_waits_its_time_from_the_last_valid_action() {
        let mut loops = real_time(DeadlinePolicy::Hold);
        loops.answered(0, Action { fields: vec![vec![1.0, 2.0]] });
        assert!(!loops.missed());
        std::thread::sleep(Duration::from_millis(60));
        assert!(loops.missed());
        assert_eq!(loops.safe().fields, [[0.0, 0.5]], "the body's own safe action, not zeros");
    }
}
