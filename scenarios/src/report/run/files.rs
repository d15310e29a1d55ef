//! What a run folder holds, read and checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embody_robots::Nanos;

use super::recorded::{Known, Recorded};
use super::states::{self, State};
use crate::recording::Recording;
use crate::registry::Registry;
use crate::report::ReportError;
use crate::report::brain::BrainFolder;
use crate::run::checkpoint;
use crate::run::folder::{self, CHECKPOINT, CONFIG, FolderError, MAPS, METRICS, RECORDING, REWARDS, SUMMARY, Summary};
use crate::run::{Maps, Progress, Table, scenario_of};
use crate::scenario::Loaded;
use crate::words::{count, seconds};

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
    /// The reward of each step record, as far as either of the files that hold them goes.
    pub rewards: Vec<f32>,
    /// What was learned; none before the first write.
    pub maps: Option<Maps>,
    /// The recording; if it can't be used, what is wrong with it; none of a run that wasn't recorded.
    pub recorded: Option<Result<Recorded, String>>,
    /// The whole states that it can be gone on from, oldest first.
    pub states: Vec<State>,
    /// The folder of its brain, where that was another program.
    pub brain: Option<BrainFolder>,
    /// Whether its brain was another program, which keeps its own state.
    pub brain_elsewhere: bool,
    /// Up to where the run is known.
    pub reach: Reach,
}

/// Up to where a run is known for certain.
pub struct Reach {
    /// Control steps.
    pub control_steps: u64,
    /// Step records up to there, if they are known.
    pub records: Option<u64>,
    /// What says so.
    pub by: &'static str,
}

impl Files {
    /// Reads all of it; the folder of its brain may be told.
    pub fn read(
        registry: &Arc<Registry>,
        folder: &Path,
        brain: Option<&Path>,
        progress: &mut dyn Progress,
    ) -> Result<Files, ReportError> {
        let there = |file: &str| folder.join(file).exists();
        let loaded = scenario_of(registry, folder, &[])?;
        let config = folder.join(CONFIG);
        let config = std::fs::read_to_string(&config).map_err(|e| FolderError::new(&config, e.to_string()))?;
        let summary = there(SUMMARY).then(|| folder::read_summary(folder)).transpose()?;
        let table = there(METRICS).then(|| Table::read(folder)).transpose()?;
        let mut rewards = if there(REWARDS) { rewards(&folder.join(REWARDS))? } else { Vec::new() };
        // A checkpoint of another version is none that could be gone on from.
        let same_version = summary.as_ref().is_none_or(|summary| summary.version == crate::VERSION);
        let own = folder.join(BRAIN);
        let brain = brain.or_else(|| (same_version && own.join(CONFIG).is_file()).then_some(&own));
        let brain = brain.map(|brain| BrainFolder::of_run(registry, brain, &loaded)).transpose()?;
        let states = if same_version { states::read(folder, &loaded, brain.as_ref())? } else { Vec::new() };
        let recorded = there(RECORDING).then(|| {
            let recording = Recording::open(&folder.join(RECORDING)).map_err(|error| error.to_string())?;
            let known = Known { loaded: &loaded, summary: summary.as_ref(), rewards: &rewards };
            Recorded::read(registry, recording, &known, progress).map_err(|error| error.to_string())
        });
        if let Some(Ok(recorded)) = &recorded
            && recorded.rewards.len() > rewards.len()
        {
            rewards.clone_from(&recorded.rewards);
        }
        let elsewhere = summary.as_ref().is_some_and(|summary| summary.transport != "in-process");
        let usable = recorded.as_ref().and_then(|recorded| recorded.as_ref().ok());
        let windows = table.as_ref().and_then(|table| table.rows.last()).map_or(0.0, |row| row[0]);
        let windows = (windows * 1e9 / loaded.scenario.time.control_period.0 as f64).round() as u64;
        Ok(Files {
            reach: Reach::of(summary.as_ref(), rewards.len(), usable, states.last(), windows),
            folder: folder.into(),
            config,
            table,
            rewards,
            maps: there(MAPS).then(|| folder::read_json(&folder.join(MAPS))).transpose()?,
            recorded,
            brain_elsewhere: elsewhere || (!there(CHECKPOINT) && !checkpoint::steps_in(folder)?.is_empty()),
            states,
            brain,
            summary,
            loaded,
        })
    }

