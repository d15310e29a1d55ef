//! SPORE step by step: the definition, with every synapse's own traces. The reference that tests compare with.

use serde::{Deserialize, Serialize};

use super::SporeSynapses;
use super::coefficients::{Annealed, Coefficients, MOST_STEPS, Shape};
use super::parameters::Spore;
use super::update::{Block, end_of_delta, initial_theta, weight};
use super::windowed::Windowed;
use crate::numeric::{BLOCK, Kernel, Real, dispatch};

/// All synapses of a projection, stepped one by one.
#[derive(Clone)]
pub struct Stepwise<T> {
    parameters: Spore,
    h_ms: f64,
    shape: Shape,
    coefficients: Coefficients<T>,
    kernel: Kernel,
    seed: u64,
    state: State<T>,
    tiled: Vec<T>,
}

/// The whole state; each array is padded to whole blocks.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State<T> {
    step: u64,
    theta: Vec<T>,
    e: Vec<T>,
    g: Vec<T>,
    w: Vec<T>,
    y_fall: Vec<T>,
    y_rise: Vec<T>,
    rewirings: [u64; 2],
}

impl<T: Real> Stepwise<T> {
    /// Synapses of the given shape at time zero; `h_ms` is the neural time step (ms).
    pub fn new(parameters: &Spore, shape: Shape, h_ms: f64, seed: u64) -> Self {
        let coefficients = Coefficients::new(parameters, h_ms);
        let len = shape.len().next_multiple_of(BLOCK);
        let zeros = vec![T::of(0.0); len];
        let theta = initial_theta(parameters.theta_init_mean, parameters.theta_init_deviation, &coefficients, seed, len);
        let w = theta.iter().map(|&t| weight(t, &coefficients)).collect();
        let state = State {
            step: 0,
            theta,
            e: zeros.clone(),
            g: zeros.clone(),
            w,
            y_fall: zeros.clone(),
            y_rise: zeros,
            rewirings: [0; 2],
        };
        Stepwise {
            parameters: parameters.clone(),
            h_ms,
            shape,
            coefficients,
            kernel: Kernel::detect(),
            seed,
            state,
            tiled: Vec::new(),
        }
    }

    /// The same, run by the given kernel.
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }

    /// Continues from the e, g, theta, w and traces of `other`, at the end of a Delta, with that form's step and noise.
    pub fn continue_from(&mut self, other: &Windowed<T>) {
        let (fall, rise) = other.own_traces();
        let len = self.state.theta.len();
        let padded = |from: &[T]| {
            let mut all = from.to_vec();
            all.resize(len, T::of(0.0));
            all
        };
        self.state.e = padded(other.eligibility());
        self.state.g = padded(other.gradient());
        self.state.theta = padded(other.theta());
        self.state.w = padded(other.weights());
        (self.state.y_fall, self.state.y_rise) = (padded(&fall), padded(&rise));
    }

    pub(super) fn state(&self) -> &State<T> {
        &self.state
    }

    pub(super) fn set_state(&mut self, state: State<T>) -> bool {
        let arrays = [&state.theta, &state.e, &state.g, &state.w, &state.y_fall, &state.y_rise];
        let fits = state.step < MOST_STEPS && arrays.iter().all(|array| array.len() == self.state.theta.len());
        if fits {
            self.state = state;
        }
        fits
    }

    fn end_of_delta(&mut self) {
        let update = self.state.step / self.coefficients.steps as u64;
        let annealed = Annealed::new(&self.parameters, self.state.step as f64 * self.h_ms);
        let before: Vec<bool> = self.state.w.iter().map(|w| *w > T::of(0.0)).collect();
        let (state, c, annealed, seed) = (&mut self.state, &self.coefficients, &annealed, self.seed);
        dispatch!(self.kernel, renew::<T: Real>(state: &mut State<T>, c: &Coefficients<T>, annealed: &Annealed<T>, seed: u64, update: u64));
        for (i, before) in before.into_iter().enumerate() {
            let alive = self.state.w[i] > T::of(0.0);
            if before != alive {
                (self.state.y_fall[i], self.state.y_rise[i]) = (T::of(0.0), T::of(0.0));
                self.state.rewirings[usize::from(alive)] += u64::from(i < self.shape.len() && self.shape.is_real(i));
            }
        }
    }
}

