//! Meshes: which files may be read, and what is read of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use embody_robots::mesh::{self, Mesh, Roots};

const OBJ: &str = "# a square\nmtllib /etc/passwd\nv 0 0 0\nv 1 0 0 1.0\nv 1 1 0\nv 0 1 0\nvn 0 0 1\nf 1//1 2//1 3//1 -1//1\n";

fn parse(bytes: impl AsRef<[u8]>, ending: &str) -> Result<Mesh, String> {
    mesh::parse(bytes.as_ref().to_vec(), ending, &format!("a.{ending}")).map_err(|error| error.to_string())
}

#[test]
fn obj_faces_become_triangles() {
    let square = parse(OBJ, "obj").unwrap();
    assert_eq!((square.vertices.len(), square.triangles), (4, vec![[0, 1, 2], [0, 2, 3]]));
    assert!(parse("v 0 0\n", "obj").unwrap_err().starts_with("a.obj:1: v: expected three numbers"));
    assert!(parse("v 0 0 0\nf 1 2 3\n", "obj").unwrap_err().starts_with("a.obj:2: f: expected three or more vertices"));
    assert!(parse("v 0 0 nan\nv 0 0 1\nf 1 2 1\n", "obj").unwrap_err().contains("finite"));
    assert!(parse("", "obj").unwrap_err().contains("at least one triangle"));
}

#[test]
fn stl_is_read_as_text_and_in_binary() {
    let text =
        "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1e0 0\nendloop\nendfacet\nendsolid a\n";
    let expected = Mesh { vertices: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], triangles: vec![[0, 1, 2]] };
    assert_eq!(parse(text, "stl").unwrap(), expected);
    let mut binary = vec![b's'; 80];
    binary.extend(1_u32.to_le_bytes());
    binary.extend([0.0_f32; 3].iter().chain(expected.vertices.as_flattened()).flat_map(|x| x.to_le_bytes()));
    binary.extend([0; 2]);
    assert_eq!(parse(&binary, "stl").unwrap(), expected);
    // Four thousand million triangles in 134 bytes.
    binary[80..84].fill(0xff);
    assert!(parse(&binary, "stl").unwrap_err().contains("found 134"));
    assert!(parse("solid a\nvertex 1 2\n", "stl").unwrap_err().starts_with("a.stl:2: vertex"));
}

#[test]
fn collada_is_put_upright_and_into_metres() {
    let text = r##"<COLLADA><asset><unit meter="0.1"/><up_axis>Y_UP</up_axis></asset>
      <library_geometries><geometry id="g"><mesh>
        <source id="p"><float_array count="9">0 0 0 10 0 0 0 10 0</float_array></source>
        <vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
        <triangles count="1"><input semantic="VERTEX" source="#v" offset="0"/><input semantic="NORMAL" offset="1"/><p>0 9 1 9 2 9</p></triangles>
      </mesh></geometry></library_geometries>
      <library_visual_scenes><visual_scene><node><translate>0 0 20</translate><instance_geometry url="#g"/></node></visual_scene></library_visual_scenes>
    </COLLADA>"##;
    let mesh = parse(text, "dae").unwrap();
    assert_eq!(mesh.triangles, [[0, 1, 2]]);
    let expected = [[0.0, -2.0, 0.0], [1.0, -2.0, 0.0], [0.0, -2.0, 1.0_f32]];
    assert!(mesh.vertices.as_flattened().iter().zip(expected.as_flattened()).all(|(a, b)| (a - b).abs() < 1e-6), "{mesh:?}");
    assert!(
        parse(text.replace("0 9 1 9 2 9", "0 9 1 9 3 9"), "dae")
            .unwrap_err()
            .starts_with("a.dae:5: <p>: expected indices below 3")
    );
}

/// A Collada file of one geometry of three vertices, made of `polygons`, and shown by `scene`.
fn collada(polygons: &str, scene: &str) -> String {
    format!(
        r##"<COLLADA><library_geometries><geometry id="g"><mesh>
        <source id="p"><float_array>0 0 0 1 0 0 0 1 0</float_array></source>
        <vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
        {polygons}</mesh></geometry></library_geometries>
        <library_visual_scenes><visual_scene><node>{scene}</node></visual_scene></library_visual_scenes></COLLADA>"##
    )
}

