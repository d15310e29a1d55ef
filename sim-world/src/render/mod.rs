//! Grey images of a scene, by one core and without a GPU: a pinhole [`Camera`] over a ground plane and simple shapes.
//!
//! The ground and the horizon are filtered: each pixel takes the mean over its own area, worked out from the geometry, which
//! costs one evaluation and is nearer to the truth than four samples. Shapes are sampled at four points of each pixel, and only
//! within their bounds on the screen. What a thing looks like is stated in [`scene`], what the road looks like in [`texture`].
//!
//! Equal scenes give equal bits on every x86-64: arithmetic is that of IEEE, loops are compiled for AVX2 and for the baseline from
//! the same source, and lanes never add up. [`RayCaster`] draws the same scenes by casting a ray for each sample; tests and
//! benchmarks compare with it.
//! Not here: shadows (but [`Thing::shadow`] can be added to a scene), reflections, lenses, colour, and the events of an event camera ([`crate::EventCamera`] looks at any image).

mod bounds;
mod camera;
mod filter;
mod ground;
mod mesh;
mod numeric;
mod ray_caster;
mod rays;
mod samples;
pub mod scene;
mod shadow;
mod strip;
mod surface;
pub mod texture;

pub use camera::Camera;
pub use mesh::{Mesh, MeshError};
pub use ray_caster::RayCaster;
pub use scene::{Ground, Scene, Shape, Thing};
pub use texture::{RoadPaint, RoadTexture};
