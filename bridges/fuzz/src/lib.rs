//! What a fuzzer calls: every decoder of the protocol, and the readers of robots and meshes, on the same bytes.
//!
//! Whatever the bytes, none may panic; what one accepts must decode again, from its own encoding where it has one, to the same. The first byte
//! chooses the decoder, so that a fuzzer can work on one at a time.

use embody_bridges::protocol::handshake::{Attach, Description, Verdict};
use embody_bridges::protocol::messages::{ToBrain, ToWorld, session_of};
use embody_bridges::protocol::scene::Scene;
use embody_bridges::protocol::telemetry;
use embody_bridges::{decode_action, decode_observation, decode_step};
use embody_robots::{ActionField, ActionSpec, FieldKind, ObservationField, ObservationSpec, file, mesh, wire};

/// How many decoders there are.
pub const DECODERS: u8 = if cfg!(feature = "nir") { 13 } else { 12 };

/// The specs that messages are decoded with: dense values and events.
pub fn specs() -> (ObservationSpec, ActionSpec) {
    let dense = FieldKind::Dense { shape: vec![3], unit: "rad".into(), bounds: [-4.0, 4.0] };
    let events = FieldKind::Events { width: 16, height: 8, max_events: 32 };
    let field = |name: &str, kind| ObservationField { name: name.into(), kind };
    let velocity = ActionField { name: "velocity".into(), size: 2, unit: "m/s".into(), bounds: [-2.0, 2.0] };
    (ObservationSpec { fields: vec![field("joints", dense), field("camera", events)] }, ActionSpec { fields: vec![velocity] })
}

/// Gives the bytes behind the first one to the decoder that the first one chooses; whether it accepted them.
pub fn decode(data: &[u8]) -> bool {
    let Some((choice, bytes)) = data.split_first() else { return false };
    let (observation, action) = specs();
    let again = |encode: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        encode(&mut out);
        out
    };
    match choice % DECODERS {
        0 => Description::decode(bytes)
            .map(|found| assert_eq!(Description::decode(&again(&|out| found.encode(out))).as_ref(), Ok(&found)))
            .is_ok(),
        1 => Attach::decode(bytes)
            .map(|found| assert_eq!(Attach::decode(&again(&|out| found.encode(out))).as_ref(), Ok(&found)))
            .is_ok(),
        2 => Verdict::decode(bytes).map(|found| assert_eq!(again(&|out| found.encode(out)), bytes)).is_ok(),
        3 => ToBrain::decode(bytes, &observation)
            .map(|found| assert_eq!(ToBrain::decode(&again(&|out| found.encode(out)), &observation).as_ref(), Ok(&found)))
            .is_ok(),
        4 => ToWorld::decode(bytes, &action).map(|found| assert_eq!(again(&|out| found.encode(out)), bytes)).is_ok(),
        5 => Scene::decode(bytes, &observation).map(|found| assert_eq!(again(&|out| found.encode(out)), bytes)).is_ok(),
        6 => telemetry::decode(bytes)
            .map(|(time, found)| assert_eq!(again(&|out| telemetry::encode(out, time, &found)), bytes))
            .is_ok(),
        7 => decode_step(bytes, &observation, &action)
            .map(|found| {
                let encode = |out: &mut Vec<u8>| wire::encode_step(out, found.index, &found.step, found.action.as_ref());
                assert_eq!(again(&encode), bytes);
            })
            .is_ok(),
        8 => decode_observation(bytes, &observation)
            .map(|found| assert_eq!(again(&|out| wire::encode_observation(out, &found)), bytes))
            .is_ok(),
        10 => {
            let described = file::parse(&String::from_utf8_lossy(bytes), "a.xml");
            described
                .map(|mut described| {
                    assert!(!file::summary(&described).is_empty());
                    // No root: whatever mesh it names is refused.
                    let _ = described.prepare(&mesh::Roots::default());
                })
                .is_ok()
        }
        11 => {
            let endings = ["stl", "obj", "dae"];
            endings.map(|ending| mesh::parse(bytes.to_vec(), ending, "a").is_ok()).contains(&true)
        }
        #[cfg(feature = "nir")]
        12 => nir(bytes),
        _ => {
            let _ = session_of(bytes);
            decode_action(bytes, &action).map(|found| assert_eq!(again(&|out| wire::encode_action(out, &found)), bytes)).is_ok()
        }
    }
}

/// Reads a NIR file, and does with its graph whatever can be done.
#[cfg(feature = "nir")]
fn nir(bytes: &[u8]) -> bool {
    use embody_bridges::nir::{
        Discretisation, Document, ImportSettings, InputKind, Integration, Interpreter, Limits, Reset, check, import, info,
    };
    let limits = Limits { values: 1 << 18, ..Limits::default() };
    let Ok(document) = Document::read(bytes.to_vec(), &limits) else { return false };
    let report = check(&document.graph);
    assert!(!info(&document).is_empty());
    if let Ok(written) = document.write() {
        // As text, because a number that is none doesn't equal itself.
        let again = Document::read(written, &limits).map(|again| format!("{again:?}"));
        assert_eq!(again, Ok(format!("{document:?}")));
    }
    let discretisation = Discretisation { dt_s: 1e-4, integration: Integration::Euler, reset: Reset::Subtract };
    if let Ok(mut interpreter) = Interpreter::new(&document.graph, &discretisation, &limits) {
        assert!(report.errors.is_empty());
        let input = vec![1.0; interpreter.channels()];
        assert_eq!(interpreter.step(&input), Ok(()));
    }
    let _ = import(&document.graph, &ImportSettings { discretisation, inputs: InputKind::Analogue, limits });
    true
}
