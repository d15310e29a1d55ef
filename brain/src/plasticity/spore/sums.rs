//! The sums over a Delta that the windowed form works with: presynaptic traces times weighted bap.
//!
//! From each of its spikes on, a source's trace falls as every other's does. So what a trace of 1 adds to a sum over all later
//! steps is worked out once for every step, by filtering the weighted bap backwards in time ([`Responses`]). A source's sum is then
//! looked up: once for the trace that it starts the Delta with and once for each of its spikes, less what the cutoff takes away.
//! That costs as much as there are spikes, not as there are sources times steps.

use std::array;

use super::coefficients::{Coefficients, Shape};
use crate::numeric::{Real, WIDTH};

/// The most sums over a Delta: E, G, and the one for c_e.
pub(super) const SUMS: usize = 3;

/// A column of targets' sums.
pub(super) type Column<T> = [[T; WIDTH]; SUMS];

/// What a trace adds to the sums of one column of targets: y_fall = 1, and y_rise = 1.
#[derive(Clone, Copy, Default)]
struct Response<T> {
    fall: Column<T>,
    rise: Column<T>,
}

/// What a trace of 1 adds to the sums over a Delta, by the number of its steps that are over.
#[derive(Clone, Default)]
pub(super) struct Responses<T> {
    columns: usize,
    /// How many sums there are: [`SUMS`], or one less with c_e = 0.
    count: usize,
    of: Vec<Response<T>>,
}

/// What a Delta leaves behind of old e: a D_0 and a D'_0.
#[derive(Clone, Copy)]
pub(super) struct Carry<T> {
    pub gradient: T,
    pub direct: T,
}

impl<T: Real> Responses<T> {
    /// Filters a Delta's bap (of all targets, step by step), weighted by a^(n-1-s), D_s and D'_s, backwards by the decays of the
    /// traces: P(s) = decay (nu b(s) + P(s + 1)), P(n) = 0. `dopamine` is that of each step, for g, and for theta.
    #[inline(always)]
    pub fn prepare(&mut self, count: usize, bap: &[T], dopamine: [&[T]; 2], c: &Coefficients<T>, shape: Shape) -> Carry<T> {
        let zero = T::of(0.0);
        self.count = count.min(SUMS);
        self.columns = shape.targets_padded() / WIDTH;
        self.of.resize((c.steps + 1) * self.columns, Response::default());
        let (bap, _) = bap.as_chunks::<WIDTH>();
        let (decays, nu) = ([c.decay_fall, c.decay_rise], [c.nu * c.decay_fall, c.nu * c.decay_rise]);
        let mut carry = Carry { gradient: zero, direct: zero };
        self.of[c.steps * self.columns..].fill(Response::default());
        for s in (0..c.steps).rev() {
            let [dopamine, learned] = dopamine.map(|d| d[s] * c.dopamine_scale);
            let factors =
                [c.powers_e[c.steps - 1 - s], c.powers_g[c.steps - 1 - s] * dopamine + carry.gradient, learned + carry.direct];
            carry = Carry { gradient: c.decay_e * factors[1], direct: c.decay_e * factors[2] };
            let (here, later) = self.of[s * self.columns..].split_at_mut(self.columns);
            for ((here, later), bap) in here.iter_mut().zip(&*later).zip(&bap[s * self.columns..]) {
                // Worked on by value: the compiler can't know that the arrays don't overlap.
                let (bap, later) = (*bap, *later);
                for (k, factor) in factors.into_iter().enumerate() {
                    if k < self.count {
                        here.fall[k] = array::from_fn(|j| nu[0] * (factor * bap[j]) + decays[0] * later.fall[k][j]);
                        here.rise[k] = array::from_fn(|j| nu[1] * (factor * bap[j]) + decays[1] * later.rise[k][j]);
                    }
                }
            }
        }
        carry
    }

    /// Whether there is a sum for c_e.
    pub fn has_direct(&self) -> bool {
        self.count == SUMS
    }

