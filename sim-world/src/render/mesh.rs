//! Meshes: triangles in a tree of bounds, met by parry's ray casts.

use std::sync::Arc;

use rapier3d::math::Vector;
use rapier3d::parry::query::{Ray, RayCast};
use rapier3d::parry::shape::TriMesh;

/// Triangles, seen from both sides. Clones share them.
#[derive(Clone, Debug)]
pub struct Mesh(Arc<TriMesh>);

impl Mesh {
    /// The mesh of these corners (m) and triangles, each of which names three corners.
    ///
    /// An error names the corner that isn't finite, or the triangle that names a corner that isn't there.
    pub fn new(corners_m: Vec<[f32; 3]>, triangles: Vec<[u32; 3]>) -> Result<Mesh, MeshError> {
        if let Some(corner) = corners_m.iter().position(|corner| !corner.iter().all(|x| x.is_finite())) {
            return Err(MeshError::Corner { corner, found: corners_m[corner] });
        }
        let corners = corners_m.len();
        let missing = |corners_named: &[u32; 3]| corners_named.iter().any(|corner| *corner as usize >= corners);
        if let Some(triangle) = triangles.iter().position(missing) {
            return Err(MeshError::Triangle { triangle, found: triangles[triangle], corners });
        }
        let corners = corners_m.into_iter().map(Vector::from_array).collect();
        TriMesh::new(corners, triangles).map(|mesh| Mesh(Arc::new(mesh))).map_err(|_| MeshError::Empty)
    }

    /// The least and greatest corner of the box that holds it (m).
    pub(super) fn bounds(&self) -> [[f64; 3]; 2] {
        let bounds = self.0.local_aabb();
        [bounds.mins, bounds.maxs].map(|corner| corner.to_array().map(f64::from))
    }

    /// Where the ray from `origin` along `direction` first meets a triangle, as a multiple of `direction`, and the normal there,
    /// towards the ray's origin.
    pub(super) fn cast(&self, origin: [f32; 3], direction: [f32; 3]) -> Option<(f32, [f32; 3])> {
        let ray = Ray::new(Vector::from_array(origin), Vector::from_array(direction));
        let met = self.0.cast_local_ray_and_get_normal(&ray, f32::MAX, false)?;
        let normal = if met.normal.dot(ray.dir) > 0.0 { -met.normal } else { met.normal };
        Some((met.time_of_impact, normal.to_array()))
    }

    /// The triangles as parry has them.
    pub(super) fn triangles(&self) -> &TriMesh {
        &self.0
    }
}

/// A mesh that can't be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MeshError {
    /// There are no triangles.
    #[error("mesh: it has no triangles, expected at least one")]
    Empty,
    /// A corner isn't finite.
    #[error("mesh: corner {corner} is {found:?}, expected finite numbers")]
    Corner {
        /// Which one, from 0.
        corner: usize,
        /// Its coordinates.
        found: [f32; 3],
    },
    /// A triangle names a corner that isn't there.
    #[error("mesh: triangle {triangle} names the corners {found:?}, expected numbers below {corners}")]
    Triangle {
        /// Which one, from 0.
        triangle: usize,
        /// The corners that it names.
        found: [u32; 3],
        /// How many there are.
        corners: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_mesh_is_refused() {
        let corners = vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        assert!(Mesh::new(corners.clone(), vec![[0, 1, 2]]).is_ok());
        assert_eq!(Mesh::new(corners.clone(), vec![]).unwrap_err(), MeshError::Empty);
        assert!(matches!(
            Mesh::new(corners, vec![[0, 1, 2], [0, 1, 3]]),
            Err(MeshError::Triangle { triangle: 1, corners: 3, .. })
        ));
        assert!(matches!(Mesh::new(vec![[f32::NAN; 3]], vec![[0, 0, 0]]), Err(MeshError::Corner { corner: 0, .. })));
    }
}
