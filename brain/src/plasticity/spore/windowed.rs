//! SPORE in one pass per Delta: the same rule, more than ten times faster.
//!
//! Between two updates w is constant, so e and g are linear in what happened, and the sums over the n steps of a Delta can be
//! taken at its end. With a = exp(-h/tau_e), c = exp(-h/tau_g), y_i the presynaptic trace, b_j the bap and d the dopamine of
//! each step:
//!
//! - D_s = c^(n-1-s) d_s + a D_(s+1), backwards from D_n = 0
//! - E_ij = sum_s a^(n-1-s) y_i(s) b_j(s) and G_ij = sum_s D_s y_i(s) b_j(s): two small matrix products, shared by all
//!   synapses of a pair, and zero for every source whose trace is zero
//! - e <- a^n e + w E_ij; g <- c^n g + a D_0 e_old + w G_ij
//! - with c_e > 0, D'_s = d_s + a D'_(s+1) and theta += beta c_e (a D'_0 e_old + w sum_s D'_s y_i b_j)
//!
//! A synapse that forms again starts with y = 0 while its pair's shared trace may not: such synapses keep a trace of their own
//! until the two agree, and get sums of their own. So the result is that of [`Stepwise`](super::Stepwise), cutoff included, but for rounding.

use serde::{Deserialize, Serialize};

use super::SporeSynapses;
use super::coefficients::{Annealed, Coefficients, MOST_STEPS, Shape};
use super::parameters::Spore;
use super::sums::{GROUP, Own, OwnTraces, SUMS, Sums, sum_own, sum_sources};
use super::update::{Block, end_of_delta, initial_theta, weight};
use crate::numeric::{BLOCK, Kernel, Real, WIDTH, dispatch};

/// All synapses of a projection, brought up to date at the end of each Delta.
#[derive(Clone)]
pub struct Windowed<T> {
    parameters: Spore,
    h_ms: f64,
    shape: Shape,
    coefficients: Coefficients<T>,
    kernel: Kernel,
    seed: u64,
    state: State<T>,
    sums: Sums<T>,
}

/// The whole state. Arrays over synapses are padded to whole blocks, those over sources to whole vectors.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State<T> {
    step: u64,
    theta: Vec<T>,
    e: Vec<T>,
    g: Vec<T>,
    w: Vec<T>,
    /// Shared presynaptic traces of each source, at the start of this Delta.
    y_fall: Vec<T>,
    y_rise: Vec<T>,
    /// Synapses that formed again and whose own traces differ from the shared ones, by number.
    young: Vec<Young<T>>,
    /// What happened in this Delta: (step, source) of each spike, bap of each step and target, dopamine of each step.
    spikes: Vec<(u16, u32)>,
    bap: Vec<T>,
    dopamine: Vec<T>,
    rewirings: [u64; 2],
}

/// The own traces of a synapse that formed again.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Young<T> {
    synapse: u32,
    fall: T,
    rise: T,
}

impl<T> OwnTraces<T> for Young<T> {
    fn synapse(&self) -> usize {
        self.synapse as usize
    }
    fn traces(&mut self) -> [&mut T; 2] {
        [&mut self.fall, &mut self.rise]
    }
}

/// What a Delta leaves behind of old e: a D_0 and a D'_0.
struct Carry<T> {
    gradient: T,
    direct: T,
}

impl<T: Real> Windowed<T> {
    /// Synapses of the given shape at time zero; `h_ms` is the neural time step (ms).
    pub fn new(parameters: &Spore, shape: Shape, h_ms: f64, seed: u64) -> Self {
        let coefficients = Coefficients::new(parameters, h_ms);
        let len = shape.len().next_multiple_of(BLOCK);
        let zeros = |len: usize| vec![T::of(0.0); len];
        let theta = initial_theta(parameters.theta_init_mean, parameters.theta_init_deviation, &coefficients, seed, len);
        let w = theta.iter().map(|&t| weight(t, &coefficients)).collect();
        let sources = shape.sources.next_multiple_of(GROUP);
        let state = State {
            step: 0,
            theta,
            e: zeros(len),
            g: zeros(len),
            w,
            y_fall: zeros(sources),
            y_rise: zeros(sources),
            young: Vec::new(),
            spikes: Vec::new(),
            bap: Vec::new(),
            dopamine: Vec::new(),
            rewirings: [0; 2],
        };
        let sums = Sums::new(shape.sources);
        Windowed { parameters: parameters.clone(), h_ms, shape, coefficients, kernel: Kernel::detect(), seed, state, sums }
    }

