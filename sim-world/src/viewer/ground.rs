//! The ground: a plane, its grid, and the road if there is one, with sky, light and shadow over it.

use bevy::asset::{Assets, RenderAssetUsages};
use bevy::camera::ClearColor;
use bevy::camera::visibility::Visibility;
use bevy::color::Color;
use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::component::Component;
use bevy::ecs::query::With;
use bevy::ecs::system::{Commands, Query, Res, ResMut};
use bevy::light::{CascadeShadowConfigBuilder, DirectionalLight, GlobalAmbientLight, NotShadowCaster};
use bevy::math::primitives::{Cuboid, Plane3d};
use bevy::math::{Vec2, Vec3};
use bevy::mesh::{Mesh, Mesh3d, Meshable, PrimitiveTopology};
use bevy::pbr::{MeshMaterial3d, StandardMaterial};
use bevy::transform::components::Transform;

use super::{Portrayed, Shown, to_transform, to_vec3};
use crate::arena::{Arena, RoadSettings};
use crate::render::Shape;

/// The sky, and what is seen through nothing.
const SKY: Color = Color::srgb(0.80, 0.86, 0.92);

/// The ground, and the lines of its grid.
const GROUND: Color = Color::srgb(0.55, 0.57, 0.55);
const GRID: Color = Color::srgb(0.44, 0.46, 0.44);

/// Asphalt and paint.
const ASPHALT: Color = Color::srgb(0.26, 0.27, 0.29);
const PAINT: Color = Color::srgb(0.95, 0.95, 0.93);

/// Heights above the ground (m) of what lies flat on it, so that it isn't hidden by what it lies on.
const GRID_HEIGHT: f32 = 0.002;
const ROAD_HEIGHT: f64 = 0.01;
const PAINT_HEIGHT: f64 = 0.02;

/// Length of the straight pieces that a road is drawn with (m).
const ROAD_STEP_M: f64 = 0.5;

/// At most as many lines each way: a grid that is finer than eyes isn't one.
const MOST_LINES: f64 = 100.0;

/// The grid's entity.
#[derive(Component)]
pub(super) struct Grid;

/// Spawns the ground with all that stands on it for ever, and the light.
pub(super) fn spawn(
    mut commands: Commands,
    portrayed: Res<Portrayed>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let arena = &portrayed.arena;
    let mut flat = |colour: Color| {
        materials.add(StandardMaterial { perceptual_roughness: 1.0, reflectance: 0.0, ..StandardMaterial::from(colour) })
    };
    let half = arena.half_extent_m as f32;
    let plane = Plane3d::new(Vec3::Z, Vec2::splat(half)).mesh();
    commands.spawn((Mesh3d(meshes.add(plane)), MeshMaterial3d(flat(GROUND)), NotShadowCaster));
    let grid = (Mesh3d(meshes.add(grid(arena))), Grid, NotShadowCaster, Visibility::default());
    commands.spawn((grid, MeshMaterial3d(flat(GRID))));
    if let Some(road) = &arena.road {
        let [asphalt, paint] = road_meshes(road);
        commands.spawn((Mesh3d(meshes.add(asphalt)), MeshMaterial3d(flat(ASPHALT)), NotShadowCaster));
        commands.spawn((Mesh3d(meshes.add(paint)), MeshMaterial3d(flat(PAINT)), NotShadowCaster));
    }
    for wall in &portrayed.walls {
        let Shape::Box { half_extents_m } = wall.shape else { continue };
        let material = MeshMaterial3d(flat(Color::srgb(0.72, 0.74, 0.74)));
        let mesh = Cuboid::from_size(2.0 * to_vec3(half_extents_m));
        // A wall's shadow would hide what happens beside it.
        commands.spawn((Mesh3d(meshes.add(mesh)), material, to_transform(&wall.pose), NotShadowCaster));
    }
    commands.insert_resource(ClearColor(SKY));
    commands.insert_resource(GlobalAmbientLight { brightness: 450.0, ..Default::default() });
    commands.spawn((
        DirectionalLight { illuminance: 3_600.0, shadow_maps_enabled: true, ..Default::default() },
        CascadeShadowConfigBuilder {
            num_cascades: 2,
            maximum_distance: 60.0,
            first_cascade_far_bound: 8.0,
            ..Default::default()
        }
        .build(),
        Transform::from_xyz(-0.6, -1.0, 2.0).looking_at(Vec3::ZERO, Vec3::Z),
    ));
}

