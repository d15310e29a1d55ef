//! The ground and the sky behind all things, filtered over each pixel.
//!
//! A row is drawn in blocks of pixels that share the search for what lies near them, and whose numbers stay in the first cache.

use super::camera::View;
use super::filter::Spread;
use super::numeric::{max, min};
use super::rays::{RayRow, Rays};
use super::scene::{Ground, Scene};

/// Pixels drawn together.
pub(super) const BLOCK: usize = 64;

/// Where the pixels of a block meet the ground.
pub(super) struct Footprints {
    /// How many pixels there are; of the rest of each array nothing is known.
    pub count: usize,
    /// Ground points of the pixels' middles (m).
    pub x: [f32; BLOCK],
    /// The same along y (m).
    pub y: [f32; BLOCK],
    /// How far the ground point moves from the left side of the pixel to the right one (m).
    pub across: [[f32; BLOCK]; 2],
    /// How far it moves from the bottom to the top (m).
    pub up: [[f32; BLOCK]; 2],
}

/// Fills `image` with ground and sky.
#[inline(always)]
pub(super) fn draw(view: &View, scene: &Scene, image: &mut [f32]) {
    let rays = Rays::new(view, 1);
    let eye = [rays.origin.x as f32, rays.origin.y as f32, rays.origin.z as f32];
    let up = [rays.row.x as f32, rays.row.y as f32, rays.row.z as f32];
    for (index, pixels) in image.chunks_mut(view.width).enumerate() {
        let row = Row { rays: rays.in_row(index), eye, up };
        if eye[2] <= 0.0 || row.is_sky(pixels.len()) {
            pixels.fill(scene.sky);
            continue;
        }
        for (block, pixels) in pixels.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK;
            match &scene.ground {
                Ground::Plain(brightness) => pixels.fill(*brightness),
                Ground::Road(texture) => texture.draw(&row.footprints(first, pixels.len()), pixels),
            }
            row.draw_sky(first, scene.sky, pixels);
        }
    }
}

/// A row of pixels.
struct Row {
    rays: RayRow,
    /// Where the camera is.
    eye: [f32; 3],
    /// By what a ray's direction changes from row to row.
    up: [f32; 3],
}

impl Row {
    /// By how much the vertical part of a ray's direction changes between corners of a pixel.
    #[inline(always)]
    fn climb(&self) -> f32 {
        self.rays.step[2].abs() + self.up[2].abs()
    }

    /// Whether none of `count` pixels touches the ground.
    fn is_sky(&self, count: usize) -> bool {
        min(self.rays.direction(0)[2], self.rays.direction(count)[2]) > self.climb()
    }

    /// Puts the sky over its share of each pixel.
    #[inline(always)]
    fn draw_sky(&self, first: usize, sky: f32, pixels: &mut [f32]) {
        let spread = Spread::new(self.rays.step[2], self.up[2]);
        for (i, pixel) in pixels.iter_mut().enumerate() {
            let share = spread.share_above(self.rays.direction(first + i)[2]);
            *pixel += share * (sky - *pixel);
        }
    }

    /// Where `count` pixels from `first` on meet the ground. Those at or above the horizon are taken to look a quarter of a pixel
    /// below it.
    #[inline(always)]
    fn footprints(&self, first: usize, count: usize) -> Footprints {
        let none = [0.0; BLOCK];
        let mut found = Footprints { count: count.min(BLOCK), x: none, y: none, across: [none; 2], up: [none; 2] };
        let least = 0.25 * self.climb();
        let [eye_x, eye_y, height] = self.eye;
        let (step, up) = (self.rays.step, self.up);
        for i in 0..found.count {
            let [x, y, z] = self.rays.direction(first + i);
            let depth = height / max(-z, least);
            // Per step, the ground point moves by the step's own part and by what the change of depth adds.
            let slope = depth / height;
            let (across, rise) = (step[2] * slope, up[2] * slope);
            found.x[i] = eye_x + depth * x;
            found.y[i] = eye_y + depth * y;
            found.across[0][i] = depth * (step[0] + x * across);
            found.across[1][i] = depth * (step[1] + y * across);
            found.up[0][i] = depth * (up[0] + x * rise);
            found.up[1][i] = depth * (up[1] + y * rise);
        }
        found
    }
}
