//! The loops over weights: what spikes add up to, and pairs from their synapses.

use crate::numeric::{Panel, WIDTH, add_rows};

#[inline(always)]
pub(super) fn sum_pairs(weights: &[f32], pairs: &mut [f32], per_pair: usize, width: usize) {
    for (synapses, pair) in weights.chunks_exact(per_pair * width).zip(pairs.chunks_exact_mut(width)) {
        let (pair, _) = pair.as_chunks_mut::<WIDTH>();
        for (column, pair) in pair.iter_mut().enumerate() {
            let mut sum = [0.0; WIDTH];
            for synapses in synapses.chunks_exact(width) {
                let (synapses, _) = synapses.as_chunks::<WIDTH>();
                for j in 0..WIDTH {
                    sum[j] += synapses[column][j];
                }
            }
            *pair = sum;
        }
    }
}

#[inline(always)]
pub(super) fn add_up(pairs: &[f32], spikes: &[u32], heights: Option<&[f32]>, sums: &mut [f32]) {
    let panel = Panel { first: 0, columns: sums.len(), base: 0, stride: sums.len() };
    add_rows(pairs, panel, spikes, heights, sums);
}

#[inline(always)]
pub(super) fn deliver(pairs: &[f32], excitatory: &mut [f32], inhibitory: &mut [f32], spikes: &[u32], heights: Option<&[f32]>) {
    let width = excitatory.len();
    for (number, &source) in spikes.iter().enumerate() {
        let row = &pairs[source as usize * width..][..width];
        let height = heights.map_or(1.0, |heights| heights[number]);
        for ((excitatory, inhibitory), &w) in excitatory.iter_mut().zip(inhibitory.iter_mut()).zip(row) {
            let w = height * w;
            *excitatory += if w > 0.0 { w } else { 0.0 };
            *inhibitory += if w < 0.0 { w } else { 0.0 };
        }
    }
}
