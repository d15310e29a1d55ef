//! What was measured on: a figure without its machine says nothing.

use std::fmt;

use embody_brain::numeric::Kernel;

/// The machine and the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Model of the processor, as it names itself.
    pub cpu: String,
    /// Threads that it runs at a time.
    pub threads: usize,
    /// Which compiled version of the kernels runs.
    pub kernel: Kernel,
}

impl Machine {
    /// This machine.
    pub fn here() -> Machine {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map(|(_, model)| model.trim());
        Machine {
            cpu: model.unwrap_or("unknown processor").into(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: Kernel::detect(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kernel = format!("{:?}", self.kernel).to_lowercase();
        write!(f, "{}, {} threads, kernel {kernel}, embody {} ({})", self.cpu, self.threads, crate::VERSION, crate::GIT)
    }
}