    /// Whether the run was resumed after its summary was written, to go on for longer, and not ended since.
    pub fn went_on(&self) -> bool {
        let Some(summary) = &self.summary else { return false };
        // A task that was over ends a run before its time.
        summary.finished && !summary.task_over && self.time(summary.control_steps) < self.loaded.scenario.time.duration
    }

    /// The recording, if it can be used.
    pub fn recording(&self) -> Option<&Recorded> {
        self.recorded.as_ref()?.as_ref().ok()
    }

    /// What is to be said of a recording that isn't as the run left it, or not whole; none of one that is.
    pub fn remark(&self) -> Option<String> {
        match self.recorded.as_ref()? {
            Err(flaw) => Some(format!("The recording isn't used, as it is not as the run left it: {flaw}.")),
            Ok(recorded) if recorded.is_cut => Some(format!(
                "The recording is cut off: expected {} control steps, as in {SUMMARY}, found {}. It is used up to {}.",
                count(self.reach.control_steps),
                count(recorded.control_steps()),
                seconds(recorded.end())
            )),
            Ok(_) => None,
        }
    }

    /// The simulated time after that many control steps.
    pub fn time(&self, steps: u64) -> Nanos {
        Nanos(steps * self.loaded.scenario.time.control_period.0)
    }

    /// Wall time (s) that the run took up to where it is known, as far as that is known itself.
    pub fn wall_s(&self) -> f64 {
        let saved = self.states.last().map_or(0.0, |state| state.wall_s);
        self.summary.as_ref().map_or(saved, |summary| summary.wall_s)
    }

    /// Why this run can't be made again here; none if it can.
    pub fn once_only(&self) -> Option<String> {
        let summary = self.summary.as_ref()?;
        if summary.real_time.is_some() {
            return Some("this run kept the pace of the clock, so that it can't be made again the same".into());
        }
        if self.has_a_strangers_brain() {
            return Some(format!(
                "its brain was {:?}, a program that isn't here, so that it can't be made again",
                summary.controller
            ));
        }
        let version = &summary.version;
        (version != crate::VERSION)
            .then(|| format!("it was made by version {version}, and this is {}, which may do otherwise", crate::VERSION))
    }

    /// Whether its version and its brain are this program's.
    pub fn is_of_this_program(&self) -> bool {
        let same = self.summary.as_ref().is_none_or(|summary| summary.version == crate::VERSION);
        same && !self.has_a_strangers_brain()
    }

    /// Whether its brain wasn't the controller of the scenario.
    pub fn has_a_strangers_brain(&self) -> bool {
        self.summary.as_ref().is_some_and(|summary| summary.controller != self.loaded.scenario.controller.kind)
    }
}

/// Where a run keeps its brain's folder, if it started that itself.
const BRAIN: &str = "brain";

impl Reach {
    fn of(summary: Option<&Summary>, rewards: usize, recorded: Option<&Recorded>, state: Option<&State>, windows: u64) -> Reach {
        let reach = |control_steps, records, by| Reach { control_steps, records, by };
        match (summary, recorded, state) {
            (Some(summary), _, _) => reach(summary.control_steps, Some(rewards as u64), "the end of the run"),
            (None, Some(recorded), _) => {
                reach(recorded.control_steps(), Some(recorded.records()), "the last whole chunk of the recording")
            }
            (None, None, Some(state)) => reach(state.step, Some(state.records), "the last checkpoint"),
            (None, None, None) => reach(windows, None, "the last reporting window that was written"),
        }
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
