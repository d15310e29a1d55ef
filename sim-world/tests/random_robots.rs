//! Robots drawn at random: whatever a description holds, a world is built and stepped or refused, and never panics.

use embody_robots::conformance::wandering_action;
use embody_robots::file;
use embody_robots::mesh::{Mesh, Roots};
use embody_robots::robot::{
    Actuator, Inertial, Joint, JointKind, Limits, Link, Mimic, Mode, Origin, Part, RobotSpec, Shape, rotation, unit,
};
use embody_robots::{Body, BodyError, Checkpoint, Nanos, Observation, Stage};
use embody_sim_world::{Arena, SimulatedBody};
use proptest::prelude::*;

/// What a link and the joint above it are drawn from.
#[derive(Clone, Debug)]
struct Draw {
    parent: Option<prop::sample::Index>,
    kind: usize,
    place: [f64; 3],
    axis: [f64; 3],
    angle: f64,
    shape: usize,
    /// Powers of ten.
    size: f64,
    mass: f64,
    inertia: f64,
    losses: [f64; 3],
    limits: Option<[f64; 2]>,
    mimic: Option<prop::sample::Index>,
    motor: usize,
    collides: bool,
}

fn draw() -> impl Strategy<Value = Draw> {
    let frame = (prop::array::uniform3(-1.0..1.0), prop::array::uniform3(-1.0..1.0), -3.0..3.0);
    let body = (0_usize..7, -3.0..1.0, -6.0..3.0, -9.0..3.0, any::<bool>());
    let limits = prop::option::of((-3.0..3.0, 0.0..3.0).prop_map(|(low, width)| [low, low + width]));
    let losses = prop::array::uniform3(prop_oneof![Just(0.0), 0.0..10.0]);
    let index = || prop::option::of(any::<prop::sample::Index>());
    let mimic = prop::option::weighted(0.1, any::<prop::sample::Index>());
    (index(), 0_usize..14, frame, body, losses, limits, mimic, 0_usize..4).prop_map(
        |(parent, kind, (place, axis, angle), (shape, size, mass, inertia, collides), losses, limits, mimic, motor)| Draw {
            parent,
            kind,
            place,
            axis,
            angle,
            shape,
            size,
            mass,
            inertia,
            losses,
            limits,
            mimic,
            motor,
            collides,
        },
    )
}

fn power(exponent: f64) -> f64 {
    libm::pow(10.0, exponent)
}

fn shape(kind: usize, size_m: f64) -> Shape {
    let s = size_m as f32;
    match kind {
        0 => Shape::Sphere { radius_m: size_m },
        1 => Shape::Box { size_m: [size_m, 2.0 * size_m, 0.1 * size_m] },
        2 => Shape::Cylinder { radius_m: size_m, length_m: 3.0 * size_m },
        3 => Shape::Capsule { radius_m: size_m, length_m: size_m },
        4 => Shape::Triangles(Mesh {
            vertices: vec![[0.0; 3], [s, 0.0, 0.0], [0.0, s, 0.0], [0.0, 0.0, s]],
            triangles: vec![[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]],
        }),
        // Flat, and so no volume.
        5 => Shape::Triangles(Mesh { vertices: vec![[0.0; 3], [s, 0.0, 0.0], [0.0, s, 0.0]], triangles: vec![[0, 2, 1]] }),
        _ => Shape::Plane,
    }
}

fn link(index: usize, draw: &Draw) -> Link {
    let size_m = power(draw.size);
    let (mass_kg, m) = (power(draw.mass), power(draw.inertia));
    let origin = Origin::at(draw.axis.map(|x| x * size_m));
    let friction = draw.losses[0];
    let part = Part {
        shape: shape(draw.shape, size_m),
        origin: Origin::IDENTITY,
        collides: draw.collides,
        visible: true,
        friction,
        brightness: 0.5,
    };
    let inertial = Some(Inertial { mass_kg, origin, inertia_kg_m2: [m, 0.1 * m, 0.0, m, 0.0, m] });
    Link { inertial, parts: vec![part], ..Link::frame(&format!("l{index}")) }
}

