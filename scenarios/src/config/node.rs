//! A configuration as a tree in which every value knows where it was written.
//!
//! The tree is what the author wrote, untyped and in the author's order; layering one over another happens here, before types
//! are known, so that a setting on the command line is checked exactly like a line in a file.

use serde::de::DeserializeOwned;

use super::deserialize;
use super::error::{ConfigError, ErrorKind, Origin, quoted};
use super::path::{Path, Segment};

/// One value of a configuration, with its place and its path from the root.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    origin: Origin,
    path: Path,
    value: Value,
}

/// What a configuration value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number: wide enough for every signed and unsigned 64-bit integer.
    Integer(i128),
    /// A finite number with a decimal point or an exponent.
    Float {
        /// The written decimal rounded to 64 bits.
        double: f64,
        /// The written decimal rounded to 32 bits, once: rounding `double` again could miss the nearest.
        single: f32,
    },
    /// A string.
    String(String),
    /// A TOML date or time; nothing in a configuration is one, so every type refuses it.
    Datetime(String),
    /// Values in order.
    Array(Vec<Node>),
    /// Keys with their values, in the order in which they were first written.
    Table(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn new(origin: Origin, path: Path, value: Value) -> Node {
        Node { origin, path, value }
    }

    /// Where this value was written; for a table, its header or first mention.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path of this value from the root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value itself.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The text of a string, `None` for anything else.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// The keys of this table with their values in document order; nothing for a value that isn't a table.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries: &[(String, Node)] = if let Value::Table(entries) = &self.value { entries } else { &[] };
        entries.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// The value at `path` below this one, such as `task.goals[1].radius_m`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        Path::parse(path).0.iter().try_fold(self, Node::child)
    }

    /// The value at `path`, or the innermost one on the way to it that exists.
    pub(super) fn nearest(&self, path: &Path) -> &Node {
        let mut node = self;
        for segment in &path.0 {
            let Some(child) = node.child(segment) else { break };
            node = child;
        }
        node
    }

    fn child(&self, segment: &Segment) -> Option<&Node> {
        match (segment, &self.value) {
            (Segment::Key(key), _) => self.entries().find(|(name, _)| name == key).map(|(_, node)| node),
            (Segment::Index(index), Value::Array(items)) => items.get(*index),
            _ => None,
        }
    }

    /// Removes `key` from this table and returns its value, which keeps its path and place for later messages.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        let Value::Table(entries) = &mut self.value else { return None };
        let position = entries.iter().position(|(name, _)| name == key)?;
        Some(entries.remove(position).1)
    }

    /// Puts `node` under `key`, in the place of what was there; the node's paths follow, its origins stay.
    ///
    /// Fails if this value isn't a table.
    pub fn insert(&mut self, key: &str, mut node: Node) -> Result<(), ConfigError> {
        node.move_to(self.path.key(key));
        match self.entries_mut()?.iter_mut().find(|(name, _)| name == key) {
            Some((_, slot)) => *slot = node,
            None => self.entries_mut()?.push((key.to_owned(), node)),
        }
        Ok(())
    }

    /// Lays `over` on top of this: tables are merged key by key, anything else is replaced as a whole, arrays too.
    pub fn merge(&mut self, over: Node) {
        match (&mut self.value, over) {
            (Value::Table(entries), Node { value: Value::Table(new), .. }) => {
                for (key, mut node) in new {
                    match entries.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, existing)) => existing.merge(node),
                        None => {
                            node.move_to(self.path.key(&key));
                            entries.push((key, node));
                        }
                    }
                }
            }
            (_, mut over) => {
                over.move_to(std::mem::take(&mut self.path));
                *self = over;
            }
        }
    }

    /// Reads this value as a `T`.
    ///
    /// Positions are exact wherever serde reads a type directly. It buffers `#[serde(flatten)]`, `untagged` and internally
    /// tagged enums first: errors inside of those name the table that was buffered.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        deserialize::from_node(self)
    }

    /// This value as messages name it: `integer 20`, `string "fast"`, `a table`.
    pub(super) fn describe(&self) -> String {
        match &self.value {
            Value::Boolean(value) => format!("boolean {value}"),
            Value::Integer(value) => format!("integer {value}"),
            Value::Float { double, .. } => format!("float {double:?}"),
            Value::String(text) => format!("string {}", quoted(text)),
            Value::Datetime(text) => format!("the date or time {text}"),
            Value::Array(_) => "an array".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }

    /// The entries of this table, to change; an error if it isn't one.
    pub(super) fn entries_mut(&mut self) -> Result<&mut Vec<(String, Node)>, ConfigError> {
        let found = self.describe();
        match &mut self.value {
            Value::Table(entries) => Ok(entries),
            _ => Err(ConfigError {
                origin: self.origin.clone(),
                path: self.path.clone(),
                kind: ErrorKind::NotATable { found }.into(),
            }),
        }
    }

    /// Gives this node and everything below it new paths.
    fn move_to(&mut self, path: Path) {
        match &mut self.value {
            Value::Table(entries) => entries.iter_mut().for_each(|(key, node)| node.move_to(path.key(key))),
            Value::Array(items) => items.iter_mut().enumerate().for_each(|(index, node)| node.move_to(path.index(index))),
            _ => {}
        }
        self.path = path;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Node {
        Node::parse(text, "a.toml").unwrap()
    }

    fn line(node: &Node, path: &str) -> usize {
        match node.get(path).unwrap().origin() {
            Origin::File { line, .. } => *line,
            Origin::CommandLine { .. } => 0,
        }
    }

    #[test]
    fn every_value_knows_its_line_and_path() {
        let node = parse(
            "name = \"a\"\n\n[time]\ntick = 1\nnested.deep.x = 2\n[task.reaching]\nr = [\n  1,\n  2,\n]\n[[goals]]\nx = 1\n[[goals]]\nx = 2\ninline = { a = 1, b.c = 2 }\n",
        );
        for (path, expected) in [
            ("", 1),
            ("name", 1),
            ("time", 3),
            ("time.tick", 4),
            ("time.nested", 5),
            ("time.nested.deep.x", 5),
            ("task", 6),
            ("task.reaching", 6),
            ("task.reaching.r", 7),
            ("task.reaching.r[1]", 9),
            ("goals", 11),
            ("goals[0]", 11),
            ("goals[1]", 13),
            ("goals[1].x", 14),
            ("goals[1].inline.b.c", 15),
        ] {
            assert_eq!(line(&node, path), expected, "{path}");
            assert_eq!(node.get(path).unwrap().path().to_string(), path);
        }
        assert_eq!(node.get("goals[2]"), None);
        assert_eq!(node.get("name.x"), None);
    }

    #[test]
    fn entries_come_in_document_order() {
        let node = parse("zeta = 1\nalpha = 2\n[mid]\nb = 1\na.y = 1\na.x = 1\n[early]\n[mid.sub]\n");
        let keys = |node: &Node| node.entries().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
        assert_eq!(keys(&node), ["zeta", "alpha", "mid", "early"]);
        assert_eq!(keys(node.get("mid").unwrap()), ["b", "a", "sub"]);
        assert_eq!(keys(node.get("mid.a").unwrap()), ["y", "x"]);
    }

    #[test]
    fn merging_replaces_values_and_arrays_and_joins_tables() {
        let mut base = parse("x = 1\nlist = [1, 2, 3]\n[t]\na = 1\nb = 2\n");
        base.merge(Node::parse("list = [9]\n[t]\nb = 3\nc = { d = 4 }\n", "b.toml").unwrap());
        assert_eq!(base.get("x").unwrap().value(), &Value::Integer(1));
        assert_eq!(base.get("list[0]").unwrap().value(), &Value::Integer(9));
        assert_eq!(base.get("list[1]"), None);
        assert_eq!(base.get("t.a").unwrap().origin().to_string(), "a.toml:4");
        assert_eq!(base.get("t.b").unwrap().origin().to_string(), "b.toml:3");
        assert_eq!(base.get("t.c.d").unwrap().path().to_string(), "t.c.d");
    }

    #[test]
    fn a_taken_table_keeps_its_path_and_an_inserted_one_gets_a_new_one() {
        let mut node = parse("[task.reaching]\nr = { x = [1] }\n[other]\n");
        let taken = node.get("task").unwrap().clone().take("reaching").unwrap();
        assert_eq!(taken.get("r").unwrap().path().to_string(), "task.reaching.r");
        node.insert("moved", taken).unwrap();
        assert_eq!(node.get("moved.r.x[0]").unwrap().path().to_string(), "moved.r.x[0]");
        let number = parse("n = 1").take("n").unwrap();
        let error = number.clone().insert("x", number.clone()).unwrap_err();
        assert_eq!(error.to_string(), "a.toml:1: n: expected a table, found integer 1");
        assert_eq!(number.clone().take("x"), None);
    }
}
