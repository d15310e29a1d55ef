//! The whole states of a run that its folder holds: its checkpoints, joined with those of its brain where that was another program.

use std::path::Path;

use crate::report::ReportError;
use crate::report::brain::BrainFolder;
use crate::run::checkpoint::{self, Saved};
use crate::run::folder::{CHECKPOINT, FolderError};
use crate::run::{RunError, Session, read_checkpoint};
use crate::scenario::Loaded;

/// The whole state of a run at a control step.
pub struct State {
    /// Control steps done.
    pub step: u64,
    /// Step records up to there.
    pub records: u64,
    /// The state of the loop.
    pub session: Vec<u8>,
    /// Wall time up to there (s).
    pub wall_s: f64,
}

/// Those of a run folder, oldest first.
///
/// # Errors
/// If a file of the folder is damaged, or of another run.
pub fn read(folder: &Path, loaded: &Loaded, brain: Option<&BrainFolder>) -> Result<Vec<State>, ReportError> {
    let file = folder.join(CHECKPOINT);
    if file.exists() {
        return Ok(vec![State::of(&file, read_checkpoint(&file, loaded, folder)?)?]);
    }
    let Some(brain) = brain else { return Ok(Vec::new()) };
    let mut states = Vec::new();
    for step in checkpoint::steps_in(folder)? {
        let file = folder.join(checkpoint::name_of(step));
        let world = read_checkpoint(&file, loaded, folder)?;
        let same = |other: &&Saved| (other.step, other.trace) == (world.step, world.trace);
        let Some(own) = brain.checkpoints.iter().find(same) else { continue };
        let session = Session::with_controller(&world.session, &own.session);
        let session = session.map_err(|error| FolderError::new(&file, error.to_string()))?;
        states.push(State::of(&file, Saved { session, ..world })?);
    }
    Ok(states)
}

impl State {
    fn of(file: &Path, saved: Saved) -> Result<State, RunError> {
        let Saved { step, trace, session, wall_s, .. } = saved;
        let position = Session::position_in(&session).map_err(|error| FolderError::new(file, error.to_string()))?;
        if (position.control_steps, position.trace) != (step, trace) {
            let why = format!("expected trace hash {trace} at control step {step}, as it states, found {}", position.trace);
            return Err(FolderError::new(file, why).into());
        }
        Ok(State { step, records: position.records, session, wall_s })
    }
}
