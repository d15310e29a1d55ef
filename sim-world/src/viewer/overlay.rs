//! What is drawn over the world on demand: contact points and frames.

use bevy::color::Color;
use bevy::ecs::system::{Res, ResMut};
use bevy::gizmos::config::{DefaultGizmoConfigGroup, GizmoConfigStore};
use bevy::gizmos::gizmos::Gizmos;
use bevy::math::Vec3;

use super::{Orbit, Shown, to_transform, to_vec3};

/// Of the palette of Okabe and Ito: vermilion, bluish green and blue for x, y and z, reddish purple for contacts.
const AXES: [Color; 3] = [Color::srgb(0.835, 0.369, 0.0), Color::srgb(0.0, 0.62, 0.451), Color::srgb(0.0, 0.447, 0.698)];
const CONTACT: Color = Color::srgb(0.8, 0.475, 0.655);

/// Length of an axis and size of a contact's cross, as shares of the eye's distance.
const AXIS: f32 = 0.05;
const CROSS: f32 = 0.012;

/// Length of a contact's line for a newton (m).
const METRES_PER_NEWTON: f64 = 0.01;

/// Has them drawn over everything that hides them.
pub(super) fn prefer(mut store: ResMut<GizmoConfigStore>) {
    store.config_mut::<DefaultGizmoConfigGroup>().0.depth_bias = -1.0;
}

/// Draws contacts and frames where they are wanted.
pub(super) fn draw(shown: Res<Shown>, orbit: Res<Orbit>, mut gizmos: Gizmos<DefaultGizmoConfigGroup>) {
    if shown.overlays.frames {
        for (_, pose) in &shown.poses {
            let frame = to_transform(pose);
            for (axis, colour) in [Vec3::X, Vec3::Y, Vec3::Z].into_iter().zip(AXES) {
                gizmos.line(frame.translation, frame.transform_point(AXIS * orbit.distance * axis), colour);
            }
        }
    }
    if shown.overlays.contacts {
        for contact in &shown.contacts {
            let point = to_vec3(contact.point_m.into());
            for axis in [Vec3::X, Vec3::Y, Vec3::Z] {
                let arm = CROSS * orbit.distance * axis;
                gizmos.line(point - arm, point + arm, CONTACT);
            }
            gizmos.line(point, point + (METRES_PER_NEWTON * contact.force_n) as f32 * Vec3::Z, CONTACT);
        }
    }
}
