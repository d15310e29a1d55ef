//! A body to be looked at by people: everything that is visible of it as a [`Scene`], and the walls.
//!
//! Nothing here changes the body or reaches its senses. Walls are things for people alone: no camera of a body sees them.

use embody_robots::Pose;

use crate::physics::convert::from_rapier;
use crate::render::{Scene, Shape, Thing};
use crate::sight::Sight;
use crate::world::{BuildError, SimulatedBody};

/// Brightness of the walls.
const WALLS: f32 = 0.5;

impl SimulatedBody {
    /// The visible parts of all links where they are now, over the arena's ground.
    ///
    /// # Errors
    /// If a visible part can't be drawn.
    pub fn scene(&self) -> Result<Scene, BuildError> {
        let mut sight = Sight::new(self.robot(), |_| true, Some(self.arena()))?;
        // Every link of the description is in its world.
        let pose = |link: usize| self.places.pose(&self.state.physics, link).unwrap_or(Pose::identity());
        Ok(sight.of(pose).clone())
    }

    /// The walls of the arena; empty if it has none.
    pub fn walls(&self) -> Vec<Thing> {
        // What belongs to no body is the ground, a half-space, or a wall, a box.
        let around = self.state.physics.colliders.iter().filter(|(_, collider)| collider.parent().is_none());
        let wall = |half_extents: [f32; 3], pose: Pose| {
            let shape = Shape::Box { half_extents_m: half_extents.map(f64::from) };
            Thing { pose, shape, brightness: WALLS }
        };
        let boxes = around.filter_map(|(_, collider)| {
            Some(wall(collider.shape().as_cuboid()?.half_extents.to_array(), from_rapier(collider.position())))
        });
        boxes.collect()
    }
}

#[cfg(test)]
mod tests {
    use embody_robots::catalogue::ball::Ball;
    use embody_robots::catalogue::car::Car;
    use embody_robots::{Body, Nanos, Observation};

    use super::*;
    use crate::arena::{Arena, RoadSettings};

    const PERIOD: Nanos = Nanos::from_millis(10);

    #[test]
    fn the_walls_stand_where_the_arena_has_them() {
        let body = SimulatedBody::new(&Ball::default().robot(), &Arena::default(), PERIOD, PERIOD).unwrap();
        let walls = body.walls();
        assert_eq!(walls.len(), 4);
        for wall in walls {
            let Shape::Box { half_extents_m } = wall.shape else { panic!("a wall is a box") };
            let [x, y, z]: [f64; 3] = wall.pose.translation.vector.into();
            let [x, y] = [x.abs() - half_extents_m[0], y.abs() - half_extents_m[1]];
            assert!((x.max(y) - 10.0).abs() < 1e-6 && (z - 1.0).abs() < 1e-6, "inner faces at 10 m, 2 m high");
        }
        let open = Arena { wall_height_m: 0.0, ..Arena::default() };
        assert!(SimulatedBody::new(&Ball::default().robot(), &open, PERIOD, PERIOD).unwrap().walls().is_empty());
    }

    #[test]
    fn a_scene_has_every_visible_part_where_its_link_is() {
        let arena = Arena { half_extent_m: 100.0, road: Some(RoadSettings::default()), ..Arena::default() };
        let mut body = SimulatedBody::new(&Car::default().robot(), &arena, PERIOD, PERIOD).unwrap();
        let at = |body: &SimulatedBody| body.scene().unwrap().things.iter().map(|thing| thing.pose).collect::<Vec<_>>();
        let home = at(&body);
        assert_eq!(home.len(), body.robot().links[0].parts.len());
        let moved = Pose::translation(3.0, -1.0, 0.0);
        body.stage().place("chassis", &moved).unwrap();
        for (before, after) in home.iter().zip(at(&body)) {
            assert!((moved * before).translation.vector.metric_distance(&after.translation.vector) < 1e-5);
        }
    }

    #[test]
    fn an_image_is_what_the_camera_saw_last() {
        let arena = Arena { half_extent_m: 100.0, road: Some(RoadSettings::default()), ..Arena::default() };
        let mut body = SimulatedBody::new(&Car::default().robot(), &arena, PERIOD, PERIOD).unwrap();
        body.reset(1).unwrap();
        body.begin(&mut Observation::from_spec(body.observation_spec())).unwrap();
        let image = body.image("camera").unwrap();
        assert_eq!((image.width, image.height, image.brightness.len()), (128, 32, 4096));
        assert!(image.brightness.iter().any(|pixel| *pixel > 0.0));
        assert!(body.image("steering").is_none());
    }
}
