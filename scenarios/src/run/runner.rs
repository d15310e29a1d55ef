//! One run in its folder: start, resume, stop, end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use embody_brain::neurobench::NeuroBench;
use embody_bridges::link::LinkError;
use embody_bridges::protocol::messages::End;
use embody_bridges::protocol::scene::Scene;
use embody_bridges::protocol::{Mark, Mode};
use embody_controllers::{ControllerError, Map};
use embody_robots::robot::RobotSpec;
use embody_robots::{Checkpoint, CheckpointError, Nanos};
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, Saved};
use super::folder::{self, CHECKPOINT, CONFIG, FolderError, MAPS, RECORDING, REWARDS, RunFolder, SUMMARY, Summary};
use super::progress::{Progress, Standing};
use super::recorder::Recorder;
use super::remote::RemoteBrain;
use super::session::{Session, SessionError};
use crate::config::ConfigError;
use crate::moment;
use crate::recording::{Kept, RecordingError, Tape};
use crate::registry::Registry;
use crate::scenario::{Assembly, Loaded, ScenarioError};
use crate::substrate::Account;

/// Why a run could not start, go on or end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file of the run folder can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The recording can't be written or gone on with.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The loop failed.
    #[error(transparent)]
    Session(SessionError),
    /// The state can't be saved or restored.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No brain came, or none stayed.
    #[error("{0}")]
    Brain(#[from] LinkError),
    /// The baseline sees the truth, which stays in the world's process.
    #[error("{controller:?} sees the truth, which never leaves the world's program: run it in one process (embody run)")]
    Privileged {
        /// Which controller.
        controller: String,
    },
    /// The folder holds another run than the one that was asked for.
    #[error("{folder}: {why}")]
    Mismatch {
        /// The run folder.
        folder: String,
        /// What differs.
        why: String,
    },
}

impl From<SessionError> for RunError {
    fn from(error: SessionError) -> RunError {
        match error {
            SessionError::Controller(ControllerError::Remote { why }) => RunError::Brain(LinkError::Gone(why)),
            error => RunError::Session(error),
        }
    }
}

impl From<ConfigError> for RunError {
    fn from(error: ConfigError) -> RunError {
        RunError::Scenario(error.into())
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The asked-for time was reached, or the task is over.
    Finished,
    /// It was asked to stop, and can be resumed.
    Stopped,
}

/// Maps of what was learned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Maps {
    /// Before the first step.
    pub start: Vec<Map>,
    /// At the last checkpoint.
    pub latest: Vec<Map>,
}

/// A run in its folder.
pub struct Runner {
    loaded: Loaded,
    folder: RunFolder,
    session: Session,
    recorder: Recorder,
    robot: RobotSpec,
    tape: Option<Tape>,
    maps: Maps,
    remote: Option<RemoteBrain>,
    wall_before: Duration,
    metric: Option<f64>,
    /// Whether the brain holds the last checkpoint too.
    kept: bool,
}

/// Control steps between two looks at the clock for progress.
const STEPS_PER_UPDATE: u64 = 1000;

/// Bytes of recording that are kept in memory at most.
const PENDING: usize = 1 << 16;

impl Runner {
    /// Starts a run in a new folder.
    pub fn start(registry: &Arc<Registry>, mut loaded: Loaded, path: &Path) -> Result<Runner, RunError> {
        pin_donor(&mut loaded, path)?;
        // Whatever the scenario gets wrong is found before anything is written.
        let assembly = loaded.assemble(registry)?;
        Runner::start_with(Parts::new(registry, loaded, assembly, None)?, path)
    }

    /// Starts a run in a new folder whose brain is another process.
    pub fn start_remote(
        registry: &Arc<Registry>,
        mut loaded: Loaded,
        path: &Path,
        remote: RemoteBrain,
    ) -> Result<Runner, RunError> {
        pin_donor(&mut loaded, path)?;
        let assembly = Assembly { environment: loaded.environment(registry)?, controller: remote.controller() };
        Runner::start_with(Parts::new(registry, loaded, assembly, Some(remote))?, path)
    }

