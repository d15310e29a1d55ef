//! Spikes and values over time, for networks side by side: only what isn't zero, each with its place.

use crate::numeric::Real;

/// What the neurons of one population send, step by step and network by network: their numbers, and the heights of what isn't 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events<T> {
    /// Networks side by side.
    rows: usize,
    /// Steps before the first one: those of an earlier part, which delays reach back to.
    before: usize,
    /// Where each step's and network's events begin.
    starts: Vec<u32>,
    indices: Vec<u32>,
    /// Heights, if not all are 1.
    heights: Option<Vec<T>>,
}

impl<T: Real> Events<T> {
    /// No events: of `before` empty steps that lie before the first.
    pub fn new(rows: usize, before: usize, with_heights: bool) -> Self {
        Events { rows, before, starts: vec![0; before * rows + 1], indices: Vec::new(), heights: with_heights.then(Vec::new) }
    }

    /// Appends the events of the next network, or of the next step's first.
    pub fn push(&mut self, indices: impl IntoIterator<Item = (u32, T)>) {
        for (index, height) in indices {
            self.indices.push(index);
            if let Some(heights) = &mut self.heights {
                heights.push(height);
            }
        }
        self.starts.push(self.indices.len() as u32);
    }

    /// Appends the spikes of the next network: the numbers of what is not zero.
    #[inline(always)]
    pub fn push_dense(&mut self, z: &[T]) {
        let zero = T::default();
        for (block, z) in z.chunks(8).enumerate() {
            if z.iter().fold(false, |any, &z| any | (z != zero)) {
                for (k, &z) in z.iter().enumerate() {
                    if z != zero {
                        self.indices.push((block * 8 + k) as u32);
                        if let Some(heights) = &mut self.heights {
                            heights.push(z);
                        }
                    }
                }
            }
        }
        self.starts.push(self.indices.len() as u32);
    }

    /// What network `row` sent `delay` steps before `step`.
    #[inline(always)]
    pub fn at(&self, step: usize, delay: usize, row: usize) -> (&[u32], Option<&[T]>) {
        let at = (step + self.before - delay) * self.rows + row;
        let range = self.starts[at] as usize..self.starts[at + 1] as usize;
        (&self.indices[range.clone()], self.heights.as_ref().map(|heights| &heights[range]))
    }

    /// Whether events have heights.
    pub fn has_heights(&self) -> bool {
        self.heights.is_some()
    }

    /// The last `before` steps, as what lies before the first step of a part to come.
    pub fn tail(&self) -> Self {
        let mut tail = Events::new(self.rows, self.before, self.heights.is_some());
        tail.starts.truncate(1);
        let last = self.starts.len() - 1 - self.before * self.rows;
        for at in last..self.starts.len() - 1 {
            let range = self.starts[at] as usize..self.starts[at + 1] as usize;
            let heights = |i: usize| self.heights.as_ref().map_or(T::of(1.0), |heights| heights[i]);
            tail.push(range.map(|i| (self.indices[i], heights(i))));
        }
        tail
    }

    /// How many events there are.
    pub fn count(&self) -> usize {
        self.indices.len()
    }

    /// Bytes that are kept.
    pub fn bytes(&self) -> usize {
        let heights = self.heights.as_ref().map_or(0, |heights| heights.len() * size_of::<T>());
        (self.starts.len() + self.indices.len()) * size_of::<u32>() + heights
    }
}
