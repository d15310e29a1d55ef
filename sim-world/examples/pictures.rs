//! Draws the road from the car and from above, and a group of shapes, as PGM files in the folder that is named:
//! `cargo run --release -p embody-sim-world --example pictures -- FOLDER`.

use std::error::Error;
use std::path::{Path, PathBuf};

use embody_robots::Pose;
use embody_sim_world::Road;
use embody_sim_world::render::{Camera, Ground, RoadPaint, RoadTexture, Scene, Shape, Thing};
use nalgebra::{Translation3, UnitQuaternion};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("expected a folder")?);
    let road = Road::bends();
    let texture = RoadTexture::new(road.clone(), RoadPaint::default());
    let lane = Scene { sky: 0.8, ground: Ground::Road(texture), things: Vec::new() };
    for s_m in [0.0, 30.0, 60.0, 90.0] {
        let centre = road.at(s_m);
        let [x, y] = centre.offset(0.0, -1.5);
        let car = pose([x, y, 1.4], [0.0, 16.0_f64.to_radians(), centre.heading_rad]);
        draw(&folder.join(format!("lane-{s_m}.pgm")), [128, 32], car, &lane)?;
    }
    let above = pose([8.0, 20.0, 50.0], [0.0, std::f64::consts::FRAC_PI_2, 0.0]);
    draw(&folder.join("bends.pgm"), [320, 320], above, &lane)?;
    draw(&folder.join("shapes.pgm"), [320, 160], pose([-5.0, 0.0, 2.0], [0.0, 0.3, 0.0]), &shapes())
}

/// One thing of each kind but a mesh, side by side.
fn shapes() -> Scene {
    let shapes = [
        Shape::Sphere { radius_m: 0.5 },
        Shape::Box { half_extents_m: [0.5, 0.5, 0.5] },
        Shape::Capsule { half_length_m: 0.4, radius_m: 0.3 },
        Shape::Cylinder { half_length_m: 0.5, radius_m: 0.4 },
    ];
    let thing = |(index, shape): (u8, Shape)| {
        let index = f64::from(index);
        Thing { pose: pose([0.0, 2.0 - 1.3 * index, 0.6], [0.3 * index, 0.2, 0.5]), shape, brightness: 0.9 }
    };
    Scene { sky: 0.8, ground: Ground::Plain(0.3), things: (0..).zip(shapes).map(thing).collect() }
}

fn pose([x, y, z]: [f64; 3], [roll, pitch, yaw]: [f64; 3]) -> Pose {
    Pose::from_parts(Translation3::new(x, y, z), UnitQuaternion::from_euler_angles(roll, pitch, yaw))
}

fn draw(file: &Path, [width, height]: [u16; 2], pose: Pose, scene: &Scene) -> Result<(), Box<dyn Error>> {
    let mut camera = Camera::new(width, height, 80.0_f64.to_radians());
    camera.place(pose);
    let mut image = vec![0.0; usize::from(width) * usize::from(height)];
    camera.render(scene, &mut image);
    // Row 0 is at the bottom; the file begins at the top.
    let rows = image.chunks(usize::from(width)).rev();
    let mut bytes = format!("P5 {width} {height} 255\n").into_bytes();
    bytes.extend(rows.flatten().map(|brightness| (brightness * 255.0).round() as u8));
    Ok(std::fs::write(file, bytes)?)
}
