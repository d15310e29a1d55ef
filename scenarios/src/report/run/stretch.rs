//! A stretch of a run, watched: what its moments show, put together for figures and counts.

use embody_controllers::telemetry::Histogram;
use embody_robots::observation::Event;
use embody_robots::{FieldKind, Nanos, Need};

use crate::moment::{Moment, Picture};
use crate::plot::{Camera, Path, Population, Raster};
use crate::run::Session;
use crate::scenario::Times;

/// Events of so long are shown beside the image of a camera.
pub const EVENTS_SHOWN: Nanos = Nanos::from_millis(200);

/// A stretch of a run between two times.
pub struct Stretch {
    /// When it begins and ends.
    pub span: [Nanos; 2],
    /// The cameras, with the events of each control period.
    pub cameras: Vec<Camera>,
    /// The events of each camera within the last [`EVENTS_SHOWN`].
    pub last_events: Vec<Vec<Event>>,
    /// The last image of each camera.
    pub images: Vec<Picture>,
    /// The populations of neurons.
    pub populations: Vec<Population>,
    /// How the weights of each projection were spread when it began.
    pub weights: Vec<Histogram>,
    /// The reward of each control period.
    pub rewards: Vec<f64>,
    /// The way of each thing that the task looks at: time (s), x, y (m).
    pub ways: Vec<(String, Vec<[f64; 3]>)>,
    /// Each place (m) of what the task places and doesn't look at.
    pub places: Vec<[f64; 2]>,
    fields: Vec<usize>,
    placed: Vec<String>,
    times: Times,
}

impl Stretch {
    /// A stretch between two control steps of a loop.
    pub fn new(session: &Session, times: &Times, [from, to]: [u64; 2]) -> Stretch {
        let environment = session.environment();
        let (mut ways, mut placed): (Vec<(String, Vec<_>)>, Vec<String>) = Default::default();
        for need in environment.task().needs() {
            match need {
                Need::Pose(name) => ways.push((name, Vec::new())),
                Need::Place(name) => placed.push(name),
                _ => {}
            }
        }
        placed.retain(|name| !ways.iter().any(|(way, _)| way == name));
        let fields = environment.body().observation_spec().fields.iter().enumerate();
        let cameras = fields.filter(|(_, field)| matches!(field.kind, FieldKind::Events { .. }));
        let (fields, cameras): (Vec<usize>, Vec<Camera>) =
            cameras.map(|(index, field)| (index, Camera { name: field.name.clone(), events: Vec::new() })).unzip();
        let period = times.control_period.0;
        Stretch {
            span: [Nanos(from * period), Nanos(to * period)],
            last_events: vec![Vec::new(); cameras.len()],
            cameras,
            images: Vec::new(),
            populations: Vec::new(),
            weights: Vec::new(),
            rewards: Vec::new(),
            ways,
            places: Vec::new(),
            fields,
            placed,
            times: times.clone(),
        }
    }

    /// Takes the moment at the end of a control period of it.
    pub fn take(&mut self, moment: Moment) {
        self.rewards.push(moment.step.reward.into());
        for ((field, camera), last) in self.fields.iter().zip(&mut self.cameras).zip(&mut self.last_events) {
            let events = moment.step.observation.events(*field);
            let brighter = events.iter().filter(|event| event.on).count();
            camera.events.push([brighter, events.len() - brighter].map(|count| count as u32));
            if moment.time.0 + EVENTS_SHOWN.0 > self.span[1].0 {
                last.extend(events);
            }
        }
        if moment.time >= self.span[1] {
            self.images = moment.images;
        }
        self.take_ways(moment.time, &moment.truth.links);
        let Some(telemetry) = moment.telemetry else { return };
        if self.weights.is_empty() {
            self.weights = telemetry.weights;
        }
        if self.populations.is_empty() {
            let silent = |activity: &embody_controllers::telemetry::Activity| Population {
                name: activity.name.clone(),
                size: activity.size,
                spikes: Vec::new(),
            };
            self.populations = telemetry.populations.iter().map(silent).collect();
        }
        let start = moment.time.0 - self.times.control_period.0;
        for (population, activity) in self.populations.iter_mut().zip(&telemetry.populations) {
            let tick = self.times.neural_tick.0;
            let spikes = activity.spikes.iter();
            let spikes = spikes.map(|spike| (Nanos(start + u64::from(spike.tick) * tick).as_secs_f64(), spike.neuron));
            population.spikes.extend(spikes);
        }
    }

    fn take_ways(&mut self, time: Nanos, links: &[(String, embody_robots::Pose)]) {
        let place = |name: &str| links.iter().find(|(link, _)| link == name).map(|(_, pose)| pose.translation.vector);
        for (name, way) in &mut self.ways {
            way.extend(place(name).map(|at| [time.as_secs_f64(), at.x, at.y]));
        }
        for at in self.placed.iter().filter_map(|name| place(name)) {
            if self.places.last() != Some(&[at.x, at.y]) {
                self.places.push([at.x, at.y]);
            }
        }
    }

    /// Length of it (s).
    pub fn seconds(&self) -> f64 {
        (self.span[1].0 - self.span[0].0) as f64 / 1e9
    }

    /// The figure of what went on.
    pub fn raster(&self) -> Raster {
        Raster {
            span_s: self.span.map(Nanos::as_secs_f64),
            period_s: self.times.control_period.as_secs_f64(),
            cameras: self.cameras.clone(),
            populations: self.populations.clone(),
            rewards: self.rewards.clone(),
        }
    }

    /// The ways, broken where something was put elsewhere.
    pub fn paths(&self) -> Vec<Path> {
        self.ways.iter().map(|(_, way)| broken(way)).collect()
    }
}

/// A step so many times longer than all but the longest twentieth is no motion: something was put there.
const JUMP: f64 = 4.0;

/// A way in pieces without jumps.
fn broken(way: &[[f64; 3]]) -> Path {
    let length = |pair: &[[f64; 3]]| libm::hypot(pair[1][1] - pair[0][1], pair[1][2] - pair[0][2]);
    let mut lengths: Vec<f64> = way.windows(2).map(length).collect();
    lengths.sort_by(f64::total_cmp);
    let usual = lengths.get(lengths.len() * 19 / 20).copied().unwrap_or(0.0);
    way.chunk_by(|a, b| length(&[*a, *b]) <= JUMP * usual).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_broken_where_something_was_put_elsewhere() {
        let at = |i: usize, x: f64| [i as f64, x, 0.0];
        let way: Vec<_> = (0..50).map(|i| at(i, i as f64 * 0.1)).chain((50..100).map(|i| at(i, -5.0 + i as f64 * 0.1))).collect();
        let pieces = broken(&way);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50]);
        assert_eq!(broken(&[]).len(), 0);
        assert_eq!(broken(&vec![[0.0, 1.0, 1.0]; 9]).len(), 1, "what stands still is one piece");
    }
}