    /// The same, run by the given kernel.
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }

    /// The presynaptic traces (fall, rise) of every synapse, at the end of a Delta.
    pub(super) fn own_traces(&self) -> (Vec<T>, Vec<T>) {
        let (state, row) = (&self.state, self.shape.row());
        let alive = |i: usize, y: &[T]| if state.w[i] > T::of(0.0) { y[i / row] } else { T::of(0.0) };
        let mut fall: Vec<T> = (0..self.shape.len()).map(|i| alive(i, &state.y_fall)).collect();
        let mut rise: Vec<T> = (0..self.shape.len()).map(|i| alive(i, &state.y_rise)).collect();
        for young in &state.young {
            (fall[young.synapse as usize], rise[young.synapse as usize]) = (young.fall, young.rise);
        }
        (fall, rise)
    }

    pub(super) fn state(&self) -> &State<T> {
        &self.state
    }

    pub(super) fn set_state(&mut self, state: State<T>) -> bool {
        let targets = self.shape.targets_padded();
        let in_range = |synapse: u32| (synapse as usize) < self.shape.len();
        let fits = state.theta.len() == self.state.theta.len()
            && [&state.e, &state.g, &state.w].iter().all(|v| v.len() == state.theta.len())
            && state.y_fall.len() == self.state.y_fall.len()
            && state.y_rise.len() == self.state.y_rise.len()
            && state.step < MOST_STEPS
            && state.dopamine.len() as u64 == state.step % self.coefficients.steps as u64
            && state.bap.len() == state.dopamine.len() * targets
            && state.spikes.iter().all(|&(s, i)| usize::from(s) < state.dopamine.len() && (i as usize) < self.shape.sources)
            && state.young.iter().all(|young| in_range(young.synapse))
            && state.young.is_sorted_by_key(|young| young.synapse);
        if fits {
            self.state = state;
        }
        fits
    }

    /// Brings every synapse up to date with the Delta that has just ended.
    fn end_of_delta(&mut self, learning: bool) {
        let annealed = Annealed::new(&self.parameters, self.state.step as f64 * self.h_ms);
        self.sums.count = if annealed.direct == T::of(0.0) { SUMS - 1 } else { SUMS };
        let update = self.state.step / self.coefficients.steps as u64;
        let pass = Pass { annealed, shape: self.shape, seed: self.seed, update, learning };
        let (state, sums, c, pass) = (&mut self.state, &mut self.sums, &self.coefficients, &pass);
        dispatch!(self.kernel, bring_up_to_date::<T: Real>(state: &mut State<T>, sums: &mut Sums<T>, c: &Coefficients<T>, pass: &Pass<T>));
        self.state.young.retain(|young| {
            let source = young.synapse as usize / self.shape.row();
            let differs = |own: T, shared: T| (own - shared).f64().abs() > 16.0 * T::EPSILON.f64() * shared.f64().abs();
            self.state.w[young.synapse as usize] > T::of(0.0)
                && (differs(young.fall, self.state.y_fall[source]) || differs(young.rise, self.state.y_rise[source]))
        });
        self.state.spikes.clear();
        self.state.bap.clear();
        self.state.dopamine.clear();
    }
}

impl<T: Real> SporeSynapses<T> for Windowed<T> {
    fn step(&mut self, pre: &[u32], bap: &[T], dopamine: T, learning: bool) -> bool {
        let state = &mut self.state;
        let s = state.dopamine.len();
        state.bap.extend_from_slice(bap);
        state.dopamine.push(dopamine);
        state.step += 1;
        let ends = s + 1 == self.coefficients.steps;
        if !ends {
            state.spikes.extend(pre.iter().map(|&source| (s as u16, source)));
            return false;
        }
        self.end_of_delta(learning);
        // Spikes of the step that ends a Delta come after its update: they belong to the traces that the next one starts with.
        let row = self.shape.row() as u32;
        let one = T::of(1.0);
        for &source in pre {
            self.state.y_fall[source as usize] += one;
            self.state.y_rise[source as usize] += one;
            for young in self.state.young.iter_mut().filter(|young| young.synapse / row == source) {
                young.fall += one;
                young.rise += one;
            }
        }
        learning
    }

    fn shape(&self) -> Shape {
        self.shape
    }
    fn theta(&self) -> &[T] {
        &self.state.theta[..self.shape.len()]
    }
    fn weights(&self) -> &[T] {
        &self.state.w[..self.shape.len()]
    }
    fn eligibility(&self) -> &[T] {
        &self.state.e[..self.shape.len()]
    }
    fn gradient(&self) -> &[T] {
        &self.state.g[..self.shape.len()]
    }
    fn set_theta(&mut self, theta: &[T]) {
        for (i, &theta) in theta.iter().enumerate() {
            self.state.theta[i] = theta;
            self.state.w[i] = weight(theta, &self.coefficients);
        }
    }
    fn weights_mut(&mut self) -> &mut [T] {
        &mut self.state.w[..self.shape.len()]
    }
    fn rewirings(&self) -> [u64; 2] {
        self.state.rewirings
    }
}

/// What the pass over all synapses needs to know.
struct Pass<T> {
    annealed: Annealed<T>,
    shape: Shape,
    seed: u64,
    update: u64,
    learning: bool,
}

/// The end of a Delta: sums, then every synapse.
#[inline(always)]
fn bring_up_to_date<T: Real>(state: &mut State<T>, sums: &mut Sums<T>, c: &Coefficients<T>, pass: &Pass<T>) {
    let carry = weigh(state, sums, c, pass.shape);
    sum_sources(sums, &state.spikes, &mut state.y_fall, &mut state.y_rise, c, pass.shape);
    let own = sum_own(sums, &mut state.young, c, pass.shape);
    renew(state, sums, &own, &carry, c, pass);
}

