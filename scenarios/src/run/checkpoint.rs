//! Checkpoint files: the whole state of a run, guarded by a digest.
//!
//! A run whose brain is in its own process replaces one file; where it is in another, each side names its files by the control step, so
//! that both can go back to one that the other has too.
//!
//! `EMBODYCP`, format (u32), version of the program, digest of the scenario, and state, then BLAKE3 over all of it. A file is
//! written under another name and renamed, so that there is always a whole one.

use std::path::Path;

use embody_bridges::protocol::Mark;
use embody_robots::{Nanos, TraceHash};
use serde::{Deserialize, Serialize};

use super::folder::{self, FolderError};
use crate::scenario::Loaded;

const MAGIC: &[u8; 8] = b"EMBODYCP";
const FORMAT: u32 = 3;
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
    /// Control steps done.
    pub step: u64,
    /// The trace hash so far.
    pub trace: TraceHash,
    /// State of the loop; in a brain's own file, that of its controller.
    pub session: Vec<u8>,
    /// State of the recorder; nothing in a brain's own file.
    pub recorder: Vec<u8>,
    /// Wall time spent so far (s).
    pub wall_s: f64,
}

impl Saved {
    /// The state of a loop, or of a brain, at a control step of a scenario; by itself without a recorder's.
    pub fn new(loaded: &Loaded, mark: &Mark, session: Vec<u8>) -> Saved {
        Saved {
            version: crate::VERSION.into(),
            scenario: loaded.scenario.name.clone(),
            config: config_digest(loaded),
            step: mark.step,
            trace: mark.trace,
            session,
            recorder: Vec::new(),
            wall_s: 0.0,
        }
    }
}

/// Digest of what must not change between the sessions of a run.
pub fn config_digest(loaded: &Loaded) -> [u8; 32] {
    *blake3::hash(comparable(loaded).as_bytes()).as_bytes()
}

/// What must not change between the sessions of a run: the scenario but for its duration.
pub fn comparable(loaded: &Loaded) -> String {
    let mut same = loaded.clone();
    same.scenario.time.duration = Nanos::ZERO;
    same.render()
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

/// How many of the files that are named by control steps are kept: the newest may not have its counterpart on the other side yet.
const KEPT: usize = 2;

const PREFIX: &str = "checkpoint-";
const SUFFIX: &str = ".bin";

/// Name of the file of a control step.
pub fn name_of(step: u64) -> String {
    format!("{PREFIX}{step}{SUFFIX}")
}

/// The control steps that a folder has files of, oldest first.
pub fn steps_in(folder: &Path) -> Result<Vec<u64>, FolderError> {
    let fail = |e: std::io::Error| FolderError::new(folder, e.to_string());
    let mut steps = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name().to_string_lossy().into_owned();
        steps.extend(
            name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX)).and_then(|step| step.parse::<u64>().ok()),
        );
    }
    steps.sort_unstable();
    Ok(steps)
}

/// The checkpoints that a folder holds, oldest first, and what is wrong with its files that hold none. Each is read, so that what
/// is stated can also be restored.
pub fn held(folder: &Path) -> Result<(Vec<Mark>, Vec<FolderError>), FolderError> {
    let (mut marks, mut broken) = (Vec::new(), Vec::new());
    for step in steps_in(folder)? {
        let path = folder.join(name_of(step));
        match read(&path) {
            Ok(saved) if saved.step == step => marks.push(Mark { step, trace: saved.trace }),
            Ok(saved) => broken.push(FolderError::new(&path, format!("this is the checkpoint of control step {}", saved.step))),
            Err(error) => broken.push(error),
        }
    }
    Ok((marks, broken))
}

/// Removes a folder that holds no checkpoint, of a run that is still at its start; whether it did.
pub fn discard_unborn(folder: &Path, reached: u64) -> bool {
    let unborn = reached == 0 && steps_in(folder).is_ok_and(|steps| steps.is_empty());
    unborn && std::fs::remove_dir_all(folder).is_ok()
}

/// Removes the files that are too old, or that lie beyond `newest`, which has been gone back to.
pub fn prune(folder: &Path, newest: u64) -> Result<(), FolderError> {
    let steps = steps_in(folder)?;
    let (valid, beyond): (Vec<u64>, Vec<u64>) = steps.into_iter().partition(|step| *step <= newest);
    for step in valid.iter().rev().skip(KEPT).chain(&beyond) {
        let path = folder.join(name_of(*step));
        std::fs::remove_file(&path).map_err(|e| FolderError::new(&path, e.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn saved() -> Saved {
        let (session, recorder) = (vec![1, 2, 3], vec![4; 100]);
        let (version, scenario) = ("1".into(), "a".into());
        let (step, trace) = (7, TraceHash::from_bytes([3; 32]));
        Saved { version, scenario, config: [7; 32], step, trace, session, recorder, wall_s: 1.5 }
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

    #[test]
    fn the_newest_two_are_kept_and_none_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let have = |step: u64| write(&folder.path().join(name_of(step)), &Saved { step, ..saved() }).unwrap();
        [0, 500, 1000, 9].into_iter().for_each(have);
        std::fs::write(folder.path().join("checkpoint-x.bin"), "no checkpoint").unwrap();
        prune(folder.path(), 1000).unwrap();
        assert_eq!(steps_in(folder.path()).unwrap(), [500, 1000]);
        let (marks, broken) = held(folder.path()).unwrap();
        assert_eq!((marks.len(), broken.len()), (2, 0));
        assert_eq!(marks[0], Mark { step: 500, trace: saved().trace });
        std::fs::write(folder.path().join(name_of(1000)), "damaged").unwrap();
        let (marks, broken) = held(folder.path()).unwrap();
        assert_eq!((marks.len(), broken.len()), (1, 1), "one that is damaged leaves the other as it is");
        have(1500);
        prune(folder.path(), 1000).unwrap();
        assert_eq!(steps_in(folder.path()).unwrap(), [500, 1000]);
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
