//! What a picture costs: the renderer against parry's ray casts of the same scene.
//!
//! Two scenes: the road as a car sees it, filtered, which comes nearer to the truth than four samples a pixel (a test of `sim-world`
//! sees to that), and a sphere by four samples a pixel. The baseline casts four rays for each pixel; of its time for the road, nine
//! tenths go to the paint, for which the closest point of the road is searched in double precision: `render/sphere` is the fairer row.

use std::convert::Infallible;
use std::hint::black_box;

use embody_robots::Pose;
use embody_sim_world::Road;
use embody_sim_world::render::{Camera, Ground, RayCaster, RoadPaint, RoadTexture, Scene, Shape, Thing};

use super::Row;
use super::measure::{in_turns, least};

const TURNS: usize = 100;

/// Pictures of a turn; of the baseline, which takes as long as hundreds of them, one.
const PICTURES: usize = 20;

/// Width of the view (rad): 80 degrees.
const FIELD_OF_VIEW: f64 = 80.0 * DEGREE;

const DEGREE: f64 = std::f64::consts::PI / 180.0;

pub(super) fn measure() -> Vec<Row> {
    let road = RoadTexture::new(Road::bends(), RoadPaint::default());
    let lane = Scene { sky: 0.8, ground: Ground::Road(road), things: Vec::new() };
    // In the right lane, 1.4 m up, 16 degrees down.
    let from_car = Pose::new([0.0, -1.5, 1.4].into(), [0.0, 16.0 * DEGREE, 0.0].into());
    // It takes up a third of the picture.
    let thing = Thing { pose: Pose::translation(2.0, 0.0, 1.4), shape: Shape::Sphere { radius_m: 1.0 }, brightness: 0.9 };
    let sphere = Scene { sky: 0.8, ground: Ground::Plain(0.3), things: vec![thing] };
    let in_front = Pose::translation(0.0, 0.0, 1.4);
    vec![pictures("render/lane", [128, 32], from_car, &lane), pictures("render/sphere", [16, 16], in_front, &sphere)]
}

/// Pictures a second of `scene` from `pose`.
fn pictures(name: &str, [width, height]: [u16; 2], pose: Pose, scene: &Scene) -> Row {
    let mut camera = Camera::new(width, height, FIELD_OF_VIEW);
    camera.place(pose);
    let (cast_from, caster) = (camera.clone(), RayCaster::new(scene));
    let mut image = vec![0.0; usize::from(width) * usize::from(height)];
    let mut cast = image.clone();
    let times = in_turns(
        TURNS,
        || -> Result<(), Infallible> {
            for _ in 0..PICTURES {
                camera.render(black_box(scene), &mut image);
                black_box(&image);
            }
            Ok(())
        },
        || {
            caster.render(&cast_from, 2, &mut cast);
            black_box(&cast);
            Ok(())
        },
    );
    let Ok([ours, baseline]) = times.map(|times| times.map(|times| least(&times)));
    Row::more(name, PICTURES as f64 / ours, "frames/s", 1.0 / baseline)
}
