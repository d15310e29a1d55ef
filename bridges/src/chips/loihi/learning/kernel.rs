//! The rule as a kernel: the state of a projection's synapses, and an epoch of it.

use embody_brain::numeric::padded;
use embody_brain::plasticity::{Activity, ProjectionContext, RuleKernel};
use embody_brain::random::{Counter, philox_block};
use embody_brain::state::{self, State, StateError};
use serde::{Deserialize, Serialize};

use super::product::{self, Synapse};
use super::{Dependency, Rounding, SumOfProducts, Trace};
use crate::chips::loihi::dense::Format;

/// Streams of the generator.
const TRACES: u32 = 0x4c4f_0001;
const WEIGHTS: u32 = 0x4c4f_0002;

/// The most numbers that the traces of an epoch may be: sources and targets times steps.
const MOST_TRACES: usize = 1 << 26;

/// The synapses of a projection under `loihi_sum_of_products`.
#[derive(Clone)]
pub struct SumOfProductsKernel {
    parameters: SumOfProducts,
    context: ProjectionContext,
    state: Synapses,
}

/// The whole state.
#[derive(Clone, Serialize, Deserialize)]
struct Synapses {
    /// Ticks since the start.
    tick: u64,
    pre: Side<2>,
    post: Side<3>,
    /// Weights in the network's unit: whole numbers of the chip over the scale.
    weights: Vec<f32>,
}

/// What is kept of the neurons on one side of the synapses.
#[derive(Clone, Serialize, Deserialize)]
struct Side<const N: usize> {
    /// Step of each neuron's last spike in the epoch, from 1; 0 for none.
    spike: Vec<u8>,
    /// The traces of each neuron, as the epoch began.
    #[serde(with = "as_vec")]
    traces: [Vec<u8>; N],
}

/// Arrays of vectors, whose length serde doesn't know by itself.
mod as_vec {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer, const N: usize>(traces: &[Vec<u8>; N], serializer: S) -> Result<S::Ok, S::Error> {
        traces.as_slice().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[Vec<u8>; N], D::Error> {
        let traces: Vec<Vec<u8>> = Vec::deserialize(deserializer)?;
        traces.try_into().map_err(|_| D::Error::custom("another number of traces"))
    }
}

impl<const N: usize> Side<N> {
    fn new(neurons: usize) -> Self {
        Side { spike: vec![0; neurons], traces: std::array::from_fn(|_| vec![0; neurons]) }
    }

    /// Takes down the spikes of a step. An earlier spike in the epoch leaves its impulse behind.
    fn spikes(&mut self, neurons: &[u32], step: u8, kinds: &[Trace; N]) {
        for &i in neurons {
            let i = i as usize;
            if self.spike[i] != 0 {
                for (values, kind) in self.traces.iter_mut().zip(kinds) {
                    values[i] = kind.spiked(values[i]);
                }
            }
            self.spike[i] = step;
        }
    }

    /// The traces after each step of the epoch: `[trace][neuron * steps + step - 1]`.
    fn epoch(&self, steps: usize, random: f64, kinds: &[Trace; N]) -> [Vec<u8>; N] {
        std::array::from_fn(|n| {
            let mut all = vec![0; self.spike.len() * steps];
            for ((values, &value), &spike) in all.chunks_exact_mut(steps).zip(&self.traces[n]).zip(&self.spike) {
                kinds[n].epoch(value, spike, random, values);
            }
            all
        })
    }

    /// Begins the next epoch.
    fn close(&mut self, steps: usize, epoch: &[Vec<u8>; N]) {
        for (values, all) in self.traces.iter_mut().zip(epoch) {
            values.copy_from_slice(&all.chunks_exact(steps).map(|values| values[steps - 1]).collect::<Vec<_>>());
        }
        self.spike.fill(0);
    }

