//! Weights as the kernels read them: panels of columns, each row of a panel in one piece.
//!
//! A row of a panel fits the registers or lies in the first cache, and a panel the second; the next row is the next piece of memory. Forward and
//! backward read the same panels.

use crate::numeric::{Panel, Real, WIDTH, padded, prefetch};

/// Columns of a panel; the last one may have fewer. Their sums are twelve registers of eight.
pub(super) const COLUMNS: usize = 96;

/// How many rows ahead of the products rows are asked for.
const AHEAD: usize = 3;

/// The weights of a projection, source by target, in panels.
#[derive(Clone, Debug)]
pub(super) struct Panels<T> {
    pub sources: usize,
    /// Targets, padded.
    pub targets: usize,
    weights: Vec<T>,
}

impl<T: Real> Panels<T> {
    /// From `weights[i * targets + j]`.
    pub fn new(weights: &[T], sources: usize, targets: usize) -> Self {
        let mut panels = Panels { sources, targets: padded(targets), weights: vec![T::default(); sources * padded(targets)] };
        panels.fill(weights, targets);
        panels
    }

    /// Takes other weights of the same shape.
    pub fn fill(&mut self, weights: &[T], targets: usize) {
        for panel in list(self.sources, self.targets) {
            let columns = panel.columns.min(targets - panel.first);
            for (i, row) in weights.chunks_exact(targets).enumerate() {
                let at = panel.base + i * panel.stride;
                self.weights[at..at + columns].copy_from_slice(&row[panel.first..panel.first + columns]);
            }
        }
    }

    /// The panels, and the numbers they lie in.
    #[inline(always)]
    pub fn parts(&self) -> (impl Iterator<Item = Panel> + use<T>, &[T]) {
        (list(self.sources, self.targets), &self.weights)
    }
}

#[inline(always)]
fn list(sources: usize, targets: usize) -> impl Iterator<Item = Panel> {
    (0..targets).step_by(COLUMNS).map(move |first| {
        let columns = COLUMNS.min(targets - first);
        Panel { first, columns, base: sources * first, stride: columns }
    })
}

/// For each entry e, a source i and a row r, adds the products of row i of the weights and row r of `deltas` to `sums[e]`, lane by lane:
/// the sum of `sums[e]` is the product. Entries `starts[i]..starts[i + 1]` are those of source i.
///
/// An entry's own sum runs over the columns in order, whatever other entries are worked on beside it.
#[inline(always)]
pub(super) fn products<T: Real>(
    panels: &Panels<T>,
    starts: &[u32],
    rows: &[u32],
    deltas: &[T],
    single: bool,
    sums: &mut [[T; WIDTH]],
) {
    let (list, weights) = panels.parts();
    let n = panels.targets;
    for panel in list {
        let vectors = panel.columns / WIDTH;
        let weight = |i: usize| &weights[panel.base + i * panel.stride..][..panel.columns].as_chunks::<WIDTH>().0[..vectors];
        let delta = |r: u32| &deltas[r as usize * n + panel.first..][..panel.columns].as_chunks::<WIDTH>().0[..vectors];
        if single {
            one_row(starts, weight, delta(0), sums, vectors);
            continue;
        }
        for i in 0..panels.sources {
            let (mut e, end) = (starts[i] as usize, starts[i + 1] as usize);
            if e == end {
                continue;
            }
            let w = [weight(i)];
            prefetch(weight((i + AHEAD).min(panels.sources - 1)).as_flattened());
            while let Some((&[a, b, c, d, p, q, r, s], _)) = rows[e..end].split_first_chunk() {
                let deltas = [delta(a), delta(b), delta(c), delta(d), delta(p), delta(q), delta(r), delta(s)];
                block(w, deltas, vectors, &mut sums[e..]);
                e += 8;
            }
            if let Some((&[a, b, c, d], _)) = rows[e..end].split_first_chunk() {
                block(w, [delta(a), delta(b), delta(c), delta(d)], vectors, &mut sums[e..]);
                e += 4;
            }
            if let Some((&[a, b], _)) = rows[e..end].split_first_chunk() {
                block(w, [delta(a), delta(b)], vectors, &mut sums[e..]);
                e += 2;
            }
            if e < end {
                block(w, [delta(rows[e])], vectors, &mut sums[e..]);
            }
        }
    }
}

/// The entries of a single row: several sources are worked on together.
#[inline(always)]
fn one_row<'a, T: Real>(
    starts: &[u32],
    weight: impl Fn(usize) -> &'a [[T; WIDTH]],
    delta: &[[T; WIDTH]],
    sums: &mut [[T; WIDTH]],
    vectors: usize,
) {
    let (mut waiting, mut count, mut first) = ([0; 4], 0, 0);
    for i in 0..starts.len() - 1 {
        if starts[i] == starts[i + 1] {
            continue;
        }
        waiting[count] = i;
        count += 1;
        if count == 4 {
            let [a, b, c, d] = waiting;
            block([weight(a), weight(b), weight(c), weight(d)], [delta], vectors, &mut sums[first..]);
            (first, count) = (first + 4, 0);
        }
    }
    for &i in &waiting[..count] {
        block([weight(i)], [delta], vectors, &mut sums[first..]);
        first += 1;
    }
}

/// Adds I x R products of `vectors` vectors to as many sums.
#[inline(always)]
fn block<T: Real, const I: usize, const R: usize>(
    w: [&[[T; WIDTH]]; I],
    d: [&[[T; WIDTH]]; R],
    vectors: usize,
    sums: &mut [[T; WIDTH]],
) {
    let mut sum = [[[T::default(); WIDTH]; R]; I];
    for i in 0..I {
        sum[i].copy_from_slice(&sums[i * R..(i + 1) * R]);
    }
    // The compiler sees from these that no access lies outside.
    for slice in w.iter().chain(&d) {
        assert!(slice.len() == vectors);
    }
    for v in 0..vectors {
        for i in 0..I {
            for r in 0..R {
                for k in 0..WIDTH {
                    sum[i][r][k] += w[i][v][k] * d[r][v][k];
                }
            }
        }
    }
    for i in 0..I {
        sums[i * R..(i + 1) * R].copy_from_slice(&sum[i]);
    }
}

/// The sum of the lanes, in pairs.
#[inline(always)]
pub(super) fn lanes<T: Real>(x: &[T; WIDTH]) -> T {
    ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
}
