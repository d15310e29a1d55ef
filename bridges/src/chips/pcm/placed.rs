//! What populations and projections become on the chip.

use embody_brain::neuron::Sums;
use serde::{Deserialize, Serialize};

use super::crossbar::Crossbar;
use super::mapping::Mapping;
use super::settings::ArraySettings;
use super::tile::{Effort, Phases, Scratch, TILE};
use crate::chips::{Counters, Moment};

/// A population whose sums come from tiles.
pub struct PcmPopulation {
    pub(super) size: usize,
    pub(super) phases: Phases,
}

/// A projection on its tiles.
pub struct PcmProjection {
    pub(super) settings: ArraySettings,
    pub(super) mapping: Mapping,
    pub(super) first_tile: u32,
    pub(super) rows: usize,
    pub(super) targets: usize,
    pub(super) per_pair: usize,
    pub(super) phases: Phases,
    pub(super) tick_s: f64,
    /// Ticks from one update of drift to the next.
    pub(super) interval: u64,
}

/// The devices of a projection, and when drift was last brought up to date.
#[derive(Clone, Serialize, Deserialize)]
pub struct PcmSynapses {
    pub(super) crossbar: Crossbar,
    pub(super) aged_at: u64,
    #[serde(skip)]
    pub(super) scratch: Scratch,
}

impl PcmProjection {
    pub(super) fn blank(&self) -> Crossbar {
        Crossbar::new(&self.settings, self.rows, self.targets, self.mapping, self.first_tile)
    }

    pub(super) fn seconds(&self, at: Moment) -> f64 {
        at.tick as f64 * self.tick_s
    }

    /// Brings drift up to date if that is due.
    pub(super) fn age(&self, synapses: &mut PcmSynapses, at: Moment, counters: &mut Counters) {
        if at.tick / self.interval != synapses.aged_at / self.interval {
            let PcmSynapses { crossbar, aged_at, scratch } = synapses;
            count(crossbar.age(&self.settings, self.seconds(at), at, scratch), counters);
            *aged_at = at.tick;
        }
    }
}

/// A tile works through all its cells, whatever is driven.
pub(super) fn count(effort: Effort, counters: &mut Counters) {
    counters.synaptic_operations += effort.products * (TILE * TILE) as u64;
    counters.conversions += effort.conversions;
    counters.saturations += effort.saturated;
}

pub(super) fn phases(sums: Sums) -> Phases {
    match sums {
        Sums::BySign => Phases::BySign,
        Sums::Together => Phases::Together,
    }
}
