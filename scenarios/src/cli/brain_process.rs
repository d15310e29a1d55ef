//! The brain that `embody run --transport zenoh` starts as a process of its own.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Failure;
use crate::run::folder::CONFIG;
use crate::run::remote::Summon;

/// How often a brain that dies is started again.
const MOST_STARTS: u32 = 5;

/// How long a brain has to end when its world does.
const PATIENCE: Duration = Duration::from_secs(10);

/// A brain process, started when it is needed.
pub struct BrainProcess {
    program: PathBuf,
    run: PathBuf,
    endpoint: String,
    pin: bool,
    child: Option<Child>,
    /// Whether the child has attached, so that its end is the loss of a brain and not a brain that can't begin.
    attached: bool,
    starts: u32,
}

impl BrainProcess {
    /// The brain of the run in `folder`, whose world listens on `endpoint`. It keeps its state in the folder `brain` there.
    pub fn new(folder: &Path, endpoint: &str, pin: bool) -> Result<BrainProcess, Failure> {
        let (run, endpoint) = (folder.to_owned(), endpoint.to_owned());
        Ok(BrainProcess { program: std::env::current_exe()?, run, endpoint, pin, child: None, attached: false, starts: 0 })
    }

    fn start(&mut self) -> Result<(), String> {
        if self.starts >= MOST_STARTS {
            return Err(format!("the brain's process ended {MOST_STARTS} times; its messages are above"));
        }
        self.starts += 1;
        self.attached = false;
        let own = self.run.join("brain");
        let mut command = Command::new(&self.program);
        command.arg("brain").arg(self.run.join(CONFIG)).args(["--quiet", "--connect", &self.endpoint]);
        command.arg(if own.join(CONFIG).exists() { "--resume" } else { "--out" }).arg(&own);
        if !self.pin {
            command.arg("--no-pin");
        }
        // A group of its own: Ctrl-C is for the world, which then ends the brain in good order.
        command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
        self.child = Some(command.spawn().map_err(|e| format!("{}: {e}", self.program.display()))?);
        Ok(())
    }
}

impl Summon for BrainProcess {
    fn attend(&mut self) -> Result<(), String> {
        if let Some(child) = &mut self.child {
            let Ok(Some(ended)) = child.try_wait() else { return Ok(()) };
            if !self.attached {
                return Err(format!("the brain's process ended before it attached ({ended}); its message is above"));
            }
        }
        self.start()
    }

    fn attached(&mut self) {
        self.attached = true;
    }
}

impl Drop for BrainProcess {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let start = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if start.elapsed() > PATIENCE {
                // It didn't take the hint; a brain without a world is of no use.
                let _ = child.kill();
                let _ = child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
