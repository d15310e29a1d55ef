//! What is wrong with a configuration: where, which key, what was expected, what was found, and what was probably meant.
//!
//! Errors are data, so that tests and tools can match on them; [`ConfigError`]'s `Display` is the one place that words them.

use std::fmt;
use std::sync::Arc;

use super::node::Node;
use super::path::Path;

/// Where a configuration value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a text, at a line counted from one.
    File {
        /// The text's name as it was given to [`Node::parse`].
        file: Arc<str>,
        /// The line, counted from one.
        line: usize,
    },
    /// On the command line.
    CommandLine {
        /// The whole setting, such as `time.duration=4h`.
        setting: Arc<str>,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { file, line } => write!(f, "{file}:{line}"),
            Origin::CommandLine { setting } => write!(f, "command line (--set {})", shortened(setting)),
        }
    }
}

/// A configuration that can't be used, with what is needed to mend it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{origin}: {}", self.reason())]
pub struct ConfigError {
    /// Where the culprit was written; for a missing key, its table.
    pub origin: Origin,
    /// The culprit's path; for unknown and missing keys it ends in that key.
    pub path: Path,
    /// What is wrong with it.
    pub kind: Box<ErrorKind>,
}

/// The ways in which a configuration can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text isn't TOML.
    Syntax {
        /// The parser's reason.
        reason: String,
    },
    /// A `--set` isn't of the form `key.of.value=value`.
    Setting {
        /// What is wrong with its form.
        reason: &'static str,
    },
    /// A setting leads through something that isn't a table; the error's path names that.
    NotATable {
        /// What is there, such as `integer 20`.
        found: String,
    },
    /// The table has no such key.
    UnknownKey {
        /// The known key it was probably meant to be, if one is near.
        nearest: Option<String>,
        /// Every key the table knows.
        known: Vec<String>,
    },
    /// The table lacks a key that has no default.
    MissingKey,
    /// The value is none of the names allowed here.
    UnknownValue {
        /// The name that was found.
        found: String,
        /// The allowed name it was probably meant to be, if one is near.
        nearest: Option<String>,
        /// Every allowed name.
        known: Vec<String>,
    },
    /// The value has the wrong type or lies outside of what is allowed.
    Invalid {
        /// What belongs here, such as `a number above zero`.
        expected: String,
        /// What is there, such as `integer 20`.
        found: String,
    },
    /// The value was refused for a reason of its own.
    Refused {
        /// The reason, worded to follow the key and a colon.
        reason: String,
    },
}

impl ConfigError {
    /// The value at `path` below `node` isn't what it must be: "expected `expected`, found `found`".
    ///
    /// For checks that types can't express. The place is that of the value, or of the nearest table above it where the value is
    /// a default that nobody wrote.
    pub fn invalid(node: &Node, path: &str, expected: impl Into<String>, found: impl fmt::Display) -> ConfigError {
        ConfigError::at(node, path, ErrorKind::Invalid { expected: expected.into(), found: found.to_string() })
    }

    /// The value at `path` below `node` is refused because of `reason`, worded to follow the key and a colon.
    pub fn refused(node: &Node, path: &str, reason: impl Into<String>) -> ConfigError {
        ConfigError::at(node, path, ErrorKind::Refused { reason: reason.into() })
    }

    /// The key at `path` below `node` is none of its table's `known` keys.
    pub fn unknown_key(node: &Node, path: &str, known: &[&str]) -> ConfigError {
        ConfigError::at(node, path, ErrorKind::unknown_key(Path::parse(path).last_key(), known))
    }

    /// The name `found` at `path` below `node` is none of the `known` ones: for names that a registry decides.
    pub fn unknown_value(node: &Node, path: &str, found: &str, known: &[&str]) -> ConfigError {
        ConfigError::at(node, path, ErrorKind::unknown_value(found, known))
    }

    /// The key at `path` below `node` has no default and must be written.
    pub fn missing_key(node: &Node, path: &str) -> ConfigError {
        ConfigError::at(node, path, ErrorKind::MissingKey)
    }

