//! The arena as colliders: ground and walls.

use nalgebra::Unit;
use rapier3d::math::Vector;
use rapier3d::prelude::{ColliderBuilder, PhysicsWorld};

use super::colliders::surface;
use crate::arena::Arena;

/// The names of what isn't a link, in the order of their colliders.
pub(crate) const SURROUNDINGS: [&str; 5] = ["ground", "wall_east", "wall_west", "wall_north", "wall_south"];

/// Thickness of the walls (m): thick, so that no contact is ever nearer to a wall's far side.
const WALL_THICKNESS_M: f32 = 1.0;

/// Puts ground and walls into the world; their user data goes on from `first`.
pub(super) fn insert(world: &mut PhysicsWorld, arena: &Arena, first: usize) {
    let (half, height) = (arena.half_extent_m as f32, arena.wall_height_m as f32);
    let (middle, half_thick) = (half + 0.5 * WALL_THICKNESS_M, 0.5 * WALL_THICKNESS_M);
    // East and west walls close the corners.
    let along_y = || ColliderBuilder::cuboid(half_thick, half + WALL_THICKNESS_M, 0.5 * height);
    let along_x = || ColliderBuilder::cuboid(half, half_thick, 0.5 * height);
    let centre = |x: f32, y: f32| Vector::new(x, y, 0.5 * height);
    // The ground is touched in every step, so its bounds don't matter and a half-space is the simplest shape. Walls are
    // boxes: out of their bounds the broad phase drops the pair, where a half-space would be a pair in every step.
    let surroundings = [
        ColliderBuilder::halfspace(Unit::new_unchecked(Vector::Z)),
        along_y().translation(centre(middle, 0.0)),
        along_y().translation(centre(-middle, 0.0)),
        along_x().translation(centre(0.0, middle)),
        along_x().translation(centre(0.0, -middle)),
    ];
    // Without height there are no walls.
    let count = if arena.wall_height_m > 0.0 { surroundings.len() } else { 1 };
    for (index, collider) in surroundings.into_iter().take(count).enumerate() {
        world.insert_collider(surface(collider, arena.friction, arena.restitution, first + index), None);
    }
}
