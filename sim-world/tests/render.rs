//! What a camera draws, held against parry's ray casts of the same scene.

use embody_robots::Pose;
use embody_robots::observation::EventBuffer;
use embody_robots::robot::EventCameraSpec;
use embody_sim_world::render::{Camera, Ground, Mesh, RayCaster, RoadPaint, RoadTexture, Scene, Shape, Thing};
use embody_sim_world::{EventCamera, Road};
use nalgebra::{Translation3, UnitQuaternion};
use proptest::prelude::*;

/// The camera of lane following, 1.4 m up, 16 degrees down and 80 degrees wide, `d_m` to the left of the centre line.
fn lane_camera(road: &Road, s_m: f64, d_m: f64, turned_rad: f64) -> Camera {
    let centre = road.at(s_m);
    let [x, y] = centre.offset(0.0, d_m);
    let turn = UnitQuaternion::from_euler_angles(0.0, 16.0_f64.to_radians(), centre.heading_rad + turned_rad);
    let mut camera = Camera::new(128, 32, 80.0_f64.to_radians());
    camera.place(Pose::from_parts(Translation3::new(x, y, 1.4), turn));
    camera
}

fn lane_scene(road: Road) -> Scene {
    Scene { sky: 0.8, ground: Ground::Road(RoadTexture::new(road, RoadPaint::default())), things: Vec::new() }
}

fn rms(a: &[f32], b: &[f32]) -> f32 {
    (a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / a.len() as f32).sqrt()
}

#[test]
fn a_road_is_drawn_better_than_by_four_samples() {
    for road in [Road::bends(), Road::oval()] {
        let scene = lane_scene(road.clone());
        let caster = RayCaster::new(&scene);
        for (index, turned_rad) in [0.0, 0.3, -0.2, 0.0, 0.1, -0.4].into_iter().enumerate() {
            let mut camera = lane_camera(&road, 29.0 * index as f64, -1.5 + 0.2 * index as f64, turned_rad);
            let mut images = [vec![0.0; 4096], vec![0.0; 4096], vec![0.0; 4096]];
            let [ours, four, truth] = &mut images;
            camera.render(&scene, ours);
            caster.render(&camera, 2, four);
            caster.render(&camera, 8, truth);
            let [ours, four] = [rms(ours, truth), rms(four, truth)];
            assert!(ours < 0.6 * four, "pose {index}: {ours} against {four} of four samples");
        }
    }
}

#[test]
fn the_horizon_is_drawn_better_than_by_four_samples() {
    let scene = Scene { sky: 0.9, ..lane_scene(Road::bends()) };
    let caster = RayCaster::new(&scene);
    for (roll, pitch) in [(0.0, 0.0), (0.3, 0.05), (-1.2, -0.1), (2.0, 0.1)] {
        let mut camera = Camera::new(64, 48, 1.4);
        let turn = UnitQuaternion::from_euler_angles(roll, pitch, 0.2);
        camera.place(Pose::from_parts(Translation3::new(0.0, -1.5, 1.4), turn));
        let mut images = [vec![0.0; 3072], vec![0.0; 3072], vec![0.0; 3072]];
        let [ours, four, truth] = &mut images;
        camera.render(&scene, ours);
        caster.render(&camera, 2, four);
        caster.render(&camera, 8, truth);
        let [ours, four] = [rms(ours, truth), rms(four, truth)];
        assert!(ours < four, "roll {roll}, pitch {pitch}: {ours} against {four} of four samples");
    }
}

/// A four-sided pyramid, as a mesh.
fn pyramid(size: f32) -> Mesh {
    let corners = [[1.0, 1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0], [1.0, -1.0, -1.0], [0.0, 0.0, 1.0]];
    let triangles = vec![[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4], [0, 2, 1], [0, 3, 2]];
    Mesh::new(corners.map(|corner| corner.map(|x: f32| size * x)).to_vec(), triangles).unwrap()
}