/// The factors of the sums, a^(n-1-s), D_s and D'_s, times the bap of each step.
#[inline(always)]
fn weigh<T: Real>(state: &State<T>, sums: &mut Sums<T>, c: &Coefficients<T>, shape: Shape) -> Carry<T> {
    let (n, width, zero) = (c.steps, shape.targets_padded(), T::of(0.0));
    for weighted in &mut sums.weighted[..sums.count] {
        weighted.resize(n * width / WIDTH, [zero; WIDTH]);
    }
    let mut carry = Carry { gradient: zero, direct: zero };
    for s in (0..n).rev() {
        let dopamine = state.dopamine[s] * c.dopamine_scale;
        let d_gradient = c.powers_g[n - 1 - s] * dopamine + carry.gradient;
        let d_direct = dopamine + carry.direct;
        let (bap, _) = state.bap[s * width..(s + 1) * width].as_chunks::<WIDTH>();
        for (weighted, factor) in sums.weighted[..sums.count].iter_mut().zip([c.powers_e[n - 1 - s], d_gradient, d_direct]) {
            for (column, bap) in bap.iter().enumerate() {
                weighted[column * n + s] = bap.map(|b| factor * b);
            }
        }
        carry = Carry { gradient: c.decay_e * d_gradient, direct: c.decay_e * d_direct };
    }
    carry
}

/// e and g of every synapse from the sums, then theta and w, block by block.
#[inline(always)]
fn renew<T: Real>(state: &mut State<T>, sums: &Sums<T>, own: &[Own<T>], carry: &Carry<T>, c: &Coefficients<T>, pass: &Pass<T>) {
    let (zero, columns, row) = (T::of(0.0), pass.shape.targets_padded() / WIDTH, pass.shape.row());
    let (keep_e, keep_g) = (c.powers_e[c.steps], c.powers_g[c.steps]);
    let State { theta, e, g, w, y_fall, y_rise, young, rewirings, .. } = state;
    let (theta, _) = theta.as_chunks_mut::<BLOCK>();
    let (e, _) = e.as_chunks_mut::<BLOCK>();
    let (g, _) = g.as_chunks_mut::<BLOCK>();
    let (w, _) = w.as_chunks_mut::<BLOCK>();
    let mut own = own.iter().peekable();
    let (mut source, mut column, mut left) = (0, 0, row);
    let silent = [[zero; WIDTH]; SUMS];
    let direct = if pass.learning { pass.annealed.direct } else { zero };
    for (number, (((theta, e), g), w)) in theta.iter_mut().zip(e).zip(g).zip(w).enumerate() {
        // What the block's synapses share with the others of their pairs.
        let [mut sum_e, mut sum_g, mut sum_direct] = [[[zero; WIDTH]; BLOCK / WIDTH]; SUMS];
        for at in 0..BLOCK / WIDTH {
            let shared = sums.shared(source, column, columns).unwrap_or(&silent);
            (sum_e[at], sum_g[at]) = (shared[0], shared[1]);
            if direct != zero {
                sum_direct[at] = shared[2];
            }
            column = if column + 1 == columns { 0 } else { column + 1 };
            left -= WIDTH;
            if left == 0 {
                (source, left) = (source + 1, row);
            }
        }
        let [sum_e, sum_g, sum_direct] = [sum_e.as_flattened(), sum_g.as_flattened(), sum_direct.as_flattened()];
        if direct != zero {
            for i in 0..BLOCK {
                theta[i] += direct * (carry.direct * e[i] + w[i] * sum_direct[i]);
            }
        }
        for i in 0..BLOCK {
            g[i] = keep_g * g[i] + carry.gradient * e[i] + w[i] * sum_g[i];
            e[i] = keep_e * e[i] + w[i] * sum_e[i];
        }
        while let Some(own) = own.next_if(|own| own.synapse < (number + 1) * BLOCK) {
            let ([difference_e, difference_g, difference_direct], i) = (own.difference, own.synapse % BLOCK);
            e[i] += w[i] * difference_e;
            g[i] += w[i] * difference_g;
            theta[i] += direct * w[i] * difference_direct;
        }
        if !pass.learning {
            continue;
        }
        let before = *w;
        let block = Block { theta, e, g, w };
        if !end_of_delta(block, c, &pass.annealed, pass.seed, pass.update, number as u32) {
            continue;
        }
        for (i, before) in before.iter().enumerate() {
            let (synapse, was, is) = (number * BLOCK + i, *before > zero, w[i] > zero);
            if was == is || synapse >= pass.shape.len() || !pass.shape.is_real(synapse) {
                continue;
            }
            rewirings[usize::from(is)] += 1;
            let from = synapse / row;
            if is && (y_fall[from] != zero || y_rise[from] != zero) {
                let at = young.partition_point(|other| (other.synapse as usize) < synapse);
                let newborn = Young { synapse: synapse as u32, fall: zero, rise: zero };
                match young.get_mut(at).filter(|other| other.synapse == newborn.synapse) {
                    Some(again) => *again = newborn,
                    None => young.insert(at, newborn),
                }
            }
        }
    }
}
