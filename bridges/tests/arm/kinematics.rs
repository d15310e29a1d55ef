//! The ED-Scorbot with its base and shoulder: where the tip is.

/// Tip (m) at base and shoulder angles (rad); elbow and wrist are straight.
pub fn tip([base, shoulder]: [f64; 2]) -> [f64; 3] {
    const SIDE: f64 = -0.033;
    let (sin, cos) = (libm::sin(shoulder), libm::cos(shoulder));
    let reach = 0.05 + (0.30 + 0.35 + 0.22) * cos;
    let (s1, c1) = (libm::sin(base), libm::cos(base));
    [reach * c1 + SIDE * s1, -reach * s1 + SIDE * c1, 0.3585 + (0.30 + 0.35 + 0.22) * sin]
}

#[test]
fn the_arm_straight_ahead() {
    let found = tip([0.0, 0.0]);
    assert!(found.iter().zip([0.92, -0.033, 0.3585]).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
}
