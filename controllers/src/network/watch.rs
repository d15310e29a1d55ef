//! What a network that somebody brought along shows those who look on.

use embody_brain::Probe;

use super::NetworkController;
use crate::telemetry::{Activity, BINS, Histogram, PERIODS_PER_HISTOGRAM, Spike, Telemetry};

/// What is noted for those who look on.
pub(super) struct Watched {
    /// Control periods of the episode before this one.
    period: u64,
    /// The spikes of each readout.
    spikes: Vec<Vec<Spike>>,
}

impl Watched {
    /// For so many readouts.
    pub(super) fn new(readouts: usize) -> Watched {
        Watched { period: 0, spikes: vec![Vec::new(); readouts] }
    }

    /// A control period begins, after as many others of the episode.
    pub(super) fn begin(&mut self, period: u64) {
        self.period = period;
        self.spikes.iter_mut().for_each(Vec::clear);
    }

    /// Notes the spikes of a tick, for each readout.
    pub(super) fn tick(&mut self, tick: u32, spikes: &[Vec<u32>]) {
        for (noted, spikes) in self.spikes.iter_mut().zip(spikes) {
            noted.extend(spikes.iter().map(|&neuron| Spike { tick, neuron }));
        }
    }
}

impl NetworkController {
    /// What went on in the last control period.
    pub(super) fn show(&self, watched: &Watched) -> Telemetry {
        let mut telemetry = self.show_readings(watched, watched.period.is_multiple_of(PERIODS_PER_HISTOGRAM));
        self.add_spikes(watched, &mut telemetry.populations);
        telemetry
    }

    /// The same but for spikes, with or without weights.
    pub(super) fn show_readings(&self, watched: &Watched, weights: bool) -> Telemetry {
        let mut populations = self.silent();
        let read = populations.len() - watched.spikes.len();
        for activity in &mut populations[read..] {
            activity.membrane = self.network.probe(&Probe::Membrane(activity.name.clone())).unwrap_or_default();
        }
        let projections = self.spec.projections.iter().filter(|_| weights);
        let histogram = |name: &String| Some(Histogram::of(name, &self.network.weights(name)?, BINS));
        Telemetry {
            populations,
            weights: projections.filter_map(|projection| histogram(&projection.name)).collect(),
            counters: self.periphery.decoder.named(self.read()),
        }
    }

    /// The spikes of the last control period.
    pub(super) fn show_spikes(&self, watched: &Watched, out: &mut Vec<Activity>) {
        let inputs = usize::from(self.wiring.encoded.is_some());
        if out.len() != inputs + watched.spikes.len() {
            *out = self.silent();
        }
        out.iter_mut().for_each(|activity| activity.spikes.clear());
        self.add_spikes(watched, out);
    }

    /// The input that the encoder feeds, and the readouts, as if nothing went on in them.
    fn silent(&self) -> Vec<Activity> {
        let encoded = self.wiring.encoded.iter().map(|population| (&population.name, population.size));
        let readouts = self.wiring.readouts.iter().map(|(name, size)| (name, *size));
        encoded.chain(readouts).map(|(name, neurons)| Activity::silent(name, neurons)).collect()
    }

    fn add_spikes(&self, watched: &Watched, out: &mut [Activity]) {
        let (inputs, readouts) = out.split_at_mut(usize::from(self.wiring.encoded.is_some()));
        inputs.iter_mut().for_each(|input| input.spikes.extend(self.periphery.seen()));
        for (activity, spikes) in readouts.iter_mut().zip(&watched.spikes) {
            activity.spikes.extend_from_slice(spikes);
        }
    }
}
