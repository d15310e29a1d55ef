//! From the bytes of an HDF5 file to a [`Document`].
//!
//! The layout is `/version` and `/node/{type, edges (N, 2), nodes/<name>/{type, ...}}`, of old files (contiguous) and new ones (chunked,
//! gzip). What is decoded is bounded by what the file can hold: uncompressed arrays together by its length, compressed ones by DEFLATE's
//! greatest ratio, and texts by its length; no link makes the same bytes count twice.

use std::collections::BTreeMap;

use hdf5_reader::{Dataset, Datatype, Hdf5File, OpenOptions, StringSize, VarLenKind, error::Error, group::Group};

use super::graph::GRAPH;
use super::{Array, Document, Limits, NirError, Node, Unit, Value, Values};

/// DEFLATE expands at most so many times.
const DEFLATE_RATIO: usize = 1032;

/// Reads a whole file.
pub(super) fn document(bytes: Vec<u8>, limits: &Limits) -> Result<Document, NirError> {
    NirError::limit("file", "bytes", limits.file_bytes, bytes.len())?;
    let length = bytes.len();
    let inflated = length.saturating_mul(DEFLATE_RATIO).min(limits.values.saturating_mul(8));
    let options = OpenOptions::default()
        .with_chunk_cache_bytes(0)
        .with_max_read_bytes(inflated)
        .with_max_chunk_bytes(inflated)
        .with_max_object_header_bytes(length);
    let file = Hdf5File::from_vec_with_options(bytes, options).map_err(|e| NirError::file("/", e))?;
    let mut reader = Reader { limits, stored: length, inflated, texts: length, values: limits.values, objects: limits.objects };
    let root = reader.members(&file.root_group().map_err(|e| NirError::file("/", e))?, "/")?;
    let version = reader.text_of(root.datasets.get("version"), "/version")?;
    let node = root.groups.get("node").ok_or_else(|| NirError::file("/node", "there is no such group"))?;
    match reader.node(node, "/node", 0)? {
        Node::Graph(graph) => Ok(Document { version, graph }),
        Node::Unit(unit) => Err(NirError::file("/node/type", format!("expected {GRAPH}, found {:?}", unit.kind))),
    }
}

/// What may still be decoded.
struct Reader<'a> {
    limits: &'a Limits,
    /// Bytes of uncompressed arrays.
    stored: usize,
    /// Bytes of compressed arrays.
    inflated: usize,
    /// Bytes of texts.
    texts: usize,
    /// Numbers.
    values: usize,
    /// Groups and datasets.
    objects: usize,
}

/// What a group holds, by name.
struct Members {
    groups: BTreeMap<String, Group>,
    datasets: BTreeMap<String, Dataset>,
}

