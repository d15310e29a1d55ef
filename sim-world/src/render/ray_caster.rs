//! The same scenes by parry's ray casts, a ray for each sample: plain and slow. Tests and benchmarks compare with it.

use nalgebra::Vector3;
use rapier3d::math::{Pose, Rotation, Vector};
use rapier3d::parry::query::Ray;
use rapier3d::parry::shape::SharedShape;

use super::camera::{Camera, View};
use super::rays::Rays;
use super::scene::{AMBIENT, DIFFUSE, Ground, LIGHT, Scene, Shape, Thing};

/// A scene in parry's shapes.
pub struct RayCaster<'a> {
    scene: &'a Scene,
    ground: SharedShape,
    things: Vec<Cast>,
}

/// A thing in parry's shapes.
struct Cast {
    pose: Pose,
    shape: SharedShape,
    /// Whether it is seen from within.
    hollow: bool,
    brightness: f32,
}

impl RayCaster<'_> {
    /// The caster of a scene; things that aren't finite are left out.
    pub fn new(scene: &Scene) -> RayCaster<'_> {
        let things = scene.things.iter().filter_map(Cast::new).collect();
        RayCaster { scene, ground: SharedShape::halfspace(Vector::Z), things }
    }

    /// Draws what `camera` sees, as [`Camera::render`] does, by the mean of `per_side` times `per_side` rays for each pixel.
    pub fn render(&self, camera: &Camera, per_side: u32, image: &mut [f32]) {
        let view: &View = camera.view();
        let rays = Rays::new(view, per_side);
        let per_side = per_side as usize;
        for (index, pixel) in image.iter_mut().enumerate() {
            let (column, row) = (per_side * (index % view.width), per_side * (index / view.width));
            let parts = (0..per_side * per_side).map(|i| (column + i % per_side, row + i / per_side));
            let sum: f32 = parts.map(|(column, row)| self.sample(&rays, column, row)).sum();
            *pixel = sum / (per_side * per_side) as f32;
        }
    }

    /// Brightness along one ray.
    fn sample(&self, rays: &Rays, column: usize, row: usize) -> f32 {
        let direction = rays.direction(column, row);
        let ray = Ray::new(parry(rays.origin.coords), parry(direction));
        let (mut depth, mut brightness) = self.background(rays, &ray, direction);
        for thing in &self.things {
            if let Some((nearer, shade)) = thing.cast(&ray, depth) {
                (depth, brightness) = (nearer, shade);
            }
        }
        brightness
    }

    /// Depth and brightness of what is behind all things.
    fn background(&self, rays: &Rays, ray: &Ray, direction: Vector3<f64>) -> (f32, f32) {
        let met = self.ground.cast_local_ray(ray, f32::MAX, true).filter(|depth| *depth > 0.0);
        let Some(depth) = met else { return (f32::MAX, self.scene.sky) };
        let brightness = match &self.scene.ground {
            Ground::Plain(brightness) => *brightness,
            Ground::Road(texture) => {
                let point = rays.origin + direction * f64::from(depth);
                texture.brightness_at([point.x, point.y])
            }
        };
        (depth, brightness)
    }
}

impl Cast {
    fn new(thing: &Thing) -> Option<Cast> {
        let (turn, mut hollow) = (Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2), false);
        let (shape, turn) = match &thing.shape {
            Shape::Sphere { radius_m } => (SharedShape::ball(*radius_m as f32), Rotation::IDENTITY),
            Shape::Box { half_extents_m: [x, y, z] } => {
                (SharedShape::cuboid(*x as f32, *y as f32, *z as f32), Rotation::IDENTITY)
            }
            Shape::Capsule { half_length_m, radius_m } => {
                (SharedShape::capsule_z(*half_length_m as f32, *radius_m as f32), Rotation::IDENTITY)
            }
            // Parry's lies along y.
            Shape::Cylinder { half_length_m, radius_m } => (SharedShape::cylinder(*half_length_m as f32, *radius_m as f32), turn),
            Shape::Mesh(mesh) => {
                hollow = true;
                (SharedShape::new(mesh.triangles().clone()), Rotation::IDENTITY)
            }
        };
        let pose = crate::physics::convert::to_rapier(&thing.pose)?;
        Some(Cast { pose: pose * Pose::from_rotation(turn), shape, hollow, brightness: thing.brightness })
    }

    /// Depth and brightness where the ray meets it, nearer than `depth`.
    fn cast(&self, ray: &Ray, depth: f32) -> Option<(f32, f32)> {
        let met = self.shape.cast_ray_and_get_normal(&self.pose, ray, depth, !self.hollow)?;
        // A solid shape is met at once by a ray from within, which isn't to see it.
        if met.time_of_impact <= 0.0 {
            return None;
        }
        let normal = self.normal_at(ray.origin + met.time_of_impact * ray.dir).unwrap_or(met.normal);
        let normal = if normal.dot(ray.dir) > 0.0 { -normal } else { normal };
        let lit = normal.dot(Vector::from_array(LIGHT.map(|x| x as f32)));
        Some((met.time_of_impact, self.brightness * (AMBIENT + DIFFUSE * lit)))
    }

    /// The normal of a cylinder where it is met: parry finds it by iteration, and beside the rims that of a face a few degrees away.
    fn normal_at(&self, point: Vector) -> Option<Vector> {
        let cylinder = self.shape.as_cylinder()?;
        let local = self.pose.inverse() * point;
        let across = Vector::new(local.x, 0.0, local.z);
        let on_cap = (local.y.abs() - cylinder.half_height).abs() < (across.length() - cylinder.radius).abs();
        let normal = if on_cap { Vector::Y * local.y.signum() } else { across.normalize_or_zero() };
        Some(self.pose.rotation * normal)
    }
}

fn parry(vector: Vector3<f64>) -> Vector {
    Vector::from_array(super::rays::single(vector))
}
