//! What the author of a scenario is told, word by word, about everything that can be wrong with a text.

use std::collections::BTreeMap;

use embody_robots::nanos::Nanos;
use serde::Deserialize;

use super::{ConfigError, ErrorKind, Node, Origin};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    seed: Option<u64>,
    time: Time,
    task: Task,
    #[serde(default)]
    goals: Vec<Goal>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Time {
    control_period: Nanos,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Task {
    kind: Kind,
    reaching: Option<Reaching>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Reaching,
    LineFollowing,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Reaching {
    success_radius_m: f32,
    #[serde(default)]
    trials: u32,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Goal {
    at: [f64; 2],
    hold: Option<Shape>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Shape {
    Point,
    Disc(f64),
    Box { width_m: f64 },
    Pair(u8, u8),
}

const VALID: &str = r#"name = "reaching"
seed = 3

[time]
control_period = "20ms"

[task]
kind = "reaching"

[task.reaching]
success_radius_m = 0.1
trials = 4

[[goals]]
at = [0, 1.5]

[[goals]]
at = [2, 3]
hold = { box = { width_m = 1 } }
"#;

fn read(text: &str) -> Result<Scenario, ConfigError> {
    Node::parse(text, "reaching.toml")?.to()
}

/// The message for `VALID` with `old` replaced by `new`.
fn message(old: &str, new: &str) -> String {
    assert!(VALID.contains(old), "{old}");
    read(&VALID.replacen(old, new, 1)).unwrap_err().to_string()
}

#[test]
fn a_valid_text_is_read() {
    let scenario = read(VALID).unwrap();
    assert_eq!(scenario.time.control_period, Nanos::from_millis(20));
    assert_eq!(scenario.task.reaching, Some(Reaching { success_radius_m: 0.1, trials: 4 }));
    assert_eq!(scenario.goals[1], Goal { at: [2.0, 3.0], hold: Some(Shape::Box { width_m: 1.0 }) });
}

#[test]
fn unknown_keys_name_the_line_the_table_and_the_nearest_key() {
    assert_eq!(
        message("success_radius_m", "sucess_radius_m"),
        "reaching.toml:11: unknown key \"sucess_radius_m\" in [task.reaching]: did you mean \"success_radius_m\"? (known keys: success_radius_m, trials)"
    );
    assert_eq!(
        message("[task.reaching]", "[task.rolling]"),
        "reaching.toml:10: unknown key \"rolling\" in [task] (known keys: kind, reaching)"
    );
    assert_eq!(
        message("seed = 3", "\nsede = 3"),
        "reaching.toml:3: unknown key \"sede\" at the top level: did you mean \"seed\"? (known keys: name, seed, time, task, goals)"
    );
    assert_eq!(
        message("at = [2, 3]", "at = [2, 3]\nto = 1"),
        "reaching.toml:19: unknown key \"to\" in goals[1] (known keys: at, hold)"
    );
    assert_eq!(
        message("width_m = 1", "width_m = 1, widht_m = 2"),
        "reaching.toml:19: unknown key \"widht_m\" in goals[1].hold.box: did you mean \"width_m\"? (known keys: width_m)"
    );
}

#[test]
fn unknown_keys_are_structured() {
    let error = read(&VALID.replace("trials", "trails")).unwrap_err();
    assert_eq!(error.path.to_string(), "task.reaching.trails");
    assert_eq!(error.origin, Origin::File { file: "reaching.toml".into(), line: 12 });
    assert_eq!(
        *error.kind,
        ErrorKind::UnknownKey { nearest: Some("trials".into()), known: vec!["success_radius_m".into(), "trials".into()] }
    );
}

#[test]
fn missing_keys_name_the_table_and_its_line() {
    assert_eq!(message("success_radius_m = 0.1", ""), "reaching.toml:10: missing key \"success_radius_m\" in [task.reaching]");
    assert_eq!(message("name = \"reaching\"", ""), "reaching.toml:1: missing key \"name\" at the top level");
    assert_eq!(message("at = [2, 3]", ""), "reaching.toml:17: missing key \"at\" in goals[1]");
}

#[test]
fn wrong_types_name_the_key_what_belongs_there_and_what_was_found() {
    for (old, new, expected) in [
        (
            "\"20ms\"",
            "20",
            "reaching.toml:5: time.control_period: expected a duration with its unit, such as \"20ms\" or \"4h\", found integer 20",
        ),
        ("\"reaching\"", "[1]", "reaching.toml:1: name: expected a string, found an array"),
        ("0.1", "\"wide\"", "reaching.toml:11: task.reaching.success_radius_m: expected a number, found string \"wide\""),
        ("0.1", "true", "reaching.toml:11: task.reaching.success_radius_m: expected a number, found boolean true"),
        ("0.1", "nan", "reaching.toml:11: task.reaching.success_radius_m: expected a finite number, found float nan"),
        (
            "0.1",
            "1e39",
            "reaching.toml:11: task.reaching.success_radius_m: expected a finite number within the range of 32-bit floats, found float 1e39",
        ),
        (
            "trials = 4",
            "trials = 4.0",
            "reaching.toml:12: task.reaching.trials: expected a whole number from 0 to 4294967295, found float 4.0",
        ),
        (
            "trials = 4",
            "trials = -4",
            "reaching.toml:12: task.reaching.trials: expected a whole number from 0 to 4294967295, found integer -4",
        ),
        ("seed = 3", "seed = -1", "reaching.toml:2: seed: expected a whole number, zero or above, found integer -1"),
        (
            "seed = 3",
            "seed = 2026-01-31",
            "reaching.toml:2: seed: expected a whole number, zero or above, found the date or time 2026-01-31",
        ),
        ("[0, 1.5]", "[0, 1.5, 2]", "reaching.toml:15: goals[0].at: expected an array of length 2, found 3 values"),
        ("[0, 1.5]", "[0]", "reaching.toml:15: goals[0].at: expected an array of length 2, found 1 value"),
        ("[0, 1.5]", "[0,\n \"x\"]", "reaching.toml:16: goals[0].at[1]: expected a number, found string \"x\""),
        ("[task.reaching]", "reaching = 1\n[goals2]", "reaching.toml:10: task.reaching: expected a table, found integer 1"),
    ] {
        assert_eq!(message(old, new), expected);
    }
}

#[test]
fn a_types_own_reason_is_kept() {
    assert_eq!(
        message("\"20ms\"", "\"20\""),
        "reaching.toml:5: time.control_period: \"20\" is no duration: expected a number and a unit out of ns, us, ms, s, min, h, such as \"20ms\" or \"4h\" (the unit is missing)"
    );
}

#[test]
fn enums_are_names_or_tables_of_one_key() {
    assert_eq!(
        message("kind = \"reaching\"", "kind = \"reachin\""),
        "reaching.toml:8: task.kind: unknown value \"reachin\": did you mean \"reaching\"? (known values: reaching, line-following)"
    );
    assert_eq!(
        message("kind = \"reaching\"", "kind = 1"),
        "reaching.toml:8: task.kind: expected one of reaching, line-following, found integer 1"
    );
    let hold = |text: &str| message("{ box = { width_m = 1 } }", text);
    assert_eq!(
        hold("{ bax = 1 }"),
        "reaching.toml:19: goals[1].hold: unknown value \"bax\": did you mean \"box\"? (known values: point, disc, box, pair)"
    );
    assert_eq!(
        hold("{}"),
        "reaching.toml:19: goals[1].hold: expected a table with one key out of point, disc, box, pair, found a table"
    );
    assert_eq!(
        hold("\"disc\""),
        "reaching.toml:19: goals[1].hold: expected a table with this name as its key, found a name without a table"
    );
    assert_eq!(hold("{ disc = \"x\" }"), "reaching.toml:19: goals[1].hold.disc: expected a number, found string \"x\"");
    assert_eq!(
        hold("{ pair = [1, 256] }"),
        "reaching.toml:19: goals[1].hold.pair[1]: expected a whole number from 0 to 255, found integer 256"
    );
    assert_eq!(hold("{ point = 1 }"), "reaching.toml:19: goals[1].hold.point: expected an empty table, found integer 1");
    for valid in ["\"point\"", "{ point = {} }", "{ disc = 1 }", "{ pair = [1, 2] }"] {
        assert!(read(&VALID.replace("{ box = { width_m = 1 } }", valid)).is_ok(), "{valid}");
    }
}

#[test]
fn settings_are_blamed_on_the_command_line() {
    let set = |setting: &str| {
        let mut node = Node::parse(VALID, "reaching.toml").unwrap();
        node.apply_set(setting).unwrap();
        node.to::<Scenario>().map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        set("task.reaching.trials=-1"),
        "command line (--set task.reaching.trials=-1): task.reaching.trials: expected a whole number from 0 to 4294967295, found integer -1"
    );
    assert_eq!(
        set("task.reaching.trails=1"),
        "command line (--set task.reaching.trails=1): unknown key \"trails\" in [task.reaching]: did you mean \"trials\"? (known keys: success_radius_m, trials)"
    );
    assert_eq!(
        set("time.control_period=4"),
        "command line (--set time.control_period=4): time.control_period: expected a duration with its unit, such as \"20ms\" or \"4h\", found integer 4"
    );
}

#[test]
fn a_table_read_on_its_own_keeps_its_path() {
    let node = Node::parse(&VALID.replace("trials", "trails"), "a.toml").unwrap();
    let error = node.get("task.reaching").unwrap().to::<Reaching>().unwrap_err();
    assert!(error.to_string().starts_with("a.toml:12: unknown key \"trails\" in [task.reaching]"), "{error}");
}

#[test]
fn buffered_types_still_name_an_unknown_keys_line() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
    enum Controller {
        Spore { _rate: Rate },
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rate {
        _hz: f64,
    }
    #[derive(Debug, Deserialize)]
    struct File {
        _controller: Controller,
    }
    let error = |text: &str| Node::parse(text, "a.toml").unwrap().to::<File>().unwrap_err().to_string();
    assert_eq!(
        error("[_controller]\nkind = \"spore\"\n[_controller._rate]\n_hz = 1\n_hs = 2\n"),
        "a.toml:5: unknown key \"_hs\" in [_controller._rate]: did you mean \"_hz\"? (known keys: _hz)"
    );
    assert_eq!(
        error("[_controller]\nkind = \"spore\"\n_rate._hz = \"fast\"\n"),
        "a.toml:1: _controller: expected a number, found string \"fast\""
    );
}

#[test]
fn maps_units_and_characters_are_read() {
    let node = Node::parse("[m]\nb = 1\na = 2\n[u]\n[c]\nx = \"y\"", "a").unwrap();
    assert_eq!(node.get("m").unwrap().to(), Ok(BTreeMap::from([("a".to_owned(), 2u8), ("b".to_owned(), 1)])));
    assert_eq!(node.get("u").unwrap().to(), Ok(()));
    assert_eq!(node.get("c.x").unwrap().to(), Ok('y'));
    assert!(node.get("m").unwrap().to::<()>().is_err());
    assert!(node.get("c").unwrap().to::<serde::de::IgnoredAny>().is_ok());
}
