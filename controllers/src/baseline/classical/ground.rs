//! Inverse perspective: from a pixel to the place on level ground that it shows.

use super::ClassicalSettings;

/// The place on the ground of each pixel, worked out once.
pub(super) struct Ground {
    width: usize,
    places_m: Vec<Option<[f64; 2]>>,
}

impl Ground {
    /// For a pinhole camera of `pixels` columns and rows, the lowest row first.
    pub(super) fn new(settings: &ClassicalSettings, pixels: [u16; 2]) -> Ground {
        let [columns, rows] = pixels;
        let (sin, cos) = libm::sincos(settings.camera_down_deg.to_radians());
        let middle = |pixels: u16| (f64::from(pixels) - 1.0) / 2.0;
        let focal_px = f64::from(columns) / 2.0 / libm::tan(settings.field_of_view_deg.to_radians() / 2.0);
        let place = |x: u16, y: u16| {
            let left = (middle(columns) - f64::from(x)) / focal_px;
            let up = (f64::from(y) - middle(rows)) / focal_px;
            // The ray goes down by this for each unit along the optical axis.
            let down = sin - up * cos;
            let length = settings.camera_height_m / down;
            let ahead_m = length * (cos + up * sin);
            (down > 0.0 && ahead_m > 0.0 && ahead_m <= settings.range_m).then_some([ahead_m, length * left])
        };
        let places_m = (0..rows).flat_map(|y| (0..columns).map(move |x| place(x, y))).collect();
        Ground { width: usize::from(columns), places_m }
    }

    /// Metres ahead of the camera's foot and to the left of it; none for what is no ground or out of range.
    pub(super) fn place(&self, x: u16, y: u16) -> Option<[f64; 2]> {
        self.places_m.get(usize::from(y) * self.width + usize::from(x)).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_looks_along_the_axis_and_the_top_over_the_horizon() {
        let settings = ClassicalSettings { camera_down_deg: 20.0, ..ClassicalSettings::default() };
        let ground = Ground::new(&settings, [129, 97]);
        let [ahead, left] = ground.place(64, 48).unwrap();
        assert!((ahead - 1.4 / libm::tan(20f64.to_radians())).abs() < 1e-9 && left.abs() < 1e-12, "{ahead}, {left}");
        assert!(ground.place(0, 48).unwrap()[1] > 0.0 && ground.place(128, 48).unwrap()[1] < 0.0);
        assert_eq!(ground.place(64, 96), None);
        assert!(ground.place(64, 0).unwrap()[0] < ahead);
    }
}
