//! SPORE in one pass per Delta: the same rule, six to twenty times faster by size and activity.
//!
//! Between two updates w is constant, so e and g are linear in what happened, and the sums over the n steps of a Delta can be
//! taken at its end. With a = exp(-h/tau_e), c = exp(-h/tau_g), y_i the presynaptic trace, b_j the bap and d the dopamine of
//! each step:
//!
//! - D_s = c^(n-1-s) d_s + a D_(s+1), backwards from D_n = 0
//! - E_ij = sum_s a^(n-1-s) y_i(s) b_j(s) and G_ij = sum_s D_s y_i(s) b_j(s): shared by all synapses of a pair
//! - e <- a^n e + w E_ij; g <- c^n g + a D_0 e_old + w G_ij
//! - with c_e > 0, D'_s = d_s + a D'_(s+1) and theta += beta c_e (a D'_0 e_old + w sum_s D'_s y_i b_j)
//!
//! A synapse that forms again starts with y = 0 while its pair's shared trace may not: such synapses keep a trace of their own
//! until the two agree, and get sums of their own. So the result is that of [`Stepwise`](super::Stepwise), cutoff included, but for rounding.

use std::array;

use serde::{Deserialize, Serialize};

use super::SporeSynapses;
use super::arrays::{Arrays, Rule};
use super::coefficients::{Annealed, Shape};
use super::parameters::Spore;
use super::sums::{Carry, Change, Column, Responses, SUMS, Trains, follow};
use super::update::{Noise, renew_theta, renew_weights};
use crate::numeric::{BLOCK, Kernel, Real, WIDTH, dispatch};

/// All synapses of a projection, brought up to date at the end of each Delta.
#[derive(Clone)]
pub struct Windowed<T> {
    rule: Rule<T>,
    state: State<T>,
    scratch: Scratch<T>,
}

/// The whole state.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State<T> {
    synapses: Arrays<T>,
    /// Shared presynaptic traces of each source, at the start of this Delta.
    y_fall: Vec<T>,
    y_rise: Vec<T>,
    /// Synapses that formed again and whose own traces differ from the shared ones, by number.
    young: Vec<Young<T>>,
    /// What happened in this Delta: (step, source) of each spike, bap of each step and target, dopamine of each step; and again the
    /// dopamine, where learning was on, else 0.
    spikes: Vec<(u16, u32)>,
    bap: Vec<T>,
    dopamine: Vec<T>,
    learned: Vec<T>,
}

/// The own traces of a synapse that formed again.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Young<T> {
    synapse: u32,
    fall: T,
    rise: T,
}

/// What is worked out anew for each Delta; it holds nothing from one to the next.
#[derive(Clone, Default)]
struct Scratch<T> {
    responses: Responses<T>,
    trains: Trains,
    changes: Vec<Change<T>>,
    sums: Vec<Column<T>>,
    /// Synapses that this Delta retracts or lets form again.
    rewired: Vec<usize>,
}

impl<T: Real> Windowed<T> {
    /// Synapses of the given shape at time zero; `h_ms` is the neural time step (ms).
    pub fn new(parameters: &Spore, shape: Shape, h_ms: f64, seed: u64) -> Self {
        let rule = Rule::new(parameters, shape, h_ms, seed);
        let zeros = vec![T::of(0.0); shape.sources];
        let state = State {
            synapses: Arrays::new(&rule),
            y_fall: zeros.clone(),
            y_rise: zeros,
            young: Vec::new(),
            spikes: Vec::new(),
            bap: Vec::new(),
            dopamine: Vec::new(),
            learned: Vec::new(),
        };
        Windowed { rule, state, scratch: Scratch::default() }
    }

