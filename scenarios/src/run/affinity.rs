//! Keeping two processes that take turns to one processor.
//!
//! In lockstep either world or brain computes, never both. On one processor the other side is woken by a switch of context; on two,
//! each message must wake an idle processor first, which takes longer than the message itself.

use rustix::thread::{CpuSet, Pid, sched_getcpu, sched_setaffinity};

/// The machine since its last start: processes with the same can share a processor. Empty where it isn't known.
pub fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// The processor that this thread is on.
pub fn here() -> Option<u32> {
    u32::try_from(sched_getcpu()).ok()
}

/// Keeps all threads of this process, and those that they start, to one processor; whether that could be done.
pub fn keep_to(cpu: u32) -> bool {
    let cpu = cpu as usize;
    if cpu >= CpuSet::MAX_CPU {
        return false;
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return sched_setaffinity(None, &set).is_ok() };
    let ids = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok().and_then(Pid::from_raw));
    // A thread that has ended meanwhile needs no processor.
    ids.map(|id| sched_setaffinity(Some(id), &set).is_ok()).fold(false, |any, done| any | done)
}
