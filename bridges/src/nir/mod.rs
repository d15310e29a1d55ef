//! The neuromorphic intermediate representation, NIR: networks as files that other simulators and chips' tools read and write.
//!
//! - [`Document`] reads and writes files (HDF5); its [`Graph`] is pure data
//! - [`info()`] tells what is in a graph, [`check()`] what is wrong with it
//! - [`run()`] and [`Interpreter`] run a graph as it stands
//! - [`import()`] makes a [`NetworkSpec`](embody_brain::NetworkSpec) of a graph, [`export()`] a graph of one,
//!   and [`export_potentials()`] one with the potentials of neurons that NIR hasn't
//!
//! NIR says in which differential equations a network goes, not in which steps, and its numbers carry no units. Times here are seconds; the
//! step, the integration and the reset are a [`Discretisation`], which nothing assumes for the caller. Not here: command lines, and learning.
//!
//! Source: Pedersen et al. 2024, "Neuromorphic intermediate representation: a unified instruction set for interoperable brain-inspired
//! computing"; file layout and kinds of node as the Python package `nir` 1.0.8 has them.

mod array;
mod check;
mod circles;
mod convert;
mod discretisation;
mod error;
mod examine;
mod graph;
mod info;
mod keys;
mod limits;
mod operator;
mod plan;
mod read;
mod run;
mod shape;
mod write;

pub use array::{Array, Value, Values};
pub use check::{Report, check};
pub use convert::{Export, ExportSettings, Import, ImportSettings, InputKind, export, export_potentials, import};
pub use discretisation::{Discretisation, Integration, Reset};
pub use error::NirError;
pub use examine::Finding;
pub use graph::{Document, GRAPH, Graph, Node, Unit};
pub use info::info;
pub use limits::Limits;
pub use operator::{Convolution, Elementwise, KINDS, Neuron, Operator, Pool};
pub use plan::{Plan, PlannedEdge, PlannedNode};
pub use run::{Interpreter, Recording, Trace, run};
