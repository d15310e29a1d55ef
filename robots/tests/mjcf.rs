//! MJCF: what is read, what is ignored, and what is refused with file and line.

use std::f64::consts::PI;

use embody_robots::file::{self, Description};
use embody_robots::robot::{Actuator, JointKind, Mimic, Mode, Shape};
use embody_robots::{Kinematics, Nanos};
use nalgebra::Vector3;

const WALKER: &str = r#"<mujoco model="walker">
  <compiler angle="degree" meshdir="meshes/"/>
  <option timestep="0.01"/>
  <default>
    <joint damping="2"/>
    <geom density="500" rgba="1 1 1 1"/>
    <default class="soft"><geom friction="0.3 0 0" contype="0" conaffinity="0"/></default>
  </default>
  <asset><mesh file="foot.stl" scale="2 2 2"/><material name="black" rgba="0 0 0 1"/></asset>
  <worldbody>
    <geom type="plane" size="1 1 1"/>
    <body name="trunk" pos="0 0 1">
      <freejoint name="root"/>
      <geom type="box" size="0.5 0.25 0.1"/>
      <body name="leg" pos="0 0.2 0" euler="90 0 0" childclass="soft">
        <joint name="swing" axis="0 0 2" pos="0.1 0 0" range="-45 90" actuatorfrcrange="-7 5"/>
        <joint name="lift" type="slide" axis="1 0 0" pos="0 0 0.3" armature="0.5" frictionloss="0.1" stiffness="3"/>
        <geom type="capsule" fromto="0 0 0 0 0.4 0" size="0.05" material="black"/>
        <frame pos="0 1 0"><geom type="mesh" mesh="foot" mass="0"/><body><joint/></body></frame>
      </body>
      <body name="head" pos="0.5 0 0"><inertial pos="0 0 0.1" mass="3" fullinertia="1 2 2.5 0.1 0.2 0.3"/><geom size="0.1"/></body>
    </body>
  </worldbody>
  <equality><joint joint1="joint4" joint2="swing" polycoef="0.5 2 0 0 0"/></equality>
  <actuator>
    <motor joint="swing" gear="-10" ctrlrange="-0.2 0.4"/>
    <position name="up" joint="lift" kp="50" kv="2" gear="2" forcerange="-3 3" timeconst="0.02"/>
    <velocity joint="lift" kv="4" ctrlrange="-1 1"/>
    <motor joint="lift"/>
  </actuator>
</mujoco>
"#;

fn read(text: &str) -> Description {
    file::parse(text, "walker.xml").unwrap()
}

#[test]
fn bodies_become_links_and_their_joints_a_chain() {
    let robot = read(WALKER).robot;
    let names: Vec<_> = robot.links.iter().map(|link| (link.name.as_str(), link.between_joints)).collect();
    let expected = [
        ("world", false),
        ("trunk", false),
        ("leg/swing", true),
        ("leg/lift", true),
        ("leg", false),
        ("body3", false),
        ("head", false),
    ];
    assert_eq!(names, expected);
    let joints: Vec<_> =
        robot.joints.iter().map(|j| (j.name.as_str(), j.parent.as_deref(), j.child.as_str(), j.kind.name())).collect();
    assert_eq!(
        joints,
        [
            ("root", None, "trunk", "free"),
            ("swing", Some("trunk"), "leg/swing", "revolute"),
            ("lift", Some("leg/swing"), "leg/lift", "prismatic"),
            ("leg/fixed", Some("leg/lift"), "leg", "fixed"),
            ("joint4", Some("leg"), "body3", "continuous"),
            ("head/fixed", Some("trunk"), "head", "fixed"),
        ]
    );
    let swing = &robot.joints[1];
    assert_eq!(swing.kind, JointKind::Revolute { axis: [0.0, 0.0, 1.0] });
    let [low, high] = swing.limits.position.unwrap();
    assert!((low + PI / 4.0).abs() < 1e-12 && (high - PI / 2.0).abs() < 1e-12);
    assert_eq!((swing.limits.effort, swing.damping), (Some(7.0), 2.0));
    assert_eq!((robot.joints[2].armature, robot.joints[2].friction), (0.5, 0.1));
}

