//! Roads: closed centre lines made of straight pieces and circular arcs in the plane, as exact geometry.
//!
//! A place has an arc length `s_m` along the centre line and a lateral offset `d_m`, positive to the left of the driving
//! direction. Not here: lanes and paint (`render`), and what drives on a road (tasks).

mod piece;

use std::f64::consts::PI;

use piece::wrapped;
pub use piece::{Heading, Piece, PlacedPiece};

/// How far the end of the last piece may lie from the start of the first (m), and by what its heading may be off (rad).
const CLOSED_WITHIN: f64 = 1e-6;

/// A place relative to a road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoadPoint {
    /// Arc length of the closest point of the centre line (m), from 0 to the road's length.
    pub s_m: f64,
    /// Distance from there (m), positive to the left.
    pub d_m: f64,
    /// Heading of the centre line there (rad), from -pi to pi.
    pub heading_rad: f64,
}

/// A closed road that begins at the origin along the x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Road {
    pieces: Vec<PlacedPiece>,
    length_m: f64,
}

impl Road {
    /// The road of these pieces, one after the other.
    ///
    /// An error names the piece that can't be, or by what the road fails to close.
    pub fn new(pieces: &[Piece]) -> Result<Road, RoadError> {
        for (index, &found) in pieces.iter().enumerate() {
            found.check().map_err(|expected| RoadError::Piece { index, found, expected })?;
        }
        let road = Road::put_together(pieces);
        let (gap_m, turn_rad) = road.gap().ok_or(RoadError::Empty)?;
        let closed = gap_m <= CLOSED_WITHIN && turn_rad.abs() <= CLOSED_WITHIN;
        if closed { Ok(road) } else { Err(RoadError::Open { gap_m, turn_rad }) }
    }

    /// The road called *bends*: 188 m with curves of 15, 18 and 20 m radius to both sides.
    ///
    /// It consists of two equal halves, each of which turns by half a turn to the left: so it closes exactly.
    pub fn bends() -> Road {
        let arc = |radius_m: f64, degrees: f64| Piece::Arc { radius_m, angle_rad: degrees * PI / 180.0 };
        let [first, back, last] = [arc(15.0, 105.0), arc(20.0, -30.0), arc(18.0, 105.0)];
        let between = Piece::Straight { length_m: 3.0 };
        // The longest straight comes first: a car that starts there has time to see where it is.
        let length_m = 94.0 - first.length_m() - back.length_m() - last.length_m() - 2.0 * between.length_m();
        Road::twice(&[Piece::Straight { length_m }, first, between, back, between, last])
    }

    /// The road called *oval*: straights of 40 m and half circles of 18 m radius, driven to the left.
    pub fn oval() -> Road {
        Road::twice(&[Piece::Straight { length_m: 40.0 }, Piece::Arc { radius_m: 18.0, angle_rad: PI }])
    }

    /// The road of two equal halves.
    fn twice(half: &[Piece]) -> Road {
        Road::put_together(&[half, half].concat())
    }

    fn put_together(pieces: &[Piece]) -> Road {
        let mut road = Road { pieces: Vec::with_capacity(pieces.len()), length_m: 0.0 };
        let mut start = Heading { position_m: [0.0; 2], heading_rad: 0.0 };
        for &piece in pieces {
            let placed = PlacedPiece { piece, s_m: road.length_m, start };
            start = placed.end();
            road.length_m += piece.length_m();
            road.pieces.push(placed);
        }
        road
    }

    /// How far the end of the last piece lies from the start of the first (m), and by what its heading is off (rad); `None`
    /// without pieces.
    pub fn gap(&self) -> Option<(f64, f64)> {
        let (start, end) = (self.pieces.first()?.start, self.pieces.last()?.end());
        let [along, left] = start.local(end.position_m);
        Some((libm::hypot(along, left), wrapped(end.heading_rad - start.heading_rad)))
    }

    /// The pieces in driving order.
    pub fn pieces(&self) -> &[PlacedPiece] {
        &self.pieces
    }

    /// Length of the centre line (m).
    pub fn length_m(&self) -> f64 {
        self.length_m
    }

    /// The centre line at the arc length `s_m`, which may lie outside of one lap; the heading isn't wrapped.
    pub fn at(&self, s_m: f64) -> Heading {
        let s_m = s_m - self.length_m * (s_m / self.length_m).floor();
        let next = self.pieces.partition_point(|placed| placed.s_m <= s_m);
        let placed = &self.pieces[next.saturating_sub(1)];
        placed.at(s_m - placed.s_m)
    }

