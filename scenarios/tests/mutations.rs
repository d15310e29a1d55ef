//! Whatever stands in a scenario file: it is built, or refused by an error that names the file. Nothing panics, hangs or eats the memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use embody_scenarios::{Loaded, Registry};
use proptest::prelude::*;

/// A change to a text; places are counted modulo its length.
#[derive(Clone, Debug)]
enum Edit {
    Delete { at: usize, length: usize },
    Insert { at: usize, text: String },
    SwapLines { a: usize, b: usize },
    RepeatLine { at: usize },
    DeleteLine { at: usize },
    Number { at: usize, number: &'static str },
    Unit { at: usize, unit: &'static str },
}

const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "3",
    "1e9",
    "-1e300",
    "1e-300",
    "255",
    "65535",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "nan",
    "inf",
    "0.1",
    "\"7\"",
];

const UNITS: [&str; 8] = ["ns", "us", "ms", "s", "h", "min", "", " parsecs"];

fn edit() -> impl Strategy<Value = Edit> {
    let at = 0usize..1 << 20;
    prop_oneof![
        1 => (at.clone(), 1usize..12).prop_map(|(at, length)| Edit::Delete { at, length }),
        1 => (at.clone(), "[ -~\n]{1,3}|[\\PC]{1,2}|\\[\\[|\"\"\"|\u{0}").prop_map(|(at, text)| Edit::Insert { at, text }),
        1 => (at.clone(), at.clone()).prop_map(|(a, b)| Edit::SwapLines { a, b }),
        1 => at.clone().prop_map(|at| Edit::RepeatLine { at }),
        1 => at.clone().prop_map(|at| Edit::DeleteLine { at }),
        4 => (at.clone(), prop::sample::select(&NUMBERS[..])).prop_map(|(at, number)| Edit::Number { at, number }),
        1 => (at, prop::sample::select(&UNITS[..])).prop_map(|(at, unit)| Edit::Unit { at, unit }),
    ]
}

/// The byte ranges of the runs of characters that `of` accepts.
fn runs(text: &str, of: impl Fn(char) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| of(*c)) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += c.len_utf8(),
            _ => runs.push(at..at + c.len_utf8()),
        }
    }
    runs
}

fn apply(edit: &Edit, text: &mut String) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let floor = |at: usize| (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let count = lines.len().max(1);
    match edit {
        Edit::Delete { at, length } => {
            let start = floor(*at);
            let end = floor((start + length).min(text.len()));
            return text.replace_range(start..end.max(start), "");
        }
        Edit::Insert { at, text: new } => {
            let at = floor(*at);
            return text.insert_str(at, new);
        }
        Edit::Number { at, number } => {
            let numbers = runs(text, |c| c.is_ascii_digit() || c == '.');
            if let Some(run) = numbers.get(at % numbers.len().max(1)) {
                text.replace_range(run.clone(), number);
            }
            return;
        }
        Edit::Unit { at, unit } => {
            let numbers = runs(text, |c| c.is_ascii_digit());
            if let Some(run) = numbers.get(at % numbers.len().max(1)) {
                let letters = text[run.end..].find(|c: char| !c.is_ascii_lowercase()).unwrap_or(0);
                text.replace_range(run.end..run.end + letters, unit);
            }
            return;
        }
        Edit::SwapLines { a, b } if !lines.is_empty() => lines.swap(a % count, b % count),
        Edit::RepeatLine { at } if !lines.is_empty() => lines.insert(at % count, lines[at % count].clone()),
        Edit::DeleteLine { at } if !lines.is_empty() => drop(lines.remove(at % count)),
        _ => (),
    }
    *text = lines.join("\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutilated_scenario_is_built_or_refused_by_name(s in any::<bool>(), edits in prop::collection::vec(edit(), 1..4)) {
        let name = if s { "reaching-s" } else { "reaching" };
        let mut text = std::fs::read_to_string(format!("{}/library/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        edits.iter().for_each(|edit| apply(edit, &mut text));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mutant.toml").display().to_string();
        std::fs::write(&path, &text).unwrap();
        let registry = Arc::new(Registry::default());
        let start = Instant::now();
        match Loaded::find(&registry, &path, &[]) {
            Err(error) => prop_assert!(error.to_string().contains("mutant.toml"), "{error}"),
            Ok(loaded) => {
                let mut same = loaded.render();
                std::fs::write(&path, &same).unwrap();
                let again = Loaded::find(&registry, &path, &[]).unwrap();
                prop_assert!(again.render() == same && again.scenario == loaded.scenario, "it resolves to itself");
                if let Err(error) = loaded.assemble(&registry) {
                    same.clear();
                    prop_assert!(error.to_string().contains("mutant.toml"), "{error}");
                }
            }
        }
        prop_assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
    }
}
