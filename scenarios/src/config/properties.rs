//! Properties of the whole chain from text to type and back, over random texts.

use embody_robots::nanos::Nanos;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Node, render};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    time: Time,
    task: Task,
    weights: Vec<f32>,
    goals: Vec<Goal>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    control_period: Nanos,
    duration: Nanos,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    kind: Kind,
    success_radius_m: f64,
    offset: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Reaching,
    LineFollowing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    at: [f64; 2],
    hold: Shape,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Point,
    Disc(f32),
    Box { width_m: f64 },
}

const VALID: &str = r#"# a comment
name = "reaching"
seed = 18446744073709551615
weights = [0.1, 2, -3.5e-3]
[time]
control_period = "20ms"
duration = '4h'
[task]
kind = "line-following"
success_radius_m = 0.05
offset = -7
[[goals]]
at = [0.0, 1]
hold = "point"
[[goals]]
at = [
  1.0, # here
  2.0,
]
hold.box.width_m = 1
"#;

/// One edit: at a position, remove some characters and put others there.
fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, String)>> {
    let put = prop_oneof!["[\\[\\]{}=.,\"'#\\n0-9a-z_ -]{0,3}", ".{0,2}", Just("nan".into()), Just("[[goals]]\n".into())];
    vec((any::<prop::sample::Index>(), 0usize..4, put), 1..5)
}

fn mutated(edits: Vec<(prop::sample::Index, usize, String)>) -> String {
    let mut text: Vec<char> = VALID.chars().collect();
    for (at, removed, put) in edits {
        let at = at.index(text.len() + 1);
        let end = (at + removed).min(text.len());
        text.splice(at..end, put.chars());
    }
    text.into_iter().collect()
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |x| x.is_finite())
}

fn finite_single() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |x| x.is_finite())
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![Just(Shape::Point), finite_single().prop_map(Shape::Disc), finite().prop_map(|width_m| Shape::Box { width_m })]
}

prop_compose! {
    fn scenario()(
        name: String,
        seed: u64,
        note: Option<String>,
        control: u64,
        duration: u64,
        kind in prop_oneof![Just(Kind::Reaching), Just(Kind::LineFollowing)],
        success_radius_m in finite(),
        offset: i64,
        weights in vec(finite_single(), 0..8),
        goals in vec((finite(), finite(), shape()), 0..4),
    ) -> Scenario {
        Scenario {
            name,
            seed,
            note,
            time: Time { control_period: Nanos(control), duration: Nanos(duration) },
            task: Task { kind, success_radius_m, offset },
            weights,
            goals: goals.into_iter().map(|(x, y, hold)| Goal { at: [x, y], hold }).collect(),
        }
    }
}

#[test]
fn the_unmutated_text_is_valid() {
    let scenario: Scenario = Node::parse(VALID, "a").unwrap().to().unwrap();
    assert_eq!(scenario.seed, u64::MAX);
    assert_eq!(scenario.goals[1].hold, Shape::Box { width_m: 1.0 });
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in prop_oneof![".{0,200}", "[\\[\\]{}=.,\"'#\\na-c0-2 ]{0,60}"]) {
        if let Err(error) = Node::parse(&text, "a") {
            let _ = error.to_string();
        }
    }

    #[test]
    fn any_setting_is_applied_or_refused_without_a_panic(
        setting in prop_oneof![".{0,80}", "[a-z.]{0,9}=[\\[\\]{}=.,\"'#\\na-c0-2 ]{0,20}"],
    ) {
        let mut node = Node::parse(VALID, "a").unwrap();
        let before = node.clone();
        match node.apply_set(&setting) {
            Ok(()) => drop(node.to::<Scenario>().map_err(|error| error.to_string())),
            Err(error) => {
                let _ = error.to_string();
                prop_assert_eq!(node, before, "a refused setting leaves the tree as it was");
            }
        }
    }

    #[test]
    fn a_mutated_scenario_is_read_or_refused_with_a_line_of_the_text(edits in edits()) {
        let text = mutated(edits);
        if let Err(error) = Node::parse(&text, "a").and_then(|node| node.to::<Scenario>()) {
            let message = error.to_string();
            let line: usize = message.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or(0);
            prop_assert!((1..=text.split('\n').count()).contains(&line), "{}", message);
        }
    }

    #[test]
    fn rendering_and_reading_are_inverse(scenario in scenario()) {
        let text = render(&scenario).unwrap();
        let read: Scenario = Node::parse(&text, "a").unwrap().to().unwrap();
        prop_assert_eq!(render(&read).unwrap(), text);
        prop_assert_eq!(read, scenario);
    }

    #[test]
    fn floats_keep_their_bits(single in finite_single(), double in finite()) {
        #[derive(Serialize, Deserialize)]
        struct Floats {
            single: f32,
            double: f64,
        }
        let text = render(&Floats { single, double }).unwrap();
        let read: Floats = Node::parse(&text, "a").unwrap().to().unwrap();
        prop_assert_eq!((read.single.to_bits(), read.double.to_bits()), (single.to_bits(), double.to_bits()));
    }
}
