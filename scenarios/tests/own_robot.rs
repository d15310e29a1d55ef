//! A user's own robot by file: run as a scenario, written down so that its files are found again, and refused with file and line.

mod common;

use std::fs::File;
use std::time::{Duration, Instant};

use common::Lab;

const ARM: &str = r#"<robot name="mine">
  <link name="base"/>
  <link name="arm">
    <inertial><origin xyz="0.1 0 0"/><mass value="1"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><mesh filename="package://parts/arm.stl" scale="0.1 0.1 0.1"/></geometry></visual>
    <collision><geometry><mesh filename="package://parts/arm.stl" scale="0.1 0.1 0.1"/></geometry></collision>
  </link>
  <link name="tip"><inertial><mass value="0.1"/><inertia ixx="0.001" iyy="0.001" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="turn" type="revolute">
    <parent link="base"/><child link="arm"/><origin xyz="0 0 0.5"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" effort="5" velocity="2"/>
  </joint>
  <joint name="bend" type="revolute"><parent link="arm"/><child link="tip"/><origin xyz="0.3 0 0"/><axis xyz="0 0 1"/><limit lower="-2" upper="2" effort="3" velocity="2"/></joint>
</robot>
"#;

const WEDGE: &str = "solid wedge
vertex 0 0 0\nvertex 0 1 0\nvertex 1 0 0
vertex 0 0 0\nvertex 1 0 0\nvertex 0 0 1
vertex 1 0 0\nvertex 0 1 0\nvertex 0 0 1
vertex 0 1 0\nvertex 0 0 0\nvertex 0 0 1
endsolid\n";

const SCENARIO: &str = r#"name = "mine"
[time]
duration = "4s"
control_period = "20ms"
physics_period = "5ms"
neural_tick = "1ms"
report_every = "1s"
checkpoint_every = "2s"
[robot]
kind = "model"
[robot.model]
drive = { mode = "velocity", max_speed = 1.0 }
source = "my.urdf"
packages = { parts = "meshes" }
marks = [{ name = "goal", radius_m = 0.05 }]
[task]
kind = "arm-reaching"
[controller]
kind = "blind"
"#;

/// A folder `lab` with a scenario, its robot and its mesh.
fn lab() -> Lab {
    let lab = Lab::new();
    std::fs::create_dir_all(lab.path("lab/meshes")).unwrap();
    lab.write("lab/my.toml", SCENARIO);
    lab.write("lab/my.urdf", ARM);
    lab.write("lab/meshes/arm.stl", WEDGE);
    lab
}

#[test]
fn it_runs_again_from_its_run_folder_and_goes_on_there() {
    let lab = lab();
    let whole = lab.run("whole", "lab/my.toml");
    let again = lab.run("again", "whole/config.toml");
    assert_eq!(whole["trace_hash"], again["trace_hash"], "from its run folder");
    lab.run("part", "lab/my.toml --time 2s");
    lab.succeeds("run lab/my.toml --resume part --time 4s --quiet");
    assert_eq!(whole["trace_hash"], lab.summary("part")["trace_hash"], "continued");
}

