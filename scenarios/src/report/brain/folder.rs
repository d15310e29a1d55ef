//! What a brain's folder holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::registry::Registry;
use crate::report::ReportError;
use crate::run::checkpoint::{self, Saved};
use crate::run::folder::{CHECKPOINT, CONFIG, FolderError, METRICS, REWARDS, SUMMARY};
use crate::run::{RunError, read_checkpoint, scenario_of};
use crate::scenario::Loaded;

/// What a brain's folder holds.
pub struct BrainFolder {
    /// The folder.
    pub folder: PathBuf,
    /// The scenario.
    pub loaded: Loaded,
    /// The text of `config.toml`.
    pub config: String,
    /// Its checkpoints, oldest first; their states are those of its controller.
    pub checkpoints: Vec<Saved>,
}

impl BrainFolder {
    /// Whether a folder is a brain's: it has a scenario, and nothing of what a world writes from its first moment on.
    pub fn is_one(folder: &Path) -> bool {
        let has = |file: &str| folder.join(file).exists();
        has(CONFIG) && ![REWARDS, METRICS, SUMMARY, CHECKPOINT].into_iter().any(has)
    }

    /// Reads a brain's folder.
    ///
    /// # Errors
    /// If a file of it is damaged, or of another version or scenario.
    pub fn read(registry: &Arc<Registry>, folder: &Path) -> Result<BrainFolder, ReportError> {
        let loaded = scenario_of(registry, folder, &[])?;
        let config = folder.join(CONFIG);
        let config = std::fs::read_to_string(&config).map_err(|e| FolderError::new(&config, e.to_string()))?;
        let steps = checkpoint::steps_in(folder)?.into_iter();
        let checkpoints = steps.map(|step| read_checkpoint(&folder.join(checkpoint::name_of(step)), &loaded, folder));
        Ok(BrainFolder { folder: folder.into(), checkpoints: checkpoints.collect::<Result<_, RunError>>()?, config, loaded })
    }

    /// Reads the folder of the brain of a run.
    ///
    /// # Errors
    /// The same, or if it is no brain's, or of another scenario than the run.
    pub fn of_run(registry: &Arc<Registry>, folder: &Path, run: &Loaded) -> Result<BrainFolder, ReportError> {
        let stranger = |why: &str| ReportError::Brain { folder: folder.display().to_string(), why: why.into() };
        if !BrainFolder::is_one(folder) {
            return Err(stranger("expected the folder of a brain, with config.toml and its checkpoints, found another"));
        }
        let brain = BrainFolder::read(registry, folder)?;
        if checkpoint::config_digest(&brain.loaded) != checkpoint::config_digest(run) {
            return Err(stranger("expected the brain of this run, found one of another scenario, or with other settings"));
        }
        Ok(brain)
    }

    /// Its newest checkpoint.
    pub fn newest(&self) -> Option<&Saved> {
        self.checkpoints.last()
    }
}
