//! Each event is one spike of its pixel's neuron, ON and OFF merged, at most one a tick.
//!
//! An event stamped t in (T - P, T], P being the control period, is delivered at the tick that holds t + P.

use embody_robots::Nanos;

/// Adds the spikes of events, each given by its place in the control period, in (0, P] nanoseconds, and its neuron.
pub(super) fn encode(seen: impl Iterator<Item = (u64, u32)>, tick: Nanos, spikes: &mut [Vec<u32>]) {
    for (place, neuron) in seen {
        spikes[(place.div_ceil(tick.0) - 1) as usize].push(neuron);
    }
    for spikes in spikes {
        spikes.sort_unstable();
        spikes.dedup();
    }
}