/// Shows the grid or hides it.
pub(super) fn show_grid(shown: Res<Shown>, mut grid: Query<&mut Visibility, With<Grid>>) {
    let wanted = if shown.overlays.grid { Visibility::Inherited } else { Visibility::Hidden };
    for mut visibility in &mut grid {
        visibility.set_if_neq(wanted);
    }
}

/// Metres between two lines of an arena's grid: a power of ten.
pub fn grid_spacing_m(arena: &Arena) -> f64 {
    let mut spacing = 1.0;
    while 2.0 * arena.half_extent_m / spacing > MOST_LINES {
        spacing *= 10.0;
    }
    spacing
}

fn grid(arena: &Arena) -> Mesh {
    let (half, spacing) = (arena.half_extent_m, grid_spacing_m(arena));
    let lines = (half / spacing).floor() as i32;
    let mut ends: Vec<[f32; 3]> = Vec::new();
    for line in -lines..=lines {
        let (at, half) = ((f64::from(line) * spacing) as f32, half as f32);
        ends.extend([[at, -half, GRID_HEIGHT], [at, half, GRID_HEIGHT], [-half, at, GRID_HEIGHT], [half, at, GRID_HEIGHT]]);
    }
    let up = vec![[0.0, 0.0, 1.0]; ends.len()];
    Mesh::new(PrimitiveTopology::LineList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, ends)
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, up)
}

/// A road's asphalt, and its paint: two edge lines and a dashed one between the lanes.
fn road_meshes(settings: &RoadSettings) -> [Mesh; 2] {
    let (road, paint) = (settings.road(), &settings.paint);
    let (lane, half_line) = (paint.lane_width_m, 0.5 * paint.line_width_m);
    let steps = (road.length_m() / ROAD_STEP_M).ceil().max(1.0);
    let step = road.length_m() / steps;
    let band = |strips: &mut Vec<[f32; 3]>, from: f64, to: f64, [right, left]: [f64; 2], height: f64| {
        let point = |s: f64, offset: f64| {
            let [x, y] = road.at(s).offset(0.0, offset);
            [x as f32, y as f32, height as f32]
        };
        let [a, b, c, d] = [point(from, right), point(to, right), point(to, left), point(from, left)];
        strips.extend([a, b, c, a, c, d]);
    };
    let (mut asphalt, mut lines) = (Vec::new(), Vec::new());
    for index in 0..steps as u32 {
        let (from, to) = (f64::from(index) * step, f64::from(index + 1) * step);
        band(&mut asphalt, from, to, [-lane - half_line, lane + half_line], ROAD_HEIGHT);
        for edge in [-lane, lane] {
            band(&mut lines, from, to, [edge - half_line, edge + half_line], PAINT_HEIGHT);
        }
    }
    // As the camera's texture has it: a whole number of dashes fits the road.
    let dashes = (road.length_m() / (paint.dash_m + paint.gap_m)).round().max(1.0);
    for index in 0..dashes as u32 {
        let from = f64::from(index) * road.length_m() / dashes;
        band(&mut lines, from, from + paint.dash_m, [-half_line, half_line], PAINT_HEIGHT);
    }
    [asphalt, lines].map(|corners| {
        let up = vec![[0.0, 0.0, 1.0]; corners.len()];
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, corners)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, up)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_metres_or_tens_of_metres() {
        let arena = |half_extent_m| Arena { half_extent_m, ..Arena::default() };
        assert_eq!([10.0, 50.0, 51.0, 100.0, 1000.0].map(|half| grid_spacing_m(&arena(half))), [1.0, 1.0, 10.0, 10.0, 100.0]);
        assert_eq!(grid(&arena(10.0)).count_vertices(), 21 * 4);
    }

    #[test]
    fn a_road_is_as_wide_as_its_lanes() {
        let [asphalt, lines] = road_meshes(&RoadSettings::default());
        let corners = |mesh: &Mesh| mesh.attribute(Mesh::ATTRIBUTE_POSITION).unwrap().as_float3().unwrap().to_vec();
        let road = RoadSettings::default().road();
        let widest = |mesh| {
            let offsets = corners(mesh).into_iter().map(|[x, y, _]| road.closest([x.into(), y.into()]).d_m.abs());
            offsets.fold(0.0, f64::max)
        };
        assert!((widest(&asphalt) - 3.075).abs() < 0.01 && (widest(&lines) - 3.075).abs() < 0.01);
    }
}
