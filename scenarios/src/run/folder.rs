//! The run folder: where the files of a run lie, and how they are written so that none is ever half there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::thread::JoinHandle;

use crate::substrate::Account;
use embody_brain::neurobench::NeuroBench;
use embody_bridges::link::RealTimeReport;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The resolved scenario.
pub const CONFIG: &str = "config.toml";
/// What the run came to.
pub const SUMMARY: &str = "summary.json";
/// One row per reporting window.
pub const METRICS: &str = "metrics.csv";
/// The reward of each step record: little-endian `f32`.
pub const REWARDS: &str = "rewards.f32";
/// All that could be seen, where it was asked for.
pub const RECORDING: &str = "recording.mcap";
/// The state to continue from.
pub const CHECKPOINT: &str = "checkpoint.bin";
/// Maps of what was learned, at the start and at the last checkpoint.
pub const MAPS: &str = "maps.json";
/// Held by the process that runs in the folder.
const LOCK: &str = ".lock";

/// A file of a run folder could not be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FolderError {
    /// The file or folder.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

impl FolderError {
    /// About `path`.
    pub fn new(path: &Path, why: impl Into<String>) -> FolderError {
        FolderError { path: path.display().to_string(), why: why.into() }
    }

    /// Whether a new run can't have this folder because another one has it.
    pub fn is_taken(&self) -> bool {
        self.why == EXISTS || self.is_busy()
    }

    /// Whether another process has this folder at the moment.
    pub fn is_busy(&self) -> bool {
        self.why == BUSY
    }
}

const EXISTS: &str = "this exists already; continue it with --resume, or name another folder with --out";
const BUSY: &str = "another process is running in this folder";

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the scenario.
    pub scenario: String,
    /// Master seed.
    pub seed: u64,
    /// What closed the loop.
    pub controller: String,
    /// What the network ran on.
    pub substrate: String,
    /// What joined world and brain: `in-process`, `zenoh lockstep` or `zenoh real-time`.
    pub transport: String,
    /// How well the pace of wall time was kept; only in real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real_time: Option<RealTimeReport>,
    /// Whether the asked-for duration was reached, or the task was over before.
    pub finished: bool,
    /// Whether the task was over, so that more time would change nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub task_over: bool,
    /// Simulated time (s).
    pub simulated_s: f64,
    /// Wall time over all sessions (s).
    pub wall_s: f64,
    /// Simulated over wall time.
    pub real_time_factor: f64,
    /// Control steps.
    pub control_steps: u64,
    /// The trace hash.
    pub trace_hash: String,
    /// Metrics over the last hour of simulated time, or over the whole run if that is shorter; medians and their like over the whole run.
    pub metrics: BTreeMap<String, f64>,
    /// What the trained network takes, by the metrics of NeuroBench, in the controller's last step; where one acts that was trained before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neurobench: Option<NeuroBench>,
    /// What became of the network on its substrate, unless it lost nothing and counts nothing there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Events that a control period had no room for, and that the controller therefore never saw.
    pub events_dropped: u64,
    /// Version of the program.
    pub version: String,
    /// Revision of its source.
    pub git: String,
}

/// A run folder that this process holds.
pub struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Makes a new folder. One that exists is never touched, unless it was made for a run that died before it wrote anything.
    pub fn create(path: &Path) -> Result<RunFolder, FolderError> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|e| FolderError::new(parent, e.to_string()))?;
        }
        match fs::create_dir(path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists && !is_unborn(path) => Err(FolderError::new(path, EXISTS)),
            Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(FolderError::new(path, e.to_string())),
            _ => RunFolder::lock(path),
        }
    }

    /// Opens the folder of an earlier run.
    pub fn open(path: &Path) -> Result<RunFolder, FolderError> {
        if !path.join(CONFIG).is_file() {
            return Err(FolderError::new(path, format!("this is no run folder: it has no {CONFIG}")));
        }
        RunFolder::lock(path)
    }

    fn lock(path: &Path) -> Result<RunFolder, FolderError> {
        let file = path.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&file);
        let lock = lock.map_err(|e| FolderError::new(&file, e.to_string()))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => FolderError::new(path, BUSY),
            TryLockError::Error(error) => FolderError::new(&file, error.to_string()),
        })?;
        Ok(RunFolder { path: path.into(), _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Removes the folder again: for one that was made and then could not be used.
    pub fn discard(self) {
        // Whatever made the folder useless has been reported; that it can't be removed either changes nothing.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Whether a folder holds nothing but what a run leaves that dies before its first file is there.
fn is_unborn(path: &Path) -> bool {
    let first = format!("{CONFIG}.partial");
    let Ok(entries) = fs::read_dir(path) else { return false };
    let names: Vec<_> = entries.map(|entry| entry.ok().map(|entry| entry.file_name())).collect();
    let known = |name: &Option<OsString>| name.as_ref().is_some_and(|name| *name == *LOCK || *name == *first);
    !names.is_empty() && names.iter().all(known)
}

/// Writes a file under another name and renames it: there is the old file or the new one, never a part.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&partial);
        FolderError::new(path, e.to_string())
    })
}

