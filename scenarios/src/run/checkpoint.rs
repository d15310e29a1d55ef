//! Checkpoint files: the whole state of a run, guarded by a digest.
//!
//! `EMBODYCP`, format (u32), version of the program, digest of the scenario, and state, then BLAKE3 over all of it. A file is
//! written under another name and renamed, so that there is always a whole one.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::{self, FolderError};

const MAGIC: &[u8; 8] = b"EMBODYCP";
const FORMAT: u32 = 1;
const DIGEST: usize = 32;

/// What a checkpoint file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Version of the program that wrote it.
    pub version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Digest of the resolved scenario, but for its duration.
    pub config: [u8; 32],
    /// State of the loop.
    pub session: Vec<u8>,
    /// State of the recorder.
    pub recorder: Vec<u8>,
    /// Wall time spent so far (s).
    pub wall_s: f64,
}

/// Writes a checkpoint in place of the one before.
pub fn write(path: &Path, saved: &Saved) -> Result<(), FolderError> {
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(postcard::to_stdvec(saved).map_err(|e| FolderError::new(path, e.to_string()))?);
    bytes.extend(blake3::hash(&bytes).as_bytes());
    folder::replace(path, &bytes)
}

/// Reads a checkpoint; whatever isn't one, whole and unchanged, is refused.
pub fn read(path: &Path) -> Result<Saved, FolderError> {
    let fail = |why: &str| FolderError::new(path, why);
    let bytes = std::fs::read(path).map_err(|e| FolderError::new(path, e.to_string()))?;
    let header = MAGIC.len() + 4;
    if bytes.len() < header + DIGEST || !bytes.starts_with(MAGIC) {
        return Err(fail("this is no checkpoint"));
    }
    let (body, digest) = bytes.split_at(bytes.len() - DIGEST);
    if body[MAGIC.len()..header] != FORMAT.to_le_bytes() {
        return Err(fail("this checkpoint is of another version of the program (its format differs)"));
    }
    if blake3::hash(body).as_bytes() != digest {
        return Err(fail("this checkpoint is damaged: its digest doesn't match"));
    }
    postcard::from_bytes(&body[header..]).map_err(|e| FolderError::new(path, format!("this checkpoint can't be read: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn saved() -> Saved {
        let (session, recorder) = (vec![1, 2, 3], vec![4; 100]);
        Saved { version: "1".into(), scenario: "a".into(), config: [7; 32], session, recorder, wall_s: 1.5 }
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.bin");
        write(&path, &saved()).unwrap();
        write(&path, &saved()).unwrap();
        assert_eq!(read(&path).unwrap(), saved());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no other file is left behind");
    }

    proptest! {
        #[test]
        fn a_changed_or_cut_file_is_refused(at in 0usize..150, byte: u8, cut in proptest::bool::ANY) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("checkpoint.bin");
            write(&path, &saved()).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            let at = at % bytes.len();
            prop_assume!(cut || bytes[at] != byte);
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            std::fs::write(&path, &bytes).unwrap();
            prop_assert!(read(&path).is_err());
        }
    }
}
