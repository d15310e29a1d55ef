//! Encoders: from an observation to the spikes of each tick.
//!
//! All event cameras of a body are seen by one population: the neurons of one camera after those of another, in the order of the
//! observation. A neuron looks at one cell of its camera's image: a pixel, or a window of pixels.

mod grid;
mod pixels;
mod windows;

use embody_robots::{Nanos, Observation, ObservationSpec};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use grid::Grid;
pub use windows::WindowSettings;
use windows::Windows;

/// How events become spikes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EncoderSettings {
    /// Each event is a spike of its pixel's neuron.
    #[default]
    Pixels,
    /// Each window of pixels has a neuron that fires at a rate that follows its events.
    Windows(WindowSettings),
}

/// Turns the events of a control period into the spikes of its ticks.
pub struct Encoder {
    grids: Vec<Grid>,
    code: Code,
    tick: Nanos,
    /// Spikes of each tick.
    spikes: Vec<Vec<u32>>,
}

/// The law from events to spikes, with its state.
enum Code {
    Pixels,
    Windows(Box<Windows>),
}

impl Encoder {
    /// For the cameras of a body, and `ticks` ticks of length `tick` in a control period; random numbers, if any, follow from `seed`.
    ///
    /// # Errors
    /// If the body has no event camera, or a setting can't be or doesn't fit a camera's image.
    pub fn new(
        settings: &EncoderSettings,
        observation: &ObservationSpec,
        tick: Nanos,
        ticks: usize,
        seed: u64,
    ) -> Result<Self, String> {
        let (cell, code) = match settings {
            EncoderSettings::Pixels => ([1, 1], Code::Pixels),
            EncoderSettings::Windows(windows) => {
                ([windows.width, windows.height], Code::Windows(Box::new(Windows::new(windows, seed)?)))
            }
        };
        let grids = Grid::all(observation, cell)?;
        Ok(Encoder { grids, code, tick, spikes: vec![Vec::new(); ticks] })
    }

    /// One that sees nothing: no neurons, for a network that is fed otherwise.
    pub(crate) fn blind(tick: Nanos, ticks: usize) -> Self {
        Encoder { grids: Vec::new(), code: Code::Pixels, tick, spikes: vec![Vec::new(); ticks] }
    }

    /// Takes the events of the control period that ended at `now`. Events from elsewhere in time are not of it and are left out.
    pub fn encode(&mut self, observation: &Observation, now: Nanos) {
        self.spikes.iter_mut().for_each(Vec::clear);
        let period = self.tick.0 * self.spikes.len() as u64;
        // 0 <= age < period: the event's place in the period, counted from its end.
        let age = |t_ns: u64| now.0.checked_sub(t_ns).filter(|age| *age < period);
        let seen = self.grids.iter().flat_map(|grid| {
            let events = observation.events(grid.field).iter();
            events.filter_map(move |event| Some((period - age(event.t_ns)?, grid.neuron(event))))
        });
        match &mut self.code {
            Code::Pixels => pixels::encode(seen, self.tick, &mut self.spikes),
            Code::Windows(windows) => {
                let neurons = self.grids.iter().map(Grid::neurons).sum();
                windows.encode(seen.map(|(_, neuron)| neuron), neurons, self.tick, &mut self.spikes);
            }
        }
    }

    /// The spikes of each tick: neurons in order, without repeats.
    pub fn ticks(&self) -> &[Vec<u32>] {
        &self.spikes
    }

    /// The neurons of each camera.
    pub fn grids(&self) -> &[Grid] {
        &self.grids
    }

    /// Neurons in all.
    pub fn neurons(&self) -> usize {
        self.grids.iter().map(Grid::neurons).sum()
    }

    /// All that changes: the random numbers to come, if any are drawn.
    pub fn state(&self) -> Option<&ChaCha8Rng> {
        match &self.code {
            Code::Pixels => None,
            Code::Windows(windows) => Some(windows.random()),
        }
    }

