//! Things, sampled at 2 x 2 points of each pixel within their bounds on the screen.

use super::bounds::Rectangle;
use super::camera::View;
use super::numeric::{max, select};
use super::rays::{RayRow, Rays, single};
use super::scene::{AMBIENT, DIFFUSE, LIGHT, Scene, Shape, Thing};
use super::surface::{Capsule, Cuboid, Cylinder, SeenMesh, Sight, Sphere, Surface};

/// Samples along each side of a pixel.
const PER_SIDE: usize = 2;

/// What the samples of a part of the screen see, row by row; kept to reuse its memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    /// The things in sight, and where.
    seen: Vec<(usize, Rectangle)>,
    /// How far each sample sees; infinite where nothing is before the background.
    depth: Vec<f32>,
    /// How bright that is.
    brightness: Vec<f32>,
}

impl Samples {
    /// Draws the things over `image`, which shows what is behind them.
    #[inline(always)]
    pub fn draw(&mut self, view: &View, scene: &Scene, image: &mut [f32]) {
        let in_sight = |(index, thing)| Rectangle::around(thing, view).map(|bounds| (index, bounds));
        self.seen.clear();
        self.seen.extend(scene.things.iter().enumerate().filter_map(in_sight));
        let bounds = self.seen.iter().map(|(_, bounds)| bounds.clone());
        let Some(part) = bounds.reduce(Rectangle::joined) else { return };
        self.take(&part, view.width, image);
        let rays = Rays::new(view, PER_SIDE as u32);
        let seen = std::mem::take(&mut self.seen);
        for (index, bounds) in &seen {
            self.draw_thing(&scene.things[*index], &rays, bounds, &part);
        }
        self.seen = seen;
        self.give(&part, view.width, image);
    }

    /// Takes over a part of the image: each sample sees what its pixel shows.
    #[inline(always)]
    fn take(&mut self, part: &Rectangle, width: usize, image: &[f32]) {
        let stride = PER_SIDE * part.columns.len();
        let count = PER_SIDE * stride * part.rows.len();
        self.depth.clear();
        self.depth.resize(count, f32::INFINITY);
        self.brightness.resize(count, 0.0);
        let rows = image.chunks_exact(width).skip(part.rows.start);
        for (pixels, samples) in rows.zip(self.brightness.chunks_exact_mut(PER_SIDE * stride)) {
            let (lower, upper) = samples.split_at_mut(stride);
            for (pixel, pair) in pixels[part.columns.clone()].iter().zip(lower.chunks_exact_mut(PER_SIDE)) {
                pair.fill(*pixel);
            }
            upper.copy_from_slice(lower);
        }
    }

    /// Gives each pixel of the part the mean of its samples.
    #[inline(always)]
    fn give(&self, part: &Rectangle, width: usize, image: &mut [f32]) {
        let stride = PER_SIDE * part.columns.len();
        let rows = image.chunks_exact_mut(width).skip(part.rows.start);
        for (pixels, samples) in rows.zip(self.brightness.chunks_exact(PER_SIDE * stride)) {
            let (lower, upper) = samples.split_at(stride);
            let pairs = lower.chunks_exact(PER_SIDE).zip(upper.chunks_exact(PER_SIDE));
            for (pixel, (below, above)) in pixels[part.columns.clone()].iter_mut().zip(pairs) {
                *pixel = ((below[0] + below[1]) + (above[0] + above[1])) * 0.25;
            }
        }
    }

    #[inline(always)]
    fn draw_thing(&mut self, thing: &Thing, rays: &Rays, bounds: &Rectangle, part: &Rectangle) {
        let local = rays.seen_from(&thing.pose);
        let light = thing.pose.rotation.inverse() * nalgebra::Vector3::from(LIGHT);
        let sight = Sight { eye: single(local.origin.coords), light: single(light) };
        let pass = Pass { local, world: rays, bounds, part, brightness: thing.brightness };
        match &thing.shape {
            Shape::Sphere { radius_m } => self.trace(&Sphere { sight, radius: *radius_m as f32 }, &pass),
            Shape::Box { half_extents_m } => self.trace(&Cuboid { sight, half: half_extents_m.map(|x| x as f32) }, &pass),
            Shape::Capsule { half_length_m, radius_m } => {
                self.trace(&Capsule { sight, half_length: *half_length_m as f32, radius: *radius_m as f32 }, &pass);
            }
            Shape::Cylinder { half_length_m, radius_m } => {
                self.trace(&Cylinder { sight, half_length: *half_length_m as f32, radius: *radius_m as f32 }, &pass);
            }
            Shape::Mesh(mesh) => self.trace(&SeenMesh { mesh, sight }, &pass),
        }
    }

    #[inline(always)]
    fn trace<S: Surface>(&mut self, surface: &S, pass: &Pass<'_>) {
        let (bounds, part) = (pass.bounds, pass.part);
        let (stride, first) = (PER_SIDE * part.columns.len(), PER_SIDE * bounds.columns.start);
        for row in PER_SIDE * bounds.rows.start..PER_SIDE * bounds.rows.end {
            let start = (row - PER_SIDE * part.rows.start) * stride + first - PER_SIDE * part.columns.start;
            let samples = start..start + PER_SIDE * bounds.columns.len();
            pass.trace_row(surface, row, first, &mut self.depth[samples.clone()], &mut self.brightness[samples]);
        }
    }
}

/// What it takes to draw a thing.
struct Pass<'a> {
    /// The rays in the thing's frame.
    local: Rays,
    /// The rays in the world.
    world: &'a Rays,
    /// Where the thing is on the screen.
    bounds: &'a Rectangle,
    /// What part of the screen is sampled.
    part: &'a Rectangle,
    brightness: f32,
}

impl Pass<'_> {
    /// Draws a row of samples, the first of which has the column `first`: what is nearer than what was there, and above the ground.
    #[inline(always)]
    fn trace_row<S: Surface>(&self, surface: &S, row: usize, first: usize, depths: &mut [f32], shown: &mut [f32]) {
        let (local, world): (RayRow, RayRow) = (self.local.in_row(row), self.world.in_row(row));
        let height = self.world.origin.z as f32;
        // From below, the ground hides nothing.
        let height = if height > 0.0 { height } else { f32::INFINITY };
        for (i, (depth, shown)) in depths.iter_mut().zip(shown).enumerate() {
            let hit = surface.hit(local.direction(first + i));
            let above_ground = height + hit.depth * world.direction(first + i)[2] >= 0.0;
            let nearer = (hit.depth > 0.0) & (hit.depth < *depth) & above_ground;
            let shade = max(self.brightness * (AMBIENT + DIFFUSE * hit.lit), 0.0);
            *depth = select(nearer, hit.depth, *depth);
            *shown = select(nearer, shade, *shown);
        }
    }
}
