//! The view from above: spheres as bright, anti-aliased discs on a dark plane.
//!
//! A pixel `p` metres wide whose centre is `d` from the centre of a sphere of radius `R` has brightness
//! clamp(0.5 + (R - d) / p, 0, 1): it falls off over one pixel at the edge, so that motion far below a pixel still
//! changes brightness. Where discs overlap the brighter one counts. Not here: perspective, shading, other shapes.

use serde::{Deserialize, Serialize};

/// A sphere as seen from straight above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disc {
    /// Centre relative to the middle of the image (m).
    pub centre_m: [f32; 2],
    /// Radius (m).
    pub radius_m: f32,
}

/// An image of the square [-half_extent, half_extent]^2, row-major, row 0 at the bottom (least y).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverheadImage {
    width: u16,
    height: u16,
    half_extent_m: f32,
    /// Size of a pixel along x and y (m).
    pixel_m: [f32; 2],
}

impl OverheadImage {
    /// An image of `width` x `height` pixels. Where pixels aren't square, an edge falls off over the larger side.
    pub fn new(width: u16, height: u16, half_extent_m: f64) -> OverheadImage {
        let side = 2.0 * half_extent_m;
        let pixel_m = [(side / f64::from(width)) as f32, (side / f64::from(height)) as f32];
        OverheadImage { width, height, half_extent_m: half_extent_m as f32, pixel_m }
    }

    /// Draws the discs over a dark plane. `image` holds width x height values, all of which are set.
    pub fn draw(&self, discs: impl IntoIterator<Item = Disc>, image: &mut [f32]) {
        image.fill(0.0);
        for disc in discs {
            self.draw_disc(disc, image);
        }
    }

    fn draw_disc(&self, disc: Disc, image: &mut [f32]) {
        let edge_m = self.pixel_m[0].max(self.pixel_m[1]);
        let reach = disc.radius_m + 0.5 * edge_m;
        let columns = self.span(disc.centre_m[0], reach, self.pixel_m[0], self.width);
        let rows = self.span(disc.centre_m[1], reach, self.pixel_m[1], self.height);
        let per_m = 1.0 / edge_m;
        let bias = 0.5 + disc.radius_m * per_m;
        for row in rows {
            let dy = self.pixel_centre(row, self.pixel_m[1]) - disc.centre_m[1];
            let start = row * usize::from(self.width);
            for (column, pixel) in columns.clone().zip(&mut image[start + columns.start..start + columns.end]) {
                let dx = self.pixel_centre(column, self.pixel_m[0]) - disc.centre_m[0];
                let brightness = bias - (dx * dx + dy * dy).sqrt() * per_m;
                *pixel = pixel.max(brightness.min(1.0));
            }
        }
    }

    /// The pixels along one axis whose centres may lie within `reach` of `centre`.
    fn span(&self, centre: f32, reach: f32, pixel_m: f32, count: u16) -> std::ops::Range<usize> {
        // Casts to usize saturate, and turn NaN into 0: a disc outside gives an empty span.
        let first = ((centre - reach + self.half_extent_m) / pixel_m - 0.5) as usize;
        let end = ((centre + reach + self.half_extent_m) / pixel_m + 1.5) as usize;
        first.min(usize::from(count))..end.min(usize::from(count))
    }

    fn pixel_centre(&self, index: usize, pixel_m: f32) -> f32 {
        (index as f32 + 0.5) * pixel_m - self.half_extent_m
    }
}
