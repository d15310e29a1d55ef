//! Collada (DAE): the triangles of all geometries, where the scene puts them, in metres with z up.
//!
//! Read are geometries of triangles and of polygons (fans), nodes with their transforms and the geometries that they show, the file's unit
//! and which way is up. Skins, cameras, lights and libraries of nodes are not.

use std::collections::BTreeMap;

use nalgebra::{Matrix4, Point3, Unit, Vector3};

use super::{MOST_CORNERS, Mesh, within};
use crate::file::{Document, Element, ReadError, to_text};

/// Reads a Collada file.
pub(super) fn read(bytes: Vec<u8>, file: &str) -> Result<Mesh, ReadError> {
    let text = to_text(bytes, file)?;
    let document = Document::parse(text.trim_start_matches('\u{feff}'), file)?;
    let root = document.root();
    if root.name() != "COLLADA" {
        return Err(root.error(format!("expected <COLLADA>, found <{}>", root.name())));
    }
    let geometries = geometries(root)?;
    let mut mesh = Mesh::default();
    let base = axes(root)?;
    let scenes = root.all("library_visual_scenes").flat_map(|library| library.all("visual_scene"));
    let mut waiting: Vec<(Element, Matrix4<f64>)> = scenes.flat_map(Element::children).map(|node| (node, base)).collect();
    while let Some((node, above)) = waiting.pop() {
        if node.name() != "node" {
            continue;
        }
        let here = above * transform(node)?;
        waiting.extend(node.all("node").map(|child| (child, here)));
        for instance in node.all("instance_geometry") {
            if let Some(geometry) = geometries.get(instance.needed("url")?.trim_start_matches('#')) {
                // One geometry can be shown any number of times.
                within(mesh.corners() + geometry.corners()).map_err(|what| instance.error(what))?;
                append(&mut mesh, geometry, &here);
            }
        }
    }
    Ok(mesh)
}

/// The unit and the axes of a file: what turns its coordinates into metres with z up.
fn axes(root: Element) -> Result<Matrix4<f64>, ReadError> {
    let asset = root.child("asset");
    let unit = asset.and_then(|asset| asset.child("unit"));
    let metres = unit.map_or(Ok(None), |unit| unit.number("meter"))?.unwrap_or(1.0);
    let up = asset.and_then(|asset| asset.child("up_axis"));
    let turn = match up.map_or("Y_UP", |up| up.text().trim()) {
        "Z_UP" => Matrix4::identity(),
        "Y_UP" => Matrix4::from_axis_angle(&Vector3::x_axis(), std::f64::consts::FRAC_PI_2),
        other => {
            return Err(up.unwrap_or(root).error(format!("<up_axis>: expected Y_UP or Z_UP, found {other:?}")));
        }
    };
    Ok(turn * Matrix4::new_scaling(metres))
}

/// What a node does to what is in it: its transforms, in their order.
fn transform(node: Element) -> Result<Matrix4<f64>, ReadError> {
    let mut matrix = Matrix4::identity();
    for step in node.children() {
        matrix *= match step.name() {
            "matrix" => Matrix4::from_row_slice(&step.text_numbers::<16>()?),
            "translate" => Matrix4::new_translation(&step.text_numbers::<3>()?.into()),
            "scale" => Matrix4::new_nonuniform_scaling(&step.text_numbers::<3>()?.into()),
            "rotate" => {
                let [x, y, z, degrees] = step.text_numbers::<4>()?;
                let axis = Unit::try_new(Vector3::new(x, y, z), 1e-12).unwrap_or(Vector3::x_axis());
                Matrix4::from_axis_angle(&axis, degrees.to_radians())
            }
            _ => continue,
        };
    }
    Ok(matrix)
}

/// Appends a geometry, moved by a matrix.
fn append(mesh: &mut Mesh, geometry: &Mesh, matrix: &Matrix4<f64>) {
    let before = mesh.vertices.len() as u32;
    mesh.vertices.extend(geometry.vertices.iter().map(|vertex| {
        let moved = matrix.transform_point(&Point3::from(vertex.map(f64::from)));
        [moved.x as f32, moved.y as f32, moved.z as f32]
    }));
    mesh.triangles.extend(geometry.triangles.iter().map(|triangle| triangle.map(|corner| before + corner)));
}

