//! Recording a run: what the loop does, and the thread that writes.
//!
//! The loop copies what it has into a [`Block`], and nothing else; a thread of its own makes messages of it, compresses and writes them. There are
//! [`BLOCKS`] blocks: where the disk can't keep up, the loop waits for one, and memory stays bounded. What is in it is the same however
//! fast either is.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use embody_controllers::telemetry::Activity;
use embody_robots::robot::RobotSpec;

use super::block::{Block, SPAN};
use super::container::{Kept, Mark, Writer};
use super::sampler::Sampler;
use super::topics::{RUN_CHANNEL, Topics};
use super::transcribe::Transcriber;
use super::{RecordingError, RunInfo, message};
use crate::run::{Record, Session};
use crate::scenario::Loaded;

/// Frames a simulated second, as far as the control period allows.
pub const FRAMES_PER_SECOND: u64 = 25;

/// Frames from one view to the next: images and what goes on in the brain are large, and their changes are in events and spikes.
pub const FRAMES_PER_VIEW: u64 = 5;

/// Blocks in all, at most: one that the loop fills, one that is written, and those in between, of which few are needed where the thread that
/// writes has a processor.
const BLOCKS: usize = 8;

/// What the loop asks of the thread.
enum Order {
    Write(Block),
    /// Says where the file ends once all before is written.
    Mark(Sender<Mark>),
    /// The same, with a summary at the end of the file.
    End(Sender<Mark>),
}

/// A run that is being recorded.
pub struct Tape {
    path: PathBuf,
    sampler: Sampler,
    block: Block,
    /// Control steps before the block, and how many one may have.
    begin: u64,
    steps_per_block: u64,
    steps_per_frame: u64,
    steps_per_view: u64,
    /// What a frame and a view take.
    bytes: [usize; 2],
    activities: Vec<Activity>,
    orders: Option<SyncSender<Order>>,
    empty: Receiver<Block>,
    blocks: usize,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Tape {
    /// Begins a recording of a run that is at its start, into a file that isn't there yet.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn create(path: &Path, loaded: &Loaded, session: &mut Session, robot: &RobotSpec) -> Result<Tape, RecordingError> {
        let sampler = Sampler::new(session, robot);
        let info = info(loaded, session, &sampler);
        let fail = |error| RecordingError::file(path, error);
        let topics = Topics::of(&info);
        let mut writer = Writer::create(path, topics.described().map_err(fail)?).map_err(fail)?;
        writer.message(RUN_CHANNEL, 0, |out| message::run::encode(out, &info));
        writer.end_chunk().map_err(fail)?;
        Tape::start(path, &info, topics, writer, sampler, session)
    }

