//! Whatever a file holds, it is read or refused.

use embody_robots::{Kinematics, file, mesh};
use proptest::prelude::*;

const VALID: [&str; 5] = [
    include_str!("wild/kuka_iiwa.urdf"),
    include_str!("wild/panda.urdf"),
    include_str!("wild/reacher.xml"),
    include_str!("wild/pusher_v5.xml"),
    include_str!("wild/ant.xml"),
];

/// Numbers and words that have harmed readers before.
const HARM: [&str; 12] = ["", "-1", "1e999", "nan", "1e-320", "\"", "<", "world", "<body>", "0 0 0", "\u{feff}", "999999999999"];

/// Reads a description and asks all that can be asked of it.
fn use_all(text: &str) {
    let Ok(description) = file::parse(text, "a.xml") else { return };
    let _ = file::summary(&description);
    let _ = description.robot.action_spec();
    description.report.meshes(&description.robot);
    if let Ok(kinematics) = Kinematics::new(&description.robot) {
        assert_eq!(kinematics.poses(&[0.5; 30]).len(), description.robot.links.len());
    }
}

/// The text with one piece between marks or blanks replaced, dropped or doubled.
fn mutated(text: &str, at: usize, how: usize) -> String {
    let cuts: Vec<usize> = text.match_indices(['"', ' ', '<', '>', '=']).map(|(place, _)| place).collect();
    let first = at % (cuts.len() - 1);
    let (from, to) = (cuts[first] + 1, cuts[first + 1]);
    let piece = match how {
        0 => text[from..to].repeat(2),
        how => HARM[how % HARM.len()].to_owned(),
    };
    format!("{}{piece}{}", &text[..from], &text[to..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn mutated_descriptions_are_read_or_refused(
        which in 0..VALID.len(),
        changes in prop::collection::vec((any::<usize>(), 0_usize..24), 1..5),
        end in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut text = VALID[which].to_owned();
        for (at, how) in changes {
            text = mutated(&text, at, how);
        }
        if let Some(end) = end {
            let end = text.floor_char_boundary(end.index(text.len()));
            text.truncate(end);
        }
        use_all(&text);
    }

    #[test]
    fn random_text_is_refused(text in "[<>/a-c=\"' \n]{0,200}") {
        use_all(&text);
        use_all(&format!("<robot>{text}</robot>"));
        use_all(&format!("<mujoco><worldbody>{text}</worldbody></mujoco>"));
    }

    #[test]
    fn random_bytes_are_a_mesh_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "[vf0-9/ .\n-]{0,200}") {
        for ending in ["stl", "obj", "dae"] {
            let _ = mesh::parse(bytes.clone(), ending, "a");
            let _ = mesh::parse(text.clone().into_bytes(), ending, "a");
        }
    }
}