impl<T: Real> SporeSynapses<T> for Stepwise<T> {
    fn step(&mut self, pre: &[u32], bap: &[T], dopamine: T, learning: bool) -> bool {
        // beta is that of the Delta's end.
        let end = (self.state.step / self.coefficients.steps as u64 + 1) * self.coefficients.steps as u64;
        let direct = Annealed::<T>::new(&self.parameters, end as f64 * self.h_ms).direct;
        let direct = if learning { direct } else { T::of(0.0) };
        self.tiled.clear();
        self.tiled.extend(bap.iter().cycle().take(bap.len() + BLOCK));
        let (state, c, tiled) = (&mut self.state, &self.coefficients, &self.tiled);
        dispatch!(self.kernel, traces::<T: Real>(state: &mut State<T>, c: &Coefficients<T>, tiled: &[T], dopamine: T, direct: T));
        self.state.step += 1;
        let ends = self.state.step.is_multiple_of(self.coefficients.steps as u64);
        if ends && learning {
            self.end_of_delta();
        }
        let row = self.shape.row();
        for &source in pre {
            for i in source as usize * row..(source as usize + 1) * row {
                if self.state.w[i] > T::of(0.0) {
                    self.state.y_fall[i] += T::of(1.0);
                    self.state.y_rise[i] += T::of(1.0);
                }
            }
        }
        ends && learning
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

/// One step of every synapse's traces. `tiled` is the bap of all targets, again and again for a block longer than they are.
#[inline(always)]
fn traces<T: Real>(state: &mut State<T>, c: &Coefficients<T>, tiled: &[T], dopamine: T, direct: T) {
    let (decay_e, decay_g, decay_fall, decay_rise) = (c.decay_e, c.decay_g, c.decay_fall, c.decay_rise);
    let (nu, cutoff, zero, direct) = (c.nu, c.cutoff, T::of(0.0), dopamine * c.dopamine_scale * direct);
    let dopamine = dopamine * c.dopamine_scale;
    let (e, _) = state.e.as_chunks_mut::<BLOCK>();
    let (g, _) = state.g.as_chunks_mut::<BLOCK>();
    let (w, _) = state.w.as_chunks::<BLOCK>();
    let (theta, _) = state.theta.as_chunks_mut::<BLOCK>();
    let (y_fall, _) = state.y_fall.as_chunks_mut::<BLOCK>();
    let (y_rise, _) = state.y_rise.as_chunks_mut::<BLOCK>();
    let width = tiled.len() - BLOCK;
    for (number, (((((e, g), w), theta), y_fall), y_rise)) in
        e.iter_mut().zip(g).zip(w).zip(theta).zip(y_fall).zip(y_rise).enumerate()
    {
        let mut bap = [zero; BLOCK];
        bap.copy_from_slice(&tiled[number * BLOCK % width..][..BLOCK]);
        for j in 0..BLOCK {
            let (fall, rise) = (y_fall[j] * decay_fall, y_rise[j] * decay_rise);
            e[j] = e[j] * decay_e + w[j] * (nu * (fall - rise)) * bap[j];
            y_fall[j] = if fall < cutoff { zero } else { fall };
            y_rise[j] = if fall < cutoff { zero } else { rise };
            g[j] = g[j] * decay_g + dopamine * e[j];
        }
        if direct != zero {
            for j in 0..BLOCK {
                theta[j] += direct * e[j];
            }
        }
    }
}

/// The end of a Delta for every synapse.
#[inline(always)]
fn renew<T: Real>(state: &mut State<T>, c: &Coefficients<T>, annealed: &Annealed<T>, seed: u64, update: u64) {
    let (theta, _) = state.theta.as_chunks_mut::<BLOCK>();
    let (e, _) = state.e.as_chunks_mut::<BLOCK>();
    let (g, _) = state.g.as_chunks_mut::<BLOCK>();
    let (w, _) = state.w.as_chunks_mut::<BLOCK>();
    for (number, (((theta, e), g), w)) in theta.iter_mut().zip(e).zip(g).zip(w).enumerate() {
        end_of_delta(Block { theta, e, g, w }, c, annealed, seed, update, number as u32);
    }
}