    /// The same, run by the given kernel.
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.rule.kernel = kernel;
        self
    }

    /// The presynaptic traces (fall, rise) of every synapse, at the end of a Delta.
    pub(super) fn own_traces(&self) -> (Vec<T>, Vec<T>) {
        let (state, shape) = (&self.state, self.rule.shape);
        let alive = |i: usize, y: &[T]| if state.synapses.w[i] > T::of(0.0) { y[i / shape.row()] } else { T::of(0.0) };
        let mut fall: Vec<T> = (0..shape.len()).map(|i| alive(i, &state.y_fall)).collect();
        let mut rise: Vec<T> = (0..shape.len()).map(|i| alive(i, &state.y_rise)).collect();
        for young in &state.young {
            (fall[young.synapse as usize], rise[young.synapse as usize]) = (young.fall, young.rise);
        }
        (fall, rise)
    }

    pub(super) fn state(&self) -> &State<T> {
        &self.state
    }

    pub(super) fn set_state(&mut self, state: State<T>) -> bool {
        let (steps, shape) = (self.rule.coefficients.steps, self.rule.shape);
        let in_range = |synapse: u32| (synapse as usize) < shape.len();
        let fits = state.synapses.fits(&self.state.synapses)
            && [&state.y_fall, &state.y_rise].iter().all(|y| y.len() == shape.sources)
            && state.dopamine.len() as u64 == state.synapses.step % steps as u64
            && state.learned.len() == state.dopamine.len()
            && state.bap.len() == state.dopamine.len() * shape.targets_padded()
            && state.spikes.iter().all(|&(s, i)| usize::from(s) < state.dopamine.len() && (i as usize) < shape.sources)
            && state.spikes.is_sorted_by_key(|&(s, _)| s)
            && state.young.iter().all(|young| in_range(young.synapse))
            && state.young.is_sorted_by_key(|young| young.synapse);
        if fits {
            self.state = state;
        }
        fits
    }

    /// Brings every synapse up to date with the Delta that has just ended.
    fn end_of_delta(&mut self, learning: bool) {
        let (rule, state, scratch) = (&self.rule, &mut self.state, &mut self.scratch);
        let annealed = rule.annealed(state.synapses.step);
        let pass = &Pass { rule, annealed, learning };
        dispatch!(rule.kernel, bring_up_to_date::<T: Real>(state: &mut State<T>, scratch: &mut Scratch<T>, pass: &Pass<'_, T>));
        let rewired = std::mem::take(&mut self.scratch.rewired);
        for &synapse in &rewired {
            self.start_anew(synapse);
            self.state.synapses.count_rewiring(synapse, self.rule.shape);
        }
        self.scratch.rewired = rewired;
        let (rule, state) = (&self.rule, &mut self.state);
        let (row, w, [y_fall, y_rise]) = (rule.shape.row(), &state.synapses.w, [&state.y_fall, &state.y_rise]);
        let differs = |own: T, shared: T| (own - shared).f64().abs() > 16.0 * T::EPSILON.f64() * shared.f64().abs();
        state.young.retain(|young| {
            let source = young.synapse as usize / row;
            w[young.synapse as usize] > T::of(0.0) && (differs(young.fall, y_fall[source]) || differs(young.rise, y_rise[source]))
        });
        state.spikes.clear();
        state.bap.clear();
        state.dopamine.clear();
        state.learned.clear();
    }
}

impl<T: Real> SporeSynapses<T> for Windowed<T> {
    fn step(&mut self, pre: &[u32], bap: &[T], dopamine: T, learning: bool) -> bool {
        let state = &mut self.state;
        let s = state.dopamine.len();
        state.bap.extend_from_slice(bap);
        state.dopamine.push(dopamine);
        state.learned.push(if learning { dopamine } else { T::of(0.0) });
        state.synapses.step += 1;
        let ends = s + 1 == self.rule.coefficients.steps;
        if !ends {
            state.spikes.extend(pre.iter().map(|&source| (s as u16, source)));
            return false;
        }
        self.end_of_delta(learning);
        // Spikes of the step that ends a Delta come after its update: they belong to the traces that the next one starts with.
        let row = self.rule.shape.row() as u32;
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

    fn rule(&self) -> &Rule<T> {
        &self.rule
    }
    fn arrays(&self) -> &Arrays<T> {
        &self.state.synapses
    }
    fn arrays_mut(&mut self) -> &mut Arrays<T> {
        &mut self.state.synapses
    }
    fn start_anew(&mut self, synapse: usize) {
        let (zero, source) = (T::of(0.0), synapse / self.rule.shape.row());
        let State { synapses, y_fall, y_rise, young, .. } = &mut self.state;
        (synapses.e[synapse], synapses.g[synapse]) = (zero, zero);
        let traced = y_fall[source] != zero || y_rise[source] != zero;
        let at = young.partition_point(|young| (young.synapse as usize) < synapse);
        if young.get(at).is_some_and(|young| young.synapse as usize == synapse) {
            young.remove(at);
        }
        if synapses.w[synapse] > zero && traced && self.rule.shape.is_real(synapse) {
            young.insert(at, Young { synapse: synapse as u32, fall: zero, rise: zero });
        }
    }
}

/// What the pass over all synapses needs to know.
struct Pass<'a, T> {
    rule: &'a Rule<T>,
    annealed: Annealed<T>,
    learning: bool,
}

/// The end of a Delta: source by source e and g of its synapses, then, while they are at hand, theta and w of each block that is whole.
#[inline(always)]
fn bring_up_to_date<T: Real>(state: &mut State<T>, scratch: &mut Scratch<T>, pass: &Pass<'_, T>) {
    let Rule { shape, coefficients: c, .. } = pass.rule;
    let direct = pass.annealed.direct;
    let count = if direct == T::of(0.0) { SUMS - 1 } else { SUMS };
    let carry = scratch.responses.prepare(count, &state.bap, [&state.dopamine, &state.learned], c, *shape);
    scratch.trains.sort(&state.spikes, shape.sources);
    scratch.rewired.clear();
    scratch.sums.resize(shape.targets_padded() / WIDTH, Column::default());
    let noise = Noise::new(pass.rule.seed, state.synapses.step / c.steps as u64);
    let (mut blocks, mut young) = (0, 0);
    for source in 0..shape.sources {
        integrate(state, scratch, source, &carry, direct, pass.rule);
        young += correct(state, scratch, source, young, direct, pass.rule);
        let whole = if source + 1 == shape.sources { state.synapses.w.len() } else { (source + 1) * shape.row() } / BLOCK;
        while pass.learning && blocks < whole {
            renew(state, scratch, blocks, &noise, pass);
            blocks += 1;
        }
    }
}

/// e and g of one source's synapses, and what c_e adds to theta; the shared traces of the source go on to the end of the Delta.
#[inline(always)]
fn integrate<T: Real>(
    state: &mut State<T>,
    scratch: &mut Scratch<T>,
    source: usize,
    carry: &Carry<T>,
    direct: T,
    rule: &Rule<T>,
) {
    let (zero, row, c) = (T::of(0.0), rule.shape.row(), &rule.coefficients);
    let Scratch { responses, trains, changes, sums, .. } = scratch;
    let (traces, spikes) = ([state.y_fall[source], state.y_rise[source]], trains.of(source));
    let silent = traces == [zero; 2] && spikes.is_empty();
    if silent {
        sums.fill(Column::default());
    } else {
        [state.y_fall[source], state.y_rise[source]] = follow(traces, spikes, c, changes);
        for (column, sums) in sums.iter_mut().enumerate() {
            *sums = responses.sums(column, changes);
        }
    }
    let (keep_e, keep_g) = (c.powers_e[c.steps], c.powers_g[c.steps]);
    let Arrays { theta, e, g, w, .. } = &mut state.synapses;
    let range = source * row..(source + 1) * row;
    let (theta, _) = theta[range.clone()].as_chunks_mut::<WIDTH>();
    let (e, _) = e[range.clone()].as_chunks_mut::<WIDTH>();
    let (g, _) = g[range.clone()].as_chunks_mut::<WIDTH>();
    let (w, _) = w[range].as_chunks::<WIDTH>();
    let passage = Passage { keep_e, keep_g, carry: *carry, direct, has_direct: responses.has_direct() };
    if silent {
        for ((theta, e), g) in theta.iter_mut().zip(e).zip(g) {
            passage.fade(theta, e, g);
        }
    } else if let &mut [sums] = &mut sums[..] {
        for (((theta, e), g), w) in theta.iter_mut().zip(e).zip(g).zip(w) {
            passage.apply(theta, e, g, w, &sums);
        }
    } else {
        for ((((theta, e), g), w), sums) in theta.iter_mut().zip(e).zip(g).zip(w).zip(sums.iter().cycle()) {
            passage.apply(theta, e, g, w, sums);
        }
    }
}

/// What a Delta does to a vector of synapses.
struct Passage<T> {
    keep_e: T,
    keep_g: T,
    carry: Carry<T>,
    direct: T,
    /// Whether `direct` isn't zero: a flag of its own, so that loops are compiled with and without it.
    has_direct: bool,
}

impl<T: Real> Passage<T> {
    /// Without any presynaptic trace.
    #[inline(always)]
    fn fade(&self, theta: &mut [T; WIDTH], e: &mut [T; WIDTH], g: &mut [T; WIDTH]) {
        let &Passage { keep_e, keep_g, carry, direct, has_direct } = self;
        let (old_e, old_g) = (*e, *g);
        if has_direct {
            let old = *theta;
            *theta = array::from_fn(|j| old[j] + direct * (carry.direct * old_e[j]));
        }
        *g = array::from_fn(|j| keep_g * old_g[j] + carry.gradient * old_e[j]);
        *e = array::from_fn(|j| keep_e * old_e[j]);
    }

    /// With the given sums.
    #[inline(always)]
    fn apply(&self, theta: &mut [T; WIDTH], e: &mut [T; WIDTH], g: &mut [T; WIDTH], w: &[T; WIDTH], sums: &Column<T>) {
        let &Passage { keep_e, keep_g, carry, direct, has_direct } = self;
        // Worked on by value: the compiler can't know that the arrays don't overlap.
        let (old_e, old_g, w, [sum_e, sum_g, sum_direct]) = (*e, *g, *w, sums);
        if has_direct {
            let old = *theta;
            *theta = array::from_fn(|j| old[j] + direct * (carry.direct * old_e[j] + w[j] * sum_direct[j]));
        }
        *g = array::from_fn(|j| keep_g * old_g[j] + carry.gradient * old_e[j] + w[j] * sum_g[j]);
        *e = array::from_fn(|j| keep_e * old_e[j] + w[j] * sum_e[j]);
    }
}

/// The difference that it makes to young synapses of the source just integrated that their traces are not the shared ones. The
/// first of them is number `first` of all young ones, if there are any; returns how many there were.
#[inline(always)]
fn correct<T: Real>(
    state: &mut State<T>,
    scratch: &mut Scratch<T>,
    source: usize,
    first: usize,
    direct: T,
    rule: &Rule<T>,
) -> usize {
    let Rule { shape, coefficients: c, .. } = rule;
    let end = (source + 1) * shape.row();
    let Scratch { responses, trains, changes, sums, .. } = scratch;
    let Arrays { theta, e, g, w, .. } = &mut state.synapses;
    let mut count = 0;
    for young in state.young[first..].iter_mut().take_while(|young| (young.synapse as usize) < end) {
        let synapse = young.synapse as usize;
        let target = synapse % shape.targets_padded();
        let (column, lane) = (target / WIDTH, target % WIDTH);
        [young.fall, young.rise] = follow([young.fall, young.rise], trains.of(source), c, changes);
        let (own, shared) = (responses.sums(column, changes), sums[column]);
        let sums: [T; SUMS] = array::from_fn(|k| own[k][lane] - shared[k][lane]);
        theta[synapse] += direct * w[synapse] * sums[2];
        g[synapse] += w[synapse] * sums[1];
        e[synapse] += w[synapse] * sums[0];
        count += 1;
    }
    count
}

/// theta and w of a block, noting which synapses are retracted and which form again.
#[inline(always)]
fn renew<T: Real>(state: &mut State<T>, scratch: &mut Scratch<T>, block: usize, noise: &Noise, pass: &Pass<'_, T>) {
    let c = &pass.rule.coefficients;
    if renew_theta(&mut state.synapses, block, noise, c, &pass.annealed) {
        let Arrays { theta, w, .. } = &state.synapses;
        let differs = |&synapse: &usize| (w[synapse] > T::of(0.0)) != (theta[synapse] >= T::of(0.0));
        scratch.rewired.extend((block * BLOCK..((block + 1) * BLOCK).min(pass.rule.shape.len())).filter(differs));
    }
    renew_weights(&mut state.synapses, block, c);
}
