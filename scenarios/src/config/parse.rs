//! From TOML text to a tree of nodes.
//!
//! The grammar is the `toml` crate's. Added here: lines in the place of byte ranges, document order (its tables are sorted by
//! key), and the refusal of what no configuration may hold: numbers that aren't finite, integers beyond 64 bits, and nesting so
//! deep that recursion over it could exhaust the stack.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeFloat, DeInteger, DeTable, DeValue};

use super::error::{ConfigError, ErrorKind, Origin};
use super::node::{Node, Value};
use super::path::Path;

/// The most keys that may be joined by dots.
pub(super) const DEEPEST_KEY: usize = 16;

/// The most tables and arrays that may lie within each other.
const DEEPEST_TREE: usize = 64;

impl Node {
    /// Reads a TOML document; `file` is how messages name it.
    pub fn parse(text: &str, file: &str) -> Result<Node, ConfigError> {
        let lines = Lines::new(text, file);
        let syntax = |at: usize, reason: &str| ConfigError {
            origin: lines.origin(at),
            path: Path::default(),
            kind: ErrorKind::Syntax { reason: reason.to_owned() }.into(),
        };
        if let Some(at) = too_deep(text) {
            return Err(syntax(at, &format!("more than {DEEPEST_KEY} keys joined by dots")));
        }
        let table = DeTable::parse(text).map_err(|e| syntax(e.span().map_or(0, |span| span.start), e.message()))?;
        let root = DeValue::Table(table.into_inner());
        convert(root, lines.origin(0), Path::default(), &|at| lines.origin(at))
    }
}

/// Reads one TOML value, written at `origin`; `None` if the text isn't one.
pub(super) fn parse_value(text: &str, origin: &Origin, path: Path) -> Option<Result<Node, ConfigError>> {
    if too_deep(text).is_some() {
        return None;
    }
    let value = DeValue::parse(text).ok()?.into_inner();
    Some(convert(value, origin.clone(), path, &|_| origin.clone()))
}

/// Turns byte positions of a text into lines.
struct Lines {
    file: Arc<str>,
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str, file: &str) -> Lines {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { file: file.into(), starts }
    }

    fn origin(&self, at: usize) -> Origin {
        Origin::File { file: self.file.clone(), line: self.starts.partition_point(|start| *start <= at) }
    }
}

/// Builds the node of `value`, which was written at `origin`; `place` turns byte positions of what lies inside into origins.
fn convert(value: DeValue, origin: Origin, path: Path, place: &dyn Fn(usize) -> Origin) -> Result<Node, ConfigError> {
    let refuse = |expected: &str, found: String| ConfigError {
        origin: origin.clone(),
        path: path.clone(),
        kind: ErrorKind::Invalid { expected: expected.to_owned(), found }.into(),
    };
    if path.0.len() > DEEPEST_TREE {
        let reason = "tables and arrays are nested too deep".to_owned();
        return Err(ConfigError { origin, path, kind: ErrorKind::Refused { reason }.into() });
    }
    let value = match value {
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Integer(number) => {
            integer(&number).ok_or_else(|| refuse("an integer of at most 64 bits", format!("integer {number}")))?
        }
        DeValue::Float(number) => float(&number).ok_or_else(|| refuse("a finite number", format!("float {number}")))?,
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
        DeValue::Array(items) => Value::Array(array(items, &path, place)?),
        DeValue::Table(table) => Value::Table(entries(table, &path, place)?),
    };
    Ok(Node::new(origin, path, value))
}

fn integer(number: &DeInteger) -> Option<Value> {
    let value = i128::from_str_radix(number.as_str(), number.radix()).ok()?;
    (value >= i128::from(i64::MIN) && value <= i128::from(u64::MAX)).then_some(Value::Integer(value))
}

fn float(number: &DeFloat) -> Option<Value> {
    let (double, single) = (number.as_str().parse().ok()?, number.as_str().parse().ok()?);
    f64::is_finite(double).then_some(Value::Float { double, single })
}

fn array(items: DeArray, path: &Path, place: &dyn Fn(usize) -> Origin) -> Result<Vec<Node>, ConfigError> {
    let item = |(index, item): (usize, Spanned<DeValue>)| {
        let origin = place(item.span().start);
        convert(item.into_inner(), origin, path.index(index), place)
    };
    items.into_iter().enumerate().map(item).collect()
}

/// A table's entries in document order. An entry lies where its key stands: for a table, in its header.
fn entries(table: DeTable, path: &Path, place: &dyn Fn(usize) -> Origin) -> Result<Vec<(String, Node)>, ConfigError> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue>)| {
        let origin = place(key.span().start);
        let key = String::from(key.into_inner());
        let node = convert(value.into_inner(), origin, path.key(&key), place)?;
        Ok((key, node))
    };
    entries.into_iter().map(entry).collect()
}

