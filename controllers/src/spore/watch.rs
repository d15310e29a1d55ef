//! What a SPORE controller shows those who look on.

use embody_brain::Probe;

use super::SporeController;
use super::network::{MOTOR, PROJECTION, VISUAL};
use crate::controller::Map;
use crate::telemetry::{Activity, BINS, Histogram, PERIODS_PER_HISTOGRAM, Spike, Telemetry};

/// What is noted for those who look on.
#[derive(Default)]
pub(super) struct Watched {
    /// Control periods of the episode before this one: what is shown follows from the loop, not from when one began to look on.
    period: u64,
    dopamine: f64,
    spikes: Vec<Spike>,
}

impl Watched {
    /// A control period begins, after as many others of the episode.
    pub(super) fn begin(&mut self, period: u64, dopamine: f32) {
        (self.period, self.dopamine) = (period, dopamine.into());
        self.spikes.clear();
    }

    /// Notes the motor neurons' spikes of a tick.
    pub(super) fn tick(&mut self, tick: u32, spikes: &[u32]) {
        self.spikes.extend(spikes.iter().map(|neuron| Spike { tick, neuron: *neuron }));
    }
}

impl SporeController {
    /// What each visual neuron speaks for, a map for each camera.
    pub(super) fn preferences(&self) -> Vec<Map> {
        let Some(weights) = self.network.weights(PROJECTION) else { return Vec::new() };
        let mut of_neurons = weights.chunks_exact(self.settings.motor_neurons * self.settings.synapses_per_pair);
        let (grids, what) = (self.periphery.encoder.grids(), self.periphery.decoder.preference());
        let map = |grid: &crate::encoder::Grid| Map {
            name: if grids.len() == 1 { what.into() } else { format!("{what}, {}", grid.name) },
            size: grid.size,
            vectors: of_neurons.by_ref().take(grid.neurons()).map(|weights| self.periphery.decoder.preferred(weights)).collect(),
        };
        grids.iter().map(map).collect()
    }

    /// What went on in the last control period.
    pub(super) fn show(&self, watched: &Watched) -> Telemetry {
        let mut telemetry = self.show_readings(watched, watched.period.is_multiple_of(PERIODS_PER_HISTOGRAM));
        telemetry.populations[0].spikes.extend(self.periphery.seen());
        telemetry.populations[1].spikes.clone_from(&watched.spikes);
        telemetry
    }

    /// The same but for spikes, with or without weights.
    pub(super) fn show_readings(&self, watched: &Watched, weights: bool) -> Telemetry {
        let weights = weights.then(|| self.network.weights(PROJECTION)).flatten();
        let mut counters = vec![("dopamine".into(), watched.dopamine)];
        counters.extend(self.periphery.decoder.named(self.periphery.filter.hz()));
        let mut populations = self.silent();
        populations[1].membrane = self.network.probe(&Probe::Membrane(MOTOR.into())).unwrap_or_default();
        Telemetry {
            populations: populations.into(),
            weights: weights.iter().map(|weights| Histogram::of(PROJECTION, weights, BINS)).collect(),
            counters,
        }
    }

    /// The populations, as if nothing went on in them.
    fn silent(&self) -> [Activity; 2] {
        let sizes = [(VISUAL, self.periphery.encoder.neurons()), (MOTOR, self.settings.motor_neurons)];
        sizes.map(|(name, neurons)| Activity::silent(name, neurons))
    }

    /// The spikes of the last control period.
    pub(super) fn show_spikes(&self, watched: &Watched, out: &mut Vec<Activity>) {
        if out.len() != 2 {
            *out = self.silent().into();
        }
        out[0].spikes.clear();
        out[0].spikes.extend(self.periphery.seen());
        out[1].spikes.clone_from(&watched.spikes);
    }
}
