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

/// Panels of the most columns, then what is left in as few as can be.
#[inline(always)]
fn list(sources: usize, targets: usize) -> impl Iterator<Item = Panel> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let columns = [COLUMNS, 64, 32, 16, WIDTH].into_iter().find(|&columns| first + columns <= targets)?;
        first += columns;
        Some(Panel { first: first - columns, columns, base: sources * (first - columns), stride: columns })
    })
}

/// For each entry e, a source i and a row r, adds the products of row i of the weights and row r of `deltas` to `sums[e]`, lane by lane:
/// the sum of `sums[e]` is the product. Entries `starts[i]..starts[i + 1]` are those of source i.
///
/// An entry's own sum runs over the columns in order, whatever other entries are worked on beside it.
#[inline(always)]
pub(super) fn products<T: Real>(panels: &Panels<T>, starts: &[u32], rows: &[u32], deltas: &[T], sums: &mut [[T; WIDTH]]) {
    let (list, weights) = panels.parts();
    let n = panels.targets;
    for panel in list {
        match panel.columns / WIDTH {
            12 => of_panel::<T, 12>(panel, n, weights, starts, rows, deltas, sums),
            8 => of_panel::<T, 8>(panel, n, weights, starts, rows, deltas, sums),
            4 => of_panel::<T, 4>(panel, n, weights, starts, rows, deltas, sums),
            2 => of_panel::<T, 2>(panel, n, weights, starts, rows, deltas, sums),
            _ => of_panel::<T, 1>(panel, n, weights, starts, rows, deltas, sums),
        }
    }
}

/// A row of a panel of V vectors.
type Row<T, const V: usize> = [[T; WIDTH]; V];

/// The row whose numbers begin at `at`.
#[inline(always)]
fn row_at<T, const V: usize>(numbers: &[T], at: usize) -> &Row<T, V> {
    let (vectors, _) = numbers[at..].as_chunks::<WIDTH>();
    match vectors.first_chunk() {
        Some(row) => row,
        None => unreachable!("panels lie within the numbers"),
    }
}

#[inline(always)]
fn of_panel<T: Real, const V: usize>(
    panel: Panel,
    n: usize,
    weights: &[T],
    starts: &[u32],
    rows: &[u32],
    deltas: &[T],
    sums: &mut [[T; WIDTH]],
) {
    let weight = |i: usize| row_at::<T, V>(weights, panel.base + i * panel.stride);
    let delta: Vec<&Row<T, V>> = (0..deltas.len() / n).map(|r| row_at(deltas, r * n + panel.first)).collect();
    let sources = starts.len() - 1;
    if let [delta] = delta[..] {
        return of_one_row(starts, weight, delta, sums);
    }
    for i in 0..sources {
        let (rows, sums) = {
            let range = starts[i] as usize..starts[i + 1] as usize;
            (&rows[range.clone()], &mut sums[range])
        };
        if rows.is_empty() {
            continue;
        }
        prefetch(weight((i + AHEAD).min(sources - 1)).as_flattened());
        let w = [weight(i)];
        let (eights, rows) = rows.as_chunks();
        let (eight_sums, sums) = sums.split_at_mut(8 * eights.len());
        for (&[a, b, c, d, p, q, r, s], sums) in eights.iter().zip(eight_sums.as_chunks_mut().0) {
            block::<T, 1, 8, 8, V>(w, [a, b, c, d, p, q, r, s].map(|r| delta[r as usize]), sums);
        }
        let (fours, rows) = rows.as_chunks();
        let (four_sums, sums) = sums.split_at_mut(4 * fours.len());
        for (&[a, b, c, d], sums) in fours.iter().zip(four_sums.as_chunks_mut().0) {
            block::<T, 1, 4, 4, V>(w, [a, b, c, d].map(|r| delta[r as usize]), sums);
        }
        let (twos, rows) = rows.as_chunks();
        let (two_sums, sums) = sums.split_at_mut(2 * twos.len());
        for (&[a, b], sums) in twos.iter().zip(two_sums.as_chunks_mut().0) {
            block::<T, 1, 2, 2, V>(w, [a, b].map(|r| delta[r as usize]), sums);
        }
        for (&a, sums) in rows.iter().zip(sums.as_chunks_mut().0) {
            block::<T, 1, 1, 1, V>(w, [delta[a as usize]], sums);
        }
    }
}

/// The entries of a single row: several sources are worked on together.
#[inline(always)]
fn of_one_row<'a, T: Real, const V: usize>(
    starts: &[u32],
    weight: impl Fn(usize) -> &'a Row<T, V>,
    delta: &Row<T, V>,
    sums: &mut [[T; WIDTH]],
) {
    let mut sources = (0..starts.len() - 1).filter(|&i| starts[i] < starts[i + 1]);
    let (fours, rest) = sums.as_chunks_mut();
    for sums in fours {
        let four = [0; 4].map(|_| sources.next().map_or_else(|| unreachable!("as many sources as sums"), &weight));
        block::<T, 4, 1, 4, V>(four, [delta], sums);
    }
    for (i, sums) in sources.zip(rest.as_chunks_mut().0) {
        block::<T, 1, 1, 1, V>([weight(i)], [delta], sums);
    }
}

/// Adds I x R = N products of V vectors to as many sums.
#[inline(always)]
fn block<T: Real, const I: usize, const R: usize, const N: usize, const V: usize>(
    w: [&Row<T, V>; I],
    d: [&Row<T, V>; R],
    sums: &mut [[T; WIDTH]; N],
) {
    let mut sum = *sums;
    for v in 0..V {
        for i in 0..I {
            for r in 0..R {
                for k in 0..WIDTH {
                    sum[i * R + r][k] += w[i][v][k] * d[r][v][k];
                }
            }
        }
    }
    *sums = sum;
}

/// The sum of the lanes, in pairs.
#[inline(always)]
pub(super) fn lanes<T: Real>(x: &[T; WIDTH]) -> T {
    ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
}