/// Where `text` joins more than [`DEEPEST_KEY`] words by dots, if anywhere.
///
/// The parser limits the depth of brackets but not of dotted keys, and frees its tables recursively. Words are counted rather
/// than dots, so that rulers of dots in comments pass; a string or comment with that many words and nothing but dots between
/// them doesn't, which no scenario has.
fn too_deep(text: &str) -> Option<usize> {
    let mut joined = 0;
    let mut after_word = false;
    for (at, c) in text.char_indices() {
        match c {
            '.' if after_word => {
                joined += 1;
                after_word = false;
                if joined >= DEEPEST_KEY {
                    return Some(at);
                }
            }
            '.' | ' ' | '\t' => {}
            '_' | '-' | '"' | '\'' => after_word = true,
            c if c.is_alphanumeric() => after_word = true,
            _ => (joined, after_word) = (0, false),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Node::parse(text, "a.toml").unwrap_err().to_string()
    }

    #[test]
    fn syntax_errors_name_the_line_and_the_reason() {
        assert_eq!(message("a = 1\nb = \n"), "a.toml:2: not valid TOML: string values must be quoted, expected literal string");
        assert_eq!(message("a = 1\n\na = 2\n"), "a.toml:3: not valid TOML: duplicate key");
        assert!(message("\n\n[open\nx = 1").starts_with("a.toml:3: not valid TOML: "), "{}", message("\n\n[open\nx = 1"));
        assert!(message("x = \"open").starts_with("a.toml:1: not valid TOML: "));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_wherever_they_stand() {
        assert_eq!(message("a = 1\n[b]\nc = nan"), "a.toml:3: b.c: expected a finite number, found float nan");
        assert_eq!(message("x = [\n1.0,\n-inf]"), "a.toml:3: x[1]: expected a finite number, found float -inf");
        assert_eq!(message("x = 1e999"), "a.toml:1: x: expected a finite number, found float 1e999");
        let huge = "99999999999999999999999999999999999999999999";
        assert_eq!(
            message(&format!("x = {huge}")),
            format!("a.toml:1: x: expected an integer of at most 64 bits, found integer {huge}")
        );
    }

    #[test]
    fn all_ways_to_write_a_number_are_read() {
        let node =
            Node::parse("a = 0xff\nb = 1_000\nc = 18446744073709551615\nd = -9223372036854775808\ne = 0o17\nf = +1_0.5e1", "a");
        let node = node.unwrap();
        for (key, expected) in [("a", 255), ("b", 1000), ("c", i128::from(u64::MAX)), ("d", i128::from(i64::MIN)), ("e", 15)] {
            assert_eq!(node.get(key).unwrap().value(), &Value::Integer(expected));
        }
        assert_eq!(node.get("f").unwrap().value(), &Value::Float { double: 105.0, single: 105.0 });
    }

    #[test]
    fn deep_keys_are_refused_and_deep_brackets_too() {
        let deep = format!("\n{}x = 1", "a.".repeat(200_000));
        assert_eq!(message(&deep), "a.toml:2: not valid TOML: more than 16 keys joined by dots");
        assert!(message(&format!("[{}x]", "'a' . ".repeat(100_000))).contains("joined by dots"));
        assert!(message(&format!("x = {}", "[".repeat(100_000))).starts_with("a.toml:1: not valid TOML: "));
        assert!(Node::parse(&format!("# {}\na.b.c = 1 # e.g. so. And so. Etc.", ".".repeat(300)), "a").is_ok());
        assert!(Node::parse(&format!("{}x = 1", "a.".repeat(15)), "a").is_ok());
    }

    #[test]
    fn deep_trees_are_refused_without_exhausting_the_stack() {
        // As deep as the parser lets pass: every bracket holds as many keys as may be joined.
        let keys = "a.".repeat(DEEPEST_KEY - 1) + "a = ";
        let nested = |brackets: usize| format!("{}{keys}1{}", format!("{keys}{{").repeat(brackets), "}".repeat(brackets));
        for brackets in 4..90 {
            let error = message(&nested(brackets));
            assert!(error.ends_with("tables and arrays are nested too deep") || error.contains("not valid TOML"), "{error}");
        }
        assert!(Node::parse(&nested(3), "a").is_ok());
    }

    #[test]
    fn windows_line_ends_count_once() {
        assert_eq!(message("a = 1\r\nb = nan\r\n"), "a.toml:2: b: expected a finite number, found float nan");
    }
}
