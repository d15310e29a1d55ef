//! Blocks: what the loop hands to the thread that writes, as it found it. One becomes one chunk.
//!
//! A block is used again and again: once it has been full, noting a step allocates nothing.

use embody_controllers::telemetry::{Activity, Spike};
use embody_robots::Nanos;

use super::{Frame, View};

/// Bytes of a block at which it is full; one step more may lie beyond.
const FULL: usize = 1 << 18;

/// Simulated time of a block at most, so that little is lost when a run is killed, and little is read to look at a moment.
pub(super) const SPAN: Nanos = Nanos::from_secs(10);

/// What happened in a span of a run.
#[derive(Default)]
pub(super) struct Block {
    /// Step records in the bytes of the wire, one after another.
    records: Vec<u8>,
    steps: Vec<Noted>,
    /// Spikes, those of each step by population.
    spikes: Vec<Spike>,
    /// How many of them are of each population, step by step.
    counts: Vec<u32>,
    /// The populations: names and sizes.
    pub(super) populations: Vec<(String, u32)>,
    pub(super) frames: Pool<Frame>,
    pub(super) views: Pool<View>,
}

/// Things that are filled in place of old ones.
pub(super) struct Pool<T> {
    items: Vec<T>,
    /// Those that count; others are kept for their room.
    used: usize,
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { items: Vec::new(), used: 0 }
    }
}

impl<T: Default> Pool<T> {
    /// One to fill in, which may be an old one.
    pub(super) fn next(&mut self) -> &mut T {
        if self.used == self.items.len() {
            self.items.push(T::default());
        }
        self.used += 1;
        &mut self.items[self.used - 1]
    }

    /// All that were filled in.
    pub(super) fn filled(&self) -> &[T] {
        &self.items[..self.used]
    }
}

/// A step of a block.
struct Noted {
    /// Where its bytes end.
    end: usize,
    control_step: u64,
    /// Whether its spikes are known.
    has_spikes: bool,
}

/// A step of a block, as it is taken out.
pub(super) struct Taken<'a> {
    pub bytes: &'a [u8],
    pub control_step: u64,
    /// Of each population; nothing if they aren't known.
    pub spikes: Option<Vec<&'a [Spike]>>,
}

impl Block {
    /// Notes a step record.
    pub(super) fn step(&mut self, bytes: &[u8], control_step: u64) {
        self.records.extend_from_slice(bytes);
        self.steps.push(Noted { end: self.records.len(), control_step, has_spikes: false });
    }

    /// Notes the spikes that led to the last step.
    pub(super) fn spikes(&mut self, activities: &[Activity]) {
        if self.populations.is_empty() {
            self.populations.extend(activities.iter().map(|activity| (activity.name.clone(), activity.size)));
        }
        let Some(step) = self.steps.last_mut().filter(|_| !activities.is_empty()) else { return };
        if activities.len() != self.populations.len() {
            return;
        }
        step.has_spikes = true;
        for activity in activities {
            self.spikes.extend_from_slice(&activity.spikes);
            self.counts.push(activity.spikes.len() as u32);
        }
    }

    /// The steps, in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = Taken<'_>> {
        let (mut begin, mut spikes, mut counts) = (0, &self.spikes[..], &self.counts[..]);
        self.steps.iter().map(move |step| {
            let bytes = &self.records[std::mem::replace(&mut begin, step.end)..step.end];
            let spikes = step.has_spikes.then(|| {
                let (own, rest) = counts.split_at(self.populations.len());
                counts = rest;
                let mut cut = |count: &u32| {
                    let (own, rest) = spikes.split_at(*count as usize);
                    spikes = rest;
                    own
                };
                own.iter().map(&mut cut).collect()
            });
            Taken { bytes, control_step: step.control_step, spikes }
        })
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it has no more room, where a frame and a view take so many bytes.
    pub(super) fn is_full(&self, [frame, view]: [usize; 2]) -> bool {
        let shown = self.frames.used * frame + self.views.used * view;
        self.records.len() + size_of_val(&self.spikes[..]) + shown >= FULL
    }

    /// Empties it, and keeps its room.
    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.steps.clear();
        self.spikes.clear();
        self.counts.clear();
        self.populations.clear();
        self.frames.used = 0;
        self.views.used = 0;
    }
}