    fn fits(&self, neurons: usize, steps: u8) -> bool {
        let inside = self.spike.iter().all(|&step| step <= steps) && self.traces.iter().flatten().all(|&value| value <= 127);
        self.spike.len() == neurons && self.traces.iter().all(|values| values.len() == neurons) && inside
    }
}

impl SumOfProductsKernel {
    /// Synapses at time zero. Errors name the parameter and what it must be.
    pub fn new(parameters: &SumOfProducts, context: &ProjectionContext) -> Result<Self, String> {
        let ProjectionContext { sources, targets, per_pair, .. } = *context;
        parameters.check(sources * per_pair * targets)?;
        let steps = usize::from(parameters.epoch_ticks);
        if sources.saturating_add(targets).saturating_mul(steps) > MOST_TRACES {
            return Err(format!(
                "epoch_ticks: expected at most {MOST_TRACES} neurons times ticks, found {sources} + {targets} times {steps}"
            ));
        }
        let width = padded(targets);
        let mut weights = vec![0.0; sources * per_pair * width];
        let even = Format::new(crate::chips::loihi::SignMode::Mixed, 8);
        for (row, to) in weights.chunks_exact_mut(width).enumerate() {
            for (j, to) in to[..targets].iter_mut().enumerate() {
                let whole = even.store(parameters.initial_weight.of(row * targets + j) * parameters.weight_scale);
                *to = (f64::from(whole) / parameters.weight_scale) as f32;
            }
        }
        let state = Synapses { tick: 0, pre: Side::new(sources), post: Side::new(targets), weights };
        Ok(SumOfProductsKernel { parameters: parameters.clone(), context: *context, state })
    }

    /// The weights in the chip's whole numbers, laid out as a kernel's weights.
    pub fn whole_weights(&self) -> Vec<i32> {
        self.state.weights.iter().map(|&w| self.whole(w)).collect()
    }

    /// The traces `x1` and `x2` of each source, as they stood at the end of the last epoch.
    pub fn source_traces(&self) -> &[Vec<u8>; 2] {
        &self.state.pre.traces
    }

    fn whole(&self, w: f32) -> i32 {
        (libm::rint(f64::from(w) * self.parameters.weight_scale) as i32).clamp(-256, 255)
    }

    fn pre_traces(&self) -> [Trace; 2] {
        [self.parameters.x1, self.parameters.x2]
    }

    fn post_traces(&self) -> [Trace; 3] {
        [self.parameters.y1, self.parameters.y2, self.parameters.y3]
    }

    /// The end of an epoch. Returns whether it asks for new weights.
    fn end_epoch(&mut self, learning: bool) -> bool {
        let steps = usize::from(self.parameters.epoch_ticks);
        let number = self.state.tick / steps as u64;
        let mut words = [[0; 1]; 4];
        philox_block(self.context.seed, Counter { stream: TRACES, time: number }, 0, &mut words);
        let [x, y] = [words[0][0], words[1][0]].map(|word| self.random(word));
        let pre = self.state.pre.epoch(steps, x, &self.pre_traces());
        let post = self.state.post.epoch(steps, y, &self.post_traces());
        let learns = learning && !self.parameters.dw.is_empty();
        if learns {
            self.renew(number, &pre, &post);
        }
        self.state.pre.close(steps, &pre);
        self.state.post.close(steps, &post);
        learns
    }

    /// A word as a number in 0..1 that says whether a fraction is rounded up; 1, which never does, if all is rounded down.
    fn random(&self, word: u32) -> f64 {
        match self.parameters.rounding {
            Rounding::Stochastic => f64::from(word) / 4_294_967_296.0,
            Rounding::Down => 1.0,
        }
    }

