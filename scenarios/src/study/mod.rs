//! Studies: the named variants of a scenario times seeds, several runs at once, each in a folder of its own.
//!
//! Run again in its folder, a study skips what is finished and resumes the rest. A variant whose learner needs another run's
//! reward (`donor`) waits for that run of the same seed.

mod queue;
mod results;

pub use results::{Hour, Results, Run, Variant, curve, write_results};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embody_robots::Nanos;

use crate::config::{ConfigError, Node};
use crate::registry::Registry;
use crate::run::folder::{self, FolderError, Summary};
use crate::run::{Outcome, Progress, RunError, Runner};
use crate::scenario::{Loaded, ScenarioError};
use queue::Queue;

/// The file that says what a study is: the scenario as it was given, resolved.
pub const SCENARIO: &str = "scenario.toml";

/// A study: what is to be run, and where.
pub struct Study {
    folder: PathBuf,
    registry: Arc<Registry>,
    loaded: Loaded,
    variants: Vec<String>,
    seeds: Vec<u64>,
    runs: Vec<Planned>,
}

/// One planned run.
pub struct Planned {
    /// Name of the variant.
    pub variant: String,
    /// Master seed.
    pub seed: u64,
    /// Its folder.
    pub folder: PathBuf,
    loaded: Loaded,
    /// The planned run whose reward it needs.
    donor: Option<usize>,
}

/// What became of a planned run.
pub type Done = Result<(Outcome, Summary), RunError>;