fn joint(index: usize, draw: &Draw) -> Joint {
    let axis = unit(draw.axis).unwrap_or([0.0, 0.0, 1.0]);
    let kind = match draw.kind {
        0 => JointKind::Free,
        1 => JointKind::Fixed,
        2 => JointKind::Ball,
        3 => JointKind::Planar { normal: axis },
        4..=6 => JointKind::Prismatic { axis },
        7..=8 => JointKind::Continuous { axis },
        _ => JointKind::Revolute { axis },
    };
    let parent = draw.parent.as_ref().filter(|_| index > 0).map(|parent| format!("l{}", parent.index(index)));
    let quaternion_xyzw = rotation(axis, draw.angle).coords.into();
    let origin = Origin { position_m: draw.place, quaternion_xyzw };
    let mimic = draw.mimic.as_ref().filter(|_| index > 0).map(|leader| Mimic {
        joint: format!("j{}", leader.index(index)),
        multiplier: draw.angle,
        offset: draw.losses[2],
    });
    let bounded = matches!(kind, JointKind::Revolute { .. } | JointKind::Prismatic { .. });
    let limits = Limits { position: draw.limits.filter(|_| bounded), ..Limits::default() };
    let [damping, friction, armature] = draw.losses;
    Joint {
        limits,
        damping,
        friction,
        armature,
        mimic: mimic.filter(|_| kind.degrees_of_freedom() == 1),
        ..Joint::new(&format!("j{index}"), parent.as_deref(), &format!("l{index}"), origin, kind)
    }
}

fn robot(draws: &[Draw]) -> RobotSpec {
    let mut robot = RobotSpec {
        name: "random".into(),
        links: draws.iter().enumerate().map(|(index, draw)| link(index, draw)).collect(),
        joints: draws.iter().enumerate().map(|(index, draw)| joint(index, draw)).collect(),
        actuators: Vec::new(),
        sensors: Vec::new(),
    };
    for (joint, draw) in robot.joints.iter().zip(draws) {
        let (kp, kd) = (power(draw.mass + 2.0), power(draw.mass));
        let mode = match draw.motor {
            0 => continue,
            1 => Mode::Position { kp, kd },
            2 => Mode::Velocity { kd },
            _ => Mode::Effort,
        };
        if joint.kind.degrees_of_freedom() == 1 && joint.mimic.is_none() {
            let (max_effort, max_speed) = (Some(power(draw.mass + 1.0)), Some(3.0));
            robot.actuators.push(Actuator::Joint {
                name: joint.name.clone(),
                joint: joint.name.clone(),
                mode,
                max_effort,
                max_speed,
                bounds: None,
                lag: None,
            });
        }
    }
    robot
}

/// Descriptions that can be built as they are.
const VALID: [&str; 4] = [
    include_str!("../../robots/models/arm2.urdf"),
    include_str!("../../robots/models/arm7.urdf"),
    include_str!("../../robots/tests/wild/reacher.xml"),
    include_str!("../../robots/tests/wild/ant.xml"),
];

/// Numbers and words that may harm.
const HARM: [&str; 10] = ["", "-1", "1e8", "-1e9", "1e-30", "0", "0 0 0", "ball", "free", "1 1e6 1e-6"];

/// The text with the values of some attributes replaced.
fn mutated(text: &str, changes: &[(prop::sample::Index, usize)]) -> String {
    let mut pieces: Vec<&str> = text.split('"').collect();
    for (at, how) in changes {
        // Every second piece is between marks.
        let at = 2 * at.index(pieces.len() / 2) + 1;
        pieces[at] = HARM[how % HARM.len()];
    }
    pieces.join("\"")
}

fn step_or_refuse(robot: &RobotSpec) -> Result<(), TestCaseError> {
    let period = Nanos::from_millis(2);
    let Ok(mut body) = SimulatedBody::new(robot, &Arena::default(), period, period) else { return Ok(()) };
    body.reset(1).expect("what was built is built again");
    let mut seen = Observation::from_spec(body.observation_spec());
    for step in 0..50 {
        let Err(error) = body.step(&wandering_action(body.action_spec(), step), &mut seen) else { continue };
        prop_assert!(matches!(error, BodyError::NotFinite { .. }), "{error}");
        return Ok(());
    }
    for link in &robot.links {
        let pose = body.pose(&link.name).expect("offered");
        prop_assert!(pose.translation.vector.iter().all(|x| x.is_finite()), "{}: {pose}", link.name);
    }
    body.restore(&body.save().expect("save")).expect("restore");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_random_robot_is_stepped_or_refused(draws in prop::collection::vec(draw(), 1..9)) {
        step_or_refuse(&robot(&draws))?;
    }

    #[test]
    fn a_mutated_description_is_stepped_or_refused(
        which in 0..VALID.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<usize>()), 1..4),
    ) {
        let Ok(mut description) = file::parse(&mutated(VALID[which], &changes), "a.xml") else { return Ok(()) };
        if description.prepare(&Roots::default()).is_ok() {
            step_or_refuse(&description.robot)?;
        }
    }
}
