//! Where a value lies in a configuration: `task.goals[1].radius_m`.

use std::fmt;

/// One step into a configuration tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Into a table, by key.
    Key(String),
    /// Into an array, by position from zero.
    Index(usize),
}

/// The way from the root of a configuration to a value; empty for the root itself.
///
/// In text, keys are separated by dots and positions stand in brackets: `task.goals[1].radius_m`. Keys that aren't TOML bare
/// keys are shown in quotes; [`Path::parse`] reads bare keys only, which is all that schemas and the command line use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// Reads `a.b[2].c`; the empty text is the root. Whatever is no well-formed position is taken as part of a key.
    pub fn parse(text: &str) -> Path {
        let mut path = Path::default();
        for part in text.split('.').filter(|part| !part.is_empty()) {
            let (key, positions) = split_positions(part);
            if !key.is_empty() {
                path.0.push(Segment::Key(key.to_owned()));
            }
            path.0.extend(positions.into_iter().map(Segment::Index));
        }
        path
    }

    /// This path, one key further.
    pub fn key(&self, key: &str) -> Path {
        self.with(Segment::Key(key.to_owned()))
    }

    /// This path, one array position further.
    pub fn index(&self, index: usize) -> Path {
        self.with(Segment::Index(index))
    }

    /// This path followed by `rest`.
    pub fn join(&self, rest: &Path) -> Path {
        Path(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// The path of the table or array this value lies in; the root's is the root.
    pub fn parent(&self) -> Path {
        Path(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last key on the way, without the table it lies in; empty at the root.
    pub fn last_key(&self) -> &str {
        self.0.iter().rev().find_map(|s| if let Segment::Key(key) = s { Some(key.as_str()) } else { None }).unwrap_or("")
    }

    /// How a message names the table at this path: as its TOML header where it has one.
    pub(super) fn as_table(&self) -> String {
        if self.is_root() {
            "at the top level".to_owned()
        } else if self.0.iter().all(|segment| matches!(segment, Segment::Key(_))) {
            format!("in [{self}]")
        } else {
            format!("in {self}")
        }
    }

    fn with(&self, segment: Segment) -> Path {
        let mut path = self.clone();
        path.0.push(segment);
        path
    }
}

/// Splits `goals[1][2]` into `goals` and its positions; without well-formed positions, everything is the key.
fn split_positions(part: &str) -> (&str, Vec<usize>) {
    let Some((key, brackets)) = part.split_once('[') else { return (part, Vec::new()) };
    let positions = brackets.strip_suffix(']').map(|inner| inner.split("][").map(str::parse).collect());
    match positions {
        Some(Ok(positions)) => (key, positions),
        _ => (part, Vec::new()),
    }
}

/// Whether TOML allows `key` without quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    let dot = if position == 0 { "" } else { "." };
                    if is_bare(key) { write!(f, "{dot}{key}")? } else { write!(f, "{dot}{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_path_agree() {
        for text in ["", "task", "task.reaching.radius_m", "task.goals[1].x", "grid[0][12]"] {
            assert_eq!(Path::parse(text).to_string(), text);
        }
    }

    #[test]
    fn a_malformed_position_is_part_of_the_key() {
        for text in ["a[", "a[x]", "a[1", "a]1[", "a[1]b"] {
            assert_eq!(Path::parse(text), Path(vec![Segment::Key(text.into())]), "{text}");
        }
    }

    #[test]
    fn tables_are_named_by_their_header() {
        assert_eq!(Path::default().as_table(), "at the top level");
        assert_eq!(Path::parse("task.reaching").as_table(), "in [task.reaching]");
        assert_eq!(Path::parse("task.goals[1]").as_table(), "in task.goals[1]");
        assert_eq!(Path::default().key("two words").to_string(), "\"two words\"");
    }
}