    /// New weights at the end of epoch `number`.
    fn renew(&mut self, number: u64, pre: &[Vec<u8>; 2], post: &[Vec<u8>; 3]) {
        let ProjectionContext { targets, per_pair, seed, .. } = self.context;
        let (width, steps) = (padded(targets), usize::from(self.parameters.epoch_ticks));
        let mut random = Words { seed, number, block: None, words: [[0; 16]; 4] };
        for row in 0..self.state.weights.len() / width {
            let i = row / per_pair;
            for j in 0..targets {
                let at = row * width + j;
                let old = self.whole(self.state.weights[at]);
                let [tx, ty] = [self.state.pre.spike[i], self.state.post.spike[j]];
                let mut accumulator = product::accumulator(old);
                for product in &self.parameters.dw {
                    let step = match product.on {
                        Dependency::X0 => usize::from(tx),
                        Dependency::Y0 => usize::from(ty),
                        Dependency::U(k) => steps * usize::from(number.is_multiple_of(1 << k)),
                    };
                    if step == 0 {
                        continue;
                    }
                    let x = std::array::from_fn(|n| pre[n][i * steps + step - 1]);
                    let y = std::array::from_fn(|n| post[n][j * steps + step - 1]);
                    let synapse = Synapse { spiked: [tx != 0, ty != 0], x, y, w: old };
                    accumulator = product::add(accumulator, product, &synapse);
                }
                if accumulator == product::accumulator(old) {
                    continue;
                }
                let new = product::weight(accumulator, self.random(random.of(at)));
                self.state.weights[at] = (f64::from(new) / self.parameters.weight_scale) as f32;
            }
        }
    }
}

/// The random words of an epoch, one for each synapse, drawn in blocks.
struct Words {
    seed: u64,
    number: u64,
    block: Option<usize>,
    words: [[u32; 16]; 4],
}

impl Words {
    fn of(&mut self, synapse: usize) -> u32 {
        if self.block != Some(synapse / 64) {
            self.block = Some(synapse / 64);
            let counter = Counter { stream: WEIGHTS, time: self.number };
            philox_block(self.seed, counter, (synapse / 64) as u32, &mut self.words);
        }
        self.words[synapse / 16 % 4][synapse % 16]
    }
}

impl State for SumOfProductsKernel {
    fn save(&self) -> Vec<u8> {
        state::write(&self.state)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let loaded: Synapses = state::read(bytes)?;
        let steps = self.parameters.epoch_ticks;
        let fits = loaded.pre.fits(self.context.sources, steps) && loaded.post.fits(self.context.targets, steps);
        if !fits
            || loaded.tick >> 62 != 0
            || loaded.weights.len() != self.state.weights.len()
            || loaded.weights.iter().any(|w| !w.is_finite())
        {
            return Err(StateError("it is of another number of synapses or steps".into()));
        }
        self.state = loaded;
        Ok(())
    }
}

impl RuleKernel for SumOfProductsKernel {
    fn tick(&mut self, activity: Activity<'_>) -> bool {
        let steps = self.parameters.epoch_ticks;
        let step = (self.state.tick % u64::from(steps)) as u8 + 1;
        let (x, y) = (self.pre_traces(), self.post_traces());
        self.state.pre.spikes(activity.pre, step, &x);
        self.state.post.spikes(activity.post, step, &y);
        self.state.tick += 1;
        step == steps && self.end_epoch(activity.learning)
    }

    fn requested(&mut self) -> &mut [f32] {
        &mut self.state.weights
    }

    fn weights(&self) -> &[f32] {
        &self.state.weights
    }

    fn program(&mut self, weights: &[f32], tolerance: f32) -> Result<(), String> {
        let scale = self.parameters.weight_scale;
        let whole = weights.iter().enumerate().map(|(number, &w)| {
            let exact = f64::from(w) * scale;
            let whole = libm::rint(exact).clamp(-256.0, 255.0);
            if (whole - exact).abs() > 1e-4 + f64::from(tolerance) * scale {
                return Err(format!("weight {number} is {w}, expected a whole number from -256 to 255 over {scale}"));
            }
            Ok((whole / scale) as f32)
        });
        self.state.weights = whole.collect::<Result<_, _>>()?;
        Ok(())
    }

    fn range(&self) -> Option<[f32; 2]> {
        Some([-256.0, 255.0].map(|whole| (whole / self.parameters.weight_scale) as f32))
    }

    /// Synapses whose weight isn't zero.
    fn active(&self) -> usize {
        self.state.weights.iter().filter(|&&w| w != 0.0).count()
    }

    fn duplicate(&self) -> Box<dyn RuleKernel> {
        Box::new(self.clone())
    }
}
