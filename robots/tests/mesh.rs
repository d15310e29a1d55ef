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
    assert!(given.find("package://arm/meshes/b.stl").unwrap_err().to_string().contains("missing"), "and is the only one");
    let path = Roots::new(None, BTreeMap::new(), &[at("shelf")]);
    assert_eq!(path.find("package://arm/meshes/b.stl"), Ok(at("shelf/arm/meshes/b.stl")));
    assert!(path.find("local.OBJ").unwrap_err().to_string().contains("the description has no folder"));
    assert!(mesh::read(&at("arm/urdf/local.OBJ")).is_ok());
}

#[test]
fn nothing_outside_is_read() {
    let top = tempfile::tempdir().unwrap();
    let at = |name: &str| top.path().join(name);
    fs::create_dir_all(at("arm")).unwrap();
    for name in ["secret.stl", "arm/text.txt"] {
        fs::write(at(name), OBJ).unwrap();
    }
    std::os::unix::fs::symlink(at("secret.stl"), at("arm/link.stl")).unwrap();
    let said = |file: &str| roots(&at("arm")).find(file).unwrap_err().to_string();
    for name in ["../secret.stl", "package://arm/../secret.stl", "package://../secret.stl", "meshes/../../secret.stl"] {
        assert!(said(name).contains("leads upwards"), "{name}: {}", said(name));
    }
    for name in ["link.stl".to_owned(), at("secret.stl").display().to_string(), format!("file://{}", at("secret.stl").display())]
    {
        assert!(said(&name).contains("outside"), "{name}: {}", said(&name));
    }
    assert!(said("text.txt").contains("expected a file that ends in .stl, .obj, .dae"));
    assert!(said("/etc/passwd").contains("expected a file that ends in"));
    assert!(said("none.stl").contains("missing; looked for"));
    assert!(said("package://arm//etc/none.stl").contains("missing"));
}