#[test]
fn a_body_with_anchored_joints_moves_as_mujoco_has_it() {
    let kinematics = Kinematics::new(&read(WALKER).robot).unwrap();
    let at = |joints: &[(&str, f64)]| kinematics.pose("leg", joints.iter().copied()).unwrap();
    assert!((at(&[]).translation.vector - Vector3::new(0.0, 0.2, 1.0)).norm() < 1e-12);
    // The leg's y is up, so swing turns about the world's -y, through (0.1, 0.2, 1).
    let turned = at(&[("swing", PI / 2.0), ("lift", 0.5)]);
    assert!((turned.translation.vector - Vector3::new(0.1, 0.2, 1.0 - 0.1 + 0.5)).norm() < 1e-12, "{turned}");
}

#[test]
fn geoms_are_parts_and_weigh() {
    let robot = read(WALKER).robot;
    let [world, trunk, _, _, leg, _, head] = robot.links.as_slice() else { panic!() };
    assert_eq!((&world.parts[0].shape, world.inertial), (&Shape::Plane, None));
    assert_eq!(trunk.parts[0].shape, Shape::Box { size_m: [1.0, 0.5, 0.2] });
    assert!((trunk.mass_kg() - 50.0).abs() < 1e-9, "{}", trunk.mass_kg());
    assert_eq!((trunk.parts[0].brightness, trunk.parts[0].collides, trunk.parts[0].friction), (1.0, true, 1.0));
    let [bone, foot] = leg.parts.as_slice() else { panic!() };
    assert_eq!((bone.brightness, bone.collides, bone.visible, bone.friction), (1.0, false, true, 0.3));
    let Shape::Capsule { radius_m, length_m } = bone.shape else { panic!() };
    assert!(radius_m == 0.05 && (length_m - 0.4).abs() < 1e-12 && bone.origin.position_m == [0.0, 0.2, 0.0]);
    assert!((bone.origin.pose() * Vector3::z() + Vector3::y()).norm() < 1e-12);
    assert_eq!(foot.shape, Shape::Mesh { file: "meshes/foot.stl".into(), scale: [2.0; 3] });
    assert_eq!(foot.origin.position_m, [0.0, 1.0, 0.0]);
    assert_eq!(head.inertial.unwrap().inertia_kg_m2, [1.0, 0.1, 0.2, 2.0, 0.3, 2.5]);
}

#[test]
fn actuators_are_in_the_units_of_their_joints() {
    let description = read(WALKER);
    let motor = |name: &str, joint: &str, mode, max_effort, max_speed, bounds, lag| Actuator::Joint {
        name: name.into(),
        joint: joint.into(),
        mode,
        max_effort,
        max_speed,
        bounds,
        lag,
    };
    let lag = Some(Nanos::from_millis(20));
    let expected = [
        motor("swing", "swing", Mode::Effort, Some(4.0), None, Some([-4.0, 2.0]), None),
        motor("up", "lift", Mode::Position { kp: 200.0, kd: 8.0 }, Some(6.0), None, None, lag),
        motor("lift", "lift", Mode::Velocity { kd: 4.0 }, None, Some(1.0), Some([-1.0, 1.0]), None),
    ];
    assert_eq!(description.robot.actuators, expected);
    assert!(description.report.findings.iter().any(|finding| finding.line == 29 && finding.what.contains("no bounds")));
}

#[test]
fn what_is_ignored_is_told_with_its_line() {
    let ignored: Vec<_> = read(WALKER).report.ignored.into_iter().map(|ignored| (ignored.line, ignored.what)).collect();
    assert_eq!(ignored, [(3, "<option>".to_owned()), (17, "stiffness=\"3\" of <joint>".to_owned())]);
}

#[test]
fn a_linear_coupling_is_mimicry() {
    let robot = read(WALKER).robot;
    assert_eq!(robot.joints[4].mimic, Some(Mimic { joint: "swing".into(), multiplier: 2.0, offset: 0.5 }));
}

