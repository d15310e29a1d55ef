//! Collada (DAE): the triangles of all geometries, where the scene puts them, in metres with z up.
//!
//! Read are geometries of triangles and of polygons (fans), nodes with their transforms and the geometries that they show, the file's unit
//! and which way is up. Skins, cameras, lights and libraries of nodes are not.

use std::collections::BTreeMap;

use nalgebra::{Matrix4, Point3, Unit, Vector3};

use super::Mesh;
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
    let mut shown = 0;
    while let Some((node, above)) = waiting.pop() {
        if node.name() != "node" {
            continue;
        }
        let here = above * transform(node)?;
        waiting.extend(node.all("node").map(|child| (child, here)));
        for instance in node.all("instance_geometry") {
            if let Some(geometry) = geometries.get(instance.needed("url")?.trim_start_matches('#')) {
                // One geometry can be shown any number of times: what comes of it all stays below what a file can hold.
                shown += geometry.vertices.len();
                if shown > 1 << 24 {
                    return Err(instance.error("expected at most 2^24 vertices in a scene, found more".into()));
                }
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
    for geometry in root.all("library_geometries").flat_map(|library| library.all("geometry")) {
        if let (Some(name), Some(mesh)) = (geometry.attribute("id"), geometry.child("mesh")) {
            found.insert(name, read_mesh(mesh)?);
        }
    }
    Ok(found)
}

fn read_mesh(element: Element) -> Result<Mesh, ReadError> {
    let mut mesh = Mesh { vertices: vertices(element)?, triangles: Vec::new() };
    for polygons in element.children().filter(|child| matches!(child.name(), "triangles" | "polylist" | "polygons")) {
        let mut stride = 1;
        let mut offset = 0;
        for input in polygons.all("input") {
            let own = input.number("offset")?.unwrap_or(0.0).clamp(0.0, 100.0) as usize;
            stride = stride.max(own + 1);
            if input.attribute("semantic") == Some("VERTEX") {
                offset = own;
            }
        }
        let sizes: Option<Vec<usize>> = polygons.child("vcount").map(|sizes| sizes.text_list()).transpose()?;
        for corners in polygons.all("p") {
            let indices: Vec<u32> = corners.text_list()?;
            let corner: Vec<u32> = indices.chunks(stride).filter_map(|chunk| chunk.get(offset).copied()).collect();
            if corner.iter().any(|corner| *corner as usize >= mesh.vertices.len()) {
                return Err(corners.error(format!("<p>: expected indices below {}", mesh.vertices.len())));
            }
            let whole = [corner.len()];
            let three = vec![3; corner.len() / 3];
            let sizes = match polygons.name() {
                "triangles" => &three,
                "polygons" => whole.as_slice(),
                _ => sizes.as_deref().unwrap_or_default(),
            };
            let mut rest = corner.as_slice();
            for size in sizes {
                let Some((polygon, after)) = rest.split_at_checked(*size) else {
                    return Err(corners.error("<p>: expected as many indices as <vcount> says, found fewer".into()));
                };
                rest = after;
                mesh.triangles.extend(polygon.get(1..).unwrap_or_default().windows(2).map(|pair| [polygon[0], pair[0], pair[1]]));
            }
        }
    }
    Ok(mesh)
}

/// The positions that a mesh's `<vertices>` names.
fn vertices(mesh: Element) -> Result<Vec<[f32; 3]>, ReadError> {
    let inputs = mesh.all("vertices").flat_map(|vertices| vertices.all("input"));
    let position = inputs.into_iter().find(|input| input.attribute("semantic") == Some("POSITION"));
    let Some(position) = position else { return Ok(Vec::new()) };
    let name = position.needed("source")?.trim_start_matches('#');
    let source = mesh.all("source").find(|source| source.attribute("id") == Some(name));
    let source = source.ok_or_else(|| position.error(format!("there is no source {name:?}")))?;
    let numbers: Vec<f32> = source.needed_child("float_array")?.text_list()?;
    Ok(numbers.chunks_exact(3).map(|vertex| [vertex[0], vertex[1], vertex[2]]).collect())
}