const INSTANCE: &str = r##"<instance_geometry url="#g"/>"##;

#[test]
fn a_small_file_cannot_ask_for_much_memory() {
    // Six million triangles each, from less than a twentieth of the memory they would take.
    let triangles = format!("<triangles><p>{}</p></triangles>", "0 1 2 ".repeat(20_000));
    let said = parse(collada(&triangles, &INSTANCE.repeat(300)), "dae").unwrap_err();
    assert!(said.starts_with("a.dae:5: expected at most 16777216 corners"), "{said}");
    let fan = "0 ".repeat(6_000_000);
    let said = parse(collada(&format!("<polygons><p>{fan}</p></polygons>"), INSTANCE), "dae").unwrap_err();
    assert!(said.starts_with("a.dae:4: expected at most 16777216 corners"), "{said}");
    let said = parse(format!("v 0 0 0\nf{}", " 1".repeat(6_000_000)), "obj").unwrap_err();
    assert!(said.starts_with("a.obj:2: expected at most 16777216 corners"), "{said}");
    let said = parse(format!("solid\n{}", "vertex 0 0 0\n".repeat((1 << 24) + 1)), "stl");
    assert!(said.unwrap_err().starts_with("a.stl:16777218: expected at most 16777216 corners"));
}

#[test]
fn a_list_of_polygons_is_gone_through_once() {
    let list = |sizes: &str, lists: &str| collada(&format!("<polylist><vcount>{sizes}</vcount>{lists}</polylist>"), INSTANCE);
    assert_eq!(parse(list("3 4", "<p>0 1 2 0 1 2 0</p>"), "dae").unwrap().triangles.len(), 3);
    let said = parse(list(&"0 ".repeat(100_000), &"<p/>".repeat(100_000)), "dae").unwrap_err();
    assert!(said.contains("<polylist>: expected one <p>, found more"), "{said}");
    let said = parse(list("0 3", "<p>0 1 2</p>"), "dae").unwrap_err();
    assert!(said.starts_with("a.dae:4: <p>: expected polygons of three or more corners, found one of 0"), "{said}");
    let said = parse(list("3 3", "<p>0 1 2</p>"), "dae").unwrap_err();
    assert!(said.contains("as many indices as <vcount> says"), "{said}");
}

fn roots(folder: &Path) -> Roots {
    Roots::new(Some(folder), BTreeMap::new(), &[])
}

#[test]
fn a_package_is_found_where_it_may_lie() {
    let top = tempfile::tempdir().unwrap();
    let at = |name: &str| top.path().canonicalize().unwrap().join(name);
    for name in ["arm/meshes/a.stl", "arm/urdf/local.OBJ", "shelf/arm/meshes/b.stl", "own/meshes/a.stl", "meshes/c.dae"] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::write(at(name), OBJ).unwrap();
    }
    let folder = at("arm/urdf");
    assert_eq!(roots(&folder).find("package://arm/meshes/a.stl"), Ok(at("arm/meshes/a.stl")), "with the package's name");
    assert_eq!(roots(&folder).find("package://other/meshes/c.dae"), Ok(at("meshes/c.dae")), "without it");
    assert_eq!(roots(&folder).find("local.OBJ"), Ok(folder.join("local.OBJ")));
    assert_eq!(roots(&folder).find(&format!("file://{}", folder.join("local.OBJ").display())), Ok(folder.join("local.OBJ")));
    let given = Roots::new(Some(&folder), BTreeMap::from([("arm".into(), at("own"))]), &[at("shelf")]);
    assert_eq!(given.find("package://arm/meshes/a.stl"), Ok(at("own/meshes/a.stl")), "a given folder comes first");
    assert_eq!(given.find("package://arm/meshes/b.stl"), Ok(at("shelf/arm/meshes/b.stl")), "and isn't the only one");
    let around = Roots::new(Some(&folder), BTreeMap::from([("arm".into(), at("shelf"))]), &[]);
    assert_eq!(around.find("package://arm/meshes/b.stl"), Ok(at("shelf/arm/meshes/b.stl")), "or holds the package");
    // A file of that name that leads out of one folder doesn't stand for those in the others.
    fs::create_dir_all(at("bad/meshes")).unwrap();
    fs::create_dir_all(at("arm2")).unwrap();
    fs::write(at("arm2/secret.stl"), OBJ).unwrap();
    std::os::unix::fs::symlink(at("arm2/secret.stl"), at("bad/meshes/a.stl")).unwrap();
    let bad = Roots::new(Some(&folder), BTreeMap::from([("arm".into(), at("bad"))]), &[]);
    assert_eq!(bad.find("package://arm/meshes/a.stl"), Ok(at("arm/meshes/a.stl")));
    let path = Roots::new(None, BTreeMap::new(), &[at("shelf")]);
    assert_eq!(path.find("package://arm/meshes/b.stl"), Ok(at("shelf/arm/meshes/b.stl")));
    assert!(path.find("local.OBJ").unwrap_err().to_string().contains("the description has no folder"));
    assert!(mesh::read(&at("arm/urdf/local.OBJ")).is_ok());
}

