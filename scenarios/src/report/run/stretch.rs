//! A stretch of a run, watched: what went on in it, put together for figures and counts, wherever it comes from.

use embody_controllers::telemetry::{Activity, Histogram};
use embody_robots::observation::Event;
use embody_robots::{Nanos, Pose, TimeStep};

use super::layout::Layout;
use super::origin::Origin;
use crate::moment::Picture;
use crate::plot::{Camera, Path, Population, Raster};

/// Events of so long are shown beside the image of a camera.
pub const EVENTS_SHOWN: Nanos = Nanos::from_millis(200);

/// How the weights of each projection were spread at a time.
pub type Weighed = (Nanos, Vec<Histogram>);

/// A stretch of a run between two times.
pub struct Stretch {
    /// When it begins and ends.
    pub span: [Nanos; 2],
    /// Where it comes from.
    pub origin: Origin,
    /// Where spikes and weights come from, if not from there.
    pub brain_origin: Option<Origin>,
    /// The cameras, with the events of each control period.
    pub cameras: Vec<Camera>,
    /// The events of each camera within the last [`EVENTS_SHOWN`] before its image.
    pub last_events: Vec<Vec<Event>>,
    /// The last image of each camera, and when these were seen: the end, if nothing else is told before the steps are taken.
    pub images: (Nanos, Vec<Picture>),
    /// The populations of neurons.
    pub populations: Vec<Population>,
    /// The weights that are known first and last.
    pub weights: Option<[Weighed; 2]>,
    /// The reward of each control period.
    pub rewards: Vec<f64>,
    /// The way of each thing that the task looks at: time (s), x, y (m).
    pub ways: Vec<(String, Vec<[f64; 3]>)>,
    /// Each place (m) of what the task places and doesn't look at.
    pub places: Vec<[f64; 2]>,
    layout: Layout,
}

impl Stretch {
    /// A stretch between two control steps, still without what went on.
    pub fn new(layout: &Layout, [from, to]: [u64; 2], origin: Origin) -> Stretch {
        let cameras = layout.cameras.iter().map(|(name, _)| Camera { name: name.clone(), events: Vec::new() });
        Stretch {
            span: [layout.time(from), layout.time(to)],
            origin,
            brain_origin: None,
            cameras: cameras.collect(),
            last_events: vec![Vec::new(); layout.cameras.len()],
            images: (layout.time(to), Vec::new()),
            populations: Vec::new(),
            weights: None,
            rewards: Vec::new(),
            ways: layout.followed.iter().map(|name| (name.clone(), Vec::new())).collect(),
            places: Vec::new(),
            layout: layout.clone(),
        }
    }

    /// Takes what was sensed and earned in the control period that ends at `time`.
    pub fn take_step(&mut self, time: Nanos, step: &TimeStep) {
        self.rewards.push(step.reward.into());
        for (((_, field), camera), last) in self.layout.cameras.iter().zip(&mut self.cameras).zip(&mut self.last_events) {
            let events = step.observation.events(*field);
            let brighter = events.iter().filter(|event| event.on).count();
            camera.events.push([brighter, events.len() - brighter].map(|count| count as u32));
            if time <= self.images.0 && time.0 + EVENTS_SHOWN.0 > self.images.0.0 {
                last.extend(events);
            }
        }
    }

    /// Takes the spikes of the control period that ends at `time`.
    pub fn take_spikes(&mut self, time: Nanos, activities: &[Activity]) {
        if self.populations.is_empty() {
            let silent =
                |activity: &Activity| Population { name: activity.name.clone(), size: activity.size, spikes: Vec::new() };
            self.populations = activities.iter().map(silent).collect();
        }
        let (start, tick) = (time.0 - self.layout.times.control_period.0, self.layout.times.neural_tick.0);
        for (population, activity) in self.populations.iter_mut().zip(activities) {
            let spikes = activity.spikes.iter();
            let spikes = spikes.map(|spike| (Nanos(start + u64::from(spike.tick) * tick).as_secs_f64(), spike.neuron));
            population.spikes.extend(spikes);
        }
    }

    /// Takes how the weights are spread at `time`, if anything is known of them.
    pub fn take_weights(&mut self, time: Nanos, weights: &[Histogram]) {
        if weights.is_empty() {
            return;
        }
        let weighed = (time, weights.to_vec());
        match &mut self.weights {
            Some([_, last]) => *last = weighed,
            none => *none = Some([weighed.clone(), weighed]),
        }
    }

    /// Takes where everything is at `time`.
    pub fn take_links(&mut self, time: Nanos, links: &[(String, Pose)]) {
        let place = |name: &str| links.iter().find(|(link, _)| link == name).map(|(_, pose)| pose.translation.vector);
        for (name, way) in &mut self.ways {
            way.extend(place(name).map(|at| [time.as_secs_f64(), at.x, at.y]));
        }
        for at in self.layout.placed.iter().filter_map(|name| place(name)) {
            if self.places.last() != Some(&[at.x, at.y]) {
                self.places.push([at.x, at.y]);
            }
        }
    }

    /// Takes spikes and weights from the same stretch, made again, of which the recording has none.
    pub fn take_brain(&mut self, again: Stretch) {
        self.populations = again.populations;
        self.weights = again.weights;
        self.brain_origin = Some(again.origin);
    }

    /// Length of it (s).
    pub fn seconds(&self) -> f64 {
        (self.span[1].0 - self.span[0].0) as f64 / 1e9
    }

    /// The figure of what went on.
    pub fn raster(&self) -> Raster {
        Raster {
            span_s: self.span.map(Nanos::as_secs_f64),
            period_s: self.layout.times.control_period.as_secs_f64(),
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