    fn at(node: &Node, path: &str, kind: ErrorKind) -> ConfigError {
        let path = Path::parse(path);
        ConfigError { origin: node.nearest(&path).origin().clone(), path: node.path().join(&path), kind: kind.into() }
    }

    /// The message without the place.
    fn reason(&self) -> String {
        let key = match &self.path {
            path if path.is_root() => String::new(),
            path => format!("{path}: "),
        };
        let table = || self.path.parent().as_table();
        match &*self.kind {
            ErrorKind::Syntax { reason } => format!("not valid TOML: {reason}"),
            ErrorKind::Setting { reason } => (*reason).to_owned(),
            ErrorKind::NotATable { found } => format!("{key}expected a table, found {found}"),
            ErrorKind::UnknownKey { nearest, known } => {
                format!("unknown key \"{}\" {}{}", self.path.last_key(), table(), hint(nearest.as_deref(), known, "keys"))
            }
            ErrorKind::MissingKey => format!("missing key \"{}\" {}", self.path.last_key(), table()),
            ErrorKind::UnknownValue { found, nearest, known } => {
                format!("{key}unknown value {}{}", quoted(found), hint(nearest.as_deref(), known, "values"))
            }
            ErrorKind::Invalid { expected, found } => format!("{key}expected {expected}, found {found}"),
            ErrorKind::Refused { reason } => format!("{key}{reason}"),
        }
    }
}

impl ErrorKind {
    pub(super) fn unknown_key(found: &str, known: &[&str]) -> ErrorKind {
        ErrorKind::UnknownKey { nearest: nearest(found, known), known: owned(known) }
    }

    pub(super) fn unknown_value(found: &str, known: &[&str]) -> ErrorKind {
        ErrorKind::UnknownValue { found: found.to_owned(), nearest: nearest(found, known), known: owned(known) }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `: did you mean "x"? (known keys: x, y)`
fn hint(nearest: Option<&str>, known: &[String], what: &str) -> String {
    let guess = nearest.map(|name| format!(": did you mean \"{name}\"?")).unwrap_or_default();
    let list = if known.is_empty() { format!("no {what} are known here") } else { format!("known {what}: {}", known.join(", ")) };
    format!("{guess} ({list})")
}

/// The known name that `found` was probably meant to be: at most one edit for every three characters away.
fn nearest(found: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&shortened(found), name), name))
        .filter(|(edits, name)| *edits <= (name.chars().count() / 3).max(1))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| (*name).to_owned())
}

/// `text` in quotes, without control characters, cut to a length that leaves a message legible.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed_only_if_it_is_near() {
        let known = ["success_radius_m", "duration", "kind"];
        assert_eq!(nearest("sucess_radius_m", &known).as_deref(), Some("success_radius_m"));
        assert_eq!(nearest("success_radius", &known).as_deref(), Some("success_radius_m"));
        assert_eq!(nearest("druation", &known).as_deref(), Some("duration"));
        assert_eq!(nearest("knd", &known).as_deref(), Some("kind"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn callers_checks_name_the_line_of_the_value_or_of_its_table() {
        let node = Node::parse("[task]\nkind = \"r\"\n\n[task.reaching]\nradius_m = 0\n", "a.toml").unwrap();
        let error = ConfigError::invalid(&node, "task.reaching.radius_m", "a length above zero", 0);
        assert_eq!(error.to_string(), "a.toml:5: task.reaching.radius_m: expected a length above zero, found 0");
        let task = node.get("task").unwrap();
        let error = ConfigError::refused(task, "reaching.period", "must be a whole multiple of time.tick");
        assert_eq!(error.to_string(), "a.toml:4: task.reaching.period: must be a whole multiple of time.tick");
        let error = ConfigError::unknown_value(task, "kind", "r", &["reaching", "rolling"]);
        assert_eq!(error.to_string(), "a.toml:2: task.kind: unknown value \"r\" (known values: reaching, rolling)");
        let error = ConfigError::missing_key(task, "seed");
        assert_eq!(error.to_string(), "a.toml:1: missing key \"seed\" in [task]");
        let error = ConfigError::unknown_key(&node, "task.kind", &[]);
        assert_eq!(error.to_string(), "a.toml:2: unknown key \"kind\" in [task] (no keys are known here)");
    }
}
