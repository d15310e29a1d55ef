//! `embody picture`: PNG files that can be read, and clear words about what can't be drawn.

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use common::Lab;
use png::{BitDepth, ColorType, Decoder};

/// Width, height and grey levels of a PNG file.
fn read(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = BufReader::new(File::open(path).expect("it was written"));
    let mut reader = Decoder::new(file).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a whole picture");
    assert_eq!((info.color_type, info.bit_depth), (ColorType::Grayscale, BitDepth::Eight));
    pixels.truncate(info.buffer_size());
    (info.width, info.height, pixels)
}

fn levels(pixels: &[u8]) -> usize {
    pixels.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn worlds_and_cameras_are_drawn_and_equal_commands_draw_the_same() {
    let lab = Lab::new();
    for scenario in ["reaching", "lane-following", "arm2-reaching", "trunk-10"] {
        let said = lab.succeeds(&format!("picture {scenario} --time 600ms --width 96 --height 54")).out;
        assert!(said.contains(&format!("{scenario}.png: 96 x 54 pixels")), "{said}");
        let (width, height, pixels) = read(&lab.path(&format!("{scenario}.png")));
        assert_eq!((width, height), (96, 54));
        assert!(levels(&pixels) > 5, "{scenario} is one grey");
        lab.succeeds(&format!("picture {scenario} --time 600ms --width 96 --height 54 --out again.png"));
        assert_eq!(read(&lab.path("again.png")).2, pixels, "{scenario}");
    }
    lab.succeeds(
        "picture lane-following --controller straight --camera camera --time 1s --out camera.png --width 256 --height 200",
    );
    let (width, height, pixels) = read(&lab.path("camera.png"));
    assert_eq!((width, height), (256, 130), "128 x 32 pixels twice and a line between, doubled");
    assert!(levels(&pixels[256 * 66..]) == 3, "the lower half: brighter, darker, neither");
}

#[test]
fn the_eye_can_be_put_anywhere() {
    let lab = Lab::new();
    lab.succeeds("picture reaching --time 20ms --from -8,-8,6 --to 0,0,0.5 --view 60 --width 64 --height 64 --out near.png");
    lab.succeeds("picture reaching --time 20ms --from=0,0,30 --to=0,0,0 --width 64 --height 64 --out above.png");
    assert_ne!(read(&lab.path("near.png")).2, read(&lab.path("above.png")).2);
}

#[test]
fn what_cannot_be_drawn_is_told_and_leaves_no_file() {
    let lab = Lab::new();
    for (arguments, parts) in [
        ("reaching --camera nose", ["\"nose\"", "known: camera"]),
        ("reaching --camera camera --view 30", ["--camera", "--view"]),
        ("reaching --width 0", ["16..=1920", "0"]),
        ("reaching --height 100000", ["16..=1920", "100000"]),
        ("reaching --from 1,2", ["X,Y,Z", "1,2"]),
        ("reaching --from 1,2,3 --to 1,2,3", ["--from and --to", "two places"]),
        ("reaching --view 170", ["150", "170"]),
        ("reaching --out picture.jpg", [".png", "picture.jpg"]),
        ("reaching --out none/there.png", ["none/there.png", "No such file"]),
        ("reaching --time 30ms", ["time.duration", "20ms"]),
        ("reaching --controller nobody", ["controller", "nobody"]),
        ("reachin", ["\"reachin\"", "reaching"]),
    ] {
        let said = lab.fails(&format!("picture {arguments}"));
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments}: {said}");
        assert_eq!(fs::read_dir(lab.path("")).expect("the folder").count(), 0, "{arguments} left something behind");
    }
}
