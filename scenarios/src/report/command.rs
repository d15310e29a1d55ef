//! The command that makes a run or a study again: by the name of its scenario where a few options say all of it, else by its file.

use std::path::Path;

use crate::registry::Registry;
use crate::run::folder::CONFIG;
use crate::scenario::Loaded;
use crate::study::SCENARIO;

/// Of a run in a folder, whose world and brain were joined as its summary tells.
pub fn of_run(registry: &Registry, loaded: &Loaded, folder: &Path, transport: &str) -> String {
    let (what, joined) = match transport {
        "zenoh real-time" => ("world", " --real-time"),
        "zenoh lockstep" => ("run", " --transport zenoh"),
        _ => ("run", ""),
    };
    let scenario = &loaded.scenario;
    let settings = [
        ("--time ", "time.duration=", scenario.time.duration.to_string()),
        ("--seed ", "seed=", scenario.seed.to_string()),
        ("--controller ", "controller.kind=", scenario.controller.kind.clone()),
    ];
    let short = short(registry, loaded, what, &settings);
    short.unwrap_or_else(|| format!("embody {what} {}", quoted(&folder.join(CONFIG)))) + joined
}

/// Of a study in a folder.
pub fn of_study(registry: &Registry, loaded: &Loaded, folder: &Path, seeds: usize) -> String {
    let settings = [("--time ", "time.duration=", loaded.scenario.time.duration.to_string())];
    let study = short(registry, loaded, "study", &settings);
    let study = study.unwrap_or_else(|| format!("embody study {}", quoted(&folder.join(SCENARIO))));
    format!("{study} --seeds {seeds}")
}

/// The scenario of the library with as few of the settings as make it equal; none if all of them don't.
fn short(registry: &Registry, loaded: &Loaded, what: &str, settings: &[(&str, &str, String)]) -> Option<String> {
    let name = &loaded.scenario.name;
    let resolved = |settings: &[String]| Loaded::find(registry, name, settings).ok().map(|found| found.render());
    let plain = Loaded::find(registry, name, &[]).ok()?;
    let mut command = format!("embody {what} {name}");
    let mut all = Vec::new();
    let defaults =
        [plain.scenario.time.duration.to_string(), plain.scenario.seed.to_string(), plain.scenario.controller.kind.clone()];
    for ((option, key, value), default) in settings.iter().zip(defaults) {
        all.push(format!("{key}{value}"));
        if *value != default {
            command += &format!(" {option}{value}");
        }
    }
    (resolved(&all)? == loaded.render()).then_some(command)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_pasted() {
        assert_eq!(quoted(Path::new("runs/a-1")), "runs/a-1");
        assert_eq!(quoted(Path::new("my runs/it's")), r"'my runs/it'\''s'");
    }
}
