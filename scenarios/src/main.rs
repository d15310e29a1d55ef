//! The `embody` command line with the built-in parts.

use std::process::ExitCode;

fn main() -> ExitCode {
    embody_scenarios::main(embody_scenarios::Registry::default())
}
