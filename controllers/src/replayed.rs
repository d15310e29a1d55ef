//! Controls that must not learn, or may: a learning controller that is given another run's reward.
//!
//! `yoked` gets the recorded reward of each step as it was; `permuted` gets it shuffled within blocks of time, so that it has the
//! same values and slow trend but says nothing about what was just done.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use embody_brain::{Network, NetworkSpec};
use embody_robots::{Action, Checkpoint, CheckpointError, TimeStep, checkpoint, seed};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::controller::{Controller, ControllerError, Map};
use crate::telemetry::{Activity, Telemetry};

/// Recorded rewards: little-endian `f32`, one per control step, read a block at a time.
pub struct RewardTape {
    path: PathBuf,
    file: File,
    steps: u64,
    block_steps: u64,
    /// The seed of the shuffle, if blocks are shuffled.
    shuffle: Option<u64>,
    /// The block in memory, and its number.
    block: Vec<f32>,
    number: Option<u64>,
}

impl RewardTape {
    /// Opens a recording. Blocks of `block_steps` control steps are read at a time, shuffled if `shuffle` gives a seed.
    pub fn open(path: &Path, block_steps: u64, shuffle: Option<u64>) -> Result<Self, ControllerError> {
        let fail = |why: String| ControllerError::Tape { path: path.display().to_string(), why };
        let file = File::open(path).map_err(|e| fail(e.to_string()))?;
        let bytes = file.metadata().map_err(|e| fail(e.to_string()))?.len();
        if bytes % 4 != 0 || bytes == 0 || block_steps == 0 {
            return Err(fail(format!("expected a whole number of 4-byte rewards and blocks above zero, found {bytes} bytes")));
        }
        let tape =
            RewardTape { path: path.into(), file, steps: bytes / 4, block_steps, shuffle, block: Vec::new(), number: None };
        Ok(tape)
    }

    /// How many steps are recorded.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The reward to be given at control step `step`.
    pub fn reward(&mut self, step: u64) -> Result<f32, ControllerError> {
        let fail = |path: &Path, why: String| ControllerError::Tape { path: path.display().to_string(), why };
        if step >= self.steps {
            return Err(fail(&self.path, format!("they end after {} control steps, step {step} was asked for", self.steps)));
        }
        let number = step / self.block_steps;
        if self.number != Some(number) {
            let first = number * self.block_steps;
            let mut bytes = vec![0; 4 * self.block_steps.min(self.steps - first) as usize];
            let read = self.file.seek(SeekFrom::Start(4 * first)).and_then(|_| self.file.read_exact(&mut bytes));
            read.map_err(|e| fail(&self.path, e.to_string()))?;
            self.block = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            if let Some(at) = self.block.iter().position(|reward| !reward.is_finite()) {
                return Err(fail(&self.path, format!("the reward of control step {} isn't finite", first + at as u64)));
            }
            if let Some(seed) = self.shuffle {
                self.block.shuffle(&mut ChaCha8Rng::seed_from_u64(seed::stream(seed, &format!("block {number}"))));
            }
            self.number = Some(number);
        }
        Ok(self.block[(step % self.block_steps) as usize])
    }
}

/// A controller whose rewards come from a tape.
pub struct ReplayedReward {
    inner: Box<dyn Controller>,
    tape: RewardTape,
    step: u64,
    /// The time step that the inner controller is shown, kept so that nothing is allocated.
    shown: TimeStep,
}

impl ReplayedReward {
    /// Gives `inner` the rewards of `tape` in place of its own.
    pub fn new(inner: Box<dyn Controller>, tape: RewardTape) -> Self {
        let shown = TimeStep {
            kind: embody_robots::StepKind::First,
            time: embody_robots::Nanos::ZERO,
            reward: 0.0,
            observation: embody_robots::Observation::default(),
        };
        ReplayedReward { inner, tape, step: 0, shown }
    }
}

impl Controller for ReplayedReward {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        self.inner.begin_episode(seed)
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        self.shown.clone_from(step);
        self.shown.reward = self.tape.reward(self.step)?;
        self.step += 1;
        self.inner.act(&self.shown, action)
    }

    fn set_learning(&mut self, learning: bool) {
        self.inner.set_learning(learning);
    }

    fn network(&self) -> Option<&NetworkSpec> {
        self.inner.network()
    }

    fn running(&self) -> Option<&dyn Network> {
        self.inner.running()
    }

    fn on_host(&self) -> Vec<(String, String)> {
        self.inner.on_host()
    }

    fn maps(&self) -> Vec<Map> {
        self.inner.maps()
    }

    fn watch(&mut self, watched: bool) {
        self.inner.watch(watched);
    }

    fn telemetry(&self) -> Option<Telemetry> {
        self.inner.telemetry()
    }

    fn activity(&self, out: &mut Vec<Activity>) {
        self.inner.activity(out);
    }

    fn readings(&self, weights: bool) -> Option<Telemetry> {
        self.inner.readings(weights)
    }
}

impl Checkpoint for ReplayedReward {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("replayed reward", &(self.step, self.inner.save()?))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let (step, inner): (u64, Vec<u8>) = checkpoint::from_bytes("replayed reward", bytes)?;
        self.inner.restore(&inner)?;
        self.step = step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(shuffle: Option<u64>) -> (tempfile::TempDir, RewardTape) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rewards.f32");
        let bytes: Vec<u8> = (0..25).flat_map(|i| (i as f32).to_le_bytes()).collect();
        std::fs::write(&path, bytes).unwrap();
        let tape = RewardTape::open(&path, 10, shuffle).unwrap();
        (folder, tape)
    }

    #[test]
    fn a_tape_gives_what_was_recorded_and_ends_with_an_error() {
        let (_folder, mut tape) = tape(None);
        for step in [0, 24, 3, 10, 9] {
            assert_eq!(tape.reward(step).unwrap(), step as f32);
        }
        assert!(tape.reward(25).unwrap_err().to_string().contains("25"));
    }

    #[test]
    fn shuffling_stays_within_blocks_and_repeats_with_the_seed() {
        let all = |seed| -> Vec<f32> {
            let (_folder, mut tape) = tape(Some(seed));
            (0..25).map(|step| tape.reward(step).unwrap()).collect()
        };
        let shuffled = all(1);
        assert_eq!(shuffled, all(1));
        assert_ne!(shuffled, all(2));
        assert_ne!(shuffled, (0..25).map(|i| i as f32).collect::<Vec<_>>());
        for (number, block) in shuffled.chunks(10).enumerate() {
            let mut sorted = block.to_vec();
            sorted.sort_by(f32::total_cmp);
            assert_eq!(sorted, (number * 10..(number * 10 + block.len())).map(|i| i as f32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_missing_or_torn_recording_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rewards.f32");
        assert!(RewardTape::open(&path, 10, None).is_err());
        std::fs::write(&path, [0; 7]).unwrap();
        let error = RewardTape::open(&path, 10, None).err().unwrap().to_string();
        assert!(error.contains("rewards.f32") && error.contains('7'), "{error}");
    }
}
