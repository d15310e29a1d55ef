//! How much memory a file, a graph or a run may take.

/// Bounds on what is read, run and converted. What exceeds one is an error that says so, before memory is taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub file_bytes: usize,
    /// Numbers: parameters of a file, elements of all nodes of a run, numbers recorded by a run, weights of a converted network.
    pub values: usize,
    /// Nodes, parameters and groups of a file.
    pub objects: usize,
    /// Graphs within graphs.
    pub depth: usize,
}

impl Default for Limits {
    /// 512 MiB, 2^26 numbers, 2^16 objects, 16 graphs within each other: room for ten million weights.
    fn default() -> Self {
        Limits { file_bytes: 1 << 29, values: 1 << 26, objects: 1 << 16, depth: 16 }
    }
}
