//! Between graphs and [`NetworkSpec`](embody_brain::NetworkSpec)s: what one side can't express is refused by name.

mod export;
mod exported;
mod fold;
mod import;
mod neurons;
mod poisson;
mod populations;
mod retime;
mod routes;
mod time;

pub use export::{Export, ExportSettings, export};
pub use import::{Import, ImportSettings, InputKind, import};
pub use poisson::export_potentials;
