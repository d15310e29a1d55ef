//! An error on its way up through a tree of nodes: worded for the author of a scenario, and placed when it passes a node.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::error::{ErrorKind, Origin, quoted};
use super::node::{Node, Value};
use super::path::Path;

/// An error on its way up: its place is known once it has passed a node.
#[derive(Debug)]
pub(super) struct Fault {
    pub kind: Box<ErrorKind>,
    /// The key the error is about, where that lies below the node that raised it.
    key: Option<String>,
    pub place: Option<(Origin, Path)>,
}

impl Fault {
    pub fn new(kind: ErrorKind, key: Option<&str>) -> Fault {
        Fault { kind: kind.into(), key: key.map(str::to_owned), place: None }
    }

    /// This error, raised while `node` was read.
    pub fn below(mut self, node: &Node) -> Fault {
        if self.place.is_none() {
            let own = || (node.origin().clone(), node.path().clone());
            self.place = Some(match (&self.key, &*self.kind) {
                (None, _) => own(),
                // Known only where serde buffered the table: elsewhere an unknown key has its place from the key itself.
                (Some(key), ErrorKind::UnknownKey { .. }) => match only_key(node, key) {
                    Some(culprit) => (culprit.origin().clone(), culprit.path().clone()),
                    None => (node.origin().clone(), node.path().key(key)),
                },
                (Some(key), _) => (node.origin().clone(), node.path().key(key)),
            });
        }
        self
    }

    /// This error, about what stands at `path`, written at `origin`.
    pub fn placed(mut self, origin: &Origin, path: Path) -> Fault {
        self.place.get_or_insert_with(|| (origin.clone(), path));
        self
    }
}

/// The value under `key` in `node`, or else the only one under such a key anywhere below.
fn only_key<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let mut level: Vec<&Node> = vec![node];
    while !level.is_empty() {
        let hits: Vec<&Node> =
            level.iter().flat_map(|node| node.entries()).filter(|(name, _)| *name == key).map(|(_, node)| node).collect();
        if !hits.is_empty() {
            return if hits.len() == 1 { hits.first().copied() } else { None };
        }
        level = level.into_iter().flat_map(children).collect();
    }
    None
}

fn children(node: &Node) -> Vec<&Node> {
    match node.value() {
        Value::Array(items) => items.iter().collect(),
        _ => node.entries().map(|(_, child)| child).collect(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Fault {
        Fault::new(ErrorKind::Refused { reason: message.to_string() }, None)
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Fault {
        Fault::new(ErrorKind::Invalid { expected: in_words(expected), found: found_in_words(found) }, None)
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Fault {
        de::Error::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Fault {
        let found = if length == 1 { "1 value".to_owned() } else { format!("{length} values") };
        Fault::new(ErrorKind::Invalid { expected: in_words(expected), found }, None)
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(ErrorKind::unknown_value(found, known), None)
    }

    fn unknown_field(found: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(ErrorKind::unknown_key(found, known), Some(found))
    }

    fn missing_field(key: &'static str) -> Fault {
        Fault::new(ErrorKind::MissingKey, Some(key))
    }

    fn duplicate_field(key: &'static str) -> Fault {
        let reason = "given twice, under two names of the same key".to_owned();
        Fault::new(ErrorKind::Refused { reason }, Some(key))
    }
}

/// What a reader expects, in the words of someone who writes a scenario rather than Rust.
pub(super) fn in_words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => whole_from(0, u8::MAX),
        "u16" => whole_from(0, u16::MAX),
        "u32" => whole_from(0, u32::MAX),
        "u64" | "usize" | "u128" => "a whole number, zero or above".to_owned(),
        "i8" => whole_from(i8::MIN, i8::MAX),
        "i16" => whole_from(i16::MIN, i16::MAX),
        "i32" => whole_from(i32::MIN, i32::MAX),
        "i64" | "isize" | "i128" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" | "unit" => "a table".to_owned(),
        _ if text.starts_with("struct ") || text.starts_with("unit struct ") => "a table".to_owned(),
        _ if text.starts_with("enum ") => "a name".to_owned(),
        _ => text.strip_prefix("a tuple of size ").map(|size| format!("an array of length {size}")).unwrap_or(text),
    }
}

fn whole_from(low: impl fmt::Display, high: impl fmt::Display) -> String {
    format!("a whole number from {low} to {high}")
}

fn found_in_words(found: Unexpected) -> String {
    match found {
        Unexpected::Bool(value) => format!("boolean {value}"),
        Unexpected::Unsigned(value) => format!("integer {value}"),
        Unexpected::Signed(value) => format!("integer {value}"),
        Unexpected::Float(value) => format!("float {value:?}"),
        Unexpected::Str(text) => format!("string {}", quoted(text)),
        Unexpected::Seq => "an array".to_owned(),
        Unexpected::Map | Unexpected::Unit => "a table".to_owned(),
        Unexpected::UnitVariant => "a name without a table".to_owned(),
        other => other.to_string(),
    }
}
