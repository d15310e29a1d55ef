//! Files and traces for the tests of NIR.

use std::path::PathBuf;

use embody_bridges::nir::{Document, Limits, NirError};

/// A file of the test data.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/nir").join(name)
}

/// The bytes of a file of the test data.
pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|e| panic!("{}: {e}", path(name).display()))
}

/// A graph of the test data.
#[allow(dead_code, reason = "not every test reads graphs")]
pub fn document(name: &str) -> Document {
    Document::open(&path(name), &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A trace of three columns: input, potential, spike.
#[allow(dead_code, reason = "not every test reads traces")]
pub fn trace(name: &str) -> Vec<[f64; 3]> {
    let text = String::from_utf8(bytes(name)).unwrap();
    let row = |line: &str| {
        let numbers: Vec<f64> = line.split(',').map(|cell| cell.trim().parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    text.lines().map(row).collect()
}

/// An array of NumPy, format 1.0, `u8` or `f32` in C order.
#[allow(dead_code, reason = "not every test reads arrays")]
pub fn npy(name: &str) -> (Vec<usize>, Vec<f32>) {
    let bytes = bytes(name);
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(header.contains("'fortran_order': False"), "{header}");
    let shape = header.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
    let shape: Vec<usize> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let data = &bytes[10 + length..];
    let values: Vec<f32> = if header.contains("'<f4'") {
        data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    } else {
        assert!(header.contains("'|u1'"), "{header}");
        data.iter().map(|&b| f32::from(b)).collect()
    };
    assert_eq!(values.len(), shape.iter().product::<usize>());
    (shape, values)
}

/// The files of the test data.
#[allow(dead_code, reason = "not every test reads all")]
pub const FILES: [&str; 6] = [
    "lif_norse.nir",
    "lif_rockpool.nir",
    "two_lif_neurons.nir",
    "cnn_sinabs.nir",
    "braille_noDelay_bias_zero.nir",
    "all_kinds.nir",
];

/// A graph or network that can't be expressed, told by node and key.
#[allow(dead_code, reason = "not every test of NIR refuses")]
pub fn refused(result: Result<impl std::fmt::Debug, NirError>, node: &str, key: &str) {
    match result {
        Err(NirError::Inexpressible { node: n, key: k, .. }) if n == node && k == key => {}
        other => panic!("expected {node}: {key}, found {other:?}"),
    }
}
