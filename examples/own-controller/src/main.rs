//! The `embody` command line with a controller of one's own: `cargo run --release -p own-controller -- run reaching --controller centring`.

mod centring;

use std::process::ExitCode;

use centring::{Centring, CentringSettings};
use embody_scenarios::Registry;

fn main() -> ExitCode {
    let mut registry = Registry::default();
    registry.controller("centring", "heads from where the events are to the image's centre", |s: &CentringSettings, c| {
        Centring::new(s, &c.around).map_err(|e| e.to_string())
    });
    embody_scenarios::main(registry)
}
