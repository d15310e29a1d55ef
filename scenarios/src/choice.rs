//! A part of a scenario, chosen by name, with its settings.
//!
//! ```toml
//! [task]
//! kind = "reaching"
//! goal_m = [2.0, 0.0]
//! [task.reaching]
//! success_radius_m = 1.5
//! ```
//! Settings stand in a table of the part's name, in which a scenario can have those of several parts; those of the chosen one may stand beside `kind`, too.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::{ConfigError, Node};
use crate::registry::Part;

pub(crate) const KIND: &str = "kind";

/// A part chosen by name, and the settings of each part that the file has settings for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// Name of the part.
    pub kind: String,
    /// Settings by the name of the part.
    #[serde(flatten)]
    pub tables: toml::Table,
}

impl Choice {
    /// Settings of the part called `kind`; empty if it has none.
    pub fn settings(&self, kind: &str) -> toml::Table {
        self.tables.get(kind).and_then(|value| value.as_table()).cloned().unwrap_or_default()
    }

    /// Settings of the chosen part.
    pub fn chosen(&self) -> toml::Table {
        self.settings(&self.kind)
    }
}

/// A part's choice: `kind` must be registered, and so must every table beside it; settings of the chosen one that stand beside it are moved to
/// its table.
pub(crate) fn choose<C, T>(
    root: &mut Node,
    section: &str,
    parts: &BTreeMap<&'static str, Part<C, T>>,
) -> Result<Choice, ConfigError> {
    let node = root.get(section).ok_or_else(|| ConfigError::missing_key(root, section))?;
    let kind: String = node.get(KIND).ok_or_else(|| ConfigError::missing_key(node, KIND))?.to()?;
    let names: Vec<&str> = parts.keys().copied().collect();
    let part = parts.get(kind.as_str()).ok_or_else(|| ConfigError::unknown_value(node, KIND, &kind, &names))?;
    let defaults = (part.defaults)();
    gather(root, section, &kind, |key| !parts.contains_key(key) && defaults.contains_key(key))?;
    let mut tables = toml::Table::new();
    for (key, settings) in root.get(section).into_iter().flat_map(Node::entries).filter(|(key, _)| *key != KIND) {
        let part = parts.get(key).ok_or_else(|| {
            let known: Vec<&str> = std::iter::once(KIND).chain(names.iter().copied()).collect();
            let node = root.get(section).unwrap_or(root);
            ConfigError::unknown_key(node, key, &known)
        })?;
        tables.insert(key.into(), toml::Value::Table((part.resolve)(settings)?));
    }
    tables.entry(kind.clone()).or_insert(toml::Value::Table(defaults));
    Ok(Choice { kind, tables })
}

/// Moves the settings beside `kind` that are the chosen part's own to its table.
pub(crate) fn gather(root: &mut Node, section: &str, kind: &str, own: impl Fn(&str) -> bool) -> Result<(), ConfigError> {
    let Some(node) = root.get(section) else { return Ok(()) };
    let origin = node.origin().clone();
    let keys: Vec<String> = node.entries().map(|(key, _)| key.to_owned()).filter(|key| key != KIND && own(key)).collect();
    let node = root.subtable(section, &origin)?;
    for key in keys {
        if let Some(setting) = node.take(&key) {
            node.subtable(kind, &origin)?.insert(&key, setting)?;
        }
    }
    Ok(())
}
