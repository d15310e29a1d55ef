//! Meshes that descriptions name: found within the folders that may be read, and read when somebody needs them.
//!
//! STL (text and binary), OBJ and Collada (DAE) are read, their shape alone: no materials, no normals, no textures, and no other file. What a
//! file holds is counted while it is read, so that a small file can't ask for much memory.

mod dae;
mod obj;
mod roots;
mod stl;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use roots::{MeshError, Roots, package_path};

use crate::file::{ReadError, read_bytes};

/// The largest mesh that is read (MiB).
const LARGEST_MIB: u64 = 128;

/// The most corners of a mesh (2^24): its vertices, or three for each triangle where these are more.
pub(crate) const MOST_CORNERS: usize = 1 << 24;

/// Triangles in space (m; as read from a file in the units of the file, which a description's scale makes metres).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mesh {
    /// Corners.
    pub vertices: Vec<[f32; 3]>,
    /// Three corners each, by index, anticlockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
}

impl Mesh {
    /// How much of [`MOST_CORNERS`] it takes.
    pub(crate) fn corners(&self) -> usize {
        self.vertices.len().max(3 * self.triangles.len())
    }

    /// Adds a triangle.
    ///
    /// # Errors
    /// If the mesh is full.
    fn push(&mut self, triangle: [u32; 3]) -> Result<(), String> {
        within(3 * (self.triangles.len() + 1))?;
        self.triangles.push(triangle);
        Ok(())
    }

    /// The same with its coordinates multiplied along x, y, z. Mirrored, its triangles turn round, so that they keep facing outwards.
    #[must_use]
    pub fn scaled(mut self, scale: [f64; 3]) -> Mesh {
        for vertex in &mut self.vertices {
            for (x, factor) in vertex.iter_mut().zip(scale) {
                *x = (f64::from(*x) * factor) as f32;
            }
        }
        if scale.iter().filter(|factor| **factor < 0.0).count() % 2 == 1 {
            self.triangles.iter_mut().for_each(|triangle| triangle.swap(1, 2));
        }
        self
    }
}

/// Refuses more corners than there may be.
pub(crate) fn within(corners: usize) -> Result<(), String> {
    if corners > MOST_CORNERS { Err(format!("expected at most {MOST_CORNERS} corners, found more")) } else { Ok(()) }
}

/// Reads an STL, OBJ or DAE file, told by its ending.
///
/// # Errors
/// If it can't be read, has more than 128 MiB or 2^24 corners, another ending, or isn't what its ending says.
pub fn read(path: &Path) -> Result<Mesh, ReadError> {
    let file = path.display().to_string();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    if !roots::ENDINGS.contains(&ending.as_str()) {
        let what = format!("expected a mesh that ends in .{}, found .{ending}", roots::ENDINGS.join(", ."));
        return Err(ReadError::Whole { file, what });
    }
    parse(read_bytes(path, LARGEST_MIB)?, &ending, &file)
}

/// Reads the bytes of a mesh whose file has the given ending (`stl`, `obj` or `dae`); `file` names it in errors.
///
/// # Errors
/// If they aren't what the ending says, or have more than 2^24 corners.
pub fn parse(bytes: Vec<u8>, ending: &str, file: &str) -> Result<Mesh, ReadError> {
    let mesh = match ending {
        "stl" => stl::read(bytes, file)?,
        "obj" => obj::read(bytes, file)?,
        _ => dae::read(bytes, file)?,
    };
    let whole = |what: &str| Err(ReadError::Whole { file: file.into(), what: what.into() });
    if mesh.triangles.is_empty() {
        return whole("expected at least one triangle, found none");
    }
    if !mesh.vertices.as_flattened().iter().all(|x| x.is_finite()) {
        return whole("expected finite coordinates");
    }
    Ok(mesh)
}
