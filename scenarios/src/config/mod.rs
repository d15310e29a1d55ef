//! Configuration text with positions: what a scenario file says, where it says it, and how to tell its author what is wrong.
//!
//! A TOML text becomes a tree of [`Node`]s, each of which knows its file and line (or its `--set`) and its path. Trees are
//! layered ([`Node::merge`], [`Node::apply_set`]) and read into types ([`Node::to`]); whatever fails is a [`ConfigError`] that
//! names the place, the key and what would mend it. [`render`] writes a type back as TOML that reads to the same type and
//! renders to the same bytes.
//!
//! What a scenario contains is not known here: types come from the callers. The TOML grammar is the `toml` crate's; its serde
//! reader isn't used, since it forgets positions once tables are layered and its messages name neither path nor nearest key.

mod deserialize;
mod error;
mod fault;
mod node;
mod parse;
mod path;
mod render;
mod set;

pub use error::{ConfigError, ErrorKind, Origin};
pub use node::{Node, Value};
pub use path::{Path, Segment};
pub use render::{RenderError, render};

#[cfg(test)]
mod messages;
#[cfg(test)]
mod properties;