impl Reader<'_> {
    fn members(&mut self, group: &Group, path: &str) -> Result<Members, NirError> {
        let (groups, datasets) = group.members().map_err(|e| NirError::file(path, e))?;
        let count = groups.len() + datasets.len();
        if count > self.objects {
            let unit = "nodes, parameters and groups in all";
            let found = self.limits.objects.saturating_add(count - self.objects) as u64;
            return Err(NirError::Limit { part: path.into(), unit, limit: self.limits.objects as u64, found });
        }
        self.objects -= count;
        Ok(Members {
            groups: groups.into_iter().map(|group| (group.name().to_string(), group)).collect(),
            datasets: datasets.into_iter().map(|dataset| (dataset.name().to_string(), dataset)).collect(),
        })
    }

    fn node(&mut self, group: &Group, path: &str, depth: usize) -> Result<Node, NirError> {
        let mut members = self.members(group, path)?;
        let kind = self.text_of(members.datasets.remove("type").as_ref(), &format!("{path}/type"))?;
        let metadata = match members.groups.remove("metadata") {
            Some(group) => self.metadata(&group, &format!("{path}/metadata"), depth)?,
            None => BTreeMap::new(),
        };
        let node = if kind == GRAPH {
            Node::Graph(self.graph(&mut members, metadata, path, depth)?)
        } else {
            let mut parameters = BTreeMap::new();
            for (key, dataset) in std::mem::take(&mut members.datasets) {
                let value = self.value(&dataset, &format!("{path}/{key}"))?;
                parameters.insert(key, value);
            }
            Node::Unit(Unit { kind, parameters, metadata })
        };
        match members.groups.keys().chain(members.datasets.keys()).next() {
            Some(other) => Err(NirError::file(format!("{path}/{other}"), "nothing of this name is known there")),
            None => Ok(node),
        }
    }

    fn graph(
        &mut self,
        members: &mut Members,
        metadata: BTreeMap<String, Value>,
        path: &str,
        depth: usize,
    ) -> Result<super::Graph, NirError> {
        NirError::limit(path, "graphs within each other", self.limits.depth, depth)?;
        let at = format!("{path}/nodes");
        let group = members.groups.remove("nodes").ok_or_else(|| NirError::file(&at, "there is no such group"))?;
        let inner = self.members(&group, &at)?;
        if let Some(other) = inner.datasets.keys().next() {
            return Err(NirError::file(format!("{at}/{other}"), "expected a group, found a dataset"));
        }
        let mut nodes = BTreeMap::new();
        for (name, group) in &inner.groups {
            nodes.insert(name.clone(), self.node(group, &format!("{at}/{name}"), depth + 1)?);
        }
        let at = format!("{path}/edges");
        let edges = members.datasets.remove("edges").ok_or_else(|| NirError::file(&at, "there is no such dataset"))?;
        Ok(super::Graph { nodes, edges: self.edges(&edges, &at)?, metadata })
    }

    fn edges(&mut self, dataset: &Dataset, path: &str) -> Result<Vec<(String, String)>, NirError> {
        let shape = dataset.shape().to_vec();
        // A graph without edges is written as an empty list of whatever type and rank.
        if shape.contains(&0) {
            return Ok(Vec::new());
        }
        if shape.len() != 2 || shape[1] != 2 {
            return Err(NirError::file(path, format!("expected the shape (N, 2), found {shape:?}")));
        }
        let mut names = self.texts(dataset, path)?.into_iter();
        let mut edges = Vec::with_capacity(names.len() / 2);
        while let (Some(from), Some(to)) = (names.next(), names.next()) {
            edges.push((from, to));
        }
        Ok(edges)
    }

    fn metadata(&mut self, group: &Group, path: &str, depth: usize) -> Result<BTreeMap<String, Value>, NirError> {
        NirError::limit(path, "graphs within each other", self.limits.depth, depth)?;
        let members = self.members(group, path)?;
        let mut values = BTreeMap::new();
        for (key, dataset) in &members.datasets {
            values.insert(key.clone(), self.value(dataset, &format!("{path}/{key}"))?);
        }
        for (key, group) in &members.groups {
            values.insert(key.clone(), Value::Group(self.metadata(group, &format!("{path}/{key}"), depth + 1)?));
        }
        Ok(values)
    }

    fn text_of(&mut self, dataset: Option<&Dataset>, path: &str) -> Result<String, NirError> {
        let dataset = dataset.ok_or_else(|| NirError::file(path, "there is no such dataset"))?;
        match <[String; 1]>::try_from(self.texts(dataset, path)?) {
            Ok([text]) => Ok(text),
            Err(texts) => Err(NirError::file(path, format!("expected one text, found {}", texts.len()))),
        }
    }

    fn value(&mut self, dataset: &Dataset, path: &str) -> Result<Value, NirError> {
        if is_text(dataset.dtype()) {
            return self.text_of(Some(dataset), path).map(Value::Text);
        }
        let count = self.charge(dataset, path)?;
        let failed = |e: Error| NirError::file(path, e);
        macro_rules! integers {
            ($type:ty) => {
                dataset.read_array::<$type>().map_err(failed)?.into_iter().map(i64::from).collect()
            };
        }
        let values = match dataset.dtype() {
            Datatype::FloatingPoint { size: 4, .. } => {
                Values::F32(dataset.read_array::<f32>().map_err(failed)?.into_raw_vec_and_offset().0)
            }
            Datatype::FloatingPoint { size: 8, .. } => {
                Values::F64(dataset.read_array::<f64>().map_err(failed)?.into_raw_vec_and_offset().0)
            }
            Datatype::FixedPoint { size, signed, .. } => Values::I64(match (size, signed) {
                (1, true) => integers!(i8),
                (1, false) => integers!(u8),
                (2, true) => integers!(i16),
                (2, false) => integers!(u16),
                (4, true) => integers!(i32),
                (4, false) => integers!(u32),
                (8, true) => integers!(i64),
                (8, false) => {
                    let whole = |v: u64| i64::try_from(v).map_err(|_| NirError::file(path, format!("{v} is too large")));
                    dataset.read_array::<u64>().map_err(failed)?.into_iter().map(whole).collect::<Result<_, _>>()?
                }
                _ => return Err(NirError::file(path, format!("integers of {size} bytes are unknown"))),
            }),
            // What h5py makes of booleans.
            Datatype::Enum { base, .. } if matches!(**base, Datatype::FixedPoint { size: 1, .. }) => {
                Values::I64(dataset.read_raw_bytes().map_err(failed)?.into_iter().map(i64::from).collect())
            }
            other => return Err(NirError::file(path, format!("expected numbers or a text, found {}", name_of(other)))),
        };
        let shape = dataset.shape().iter().map(|&n| n as usize).collect();
        if values.len() != count {
            return Err(NirError::file(path, format!("expected {count} numbers, found {}", values.len())));
        }
        Array::new(shape, values).map(Value::Array)
    }

    /// Takes what the dataset holds from what may still be decoded; how many elements that are.
    fn charge(&mut self, dataset: &Dataset, path: &str) -> Result<usize, NirError> {
        let elements = dataset.num_elements().ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
        let size = dataset.raw_element_size().map_err(|e| NirError::file(path, e))?;
        let bytes = elements.saturating_mul(size);
        let compressed = dataset.chunks().is_some();
        let left = if compressed { &mut self.inflated } else { &mut self.stored };
        if bytes > *left {
            return Err(NirError::file(path, format!("expected at most the {left} bytes that the file can hold, found {bytes}")));
        }
        *left -= bytes;
        if elements > self.values {
            let found = self.limits.values.saturating_add(elements - self.values) as u64;
            let limit = self.limits.values as u64;
            return Err(NirError::Limit { part: path.into(), unit: "numbers in all", limit, found });
        }
        self.values -= elements;
        Ok(elements)
    }

    /// All texts of a dataset. Those of variable length are references, and many may point to one long text: their lengths are added up
    /// before one is followed.
    fn texts(&mut self, dataset: &Dataset, path: &str) -> Result<Vec<String>, NirError> {
        let failed = |e: Error| NirError::file(path, e);
        if !is_text(dataset.dtype()) {
            return Err(NirError::file(path, format!("expected a text, found {}", name_of(dataset.dtype()))));
        }
        self.charge(dataset, path)?;
        if let Datatype::String { size: StringSize::Fixed(_), .. } = dataset.dtype() {
            return dataset.read_strings().map_err(failed);
        }
        let references = dataset.read_raw_bytes().map_err(failed)?;
        let references = references.chunks_exact(dataset.vlen_reference_size());
        let length = |reference: &[u8]| reference.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
        let bytes: usize = references.clone().map(length).fold(0, usize::saturating_add);
        if bytes > self.texts {
            let left = self.texts;
            return Err(NirError::file(path, format!("expected at most the {left} bytes that the file can hold, found {bytes}")));
        }
        self.texts -= bytes;
        let text = |reference: &[u8]| {
            let bytes = dataset.resolve_vlen_reference_bytes(reference, 1).map_err(failed)?;
            let text = String::from_utf8(bytes).map_err(|e| NirError::file(path, e))?;
            Ok(text.trim_end_matches('\0').to_string())
        };
        references.map(text).collect()
    }
}

fn is_text(datatype: &Datatype) -> bool {
    match datatype {
        Datatype::String { .. } => true,
        Datatype::VarLen { base, kind: VarLenKind::String, .. } => base.is_vlen_string_base(),
        _ => false,
    }
}

fn name_of(datatype: &Datatype) -> &'static str {
    match datatype {
        Datatype::FixedPoint { .. } => "whole numbers",
        Datatype::FloatingPoint { .. } => "floating-point numbers of a size other than 4 and 8 bytes",
        Datatype::String { .. } => "a text",
        Datatype::Compound { .. } => "compound values",
        Datatype::Array { .. } => "values that are arrays",
        Datatype::Enum { .. } => "an enumeration",
        Datatype::VarLen { .. } => "lists of variable length",
        Datatype::Opaque { .. } => "opaque values",
        Datatype::Reference { .. } => "references",
        Datatype::Bitfield { .. } => "bit fields",
    }
}
