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

#[cfg(test)]
mod tests {
    use super::*;

    /// The task's view: 16 x 16 pixels of 1.25 m.
    fn view(discs: &[Disc]) -> Vec<f32> {
        let mut image = vec![9.0; 256];
        OverheadImage::new(16, 16, 10.0).draw(discs.iter().copied(), &mut image);
        image
    }

    /// The law, pixel by pixel, in f64.
    fn expected(discs: &[Disc]) -> Vec<f64> {
        let brightness = |x: f64, y: f64, disc: &Disc| {
            let [dx, dy] = [x - f64::from(disc.centre_m[0]), y - f64::from(disc.centre_m[1])];
            (0.5 + (f64::from(disc.radius_m) - (dx * dx + dy * dy).sqrt()) / 1.25).clamp(0.0, 1.0)
        };
        let centre = |i: u32| (f64::from(i) + 0.5) * 1.25 - 10.0;
        let pixel = |i: u32| discs.iter().map(|disc| brightness(centre(i % 16), centre(i / 16), disc)).fold(0.0, f64::max);
        (0..256).map(pixel).collect()
    }

    #[test]
    fn every_pixel_follows_the_law_wherever_the_disc_is() {
        let disc = |x: f32, y: f32, radius_m| Disc { centre_m: [x, y], radius_m };
        for i in 0..400_u16 {
            let (x, y) = (f32::from(i % 20) * 1.13 - 11.0, f32::from(i / 20) * 1.13 - 11.0);
            for discs in [&[disc(x, y, 1.0)][..], &[disc(x, y, 0.2), disc(-y, x * 0.5, 2.6)]] {
                for (pixel, (found, law)) in view(discs).iter().zip(expected(discs)).enumerate() {
                    assert!((f64::from(*found) - law).abs() < 1e-5, "{discs:?}, pixel {pixel}: {found}, {law}");
                }
            }
        }
    }

    #[test]
    fn a_disc_out_of_sight_or_out_of_numbers_leaves_the_plane_dark() {
        for x in [1e9, -1e9, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 12.0, -12.0] {
            assert!(view(&[Disc { centre_m: [x, 0.0], radius_m: 1.0 }]).iter().all(|pixel| *pixel == 0.0), "{x}");
        }
    }
}