#[test]
fn what_is_no_robot_is_refused_with_file_and_line() {
    let cases = [
        (
            "<option timestep=\"0.01\"/>",
            "<include file=\"/etc/passwd\"/>",
            "walker.xml:3: <include>: expected a model in one file",
        ),
        ("angle=\"degree\"", "angle=\"turn\"", "walker.xml:2: <compiler>: angle: expected degree or radian, found \"turn\""),
        ("angle=\"degree\"", "coordinate=\"global\"", "walker.xml:2: <compiler>: coordinate: expected local"),
        ("<joint/>", "<joint type=\"screw\"/>", "walker.xml:19: joint \"joint4\": type: expected free, ball, slide or hinge"),
        ("<joint/>", "<joint class=\"hard\"/>", "walker.xml:19: there is no class \"hard\""),
        (
            "<geom size=\"0.1\"/>",
            "<geom type=\"capsule\" size=\"0.1\"/>",
            "walker.xml:21: <geom>: size: expected 2 numbers for a capsule, found 1",
        ),
        ("name=\"head\"", "name=\"leg\"", "walker.xml:21: two links are called \"leg\""),
        ("joint=\"swing\" gear", "joint=\"sway\" gear", "walker.xml:26: <motor>: there is no joint \"sway\""),
        ("axis=\"0 0 2\"", "axis=\"0 0 0\"", "walker.xml:16: joint \"swing\": axis: expected a direction"),
        ("0 0 0 0 0.4 0", "0 0 0 0 0 0", "walker.xml:18: <geom>: fromto: expected two points"),
    ];
    for (from, to, said) in cases {
        assert!(WALKER.contains(from), "{from}");
        let text = WALKER.replacen(from, to, 1);
        let error = file::parse(&text, "walker.xml").map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(said), "{to}: {error}");
    }
}

#[test]
fn deep_bodies_and_deep_classes_need_no_stack() {
    let deep = |open: &str, close: &str, count: usize| format!("<mujoco>{}{}</mujoco>", open.repeat(count), close.repeat(count));
    let bodies = deep("<body>", "</body>", 20_000)
        .replace("<mujoco>", "<mujoco><worldbody>")
        .replace("</mujoco>", "</worldbody></mujoco>");
    assert_eq!(read(&bodies).robot.links.len(), 20_000);
    let worlds = format!(
        "<worldbody>{}</worldbody>{}",
        "<body/>".repeat(200_000),
        "<worldbody><geom size='1'/></worldbody>".repeat(100_000)
    );
    let robot = read(&format!("<mujoco>{worlds}</mujoco>")).robot;
    assert_eq!((robot.links.len(), robot.links[200_000].parts.len()), (200_001, 100_000), "one world, found at once");
    let classes = deep("<default class='a'>", "</default>", 20_000);
    assert!(file::parse(&classes, "a.xml").unwrap_err().to_string().contains("at most 1000 classes"));
}

/// A model of one joint "j", -90 to 90 degrees, with the given defaults and actuators.
fn driven(defaults: &str, actuators: &str) -> Description {
    read(&format!(
        "<mujoco>{defaults}<worldbody><body name=\"b\"><joint name=\"j\" range=\"-90 90\"/><geom size=\"0.1\"/></body></worldbody>\n\
         <actuator>{actuators}</actuator></mujoco>"
    ))
}

/// Mode, greatest effort, greatest speed and bounds of the action of its only motor.
fn law(description: &Description) -> (Mode, Option<f64>, Option<f64>, [f32; 2]) {
    let robot = &description.robot;
    let [Actuator::Joint { mode, max_effort, max_speed, .. }] = robot.actuators.as_slice() else {
        panic!("{:?}", robot.actuators)
    };
    (*mode, *max_effort, *max_speed, robot.action_spec().fields[0].bounds)
}

