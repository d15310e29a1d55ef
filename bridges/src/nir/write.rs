//! From a [`Document`] to the bytes of an HDF5 file, in the format of HDF5 1.8 (superblock 2): arrays contiguous and in their own number
//! type, texts of variable length in UTF-8, as the Python package `nir` reads them.

use std::collections::BTreeMap;

use hdf5_pure::{FileBuilder, GroupBuilder, LibVer};

use super::graph::GRAPH;
use super::{Document, Graph, NirError, Node, Value, Values};

/// Writes a whole file.
pub(super) fn document(document: &Document) -> Result<Vec<u8>, NirError> {
    let mut file = FileBuilder::new();
    file.with_libver_bounds(LibVer::V18, LibVer::V18);
    file.create_dataset("version").with_vlen_strings(&[&document.version]).with_shape(&[]);
    let mut node = file.create_group("node");
    graph(&mut node, &document.graph, "/node")?;
    file.add_group(node.finish());
    file.finish().map_err(|e| NirError::file("/", e))
}

fn graph(group: &mut GroupBuilder, graph: &Graph, path: &str) -> Result<(), NirError> {
    text(group, "type", GRAPH);
    let edges: Vec<&str> = graph.edges.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    group.create_dataset("edges").with_vlen_strings(&edges).with_shape(&[graph.edges.len() as u64, 2]);
    let mut nodes = group.create_group("nodes");
    for (name, node) in &graph.nodes {
        check_name(name, path)?;
        let at = format!("{path}/nodes/{name}");
        let mut inner = nodes.create_group(name);
        match node {
            Node::Graph(nested) => self::graph(&mut inner, nested, &at)?,
            Node::Unit(unit) => {
                text(&mut inner, "type", &unit.kind);
                values(&mut inner, &unit.parameters, &at)?;
                metadata(&mut inner, &unit.metadata, &at)?;
            }
        }
        nodes.add_group(inner.finish());
    }
    group.add_group(nodes.finish());
    metadata(group, &graph.metadata, path)
}

fn metadata(group: &mut GroupBuilder, items: &BTreeMap<String, Value>, path: &str) -> Result<(), NirError> {
    if items.is_empty() {
        return Ok(());
    }
    let mut inner = group.create_group("metadata");
    values(&mut inner, items, &format!("{path}/metadata"))?;
    group.add_group(inner.finish());
    Ok(())
}

fn values(group: &mut GroupBuilder, values: &BTreeMap<String, Value>, path: &str) -> Result<(), NirError> {
    for (key, value) in values {
        check_name(key, path)?;
        match value {
            Value::Text(value) => text(group, key, value),
            Value::Array(array) => {
                let shape: Vec<u64> = array.shape().iter().map(|&n| n as u64).collect();
                let dataset = group.create_dataset(key);
                match array.values() {
                    Values::F32(values) => dataset.with_f32_data(values),
                    Values::F64(values) => dataset.with_f64_data(values),
                    Values::I64(values) => dataset.with_i64_data(values),
                }
                .with_shape(&shape);
            }
            Value::Group(items) => {
                let mut inner = group.create_group(key);
                self::values(&mut inner, items, &format!("{path}/{key}"))?;
                group.add_group(inner.finish());
            }
        }
    }
    Ok(())
}

fn text(group: &mut GroupBuilder, key: &str, text: &str) {
    group.create_dataset(key).with_vlen_strings(&[text]).with_shape(&[]);
}

/// HDF5 separates names by slashes, and takes a dot for the group itself.
fn check_name(name: &str, path: &str) -> Result<(), NirError> {
    if name.is_empty() || name == "." || name.contains(['/', '\0']) {
        return Err(NirError::file(path, format!("{name:?} can't be a name in HDF5")));
    }
    Ok(())
}
