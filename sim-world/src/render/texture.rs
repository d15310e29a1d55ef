//! Paint on the ground: a road with an edge line on either side and a dashed line in the middle.
//!
//! Two lanes lie side by side. An edge line is centred on the outer edge of its lane, and ends the road. Dashes are centred on the
//! centre line; their period is stretched or shortened a little, so that a whole number of them fits the road.
//!
//! A pixel's brightness is the mean over its footprint, in which the road is taken as straight: lines along the road are covered
//! exactly, and a dash by the product of its coverages across and along the road.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::road::Road;

use super::filter::{PulseTrain, Spread};
use super::ground::{BLOCK, Footprints};
use super::numeric::{clamp, max};
use super::strip::{Places, Strip};

/// Widths and lengths (m, above 0) and brightnesses (0 dark, 1 bright) of a road. Lines are narrower than lanes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RoadPaint {
    /// Width of each of the two lanes (m).
    pub lane_width_m: f64,
    /// Width of all lines (m).
    pub line_width_m: f64,
    /// Length of a dash of the centre line (m).
    pub dash_m: f64,
    /// Length of the gap between two dashes (m).
    pub gap_m: f64,
    /// Brightness beside the road.
    pub verge: f32,
    /// Brightness of the road.
    pub asphalt: f32,
    /// Brightness of the lines.
    pub line: f32,
}

impl Default for RoadPaint {
    fn default() -> Self {
        RoadPaint { lane_width_m: 3.0, line_width_m: 0.15, dash_m: 1.5, gap_m: 1.5, verge: 0.35, asphalt: 0.2, line: 0.9 }
    }
}

/// A painted road.
#[derive(Clone, Debug)]
pub struct RoadTexture {
    road: Road,
    paint: RoadPaint,
    strips: Vec<Strip>,
    dashes: PulseTrain,
}

impl RoadTexture {
    /// `road`, painted.
    pub fn new(road: Road, paint: RoadPaint) -> RoadTexture {
        let strips = road.pieces().iter().flat_map(Strip::of).collect();
        let count = (road.length_m() / (paint.dash_m + paint.gap_m)).round().max(1.0);
        let dashes = PulseTrain::new((road.length_m() / count) as f32, paint.dash_m as f32);
        RoadTexture { road, paint, strips, dashes }
    }

    /// The road.
    pub fn road(&self) -> &Road {
        &self.road
    }

    /// Half the width of everything painted (m).
    fn half_width_m(&self) -> f32 {
        (self.paint.lane_width_m + 0.5 * self.paint.line_width_m) as f32
    }

    /// Brightness of the point (x, y) (m).
    pub fn brightness_at(&self, point_m: [f64; 2]) -> f32 {
        let place = self.road.closest(point_m);
        let (d, half_line) = (place.d_m.abs(), 0.5 * self.paint.line_width_m);
        let on_edge_line = (d - self.paint.lane_width_m).abs() <= half_line;
        let on_dash = d <= half_line && self.dashes.at(place.s_m as f32) > 0.0;
        if on_edge_line || on_dash {
            self.paint.line
        } else if d < self.paint.lane_width_m {
            self.paint.asphalt
        } else {
            self.paint.verge
        }
    }

    /// Draws the pixels of a block.
    #[inline(always)]
    pub(super) fn draw(&self, footprints: &Footprints, pixels: &mut [f32]) {
        let reach = self.half_width_m() + footprints.extent();
        let [a, b] = footprints.ends();
        let mut places = Places::nowhere();
        let mut any = false;
        for strip in self.strips.iter().filter(|strip| strip.may_touch(a, b, reach)) {
            strip.place(footprints, &mut places);
            any = true;
        }
        if any { self.paint(footprints, &places, pixels) } else { pixels.fill(self.paint.verge) }
    }

    #[inline(always)]
    fn paint(&self, footprints: &Footprints, places: &Places, pixels: &mut [f32]) {
        let paint = &self.paint;
        let half_line = 0.5 * paint.line_width_m as f32;
        let (outer, inner) = (self.half_width_m(), paint.lane_width_m as f32 - half_line);
        for (i, pixel) in pixels.iter_mut().enumerate().take(BLOCK) {
            let (d, [left_x, left_y]) = (places.d[i], [places.left[0][i], places.left[1][i]]);
            let [across_x, across_y] = [footprints.across[0][i], footprints.across[1][i]];
            let [up_x, up_y] = [footprints.up[0][i], footprints.up[1][i]];
            let spread = Spread::new(left_x * across_x + left_y * across_y, left_x * up_x + left_y * up_y);
            let between = |half: f32| spread.share_above(d + half) - spread.share_above(d - half);
            let dash = self.dashes.mean(places.s[i], left_y * across_x - left_x * across_y, left_y * up_x - left_x * up_y);
            let road = between(outer);
            let lines = road - between(inner) + between(half_line) * dash;
            let brightness = paint.verge + road * (paint.asphalt - paint.verge) + lines * (paint.line - paint.asphalt);
            *pixel = clamp(brightness, 0.0, 1.0);
        }
    }
}

impl Footprints {
    /// Ground points of the first and the last pixel (m): those between lie on the line from one to the other.
    fn ends(&self) -> [[f32; 2]; 2] {
        [0, self.count.saturating_sub(1)].map(|i| [self.x[i], self.y[i]])
    }

    /// How far a pixel's footprint reaches from its middle, at most (m): the pixel farthest away is at one end.
    fn extent(&self) -> f32 {
        let of = |i: usize| {
            let [across, up] = [self.across[0][i].abs() + self.across[1][i].abs(), self.up[0][i].abs() + self.up[1][i].abs()];
            0.5 * (across + up)
        };
        max(of(0), of(self.count.saturating_sub(1)))
    }
}
