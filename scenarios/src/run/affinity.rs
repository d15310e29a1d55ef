//! Where threads run, and before whom.
//!
//! In lockstep either world or brain computes, never both. On one processor the other side is woken by a switch of context; on two,
//! each message must wake an idle processor first, which takes longer than the message itself. In real time they go before others, if the system allows that.

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// The machine since its last start: processes with the same can share a processor. Empty where it isn't known.
pub fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// The processor that this thread is on.
pub fn here() -> Option<u32> {
    u32::try_from(sched_getcpu()).ok()
}

/// The processors that this process may use.
#[derive(Clone)]
pub struct Processors(CpuSet);

impl Processors {
    /// Those of this thread.
    pub fn now() -> Option<Processors> {
        sched_getaffinity(None).ok().map(Processors)
    }

    /// One alone.
    pub fn only(cpu: u32) -> Option<Processors> {
        let cpu = cpu as usize;
        let mut set = CpuSet::new();
        (cpu < CpuSet::MAX_CPU).then(|| set.set(cpu))?;
        Some(Processors(set))
    }

    /// Keeps all threads of this process, and those that they start, to these; whether that could be done.
    pub fn keep(&self) -> bool {
        threads().map(|id| sched_setaffinity(Some(id), &self.0).is_ok()).fold(false, |any, done| any | done)
    }
}

/// The threads of this process; one that has ended meanwhile does no harm.
fn threads() -> impl Iterator<Item = Pid> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
}

/// Lets all threads of this process, and those that they start, go before those of others; whether the system allows that.
pub fn hurry() -> bool {
    // On Linux the priority of a "process" is that of one thread.
    threads().map(|id| setpriority_process(Some(id), FIRST).is_ok()).fold(false, |any, done| any | done)
}

/// The highest priority of ordinary threads.
const FIRST: i32 = -20;

/// Keeps this process to one processor; whether that could be done.
pub fn keep_to(cpu: u32) -> bool {
    Processors::only(cpu).is_some_and(|only| only.keep())
}