    /// Where `point` lies relative to the road: at the first of the points of the centre line that are closest to it. A point that
    /// isn't finite is infinitely far from the road.
    pub fn closest(&self, point: [f64; 2]) -> RoadPoint {
        let mut closest = RoadPoint { s_m: 0.0, d_m: f64::INFINITY, heading_rad: 0.0 };
        for placed in &self.pieces {
            let along_m = placed.closest_m(point);
            let centre = placed.at(along_m);
            let [along, left] = centre.local(point);
            let distance = libm::hypot(along, left);
            if distance < closest.d_m.abs() {
                let heading_rad = wrapped(centre.heading_rad);
                closest = RoadPoint { s_m: placed.s_m + along_m, d_m: distance.copysign(left), heading_rad };
            }
        }
        closest
    }
}

/// A road that can't be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RoadError {
    /// There are no pieces.
    #[error("road: it has no pieces, expected at least one")]
    Empty,
    /// A piece can't be.
    #[error("road: piece {index} is {found:?}, expected {expected}")]
    Piece {
        /// Which one, from 0.
        index: usize,
        /// The piece.
        found: Piece,
        /// What it may be.
        expected: &'static str,
    },
    /// The end isn't the start.
    #[error("road: it ends {gap_m} m from its start, its heading off by {turn_rad} rad; expected a closed road")]
    Open {
        /// Distance of end and start (m).
        gap_m: f64,
        /// Heading of the end less that of the start (rad), from -pi to pi.
        turn_rad: f64,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_roads_close_and_have_their_lengths() {
        for (road, length_m) in [(Road::bends(), 188.0), (Road::oval(), 80.0 + 36.0 * PI)] {
            let (gap_m, turn_rad) = road.gap().unwrap();
            assert!(gap_m < 1e-9 && turn_rad.abs() < 1e-9, "{gap_m} m, {turn_rad} rad");
            assert!((road.length_m() - length_m).abs() < 1e-9);
            let pieces: Vec<_> = road.pieces().iter().map(|placed| placed.piece).collect();
            assert_eq!(Road::new(&pieces), Ok(road));
        }
    }

    #[test]
    fn no_road_comes_near_itself() {
        for road in [Road::bends(), Road::oval()] {
            let steps = road.length_m() as u32;
            for (i, j) in (0..steps).flat_map(|i| (0..steps).map(move |j| (i, j))) {
                let [s, t] = [f64::from(i), f64::from(j)];
                let apart = (s - t).abs().min(road.length_m() - (s - t).abs());
                let [along, left] = road.at(s).local(road.at(t).position_m);
                assert!(apart < 30.0 || libm::hypot(along, left) > 12.0, "{s} and {t} m");
            }
        }
    }

    #[test]
    fn the_oval_by_hand() {
        let road = Road::oval();
        for (point, s_m, d_m, heading_rad) in [
            ([10.0, 1.5], 10.0, 1.5, 0.0),
            ([10.0, -1.5], 10.0, -1.5, 0.0),
            ([60.0, 18.0], 40.0 + 9.0 * PI, -2.0, PI / 2.0),
            ([30.0, 34.0], 50.0 + 18.0 * PI, 2.0, PI),
            ([-17.0, 18.0], 80.0 + 27.0 * PI, 1.0, -PI / 2.0),
        ] {
            let found = road.closest(point);
            let [s, d, turn] = [found.s_m - s_m, found.d_m - d_m, wrapped(found.heading_rad - heading_rad)];
            assert!(s.abs() < 1e-9 && d.abs() < 1e-9 && turn.abs() < 1e-9, "{point:?}: {found:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_road_is_refused() {
        let straight = |length_m| Piece::Straight { length_m };
        assert_eq!(Road::new(&[]), Err(RoadError::Empty));
        assert!(matches!(Road::new(&[straight(1.0)]), Err(RoadError::Open { gap_m: 1.0, .. })));
        for piece in [
            straight(f64::NAN),
            straight(0.0),
            Piece::Arc { radius_m: -1.0, angle_rad: 1.0 },
            Piece::Arc { radius_m: 1.0, angle_rad: 0.0 },
            Piece::Arc { radius_m: 1.0, angle_rad: 7.0 },
        ] {
            assert!(matches!(Road::new(&[straight(1.0), piece]), Err(RoadError::Piece { index: 1, .. })), "{piece:?}");
        }
    }

    proptest! {
        #[test]
        fn a_point_beside_the_road_is_found_again(share in 0.0..1.0, d_m in -7.0..7.0, oval in any::<bool>()) {
            let road = if oval { Road::oval() } else { Road::bends() };
            let s_m = share * road.length_m();
            let centre = road.at(s_m);
            let found = road.closest(centre.offset(0.0, d_m));
            let lap = road.length_m();
            prop_assert!((found.d_m - d_m).abs() < 1e-9);
            prop_assert!(((found.s_m - s_m) - lap * ((found.s_m - s_m) / lap).round()).abs() < 1e-6);
            prop_assert!(wrapped(found.heading_rad - centre.heading_rad).abs() < 1e-6);
        }

        #[test]
        fn any_point_has_a_place(x in any::<f64>(), y in any::<f64>()) {
            let found = Road::bends().closest([x, y]);
            prop_assert!((0.0..=188.0).contains(&found.s_m));
        }
    }
}
