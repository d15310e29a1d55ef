//! What a population sent in the last ticks: spikes, and the heights of those that an analogue input stands for.

use serde::{Deserialize, Serialize};

use super::TickInput;
use super::resolved::{ResolvedPopulation, Source};

/// The last ticks of a population: what was sent in tick t lies at t modulo the length, [`Resolved::slot`](super::Resolved::slot).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    spikes: Vec<Vec<u32>>,
    analogue: Option<Analogue>,
}

/// An analogue input: its values stand until others are given. Those that aren't zero act like spikes of their height.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Analogue {
    pub(super) held: Vec<f32>,
    /// Heights of the last ticks' spikes, beside the population's `spikes`.
    pub(super) heights: Vec<Vec<f32>>,
}

impl History {
    /// Nothing sent yet, and zero held, over `length` ticks.
    pub fn new(population: &ResolvedPopulation, length: usize) -> History {
        let analogue = matches!(population.source, Source::Analogue)
            .then(|| Analogue { held: vec![0.0; population.size], heights: vec![Vec::new(); length] });
        History { spikes: vec![Vec::new(); length], analogue }
    }

    /// The neurons that spiked at that slot, in order.
    pub fn spikes(&self, slot: usize) -> &[u32] {
        &self.spikes[slot]
    }

    /// The same, to be filled.
    pub fn spikes_mut(&mut self, slot: usize) -> &mut Vec<u32> {
        &mut self.spikes[slot]
    }

    /// The heights of these spikes, of an analogue input.
    pub fn heights(&self, slot: usize) -> Option<&[f32]> {
        self.analogue.as_ref().map(|analogue| &analogue.heights[slot][..])
    }

    /// Takes down what an input sends in the tick of that slot; does nothing for neurons.
    pub fn take_input(&mut self, population: &ResolvedPopulation, input: TickInput<'_>, slot: usize) {
        let spikes = &mut self.spikes[slot];
        match (&population.source, &mut self.analogue) {
            (Source::Input(number), _) => {
                let given = input.spikes.get(*number).copied().unwrap_or_default();
                spikes.clear();
                spikes.extend(given.iter().copied().filter(|&i| (i as usize) < population.size));
            }
            (_, Some(analogue)) => {
                let heights = &mut analogue.heights[slot];
                spikes.clear();
                heights.clear();
                for (i, &value) in analogue.held.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                    spikes.push(i as u32);
                    heights.push(value);
                }
            }
            _ => (),
        }
    }

    /// Sets what an analogue input holds. The error says what was expected.
    pub fn hold(&mut self, values: &[f32]) -> Result<(), String> {
        let analogue = self.analogue.as_mut().ok_or("there is no such analogue input")?;
        if values.len() != analogue.held.len() || values.iter().any(|v| !v.is_finite()) {
            return Err(format!("expected {} finite values, found {}", analogue.held.len(), values.len()));
        }
        analogue.held.copy_from_slice(values);
        Ok(())
    }

    /// Whether this is a history of `length` ticks of such a population: what was read from bytes is checked by it.
    pub fn fits(&self, population: &ResolvedPopulation, length: usize) -> bool {
        let inside =
            |spikes: &Vec<u32>| spikes.is_sorted_by(|a, b| a < b) && spikes.iter().all(|&i| (i as usize) < population.size);
        let analogue = match (&self.analogue, &population.source) {
            (Some(analogue), Source::Analogue) => analogue.fits(population.size, &self.spikes),
            (None, source) => !matches!(source, Source::Analogue),
            _ => false,
        };
        self.spikes.len() == length && self.spikes.iter().all(inside) && analogue
    }

    pub(super) fn parts(&self) -> (&Vec<Vec<u32>>, Option<&Analogue>) {
        (&self.spikes, self.analogue.as_ref())
    }

    pub(super) fn from_parts(spikes: Vec<Vec<u32>>, analogue: Option<Analogue>) -> History {
        History { spikes, analogue }
    }
}

impl Analogue {
    fn fits(&self, size: usize, spikes: &[Vec<u32>]) -> bool {
        let finite = self.held.iter().chain(self.heights.iter().flatten()).all(|value| value.is_finite());
        self.held.len() == size && finite && self.heights.iter().map(Vec::len).eq(spikes.iter().map(Vec::len))
    }
}
