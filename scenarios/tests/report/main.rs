//! `embody report`: pages that need nothing but themselves, that say what the folder says, where each part comes from, and what is missing.

#[path = "../common/mod.rs"]
mod common;

mod brains;
mod folders;
mod page;
mod recorded;
mod runs;
mod studies;