/// Every geometry by its name.
fn geometries<'d>(root: Element<'d, '_>) -> Result<BTreeMap<&'d str, Mesh>, ReadError> {
    let mut found = BTreeMap::new();
    // Triangles take six times the room of their text: all geometries together have that of one mesh.
    let mut corners = 0;
    for geometry in root.all("library_geometries").flat_map(|library| library.all("geometry")) {
        if let (Some(name), Some(mesh)) = (geometry.attribute("id"), geometry.child("mesh")) {
            let mesh = read_mesh(mesh)?;
            corners += mesh.corners();
            within(corners).map_err(|what| geometry.error(what))?;
            found.insert(name, mesh);
        }
    }
    Ok(found)
}

fn read_mesh(element: Element) -> Result<Mesh, ReadError> {
    let mut mesh = Mesh { vertices: vertices(element)?, triangles: Vec::new() };
    for polygons in element.children() {
        match polygons.name() {
            "triangles" => {
                for corners in polygons.all("p") {
                    let corner = indices(polygons, corners, mesh.vertices.len())?;
                    corner.chunks_exact(3).try_for_each(|three| fan(&mut mesh, three, corners))?;
                }
            }
            "polygons" => {
                for corners in polygons.all("p") {
                    let polygon = indices(polygons, corners, mesh.vertices.len())?;
                    fan(&mut mesh, &polygon, corners)?;
                }
            }
            "polylist" => read_polylist(polygons, &mut mesh)?,
            _ => {}
        }
    }
    Ok(mesh)
}

/// A list of polygons: their sizes, and the corners of all in one `<p>`.
fn read_polylist(polygons: Element, mesh: &mut Mesh) -> Result<(), ReadError> {
    let mut lists = polygons.all("p");
    let Some(corners) = lists.next() else { return Ok(()) };
    if let Some(second) = lists.next() {
        return Err(second.error("<polylist>: expected one <p>, found more".into()));
    }
    let corner = indices(polygons, corners, mesh.vertices.len())?;
    let mut rest = corner.as_slice();
    for size in polygons.needed_child("vcount")?.text_values::<usize>() {
        let Some((polygon, after)) = rest.split_at_checked(size?) else {
            return Err(corners.error("<p>: expected as many indices as <vcount> says, found fewer".into()));
        };
        rest = after;
        fan(mesh, polygon, corners)?;
    }
    Ok(())
}

/// The vertices that a `<p>` names, of `count`; what it says of normals and the like between them is left out.
fn indices(polygons: Element, corners: Element, count: usize) -> Result<Vec<u32>, ReadError> {
    let (mut stride, mut offset) = (1, 0);
    for input in polygons.all("input") {
        let own = input.number("offset")?.unwrap_or(0.0).clamp(0.0, 100.0) as usize;
        stride = stride.max(own + 1);
        if input.attribute("semantic") == Some("VERTEX") {
            offset = own;
        }
    }
    let mut found = Vec::new();
    for index in corners.text_values::<u32>().skip(offset).step_by(stride) {
        let index = index?;
        if index as usize >= count {
            return Err(corners.error(format!("<p>: expected indices below {count}")));
        }
        if found.len() >= MOST_CORNERS {
            return Err(corners.error(format!("<p>: expected at most {MOST_CORNERS} corners, found more")));
        }
        found.push(index);
    }
    Ok(found)
}

/// Adds a polygon as a fan of triangles.
fn fan(mesh: &mut Mesh, polygon: &[u32], corners: Element) -> Result<(), ReadError> {
    let ([first, rest @ ..], 3..) = (polygon, polygon.len()) else {
        return Err(corners.error(format!("<p>: expected polygons of three or more corners, found one of {}", polygon.len())));
    };
    rest.windows(2).try_for_each(|pair| mesh.push([*first, pair[0], pair[1]])).map_err(|what| corners.error(what))
}

/// The positions that a mesh's `<vertices>` names.
fn vertices(mesh: Element) -> Result<Vec<[f32; 3]>, ReadError> {
    let inputs = mesh.all("vertices").flat_map(|vertices| vertices.all("input"));
    let position = inputs.into_iter().find(|input| input.attribute("semantic") == Some("POSITION"));
    let Some(position) = position else { return Ok(Vec::new()) };
    let name = position.needed("source")?.trim_start_matches('#');
    let source = mesh.all("source").find(|source| source.attribute("id") == Some(name));
    let source = source.ok_or_else(|| position.error(format!("there is no source {name:?}")))?;
    let array = source.needed_child("float_array")?;
    let numbers: Vec<f32> = array.text_values().take(3 * MOST_CORNERS + 1).collect::<Result<_, _>>()?;
    within(numbers.len().div_ceil(3)).map_err(|what| array.error(what))?;
    Ok(numbers.chunks_exact(3).map(|vertex| [vertex[0], vertex[1], vertex[2]]).collect())
}
