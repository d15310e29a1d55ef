//! URDF: what is read, what is ignored, and what is refused with file and line.

use embody_robots::file::{self, Description};
use embody_robots::robot::{JointKind, Mimic, Severity, Shape};

const ARM: &str = r#"<?xml version="1.0"?>
<robot name="arm">
  <gazebo><plugin/></gazebo>
  <link name="base"/>
  <link name="slider">
    <inertial><origin xyz="0 0 1" rpy="0 0 1.5707963267948966"/><mass value="2"/><inertia ixx="1" ixy="0.1" ixz="0" iyy="1" iyz="0" izz="1"/></inertial>
    <visual><geometry><box size="1 2 3"/></geometry><material name="red"/></visual>
    <collision><origin xyz="0 0 0.5"/><geometry><capsule radius="0.1" length="0.4"/></geometry></collision>
    <visual><geometry><mesh filename="package://arm/hand.stl" scale="0.001 0.001 0.001"/></geometry></visual>
    <contact><lateral_friction value="0.9"/></contact>
  </link>
  <joint name="slide" type="prismatic">
    <parent link="base"/><child link="slider"/>
    <axis xyz="0 3 0"/>
    <limit lower="-1" upper="2" effort="10" velocity="0.5"/>
    <dynamics damping="0.7" friction="0.2"/>
    <safety_controller k_velocity="1"/>
  </joint>
  <joint name="follow" type="continuous">
    <parent link="slider"/><child link="wheel"/>
    <mimic joint="slide" multiplier="-3" offset="0.25"/>
  </joint>
  <link name="wheel"/>
  <material name="red"><color rgba="1 0 0 1"/></material>
</robot>
"#;

fn read(text: &str) -> Description {
    file::parse(text, "arm.urdf").unwrap()
}

fn refused(text: &str) -> String {
    file::parse(text, "arm.urdf").unwrap_err().to_string()
}

#[test]
fn everything_a_world_needs_is_read() {
    let robot = read(ARM).robot;
    let slider = &robot.links[1];
    let inertial = slider.inertial.unwrap();
    assert_eq!((inertial.mass_kg, inertial.inertia_kg_m2), (2.0, [1.0, 0.1, 0.0, 1.0, 0.0, 1.0]));
    assert!((inertial.origin.quaternion_xyzw[2] - 0.5_f64.sqrt()).abs() < 1e-12 && inertial.origin.position_m == [0.0, 0.0, 1.0]);
    let [solid, hull, mesh] = slider.parts.as_slice() else { panic!("{:?}", slider.parts) };
    assert_eq!((&solid.shape, solid.visible, solid.collides), (&Shape::Box { size_m: [1.0, 2.0, 3.0] }, true, false));
    assert!((solid.brightness - 0.2126).abs() < 1e-12, "a material that is coloured below");
    assert_eq!((&hull.shape, hull.friction), (&Shape::Capsule { radius_m: 0.1, length_m: 0.4 }, 0.9));
    assert!(hull.collides && !hull.visible && hull.origin.position_m == [0.0, 0.0, 0.5]);
    assert_eq!(mesh.shape, Shape::Mesh { file: "package://arm/hand.stl".into(), scale: [0.001; 3] });
    let [slide, follow] = robot.joints.as_slice() else { panic!("{:?}", robot.joints) };
    assert_eq!((slide.parent.as_deref(), slide.child.as_str()), (Some("base"), "slider"));
    assert_eq!(slide.kind, JointKind::Prismatic { axis: [0.0, 1.0, 0.0] });
    assert_eq!((slide.limits.position, slide.limits.velocity, slide.limits.effort), (Some([-1.0, 2.0]), Some(0.5), Some(10.0)));
    assert_eq!((slide.damping, slide.friction), (0.7, 0.2));
    assert_eq!(follow.kind, JointKind::Continuous { axis: [1.0, 0.0, 0.0] });
    assert_eq!(follow.mimic, Some(Mimic { joint: "slide".into(), multiplier: -3.0, offset: 0.25 }));
}

#[test]
fn what_is_ignored_is_told_with_its_line() {
    let report = read(ARM).report;
    let ignored: Vec<_> = report.ignored.iter().map(|ignored| (ignored.line, ignored.what.as_str())).collect();
    assert_eq!(ignored, [(3, "<gazebo>"), (17, "<safety_controller>")]);
    let findings: Vec<_> = report.findings.iter().map(|finding| (finding.line, finding.what.as_str())).collect();
    assert_eq!(findings, [(23, "link \"wheel\" moves and has no mass")]);
}