    /// Goes on with the recording of a run that was brought back to the mark up to which it is `kept`.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn resume(
        path: &Path,
        loaded: &Loaded,
        session: &mut Session,
        robot: &RobotSpec,
        kept: Kept,
    ) -> Result<Tape, RecordingError> {
        let sampler = Sampler::new(session, robot);
        let info = info(loaded, session, &sampler);
        let topics = Topics::of(&info);
        let fail = |error| RecordingError::file(path, error);
        let writer = Writer::resume(kept, topics.described().map_err(fail)?).map_err(fail)?;
        Tape::start(path, &info, topics, writer, sampler, session)
    }

    fn start(
        path: &Path,
        info: &RunInfo,
        topics: Topics,
        writer: Writer,
        sampler: Sampler,
        session: &mut Session,
    ) -> Result<Tape, RecordingError> {
        session.watch(true);
        let (orders, todo) = sync_channel(BLOCKS);
        let (back, empty) = channel();
        let transcriber = Transcriber::new(info, topics);
        let thread = std::thread::Builder::new().name("recording".into());
        let thread = thread.spawn(move || write(&todo, &back, writer, &transcriber));
        let thread = thread.map_err(|error| RecordingError::file(path, error))?;
        Ok(Tape {
            path: path.into(),
            bytes: sampler.bytes(session.environment().body()),
            sampler,
            block: Block::default(),
            begin: session.position().control_steps,
            steps_per_block: (SPAN.0 / info.control_period.0).max(1),
            steps_per_frame: info.steps_per_frame,
            steps_per_view: info.steps_per_view,
            activities: Vec::new(),
            orders: Some(orders),
            empty,
            blocks: 1,
            thread: Some(thread),
        })
    }

    /// Takes a step record; `control_step` is how many control steps there were before.
    pub fn record(&mut self, record: &Record<'_>, control_step: u64) {
        self.block.step(record.bytes, control_step + u64::from(record.action.is_some()));
    }

    /// Takes what else there is to see at the end of a control step.
    ///
    /// # Errors
    /// If what was taken earlier can't be written.
    pub fn look(&mut self, session: &Session) -> Result<(), RecordingError> {
        session.controller().activity(&mut self.activities);
        self.block.spikes(&self.activities);
        let done = session.position().control_steps;
        // Every block can be looked at without the one before.
        let is_due = |every: u64| done == self.begin + 1 || (done - 1).is_multiple_of(every);
        if is_due(self.steps_per_frame) {
            self.sampler.frame(session, self.block.frames.next());
        }
        if is_due(self.steps_per_view) {
            self.sampler.view(session, done == self.begin + 1, self.block.views.next());
        }
        if done - self.begin >= self.steps_per_block || self.block.is_full(self.bytes) {
            self.hand_over(done)?;
        }
        Ok(())
    }

    /// Writes all that was taken, and says where the file then ends with a whole chunk.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn mark(&mut self, session: &Session) -> Result<Mark, RecordingError> {
        self.settle(session, Order::Mark)
    }

    /// The same, and ends the file. The recording can go on all the same.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn end(&mut self, session: &Session) -> Result<Mark, RecordingError> {
        self.settle(session, Order::End)
    }

    fn settle(&mut self, session: &Session, order: fn(Sender<Mark>) -> Order) -> Result<Mark, RecordingError> {
        if !self.block.is_empty() {
            self.hand_over(session.position().control_steps)?;
        }
        let (reply, answer) = channel();
        self.order(order(reply))?;
        answer.recv().map_err(|_| self.failure())
    }

    fn hand_over(&mut self, done: u64) -> Result<(), RecordingError> {
        self.begin = done;
        let empty = match self.empty.try_recv() {
            Ok(empty) => empty,
            Err(_) if self.blocks < BLOCKS => {
                self.blocks += 1;
                Block::default()
            }
            Err(_) => self.empty.recv().map_err(|_| self.failure())?,
        };
        let full = std::mem::replace(&mut self.block, empty);
        self.order(Order::Write(full))
    }

    fn order(&mut self, order: Order) -> Result<(), RecordingError> {
        let sent = self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok());
        if sent { Ok(()) } else { Err(self.failure()) }
    }

    /// Why the thread has ended.
    fn failure(&mut self) -> RecordingError {
        self.orders = None;
        let why = match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(_)) => "the thread that writes it ended in a panic".into(),
            Some(Ok(Ok(()))) | None => "it can't be written any more".into(),
        };
        RecordingError::file(&self.path, why)
    }
}

impl Drop for Tape {
    /// Waits until what was handed over is written: nobody else may touch the file before.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // Whether it could be written mattered to whoever asked for a mark.
            let _ = thread.join();
        }
    }
}

/// The thread that writes. Where the loop is gone nobody waits for an answer, and none is missed.
fn write(todo: &Receiver<Order>, back: &Sender<Block>, mut writer: Writer, transcriber: &Transcriber) -> std::io::Result<()> {
    for order in todo {
        match order {
            Order::Write(mut block) => {
                transcriber.write(&block, &mut writer)?;
                writer.end_chunk()?;
                block.clear();
                let _ = back.send(block);
            }
            Order::Mark(reply) => {
                let _ = reply.send(writer.end_chunk()?);
            }
            Order::End(reply) => {
                writer.end()?;
                let _ = reply.send(writer.end_chunk()?);
            }
        }
    }
    Ok(())
}

fn info(loaded: &Loaded, session: &Session, sampler: &Sampler) -> RunInfo {
    let (scenario, body) = (&loaded.scenario, session.environment().body());
    let steps_per_frame = (1_000_000_000 / FRAMES_PER_SECOND / scenario.time.control_period.0).max(1);
    RunInfo {
        scenario: scenario.name.clone(),
        seed: scenario.seed,
        version: crate::VERSION.into(),
        git: crate::GIT.into(),
        config: loaded.render(),
        control_period: scenario.time.control_period,
        neural_tick: scenario.time.neural_tick,
        steps_per_frame,
        steps_per_view: steps_per_frame * FRAMES_PER_VIEW,
        observation: body.observation_spec().clone(),
        action: body.action_spec().clone(),
        cameras: sampler.cameras().to_vec(),
    }
}
