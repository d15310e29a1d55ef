//! A short recording to begin with: an arm of two joints with two cameras and a network.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use embody_scenarios::recording::Tape;
use embody_scenarios::run::Session;
use embody_scenarios::{Loaded, Registry};

/// Control steps of it.
const STEPS: u64 = 12;

static SAMPLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    record(&folder.path().join("recording.mcap")).expect("a scenario of the library can be recorded")
});

/// The bytes of a whole recording.
pub fn sample() -> &'static [u8] {
    &SAMPLE
}

fn record(path: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let registry = Arc::new(Registry::default());
    let loaded = Loaded::find(&registry, "arm2-reaching", &[])?;
    let robot = loaded.robot(&registry)?;
    let mut session = Session::new(loaded.assemble(&registry)?, loaded.scenario.seed);
    let mut tape = Tape::create(path, &loaded, &mut session, &robot)?;
    for done in 0..STEPS {
        session.advance(|record| tape.record(record, done))?;
        tape.look(&session)?;
    }
    tape.end(&session)?;
    drop(tape);
    Ok(std::fs::read(path)?)
}
