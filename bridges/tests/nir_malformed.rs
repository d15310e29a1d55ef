//! Whatever the bytes, reading ends in a graph or an error, without a panic and without memory that the file doesn't justify.
#![cfg(feature = "nir")]

#[path = "common/nir.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{FILES, bytes};
use embody_bridges::nir::{
    Discretisation, Document, ImportSettings, InputKind, Integration, Interpreter, Limits, Reset, check, import, info,
};
use proptest::prelude::*;

/// Counts what each thread holds, and the most that it held.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// SAFETY: every call is the system allocator's own; beside it only numbers are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(old, layout, size) }
    }
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(old, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads bytes and does with what they hold whatever can be done; the most memory that reading held.
fn all_of(bytes: Vec<u8>, limits: &Limits) -> usize {
    let before = HELD.with(Cell::get);
    MOST.with(|most| most.set(before));
    let read = Document::read(bytes, limits);
    let most = MOST.with(Cell::get) - before;
    if let Ok(document) = read {
        let report = check(&document.graph);
        assert!(!info(&document).is_empty());
        if let Ok(written) = document.write() {
            // Numbers that aren't are not equal to themselves.
            let again = Document::read(written, limits).unwrap();
            assert_eq!(format!("{again:?}"), format!("{document:?}"));
        }
        let discretisation = Discretisation { dt_s: 1e-4, integration: Integration::Euler, reset: Reset::Zero };
        if let Ok(mut interpreter) = Interpreter::new(&document.graph, &discretisation, limits) {
            assert_eq!(report.errors, []);
            let input = vec![1.0; interpreter.channels()];
            interpreter.step(&input).unwrap();
            interpreter.step(&input).unwrap();
        }
        let settings = ImportSettings { discretisation, inputs: InputKind::Analogue, limits: limits.clone() };
        let _ = import(&document.graph, &settings);
    }
    usize::try_from(most).unwrap_or(0)
}

fn small_limits() -> Limits {
    Limits { values: 1 << 20, ..Limits::default() }
}

/// What reading a file of that length may hold: all its numbers at DEFLATE's greatest ratio or at the limit, and what the reader keeps.
fn allowed(length: usize) -> usize {
    (length * 1032).min((1 << 20) * 8) * 3 + length * 40 + (1 << 20)
}

#[test]
fn reading_a_whole_file_takes_little_more_than_the_file() {
    for file in FILES {
        let bytes = bytes(file);
        let length = bytes.len();
        let most = all_of(bytes, &Limits::default());
        assert!(most < 6 * length + (1 << 20), "{file}: {most} of {length}");
    }
}

/// A file with every `from` made `to`; how often it stood there.
fn patched(mut data: Vec<u8>, from: &[u8], to: &[u8]) -> (Vec<u8>, usize) {
    let places: Vec<usize> = (0..=data.len() - from.len()).filter(|&at| data[at..].starts_with(from)).collect();
    for &at in &places {
        data[at..at + to.len()].copy_from_slice(to);
    }
    (data, places.len())
}

fn sizes(sizes: &[u64]) -> Vec<u8> {
    sizes.iter().flat_map(|n| n.to_le_bytes()).collect()
}

#[test]
fn arrays_that_claim_more_than_the_file_holds_are_refused_before_memory_is_taken() {
    // Contiguous, as it is written here.
    let mut graph = embody_bridges::nir::Graph::default();
    let weight = embody_bridges::nir::Array::new(vec![3, 5, 7], embody_bridges::nir::Values::F32(vec![1.0; 105])).unwrap();
    graph.add("w", embody_bridges::nir::Unit::new("Linear", [("weight", weight.into())]));
    let written = Document::new(graph).write().unwrap();
    for claimed in [[3, 5, 7000], [1 << 20, 1 << 20, 1 << 20], [u64::MAX, 5, 7], [1 << 13, 1 << 13, 1]] {
        let (data, found) = patched(written.clone(), &sizes(&[3, 5, 7]), &sizes(&claimed));
        assert!(found > 0);
        let length = data.len();
        let before = HELD.with(Cell::get);
        MOST.with(|most| most.set(before));
        assert!(Document::read(data, &Limits::default()).is_err(), "{claimed:?}");
        let most = MOST.with(Cell::get) - before;
        assert!(most < (6 * length + (1 << 18)) as isize, "{most} of {length} for {claimed:?}");
    }
    // Chunked, by the Python package: the shape, then that of the chunks in four bytes each.
    for claimed in [[1 << 30, 1, 3, 3], [1 << 10, 1 << 10, 1 << 10, 1 << 10]] {
        let (data, found) = patched(bytes("all_kinds.nir"), &sizes(&[4, 1, 3, 3]), &sizes(&claimed));
        assert!(found > 0);
        let length = data.len();
        assert!(all_of(data, &small_limits()) < allowed(length));
    }
}

#[test]
fn texts_that_claim_more_than_the_file_holds_are_refused() {
    // Each reference to a text begins with its length, here of "NIRGraph", followed by the heap's address.
    let original = bytes("lif_norse.nir");
    let (data, found) = patched(original.clone(), &8u32.to_le_bytes(), &u32::MAX.to_le_bytes());
    assert!(found > 0);
    let length = data.len();
    let before = HELD.with(Cell::get);
    MOST.with(|most| most.set(before));
    assert!(Document::read(data, &Limits::default()).is_err());
    assert!(MOST.with(Cell::get) - before < (6 * length + (1 << 18)) as isize);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_files_never_panic(
        file in 0usize..FILES.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::weighted(0.1, any::<proptest::sample::Index>()),
    ) {
        let mut data = bytes(FILES[file]);
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        if let Some(cut) = cut {
            data.truncate(cut.index(data.len()));
        }
        let length = data.len();
        let most = all_of(data, &small_limits());
        prop_assert!(most < allowed(length), "{most} of {length}");
    }

    #[test]
    fn mutated_structure_never_panics(
        written in any::<bool>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), prop_oneof![Just(0u8), Just(0xff), Just(1), Just(0x7f), any::<u8>()]), 1..5),
    ) {
        // Small files, of which nearly every byte is structure.
        let original = bytes("lif_norse.nir");
        let mut data = if written {
            Document::read(original, &Limits::default()).unwrap().write().unwrap()
        } else {
            original
        };
        let set: Vec<usize> = (0..data.len()).filter(|&i| data[i] != 0).collect();
        for (at, byte) in changes {
            data[set[at.index(set.len())]] = byte;
        }
        let length = data.len();
        let most = all_of(data, &small_limits());
        prop_assert!(most < allowed(length), "{most} of {length}");
    }
}
