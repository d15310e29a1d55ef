//! Spikes and values over time, for networks side by side: only what isn't zero, each with its place.

use crate::numeric::{Real, WIDTH};

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

    /// The same events, in the memory of others that are no longer needed.
    pub fn within(self, mut other: Self) -> Self {
        other.starts.clear();
        other.starts.extend_from_slice(&self.starts);
        other.indices.clear();
        other.indices.extend_from_slice(&self.indices);
        let heights = self.heights.map(|heights| match other.heights {
            Some(mut room) => {
                room.clear();
                room.extend_from_slice(&heights);
                room
            }
            None => heights,
        });
        Events { rows: self.rows, before: self.before, starts: other.starts, indices: other.indices, heights }
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

    /// Appends what the next network sends: the numbers that aren't zero of all its neurons'. `found` is room that may be used.
    #[inline(always)]
    pub fn push_dense(&mut self, z: &[T], found: &mut NotZero) {
        let indices = found.find(z);
        self.indices.extend_from_slice(indices);
        if let Some(heights) = &mut self.heights {
            heights.extend(indices.iter().map(|&i| z[i as usize]));
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

    /// Steps before the first one, which delays may reach back to.
    pub fn before(&self) -> usize {
        self.before
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

/// The bits that are set in each byte, the lowest first.
const PLACES: [[u32; WIDTH]; 256] = {
    let mut places = [[0; WIDTH]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut found) = (0, 0);
        while bit < WIDTH {
            if byte >> bit & 1 == 1 {
                places[byte][found] = bit as u32;
                found += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    places
};

/// Where the numbers of an array stand that aren't zero.
#[derive(Clone, Debug, Default)]
pub(super) struct NotZero {
    indices: Vec<u32>,
}

impl NotZero {
    /// Looks for them.
    #[inline(always)]
    pub fn find<T: Real>(&mut self, numbers: &[T]) -> &[u32] {
        let room = numbers.len() + WIDTH;
        if self.indices.len() < room {
            self.indices.resize(room, 0);
        }
        let mut count = 0;
        let (groups, rest) = numbers.as_chunks::<WIDTH>();
        for (number, group) in groups.iter().enumerate() {
            let bits = T::not_zero(group);
            if bits != 0 {
                // Without branches: a whole group is written, and the next one over those that don't count.
                let places = PLACES[usize::from(bits)].map(|place| (number * WIDTH) as u32 + place);
                self.indices[count..count + WIDTH].copy_from_slice(&places);
                count += bits.count_ones() as usize;
            }
        }
        for (k, &x) in rest.iter().enumerate() {
            self.indices[count] = (groups.len() * WIDTH + k) as u32;
            count += usize::from(x != T::default());
        }
        &self.indices[..count]
    }
}
