//! The sums over a Delta that the windowed form works with: presynaptic traces times weighted bap.
//!
//! Layout: sources come in groups of [`GROUP`], whose traces stand side by side in one row per step; targets come in columns of
//! [`WIDTH`]. One pass over the steps turns a group's spike counts into traces, then each four sources of it that are not silent are
//! multiplied with each column, all sums at once. Only sources that are not silent get a place in the results.

use super::coefficients::{Coefficients, Shape};
use crate::numeric::{Real, WIDTH};

/// The most sums over a Delta: E, G, and the one for c_e.
pub(super) const SUMS: usize = 3;

/// How many sources' traces are followed together: a step of one waits for the step before, those of several don't wait for each other.
pub(super) const GROUP: usize = 2 * WIDTH;

/// How many sources share one pass over the steps of [`product`]: as many as leave their sums in registers.
const TOGETHER: usize = 4;

/// The place of a source that is silent.
const NOWHERE: u32 = u32::MAX;

/// What is worked out anew for each Delta; it holds nothing from one to the next.
#[derive(Clone)]
pub(super) struct Sums<T> {
    /// How many sums there are: [`SUMS`], or one less with c_e = 0.
    pub count: usize,
    /// a^(n-1-s) b_j(s), D_s b_j(s) and D'_s b_j(s): all steps of the first column of targets, then of the next, ...
    pub weighted: [Vec<[T; WIDTH]>; SUMS],
    /// The sums of each source that has a place: by place, then column.
    results: Vec<[[T; WIDTH]; SUMS]>,
    places: Vec<u32>,
    /// Spike counts, then traces, of a group's sources at each step.
    rows: Vec<[T; GROUP]>,
    /// The steps of all spikes, source by source, and where those of each source start.
    steps: Vec<u16>,
    starts: Vec<u32>,
}

/// The traces of a synapse that has its own, as it formed when its source's were not zero.
pub(super) trait OwnTraces<T> {
    /// Number of the synapse.
    fn synapse(&self) -> usize;
    /// Its y_fall and y_rise.
    fn traces(&mut self) -> [&mut T; 2];
}

/// The sums of one synapse that has its own traces, less the shared ones.
pub(super) struct Own<T> {
    pub synapse: usize,
    pub difference: [T; SUMS],
}