#[test]
fn what_is_wrong_with_its_files_is_told_with_file_and_line() {
    let spoilt = |from: &str, to: &str| {
        let lab = lab();
        assert!(ARM.contains(from));
        lab.write("lab/my.urdf", ARM.replace(from, to));
        lab.fails("run lab/my.toml --out out")
    };
    for (from, to, line, what) in [
        ("</inertial>", "", 7, "not valid XML"),
        (r#"<mass value="1"/>"#, r#"<mass value="0"/>"#, 3, "expected mass above zero"),
        (r#"<parent link="base"/>"#, r#"<parent link="tip"/>"#, 13, "cycle"),
        (r#"type="revolute""#, r#"type="bendy""#, 9, "bendy"),
        (r#"lower="-1""#, r#"lower="7""#, 11, "limits are reversed"),
        (r#"upper="1""#, r#"upper="1e300""#, 11, "absurd"),
        (r#"effort="5""#, r#"effort="inf""#, 11, "finite"),
        (r#"xyz="0.3 0 0""#, r#"xyz="nan 0 0""#, 13, "finite"),
        ("package://parts/arm.stl", "package://parts/leg.stl", 5, "missing"),
        ("package://parts/arm.stl", "package://parts/../../arm.stl", 5, "leads upwards"),
        ("package://parts/arm.stl", "../../../../../../../etc/passwd", 5, "expected a file that ends in"),
        ("package://parts/arm.stl", "/etc/passwd.stl", 5, "missing"),
        ("<robot ", "<!DOCTYPE a [<!ENTITY b 'bb'>]><robot ", 1, "document type"),
    ] {
        let said = spoilt(from, to);
        assert!(said.contains(&format!("lab/my.urdf:{line}: ")) && said.contains(what), "{from} -> {to}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let lab = lab();
    lab.write("secret.stl", WEDGE);
    std::fs::remove_file(lab.path("lab/meshes/arm.stl")).unwrap();
    std::os::unix::fs::symlink(lab.path("secret.stl"), lab.path("lab/meshes/arm.stl")).unwrap();
    let said = lab.fails("run lab/my.toml --out out");
    assert!(said.contains("lab/my.urdf:5: ") && said.contains("lies outside"), "{said}");
}

#[test]
fn files_beyond_all_measure_are_refused_at_once() {
    let lab = lab();
    let start = Instant::now();
    File::create(lab.path("lab/my.urdf")).unwrap().set_len(100 << 20).unwrap();
    for command in ["run lab/my.toml --out out", "robot info lab/my.urdf", "robot check lab/my.urdf"] {
        let said = lab.fails(command);
        assert!(said.contains("my.urdf: expected at most 16 MiB"), "{said}");
    }
    let deep = format!("<robot>{}{}</robot>", "<a>".repeat(400_000), "</a>".repeat(400_000));
    lab.write("lab/deep.urdf", deep);
    assert!(lab.fails("robot info lab/deep.urdf").contains("deep.urdf:1: "));
    let links: String = (0..2000).map(|i| format!("<link name='l{i}'><inertial><mass value='1'/></inertial></link>\n")).collect();
    let joint =
        |i: usize| format!("<joint name='j{i}' type='continuous'><parent link='l{}'/><child link='l{i}'/></joint>\n", i - 1);
    let joints: String = (1..2000).map(joint).collect();
    lab.write("lab/my.urdf", format!("<robot>\n{links}{joints}</robot>"));
    lab.succeeds("robot info lab/my.urdf");
    let said = lab.fails("run lab/my.toml --out out");
    assert!(said.contains("1999 degrees of freedom"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn the_robots_of_the_catalogue_have_no_mistakes() {
    let lab = Lab::new();
    for name in ["ball", "car", "scorbot", "arm2", "arm7", "trunk"] {
        assert!(lab.succeeds(&format!("robot check {name}")).out.contains("fine"), "{name}");
        let said = lab.succeeds(&format!("robot info {name}")).out;
        assert!(said.contains("kg") && said.contains("actuator"), "{said}");
    }
}

#[test]
fn what_mjcf_has_beyond_this_is_refused_or_listed_with_its_line() {
    let lab = Lab::new();
    lab.write("include.xml", "<mujoco>\n<include file='/etc/passwd'/>\n</mujoco>");
    assert!(lab.fails("robot info include.xml").contains("include.xml:2: <include>"));
    let body = "<body name='a'><joint name='j' range='-90 90'/><joint name='k' range='-90 90' limited='false'/><geom size='1'/>";
    let inner = format!("<mujoco>\n<worldbody>{body}\n<include file='b.xml'/></body></worldbody>\n</mujoco>");
    lab.write("inner.xml", inner);
    assert!(lab.fails("robot info inner.xml").contains("inner.xml:3: <include>"));
    let rest = "<actuator>\n<muscle joint='j'/>\n<position joint='j' dampratio='1'/>\n</actuator>\n<tendon/>\n<equality>\n<weld body1='a'/></equality>";
    lab.write("rest.xml", format!("<mujoco>\n<worldbody>{body}</body></worldbody>\n{rest}</mujoco>"));
    let said = lab.succeeds("robot info rest.xml").out;
    let listed = [":4: ignored: <muscle>", ":5: ignored: dampratio=\"1\"", ":7: ignored: <tendon>", ":9: ignored: <weld>"];
    assert!(listed.iter().all(|line| said.contains(&format!("rest.xml{line}"))), "{said}");
    assert!(said.contains("-1.570") && said.contains("continuous"), "degrees, and a joint that says it has no limits: {said}");
}
