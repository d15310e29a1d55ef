//! What a training step takes of memory, counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use embody_brain::training::workload::{Size, Workload};

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: everything is handed on to the system's allocator as it came; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Spikes as numbers of neurons, and v of every neuron, b of those that adapt, and y of every readout, in every tick and sequence.
fn must_be_kept(size: Size, samples: usize, spikes: f64) -> f64 {
    let neurons = (size.lif + size.alif) as f64;
    let states = neurons + (size.alif + size.outputs) as f64;
    4.0 * (size.steps * samples) as f64 * (states + spikes * neurons)
}

#[test]
fn a_training_step_takes_at_most_twice_what_must_be_kept() {
    for (size, samples) in [(Size::ARM, 32), (Size::TRUNK, 128)] {
        let mut workload = Workload::new(size, samples, 1).unwrap();
        let (spikes, _) = workload.shares().unwrap();
        let before = NOW.load(Relaxed);
        PEAK.store(before, Relaxed);
        // The second step works in the memory of the first one, as in training.
        for _ in 0..2 {
            workload.gradients().unwrap();
        }
        let (taken, kept) = ((PEAK.load(Relaxed) - before) as f64, must_be_kept(size, samples, spikes));
        assert!(taken < 2.0 * kept, "{size:?}: {:.1} MB, {:.1} MB must be kept", taken / 1e6, kept / 1e6);
    }
}