#[test]
fn what_a_command_may_be_is_kept() {
    let of = |actuators: &str| law(&driven("", actuators));
    let servo = Mode::Position { kp: 10.0, kd: 0.0 };
    let quarter = std::f32::consts::FRAC_PI_2;
    assert_eq!(of(r#"<position joint="j" kp="10" ctrlrange="-0.2 0.3"/>"#), (servo, None, None, [-0.2, 0.3]));
    assert_eq!(of(r#"<position joint="j" kp="10" ctrlrange="-0.2 0.3" ctrllimited="false"/>"#).3, [-quarter, quarter]);
    assert_eq!(of(r#"<position joint="j" kp="10" inheritrange="0.5"/>"#).3, [-0.5 * quarter, 0.5 * quarter]);
    assert_eq!(of(r#"<motor joint="j" ctrlrange="0 1" gear="2"/>"#), (Mode::Effort, Some(2.0), None, [0.0, 2.0]), "one way");
    assert_eq!(of(r#"<velocity joint="j" kv="2" ctrlrange="0 3"/>"#), (Mode::Velocity { kd: 2.0 }, None, Some(3.0), [0.0, 3.0]));
    let lopsided = driven("", r#"<motor joint="j" ctrlrange="-9 9" forcerange="0 1"/>"#);
    assert_eq!(law(&lopsided), (Mode::Effort, Some(1.0), None, [-1.0, 1.0]));
    let told = |what: &str| lopsided.report.findings.iter().any(|finding| finding.line == 2 && finding.what.contains(what));
    assert!(told("forcerange 0 to 1: the greater of both holds either way"), "{:?}", lopsided.report.findings);
}

#[test]
fn general_actuators_are_read_by_their_law() {
    let of = |rest: &str| law(&driven("", &format!(r#"<general joint="j" {rest}/>"#)));
    assert_eq!(of(r#"gainprm="3" ctrlrange="-1 2""#), (Mode::Effort, Some(6.0), None, [-3.0, 6.0]));
    // The arm of MuJoCo Menagerie's Panda, and a gripper whose command of 0 to 255 is a position.
    let arm =
        of(r#"gaintype="fixed" biastype="affine" gainprm="4500" biasprm="0 -4500 -450" ctrlrange="-1 1" forcerange="-87 87""#);
    assert_eq!(arm, (Mode::Position { kp: 4500.0, kd: 450.0 }, Some(87.0), None, [-1.0, 1.0]));
    let (mode, _, _, bounds) = of(r#"biastype="affine" gainprm="0.5" biasprm="0 -100 -10" ctrlrange="0 255""#);
    assert_eq!((mode, bounds), (Mode::Position { kp: 100.0, kd: 10.0 }, [0.0, 1.275]));
    let (mode, _, speed, _) = of(r#"biastype="affine" gainprm="5" biasprm="0 0 -5" ctrlrange="-2 2" gear="10""#);
    assert_eq!((mode, speed), (Mode::Velocity { kd: 500.0 }, Some(0.2)));
    for (left_out, why) in [
        (r#"<general joint="j" gaintype="muscle"/>"#, "gaintype \"muscle\" isn't known"),
        (r#"<general joint="j" dyntype="integrator" ctrlrange="0 1"/>"#, "dyntype \"integrator\" isn't known"),
        (r#"<general joint="j" biastype="affine" biasprm="0 1 0" ctrlrange="0 1"/>"#, "pushes away"),
        (r#"<general joint="j"/>"#, "no bounds"),
        (r#"<general tendon="t"/>"#, "drives no joint"),
        (r#"<muscle joint="j"/>"#, "isn't known as an actuator"),
    ] {
        let description = driven("", left_out);
        let findings = &description.report.findings;
        assert!(
            description.robot.actuators.is_empty() && findings.iter().any(|f| f.line == 2 && f.what.contains(why)),
            "{findings:?}"
        );
    }
}

#[test]
fn defaults_add_up_as_mujoco_has_it() {
    // Two of a kind, two of the outermost, and classes that know what stood before them.
    let defaults = r#"<default><position kp="50"/><position kv="3"/><default class="a"><motor gear="2"/></default></default>
        <default><general ctrlrange="-0.5 0.5"/><position kp="70"/></default>"#;
    let of = |class: &str| {
        let description = driven(&defaults.replace('\n', ""), &format!(r#"<position joint="j" {class}/>"#));
        let [Actuator::Joint { mode, bounds, .. }] = description.robot.actuators.as_slice() else { panic!() };
        (*mode, *bounds)
    };
    assert_eq!(of(""), (Mode::Position { kp: 70.0, kd: 3.0 }, Some([-0.5, 0.5])));
    assert_eq!(of(r#"class="a""#), (Mode::Position { kp: 200.0, kd: 12.0 }, None));
    let joints = r#"<mujoco><default><joint damping="1" armature="2"/><default class="a"><joint frictionloss="3"/></default></default>
        <default><joint damping="5"/><geom size="0.3"/></default>
        <worldbody><body><joint/><joint class="a" axis="1 0 0"/><geom/></body></worldbody></mujoco>"#;
    let robot = read(joints).robot;
    let found: Vec<_> = robot.joints.iter().take(2).map(|joint| (joint.damping, joint.armature, joint.friction)).collect();
    assert_eq!(found, [(5.0, 2.0, 0.0), (1.0, 2.0, 3.0)], "as MuJoCo 4.0.0 has them");
    let general = r#"<default><general gainprm="9" biastype="affine" biasprm="0 -9 0"/></default>"#;
    assert_eq!(law(&driven(general, r#"<position joint="j"/>"#)).0, Mode::Position { kp: 9.0, kd: 0.0 });
}

#[test]
fn what_many_inherit_is_short() {
    let long = "0.1 ".repeat(100_000);
    let text = format!(
        "<mujoco>\n<default>\n<geom size=\"{long}\"/></default><worldbody>{}</worldbody></mujoco>",
        "<geom/>".repeat(100_000)
    );
    let said = file::parse(&text, "a.xml").unwrap_err().to_string();
    assert!(said.starts_with("a.xml:3: <geom>: size: expected at most 250 bytes in a default, found 400000"), "{said}");
    // Of nine hundred classes within each other, each with a hundred attributes, no element asks more than the last.
    let within = |attribute: &dyn Fn(usize, usize) -> String| {
        let class = |i: usize| format!("<default class='c{i}'><geom {}/>", (0..100).map(|j| attribute(i, j)).collect::<String>());
        let open: String = (0..900).map(class).collect();
        let geoms = "<geom class='c899' size='1'/>".repeat(100_000);
        format!("<mujoco><default>{open}{}</default><worldbody>{geoms}</worldbody></mujoco>", "</default>".repeat(900))
    };
    assert_eq!(read(&within(&|_, j| format!("a{j}='1' "))).robot.links[0].parts.len(), 100_000);
    let said = file::parse(&within(&|i, j| format!("a{i}x{j}='1' ")), "a.xml").unwrap_err().to_string();
    assert!(said.contains("<geom>: expected at most 100 attributes in a class and those around it"), "{said}");
}

#[test]
fn what_lies_between_two_points_is_turned_and_sized_as_by_mujoco() {
    // Position and quaternion (scalar first) of MuJoCo 4.0.0.
    const HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;
    let cases = [
        (
            r#"type="capsule" fromto="0.1 0.2 0.3 0.5 -0.4 0.9" size="0.05""#,
            [0.3, -0.1, 0.6],
            [0.42449844, -0.75336219, -0.50224146, 0.0],
        ),
        (r#"type="cylinder" fromto="0 0 0 0 0.4 0" size="0.05""#, [0.0, 0.2, 0.0], [HALF, HALF, 0.0, 0.0]),
        (r#"type="box" fromto="0 0 0 0.3 0.1 0" size="0.05 0.02""#, [0.15, 0.05, 0.0], [HALF, 0.2236068, -0.67082039, 0.0]),
        (r#"type="ellipsoid" fromto="0 0 0 0 0 -0.3" size="0.05""#, [0.0, 0.0, -0.15], [1.0, 0.0, 0.0, 0.0]),
    ];
    let mut shapes = Vec::new();
    for (geom, position_m, [w, x, y, z]) in cases {
        let robot = read(&format!("<mujoco><worldbody><body><geom {geom}/></body></worldbody></mujoco>")).robot;
        let part = &robot.links[0].parts[0];
        let pose = part.origin.pose();
        assert!((pose.translation.vector - Vector3::from(position_m)).norm() < 1e-9, "{geom}");
        let rotation = nalgebra::UnitQuaternion::new_normalize(nalgebra::Quaternion::new(w, x, y, z));
        assert!(pose.rotation.angle_to(&rotation) < 1e-7, "{geom}: {:?}", pose.rotation);
        shapes.push(part.shape.clone());
    }
    let Shape::Box { size_m } = shapes[2] else { panic!() };
    assert!(size_m.iter().zip([0.1, 0.1, 2.0 * 0.15811388]).all(|(a, b)| (a - b).abs() < 1e-8), "{size_m:?}");
    let Shape::Ellipsoid { radii_m } = shapes[3] else { panic!() };
    assert_eq!(radii_m, [0.05, 0.05, 0.15]);
}
