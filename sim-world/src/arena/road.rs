//! The road of an arena: which one, and its paint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ArenaError;
use crate::render::RoadPaint;
use crate::road::Road;

/// Which road, and how it is painted: two lanes side by side, driven on the right.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RoadSettings {
    /// The centre line.
    pub kind: RoadKind,
    /// Widths and brightnesses.
    pub paint: RoadPaint,
}

/// The roads that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoadKind {
    /// 188 m with curves of 15 to 20 m radius to both sides.
    #[default]
    Bends,
    /// Straights of 40 m and half circles of 18 m radius to the left.
    Oval,
}

impl RoadSettings {
    /// The centre line.
    pub fn road(&self) -> Road {
        match self.kind {
            RoadKind::Bends => Road::bends(),
            RoadKind::Oval => Road::oval(),
        }
    }

    /// The centre of the right lane as a closed line in driving order (m), a point every `step_m` of the road's centre line or a little less.
    pub fn right_lane(&self, step_m: f64) -> Vec<[f64; 2]> {
        let road = self.road();
        let count = (road.length_m() / step_m).ceil().max(3.0) as u32;
        let point = |i: u32| {
            let centre = road.at(road.length_m() * f64::from(i) / f64::from(count));
            centre.offset(0.0, -0.5 * self.paint.lane_width_m)
        };
        (0..count).map(point).collect()
    }

    /// Looks for what can't be painted, and names the key.
    pub(crate) fn check(&self) -> Result<(), ArenaError> {
        let RoadPaint { lane_width_m, line_width_m, dash_m, gap_m, verge, asphalt, line } = self.paint;
        let least = 1e-3;
        // Wider than its curves' radius, a road would overlap itself.
        let widths = [
            ("road.paint.lane_width_m", lane_width_m, 10.0, "0.001 to 10 m"),
            ("road.paint.line_width_m", line_width_m, lane_width_m, "0.001 m to lane_width_m"),
            ("road.paint.dash_m", dash_m, 1e3, "0.001 to 1000 m"),
            ("road.paint.gap_m", gap_m, 1e3, "0.001 to 1000 m"),
        ];
        for (key, found, most, expected) in widths {
            // Written so that NaN fails too.
            if !(least..=most).contains(&found) {
                return Err(ArenaError { key, found, expected });
            }
        }
        for (key, found) in [("road.paint.verge", verge), ("road.paint.asphalt", asphalt), ("road.paint.line", line)] {
            if !(0.0..=1.0).contains(&found) {
                return Err(ArenaError { key, found: f64::from(found), expected: "0 to 1" });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_painted_is_refused_by_key() {
        assert!(RoadSettings::default().check().is_ok());
        let paint = RoadPaint::default();
        for (paint, key) in [
            (RoadPaint { lane_width_m: 0.0, ..paint }, "road.paint.lane_width_m"),
            (RoadPaint { lane_width_m: f64::NAN, ..paint }, "road.paint.lane_width_m"),
            (RoadPaint { line_width_m: 3.5, ..paint }, "road.paint.line_width_m"),
            (RoadPaint { dash_m: -1.0, ..paint }, "road.paint.dash_m"),
            (RoadPaint { gap_m: f64::INFINITY, ..paint }, "road.paint.gap_m"),
            (RoadPaint { verge: 1.5, ..paint }, "road.paint.verge"),
            (RoadPaint { asphalt: f32::NAN, ..paint }, "road.paint.asphalt"),
            (RoadPaint { line: -0.1, ..paint }, "road.paint.line"),
        ] {
            assert_eq!(RoadSettings { paint, ..RoadSettings::default() }.check().unwrap_err().key, key);
        }
    }
}
