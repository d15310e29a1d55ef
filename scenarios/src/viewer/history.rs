//! What happened lately: the spikes of the last second, the events of the last moments, and the curves of the whole run.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use embody_controllers::telemetry::{Histogram, Telemetry};
use embody_robots::{Event, Nanos, StepKind, Tally, TimeStep};

use super::series::Series;

/// How far back the raster reaches.
pub(super) const RASTER: Nanos = Nanos::from_secs(1);

/// How long an event is seen.
pub(super) const GLOW: Nanos = Nanos::from_millis(100);

/// Spikes that are kept at most; beyond, the oldest are dropped early.
const MOST_SPIKES: usize = 200_000;

/// Spans that curves begin with.
const REWARD_SPAN: Nanos = Nanos::from_secs(1);
const METRIC_SPAN: Nanos = Nanos::from_secs(10);

/// Periods of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Periods {
    pub control: Nanos,
    pub tick: Nanos,
}

/// A population of the raster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    pub name: String,
    pub size: u32,
    /// Spikes so far.
    pub spikes: u64,
}

/// A spike of the raster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dot {
    /// When, in the run's time.
    pub time: Nanos,
    /// Which population, and which neuron of it.
    pub population: usize,
    pub neuron: u32,
}

/// The events of a field of the observation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Events with their times in the run, oldest first.
    pub recent: VecDeque<(Nanos, Event)>,
    /// Events so far.
    pub count: u64,
}

/// The curves of something whose end is known.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub reward: Series,
    pub metric: Option<(String, Series)>,
    pub span: [Nanos; 2],
}

/// What happened lately.
#[derive(Clone, Debug)]
pub(crate) struct History {
    periods: Periods,
    pub now: Nanos,
    /// From when on it knows.
    pub since: Nanos,
    /// Whether control periods may be missing: their spikes then stand side by side, without the gaps between them.
    in_parts: bool,
    /// The curves of the whole, where it has an end: empty until they are known.
    pub course: Option<Arc<OnceLock<Course>>>,
    pub populations: Vec<Rows>,
    pub spikes: VecDeque<Dot>,
    pub events: Vec<Seen>,
    pub reward: Series,
    rewards: [f64; 2],
    pub metric: Option<(String, Series)>,
    pub weights: Vec<Histogram>,
    pub counters: Vec<(String, f64)>,
    /// Control periods whose spikes were seen: all of them, but of a world elsewhere.
    pub periods_seen: u64,
}

impl History {
    /// Nothing yet, at `since` in the run.
    pub fn new(periods: Periods, since: Nanos) -> History {
        History {
            periods,
            now: since,
            since,
            in_parts: false,
            course: None,
            populations: Vec::new(),
            spikes: VecDeque::new(),
            events: Vec::new(),
            reward: Series::new(REWARD_SPAN),
            rewards: [0.0; 2],
            metric: None,
            weights: Vec::new(),
            counters: Vec::new(),
            periods_seen: 0,
        }
    }

    /// The same, of which only some control periods will be heard.
    pub fn heard_in_parts(periods: Periods, since: Nanos) -> History {
        History { in_parts: true, ..History::new(periods, since) }
    }

    /// The same, of something whose curves are known, or will be.
    pub fn of_a_course(periods: Periods, since: Nanos, course: Arc<OnceLock<Course>>) -> History {
        History { course: Some(course), ..History::new(periods, since) }
    }

    /// The newest end of the raster: the run's time, or, heard in parts, that of all that was heard.
    pub fn raster_now(&self) -> Nanos {
        if self.in_parts { Nanos(self.periods_seen * self.periods.control.0) } else { self.now }
    }

    /// How many control periods passed for each whose spikes were heard; 1 where none is missed.
    pub fn passed_per_heard(&self) -> f64 {
        if !self.in_parts {
            return 1.0;
        }
        let passed = self.now.0.saturating_sub(self.since.0) / self.periods.control.0.max(1);
        passed as f64 / self.periods_seen.max(1) as f64
    }

    /// Takes the time step that was reached at `time` in the run.
    pub fn step(&mut self, time: Nanos, step: &TimeStep) {
        self.now = time;
        if step.kind != StepKind::First {
            self.rewards = [self.rewards[0] + f64::from(step.reward), self.rewards[1] + 1.0];
        }
        if self.rewards[1] <= 1.0 {
            self.reward.enter(Nanos(time.0.saturating_sub(self.periods.control.0)), 0.0, 0.0);
        }
        self.reward.push(time, self.rewards[0], self.rewards[1]);
        self.events.resize_with(step.observation.fields.len(), Seen::default);
        for (index, seen) in self.events.iter_mut().enumerate() {
            let events = step.observation.events(index);
            seen.count += events.len() as u64;
            // An event's time is that of its episode.
            let at = |event: &Event| Nanos(time.0.saturating_sub(step.time.0.saturating_sub(event.t_ns)));
            seen.recent.extend(events.iter().map(|event| (at(event), *event)));
            while seen.recent.front().is_some_and(|(at, _)| at.0 + GLOW.0 < time.0) {
                seen.recent.pop_front();
            }
        }
        self.forget_spikes();
    }

    fn forget_spikes(&mut self) {
        let now = self.raster_now();
        while self.spikes.len() > MOST_SPIKES || self.spikes.front().is_some_and(|dot| dot.time.0 + RASTER.0 < now.0) {
            self.spikes.pop_front();
        }
    }