    fn start_with(parts: Parts, path: &Path) -> Result<Runner, RunError> {
        let folder = RunFolder::create(path)?;
        Runner::at_start(parts, folder).map_err(|failed| {
            let (folder, error) = *failed;
            folder.discard();
            error
        })
    }

    /// Continues the run of `scenario` in a folder; `duration` is the new total, if it is to be another.
    pub fn resume(registry: &Arc<Registry>, path: &Path, scenario: &str, duration: Option<Nanos>) -> Result<Runner, RunError> {
        let (folder, loaded) = reopen(registry, path, scenario, duration)?;
        let assembly = loaded.assemble(registry)?;
        if !checkpoint::steps_in(path)?.is_empty() {
            return Err(mismatch(path, "its brain was another program: resume it with embody world, or with --transport zenoh"));
        }
        if !folder.file(CHECKPOINT).exists() {
            refuse_lost_checkpoint(&folder, &loaded)?;
            // It was ended before its first checkpoint: from the start, then.
            return Runner::at_start(Parts::new(registry, loaded, assembly, None)?, folder).map_err(|failed| failed.1);
        }
        let saved = read_checkpoint(&folder.file(CHECKPOINT), &loaded, path)?;
        Runner::at_checkpoint(Parts::new(registry, loaded, assembly, None)?, folder, &saved)
    }

    /// Continues, in a folder, a run of `scenario` whose brain is another process.
    pub fn resume_remote(
        registry: &Arc<Registry>,
        path: &Path,
        scenario: &str,
        duration: Option<Nanos>,
        remote: RemoteBrain,
    ) -> Result<Runner, RunError> {
        let (folder, loaded) = reopen(registry, path, scenario, duration)?;
        let assembly = Assembly { environment: loaded.environment(registry)?, controller: remote.controller() };
        if folder.file(CHECKPOINT).exists() {
            return Err(mismatch(path, "world and brain were one program: resume it with embody run"));
        }
        if remote.mode() == Mode::RealTime {
            return Err(mismatch(path, "time that has passed can't be gone back to: start another run for --real-time"));
        }
        let (held, mut broken) = checkpoint::held(path)?;
        let Some(newest) = held.last() else {
            if let Some(error) = broken.pop() {
                return Err(error.into());
            }
            refuse_lost_checkpoint(&folder, &loaded)?;
            let parts = Parts::new(registry, loaded, assembly, Some(remote))?;
            return Runner::at_start(parts, folder).map_err(|failed| failed.1);
        };
        let saved = read_checkpoint(&folder.file(&checkpoint::name_of(newest.step)), &loaded, path)?;
        Runner::at_checkpoint(Parts::new(registry, loaded, assembly, Some(remote))?, folder, &saved)
    }

    /// A run where a checkpoint left it. Nothing is written before all of it is known to fit.
    fn at_checkpoint(parts: Parts, folder: RunFolder, saved: &Saved) -> Result<Runner, RunError> {
        let Parts { loaded, robot, assembly, remote } = parts;
        let time = &loaded.scenario.time;
        let maps_file = folder.file(MAPS);
        let maps = std::fs::read(&maps_file).map_err(|e| FolderError::new(&maps_file, e.to_string()))?;
        let maps = serde_json::from_slice(&maps).map_err(|e| FolderError::new(&maps_file, e.to_string()))?;
        let mut session = Session::new(assembly, loaded.scenario.seed);
        let unfit = |e: CheckpointError| FolderError::new(folder.path(), e.to_string());
        session.restore(&saved.session).map_err(unfit)?;
        let done = Nanos(session.position().control_steps * time.control_period.0);
        if done > time.duration {
            return Err(mismatch(folder.path(), &format!("it has reached {done} already, which is beyond {}", time.duration)));
        }
        let kept = kept_recording(&folder, saved)?;
        let recorder = Recorder::resume(&folder, time.control_period, time.report_every, &saved.recorder)?;
        let wall_before = Duration::try_from_secs_f64(saved.wall_s).unwrap_or_default();
        let tape = None;
        let mut runner =
            Runner { loaded, folder, session, recorder, robot, tape, maps, remote, wall_before, metric: None, kept: true };
        runner.resume_tape(kept)?;
        runner.write_config()?;
        Ok(runner)
    }