impl Study {
    /// Plans the variants of a scenario for seeds 1 to `seeds` in `folder`, which is new or of the same study.
    pub fn plan(
        registry: &Arc<Registry>,
        source: &str,
        settings: &[String],
        seeds: u64,
        folder: &Path,
    ) -> Result<Study, RunError> {
        let loaded = Loaded::find(registry, source, settings)?;
        let mut variants: Vec<String> = loaded.scenario.variants.keys().cloned().collect();
        if variants.is_empty() {
            return Err(ConfigError::missing_key(loaded.node(), "variants").into());
        }
        let mut runs = Vec::new();
        for seed in 1..=seeds {
            for variant in &variants {
                let own = loaded.scenario.variant_settings(variant);
                let settings: Vec<String> = settings.iter().cloned().chain(own).chain([format!("seed={seed}")]).collect();
                let loaded = Loaded::find(registry, source, &settings)?;
                let folder = folder.join(format!("{variant}-{seed}"));
                runs.push(Planned { variant: variant.clone(), seed, folder, loaded, donor: None });
            }
        }
        for i in 0..runs.len() {
            runs[i].donor = donor(&runs, i)?;
            if let Some(donor) = runs[i].donor {
                let path = format!("../{}-{}", runs[donor].variant, runs[donor].seed);
                let base = runs[i].folder.clone();
                runs[i].loaded.set_donor(&path, "", &base);
            } else {
                runs[i].loaded.assemble(registry)?;
            }
        }
        // Those that others wait for come first.
        let needed: Vec<bool> = (0..runs.len()).map(|i| runs.iter().any(|run| run.donor == Some(i))).collect();
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|&i| (runs[i].donor.is_some(), !needed[i]));
        let place: Vec<usize> = (0..runs.len()).map(|i| order.iter().position(|&o| o == i).unwrap_or(i)).collect();
        let mut slots: Vec<Option<Planned>> = runs.into_iter().map(Some).collect();
        let mut runs: Vec<Planned> = order.iter().filter_map(|&i| slots[i].take()).collect();
        runs.iter_mut().for_each(|run| run.donor = run.donor.map(|donor| place[donor]));
        variants.dedup();
        let study =
            Study { folder: folder.into(), registry: registry.clone(), loaded, variants, seeds: (1..=seeds).collect(), runs };
        study.claim_folder()?;
        Ok(study)
    }

    /// Makes the folder, or sees that it is of the same study.
    fn claim_folder(&self) -> Result<(), RunError> {
        let file = self.folder.join(SCENARIO);
        let text = self.loaded.render();
        // An empty one is of a study that died before it could claim it.
        let empty = || std::fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_none());
        if !self.folder.exists() || empty() {
            std::fs::create_dir_all(&self.folder).map_err(|e| FolderError::new(&self.folder, e.to_string()))?;
            return Ok(folder::replace(&file, text.as_bytes())?);
        }
        let found = std::fs::read_to_string(&file)
            .map_err(|e| FolderError::new(&self.folder, format!("this exists already and is no study: {SCENARIO}: {e}")))?;
        let refuse = |why: String| FolderError::new(&self.folder, format!("{why}; name another folder with --out"));
        let load = |text: &str| -> Option<Loaded> {
            let node = Node::parse(text, SCENARIO).ok()?;
            Loaded::resolve(&self.registry, node, PathBuf::new()).ok()
        };
        let mut before = load(&found).ok_or_else(|| refuse(format!("its {SCENARIO} can't be read")))?;
        let beyond = self.variants.iter().map(|variant| format!("{variant}-{}", self.seeds.len() + 1));
        if let Some(run) = beyond.into_iter().find(|run| self.folder.join(run).exists()) {
            return Err(refuse(format!("it holds {run}, a run beyond the {} seeds that were asked for", self.seeds.len())).into());
        }
        let (old, new) = (before.scenario.time.duration, self.loaded.scenario.time.duration);
        before.scenario.time.duration = new;
        if before.render() != text {
            return Err(refuse(format!("its {SCENARIO} is of another study (only the time may change)")).into());
        }
        // A longer donor has another trace, and other blocks to be shuffled.
        if let Some(run) = self.runs.iter().find(|run| run.donor.is_some() && old != new) {
            let why = format!("it is of {old}, and can't become one of {new} since {} replays another run's reward", run.variant);
            return Err(refuse(why).into());
        }
        Ok(folder::replace(&file, text.as_bytes())?)
    }

    /// Runs what isn't finished, `jobs` at a time. `progress` makes the display of each run; a stop leaves checkpoints.
    pub fn run(&self, jobs: usize, stop: &AtomicBool, progress: &(dyn Fn(&str) -> Box<dyn Progress> + Sync)) -> Vec<Done> {
        let queue = Queue::new(self.runs.iter().map(|run| run.donor).collect());
        std::thread::scope(|scope| {
            for _ in 0..jobs.clamp(1, self.runs.len()) {
                scope.spawn(|| {
                    while let Some(next) = queue.next() {
                        let run = &self.runs[next];
                        let done = if stop.load(Ordering::Relaxed) {
                            Err(FolderError::new(&run.folder, "not started: the study was stopped").into())
                        } else {
                            self.run_one(run, stop, progress)
                        };
                        queue.done(next, done);
                    }
                });
            }
        });
        queue.into_results()
    }

    fn run_one(&self, run: &Planned, stop: &AtomicBool, progress: &(dyn Fn(&str) -> Box<dyn Progress> + Sync)) -> Done {
        let duration = run.loaded.scenario.time.duration;
        // Whatever died before it had a scenario begins anew; of a folder that died before that, not even the lock is there.
        let _ = std::fs::remove_dir(&run.folder);
        let mut runner = if run.folder.join(folder::CONFIG).exists() {
            if let Some(summary) = finished(&run.folder, &run.loaded) {
                return Ok((Outcome::Finished, summary));
            }
            Runner::resume(&self.registry, &run.folder, &run.loaded.scenario.name, Some(duration))?
        } else {
            Runner::start(&self.registry, run.loaded.clone(), &run.folder)?
        };
        let mut progress = progress(&format!("{}-{}", run.variant, run.seed));
        runner.run(stop, &mut *progress)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The scenario.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Names of the variants, as they stand in the scenario.
    pub fn variants(&self) -> &[String] {
        &self.variants
    }

    /// The seeds.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// The planned runs, in the order in which they are run.
    pub fn runs(&self) -> &[Planned] {
        &self.runs
    }
}

/// The run that gives run `i` its rewards: that of the same seed whose controller is the learner.
fn donor(runs: &[Planned], i: usize) -> Result<Option<usize>, ScenarioError> {
    let scenario = &runs[i].loaded.scenario;
    let settings = scenario.controller.settings(&scenario.controller.kind);
    let Some(learner) = settings.get("learner").and_then(|v| v.as_str()) else { return Ok(None) };
    if !runs[i].loaded.needs_donor() {
        return Ok(None);
    }
    let found = runs.iter().position(|run| run.seed == runs[i].seed && run.loaded.scenario.controller.kind == learner);
    found.map(Some).ok_or_else(|| {
        let why = format!("it needs the recorded reward of a variant with controller {learner:?}, and there is none");
        ConfigError::refused(runs[i].loaded.node(), &format!("variants.{}", runs[i].variant), why).into()
    })
}

/// The summary of a run that needs no more running.
fn finished(folder: &Path, loaded: &Loaded) -> Option<Summary> {
    let summary = folder::read_summary(folder).ok()?;
    let simulated = Nanos(summary.control_steps * loaded.scenario.time.control_period.0);
    let same = summary.scenario == loaded.scenario.name && summary.seed == loaded.scenario.seed;
    (same && summary.version == crate::VERSION && (summary.task_over || simulated == loaded.scenario.time.duration))
        .then_some(summary)
}