    /// Takes what went on in the brain in the control period that ended at `now`.
    pub fn brain(&mut self, telemetry: &Telemetry) {
        self.periods_seen += u64::from(!telemetry.populations.is_empty());
        let began = self.raster_now().0.saturating_sub(self.periods.control.0);
        for activity in &telemetry.populations {
            let known = self.populations.iter().position(|rows| rows.name == activity.name);
            let population = known.unwrap_or_else(|| {
                self.populations.push(Rows { name: activity.name.clone(), size: activity.size, spikes: 0 });
                self.populations.len() - 1
            });
            self.populations[population].spikes += activity.spikes.len() as u64;
            self.spikes.extend(activity.spikes.iter().map(|spike| Dot {
                time: Nanos(began + u64::from(spike.tick) * self.periods.tick.0),
                population,
                neuron: spike.neuron,
            }));
        }
        self.forget_spikes();
        if !telemetry.weights.is_empty() {
            self.weights.clone_from(&telemetry.weights);
        }
        if !telemetry.counters.is_empty() {
            self.counters.clone_from(&telemetry.counters);
        }
    }

    /// Takes the task's metrics as they stand now; the first is the one whose curve is drawn.
    pub fn tallies(&mut self, tallies: &[Tally]) {
        let Some(first) = tallies.first() else { return };
        let series = self.metric.get_or_insert_with(|| {
            let mut series = Series::new(METRIC_SPAN);
            series.enter(self.now, first.numerator, first.denominator);
            (first.name.clone(), series)
        });
        series.1.push(self.now, first.numerator, first.denominator);
    }

    /// Mean firing rate of the population of that number over the raster's time (Hz).
    pub fn rate_hz(&self, population: usize) -> f64 {
        let seen = Nanos(self.periods_seen * self.periods.control.0).0.min(RASTER.0);
        let spikes = self.spikes.iter().filter(|dot| dot.population == population).count();
        let neurons = f64::from(self.populations.get(population).map_or(1, |rows| rows.size.max(1)));
        if seen > 0 { spikes as f64 / Nanos(seen).as_secs_f64() / neurons } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use embody_controllers::telemetry::{Activity, Spike};
    use embody_robots::{EventBuffer, Field, Observation};

    use super::*;

    const PERIODS: Periods = Periods { control: Nanos::from_millis(20), tick: Nanos::from_millis(1) };

    fn step(time: Nanos, reward: f32) -> TimeStep {
        let mut events = EventBuffer::new(8);
        events.refill(|out| out.push(Event { t_ns: time.0.saturating_sub(1_000_000), y: 0, x: 3, on: true }));
        TimeStep { kind: StepKind::Mid, time, reward, observation: Observation { fields: vec![Field::Events(events)] } }
    }

    #[test]
    fn the_last_second_is_kept_and_no_more() {
        let mut history = History::new(PERIODS, Nanos::ZERO);
        let spikes = vec![Spike { tick: 0, neuron: 7 }, Spike { tick: 19, neuron: 2 }];
        let motor = Activity { name: "motor".into(), size: 8, spikes, membrane: Vec::new() };
        let telemetry = Telemetry { populations: vec![motor], ..Telemetry::default() };
        for index in 1..=200 {
            let time = Nanos::from_millis(20 * index);
            history.step(time, &step(time, 0.5));
            history.brain(&telemetry);
        }
        assert_eq!(history.spikes.len(), 100, "two in each of the last fifty periods");
        assert_eq!(history.spikes.back().map(|dot| dot.time), Some(Nanos::from_millis(3999)));
        assert_eq!(history.events[0].recent.len(), 5, "a tenth of a second");
        assert_eq!(history.events[0].count, 200);
        assert!((history.rate_hz(0) - 12.5).abs() < 1e-9);
        assert!(history.reward.points().iter().all(|point| (point[1] - 0.5).abs() < 1e-6));
    }

    #[test]
    fn periods_that_are_heard_in_parts_stand_side_by_side() {
        let mut history = History::heard_in_parts(PERIODS, Nanos::from_secs(7));
        let motor = Activity { name: "motor".into(), size: 8, spikes: vec![Spike { tick: 5, neuron: 7 }], membrane: Vec::new() };
        let telemetry = Telemetry { populations: vec![motor], ..Telemetry::default() };
        for index in 1..=60 {
            let time = Nanos::from_millis(7000 + 2000 * index);
            history.step(time, &step(time, 0.5));
            history.brain(&telemetry);
        }
        assert_eq!(history.spikes.len(), 50, "one in each of the fifty that fit");
        assert_eq!(history.spikes.back().map(|dot| dot.time), Some(Nanos::from_millis(59 * 20 + 5)));
        assert_eq!(history.raster_now(), Nanos::from_millis(1200));
        assert!((history.passed_per_heard() - 100.0).abs() < 1e-9, "one of a hundred: {}", history.passed_per_heard());
    }

    #[test]
    fn a_history_that_begins_in_the_middle_knows_nothing_of_before() {
        let mut history = History::new(PERIODS, Nanos::from_secs(100));
        let time = Nanos(Nanos::from_secs(100).0 + PERIODS.control.0);
        history.step(time, &step(Nanos::from_millis(20), 1.0));
        assert!(history.reward.points().is_empty(), "20 ms are no second");
        for step_index in 2..=50 {
            let time = Nanos(Nanos::from_secs(100).0 + step_index * PERIODS.control.0);
            history.step(time, &step(Nanos(step_index * PERIODS.control.0), 1.0));
        }
        assert!((history.reward.points()[0][1] - 1.0).abs() < 1e-9);
        let last = history.events[0].recent.back().map(|(at, _)| *at);
        assert_eq!(last, Some(Nanos(Nanos::from_secs(101).0 - 1_000_000)), "an event's time is that of its episode");
        let tally = |numerator| Tally { name: "a".into(), numerator, denominator: 1.0 };
        history.tallies(&[tally(50.0)]);
        assert!(history.metric.as_ref().unwrap().1.points().is_empty());
    }
}
