//! Sums of rows of a matrix: what spikes and values that arrive add up to.
//!
//! Why not a matrix library: a product with 5 % of spikes reads 5 % of the matrix here. And the libraries at hand (`matrixmultiply`, which
//! `nalgebra` and `ndarray` use too, `gemm`, `faer`) multiply and add in one rounding where the processor can, so that their last bits
//! differ between machines; spikes that hang on those bits would too.
//!
//! A sum is over rows in the order in which they are listed, one rounding per multiplication and addition, whatever the tile or the layout
//! of the matrix: the float substrate and training give the same bits.

use super::{Real, WIDTH};

/// Where a matrix' rows lie: element (i, j) of a panel of columns that begins at `first` is `weights[base + i * stride + j - first]`.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    /// First column.
    pub first: usize,
    /// Number of columns, a multiple of [`WIDTH`].
    pub columns: usize,
    /// Where row 0 begins.
    pub base: usize,
    /// From one row to the next.
    pub stride: usize,
}

/// Adds to `sums[panel.first..]` the listed rows of the panel; each times its factor if there are `factors`.
#[inline(always)]
pub fn add_rows<T: Real>(weights: &[T], panel: Panel, rows: &[u32], factors: Option<&[T]>, sums: &mut [T]) {
    let mut at = 0;
    while at < panel.columns {
        let (base, first) = (panel.base + at, panel.first + at);
        at += match panel.columns - at {
            96.. => tile::<T, 12>(weights, base, panel.stride, rows, factors, &mut sums[first..]),
            64.. => tile::<T, 8>(weights, base, panel.stride, rows, factors, &mut sums[first..]),
            32.. => tile::<T, 4>(weights, base, panel.stride, rows, factors, &mut sums[first..]),
            16.. => tile::<T, 2>(weights, base, panel.stride, rows, factors, &mut sums[first..]),
            _ => tile::<T, 1>(weights, base, panel.stride, rows, factors, &mut sums[first..]),
        };
    }
}

/// Asks for numbers that will be read soon to be brought near. Nothing else is changed by it.
#[inline(always)]
pub(crate) fn prefetch<T>(numbers: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        const LINE: usize = 64;
        for number in numbers.iter().step_by(LINE / size_of::<T>()) {
            // SAFETY: every x86-64 has the instruction, and it reads nothing that the program could see.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(number).cast()) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}

/// One tile of `N` vectors, whose sums stay in registers. Gives the number of its columns.
#[inline(always)]
fn tile<T: Real, const N: usize>(
    weights: &[T],
    base: usize,
    stride: usize,
    rows: &[u32],
    factors: Option<&[T]>,
    sums: &mut [T],
) -> usize {
    let columns = N * WIDTH;
    let sums = sums.as_chunks_mut::<WIDTH>().0;
    let sums = &mut sums[..N];
    let mut sum = [[T::default(); WIDTH]; N];
    sum.copy_from_slice(sums);
    let row = |i: u32| weights[base + i as usize * stride..][..columns].as_chunks::<WIDTH>().0;
    match factors {
        None => {
            for &i in rows {
                let row = row(i);
                for n in 0..N {
                    for k in 0..WIDTH {
                        sum[n][k] += row[n][k];
                    }
                }
            }
        }
        Some(factors) => {
            for (&i, &x) in rows.iter().zip(factors) {
                let row = row(i);
                for n in 0..N {
                    for k in 0..WIDTH {
                        sum[n][k] += x * row[n][k];
                    }
                }
            }
        }
    }
    sums.copy_from_slice(&sum);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_listed_rows_whatever_the_tile() {
        // Small whole numbers, whose sums are exact.
        let element = |i: usize, j: usize| ((i * 7 + j * 3) % 11) as f32 - 5.0;
        for columns in [8, 24, 96, 120, 264] {
            let weights: Vec<f32> = (0..6 * columns).map(|at| element(at / columns, at % columns)).collect();
            let panel = Panel { first: 0, columns, base: 0, stride: columns };
            for factors in [None, Some(&[2.0, -1.0, 3.0][..])] {
                let mut sums = vec![1.0; columns];
                add_rows(&weights, panel, &[0, 3, 5], factors, &mut sums);
                for (j, &sum) in sums.iter().enumerate() {
                    let [a, b, c] = [0, 1, 2].map(|k| factors.map_or(1.0, |factors| factors[k]));
                    assert_eq!(sum, 1.0 + a * element(0, j) + b * element(3, j) + c * element(5, j));
                }
            }
        }
    }
}
