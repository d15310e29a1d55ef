//! Controls for learning: the same learner without learning, as another run left it, or with another run's reward.

use std::path::{Path, PathBuf};

use embody_controllers::Controller;
use embody_controllers::replayed::{ReplayedReward, RewardTape};
use embody_robots::{Checkpoint, Nanos, seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registry::{ControllerContext, PartError};
use crate::run::{Session, checkpoint, folder};

/// A learner with its initial weights. It fires and is driven as ever, but nothing changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Frozen {
    /// Which controller's table gives the learner.
    pub learner: String,
}

impl Default for Frozen {
    fn default() -> Self {
        Frozen { learner: "spore".into() }
    }
}

impl Frozen {
    /// Builds the learner and switches its learning off.
    pub fn build(&self, context: &ControllerContext) -> Result<Box<dyn Controller>, PartError> {
        let mut learner = context.learner(&self.learner)?;
        learner.set_learning(false);
        Ok(learner)
    }
}

/// A learner that gets the recorded reward of a finished run of the same scenario and seed, as it was, but fires by random numbers of its
/// own: with the donor's it would do again what the donor did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Yoked {
    /// Which controller's table gives the learner.
    pub learner: String,
    /// Run folder of the donor; a relative path starts at this file's folder.
    pub donor: String,
    /// Trace hash of the donor; filled in when the run starts, and checked from then on.
    pub donor_trace_hash: String,
}

impl Default for Yoked {
    fn default() -> Self {
        Yoked { learner: "spore".into(), donor: String::new(), donor_trace_hash: String::new() }
    }
}

impl Yoked {
    /// Opens the donor's rewards and builds the learner.
    pub fn build(&self, context: &ControllerContext) -> Result<ReplayedReward, PartError> {
        let donor = Donor { donor: &self.donor, donor_trace_hash: &self.donor_trace_hash };
        let tape = donor.open(context, &self.learner, Nanos::from_secs(3600), None)?;
        let own = ControllerContext { seed: seed::stream(context.seed, "yoked"), ..context.clone() };
        Ok(ReplayedReward::new(own.learner(&self.learner)?, tape))
    }
}

/// A learner that must not learn: the recorded reward of a finished run of the same scenario and seed, shuffled within blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Permuted {
    /// Which controller's table gives the learner.
    pub learner: String,
    /// Run folder of the donor; a relative path starts at this file's folder.
    pub donor: String,
    /// Trace hash of the donor; filled in when the run starts, and checked from then on.
    pub donor_trace_hash: String,
    /// Length of the blocks within which rewards are shuffled.
    pub block: Nanos,
}

impl Default for Permuted {
    fn default() -> Self {
        let Yoked { learner, donor, donor_trace_hash } = Yoked::default();
        Permuted { learner, donor, donor_trace_hash, block: Nanos::from_secs(3600) }
    }
}

impl Permuted {
    /// Opens the donor's rewards and builds the learner.
    pub fn build(&self, context: &ControllerContext) -> Result<ReplayedReward, PartError> {
        let donor = Donor { donor: &self.donor, donor_trace_hash: &self.donor_trace_hash };
        let tape = donor.open(context, &self.learner, self.block, Some(context.seed))?;
        Ok(ReplayedReward::new(context.learner(&self.learner)?, tape))
    }
}

/// A learner as a finished run of the same scenario and seed left it, not learning any more: what it learned can be measured, here or in
/// another world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trained {
    /// Which controller's table gives the learner.
    pub learner: String,
    /// Run folder of the run that learned; a relative path starts at this file's folder.
    pub donor: String,
    /// Trace hash of the donor; filled in when the run starts, and checked from then on.
    pub donor_trace_hash: String,
}

impl Default for Trained {
    fn default() -> Self {
        let Yoked { learner, donor, donor_trace_hash } = Yoked::default();
        Trained { learner, donor, donor_trace_hash }
    }
}