/// A shape of the kind, `scale` times as large.
fn shape(kind: usize, [a, b, c]: [f64; 3], scale: f64) -> Shape {
    let [a, b, c] = [a * scale, b * scale, c * scale];
    match kind {
        0 => Shape::Sphere { radius_m: a },
        1 => Shape::Box { half_extents_m: [a, b, c] },
        2 => Shape::Capsule { half_length_m: a, radius_m: b },
        3 => Shape::Cylinder { half_length_m: a, radius_m: b },
        _ => Shape::Mesh(pyramid(a as f32)),
    }
}

/// Kind, size, place and turn of a thing.
type Draft = (usize, [f64; 3], [f64; 3], [f64; 3]);

fn scene_of(drafts: &[Draft], scale: f64) -> Scene {
    let thing = |(kind, size, place, turn): &Draft| Thing {
        pose: pose(*place, *turn),
        shape: shape(*kind, *size, scale),
        brightness: 0.9,
    };
    // Sky and ground are alike, so that only the things are compared.
    Scene { sky: 0.05, ground: Ground::Plain(0.05), things: drafts.iter().map(thing).collect() }
}

fn pose(place: [f64; 3], [roll, pitch, yaw]: [f64; 3]) -> Pose {
    Pose::from_parts(place.into(), UnitQuaternion::from_euler_angles(roll, pitch, yaw))
}

/// How many pixels of an image may differ: a sample at the edge between two faces may fall on either.
const AT_EDGES: usize = 6;

/// How many pixels differ from the ray casts of the same samples. Outlines are left out: pixels in which things a two-thousandth
/// larger or smaller look different, too.
fn differing(drafts: &[Draft], camera: &mut Camera, pixels: usize) -> usize {
    let cast = |scale: f64| {
        let (scene, mut image) = (scene_of(drafts, scale), vec![0.0; pixels]);
        RayCaster::new(&scene).render(camera, 2, &mut image);
        image
    };
    let [same, smaller, larger] = [1.0, 1.0 - 5e-4, 1.0 + 5e-4].map(cast);
    let mut image = vec![0.0; pixels];
    camera.render(&scene_of(drafts, 1.0), &mut image);
    let differs = |i: &usize| {
        let (i, close) = (*i, |a: f32, b: f32| (a - b).abs() < 0.004);
        close(smaller[i], larger[i]) && !close(image[i], same[i])
    };
    (0..pixels).filter(differs).count()
}

