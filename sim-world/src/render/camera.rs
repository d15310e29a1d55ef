//! The pinhole camera.

use embody_robots::Pose;
use nalgebra::{Rotation3, Translation3, UnitQuaternion, Vector3};

use super::ground;
use super::rays::Rays;
use super::samples::Samples;
use super::scene::Scene;

/// A pinhole camera. It looks along the x axis of its frame, y to the left and z up.
///
/// Images are row-major, row 0 at the bottom and column 0 on the left; pixels are square.
#[derive(Clone, Debug)]
pub struct Camera {
    view: View,
    /// Whether to use AVX2.
    vectors: bool,
    /// Kept to reuse its memory.
    samples: Samples,
}

/// What a camera looks at.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Pixels along a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Side of a pixel on the plane 1 m in front of the camera (m).
    pub pixel: f64,
    /// The camera's frame in the world.
    pub pose: Pose,
}

impl Camera {
    /// A camera of `width` x `height` pixels at the world's origin, whose view is `field_of_view_rad` wide.
    ///
    /// One whose field of view isn't between 0 and pi sees nothing: its images are dark.
    pub fn new(width: u16, height: u16, field_of_view_rad: f64) -> Camera {
        let opens = field_of_view_rad > 0.0 && field_of_view_rad < std::f64::consts::PI;
        let plane = if opens { 2.0 * libm::tan(0.5 * field_of_view_rad) } else { f64::NAN };
        let [width, height] = [width, height].map(usize::from);
        let view = View { width, height, pixel: plane / width as f64, pose: Pose::identity() };
        Camera { view, vectors: has_vectors(), samples: Samples::default() }
    }

    /// Puts the camera's frame at `pose` in the world. A camera whose pose isn't finite sees nothing: its images are dark.
    pub fn place(&mut self, pose: Pose) {
        self.view.pose = pose;
    }

    /// Puts the camera at `from_m` with `to_m` in the middle of its view, upright. Straight up or down, the top of the view is towards x;
    /// where both points are one, or aren't finite, it sees nothing.
    pub fn look(&mut self, from_m: [f64; 3], to_m: [f64; 3]) {
        let [from, to] = [from_m, to_m].map(Vector3::from);
        let forward = (to - from).normalize();
        let across = Vector3::z().cross(&forward);
        let left = if across.norm() > 1e-9 { across.normalize() } else { Vector3::y() };
        let axes = Rotation3::from_basis_unchecked(&[forward, left, forward.cross(&left)]);
        self.place(Pose::from_parts(Translation3::from(from), UnitQuaternion::from_rotation_matrix(&axes)));
    }

    /// Draws what it sees. `image` holds width x height values, from 0 to 1; all are set. One of another length stays dark.
    pub fn render(&mut self, scene: &Scene, image: &mut [f32]) {
        if image.len() != self.view.width * self.view.height || !self.view.is_finite() {
            image.fill(0.0);
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if self.vectors {
            // SAFETY: `vectors` is set where this machine has AVX2, and nowhere else.
            unsafe { draw_avx2(&self.view, scene, &mut self.samples, image) };
            return;
        }
        draw(&self.view, scene, &mut self.samples, image);
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }
}

impl View {
    /// Whether there are rays to follow.
    pub fn is_finite(&self) -> bool {
        let rays = Rays::new(self, 1);
        [rays.origin.coords, rays.first, rays.column, rays.row].iter().all(|vector| vector.iter().all(|x| x.is_finite()))
    }
}

/// Whether this machine has AVX2, and the variable that chooses kernels (see CONTRIBUTING.md) doesn't ask for the baseline.
fn has_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    let has = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    let has = false;
    has && std::env::var("EMBODY_KERNEL").as_deref() != Ok("baseline")
}

/// [`draw`] for AVX2: what is marked `inline(always)` is compiled once more for it, of the same source.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_avx2(view: &View, scene: &Scene, samples: &mut Samples, image: &mut [f32]) {
    draw(view, scene, samples, image);
}

/// The ground and the sky, then the things over them.
#[inline(always)]
fn draw(view: &View, scene: &Scene, samples: &mut Samples, image: &mut [f32]) {
    ground::draw(view, scene, image);
    samples.draw(view, scene, image);
}

#[cfg(test)]
mod tests {
    use nalgebra::Quaternion;
    use proptest::prelude::*;

    use super::super::mesh::Mesh;
    use super::super::scene::{Ground, Shape, Thing};
    use super::super::texture::{RoadPaint, RoadTexture};
    use super::*;
    use crate::road::Road;

