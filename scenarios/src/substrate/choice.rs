//! How a scenario says what its network runs on: by a name alone, or a table with options.
//!
//! ```toml
//! substrate = "loihi"
//! ```
//! is short for
//! ```toml
//! [substrate]
//! kind = "loihi"
//! ```
//! Options stand beside `kind`, or in a table of the substrate's name, in which a scenario can have those of several.

use crate::config::{ConfigError, Node};
use crate::registry::Registry;
use crate::scenario::{self, Choice};

const SECTION: &str = "substrate";
const KIND: &str = "kind";

/// What a network runs on unless the scenario says otherwise.
pub(crate) const DEFAULT: &str = "float";

/// Makes a table of a substrate that is given by its name.
pub(crate) fn as_table(root: &mut Node) -> Result<(), ConfigError> {
    if root.get(SECTION).is_some_and(|node| node.as_str().is_some())
        && let Some(name) = root.take(SECTION)
    {
        let origin = name.origin().clone();
        root.subtable(SECTION, &origin)?.insert(KIND, name)?;
    }
    Ok(())
}

/// The substrate of a scenario with its options: those beside `kind` are moved to the table of the chosen one.
pub(crate) fn choose(registry: &Registry, root: &mut Node) -> Result<Choice, ConfigError> {
    as_table(root)?;
    let Some(section) = root.get(SECTION) else {
        let options = registry.substrates.get(DEFAULT).map(|part| (part.defaults)()).unwrap_or_default();
        let tables = [(DEFAULT.to_owned(), toml::Value::Table(options))].into_iter().collect();
        return Ok(Choice { kind: DEFAULT.into(), tables });
    };
    let origin = section.origin().clone();
    let kind = section.get(KIND).map_or(Ok(DEFAULT.to_owned()), Node::to)?;
    let is_option = |key: &str| key != KIND && !registry.substrates.contains_key(key);
    let options: Vec<String> = section.entries().map(|(key, _)| key.to_owned()).filter(|key| is_option(key)).collect();
    let section = root.subtable(SECTION, &origin)?;
    if section.get(KIND).is_none() {
        section.apply_set(&format!("{KIND}={DEFAULT}"))?;
    }
    if registry.substrates.contains_key(kind.as_str()) {
        for key in options {
            if let Some(option) = section.take(&key) {
                section.subtable(&kind, &origin)?.insert(&key, option)?;
            }
        }
    }
    scenario::choose(root, SECTION, &registry.substrates)
}
