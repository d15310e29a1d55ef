//! A graph as a file holds it: pure data, of whatever kinds of node. What the nodes mean is for [`Plan`](super::Plan) to say.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Array, Limits, NirError, Value, read, write};

/// The kind of a node that is itself a graph.
pub const GRAPH: &str = "NIRGraph";

/// A file: a graph, and the version of the software that wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Version of the Python package `nir` whose layout this is.
    pub version: String,
    /// The graph.
    pub graph: Graph,
}

/// Nodes and the edges between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Nodes by name; names may hold dots.
    pub nodes: BTreeMap<String, Node>,
    /// From which node to which, in the file's order, which is the order of sums.
    pub edges: Vec<(String, String)>,
    /// Whatever else is said about the graph.
    pub metadata: BTreeMap<String, Value>,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// One that computes, or an input or output.
    Unit(Unit),
    /// A graph within the graph: edges to it lead to its one Input, edges from it come from its one Output.
    Graph(Graph),
}

/// A node that computes, or an input or output.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its kind, such as `LIF`.
    pub kind: String,
    /// Its parameters by name.
    pub parameters: BTreeMap<String, Value>,
    /// Whatever else is said about it.
    pub metadata: BTreeMap<String, Value>,
}

impl Document {
    /// The layout that is written.
    pub const VERSION: &'static str = "1.0.8";

    /// A document of that graph.
    pub fn new(graph: Graph) -> Document {
        Document { version: Document::VERSION.into(), graph }
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If they aren't HDF5, aren't laid out as NIR, or exceed the limits. Nothing is said about whether the graph makes sense:
    /// [`check`](super::check) does.
    pub fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Document, NirError> {
        read::document(bytes, limits)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it can't be read, and as [`Document::read`].
    pub fn open(path: &Path, limits: &Limits) -> Result<Document, NirError> {
        let io = |e: std::io::Error| NirError::Io { path: path.display().to_string(), why: e.to_string() };
        let size = std::fs::metadata(path).map_err(io)?.len();
        NirError::limit(path.display().to_string(), "bytes", limits.file_bytes, usize::try_from(size).unwrap_or(usize::MAX))?;
        Document::read(std::fs::read(path).map_err(io)?, limits)
    }

    /// The bytes of a file that the Python package `nir` reads. Equal documents give equal bytes.
    ///
    /// # Errors
    /// If a name can't stand in HDF5.
    pub fn write(&self) -> Result<Vec<u8>, NirError> {
        write::document(self)
    }
}

impl Graph {
    /// Adds a node, and replaces one of the same name.
    pub fn add(&mut self, name: &str, node: impl Into<Node>) {
        self.nodes.insert(name.into(), node.into());
    }

    /// Adds an edge.
    pub fn connect(&mut self, from: &str, to: &str) {
        self.edges.push((from.into(), to.into()));
    }

    /// How many numbers the parameters of all nodes hold.
    pub fn numbers(&self) -> usize {
        self.nodes
            .values()
            .map(|node| match node {
                Node::Unit(unit) => unit.parameters.values().map(Value::numbers).sum(),
                Node::Graph(graph) => graph.numbers(),
            })
            .sum()
    }
}

impl Unit {
    /// A node of that kind with those parameters.
    pub fn new<const N: usize>(kind: &str, parameters: [(&str, Value); N]) -> Unit {
        let parameters = parameters.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Unit { kind: kind.into(), parameters, metadata: BTreeMap::new() }
    }
}

impl From<Unit> for Node {
    fn from(unit: Unit) -> Node {
        Node::Unit(unit)
    }
}

impl From<Graph> for Node {
    fn from(graph: Graph) -> Node {
        Node::Graph(graph)
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Value {
        Value::Array(array)
    }
}
