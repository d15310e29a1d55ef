//! Plasticity rules: how the synapses of a projection change.

pub mod spore;

use crate::state::State;

/// What a rule sees in one tick.
#[derive(Clone, Copy)]
pub struct Activity<'a> {
    /// Sources that spiked in this tick, in order.
    pub pre: &'a [u32],
    /// Targets that spiked in this tick, in order.
    pub post: &'a [u32],
    /// Back-propagating action potential of each target (padded).
    pub bap: &'a [f32],
    /// The third factor of the target population, such as dopamine.
    pub third_factor: f32,
    /// Whether weights may change; if not, the traces still go on.
    pub learning: bool,
}

/// The state of a projection's synapses and how it moves on by one tick.
///
/// Synapse `k` of source `i` and target `j` is number `(i * per_pair + k) * targets_padded + j`.
pub trait RuleKernel: State + Send {
    /// One tick: traces, eligibility, then plasticity. Returns whether it asks for new weights.
    fn tick(&mut self, activity: Activity<'_>) -> bool;

    /// The weights that it asks for. The substrate replaces each by what it can store, and the rule goes on with those.
    fn requested(&mut self) -> &mut [f32];

    /// The weights as stored.
    fn weights(&self) -> &[f32];

    /// Takes given weights as its own state, or what is nearest to them within `tolerance`: what a substrate stored of a weight may lie that
    /// far off one that the rule has. Errors name what the rule can't represent.
    fn program(&mut self, weights: &[f32], tolerance: f32) -> Result<(), String>;

    /// The least and the greatest weight that it can ever ask for, if it has limits. A substrate fits its numbers to them.
    fn range(&self) -> Option<[f32; 2]> {
        None
    }

    /// Synapses that are there: those not retracted.
    fn active(&self) -> usize;

    /// A copy with its own state.
    fn duplicate(&self) -> Box<dyn RuleKernel>;
}

/// What a rule is told when a projection is built.
#[derive(Clone, Copy, Debug)]
pub struct ProjectionContext {
    /// Source neurons.
    pub sources: usize,
    /// Target neurons.
    pub targets: usize,
    /// Synapses of each pair.
    pub per_pair: usize,
    /// Length of a tick (ms).
    pub tick_ms: f64,
    /// Seed of this projection's random numbers.
    pub seed: u64,
}