#[test]
fn each_shape_is_where_rays_meet_it() {
    for kind in 0..5 {
        let mut seen = 0;
        for step in 0..12 {
            let angle = 0.5 * f64::from(step);
            let draft = (kind, [0.7, 0.5, 0.3], [4.0, 0.3, 1.5], [angle, 0.3 * angle, 1.1]);
            let mut camera = Camera::new(40, 40, 1.0);
            camera.place(pose([0.0, 0.0, 1.6], [0.1 * angle, 0.02, 0.05]));
            let found = differing(&[draft], &mut camera, 1600);
            assert!(found <= AT_EDGES, "kind {kind}, step {step}: {found} pixels differ");
            let mut image = vec![0.0; 1600];
            camera.render(&scene_of(&[draft], 1.0), &mut image);
            seen += image.iter().filter(|pixel| **pixel > 0.051).count();
        }
        assert!(seen > 12 * 50, "kind {kind} covers {seen} pixels of twelve images");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_heap_of_things_is_where_rays_meet_it(
        drafts in prop::collection::vec((0_usize..5, [0.1..1.2, 0.1..1.2, 0.1..1.2], [-3.0..6.0, -3.0..3.0, -1.0..3.0], [-3.0..3.0, -3.0..3.0, -3.0..3.0]), 1..6),
        height in 0.2..3.0, turn in [-3.0..3.0, -1.2..1.2, -3.0..3.0], angle in 0.3..2.5,
    ) {
        let mut camera = Camera::new(24, 20, angle);
        camera.place(pose([0.0, 0.0, height], turn));
        let found = differing(&drafts, &mut camera, 480);
        prop_assert!(found <= AT_EDGES, "{found} pixels differ");
    }
}

#[test]
fn a_flat_cylinder_seen_from_near_is_where_rays_meet_it() {
    let drafts = [(
        3,
        [0.1, 0.483_372_523_755_851_54, 0.1],
        [0.0, 0.0, 2.145_750_379_256_541_8],
        [1.368_603_537_341_062, 0.0, 1.016_902_019_020_419_5],
    )];
    let mut camera = Camera::new(24, 20, 0.859_913_162_064_854_4);
    camera.place(pose([0.0, 0.0, 1.428_112_922_801_469], [0.0, -0.961_184_876_962_105_4, 1.480_002_791_801_275]));
    let found = differing(&drafts, &mut camera, 480);
    assert!(found <= AT_EDGES, "{found} pixels differ");
}

#[test]
fn what_is_around_the_camera_behind_it_or_under_the_ground_is_not_seen() {
    let mut image = vec![0.0; 256];
    for kind in 0..4 {
        for place in [[0.0, 0.0, 1.0], [-5.0, 0.0, 1.0], [5.0, 0.0, -3.0], [f64::NAN, 0.0, 1.0]] {
            let mut camera = Camera::new(16, 16, 1.0);
            camera.place(Pose::translation(0.0, 0.0, 1.0));
            camera.render(&scene_of(&[(kind, [1.0; 3], place, [0.0; 3])], 1.0), &mut image);
            assert!(image.iter().all(|pixel| (pixel - 0.05).abs() < 1e-6), "kind {kind} at {place:?}");
        }
    }
}

#[test]
fn the_faces_of_a_box_are_shaded_by_the_stated_law() {
    let scene = scene_of(&[(1, [0.5; 3], [0.0, 0.0, 2.0], [0.0; 3])], 1.0);
    for (from, turn, normal_light) in [
        ([-3.0, 0.0, 2.0], [0.0, 0.0, 0.0], -2.0 / 7.0),
        ([3.0, 0.0, 2.0], [0.0, 0.0, std::f64::consts::PI], 2.0 / 7.0),
        ([0.0, -3.0, 2.0], [0.0, 0.0, std::f64::consts::FRAC_PI_2], -3.0 / 7.0),
        ([0.0, 0.0, 5.0], [0.0, std::f64::consts::FRAC_PI_2, 0.0], 6.0 / 7.0),
    ] {
        let mut camera = Camera::new(5, 5, 0.3);
        camera.place(pose(from, turn));
        let mut image = [0.0; 25];
        camera.render(&scene, &mut image);
        assert!((image[12] - 0.9 * (0.6 + 0.4 * normal_light)).abs() < 1e-5, "from {from:?}: {}", image[12]);
    }
}

#[test]
fn an_event_camera_sees_the_road_go_by() {
    let (road, scene) = (Road::bends(), lane_scene(Road::bends()));
    let spec = EventCameraSpec { width: 128, height: 32, threshold: 0.06, ..EventCameraSpec::default() };
    let (mut events, mut sensor) = (EventBuffer::new(1 << 16), EventCamera::new(&spec));
    sensor.begin(|image| lane_camera(&road, 0.0, -1.5, 0.0).render(&scene, image));
    let mut seen = Vec::new();
    for step in 1..=20_u32 {
        let now = u64::from(step) * 10_000_000;
        // 4.5 m/s, 100 frames a second.
        let mut camera = lane_camera(&road, 0.045 * f64::from(step), -1.5, 0.0);
        sensor.observe(now - 10_000_000, now, &mut events, |image| camera.render(&scene, image));
        seen.push(events.events().len());
    }
    assert!(seen.iter().all(|count| (5..2000).contains(count)), "{seen:?}");
    sensor.observe(200_000_000, 210_000_000, &mut events, |image| lane_camera(&road, 0.9, -1.5, 0.0).render(&scene, image));
    assert!(events.events().is_empty(), "a car that stands makes no events");
}
