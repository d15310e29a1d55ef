//! A closed line through points: where on it one is, and what lies a distance ahead.

use nalgebra::Vector2;

/// A closed line through points in driving order (m).
pub(super) struct CentreLine(Vec<Vector2<f64>>);

impl CentreLine {
    /// The line through these points, at least three.
    pub(super) fn new(points_m: Vec<[f64; 2]>) -> Result<Self, String> {
        if points_m.len() < 3 || !points_m.iter().flatten().all(|x| x.is_finite()) {
            return Err(format!("the lane's centre: expected at least three finite points, found {}", points_m.len()));
        }
        Ok(CentreLine(points_m.into_iter().map(Vector2::from).collect()))
    }

    /// How many points there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The point nearest to `at`: along the line from the one that was nearest last, or among all of them if that leads nowhere within
    /// `near_m`.
    pub(super) fn nearest(&self, at: Vector2<f64>, last: Option<usize>, near_m: f64) -> usize {
        let distance = |point: usize| (self.0[point] - at).norm();
        let along = last.map(|last| self.descend(at, last)).filter(|point| distance(*point) <= near_m);
        let among_all = || (0..self.len()).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0);
        along.unwrap_or_else(among_all)
    }

    /// Along the line from `from` for as long as points get nearer to `at`, ahead first.
    fn descend(&self, at: Vector2<f64>, from: usize) -> usize {
        let nearer = |a: usize, b: usize| (self.0[a] - at).norm_squared() < (self.0[b] - at).norm_squared();
        let mut point = from;
        for step in [1, self.len() - 1] {
            while nearer((point + step) % self.len(), point) {
                point = (point + step) % self.len();
            }
        }
        point
    }

    /// The first place on the line after `nearest` that is `distance_m` from `at`; `nearest` itself if that is farther.
    pub(super) fn ahead(&self, at: Vector2<f64>, nearest: usize, distance_m: f64) -> Vector2<f64> {
        let point = |step: usize| self.0[(nearest + step) % self.len()];
        let beyond = |place: Vector2<f64>| (place - at).norm() >= distance_m;
        match (0..self.len()).find(|step| beyond(point(*step))) {
            None | Some(0) => point(0),
            Some(step) => crossing(point(step - 1) - at, point(step) - at, distance_m) + at,
        }
    }
}

/// Where the way from `a`, within a circle about the origin, to `b`, beyond it, crosses the circle.
fn crossing(a: Vector2<f64>, b: Vector2<f64>, radius: f64) -> Vector2<f64> {
    let way = b - a;
    let (square, half) = (way.norm_squared(), a.dot(&way));
    let share = ((half * half - square * (a.norm_squared() - radius * radius)).max(0.0).sqrt() - half) / square;
    a + way * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle() -> CentreLine {
        let angle = |k: usize| std::f64::consts::TAU * k as f64 / 360.0;
        CentreLine::new((0..360).map(|k| [20.0 * libm::cos(angle(k)), 20.0 * libm::sin(angle(k))]).collect()).unwrap()
    }

    #[test]
    fn the_nearest_point_is_found_along_the_line_and_after_a_leap() {
        let line = circle();
        for (last, at, expected) in
            [(None, [0.0, 21.0], 90), (Some(80), [0.0, 21.0], 90), (Some(5), [20.0, -2.0], 354), (Some(10), [-19.0, 0.0], 180)]
        {
            assert_eq!(line.nearest(Vector2::from(at), last, 3.0), expected, "{at:?}");
        }
        assert!(CentreLine::new(vec![[0.0; 2]; 2]).is_err() && CentreLine::new(vec![[f64::NAN; 2]; 9]).is_err());
    }

    #[test]
    fn what_is_ahead_is_at_the_distance() {
        let line = circle();
        let at = Vector2::new(19.5, 0.0);
        let ahead = line.ahead(at, 0, 4.0);
        assert!(((ahead - at).norm() - 4.0).abs() < 1e-9 && ahead.y > 3.0, "{ahead}");
        assert_eq!(line.ahead(Vector2::new(40.0, 0.0), 0, 4.0), Vector2::new(20.0, 0.0));
    }
}