impl<T: Real> Sums<T> {
    /// Room for the given number of sources.
    pub fn new(sources: usize) -> Self {
        let places = vec![NOWHERE; sources.next_multiple_of(GROUP)];
        Sums {
            count: 0,
            weighted: Default::default(),
            results: Vec::new(),
            places,
            rows: Vec::new(),
            steps: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// The sums of a source and a column of targets, unless the source was silent.
    #[inline(always)]
    pub fn shared(&self, source: usize, column: usize, columns: usize) -> Option<&[[T; WIDTH]; SUMS]> {
        let place = *self.places.get(source)?;
        if place == NOWHERE { None } else { self.results.get(place as usize * columns + column) }
    }

    /// Puts spikes in the order of their sources: counts them, then places them.
    #[inline(always)]
    fn sort(&mut self, spikes: &[(u16, u32)]) {
        self.starts.clear();
        self.starts.resize(self.places.len() + 2, 0);
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

    fn steps_of(&self, source: usize) -> &[u16] {
        &self.steps[self.starts[source] as usize..self.starts[source + 1] as usize]
    }
}

/// The sums of every source that is not silent; carries the shared traces on to the end of the Delta.
#[inline(always)]
pub(super) fn sum_sources<T: Real>(
    sums: &mut Sums<T>,
    spikes: &[(u16, u32)],
    y_fall: &mut [T],
    y_rise: &mut [T],
    c: &Coefficients<T>,
    shape: Shape,
) {
    let (n, zero, columns) = (c.steps, T::of(0.0), shape.targets_padded() / WIDTH);
    sums.sort(spikes);
    sums.results.clear();
    sums.places.fill(NOWHERE);
    let mut rows = std::mem::take(&mut sums.rows);
    let (y_fall, _) = y_fall.as_chunks_mut::<GROUP>();
    let (y_rise, _) = y_rise.as_chunks_mut::<GROUP>();
    let mut active = 0;
    for (group, (fall, rise)) in y_fall.iter_mut().zip(y_rise).enumerate() {
        let first = group * GROUP;
        let is_silent = |at: usize| {
            let traced = fall[at..at + TOGETHER].iter().any(|y| *y != zero);
            !traced && sums.starts[first + at] == sums.starts[first + at + TOGETHER]
        };
        let silent: [bool; GROUP / TOGETHER] = std::array::from_fn(|four| is_silent(four * TOGETHER));
        if silent == [true; GROUP / TOGETHER] {
            continue;
        }
        rows.clear();
        rows.resize(n, [zero; GROUP]);
        for source in first..first + GROUP {
            for &step in sums.steps_of(source) {
                rows[usize::from(step)][source - first] += T::of(1.0);
            }
        }
        follow(&mut rows, fall, rise, c);
        for four in (0..GROUP / TOGETHER).filter(|&four| !silent[four]) {
            for i in 0..TOGETHER {
                sums.places[first + four * TOGETHER + i] = active + i as u32;
            }
            active += TOGETHER as u32;
            let start = sums.results.len();
            sums.results.resize(start + TOGETHER * columns, [[zero; WIDTH]; SUMS]);
            for column in 0..columns {
                let weighted =
                    sums.weighted.each_ref().map(|weighted| weighted.get(column * n..(column + 1) * n).unwrap_or_default());
                let (e, g) = product(&rows, four, weighted[0], weighted[1]);
                // The third sum is rarely asked for: it is well served by a product that does two.
                let direct =
                    if sums.count == SUMS { product(&rows, four, weighted[2], weighted[2]).0 } else { [[zero; WIDTH]; TOGETHER] };
                for i in 0..TOGETHER {
                    sums.results[start + i * columns + column] = [e[i], g[i], direct[i]];
                }
            }
        }
    }
    sums.rows = rows;
}

/// Turns spike counts of a group of sources into their traces y at each step, and carries `fall` and `rise` on.
#[inline(always)]
fn follow<T: Real>(rows: &mut [[T; GROUP]], fall: &mut [T; GROUP], rise: &mut [T; GROUP], c: &Coefficients<T>) {
    let (decay_fall, decay_rise, nu, cutoff, zero) = (c.decay_fall, c.decay_rise, c.nu, c.cutoff, T::of(0.0));
    let (mut f, mut r) = (*fall, *rise);
    for row in rows {
        let spikes = *row;
        for i in 0..GROUP {
            let (faded, waned) = (f[i] * decay_fall, r[i] * decay_rise);
            row[i] = nu * (faded - waned);
            let keep = faded >= cutoff;
            f[i] = if keep { faded } else { zero } + spikes[i];
            r[i] = if keep { waned } else { zero } + spikes[i];
        }
    }
    (*fall, *rise) = (f, r);
}

/// What one four of a group's sources sums up with one column of targets.
type Tile<T> = [[T; WIDTH]; TOGETHER];

/// Sums over the steps of the traces of one four of a group's sources times one column of two weighted baps.
#[inline(always)]
fn product<T: Real>(rows: &[[T; GROUP]], four: usize, first: &[[T; WIDTH]], second: &[[T; WIDTH]]) -> (Tile<T>, Tile<T>) {
    let mut sums = ([[T::of(0.0); WIDTH]; TOGETHER], [[T::of(0.0); WIDTH]; TOGETHER]);
    for ((row, a), b) in rows.iter().zip(first).zip(second) {
        let (fours, _) = row.as_chunks::<TOGETHER>();
        let y = &fours[four % (GROUP / TOGETHER)];
        for i in 0..TOGETHER {
            for j in 0..WIDTH {
                sums.0[i][j] += y[i] * a[j];
                sums.1[i][j] += y[i] * b[j];
            }
        }
    }
    sums
}

/// The sums of synapses that have their own traces, in the given order; carries those traces on to the end of the Delta.
#[inline(always)]
pub(super) fn sum_own<T: Real, Y: OwnTraces<T>>(
    sums: &mut Sums<T>,
    young: &mut [Y],
    c: &Coefficients<T>,
    shape: Shape,
) -> Vec<Own<T>> {
    let (n, zero, columns) = (c.steps, T::of(0.0), shape.targets_padded() / WIDTH);
    let mut rows = std::mem::take(&mut sums.rows);
    let mut own = Vec::with_capacity(young.len());
    for group in young.chunks_mut(GROUP) {
        rows.clear();
        rows.resize(n, [zero; GROUP]);
        let (mut fall, mut rise) = ([zero; GROUP], [zero; GROUP]);
        for (i, young) in group.iter_mut().enumerate() {
            for &step in sums.steps_of(young.synapse() / shape.row()) {
                rows[usize::from(step)][i] += T::of(1.0);
            }
            [fall[i], rise[i]] = young.traces().map(|y| *y);
        }
        follow(&mut rows, &mut fall, &mut rise, c);
        for (i, young) in group.iter_mut().enumerate() {
            let [own_fall, own_rise] = young.traces();
            (*own_fall, *own_rise) = (fall[i], rise[i]);
            let synapse = young.synapse();
            let target = synapse % (columns * WIDTH);
            let (source, column, lane) = (synapse / shape.row(), target / WIDTH, target % WIDTH);
            let mut difference = sums.shared(source, column, columns).map_or([zero; SUMS], |sums| sums.map(|sum| -sum[lane]));
            for (difference, weighted) in difference.iter_mut().zip(&sums.weighted[..sums.count]) {
                *difference += dot(&rows, i, &weighted[column * n..(column + 1) * n], lane);
            }
            own.push(Own { synapse, difference });
        }
    }
    sums.rows = rows;
    own
}

/// Sum over the steps of one trace times one target's weighted bap: in four parts, that don't wait for each other.
#[inline(always)]
fn dot<T: Real>(rows: &[[T; GROUP]], i: usize, weighted: &[[T; WIDTH]], lane: usize) -> T {
    let mut parts = [T::of(0.0); 4];
    for (rows, weighted) in rows.chunks(4).zip(weighted.chunks(4)) {
        for ((part, row), b) in parts.iter_mut().zip(rows).zip(weighted) {
            *part += row[i % GROUP] * b[lane % WIDTH];
        }
    }
    (parts[0] + parts[1]) + (parts[2] + parts[3])
}
