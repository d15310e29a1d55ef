//! SIGINT and SIGTERM ask a run to stop: it then writes its checkpoint and ends cleanly. A second one ends at once.
//! SIGXFSZ, which would end it without a word, is left to the error of the write that was too long.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

/// A flag that the signals set.
pub fn stop_flag() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Registered first, so that it sees the flag as the signal before left it.
        flag::register_conditional_shutdown(signal, 130, stop.clone())?;
        flag::register(signal, stop.clone())?;
    }
    Ok(stop)
}

/// Lets a write beyond the file size limit fail with an error.
pub fn survive_full_files() -> std::io::Result<()> {
    // Any handler will do: the write then gives EFBIG.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}