    /// A run at its first step, with its first files written. On failure the folder is given back.
    fn at_start(parts: Parts, folder: RunFolder) -> Result<Runner, Box<(RunFolder, RunError)>> {
        let Parts { loaded, robot, assembly, remote } = parts;
        // First of all, since with it alone the run can be resumed already.
        if let Err(error) = folder::replace(&folder.file(CONFIG), loaded.render().as_bytes()) {
            return Err(Box::new((folder, error.into())));
        }
        let time = &loaded.scenario.time;
        let recorder = Recorder::create(&folder, time.control_period, time.report_every, assembly.environment.task().tallies());
        let recorder = match recorder {
            Ok(recorder) => recorder,
            Err(error) => return Err(Box::new((folder, error.into()))),
        };
        let maps = Maps { start: assembly.controller.maps(), latest: Vec::new() };
        let session = Session::new(assembly, loaded.scenario.seed);
        let (wall_before, tape) = (Duration::ZERO, None);
        let mut runner =
            Runner { loaded, folder, session, recorder, robot, tape, maps, remote, wall_before, metric: None, kept: true };
        let written = runner.recorder.flush().and_then(|()| runner.write_maps());
        match written.map_err(RunError::from).and_then(|()| runner.record_again()) {
            Ok(()) => Ok(runner),
            Err(error) => Err(Box::new((runner.folder, error))),
        }
    }

    /// Records all that can be seen of the run from its start on. A run that was recorded before it was resumed goes on being recorded
    /// without this.
    ///
    /// # Errors
    /// If the recording can't be written, or the run is beyond its start already.
    pub fn record(&mut self) -> Result<(), RunError> {
        if self.tape.is_some() {
            return Ok(());
        }
        if self.session.position().control_steps > 0 {
            return Err(mismatch(
                self.path(),
                "it wasn't recorded from its start on, and what has passed can't be recorded any more",
            ));
        }
        let path = self.folder.file(RECORDING);
        self.tape = Some(Tape::create(&path, &self.loaded, &mut self.session, &self.robot)?);
        Ok(())
    }

    /// A recording of a run that begins anew, as it was ended before its first checkpoint, begins anew too.
    fn record_again(&mut self) -> Result<(), RunError> {
        let path = self.folder.file(RECORDING);
        if !path.exists() {
            return Ok(());
        }
        std::fs::remove_file(&path).map_err(|e| FolderError::new(&path, e.to_string()))?;
        self.record()
    }

    /// Goes on with the recording of a run that was brought back to a checkpoint, if it has one.
    fn resume_tape(&mut self, kept: Option<Kept>) -> Result<(), RunError> {
        let Some(kept) = kept else { return Ok(()) };
        let path = self.folder.file(RECORDING);
        self.tape = Some(Tape::resume(&path, &self.loaded, &mut self.session, &self.robot, kept)?);
        Ok(())
    }

    /// Runs to the end, or until `stop` is set, and leaves checkpoint and summary either way.
    pub fn run(&mut self, stop: &AtomicBool, progress: &mut dyn Progress) -> Result<(Outcome, Summary), RunError> {
        let done = self.run_with_brain(stop, progress);
        self.tell(progress);
        progress.end();
        if let Some(remote) = &self.remote {
            match &done {
                Ok((Outcome::Finished, _)) => remote.end(End::Finished, "the scenario's time is over", || self.scene()),
                Ok((Outcome::Stopped, _)) => remote.end(End::Stopped, "the world was asked to stop", || self.scene()),
                Err(error) => remote.end(End::Failed, &error.to_string(), || self.scene()),
            }
        }
        done
    }