impl Trained {
    /// Builds the learner, brings it to the state that the donor's had at the end, and switches its learning off.
    pub fn build(&self, context: &ControllerContext) -> Result<Box<dyn Controller>, PartError> {
        let donor = Donor { donor: &self.donor, donor_trace_hash: &self.donor_trace_hash };
        let folder = donor.find(context, &self.learner)?;
        let (expected, found) = (&context.substrate, donor_summary(&folder)?.substrate);
        if *expected != found {
            return Err(format!(
                "donor: expected a run on {expected}, found one on {found}: embody nir convert takes what it learned to another substrate"
            ));
        }
        let mut learner = context.learner(&self.learner)?;
        bring_to_end(&mut learner, &folder).map_err(|why| format!("donor: {why}"))?;
        learner.set_learning(false);
        Ok(learner)
    }
}

/// Brings a controller to the state that the one of a run had at its end.
///
/// # Errors
/// By the file's path, if there is no such state, or it is another controller's.
pub(crate) fn bring_to_end(controller: &mut impl Checkpoint, folder: &Path) -> Result<(), String> {
    let file = folder.join(folder::CHECKPOINT);
    let fail = |why: String| format!("{}: {why}", file.display());
    let saved = checkpoint::read(&file).map_err(|e| e.to_string())?;
    let state = Session::controller_in(&saved.session).map_err(|e| fail(e.to_string()))?;
    controller.restore(&state).map_err(|e| fail(e.to_string()))
}

/// The finished run that rewards or weights come from.
struct Donor<'a> {
    donor: &'a str,
    donor_trace_hash: &'a str,
}

impl Donor<'_> {
    fn open(
        &self,
        context: &ControllerContext,
        learner: &str,
        block: Nanos,
        shuffle: Option<u64>,
    ) -> Result<RewardTape, PartError> {
        let block = block.whole_multiple_of(context.around.control_period);
        let block = block
            .ok_or_else(|| format!("block: expected a whole number of control periods of {}", context.around.control_period))?;
        let folder = self.find(context, learner)?;
        let tape = RewardTape::open(&folder.join(folder::REWARDS), block, shuffle).map_err(|e| e.to_string())?;
        if tape.steps() < context.steps {
            let (steps, folder) = (context.steps, folder.display());
            return Err(format!("donor: expected rewards of {steps} control steps, found {} recorded in {folder}", tape.steps()));
        }
        Ok(tape)
    }
}

impl Donor<'_> {
    /// Its folder, if it is that of a finished run of the same scenario, learner and seed, and the one that was stated.
    fn find(&self, context: &ControllerContext, learner: &str) -> Result<PathBuf, PartError> {
        if self.donor.is_empty() {
            return Err("donor: expected the run folder of a finished run of the same scenario and seed, found nothing".into());
        }
        let folder = folder::plain(&context.base.join(self.donor));
        let summary = donor_summary(&folder)?;
        let wanted = format!("{} with {learner}, seed {}", context.run.0, context.run.1);
        let found = format!("{} with {}, seed {}", summary.scenario, summary.controller, summary.seed);
        if wanted != found {
            return Err(format!("donor: expected a run of {wanted}, found one of {found}"));
        }
        if !self.donor_trace_hash.is_empty() && summary.trace_hash != self.donor_trace_hash {
            return Err(format!(
                "donor_trace_hash: expected {}, found {} in {}",
                self.donor_trace_hash,
                summary.trace_hash,
                folder.display()
            ));
        }
        Ok(folder)
    }
}

/// The summary of a donor's run folder.
pub fn donor_summary(folder: &Path) -> Result<folder::Summary, PartError> {
    finished(folder).map_err(|why| format!("donor: {why}"))
}

/// The summary of a run that must be finished.
pub(crate) fn finished(folder: &Path) -> Result<folder::Summary, String> {
    let expected = "expected the folder of a finished run";
    let summary = folder::read_summary(folder).map_err(|e| format!("{expected}, found {e}"))?;
    if !summary.finished {
        return Err(format!("{expected}, found one that was stopped at {} s: {}", summary.simulated_s, folder.display()));
    }
    Ok(summary)
}
