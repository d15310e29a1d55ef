//! SPORE in one pass per Delta: the same rule, tens of times faster.
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
use super::coefficients::{Annealed, Coefficients, Shape};
use super::parameters::Spore;
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
    scratch: Scratch<T>,
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

/// What is worked out anew for each Delta.
#[derive(Clone, Default)]
struct Scratch<T> {
    /// a^(n-1-s) b_j(s), D_s b_j(s) and D'_s b_j(s): all steps of the first eight targets, then of the next eight, ...
    weighted: [Vec<[T; WIDTH]>; SUMS],
    /// The sums of each source that is active, and where in `sums` they lie: `u32::MAX` for the others.
    sums: [Vec<T>; SUMS],
    place: Vec<u32>,
    /// For eight sources at a time: spike counts, then traces, of each step.
    traces: Vec<[T; WIDTH]>,
    /// Spikes sorted by source.
    sorted: Vec<(u32, u16)>,
}

/// The sums over a Delta: E, G, and the one for c_e.
const SUMS: usize = 3;

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
        let sources = shape.sources.next_multiple_of(WIDTH);
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
        let scratch = Scratch {
            weighted: Default::default(),
            sums: Default::default(),
            place: vec![NOWHERE; sources],
            traces: Vec::new(),
            sorted: Vec::new(),
        };
        Windowed { parameters: parameters.clone(), h_ms, shape, coefficients, kernel: Kernel::detect(), seed, state, scratch }
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
            && state.dopamine.len() < self.coefficients.steps
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
        let sums = if annealed.direct == T::of(0.0) { 2 } else { SUMS };
        let update = self.state.step / self.coefficients.steps as u64;
        let carry = self.weigh(sums);
        let (state, scratch, c, shape) = (&mut self.state, &mut self.scratch, &self.coefficients, self.shape);
        dispatch!(self.kernel, sum_sources::<T: Real>(state: &mut State<T>, scratch: &mut Scratch<T>, c: &Coefficients<T>, shape: Shape, sums: usize));
        let own = own_sums(&mut self.state, &self.scratch, &self.coefficients, self.shape, sums);
        let pass = Pass { annealed, carry, own: &own, shape: self.shape, sums, seed: self.seed, update, learning };
        let (state, scratch, c, pass) = (&mut self.state, &self.scratch, &self.coefficients, &pass);
        dispatch!(self.kernel, renew::<T: Real>(state: &mut State<T>, scratch: &Scratch<T>, c: &Coefficients<T>, pass: &Pass<'_, T>));
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

    /// The factors of the sums: D_s and its like times the bap of each step.
    fn weigh(&mut self, sums: usize) -> Carry<T> {
        let (c, n, width) = (&self.coefficients, self.coefficients.steps, self.shape.targets_padded());
        let mut carry = Carry { gradient: T::of(0.0), direct: T::of(0.0) };
        for weighted in &mut self.scratch.weighted[..sums] {
            weighted.resize(n * width / WIDTH, [T::of(0.0); WIDTH]);
        }
        for s in (0..n).rev() {
            let dopamine = self.state.dopamine[s] * c.dopamine_scale;
            let d_gradient = c.powers_g[n - 1 - s] * dopamine + carry.gradient;
            let d_direct = dopamine + carry.direct;
            let factors = [c.powers_e[n - 1 - s], d_gradient, d_direct];
            let bap = &self.state.bap[s * width..(s + 1) * width];
            for (weighted, factor) in self.scratch.weighted[..sums].iter_mut().zip(factors) {
                for (column, bap) in bap.chunks_exact(WIDTH).enumerate() {
                    for (out, &b) in weighted[column * n + s].iter_mut().zip(bap) {
                        *out = factor * b;
                    }
                }
            }
            carry = Carry { gradient: c.decay_e * d_gradient, direct: c.decay_e * d_direct };
        }
        carry
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

/// The place of a source that is silent.
const NOWHERE: u32 = u32::MAX;

/// How many sources share one pass over the steps: as many as leave their sums in registers.
const TOGETHER: usize = 4;

/// Traces and sums of every active source, eight sources at a time.
#[inline(always)]
fn sum_sources<T: Real>(state: &mut State<T>, scratch: &mut Scratch<T>, c: &Coefficients<T>, shape: Shape, sums: usize) {
    let (n, zero, one) = (c.steps, T::of(0.0), T::of(1.0));
    let Scratch { weighted, sums: out, place, traces, sorted } = scratch;
    sorted.clear();
    sorted.extend(state.spikes.iter().map(|&(step, source)| (source, step)));
    sorted.sort_unstable();
    out.iter_mut().for_each(Vec::clear);
    place.fill(NOWHERE);
    traces.resize(n, [zero; WIDTH]);
    let width = shape.targets_padded();
    let (y_fall, _) = state.y_fall.as_chunks_mut::<WIDTH>();
    let (y_rise, _) = state.y_rise.as_chunks_mut::<WIDTH>();
    let (places, _) = place.as_chunks_mut::<WIDTH>();
    let (mut next, mut active) = (0, 0);
    for (group, ((fall, rise), places)) in y_fall.iter_mut().zip(y_rise).zip(places).enumerate() {
        let ends = (group + 1) * WIDTH;
        let spiking = sorted.get(next).is_some_and(|&(source, _)| (source as usize) < ends);
        if !spiking && *fall == [zero; WIDTH] {
            continue;
        }
        traces.fill([zero; WIDTH]);
        while let Some(&(source, step)) = sorted.get(next).filter(|&&(source, _)| (source as usize) < ends) {
            traces[usize::from(step)][source as usize % WIDTH] += one;
            next += 1;
        }
        let total = follow(traces, fall, rise, c);
        for half in (0..WIDTH).step_by(TOGETHER) {
            // The traces are never negative: a sum of zero says that the source was silent all along.
            if total[half..half + TOGETHER].iter().all(|&t| t == zero) {
                continue;
            }
            for (i, place) in places[half..half + TOGETHER].iter_mut().enumerate() {
                *place = active + i as u32;
            }
            active += TOGETHER as u32;
            for (weighted, out) in weighted[..sums].iter().zip(out.iter_mut()) {
                let start = out.len();
                out.resize(start + TOGETHER * width, zero);
                for (column, weighted) in weighted.chunks_exact(n).enumerate() {
                    let acc =
                        if half == 0 { product::<T, 0>(traces, weighted) } else { product::<T, TOGETHER>(traces, weighted) };
                    for (i, acc) in acc.iter().enumerate() {
                        out[start + i * width + column * WIDTH..][..WIDTH].copy_from_slice(acc);
                    }
                }
            }
        }
    }
}

/// Turns spike counts of eight sources into their traces y at each step, carries `fall` and `rise` on, and gives each source's sum of y.
#[inline(always)]
fn follow<T: Real>(rows: &mut [[T; WIDTH]], fall: &mut [T; WIDTH], rise: &mut [T; WIDTH], c: &Coefficients<T>) -> [T; WIDTH] {
    let (decay_fall, decay_rise, nu, cutoff, zero) = (c.decay_fall, c.decay_rise, c.nu, c.cutoff, T::of(0.0));
    let (mut f, mut r, mut total) = (*fall, *rise, [zero; WIDTH]);
    for row in rows {
        for i in 0..WIDTH {
            f[i] *= decay_fall;
            r[i] *= decay_rise;
            let y = nu * (f[i] - r[i]);
            total[i] += y;
            let keep = f[i] >= cutoff;
            f[i] = if keep { f[i] } else { zero };
            r[i] = if keep { r[i] } else { zero };
            f[i] += row[i];
            r[i] += row[i];
            row[i] = y;
        }
    }
    (*fall, *rise) = (f, r);
    total
}

/// Sums over the steps of the traces of sources `FIRST` to `FIRST` + 3 of the eight, times eight targets' weighted bap.
#[inline(always)]
fn product<T: Real, const FIRST: usize>(rows: &[[T; WIDTH]], weighted: &[[T; WIDTH]]) -> [[T; WIDTH]; TOGETHER] {
    let mut acc = [[T::of(0.0); WIDTH]; TOGETHER];
    for (row, b) in rows.iter().zip(weighted) {
        for i in 0..TOGETHER {
            let y = row[FIRST + i];
            for j in 0..WIDTH {
                acc[i][j] += y * b[j];
            }
        }
    }
    acc
}

/// The sums of one synapse whose own trace differs from the shared one, less the shared ones.
struct Own<T> {
    synapse: usize,
    difference: [T; SUMS],
}

/// Traces and sums of the synapses that formed again, in the order of their numbers.
fn own_sums<T: Real>(state: &mut State<T>, scratch: &Scratch<T>, c: &Coefficients<T>, shape: Shape, sums: usize) -> Vec<Own<T>> {
    let (width, zero) = (shape.targets_padded(), T::of(0.0));
    let mut own = Vec::with_capacity(state.young.len());
    for young in &mut state.young {
        let synapse = young.synapse as usize;
        let (source, target) = (synapse / shape.row(), synapse % width);
        let first = scratch.sorted.partition_point(|&(other, _)| (other as usize) < source);
        let mut spikes = scratch.sorted[first..].iter().take_while(|&&(other, _)| other as usize == source).peekable();
        let mut total = [zero; SUMS];
        for s in 0..c.steps {
            let (fall, rise) = (young.fall * c.decay_fall, young.rise * c.decay_rise);
            let y = c.nu * (fall - rise);
            for (total, weighted) in total[..sums].iter_mut().zip(&scratch.weighted) {
                *total += y * weighted[target / WIDTH * c.steps + s][target % WIDTH];
            }
            (young.fall, young.rise) = if fall < c.cutoff { (zero, zero) } else { (fall, rise) };
            while spikes.next_if(|&&(_, step)| usize::from(step) == s).is_some() {
                young.fall += T::of(1.0);
                young.rise += T::of(1.0);
            }
        }
        let place = scratch.place[source];
        if place != NOWHERE {
            for (total, shared) in total[..sums].iter_mut().zip(&scratch.sums) {
                *total -= shared[place as usize * width + target];
            }
        }
        own.push(Own { synapse, difference: total });
    }
    own
}

/// What the pass over all synapses needs to know.
struct Pass<'a, T> {
    annealed: Annealed<T>,
    carry: Carry<T>,
    own: &'a [Own<T>],
    shape: Shape,
    sums: usize,
    seed: u64,
    update: u64,
    learning: bool,
}

/// e and g of every synapse from the sums, then theta and w, block by block.
#[inline(always)]
fn renew<T: Real>(state: &mut State<T>, scratch: &Scratch<T>, c: &Coefficients<T>, pass: &Pass<'_, T>) {
    let (zero, width, row) = (T::of(0.0), pass.shape.targets_padded(), pass.shape.row());
    let (keep_e, keep_g) = (c.powers_e[c.steps], c.powers_g[c.steps]);
    let State { theta, e, g, w, y_fall, y_rise, young, rewirings, .. } = state;
    let (theta, _) = theta.as_chunks_mut::<BLOCK>();
    let (e, _) = e.as_chunks_mut::<BLOCK>();
    let (g, _) = g.as_chunks_mut::<BLOCK>();
    let (w, _) = w.as_chunks_mut::<BLOCK>();
    let mut own = pass.own.iter().peekable();
    let (mut source, mut within) = (0, 0);
    for (number, (((theta, e), g), w)) in theta.iter_mut().zip(e).zip(g).zip(w).enumerate() {
        // The sums that each synapse of the block shares with its pair's others.
        let mut shared = [[zero; BLOCK]; SUMS];
        let mut any = false;
        for at in (0..BLOCK).step_by(WIDTH) {
            let place = scratch.place.get(source).copied().unwrap_or(NOWHERE);
            if place != NOWHERE {
                any = true;
                let from = place as usize * width + within % width;
                for (shared, sums) in shared[..pass.sums].iter_mut().zip(&scratch.sums) {
                    shared[at..at + WIDTH].copy_from_slice(&sums[from..from + WIDTH]);
                }
            }
            within += WIDTH;
            if within == row {
                (source, within) = (source + 1, 0);
            }
        }
        while let Some(own) = own.next_if(|own| own.synapse < (number + 1) * BLOCK) {
            any = true;
            for (shared, difference) in shared.iter_mut().zip(own.difference) {
                shared[own.synapse % BLOCK] += difference;
            }
        }
        if pass.sums == SUMS && pass.learning {
            let (direct, carry) = (pass.annealed.direct, pass.carry.direct);
            for i in 0..BLOCK {
                theta[i] += direct * (carry * e[i] + w[i] * shared[2][i]);
            }
        }
        let carry = pass.carry.gradient;
        if any {
            for i in 0..BLOCK {
                g[i] = keep_g * g[i] + carry * e[i] + w[i] * shared[1][i];
                e[i] = keep_e * e[i] + w[i] * shared[0][i];
            }
        } else {
            for i in 0..BLOCK {
                g[i] = keep_g * g[i] + carry * e[i];
                e[i] *= keep_e;
            }
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
