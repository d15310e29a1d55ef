//! The spikes of one control period.

use embody_bridges::WireError;
use embody_controllers::telemetry::{Activity, Spike};
use embody_robots::Nanos;

use crate::recording::RunInfo;
use crate::recording::cdr::{Decoder, Encoder};

/// How spikes are told in time: where the control period that ends at a stamp begins, and how long a tick takes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Clock {
    pub control_period: Nanos,
    pub neural_tick: Nanos,
}

impl Clock {
    /// That of a run.
    pub(in super::super) fn of(info: &RunInfo) -> Clock {
        Clock { control_period: info.control_period, neural_tick: info.neural_tick }
    }
}

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, clock: Clock, populations: &[(String, u32)], spikes: &[&[Spike]]) {
    let begin = time.0.saturating_sub(clock.control_period.0);
    let total = spikes.iter().map(|spikes| spikes.len()).sum();
    let mut message = Encoder::stamped(out, time, "");
    message.texts(populations.iter().map(|(name, _)| name.as_str()));
    message.list(populations.iter().map(|(_, size)| *size));
    message.many(
        total,
        spikes.iter().flat_map(|spikes| spikes.iter().map(|spike| begin + u64::from(spike.tick) * clock.neural_tick.0)),
    );
    message.many(total, spikes.iter().flat_map(|spikes| spikes.iter().map(|spike| spike.neuron)));
    message.many(total, (0u16..).zip(spikes).flat_map(|(population, spikes)| std::iter::repeat_n(population, spikes.len())));
}

pub(in super::super) fn decode(bytes: &[u8], clock: Clock) -> Result<Vec<Activity>, WireError> {
    let mut message = Decoder::new(bytes)?;
    let begin = message.header()?.0.saturating_sub(clock.control_period.0);
    let names = message.texts(&"names")?;
    let sizes: Vec<u32> = message.list_of(&"sizes", names.len())?;
    let t_ns: Vec<u64> = message.list(&"t_ns")?;
    let neuron: Vec<u32> = message.list_of(&"neuron", t_ns.len())?;
    let population: Vec<u16> = message.list_of(&"population", t_ns.len())?;
    message.end()?;
    let activity = |(name, size)| Activity { name, size, spikes: Vec::new(), membrane: Vec::new() };
    let mut activities: Vec<Activity> = names.into_iter().zip(sizes).map(activity).collect();
    for (i, ((t_ns, neuron), population)) in t_ns.into_iter().zip(neuron).zip(population).enumerate() {
        let count = activities.len();
        let Some(activity) = activities.get_mut(usize::from(population)) else {
            return Err(message.error(&format_args!("spike {i}, population"), format_args!("one of {count}"), population));
        };
        if neuron >= activity.size {
            return Err(message.error(&format_args!("spike {i}, neuron"), format_args!("one of {}", activity.size), neuron));
        }
        let tick = t_ns.checked_sub(begin).map(|age| age / clock.neural_tick.0).and_then(|tick| u32::try_from(tick).ok());
        let Some(tick) = tick else {
            return Err(message.error(&format_args!("spike {i}, t_ns"), format_args!("a time from {begin} ns on"), t_ns));
        };
        activity.spikes.push(Spike { tick, neuron });
    }
    Ok(activities)
}
