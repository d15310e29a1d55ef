//! What can be seen: a sky, a ground and things, with their brightness from 0 (dark) to 1 (bright).
//!
//! Shading. A point of a thing with brightness `b` whose surface has the outward normal n appears as b (0.6 + 0.4 n.l), l being the
//! direction of a far light, (2, 3, 6) / 7: the six faces of an upright box all differ, and a face across the light isn't black.
//! The ground and the sky appear as bright as they are. Things cast no shadows.
//!
//! Ways to look. The ground, z = 0, is seen from above alone, and hides what lies below it. A sphere, box, capsule or cylinder is seen
//! from outside alone: a camera inside one looks through it. The triangles of a mesh are seen from both sides.

use embody_robots::Pose;

use super::bounds;
use super::mesh::Mesh;
use super::texture::RoadTexture;

/// Direction towards the light, of length 1.
pub const LIGHT: [f64; 3] = [2.0 / 7.0, 3.0 / 7.0, 6.0 / 7.0];

/// Share of its brightness that a surface along the light shows.
pub(super) const AMBIENT: f32 = 0.6;

/// What a surface across the light shows more, and one turned away less.
pub(super) const DIFFUSE: f32 = 0.4;

/// Everything that a camera sees.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Brightness of the sky.
    pub sky: f32,
    /// The plane z = 0.
    pub ground: Ground,
    /// What stands on it.
    pub things: Vec<Thing>,
}

/// What the ground looks like.
#[derive(Clone, Debug)]
pub enum Ground {
    /// The same brightness everywhere.
    Plain(f32),
    /// A road.
    Road(RoadTexture),
}

/// A visible thing.
#[derive(Clone, Debug)]
pub struct Thing {
    /// Its frame in the world. One that isn't finite isn't seen.
    pub pose: Pose,
    /// Its form in that frame.
    pub shape: Shape,
    /// Its brightness.
    pub brightness: f32,
}

/// The form of a thing, centred on its frame.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A sphere.
    Sphere {
        /// Radius (m).
        radius_m: f64,
    },
    /// A box along the axes of its frame.
    Box {
        /// Half its sides (m).
        half_extents_m: [f64; 3],
    },
    /// A cylinder along z with half a sphere on either end.
    Capsule {
        /// Half the length of the cylinder (m).
        half_length_m: f64,
        /// Radius (m).
        radius_m: f64,
    },
    /// A cylinder along z with flat ends.
    Cylinder {
        /// Half its length (m).
        half_length_m: f64,
        /// Radius (m).
        radius_m: f64,
    },
    /// Triangles.
    Mesh(Mesh),
}

impl Thing {
    /// Radius of a ball around its frame's origin that holds it (m).
    pub fn reach_m(&self) -> f64 {
        let (centres, radius) = bounds::hull(&self.shape);
        centres.iter().map(|centre| centre.coords.norm()).fold(0.0, f64::max) + radius
    }
}