#[test]
fn mistakes_are_found_with_their_line_and_the_rest_is_read() {
    use Severity::{Error, Warning};
    let cases = [
        (r#"izz="1"/>"#, r#"izz="9"/>"#, Warning, 6, "triangle inequality"),
        (r#"izz="1"/>"#, r#"izz="-9"/>"#, Error, 6, "negative principal moment"),
        (r#"effort="10""#, r#"effort="0""#, Warning, 15, "limit of effort is 0, and taken for none"),
        (r#"upper="2""#, r#"upper="1e300""#, Error, 15, "-1 to 1e300 are absurd"),
        (r#"ixy="0.1""#, r#"ixy="2""#, Error, 6, "negative principal moment"),
        (r#"mass value="2""#, r#"mass value="-2""#, Error, 6, "mass_kg -2"),
        (r#"mass value="2""#, r#"mass value="0""#, Warning, 6, "mass is zero"),
        (r#"lower="-1" upper="2""#, r#"lower="2" upper="-1""#, Error, 15, "reversed: lower 2 is above upper -1"),
        (r#"velocity="0.5""#, r#"velocity="-1""#, Error, 15, "velocity limit -1 is absurd"),
        (r#"lower="-1" upper="2" "#, "", Warning, 12, "moves without end"),
        (r#"damping="0.7""#, r#"damping="-0.7""#, Error, 12, "damping -0.7"),
        (r#"size="1 2 3""#, r#"size="1 -2 3""#, Error, 7, "lengths must be finite and above zero"),
        (r#"mimic joint="slide""#, r#"mimic joint="glide""#, Error, 19, "mimics joint \"glide\", which doesn't exist"),
        (r#"<box size="1 2 3"/>"#, r#"<cone/>"#, Warning, 7, "<cone> is no shape"),
    ];
    for (from, to, severity, line, what) in cases {
        assert!(ARM.contains(from), "{from}");
        let findings = read(&ARM.replacen(from, to, 1)).report.findings;
        let found = findings.iter().any(|f| (f.severity, f.line) == (severity, line) && f.what.contains(what));
        assert!(found, "{to}: {findings:?}");
    }
}

#[test]
fn what_is_no_robot_is_refused_with_file_and_line() {
    let cases = [
        (r#"type="prismatic""#, r#"type="helical""#, "arm.urdf:12: joint \"slide\": type: expected revolute"),
        (r#"type="prismatic""#, "", "arm.urdf:12: <joint>: expected the attribute type"),
        (
            r#"<parent link="base"/>"#,
            r#"<parent link="wheel"/>"#,
            "arm.urdf:19: links hang on each other in a cycle: wheel, slider",
        ),
        (r#"<parent link="base"/>"#, "", "arm.urdf:12: <joint>: expected <parent>"),
        (r#"<link name="wheel"/>"#, "", "arm.urdf:19: joint \"follow\" holds link \"wheel\", which doesn't exist"),
        (r#"<link name="wheel"/>"#, r#"<link name="slider"/>"#, "arm.urdf:23: two links are called \"slider\""),
        (r#"<child link="wheel"/>"#, r#"<child link="slider"/>"#, "arm.urdf:23: two links are held by no joint"),
        (r#"xyz="0 3 0""#, r#"xyz="0 0 0""#, "arm.urdf:14: <axis>: xyz: expected a direction"),
        (r#"upper="2""#, r#"upper="two""#, "arm.urdf:15: <limit>: upper: expected finite numbers, found \"two\""),
        (r#"upper="2""#, r#"upper="nan""#, "arm.urdf:15: <limit>: upper: expected finite numbers"),
        (r#"size="1 2 3""#, r#"size="1 2""#, "arm.urdf:7: <box>: size: expected 3 numbers, found 2"),
        ("</robot>", "", "arm.urdf:24: not valid XML"),
        ("<robot name=\"arm\">", "<!DOCTYPE robot>\n<robot>", "arm.urdf:2: expected XML without a document type"),
    ];
    for (from, to, said) in cases {
        assert!(ARM.contains(from), "{from}");
        let error = refused(&ARM.replacen(from, to, 1));
        assert!(error.contains(said), "{to}: {error}");
    }
    assert!(refused("<sdf/>").contains("arm.urdf:1: expected <robot> (URDF) or <mujoco> (MJCF), found <sdf>"));
    assert!(refused("<robot/>").contains("expected at least one <link>"));
    assert!(refused("").starts_with("arm.urdf:1: not valid XML"));
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.urdf");
    std::fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    assert!(file::read(&path).unwrap_err().to_string().contains("expected at most 16 MiB"));
    assert!(file::read(folder.path()).unwrap_err().to_string().contains("expected a file"));
    std::fs::write(&path, b"<robot>\n\n\xff</robot>").unwrap();
    assert!(file::read(&path).unwrap_err().to_string().contains("huge.urdf:3: expected text in UTF-8"));
}

#[test]
fn a_long_chain_needs_neither_stack_nor_patience() {
    let mut text = String::from("<robot><link name='0'/>");
    for i in 1..20_000 {
        let parent = i - 1;
        text += &format!("<link name='{i}'/><joint name='{i}' type='fixed'><parent link='{parent}'/><child link='{i}'/></joint>");
    }
    let description = read(&(text + "</robot>"));
    let kinematics = embody_robots::Kinematics::new(&description.robot).unwrap();
    assert_eq!(kinematics.poses(&[]).len(), 20_000);
    assert!(file::summary(&description).lines().count() > 20_000);
}

#[test]
fn a_template_is_told_to_be_one() {
    let template = ARM.replacen("<robot name=\"arm\">", "<robot name=\"arm\" xmlns:xacro=\"http://www.ros.org/wiki/xacro\">", 1);
    assert!(read(&template).report.findings.iter().all(|finding| !finding.what.contains("template")), "a name alone makes none");
    let with = |from: &str, to: &str| template.replacen(from, to, 1);
    for (text, line) in
        [(with("<link name=\"wheel\"/>", "<link name=\"wheel\"/><xacro:arm/>"), 23), (with("name=\"arm\"", "name=\"${arm}\""), 2)]
    {
        let findings = read(&text).report.findings;
        let told = findings.iter().any(|finding| finding.line == line && finding.what.contains("this is a template"));
        assert!(told, "{findings:?}");
    }
    let said = refused(&with("upper=\"2\"", "upper=\"${top}\""));
    assert!(said.starts_with("arm.urdf:15: this is a template") && said.contains("found \"${top}\""), "{said}");
}

#[test]
fn extreme_numbers_are_told_in_few_digits() {
    let description =
        read(&ARM.replacen("upper=\"2\"", "upper=\"1e300\"", 1).replacen("mass value=\"2\"", "mass value=\"1e300\"", 1));
    let told = file::summary(&description);
    assert!(told.lines().all(|line| line.len() < 300), "{told}");
    assert!(told.contains("-1 to 1e300 m") && told.contains("1e300 kg"), "{told}");
}
