//! A folder for runs that only serve to be timed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::BenchError;

/// A new, empty folder in the system's place for temporary files, removed when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Scratch, BenchError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("embody-bench-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|e| BenchError::system(path.display().to_string(), e))?;
        Ok(Scratch(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now is the system's to clear away, as with all temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
