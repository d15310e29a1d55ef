//! What can be wrong with a file, a graph or a conversion, told by the name of the node.

/// Why a NIR file or graph can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NirError {
    /// The file can't be opened or written.
    #[error("{path}: {why}")]
    Io {
        /// Path of the file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The bytes aren't HDF5, or not laid out as NIR is.
    #[error("{part}: {why}")]
    File {
        /// Place in the file, such as `/node/nodes/lif1`.
        part: String,
        /// What is wrong there.
        why: String,
    },
    /// Something takes more than is allowed.
    #[error("{part}: expected at most {limit} {unit}, found {found}")]
    Limit {
        /// What takes so much.
        part: String,
        /// What is counted.
        unit: &'static str,
        /// How many are allowed.
        limit: u64,
        /// How many it takes.
        found: u64,
    },
    /// A node or an edge that is wrong.
    #[error("{node}: {why}")]
    Node {
        /// Name of the node; of one in a nested graph with the graph's name before it, as in `graph/node`.
        node: String,
        /// What is wrong with it.
        why: String,
    },
    /// What one side can express and the other can't.
    #[error("{node}: {key}: {why}")]
    Inexpressible {
        /// Name of the node, population or projection.
        node: String,
        /// Which of its parameters, or what else about it.
        key: String,
        /// Why it can't be expressed.
        why: String,
    },
}

impl NirError {
    pub(crate) fn file(part: impl Into<String>, why: impl ToString) -> NirError {
        NirError::File { part: part.into(), why: why.to_string() }
    }

    pub(crate) fn node(node: impl Into<String>, why: impl Into<String>) -> NirError {
        NirError::Node { node: node.into(), why: why.into() }
    }

    pub(crate) fn inexpressible(node: &str, key: &str, why: impl Into<String>) -> NirError {
        NirError::Inexpressible { node: node.into(), key: key.into(), why: why.into() }
    }

    /// An error if `found` is above `limit`.
    pub(crate) fn limit(part: impl Into<String>, unit: &'static str, limit: usize, found: usize) -> Result<(), NirError> {
        if found <= limit {
            return Ok(());
        }
        Err(NirError::Limit { part: part.into(), unit, limit: limit as u64, found: found as u64 })
    }
}