    /// Where the brain is another process: waits for one, and for another when it is lost.
    fn run_with_brain(&mut self, stop: &AtomicBool, progress: &mut dyn Progress) -> Result<(Outcome, Summary), RunError> {
        loop {
            self.join(stop, progress)?;
            // Waiting for a brain is no part of what a run takes.
            let started = Started { at: Instant::now(), step: self.session.position().control_steps };
            match self.run_on(&started, stop, progress) {
                Err(RunError::Brain(error)) if !stop.load(Ordering::Relaxed) => {
                    self.wall_before += started.at.elapsed();
                    self.tell(progress);
                    progress.note(&error.to_string());
                }
                done => return done,
            }
        }
    }

    fn run_on(
        &mut self,
        started: &Started,
        stop: &AtomicBool,
        progress: &mut dyn Progress,
    ) -> Result<(Outcome, Summary), RunError> {
        let time = self.loaded.scenario.time.clone();
        let total = time.duration.0 / time.control_period.0;
        let per_checkpoint = time.checkpoint_every.0 / time.control_period.0;
        let mode = self.remote.as_ref().map(RemoteBrain::mode);
        let in_real_time = mode == Some(Mode::RealTime);
        if mode == Some(Mode::Lockstep) && self.mark().is_start() {
            // From now on the start is a checkpoint like any other, and the brain's first maps are known.
            self.checkpoint(Duration::ZERO)?;
        }
        let mut done = self.session.position().control_steps;
        while done < total && !self.session.is_over() && !stop.load(Ordering::Relaxed) {
            let (recorder, tape) = (&mut self.recorder, &mut self.tape);
            self.session.advance(|record| {
                recorder.record(record.step);
                if let Some(tape) = tape {
                    tape.record(record, done);
                }
            })?;
            if let Some(tape) = &mut self.tape {
                tape.look(&self.session)?;
            }
            done += 1;
            let tallies = self.session.environment().task().tallies();
            if let Some(metric) = self.recorder.close_window(tallies) {
                self.metric = Some(metric);
            }
            if self.recorder.pending() > PENDING {
                if in_real_time { self.recorder.flush_behind()? } else { self.recorder.flush()? }
            }
            if done.is_multiple_of(per_checkpoint) && done < total {
                self.checkpoint(started.at.elapsed())?;
            }
            self.tell(progress);
            if done.is_multiple_of(STEPS_PER_UPDATE) {
                let steps = |n: u64| Nanos(n * time.control_period.0);
                let name = tallies_name(&self.session);
                progress.update(Standing {
                    simulated: steps(done),
                    total: time.duration,
                    session: (steps(done.saturating_sub(started.step)), started.at.elapsed()),
                    metric: name.as_deref().zip(self.metric),
                });
            }
        }
        let wall = started.at.elapsed();
        self.checkpoint(wall)?;
        let outcome = if done >= total || self.session.is_over() { Outcome::Finished } else { Outcome::Stopped };
        self.recorder.finish(self.session.environment().task().tallies())?;
        if let Some(tape) = &mut self.tape {
            tape.end(&self.session)?;
        }
        let summary = self.summary(outcome, self.wall_before + wall);
        let text = serde_json::to_string_pretty(&summary).map_err(|e| FolderError::new(self.folder.path(), e.to_string()))?;
        if let Some(table) = self.session.environment().task().table() {
            folder::replace(&self.folder.file(&format!("{}.csv", table.name)), table.csv().as_bytes())?;
        }
        folder::replace(&self.folder.file(SUMMARY), format!("{text}\n").as_bytes())?;
        Ok((outcome, summary))
    }

    /// Whether the run can be gone on with from its last checkpoint: not in real time, nor where the brain keeps nothing.
    pub fn is_resumable(&self) -> bool {
        self.kept
    }

    /// Removes the folder of a new run whose brain never came; whether it did.
    pub fn discard_unborn(&self) -> bool {
        checkpoint::discard_unborn(self.folder.path(), self.mark().step)
    }

