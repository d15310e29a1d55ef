//! What a camera sees of a robot in its arena: the visible parts of links as things of a [`Scene`], over the arena's ground.
//!
//! The ground of an arena without a road is evenly grey. Walls aren't seen. Ellipsoids can't be drawn yet.

use embody_robots::Pose;
use embody_robots::mesh::Mesh;
use embody_robots::robot::{Part, RobotSpec, Shape};

use crate::arena::{Arena, RoadSettings};
use crate::render::{self, Ground, RoadTexture, Scene, Thing};
use crate::world::BuildError;

/// Brightness of the sky.
const SKY: f32 = 0.8;

/// Brightness of a plane without a road.
const PLANE: f32 = 0.3;

/// A scene whose things follow the links that they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    scene: Scene,
    /// For each thing, its link and its place in that link's frame.
    places: Vec<(usize, Pose)>,
}

impl Sight {
    /// What can be seen of the links that `seen` names by index, over ground and sky of the arena, or in the dark if there is none.
    ///
    /// # Errors
    /// If a visible part can't be drawn.
    pub(crate) fn new(robot: &RobotSpec, seen: impl Fn(usize) -> bool, arena: Option<&Arena>) -> Result<Sight, BuildError> {
        let mut sight = Sight { scene: scene(arena), places: Vec::new() };
        for (index, link) in robot.links.iter().enumerate().filter(|(index, _)| seen(*index)) {
            for part in link.parts.iter().filter(|part| part.visible) {
                let not_yet = || BuildError::NotYet { what: format!("link {:?}", link.name), expected: SHAPES };
                sight.scene.things.push(thing(part).ok_or_else(not_yet)?);
                sight.places.push((index, part.origin.pose()));
            }
        }
        Ok(sight)
    }

    /// The scene with every link where `pose` says it is.
    pub(crate) fn of(&mut self, pose: impl Fn(usize) -> Pose) -> &Scene {
        for (thing, (link, place)) in self.scene.things.iter_mut().zip(&self.places) {
            thing.pose = pose(*link) * place;
        }
        &self.scene
    }
}

const SHAPES: &str = "visible parts that are spheres, boxes, cylinders, capsules or meshes, where a camera sees them";

/// The arena without things.
fn scene(arena: Option<&Arena>) -> Scene {
    let Some(arena) = arena else {
        return Scene { sky: 0.0, ground: Ground::Plain(0.0), things: Vec::new() };
    };
    let road = |settings: &RoadSettings| Ground::Road(RoadTexture::new(settings.road(), settings.paint));
    Scene { sky: SKY, ground: arena.road.as_ref().map_or(Ground::Plain(PLANE), road), things: Vec::new() }
}

fn thing(part: &Part) -> Option<Thing> {
    let shape = match part.shape {
        Shape::Sphere { radius_m } => render::Shape::Sphere { radius_m },
        Shape::Box { size_m } => render::Shape::Box { half_extents_m: size_m.map(|side| 0.5 * side) },
        Shape::Cylinder { radius_m, length_m } => render::Shape::Cylinder { half_length_m: 0.5 * length_m, radius_m },
        Shape::Capsule { radius_m, length_m } => render::Shape::Capsule { half_length_m: 0.5 * length_m, radius_m },
        Shape::Triangles(ref mesh) => render::Shape::Mesh(triangles(mesh)?),
        Shape::Ellipsoid { .. } | Shape::Plane | Shape::Mesh { .. } => return None,
    };
    Some(Thing { pose: Pose::identity(), shape, brightness: part.brightness as f32 })
}

/// A mesh as the renderer has it; none if it has no surface to see.
fn triangles(mesh: &Mesh) -> Option<render::Mesh> {
    render::Mesh::new(mesh.vertices.clone(), mesh.triangles.clone()).ok()
}