    /// The sums of a source whose traces changed so, for one column of targets.
    #[inline(always)]
    pub fn sums(&self, column: usize, changes: &[Change<T>]) -> Column<T> {
        let [mut e, mut g, mut direct] = [[T::of(0.0); WIDTH]; SUMS];
        for &Change { step, fall, rise } in changes {
            let Response { fall: of_fall, rise: of_rise } = &self.of[step * self.columns + column];
            for j in 0..WIDTH {
                e[j] += fall * of_fall[0][j] - rise * of_rise[0][j];
                g[j] += fall * of_fall[1][j] - rise * of_rise[1][j];
            }
        }
        if self.has_direct() {
            for &Change { step, fall, rise } in changes {
                let Response { fall: of_fall, rise: of_rise } = &self.of[step * self.columns + column];
                for j in 0..WIDTH {
                    direct[j] += fall * of_fall[2][j] - rise * of_rise[2][j];
                }
            }
        }
        [e, g, direct]
    }
}

/// A trace that appears in a source's y_fall and y_rise when `step` steps of a Delta are over, or, with a minus, disappears.
#[derive(Clone, Copy)]
pub(super) struct Change<T> {
    step: usize,
    fall: T,
    rise: T,
}

/// Carries the traces (y_fall, y_rise) of a source through a Delta in which it spikes at `spikes`; `changes` are then those in it, the
/// traces that it starts with among them.
#[inline(always)]
pub(super) fn follow<T: Real>(
    [mut fall, mut rise]: [T; 2],
    spikes: &[u16],
    c: &Coefficients<T>,
    changes: &mut Vec<Change<T>>,
) -> [T; 2] {
    let (zero, one) = (T::of(0.0), T::of(1.0));
    changes.clear();
    if [fall, rise] != [zero; 2] {
        changes.push(Change { step: 0, fall, rise });
    }
    let mut at = 0;
    for spike in spikes.iter().map(Some).chain([None]) {
        let end = spike.map_or(c.steps, |&step| usize::from(step) + 1);
        if end > at && [fall, rise] != [zero; 2] {
            if fall * c.powers_fall[end - at] < c.cutoff {
                let cut = 1 + c.powers_fall[1..end - at].partition_point(|&power| fall * power >= c.cutoff);
                changes.push(Change { step: at + cut, fall: -(fall * c.powers_fall[cut]), rise: -(rise * c.powers_rise[cut]) });
                (fall, rise) = (zero, zero);
            } else {
                (fall, rise) = (fall * c.powers_fall[end - at], rise * c.powers_rise[end - at]);
            }
        }
        at = end;
        if spike.is_some() {
            (fall, rise) = (fall + one, rise + one);
            changes.push(Change { step: at, fall: one, rise: one });
        }
    }
    [fall, rise]
}

/// The steps of a Delta's spikes, source by source.
#[derive(Clone, Default)]
pub(super) struct Trains {
    steps: Vec<u16>,
    starts: Vec<u32>,
}

impl Trains {
    /// Puts spikes, (step, source) in the order of their steps, in the order of their sources: counts them, then places them.
    #[inline(always)]
    pub fn sort(&mut self, spikes: &[(u16, u32)], sources: usize) {
        self.starts.clear();
        self.starts.resize(sources + 2, 0);
        self.steps.resize(spikes.len(), 0);
        for &(_, source) in spikes {
            self.starts[source as usize + 2] += 1;
        }
        let mut total = 0;
        for start in &mut self.starts {
            total += *start;
            *start = total;
        }
        // Entry i + 1 is where the next spike of source i goes: in the end, where those of source i + 1 start.
        for &(step, source) in spikes {
            let next = &mut self.starts[source as usize + 1];
            self.steps[*next as usize] = step;
            *next += 1;
        }
    }

    /// The steps in which a source spikes.
    #[inline(always)]
    pub fn of(&self, source: usize) -> &[u16] {
        &self.steps[self.starts[source] as usize..self.starts[source + 1] as usize]
    }
}
