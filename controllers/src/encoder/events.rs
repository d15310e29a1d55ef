//! Events to spikes: each event is one spike of its pixel's neuron, ON and OFF merged, at most one a tick.
//!
//! An event stamped t in (T - P, T], P being the control period, is delivered at the tick that holds t + P.

use embody_robots::{Event, Nanos};

/// Spreads the events of a control period over its ticks.
pub struct EventEncoder {
    width: usize,
    tick: u64,
    /// Spikes of each tick.
    spikes: Vec<Vec<u32>>,
}

impl EventEncoder {
    /// For a sensor of `width` pixels a row, and `ticks` ticks of length `tick` in a control period.
    pub fn new(width: u16, tick: Nanos, ticks: usize) -> Self {
        EventEncoder { width: usize::from(width), tick: tick.0, spikes: vec![Vec::new(); ticks] }
    }

    /// Takes the events of the control period that ended at `now`. Events from elsewhere in time are not of it and are left out.
    pub fn encode(&mut self, events: &[Event], now: Nanos) {
        self.spikes.iter_mut().for_each(Vec::clear);
        let period = self.tick * self.spikes.len() as u64;
        for event in events {
            // 0 < age < period: the event's place in the period, counted from its end.
            let Some(age) = now.0.checked_sub(event.t_ns).filter(|age| *age < period) else { continue };
            let tick = ((period - age).div_ceil(self.tick) - 1) as usize;
            self.spikes[tick].push((usize::from(event.y) * self.width + usize::from(event.x)) as u32);
        }
        for spikes in &mut self.spikes {
            spikes.sort_unstable();
            spikes.dedup();
        }
    }

    /// The spikes of each tick: neurons in order, without repeats.
    pub fn ticks(&self) -> &[Vec<u32>] {
        &self.spikes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_reach_the_tick_that_holds_their_time_plus_a_period() {
        let mut encoder = EventEncoder::new(16, Nanos::from_millis(1), 20);
        let event = |t_ns, x, y, on| Event { t_ns, y, x, on };
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
        encoder.encode(&events, Nanos::from_millis(40));
        let ticks = encoder.ticks();
        assert_eq!(ticks[0], [1, 2]);
        assert_eq!(ticks[1], [19], "one spike a tick, whatever the polarity");
        assert_eq!(ticks[19], [4]);
        assert_eq!(ticks.iter().map(Vec::len).sum::<usize>(), 4, "events from elsewhere in time are left out");
        encoder.encode(&[], Nanos::from_millis(60));
        assert!(encoder.ticks().iter().all(Vec::is_empty));
    }
}
