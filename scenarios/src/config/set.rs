//! Settings on the command line: `--set time.duration=4h`.

use super::error::{ConfigError, ErrorKind, Origin};
use super::node::{Node, Value};
use super::parse::{DEEPEST_KEY, parse_value};
use super::path::{Path, Segment};

impl Node {
    /// Applies a setting `key.of.value=value`, over whatever the key had before; missing tables are made on the way.
    ///
    /// The value is read as TOML and, where it isn't any, taken as a plain string, so that shells need no second pair of
    /// quotes: `time.duration=4h`, `controller.kind=frozen`. Dates are plain strings too. Whether the key is known and the
    /// value fits is found when the tree is read into a type, like for any line of a file.
    pub fn apply_set(&mut self, setting: &str) -> Result<(), ConfigError> {
        let origin = Origin::CommandLine { setting: setting.into() };
        let refuse =
            |reason| ConfigError { origin: origin.clone(), path: Path::default(), kind: ErrorKind::Setting { reason }.into() };
        let (keys, text) =
            setting.split_once('=').ok_or_else(|| refuse("expected a key and a value, such as time.duration=4h"))?;
        let keys: Vec<&str> = keys.split('.').map(str::trim).collect();
        if keys.iter().any(|key| key.is_empty()) {
            return Err(refuse("a key is empty: expected keys joined by single dots, such as time.duration=4h"));
        }
        if keys.len() > DEEPEST_KEY {
            return Err(refuse("too many keys joined by dots"));
        }
        let Some((last, tables)) = keys.split_last() else { return Ok(()) };
        let path = Path(self.path().0.iter().cloned().chain(keys.iter().map(|key| Segment::Key((*key).to_owned()))).collect());
        let value = value(text.trim(), &origin, path)?;

        // Errors on the way concern the setting, not the line of the value that is in its way.
        let blame = |error: ConfigError| ConfigError { origin: origin.clone(), ..error };
        let mut table = self;
        for key in tables {
            table = table.subtable(key, &origin).map_err(blame)?;
        }
        table.insert(last, value).map_err(blame)
    }

    /// The table under `key`, made at `origin` if there is nothing.
    pub(crate) fn subtable(&mut self, key: &str, origin: &Origin) -> Result<&mut Node, ConfigError> {
        let path = self.path().key(key);
        let entries = self.entries_mut()?;
        let position = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            entries.push((key.to_owned(), Node::new(origin.clone(), path, Value::Table(Vec::new()))));
            entries.len() - 1
        });
        Ok(&mut entries[position].1)
    }
}

/// `text` as TOML, or as a plain string where it isn't any or is a date.
fn value(text: &str, origin: &Origin, path: Path) -> Result<Node, ConfigError> {
    match parse_value(text, origin, path.clone()).transpose()? {
        Some(node) if !matches!(node.value(), Value::Datetime(_)) => Ok(node),
        _ => Ok(Node::new(origin.clone(), path, Value::String(text.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Node {
        Node::parse("seed = 1\n[time]\nduration = \"1h\"\n[[goals]]\nx = 1\n", "a.toml").unwrap()
    }

    fn set(setting: &str) -> Node {
        let mut node = base();
        node.apply_set(setting).unwrap();
        node
    }

    fn refused(setting: &str) -> String {
        base().apply_set(setting).unwrap_err().to_string()
    }

    #[test]
    fn values_are_toml_and_else_plain_strings() {
        let text = |s: &str| Value::String(s.into());
        for (setting, path, value) in [
            ("seed=7", "seed", Value::Integer(7)),
            ("seed = -7", "seed", Value::Integer(-7)),
            ("a.b=0.5", "a.b", Value::Float { double: 0.5, single: 0.5 }),
            ("a=true", "a", Value::Boolean(true)),
            ("time.duration=4h", "time.duration", text("4h")),
            ("controller.kind=frozen", "controller.kind", text("frozen")),
            ("name=\"quoted = yes\"", "name", text("quoted = yes")),
            ("name=a=b", "name", text("a=b")),
            ("name=", "name", text("")),
            ("name=1 2", "name", text("1 2")),
            ("name=1\nseed=2", "name", text("1\nseed=2")),
            ("name=2026-01-31", "name", text("2026-01-31")),
            ("name=[1, 2", "name", text("[1, 2")),
        ] {
            assert_eq!(set(setting).get(path).map(Node::value), Some(&value), "{setting}");
        }
        let node = set("list=[1, {x = 2}]");
        assert_eq!(node.get("list[1].x").unwrap().path().to_string(), "list[1].x");
    }

    #[test]
    fn missing_tables_are_made_and_the_last_setting_wins() {
        let mut node = base();
        node.apply_set("task.reaching.radius_m=1").unwrap();
        node.apply_set("task.reaching.radius_m=2").unwrap();
        let radius = node.get("task.reaching.radius_m").unwrap();
        assert_eq!(radius.value(), &Value::Integer(2));
        assert_eq!(radius.origin().to_string(), "command line (--set task.reaching.radius_m=2)");
        assert_eq!(node.get("time").unwrap().origin().to_string(), "a.toml:2");
    }

    #[test]
    fn a_setting_through_something_that_is_no_table_is_refused() {
        assert_eq!(refused("seed.x=1"), "command line (--set seed.x=1): seed: expected a table, found integer 1");
        assert_eq!(refused("seed.x.y=1"), "command line (--set seed.x.y=1): seed: expected a table, found integer 1");
        assert_eq!(refused("goals.x=1"), "command line (--set goals.x=1): goals: expected a table, found an array");
    }

    #[test]
    fn malformed_settings_are_refused() {
        for setting in ["=1", "a..b=1", ".a=1", "a.=1", " =1"] {
            assert_eq!(
                refused(setting),
                format!(
                    "command line (--set {setting}): a key is empty: expected keys joined by single dots, such as time.duration=4h"
                )
            );
        }
        assert_eq!(refused("seed"), "command line (--set seed): expected a key and a value, such as time.duration=4h");
        assert_eq!(refused("seed=nan"), "command line (--set seed=nan): seed: expected a finite number, found float nan");
        assert!(refused(&format!("{}x=1", "a.".repeat(100_000))).ends_with("too many keys joined by dots"));
    }
}