    /// A road with one thing of each shape on it, in reach of a camera near the origin.
    fn scene() -> Scene {
        let corners = vec![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, -1.0, 0.0]];
        let mesh = Mesh::new(corners, vec![[0, 1, 2], [0, 2, 3], [0, 3, 1]]).unwrap();
        let shapes = [
            Shape::Sphere { radius_m: 0.8 },
            Shape::Box { half_extents_m: [0.5, 0.7, 0.9] },
            Shape::Capsule { half_length_m: 0.6, radius_m: 0.4 },
            Shape::Cylinder { half_length_m: 0.6, radius_m: 0.5 },
            Shape::Mesh(mesh),
        ];
        let pose = |i: f64| {
            let turn = UnitQuaternion::from_euler_angles(0.4 * i, 0.7, 0.3 * i);
            Pose::from_parts(Translation3::new(5.0 + i, 2.0 - 1.2 * i, 0.5), turn)
        };
        let things = shapes.into_iter().zip(0_u8..).map(|(shape, i)| Thing { pose: pose(f64::from(i)), shape, brightness: 0.8 });
        let texture = RoadTexture::new(Road::bends(), RoadPaint::default());
        Scene { sky: 0.7, ground: Ground::Road(texture), things: things.collect() }
    }

    /// What both compiled versions draw, as bits; they must be equal.
    fn drawn(width: u16, height: u16, field_of_view_rad: f64, pose: Pose) -> Vec<f32> {
        let mut camera = Camera::new(width, height, field_of_view_rad);
        camera.place(pose);
        let draw = |mut camera: Camera| {
            let mut image = vec![f32::NAN; usize::from(width) * usize::from(height)];
            // Twice: nothing is left over from the first.
            camera.render(&scene(), &mut image);
            let first = image.clone();
            camera.render(&scene(), &mut image);
            assert_eq!(
                first.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
                image.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            );
            image
        };
        let [fast, baseline] = [camera.vectors, false].map(|vectors| draw(Camera { vectors, ..camera.clone() }));
        let equal = fast.iter().zip(&baseline).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(equal, "{pose:?}");
        fast
    }

    #[test]
    fn a_camera_without_pixels_or_numbers_sees_nothing() {
        let nan = UnitQuaternion::new_unchecked(Quaternion::new(f64::NAN, 0.0, 0.0, 0.0));
        for (width, height, angle, pose) in [
            (0, 4, 1.0, Pose::identity()),
            (4, 0, 1.0, Pose::identity()),
            (4, 4, f64::NAN, Pose::identity()),
            (4, 4, 0.0, Pose::identity()),
            (4, 4, 3.2, Pose::identity()),
            (4, 4, 1.0, Pose::translation(f64::NAN, 0.0, 1.0)),
            (4, 4, 1.0, Pose::translation(0.0, f64::INFINITY, 1.0)),
            (4, 4, 1.0, Pose::from_parts(Translation3::identity(), nan)),
        ] {
            assert!(drawn(width, height, angle, pose).iter().all(|pixel| *pixel == 0.0));
        }
        let mut short = [1.0; 7];
        Camera::new(4, 2, 1.0).render(&scene(), &mut short);
        assert_eq!(short, [0.0; 7]);
    }

    #[test]
    fn what_is_looked_at_is_in_the_middle_and_up_is_up() {
        let mut camera = Camera::new(9, 9, 1.0);
        for (from, to) in [([3.0, 4.0, 5.0], [0.0, 1.0, 0.5]), ([0.0, 0.0, 9.0], [0.0; 3]), ([-1.0, 0.0, 0.0], [2.0, 0.0, 0.0])] {
            camera.look(from, to);
            let seen = camera.view.pose.inverse_transform_point(&to.into());
            let [apart, up] = [Vector3::from(to) - Vector3::from(from), camera.view.pose.rotation * Vector3::z()];
            assert!((seen.coords - Vector3::new(apart.norm(), 0.0, 0.0)).norm() < 1e-9, "{from:?}: {seen}");
            assert!(up.z >= -1e-12, "{from:?}");
        }
        camera.look([1.0; 3], [1.0; 3]);
        let mut image = [1.0; 81];
        camera.render(&scene(), &mut image);
        assert_eq!(image, [0.0; 81], "nowhere to look");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn both_versions_draw_the_same_bits(
            place in [-3.0..12.0, -6.0..6.0, -1.0..4.0],
            turn in [-3.0..3.0, -1.5..1.5, -3.0..3.0],
            width in 1_u16..90, height in 1_u16..20, angle in 0.1..3.0,
        ) {
            let pose = Pose::from_parts(place.into(), UnitQuaternion::from_euler_angles(turn[0], turn[1], turn[2]));
            prop_assert!(drawn(width, height, angle, pose).iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        }

        #[test]
        fn no_pose_is_too_strange(place in any::<[f64; 3]>(), turn in any::<[f64; 4]>(), angle in any::<f64>()) {
            let turn = UnitQuaternion::new_unchecked(Quaternion::from(turn));
            drawn(9, 7, angle, Pose::from_parts(place.into(), turn));
        }
    }
}
