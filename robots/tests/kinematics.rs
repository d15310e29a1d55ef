//! Forward kinematics against other programs and closed formulas.

use std::collections::BTreeMap;
use std::path::Path;

use embody_robots::{Kinematics, catalogue, file};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    joints: BTreeMap<String, f64>,
    /// x, y, z and the quaternion, scalar last.
    links: BTreeMap<String, [f64; 7]>,
}

#[test]
fn every_link_stands_where_pybullet_puts_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wild");
    let text = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let all: BTreeMap<String, Vec<Reference>> = serde_json::from_str(&text).unwrap();
    assert_eq!(all.len(), 6);
    for (name, references) in all {
        let description = file::read(&folder.join(&name)).unwrap();
        let kinematics = Kinematics::new(&description.robot).unwrap();
        for Reference { joints, links } in references {
            for (link, [x, y, z, i, j, k, w]) in links {
                let pose = kinematics.pose(&link, joints.iter().map(|(name, value)| (name.as_str(), *value))).unwrap();
                let off = (pose.translation.vector - nalgebra::Vector3::new(x, y, z)).norm();
                assert!(off < 1e-6, "{name}: {link} is {off} m off");
                let rotation = nalgebra::UnitQuaternion::new_normalize(nalgebra::Quaternion::new(w, i, j, k));
                assert!(pose.rotation.angle_to(&rotation) < 1e-5, "{name}: {link} is turned");
            }
        }
    }
}

/// The formula of Ortner et al. 2024 for the tip of the ED-Scorbot.
fn scorbot_tip([q1, q2, q3, q4]: [f64; 4]) -> [f64; 3] {
    let (s, q23) = (-0.033, q2 + q3);
    let r = 0.05 + 0.30 * libm::cos(q2) + 0.35 * libm::cos(q23) + 0.22 * libm::cos(q23 - q4);
    let z = 0.3585 + 0.30 * libm::sin(q2) + 0.35 * libm::sin(q23) + 0.22 * libm::sin(q23 - q4);
    [r * libm::cos(q1) + s * libm::sin(q1), -r * libm::sin(q1) + s * libm::cos(q1), z]
}

fn tip(name: &str, joints: &[(&str, f64)]) -> [f64; 3] {
    let description = catalogue::find(name).unwrap().unwrap();
    let kinematics = Kinematics::new(&description.robot).unwrap();
    kinematics.pose("tip", joints.iter().copied()).unwrap().translation.vector.into()
}

fn near(a: [f64; 3], b: [f64; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

#[test]
fn the_scorbot_stretched_out_is_where_its_paper_has_it() {
    assert!(near(tip("scorbot", &[]), [0.92, -0.033, 0.3585]));
}

proptest! {
    #[test]
    fn the_scorbot_keeps_its_formula(q in prop::array::uniform4(-3.0..3.0_f64)) {
        let found = tip("scorbot", &[("base", q[0]), ("shoulder", q[1]), ("elbow", q[2]), ("wrist", q[3])]);
        prop_assert!(near(found, scorbot_tip(q)), "{found:?}");
    }

    #[test]
    fn the_planar_arm_keeps_its_formula(q1 in -3.0..3.0_f64, q2 in -3.0..3.0_f64) {
        let found = tip("arm2", &[("shoulder", q1), ("elbow", q2)]);
        let along = |f: fn(f64) -> f64| 0.3 * f(q1) + 0.35 * f(q1 + q2);
        prop_assert!(near(found, [along(libm::cos), along(libm::sin), 0.1]), "{found:?}");
    }
}

#[test]
fn the_catalogue_is_without_fault() {
    for (name, _) in catalogue::NAMES {
        let description = catalogue::find(name).unwrap().unwrap();
        assert_eq!(
            (description.report.findings.as_slice(), description.report.ignored.as_slice()),
            ([].as_slice(), [].as_slice())
        );
        description.robot.check().unwrap();
        assert!(description.robot.action_spec().fields.iter().all(|field| field.bounds[0] < field.bounds[1]), "{name}");
    }
    assert!(near(tip("arm7", &[]), [0.0, 0.0, 1.25]));
    assert!(catalogue::find("arm8").is_none());
}