    /// Waits for the brain, if it is another process, and goes back with it to the newest checkpoint that both hold.
    fn join(&mut self, stop: &AtomicBool, progress: &mut dyn Progress) -> Result<(), RunError> {
        let Some(remote) = &mut self.remote else { return Ok(()) };
        let (held, broken) = checkpoint::held(self.folder.path())?;
        for error in broken {
            progress.note(&format!("left out: {error}"));
        }
        let (name, from) = remote.join(&held, stop, &mut |note| progress.note(note))?;
        if remote.mode() == Mode::RealTime {
            progress.note(&format!("brain {name:?} has the body"));
            return Ok(());
        }
        let done = self.session.position().control_steps;
        if self.mark() != from {
            self.go_back_to(&from)?;
        }
        let seconds = Nanos(from.step * self.loaded.scenario.time.control_period.0).as_secs_f64();
        progress.note(&match done {
            _ if from.is_start() && done == 0 => format!("brain {name:?} attached, from the start"),
            _ if done > from.step => format!(
                "brain {name:?} attached; rolled back from control step {done} to {}, {seconds} s simulated: what came after is cut",
                from.step
            ),
            _ => format!("brain {name:?} attached, from {from}, {seconds} s simulated"),
        });
        Ok(())
    }

    /// Back to a checkpoint of this folder: state, recordings, and the files that lie beyond.
    fn go_back_to(&mut self, mark: &Mark) -> Result<(), RunError> {
        let path = self.folder.file(&checkpoint::name_of(mark.step));
        let saved = read_checkpoint(&path, &self.loaded, self.folder.path())?;
        self.session.restore(&saved.session).map_err(|e| FolderError::new(&path, e.to_string()))?;
        let time = &self.loaded.scenario.time;
        // No other thread may write to what is cut.
        self.tape = None;
        let kept = kept_recording(&self.folder, &saved)?;
        self.recorder = Recorder::resume(&self.folder, time.control_period, time.report_every, &saved.recorder)?;
        self.resume_tape(kept)?;
        self.metric = None;
        Ok(checkpoint::prune(self.folder.path(), mark.step)?)
    }

    /// Where the loop stands, as both sides name it.
    fn mark(&self) -> Mark {
        let position = self.session.position();
        Mark { step: position.control_steps, trace: position.trace }
    }

    /// Passes on what the link has to say, and shows those who look on where the world is.
    fn tell(&mut self, progress: &mut dyn Progress) {
        let Some(remote) = &self.remote else { return };
        for note in remote.publish(self.session.position().control_steps, || self.scene()) {
            progress.note(&note);
        }
    }

    /// What there is to see of the world.
    fn scene(&self) -> Scene {
        moment::scene(self.session.environment(), &self.robot, self.session.position())
    }

    fn checkpoint(&mut self, wall: Duration) -> Result<(), RunError> {
        let mark = self.mark();
        let mode = self.remote.as_ref().map(RemoteBrain::mode);
        if mode != Some(Mode::RealTime) {
            let name = if mode.is_some() { checkpoint::name_of(mark.step) } else { CHECKPOINT.into() };
            let recording = self.tape.as_mut().map(|tape| tape.mark(&self.session)).transpose()?;
            let saved = Saved {
                recorder: self.recorder.save(recording)?,
                wall_s: (self.wall_before + wall).as_secs_f64(),
                ..Saved::new(&self.loaded, &mark, self.session.save()?)
            };
            if mode.is_none() {
                // Before the checkpoint, which must find them.
                self.maps.latest = self.session.controller().maps();
                self.write_maps()?;
            }
            checkpoint::write(&self.folder.file(&name), &saved)?;
        }
        let Some(remote) = &self.remote else { return Ok(()) };
        let maps = remote.checkpoint(&mark)?;
        self.kept = maps.is_some();
        if let Some(maps) = maps {
            let maps = read_maps(&maps).inspect_err(|error| remote.dismiss(&error.to_string()))?;
            if mark.is_start() {
                self.maps.start = maps
            } else {
                self.maps.latest = maps
            }
            self.write_maps()?;
        }
        if mode == Some(Mode::Lockstep) {
            checkpoint::prune(self.folder.path(), mark.step)?;
        }
        Ok(())
    }

