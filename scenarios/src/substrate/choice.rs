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
//! Options stand beside `kind`, or in a table of the substrate's name.

use crate::choice::{self, Choice, KIND};
use crate::config::{ConfigError, Node};
use crate::registry::Registry;

const SECTION: &str = "substrate";

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

/// The substrate of a scenario with its options.
pub(crate) fn choose(registry: &Registry, root: &mut Node) -> Result<Choice, ConfigError> {
    as_table(root)?;
    let Some(section) = root.get(SECTION) else {
        let options = registry.substrates.get(DEFAULT).map(|part| (part.defaults)()).unwrap_or_default();
        let tables = [(DEFAULT.to_owned(), toml::Value::Table(options))].into_iter().collect();
        return Ok(Choice { kind: DEFAULT.into(), tables });
    };
    let (origin, kind) = (section.origin().clone(), section.get(KIND).map(Node::to::<String>).transpose()?);
    let section = root.subtable(SECTION, &origin)?;
    let kind = match kind {
        Some(kind) => kind,
        None => {
            section.apply_set(&format!("{KIND}={DEFAULT}"))?;
            DEFAULT.to_owned()
        }
    };
    // Options that are unsaid have no default, so that what isn't a substrate is taken for an option of the chosen one.
    if registry.substrates.contains_key(kind.as_str()) {
        choice::gather(root, SECTION, &kind, |key| !registry.substrates.contains_key(key))?;
    }
    choice::choose(root, SECTION, &registry.substrates)
}
