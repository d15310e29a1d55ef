//! The folder of a brain that was another program than its world: its checkpoints, what was learned by them, and the page of it.

mod folder;
mod learned;
mod page;

pub use folder::BrainFolder;
pub use learned::learned;
pub use page::page;