    fn write_config(&self) -> Result<(), FolderError> {
        folder::replace(&self.folder.file(CONFIG), self.loaded.render().as_bytes())
    }

    fn write_maps(&self) -> Result<(), FolderError> {
        let text = serde_json::to_vec(&self.maps).map_err(|e| FolderError::new(self.folder.path(), e.to_string()))?;
        folder::replace(&self.folder.file(MAPS), &text)
    }

    fn summary(&self, outcome: Outcome, wall: Duration) -> Summary {
        let scenario = &self.loaded.scenario;
        let (position, task) = (self.session.position(), self.session.environment().task());
        let simulated = Nanos(position.control_steps * scenario.time.control_period.0);
        let simulated_s = simulated.as_secs_f64();
        let wall_s = wall.as_secs_f64();
        Summary {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            controller: self.remote.as_ref().and_then(RemoteBrain::stranger).unwrap_or(&scenario.controller.kind).into(),
            substrate: scenario.substrate.kind.clone(),
            transport: match self.remote.as_ref().map(RemoteBrain::mode) {
                None => "in-process".into(),
                Some(Mode::Lockstep) => "zenoh lockstep".into(),
                Some(Mode::RealTime) => "zenoh real-time".into(),
            },
            real_time: self.remote.as_ref().and_then(RemoteBrain::report),
            finished: outcome == Outcome::Finished,
            task_over: task.is_over(),
            simulated_s,
            wall_s,
            real_time_factor: if wall_s > 0.0 { simulated_s / wall_s } else { 0.0 },
            control_steps: position.control_steps,
            trace_hash: position.trace.to_string(),
            metrics: self.recorder.metrics(task.tallies(), &task.figures()),
            neurobench: self
                .session
                .controller()
                .neurobench()
                .map(|figures| NeuroBench { execution_rate: Some(1e9 / scenario.time.control_period.0 as f64), ..figures }),
            account: self
                .session
                .controller()
                .running()
                .and_then(|network| Account::of(network, self.session.controller().on_host(), simulated)),
            events_dropped: self.session.environment().time_step().observation.dropped_events(),
            version: crate::VERSION.into(),
            git: crate::GIT.into(),
        }
    }

