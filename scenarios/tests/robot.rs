//! `embody robot`: info, check and fk, on the catalogue and on files.

mod common;

use common::Lab;
use serde_json::Value;

const ARM: &str = r#"<robot name="arm">
  <link name="base"/>
  <link name="hand">
    <inertial><mass value="0"/><inertia ixx="0" iyy="0" izz="0" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><mesh filename="package://arm/hand.stl"/></geometry></visual>
  </link>
  <joint name="turn" type="revolute">
    <parent link="base"/><child link="hand"/><origin xyz="0 0 1"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" effort="5" velocity="2"/>
  </joint>
  <transmission/>
</robot>
"#;

fn wild(name: &str) -> String {
    format!("{}/../robots/tests/wild/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn forward_kinematics_is_printed_as_json() {
    let lab = Lab::new();
    let one = |line: &str| serde_json::from_str::<Value>(&lab.succeeds(line).out).unwrap();
    let tip = one("robot fk scorbot --joints base=0,shoulder=0 --link tip --json");
    assert_eq!(tip["link"], "tip");
    let position: Vec<f64> = serde_json::from_value(tip["position_m"].clone()).unwrap();
    assert!(position.iter().zip([0.92, -0.033, 0.3585]).all(|(a, b)| (a - b).abs() < 1e-9), "{tip}");
    assert_eq!(tip["quaternion_xyzw"].as_array().map(Vec::len), Some(4));
    let all = one(&format!("robot fk {} --json", wild("ant.xml")));
    assert_eq!(all.as_array().map(Vec::len), Some(14), "the world and thirteen bodies");
    let negative = lab.succeeds("robot fk arm2 --joints=shoulder=-1.5,elbow=0.5 --link tip").out;
    assert!(negative.starts_with("tip: position (0.210"), "{negative}");
}

#[test]
fn wrong_names_and_numbers_are_told() {
    let lab = Lab::new();
    for (line, parts) in [
        ("robot fk arm2 --link hand", ["\"hand\"", "\"forearm\""]),
        ("robot fk arm2 --joints wrist=1", ["\"wrist\"", "\"elbow\""]),
        ("robot fk arm2 --joints elbow=far", ["elbow", "\"far\""]),
        ("robot fk arm2 --joints elbow=inf", ["elbow", "finite"]),
        ("robot info arm8", ["arm8", "arm7"]),
        ("robot info none.urdf", ["none.urdf", "No such file"]),
    ] {
        let said = lab.fails(line);
        assert!(parts.iter().all(|part| said.contains(part)), "{line}: {said}");
    }
}

#[test]
fn info_prints_the_tree_and_what_is_wrong_missing_or_ignored() {
    let lab = Lab::new();
    lab.write("arm.urdf", ARM);
    let said = lab.succeeds("robot info arm.urdf").out;
    for part in [
        "arm.urdf: arm, 2 links, 1 degrees of freedom, 0.000000 kg",
        "  turn (revolute about 0.0000 0.0000 1.0000, -1 to 1 rad, at most 2 rad/s, at most 5 N m) -> hand, 0.000000 kg, package://arm/hand.stl",
        "arm.urdf:4: warning: link \"hand\": its mass is zero",
        "arm.urdf:11: ignored: <transmission>",
        "arm.urdf:5: mesh \"package://arm/hand.stl\" is missing",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("a scenario leaves them out"), "it has no actuators");
    assert!(lab.succeeds(&format!("robot info {}", wild("reacher.xml"))).out.contains("a scenario leaves them out"));
    for name in ["kuka_iiwa.urdf", "panda.urdf", "xarm6.urdf", "reacher.xml", "pusher_v5.xml", "ant.xml"] {
        lab.succeeds(&format!("robot info {}", wild(name)));
    }
}

#[test]
fn check_fails_on_errors_alone() {
    let lab = Lab::new();
    lab.write("arm.urdf", ARM);
    let checked = lab.embody("robot check arm.urdf");
    assert!(checked.code == Some(1) && checked.out.contains("arm.urdf:5: error: mesh"), "{checked:?}");
    assert!(checked.out.contains("arm.urdf: 1 errors, 1 warnings"), "{checked:?}");
    std::fs::create_dir(lab.path("meshes")).unwrap();
    lab.write("meshes/hand.stl", "solid hand");
    let checked = lab.embody("robot check arm.urdf --package arm=meshes");
    let broken = "arm.urdf:5: error: ";
    assert!(
        checked.code == Some(1) && checked.out.contains(broken) && checked.out.contains("at least one triangle"),
        "{checked:?}"
    );
    lab.write("meshes/hand.stl", "solid hand\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\n");
    let checked = lab.succeeds("robot check arm.urdf --package arm=meshes");
    assert!(checked.out.contains("arm.urdf:4: warning: link \"hand\": its mass is zero"), "{checked:?}");
    assert!(lab.succeeds("robot check arm7").out.contains("arm7, fine"));
    let (cut, _) = ARM.split_once("</inertial>").unwrap();
    lab.write("cut.urdf", cut);
    let said = lab.fails("robot check cut.urdf");
    assert!(said.contains("cut.urdf:4: not valid XML"), "{said}");
}

#[test]
fn check_reads_meshes_and_tells_templates_and_actuators_that_are_left_out() {
    let lab = Lab::new();
    std::fs::create_dir_all(lab.path("arm/urdf")).unwrap();
    std::fs::create_dir_all(lab.path("arm/meshes")).unwrap();
    let beside = ARM.replace("package://arm/hand.stl", "../meshes/hand.obj");
    lab.write("arm/urdf/arm.urdf", &beside);
    lab.write("arm/meshes/hand.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
    let checked = lab.succeeds("robot check arm/urdf/arm.urdf");
    assert!(checked.out.contains("0 errors, 1 warnings"), "{checked:?}");
    lab.write("arm/meshes/hand.obj", format!("v 0 0 0\nf{}", " 1".repeat(6_000_000)));
    let checked = lab.embody("robot check arm/urdf/arm.urdf");
    assert!(checked.code == Some(1) && checked.out.contains("arm.urdf:5: error: "), "{checked:?}");
    assert!(checked.out.contains("hand.obj:2: expected at most 16777216 corners"), "{checked:?}");
    lab.write("raw.urdf", ARM.replacen("name=\"arm\"", "name=\"${name}\"", 1));
    let checked = lab.embody("robot check raw.urdf");
    assert!(checked.out.contains("raw.urdf:1: warning: this is a template"), "{checked:?}");
    let body = "<worldbody><body><joint name=\"j\"/><geom size=\"0.1\"/></body></worldbody>";
    lab.write("m.xml", format!("<mujoco>{body}<actuator>\n<muscle joint=\"j\"/></actuator></mujoco>"));
    let checked = lab.succeeds("robot check m.xml");
    assert!(checked.out.contains("m.xml:2: warning: <muscle>: isn't known as an actuator, and is left out"), "{checked:?}");
}