/// Reads the summary of a run folder.
pub fn read_summary(folder: &Path) -> Result<Summary, FolderError> {
    read_json(&folder.join(SUMMARY))
}

/// Reads what a file holds as JSON.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let text = fs::read_to_string(path).map_err(|e| FolderError::new(path, e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| FolderError::new(path, e.to_string()))
}

/// The first of `<parent>/<name>-<n>` that doesn't exist yet.
pub fn next_free(parent: &Path, name: &str) -> PathBuf {
    let nth = |n: u64| parent.join(format!("{name}-{n}"));
    (1..).map(nth).find(|path| !path.exists()).unwrap_or_else(|| nth(0))
}

/// A path without `.`, and without `..` but at its start, by its text alone: folders on the way need not exist yet.
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => (),
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// A file that only grows, and is cut to a known length when a run is resumed.
pub struct GrowingFile {
    path: PathBuf,
    file: File,
    pending: Vec<u8>,
    length: u64,
    /// A write that goes on while the loop does.
    behind: Option<JoinHandle<std::io::Result<()>>>,
}

impl GrowingFile {
    /// Opens a file and cuts it to `length` bytes, of which it must have at least as many.
    pub fn open(path: &Path, length: u64) -> Result<GrowingFile, FolderError> {
        GrowingFile::check(path, length)?;
        let fail = |e: std::io::Error| FolderError::new(path, e.to_string());
        let file = OpenOptions::new().create(true).truncate(false).append(true).open(path).map_err(fail)?;
        file.set_len(length).map_err(fail)?;
        Ok(GrowingFile { path: path.into(), file, pending: Vec::new(), length, behind: None })
    }

    /// Sees that a file has at least `length` bytes, and changes nothing.
    pub fn check(path: &Path, length: u64) -> Result<(), FolderError> {
        let found = match fs::metadata(path) {
            Ok(file) => file.len(),
            Err(e) if e.kind() == ErrorKind::NotFound && length == 0 => 0,
            Err(e) => return Err(FolderError::new(path, e.to_string())),
        };
        if found < length {
            return Err(FolderError::new(path, format!("expected at least {length} bytes up to the checkpoint, found {found}")));
        }
        Ok(())
    }

    /// Adds bytes, to be written with the next [`flush`](GrowingFile::flush).
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Bytes so far, written or not.
    pub fn length(&self) -> u64 {
        self.length + self.pending.len() as u64
    }

    /// Bytes that wait to be written.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<(), FolderError> {
        self.join()?;
        self.file.write_all(&self.pending).map_err(|e| FolderError::new(&self.path, e.to_string()))?;
        self.length += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Begins to write what waits, and doesn't wait for the disk; while an earlier such write goes on, nothing is begun.
    pub fn flush_behind(&mut self) -> Result<(), FolderError> {
        if self.behind.as_ref().is_some_and(|writing| !writing.is_finished()) {
            return Ok(());
        }
        self.join()?;
        let mut file = self.file.try_clone().map_err(|e| FolderError::new(&self.path, e.to_string()))?;
        let bytes = std::mem::take(&mut self.pending);
        self.length += bytes.len() as u64;
        self.behind = Some(std::thread::spawn(move || file.write_all(&bytes)));
        Ok(())
    }

    /// Waits for the write that goes on, if there is one.
    fn join(&mut self) -> Result<(), FolderError> {
        let Some(writing) = self.behind.take() else { return Ok(()) };
        let written = writing.join().unwrap_or_else(|_| Err(std::io::Error::other("the write ended in a panic")));
        written.map_err(|e| FolderError::new(&self.path, e.to_string()))
    }
}