    /// The scenario.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The recording that a checkpoint knows of, seen to be as it was written up to there; nothing is changed yet.
fn kept_recording(folder: &RunFolder, saved: &Saved) -> Result<Option<Kept>, RunError> {
    let mark = Recorder::recording_in(folder, &saved.recorder)?;
    Ok(mark.map(|mark| Kept::check(&folder.file(RECORDING), mark)).transpose()?)
}

/// What a run is made of.
struct Parts {
    loaded: Loaded,
    robot: RobotSpec,
    assembly: Assembly,
    remote: Option<RemoteBrain>,
}

impl Parts {
    fn new(registry: &Registry, loaded: Loaded, assembly: Assembly, remote: Option<RemoteBrain>) -> Result<Parts, RunError> {
        let robot = loaded.robot(registry)?;
        Ok(Parts { loaded, robot, assembly, remote })
    }
}

/// When, and at which control step, a session of a run began.
struct Started {
    at: Instant,
    step: u64,
}

pub(super) fn mismatch(folder: &Path, why: &str) -> RunError {
    RunError::Mismatch { folder: folder.display().to_string(), why: why.into() }
}

/// The scenario of an earlier run, as its folder has it.
pub fn scenario_of(registry: &Registry, folder: &Path, settings: &[String]) -> Result<Loaded, ScenarioError> {
    Loaded::find(registry, &folder.join(CONFIG).display().to_string(), settings)
}

/// The folder of an earlier run of `scenario`, and what it ran; nothing is changed.
pub(super) fn reopen(
    registry: &Arc<Registry>,
    path: &Path,
    scenario: &str,
    duration: Option<Nanos>,
) -> Result<(RunFolder, Loaded), RunError> {
    let folder = RunFolder::open(path)?;
    let settings: Vec<String> = duration.iter().map(|duration| format!("time.duration={duration}")).collect();
    let loaded = scenario_of(registry, path, &settings)?;
    if loaded.scenario.name != scenario {
        return Err(mismatch(path, &format!("this is a run of {:?}, not of {scenario:?}", loaded.scenario.name)));
    }
    Ok((folder, loaded))
}

/// Refuses to start again where a checkpoint must have been.
fn refuse_lost_checkpoint(folder: &RunFolder, loaded: &Loaded) -> Result<(), RunError> {
    let time = &loaded.scenario.time;
    let recorded = std::fs::metadata(folder.file(REWARDS)).map_or(0, |file| file.len() / 4);
    if folder.file(SUMMARY).exists() || recorded > time.checkpoint_every.0 / time.control_period.0 + 1 {
        let why = "it has no checkpoint (a run in real time never has one), and starting again would destroy what it recorded";
        return Err(mismatch(folder.path(), why));
    }
    Ok(())
}

/// Reads a checkpoint that must have been made under this very scenario, by this very version.
pub(crate) fn read_checkpoint(file: &Path, loaded: &Loaded, folder: &Path) -> Result<Saved, RunError> {
    let saved = checkpoint::read(file)?;
    if saved.version != crate::VERSION {
        let why = format!("its checkpoint is of version {}, this program is {}", saved.version, crate::VERSION);
        return Err(mismatch(folder, &why));
    }
    if saved.scenario != loaded.scenario.name {
        let why = format!("its checkpoint is of {:?}, its {CONFIG} of {:?}", saved.scenario, loaded.scenario.name);
        return Err(mismatch(folder, &why));
    }
    if saved.config != checkpoint::config_digest(loaded) {
        let why = format!("its {CONFIG} isn't the one that its checkpoint was made under (only time.duration may change)");
        return Err(mismatch(folder, &why));
    }
    Ok(saved)
}

/// The maps that a brain sent, if it has any.
fn read_maps(text: &str) -> Result<Vec<Map>, RunError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let fail = |why: String| RunError::Brain(LinkError::Gone(format!("the brain's maps can't be read: {why}")));
    let maps: Vec<Map> = serde_json::from_str(text).map_err(|e| fail(e.to_string()))?;
    for map in &maps {
        let ([columns, rows], found) = (map.size, map.vectors.len());
        if columns.checked_mul(rows) != Some(found) {
            return Err(fail(format!("{:?}: expected vectors for {columns} x {rows} cells, found {found}", map.name)));
        }
        if !map.vectors.iter().flatten().all(|value| value.is_finite()) {
            return Err(fail(format!("{:?}: expected finite numbers", map.name)));
        }
    }
    Ok(maps)
}

fn tallies_name(session: &Session) -> Option<String> {
    session.environment().task().tallies().first().map(|tally| tally.name.clone())
}

/// Writes down the donor of a controller's rewards so that `config.toml` stands alone: its path as seen from the run folder, and its trace hash.
pub(super) fn pin_donor(loaded: &mut Loaded, run_folder: &Path) -> Result<(), RunError> {
    let Some((donor, mut hash)) = loaded.donor() else { return Ok(()) };
    if hash.is_empty() {
        let section = format!("controller.{}", loaded.scenario.controller.kind);
        let refused = |why: String| ConfigError::refused(loaded.node(), &section, why);
        hash = crate::controls::donor_summary(&donor).map_err(refused)?.trace_hash;
    }
    let absolute = |path: &Path| std::path::absolute(path).map_err(|e| FolderError::new(path, e.to_string()));
    let (donor, run_folder) = (folder::plain(&absolute(&donor)?), folder::plain(&absolute(run_folder)?));
    let sibling = donor.parent() == run_folder.parent();
    let path = match donor.file_name().filter(|_| sibling) {
        Some(name) => Path::new("..").join(name),
        None => donor,
    };
    loaded.set_donor(&path.display().to_string(), &hash, &run_folder);
    Ok(())
}
