//! The container: MCAP, as far as a recording needs it.
//!
//! Messages are gathered in chunks, each compressed, with its CRC and an index, and written at once. Until the file is ended it has no
//! summary, and is read by its chunks; when it is ended it gets one, which is cut off again if the run goes on.
//!
//! The crate `mcap` has the records, but its writer can't go on with a file, which a run that is resumed must, and its readers take a
//! whole file into memory or trust its lengths. Hence [`Writer`] and [`Scan`].

mod describe;
mod kept;
mod record;
mod scan;
mod writer;

pub(super) use describe::{Channel, Described};
pub use kept::Kept;
pub(super) use record::{Message, messages};
pub(super) use scan::{Scan, check_whole};
pub use writer::Mark;
pub(super) use writer::Writer;
