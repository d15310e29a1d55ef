//! SPORE step by step: the definition, with every synapse's own traces. The reference that tests compare with.

use serde::{Deserialize, Serialize};

use super::SporeSynapses;
use super::arrays::{Arrays, Rule};
use super::coefficients::{Annealed, Coefficients, Shape};
use super::parameters::Spore;
use super::update::{Noise, renew_theta, renew_weights};
use super::windowed::Windowed;
use crate::numeric::{BLOCK, Kernel, Real, dispatch};

/// All synapses of a projection, stepped one by one.
#[derive(Clone)]
pub struct Stepwise<T> {
    rule: Rule<T>,
    state: State<T>,
    tiled: Vec<T>,
}

/// The whole state; each array is padded to whole blocks.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State<T> {
    synapses: Arrays<T>,
    y_fall: Vec<T>,
    y_rise: Vec<T>,
}

impl<T: Real> Stepwise<T> {
    /// Synapses of the given shape at time zero; `h_ms` is the neural time step (ms).
    pub fn new(parameters: &Spore, shape: Shape, h_ms: f64, seed: u64) -> Self {
        let rule = Rule::new(parameters, shape, h_ms, seed);
        let synapses = Arrays::new(&rule);
        let zeros = vec![T::of(0.0); synapses.theta.len()];
        let state = State { synapses, y_fall: zeros.clone(), y_rise: zeros };
        Stepwise { rule, state, tiled: Vec::new() }
    }

    /// The same, run by the given kernel.
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.rule.kernel = kernel;
        self
    }

    /// Continues from the e, g, theta, w and traces of `other`, at the end of a Delta, with that form's step and noise.
    pub fn continue_from(&mut self, other: &Windowed<T>) {
        let (step, rewirings) = (self.state.synapses.step, self.state.synapses.rewirings);
        self.state.synapses = Arrays { step, rewirings, ..other.arrays().clone() };
        let (mut fall, mut rise) = other.own_traces();
        for traces in [&mut fall, &mut rise] {
            traces.resize(self.state.synapses.theta.len(), T::of(0.0));
        }
        (self.state.y_fall, self.state.y_rise) = (fall, rise);
    }

    pub(super) fn state(&self) -> &State<T> {
        &self.state
    }

    pub(super) fn set_state(&mut self, state: State<T>) -> bool {
        let len = self.state.synapses.theta.len();
        let fits =
            state.synapses.fits(&self.state.synapses) && [&state.y_fall, &state.y_rise].iter().all(|array| array.len() == len);
        if fits {
            self.state = state;
        }
        fits
    }

    fn end_of_delta(&mut self) {
        let (rule, synapses) = (&self.rule, &mut self.state.synapses);
        let annealed = &rule.annealed(synapses.step);
        let before: Vec<bool> = synapses.w.iter().map(|w| *w > T::of(0.0)).collect();
        dispatch!(rule.kernel, renew::<T: Real>(synapses: &mut Arrays<T>, rule: &Rule<T>, annealed: &Annealed<T>));
        for (i, before) in before.into_iter().enumerate() {
            let alive = self.state.synapses.w[i] > T::of(0.0);
            if before != alive {
                self.start_anew(i);
                self.state.synapses.count_rewiring(i, self.rule.shape);
            }
        }
    }
}

impl<T: Real> SporeSynapses<T> for Stepwise<T> {
    fn step(&mut self, pre: &[u32], bap: &[T], dopamine: T, learning: bool) -> bool {
        let (rule, state) = (&self.rule, &mut self.state);
        let c = &rule.coefficients;
        let steps = c.steps as u64;
        // beta is that of the Delta's end.
        let direct = rule.annealed((state.synapses.step / steps + 1) * steps).direct;
        let direct = if learning { direct } else { T::of(0.0) };
        self.tiled.clear();
        self.tiled.extend(bap.iter().cycle().take(bap.len() + BLOCK));
        let tiled = &self.tiled[..];
        dispatch!(rule.kernel, traces::<T: Real>(state: &mut State<T>, c: &Coefficients<T>, tiled: &[T], dopamine: T, direct: T));
        state.synapses.step += 1;
        let ends = state.synapses.step.is_multiple_of(steps);
        if ends && learning {
            self.end_of_delta();
        }
        let (row, state) = (self.rule.shape.row(), &mut self.state);
        for &source in pre {
            for i in source as usize * row..(source as usize + 1) * row {
                if state.synapses.w[i] > T::of(0.0) {
                    state.y_fall[i] += T::of(1.0);
                    state.y_rise[i] += T::of(1.0);
                }
            }
        }
        ends && learning
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
        let State { synapses, y_fall, y_rise } = &mut self.state;
        for trace in [y_fall, y_rise, &mut synapses.e, &mut synapses.g] {
            trace[synapse] = T::of(0.0);
        }
    }
}

/// One step of every synapse's traces. `tiled` is the bap of all targets, again and again for a block longer than they are.
#[inline(always)]
fn traces<T: Real>(state: &mut State<T>, c: &Coefficients<T>, tiled: &[T], dopamine: T, direct: T) {
    let (decay_e, decay_g, decay_fall, decay_rise) = (c.decay_e, c.decay_g, c.decay_fall, c.decay_rise);
    let (nu, cutoff, zero, direct) = (c.nu, c.cutoff, T::of(0.0), dopamine * c.dopamine_scale * direct);
    let dopamine = dopamine * c.dopamine_scale;
    let (e, _) = state.synapses.e.as_chunks_mut::<BLOCK>();
    let (g, _) = state.synapses.g.as_chunks_mut::<BLOCK>();
    let (w, _) = state.synapses.w.as_chunks::<BLOCK>();
    let (theta, _) = state.synapses.theta.as_chunks_mut::<BLOCK>();
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
fn renew<T: Real>(synapses: &mut Arrays<T>, rule: &Rule<T>, annealed: &Annealed<T>) {
    let c = &rule.coefficients;
    let noise = Noise::new(rule.seed, synapses.step / c.steps as u64);
    for block in 0..synapses.w.len() / BLOCK {
        renew_theta(synapses, block, &noise, c, annealed);
        renew_weights(synapses, block, c);
    }
}