#[test]
fn a_name_may_lead_upwards_to_what_lies_there() {
    let top = tempfile::tempdir().unwrap();
    let at = |name: &str| top.path().canonicalize().unwrap().join(name);
    for name in ["arm/meshes/a.obj", "arm/urdf/b.obj", "other/c.obj"] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::write(at(name), OBJ).unwrap();
    }
    let beside = roots(&at("arm/urdf"));
    assert_eq!(beside.find("../meshes/a.obj"), Ok(at("arm/meshes/a.obj")));
    assert_eq!(beside.find("../urdf/./b.obj"), Ok(at("arm/urdf/b.obj")));
    assert_eq!(beside.find(&at("arm/meshes/a.obj").display().to_string()), Ok(at("arm/meshes/a.obj")));
    assert!(beside.find("../meshes/none.obj").unwrap_err().to_string().contains("missing; looked for"));
    // A link leads out of the folder that a name leads up to.
    std::os::unix::fs::symlink(at("other/c.obj"), at("arm/meshes/link.obj")).unwrap();
    let said = beside.find("../meshes/link.obj").unwrap_err().to_string();
    assert!(said.contains("outside") && said.contains("--package NAME=DIR"), "{said}");
    let given = Roots::new(Some(&at("arm/urdf")), BTreeMap::from([("any".into(), at("other"))]), &[]);
    assert_eq!(given.find("../meshes/link.obj"), Ok(at("other/c.obj")), "and that is the remedy");
}

#[test]
fn nothing_outside_is_read() {
    // What lies in the folder of temporary files, or around it, lies around the description too.
    let elsewhere = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let secret = elsewhere.path().canonicalize().unwrap().join("secret.stl");
    let top = tempfile::tempdir().unwrap();
    let at = |name: &str| top.path().join(name);
    fs::create_dir_all(at("arm")).unwrap();
    fs::write(at("arm/text.txt"), OBJ).unwrap();
    fs::write(&secret, OBJ).unwrap();
    std::os::unix::fs::symlink(&secret, at("arm/link.stl")).unwrap();
    let said = |file: &str| roots(&at("arm")).find(file).unwrap_err().to_string();
    let upwards = format!("{}{}", "../".repeat(30), secret.display());
    for name in ["link.stl", "../arm/link.stl", &upwards, &secret.display().to_string(), &format!("file://{}", secret.display())]
    {
        assert!(said(name).contains("outside"), "{name}: {}", said(name));
    }
    for name in
        [format!("package://arm/{upwards}"), format!("package://{upwards}"), format!("package://arm/{}", secret.display())]
    {
        assert!(said(&name).contains("leads upwards") || said(&name).contains("missing"), "{name}: {}", said(&name));
    }
    assert!(said("text.txt").contains("expected a file that ends in .stl, .obj, .dae"));
    assert!(said("/etc/passwd").contains("expected a file that ends in"));
    assert!(said("../../../../../../etc/passwd").contains("expected a file that ends in"));
    assert!(said("none.stl").contains("missing; looked for"));
    assert!(said("package://arm//etc/none.stl").contains("missing"));
}
