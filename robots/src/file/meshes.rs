//! The meshes of a description, read as they are used.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use crate::mesh::{self, Mesh, Roots};
use crate::robot::{Shape, check_shape};

/// Reads the meshes of one description, each file once, and counts what they take together: a description may name one large mesh a
/// thousand times.
pub(super) struct Meshes<'a> {
    roots: &'a Roots,
    /// What came of each file.
    files: BTreeMap<PathBuf, Result<Mesh, String>>,
    corners: usize,
}

impl<'a> Meshes<'a> {
    /// None is read yet.
    pub(super) fn new(roots: &'a Roots) -> Meshes<'a> {
        Meshes { roots, files: BTreeMap::new(), corners: 0 }
    }

    /// The shape of the mesh that the description names `file`, multiplied by `scale`.
    ///
    /// # Errors
    /// If it can't be had, can't be read, or is too large, alone or with those before.
    pub(super) fn read(&mut self, file: &str, scale: [f64; 3]) -> Result<Shape, String> {
        let path = self.roots.find(file).map_err(|e| e.to_string())?;
        let read = |path: &PathBuf| mesh::read(path).map_err(|e| e.to_string());
        let mesh = match self.files.entry(path) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let mesh = read(new.key());
                new.insert(mesh)
            }
        };
        let mesh = mesh.as_ref().map_err(Clone::clone)?;
        self.corners += mesh.corners();
        mesh::within(self.corners).map_err(|what| format!("all the robot's meshes together: {what}"))?;
        let shape = Shape::Triangles(mesh.clone().scaled(scale));
        // Scaled, it may have grown beyond what an engine can hold.
        check_shape(&shape).map_or(Ok(shape), Err)
    }
}
