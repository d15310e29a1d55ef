//! The parts of links as meshes that follow their links.

use bevy::asset::{Assets, RenderAssetUsages};
use bevy::camera::visibility::Visibility;
use bevy::color::Color;
use bevy::ecs::component::Component;
use bevy::ecs::hierarchy::ChildOf;
use bevy::ecs::system::{Commands, Query, Res, ResMut};
use bevy::math::primitives::{Capsule3d, Cuboid, Cylinder, Sphere};
use bevy::math::{Quat, Vec3};
use bevy::mesh::{Mesh, Mesh3d, Meshable, PrimitiveTopology};
use bevy::pbr::{MeshMaterial3d, StandardMaterial};
use bevy::transform::components::Transform;
use embody_robots::mesh::Mesh as Triangles;
use embody_robots::robot::{Joint, JointKind, Link, Part, RobotSpec, Shape};

use super::{Portrayed, Shown, to_transform};

/// The entity of a link.
#[derive(Component)]
pub(super) struct LinkEntity(String);

/// What stands in the world for people and cameras alone, such as a goal: orange, of the colour-blind-safe palette of Okabe and Ito.
const MARK: Color = Color::srgb(0.902, 0.624, 0.0);

/// The darkest and the brightest of what moves, by its brightness to cameras: a cool grey.
const SHADES: [[f32; 3]; 2] = [[0.10, 0.13, 0.18], [0.90, 0.93, 0.97]];

/// Spawns an entity for each link, with its visible parts as children.
pub(super) fn spawn(
    mut commands: Commands,
    portrayed: Res<Portrayed>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let robot = &portrayed.robot;
    for link in &robot.links {
        let parent = commands.spawn((LinkEntity(link.name.clone()), Transform::default(), Visibility::default())).id();
        for part in link.parts.iter().filter(|part| part.visible) {
            let Some((mesh, shape)) = mesh_of(&part.shape) else { continue };
            let material = StandardMaterial { perceptual_roughness: 0.6, ..colour(robot, link, part).into() };
            let place = to_transform(&part.origin.pose()) * shape;
            commands.spawn((Mesh3d(meshes.add(mesh)), MeshMaterial3d(materials.add(material)), place, ChildOf(parent)));
        }
    }
}

/// Puts each link where it is shown.
pub(super) fn place(shown: Res<Shown>, mut links: Query<(&LinkEntity, &mut Transform)>) {
    for (link, mut transform) in &mut links {
        if let Some((_, pose)) = shown.poses.iter().find(|(name, _)| *name == link.0) {
            *transform = to_transform(pose);
        }
    }
}

/// A mark's colour, or a shade by how bright the part looks to cameras.
fn colour(robot: &RobotSpec, link: &Link, part: &Part) -> Color {
    if is_mark(robot, link) {
        return MARK;
    }
    let shade = |channel: usize| SHADES[0][channel] + (SHADES[1][channel] - SHADES[0][channel]) * part.brightness as f32;
    Color::srgb(shade(0), shade(1), shade(2))
}

/// Whether a link stands in the world, holds nothing and touches nothing.
fn is_mark(robot: &RobotSpec, link: &Link) -> bool {
    let stands = |joint: &Joint| joint.parent.is_none() && joint.kind == JointKind::Fixed;
    let held = robot.joints.iter().any(|joint| joint.child == link.name && !stands(joint));
    let holds = robot.joints.iter().any(|joint| joint.parent.as_ref() == Some(&link.name));
    !held && !holds && link.parts.iter().all(|part| !part.collides)
}

/// The mesh of a shape, and how it must be turned and stretched: Bevy's solids stand along y, the project's along z. None for what has no surface.
pub(super) fn mesh_of(shape: &Shape) -> Option<(Mesh, Transform)> {
    let upright = Transform::from_rotation(Quat::from_rotation_x(core::f32::consts::FRAC_PI_2));
    let length = |metres: f64| metres as f32;
    Some(match shape {
        Shape::Sphere { radius_m } => (Sphere::new(length(*radius_m)).mesh().uv(48, 24), Transform::default()),
        Shape::Box { size_m } => (Cuboid::from_size(Vec3::from_array(size_m.map(length))).into(), Transform::default()),
        Shape::Cylinder { radius_m, length_m } => {
            (Cylinder::new(length(*radius_m), length(*length_m)).mesh().resolution(48).into(), upright)
        }
        Shape::Capsule { radius_m, length_m } => {
            (Capsule3d::new(length(*radius_m), length(*length_m)).mesh().longitudes(32).latitudes(16).into(), upright)
        }
        Shape::Ellipsoid { radii_m } => {
            (Sphere::new(1.0).mesh().uv(48, 24), Transform::from_scale(Vec3::from_array(radii_m.map(length))))
        }
        Shape::Triangles(mesh) => (flat(mesh)?, Transform::default()),
        Shape::Plane | Shape::Mesh { .. } => return None,
    })
}

/// A mesh whose triangles are each shaded as flat.
fn flat(mesh: &Triangles) -> Option<Mesh> {
    let corner = |index: u32| mesh.vertices.get(index as usize).copied();
    let corners: Option<Vec<[f32; 3]>> = mesh.triangles.iter().flatten().map(|index| corner(*index)).collect();
    let positions = corners.filter(|corners| !corners.is_empty())?;
    let mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD);
    Some(mesh.with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions).with_computed_flat_normals())
}

#[cfg(test)]
mod tests {
    use embody_robots::catalogue::arms::arm2;
    use embody_robots::robot::{Link, Origin};

    use super::*;

    #[test]
    fn every_solid_has_a_mesh_and_a_plane_none() {
        let solids = [
            Shape::Sphere { radius_m: 0.1 },
            Shape::Box { size_m: [1.0, 2.0, 3.0] },
            Shape::Cylinder { radius_m: 0.1, length_m: 1.0 },
            Shape::Capsule { radius_m: 0.1, length_m: 1.0 },
            Shape::Ellipsoid { radii_m: [1.0, 2.0, 3.0] },
            Shape::Triangles(Triangles {
                vertices: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
                triangles: vec![[0, 1, 2]],
            }),
        ];
        assert!(solids.iter().all(|shape| mesh_of(shape).is_some_and(|(mesh, _)| mesh.count_vertices() > 2)));
        assert!(mesh_of(&Shape::Plane).is_none());
        let torn = Triangles { vertices: vec![[0.0; 3]], triangles: vec![[0, 1, 2]] };
        assert!(mesh_of(&Shape::Triangles(torn)).is_none(), "a corner that isn't there");
    }

    #[test]
    fn a_link_that_nothing_holds_is_a_mark_and_an_arm_is_none() {
        let mut robot = arm2().unwrap().robot;
        robot.links.extend(["goal", "lamp"].map(Link::frame));
        let tip = robot.joints[0].child.clone();
        robot.joints.push(Joint::new("lamp", Some(&tip), "lamp", Origin::IDENTITY, JointKind::Fixed));
        robot.joints.push(Joint::new("goal", None, "goal", Origin::IDENTITY, JointKind::Fixed));
        let marks: Vec<&str> = robot.links.iter().filter(|link| is_mark(&robot, link)).map(|link| link.name.as_str()).collect();
        assert_eq!(marks, ["goal"]);
    }
}
