//! What a run folder holds, read and checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embody_robots::Nanos;

use crate::registry::Registry;
use crate::report::ReportError;
use crate::run::checkpoint::{self, Saved};
use crate::run::folder::{self, CHECKPOINT, CONFIG, FolderError, MAPS, METRICS, REWARDS, SUMMARY, Summary};
use crate::run::{Maps, Table, read_checkpoint, scenario_of};
use crate::scenario::Loaded;

/// What a run folder holds.
pub struct Files {
    /// The folder.
    pub folder: PathBuf,
    /// The scenario.
    pub loaded: Loaded,
    /// The text of `config.toml`.
    pub config: String,
    /// What it came to; none for a run that goes on, or was ended by force.
    pub summary: Option<Summary>,
    /// The metrics of its windows; none before the first write.
    pub table: Option<Table>,
    /// The reward of each step record.
    pub rewards: Vec<f32>,
    /// What was learned; none before the first write.
    pub maps: Option<Maps>,
    /// The whole state at the last checkpoint, where world and brain were one program.
    pub saved: Option<Saved>,
    /// Whether its brain was another program, which keeps its own state.
    pub brain_elsewhere: bool,
}

impl Files {
    /// Reads all of it.
    pub fn read(registry: &Arc<Registry>, folder: &Path) -> Result<Files, ReportError> {
        let there = |file: &str| folder.join(file).exists();
        let loaded = scenario_of(registry, folder, &[])?;
        let config = folder.join(CONFIG);
        let config = std::fs::read_to_string(&config).map_err(|e| FolderError::new(&config, e.to_string()))?;
        let summary = there(SUMMARY).then(|| folder::read_summary(folder)).transpose()?;
        let other_version = summary.as_ref().is_some_and(|summary| summary.version != crate::VERSION);
        let checkpoint = folder.join(CHECKPOINT);
        // A checkpoint of another version is none that could be gone on from.
        let readable = checkpoint.exists() && !other_version;
        let saved = readable.then(|| read_checkpoint(&checkpoint, &loaded, folder)).transpose()?;
        let elsewhere = summary.as_ref().is_some_and(|summary| summary.transport != "in-process");
        Ok(Files {
            folder: folder.into(),
            config,
            table: there(METRICS).then(|| Table::read(folder)).transpose()?,
            rewards: if there(REWARDS) { rewards(&folder.join(REWARDS))? } else { Vec::new() },
            maps: there(MAPS).then(|| folder::read_json(&folder.join(MAPS))).transpose()?,
            brain_elsewhere: elsewhere || !checkpoint::steps_in(folder)?.is_empty(),
            saved,
            summary,
            loaded,
        })
    }

    /// Control steps that the run has reached for certain.
    pub fn reached(&self) -> u64 {
        let period = self.loaded.scenario.time.control_period.0;
        let windows = self.table.as_ref().and_then(|table| table.rows.last()).map_or(0.0, |row| row[0]);
        match (&self.summary, &self.saved) {
            (Some(summary), _) => summary.control_steps,
            (None, Some(saved)) => saved.step,
            (None, None) => (windows * 1e9 / period as f64).round() as u64,
        }
    }

    /// The simulated time after that many control steps.
    pub fn time(&self, steps: u64) -> Nanos {
        Nanos(steps * self.loaded.scenario.time.control_period.0)
    }

    /// Why this run can't be made again here; none if it can.
    pub fn once_only(&self) -> Option<String> {
        let kind = &self.loaded.scenario.controller.kind;
        let summary = self.summary.as_ref()?;
        if summary.real_time.is_some() {
            return Some("this run kept the pace of the clock, so that it can't be made again the same".into());
        }
        if &summary.controller != kind {
            return Some(format!(
                "its brain was {:?}, a program that isn't here, so that it can't be made again",
                summary.controller
            ));
        }
        let version = &summary.version;
        (version != crate::VERSION)
            .then(|| format!("it was made by version {version}, and this is {}, which may do otherwise", crate::VERSION))
    }
}

/// The recorded rewards.
fn rewards(path: &Path) -> Result<Vec<f32>, FolderError> {
    let bytes = std::fs::read(path).map_err(|e| FolderError::new(path, e.to_string()))?;
    let (rewards, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(FolderError::new(path, format!("expected a whole number of 4-byte rewards, found {} bytes", bytes.len())));
    }
    Ok(rewards.iter().map(|reward| f32::from_le_bytes(*reward)).collect())
}