    /// Continues from a state; refuses that of another kind of encoder.
    pub fn set_state(&mut self, state: Option<ChaCha8Rng>) -> Result<(), String> {
        match (&mut self.code, state) {
            (Code::Pixels, None) => (),
            (Code::Windows(windows), Some(random)) => windows.set_random(random),
            _ => return Err("the encoder is of another kind".into()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embody_robots::{Event, Field, FieldKind, ObservationField};

    /// Two cameras of 16 x 16 pixels, with a field in between that is none.
    fn two_cameras() -> ObservationSpec {
        let field = |name: &str, kind| ObservationField { name: name.into(), kind };
        let camera = FieldKind::Events { width: 16, height: 16, max_events: 10_000 };
        let joints = FieldKind::Dense { shape: vec![2], unit: "rad".into(), bounds: [-1.0, 1.0] };
        ObservationSpec { fields: vec![field("left", camera.clone()), field("joints", joints), field("right", camera)] }
    }

    fn event(t_ns: u64, x: u16, y: u16, on: bool) -> Event {
        Event { t_ns, y, x, on }
    }

    fn seen(left: &[Event], right: &[Event]) -> Observation {
        let mut observation = Observation::from_spec(&two_cameras());
        for (field, events) in [(0, left), (2, right)] {
            let Field::Events(buffer) = &mut observation.fields[field] else { unreachable!() };
            buffer.refill(|out| out.extend_from_slice(events));
        }
        observation
    }

    fn encoder(settings: &EncoderSettings) -> Result<Encoder, String> {
        Encoder::new(settings, &two_cameras(), Nanos::from_millis(1), 20, 7)
    }

    #[test]
    fn events_reach_the_tick_that_holds_their_time_plus_a_period() {
        let mut encoder = encoder(&EncoderSettings::Pixels).unwrap();
        // The period is (20 ms, 40 ms]; tick k holds (k, k + 1] ms of it.
        let events = [
            event(20_000_000, 9, 9, true),
            event(20_000_001, 1, 0, true),
            event(21_000_000, 2, 0, true),
            event(21_000_001, 3, 1, false),
            event(21_500_000, 3, 1, true),
            event(40_000_000, 4, 0, true),
            event(40_000_001, 9, 9, true),
        ];
        encoder.encode(&seen(&events, &[event(40_000_000, 0, 1, true)]), Nanos::from_millis(40));
        let ticks = encoder.ticks();
        assert_eq!(ticks[0], [1, 2]);
        assert_eq!(ticks[1], [19], "one spike a tick, whatever the polarity");
        assert_eq!(ticks[19], [4, 256 + 16], "the second camera's neurons come after those of the first");
        assert_eq!(ticks.iter().map(Vec::len).sum::<usize>(), 5, "events from elsewhere in time are left out");
        encoder.encode(&seen(&[], &[]), Nanos::from_millis(60));
        assert!(encoder.ticks().iter().all(Vec::is_empty));
        assert_eq!(encoder.neurons(), 512);
    }

    #[test]
    fn a_window_fires_at_the_rate_of_its_events_up_to_the_greatest() {
        let windows = WindowSettings { max_rate_hz: 50.0, ..WindowSettings::default() };
        let mut encoder = encoder(&EncoderSettings::Windows(windows)).unwrap();
        assert_eq!(encoder.neurons(), 8);
        // Five events in the first camera's upper right window, a hundred in the second's lower left one.
        let few: Vec<Event> = (0..5).map(|i| event(21_000_000, 8 + i, 15, true)).collect();
        let many: Vec<Event> = (0..100).map(|i| event(22_000_000 + u64::from(i), i % 8, i / 16, false)).collect();
        let observation = seen(&few, &many);
        let mut counts = [0.0; 8];
        const PERIODS: usize = 20_000;
        for _ in 0..PERIODS {
            encoder.encode(&observation, Nanos::from_millis(40));
            for neuron in encoder.ticks().iter().flatten() {
                counts[*neuron as usize] += 1.0 / PERIODS as f64;
            }
        }
        // 0.06 x 5 spikes a period, and 50 Hz x 20 ms; standard errors are 0.004 and 0.007.
        assert!((counts[3] - 0.3).abs() < 0.02, "{counts:?}");
        assert!((counts[4] - 1.0).abs() < 0.03, "{counts:?}");
        assert_eq!(counts.iter().filter(|count| **count > 0.0).count(), 2);
    }

    #[test]
    fn windows_that_do_not_fit_are_named() {
        let said = |windows| encoder(&EncoderSettings::Windows(windows)).err().unwrap();
        let usual = WindowSettings::default();
        let narrow = said(WindowSettings { width: 5, ..usual.clone() });
        assert!(narrow.contains("encoder.windows.width") && narrow.contains("16") && narrow.contains("found 5"), "{narrow}");
        assert!(said(WindowSettings { height: 0, ..usual.clone() }).contains("encoder.windows.height"));
        assert!(said(WindowSettings { spikes_per_event: f64::NAN, ..usual.clone() }).contains("spikes_per_event"));
        assert!(said(WindowSettings { max_rate_hz: -1.0, ..usual }).contains("max_rate_hz"));
        let blind = ObservationSpec { fields: vec![two_cameras().fields[1].clone()] };
        let said = Encoder::new(&EncoderSettings::Pixels, &blind, Nanos::from_millis(1), 20, 7).err().unwrap();
        assert!(said.contains("no event camera"), "{said}");
    }
}
