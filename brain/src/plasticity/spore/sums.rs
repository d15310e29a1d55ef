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
    /// traces: P(s) = nu decay (b(s) + P(s + 1)), P(n) = 0.
    #[inline(always)]
    pub fn prepare(&mut self, count: usize, bap: &[T], dopamine: &[T], c: &Coefficients<T>, shape: Shape) -> Carry<T> {
        let zero = T::of(0.0);
        self.count = count.min(SUMS);
        self.columns = shape.targets_padded() / WIDTH;
        self.of.resize((c.steps + 1) * self.columns, Response::default());
        let (bap, _) = bap.as_chunks::<WIDTH>();
        let (decays, nu) = ([c.decay_fall, c.decay_rise], [c.nu * c.decay_fall, c.nu * c.decay_rise]);
        let mut carry = Carry { gradient: zero, direct: zero };
        self.of[c.steps * self.columns..].fill(Response::default());
        for s in (0..c.steps).rev() {
            let dopamine = dopamine[s] * c.dopamine_scale;
            let factors = [c.powers_e[c.steps - 1 - s], c.powers_g[c.steps - 1 - s] * dopamine + carry.gradient, dopamine + carry.direct];
            carry = Carry { gradient: c.decay_e * factors[1], direct: c.decay_e * factors[2] };
            let (here, later) = self.of[s * self.columns..].split_at_mut(self.columns);
            for ((here, later), bap) in here.iter_mut().zip(&*later).zip(&bap[s * self.columns..]) {
                for (k, factor) in factors.into_iter().enumerate().take(self.count) {
                    for j in 0..WIDTH {
                        let b = factor * bap[j];
                        here.fall[k][j] = nu[0] * b + decays[0] * later.fall[k][j];
                        here.rise[k][j] = nu[1] * b + decays[1] * later.rise[k][j];
                    }
                }
            }
        }
        carry
    }

    /// The sums of a source's columns, to be added to.
    pub fn row<'a>(&'a self, sums: &'a mut [Column<T>]) -> Row<'a, T> {
        Row { responses: self, sums }
    }

    /// The sums of one synapse of the given target, to be added to.
    pub fn one<'a>(&'a self, target: usize, sums: &'a mut [T; SUMS]) -> One<'a, T> {
        One { responses: self, target, sums }
    }
}

/// Sums that traces add to.
pub(super) trait Sums<T> {
    /// Adds what a trace (y_fall, y_rise) adds that is there after `step` steps.
    fn add(&mut self, step: usize, trace: [T; 2]);
}

/// Those of a source's columns of targets.
pub(super) struct Row<'a, T> {
    responses: &'a Responses<T>,
    sums: &'a mut [Column<T>],
}

/// Those of one synapse.
pub(super) struct One<'a, T> {
    responses: &'a Responses<T>,
    target: usize,
    sums: &'a mut [T; SUMS],
}

impl<T: Real> Sums<T> for Row<'_, T> {
    #[inline(always)]
    fn add(&mut self, step: usize, [fall, rise]: [T; 2]) {
        let Responses { columns, count, of } = self.responses;
        for (sums, response) in self.sums.iter_mut().zip(&of[step * columns..]) {
            for ((sum, of_fall), of_rise) in sums.iter_mut().zip(&response.fall).zip(&response.rise).take(*count) {
                let (old, of_fall, of_rise) = (*sum, *of_fall, *of_rise);
                *sum = array::from_fn(|j| old[j] + (fall * of_fall[j] - rise * of_rise[j]));
            }
        }
    }
}

impl<T: Real> Sums<T> for One<'_, T> {
    #[inline(always)]
    fn add(&mut self, step: usize, [fall, rise]: [T; 2]) {
        let Responses { columns, count, of } = self.responses;
        let (response, j) = (&of[step * columns + self.target / WIDTH], self.target % WIDTH);
        for k in 0..*count {
            self.sums[k] += fall * response.fall[k][j] - rise * response.rise[k][j];
        }
    }
}

/// Carries the traces (y_fall, y_rise) of a source through a Delta in which it spikes at `spikes`, and adds to the sums each trace that
/// appears, or disappears with a minus.
#[inline(always)]
pub(super) fn follow<T: Real>(
    [mut fall, mut rise]: [T; 2],
    spikes: &[u16],
    c: &Coefficients<T>,
    sums: &mut impl Sums<T>,
) -> [T; 2] {
    let (zero, one) = (T::of(0.0), T::of(1.0));
    if fall != zero {
        sums.add(0, [fall, rise]);
    }
    let mut at = 0;
    for spike in spikes.iter().map(Some).chain([None]) {
        let end = spike.map_or(c.steps, |&step| usize::from(step) + 1);
        if end > at && fall != zero {
            if fall * c.powers_fall[end - at] < c.cutoff {
                let cut = 1 + c.powers_fall[1..end - at].partition_point(|&power| fall * power >= c.cutoff);
                sums.add(at + cut, [-(fall * c.powers_fall[cut]), -(rise * c.powers_rise[cut])]);
                (fall, rise) = (zero, zero);
            } else {
                (fall, rise) = (fall * c.powers_fall[end - at], rise * c.powers_rise[end - at]);
            }
        }
        at = end;
        if spike.is_some() {
            (fall, rise) = (fall + one, rise + one);
            sums.add(at, [one, one]);
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
