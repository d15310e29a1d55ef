//! The trunk's geometry against the figures of the authors' code, and its Jacobian against differences.

use embody_robots::Pose;
use embody_robots::trunk::{MOST_MODULES, Trunk};
use nalgebra::{Matrix6xX, Vector3};
use proptest::prelude::{ProptestConfig, prop_assert, proptest};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn tip_mm(joints: &[f64]) -> [f64; 3] {
    (Trunk::new(joints.len() / 3).unwrap().tip(joints).translation.vector * 1e3).into()
}

fn close(found: [f64; 3], expected: [f64; 3], within: f64) {
    assert!(
        found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= within),
        "{found:?}, not {expected:?}"
    );
}

#[test]
fn one_module_ends_where_the_authors_have_it() {
    close(tip_mm(&[0.0, 0.0, -1.0]), [0.0, 125.97, 0.0], 1e-9);
    close(tip_mm(&[0.0, 0.0, 1.0]), [0.0, 147.43, 0.0], 1e-9);
    close(tip_mm(&[0.5, -0.25, 0.5]), [7.15, 137.99, 14.40], 0.005);
}

#[test]
fn the_second_module_is_turned_as_the_authors_turn_it() {
    close(tip_mm(&[1.0, 1.0, 0.0, 1.0, 1.0, 0.0]), [-61.989, 146.332, 65.764], 5e-4);
}

/// Joint values of a trunk, drawn evenly between the limits.
fn uniform(trunk: &Trunk, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..trunk.joints()).map(|_| random.random_range(-1.0..=1.0)).collect()
}

/// Mean distances (mm) from the retracted start to uniform poses, and between pairs of these.
fn mean_distances_mm(modules: usize) -> [f64; 2] {
    const POSES: usize = 40_000;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let trunk = Trunk::new(modules).unwrap();
    let start = trunk.tip(&[0.0, 0.0, -1.0].repeat(modules)).translation.vector;
    let tips: Vec<Vector3<f64>> = (0..POSES).map(|_| trunk.tip(&uniform(&trunk, &mut random)).translation.vector).collect();
    let from_start: f64 = tips.iter().map(|tip| (tip - start).norm()).sum();
    let between: f64 = tips.windows(2).map(|pair| (pair[0] - pair[1]).norm()).sum();
    [1e3 * from_start / POSES as f64, 1e3 * between / (POSES - 1) as f64]
}

#[test]
fn uniform_poses_are_as_far_as_the_authors_have_them() {
    let [from_start, between] = mean_distances_mm(10);
    assert!((from_start - 206.0).abs() < 6.0 && (between - 277.0).abs() < 6.0, "10 modules: {from_start} and {between} mm");
    let [from_start, between] = mean_distances_mm(25);
    assert!((585.0..598.0).contains(&from_start) && (between - 837.0).abs() < 18.0, "25 modules: {from_start} and {between} mm");
}

#[test]
fn the_last_end_is_the_tip_and_the_others_are_bases_of_the_next_module() {
    let trunk = Trunk::new(3).unwrap();
    let joints = uniform(&trunk, &mut ChaCha8Rng::seed_from_u64(1));
    let mut ends = Vec::new();
    trunk.forward(&joints, &mut ends);
    let shapes: Vec<Pose> = trunk.shapes(&joints).map(|shape| shape.pose()).collect();
    assert_eq!((ends.len(), ends[0], ends[1], ends[2]), (3, shapes[0], shapes[0] * shapes[1], trunk.tip(&joints)));
}

#[test]
fn a_longer_link_lengthens_its_module_alone() {
    let [plain, longer] = [Trunk::new(2).unwrap(), Trunk::new(2).unwrap().with_longer(1, 0.1).unwrap()];
    let straight = [0.0; 6];
    let moved = longer.tip(&straight).translation.vector - plain.tip(&straight).translation.vector;
    close(moved.into(), [0.0, 0.00442, 0.0], 1e-12);
}

#[test]
fn trunks_that_cannot_be_are_refused_by_key() {
    let said = |result: Result<Trunk, _>| result.map(|_| ()).map_err(|error: embody_robots::trunk::TrunkError| error.to_string());
    for modules in [0, MOST_MODULES + 1, 10_000, usize::MAX] {
        assert_eq!(said(Trunk::new(modules)), Err(format!("modules: expected 1 to 200 modules, found {modules}")));
    }
    let trunk = Trunk::new(10).unwrap();
    assert_eq!(
        said(trunk.clone().with_longer(10, 0.1)),
        Err("longer.module: expected a module, counted from 0 to 9, found 10".into())
    );
    assert_eq!(said(trunk.with_longer(9, f64::NAN)), Err("longer.by: expected a share from -0.5 to 1, found NaN".into()));
}

/// The change of a pose by differences: of its place, and as a rotation vector.
fn difference(from: &Pose, to: &Pose) -> [f64; 6] {
    let (moved, turned) =
        (to.translation.vector - from.translation.vector, (to.rotation * from.rotation.inverse()).scaled_axis());
    [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_jacobian_is_the_slope_of_the_tip(joints in proptest::collection::vec(-1.0..1.0_f64, 12)) {
        const STEP: f64 = 1e-6;
        let trunk = Trunk::new(4).unwrap().with_longer(2, 0.3).unwrap();
        let mut jacobian = Matrix6xX::zeros(0);
        trunk.jacobian(&joints, &mut jacobian);
        for joint in 0..joints.len() {
            let at = |offset: f64| {
                let mut moved = joints.clone();
                moved[joint] += offset;
                moved
            };
            let sides = [at(-STEP), at(STEP)];
            // Across a kink of the law, where the wider tilt changes, there is no slope to compare with.
            let wider = |joints: &[f64]| {
                trunk.shapes(joints).map(|s| [s.tilt_x_rad, s.tilt_z_rad]).map(|[x, z]| (x.abs() > z.abs(), x > 0.0, z > 0.0)).collect::<Vec<_>>()
            };
            if wider(&sides[0]) != wider(&sides[1]) {
                continue;
            }
            let expected = difference(&trunk.tip(&sides[0]), &trunk.tip(&sides[1])).map(|change| change / (2.0 * STEP));
            for (row, expected) in expected.iter().enumerate() {
                prop_assert!((jacobian[(row, joint)] - expected).abs() < 1e-7, "row {row} of joint {joint}");
            }
        }
    }

    #[test]
    fn poses_stay_rigid_and_within_reach(joints in proptest::collection::vec(-1.0..=1.0_f64, 75)) {
        let trunk = Trunk::new(25).unwrap();
        let mut ends = Vec::new();
        trunk.forward(&joints, &mut ends);
        for (module, end) in ends.iter().enumerate() {
            prop_assert!((end.rotation.norm() - 1.0).abs() < 1e-13);
            prop_assert!(end.translation.vector.norm() < 0.0565 * (module + 1) as f64 + 0.0925);
        }
    }
}
