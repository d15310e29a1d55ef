//! The viewer, seen and driven as by a person: a window on a virtual display (Xvfb), keys and mouse (xdotool), and the pictures that it saves.
//!
//! Built with `--features viewer` alone. Whatever draws on this machine serves; in continuous integration that is Mesa on the processor.

mod common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::Lab;

/// Longer than the slowest machine takes to draw its first picture.
const PATIENCE: Duration = Duration::from_secs(180);

/// Size of the window, and where its parts are: left panel, right panel, what lies between.
const WINDOW: [usize; 2] = [1280, 720];
const WORLD: [usize; 4] = [270, 40, 940, 670];
const LEFT: [usize; 4] = [0, 40, 258, 670];
const RASTER: [usize; 4] = [965, 60, 1265, 200];
const CURVE: [usize; 4] = [1005, 255, 1265, 320];
const METRIC: [usize; 4] = [1005, 370, 1265, 442];

/// A picture in colour.
struct Picture {
    width: usize,
    rgb: Vec<u8>,
}

impl Picture {
    fn read(path: &Path) -> Picture {
        let file = BufReader::new(std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
        let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
        let mut rgb = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut rgb).expect("a whole picture");
        assert_eq!(info.color_type, png::ColorType::Rgb);
        rgb.truncate(info.buffer_size());
        Picture { width: info.width as usize, rgb }
    }

    fn size(&self) -> [usize; 2] {
        [self.width, self.rgb.len() / 3 / self.width]
    }

    fn pixels(&self, [left, top, right, bottom]: [usize; 4]) -> Vec<[u8; 3]> {
        let at = |x: usize, y: usize| {
            let index = 3 * (y * self.width + x);
            [self.rgb[index], self.rgb[index + 1], self.rgb[index + 2]]
        };
        (top..bottom).flat_map(|y| (left..right).map(move |x| at(x, y))).collect()
    }

    /// Pixels of a part within a few levels of a colour.
    fn count(&self, part: [usize; 4], colour: [u8; 3]) -> usize {
        let near = |pixel: &&[u8; 3]| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 12);
        self.pixels(part).iter().filter(near).count()
    }

    /// Share of a part's pixels that differ between two pictures.
    fn differs(&self, other: &Picture, part: [usize; 4]) -> f64 {
        let (a, b) = (self.pixels(part), other.pixels(part));
        a.iter().zip(&b).filter(|(a, b)| a != b).count() as f64 / a.len() as f64
    }

    /// Number of different colours in a part, coarsely.
    fn colours(&self, part: [usize; 4]) -> usize {
        self.pixels(part).iter().map(|pixel| pixel.map(|level| level / 16)).collect::<std::collections::BTreeSet<_>>().len()
    }
}

/// A display that nobody sees.
struct Display {
    name: String,
    server: Child,
}

impl Display {
    fn open() -> Display {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x720x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts (Debian: apt-get install xvfb)");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).expect("Xvfb says which display it is");
        Display { name: format!(":{}", number.trim()), server }
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let done = Command::new("xdotool").args(arguments).env("DISPLAY", &self.name).output();
        let done = done.expect("xdotool runs (Debian: apt-get install xdotool)");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A window in front of somebody.
struct Viewer<'a> {
    display: &'a Display,
    program: Child,
    told: Receiver<String>,
    folder: PathBuf,
}

impl Viewer<'_> {
    /// Opens a window, and waits until it is there.
    fn open<'a>(lab: &Lab, display: &'a Display, line: &str) -> Viewer<'a> {
        let arguments: Vec<&str> = line.split_whitespace().chain(["--pictures", "album"]).collect();
        let mut command = lab.command(&arguments);
        command.env("DISPLAY", &display.name).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = command.spawn().expect("embody starts");
        let (said, told) = channel();
        for stream in
            [Box::new(program.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>, Box::new(program.stderr.take().unwrap())]
        {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = said.send(line);
                }
            });
        }
        let mut viewer = Viewer { display, program, told, folder: lab.path("") };
        viewer.until(|viewer| !viewer.window().is_empty(), "no window comes");
        display.xdotool(&["windowfocus", "--sync", &viewer.window()]);
        viewer
    }

    fn window(&self) -> String {
        self.display.xdotool(&["search", "--name", "Embody"]).lines().next().unwrap_or_default().to_owned()
    }

    fn until(&mut self, mut done: impl FnMut(&mut Self) -> bool, or_else: &str) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < PATIENCE, "{or_else}; it said {:?}", self.told.try_iter().collect::<Vec<_>>());
            assert!(self.program.try_wait().unwrap().is_none(), "it ended: {:?}", self.told.try_iter().collect::<Vec<_>>());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn key(&self, key: &str) {
        self.display.xdotool(&["key", key]);
    }

    /// Points somewhere, and presses the left button for as long as a hand does.
    fn click(&self, x: u32, y: u32) {
        let [x, y] = [x, y].map(|at| at.to_string());
        self.display.xdotool(&["mousemove", &x, &y, "sleep", "1", "mousedown", "1", "sleep", "1", "mouseup", "1"]);
    }

    /// Saves a picture by its key; gives it, and the simulated time that the window told of (s).
    fn picture(&mut self) -> (f64, Picture) {
        self.key("p");
        let mut found = None;
        self.until(
            |viewer| {
                found = viewer.told.try_iter().find(|line| line.contains(".png: the window at"));
                found.is_some()
            },
            "no picture comes",
        );
        let line = found.unwrap();
        let (path, time) = line.split_once(": the window at ").unwrap();
        let time = time.trim_end_matches(" s").parse().unwrap_or_else(|_| panic!("{line}"));
        (time, Picture::read(&self.folder.join(path)))
    }

    /// Saves pictures until one is as wanted.
    fn picture_when(&mut self, wanted: impl Fn(f64) -> bool) -> (f64, Picture) {
        let began = Instant::now();
        loop {
            let (time, picture) = self.picture();
            if wanted(time) {
                return (time, picture);
            }
            assert!(began.elapsed() < PATIENCE, "it stands at {time} s");
        }
    }

    /// Closes the window by its key; gives what it said at the end.
    fn close(mut self) -> String {
        self.key("q");
        let began = Instant::now();
        while self.program.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "it doesn't close");
            std::thread::sleep(Duration::from_millis(50));
        }
        self.told.iter().find(|line| line.starts_with("closed after")).unwrap_or_default()
    }
}

impl Drop for Viewer<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Sees that a picture of a window has the world, the camera's image and the spikes in it.
fn check_whole(picture: &Picture) {
    assert_eq!(picture.size(), WINDOW);
    assert!(picture.colours(WORLD) > 12, "a world with light and shade: {} colours", picture.colours(WORLD));
    assert!(picture.count(RASTER, [86, 180, 233]) > 20, "spikes of visual neurons");
    assert!(picture.count(RASTER, [230, 159, 0]) > 4, "spikes of motor neurons");
    assert!(picture.count(LEFT, [230, 159, 0]) + picture.count(LEFT, [86, 180, 233]) > 0, "events over the camera's image");
}

#[test]
fn a_session_with_keys_pauses_steps_speeds_up_and_resets() {
    let (lab, display) = (Lab::new(), Display::open());
    let mut viewer = Viewer::open(&lab, &display, "view reaching --time 1h --speed 4");
    let (early, first) = viewer.picture_when(|time| time > 3.0);
    check_whole(&first);
    let (later, second) = viewer.picture_when(|time| time > early + 3.0);
    assert!(second.differs(&first, CURVE) > 0.002, "the reward's curve moves");
    assert!(second.differs(&first, RASTER) > 0.002, "the raster scrolls");
    assert!(later > early);
    viewer.key("space");
    let (_, _) = viewer.picture();
    let (paused, third) = viewer.picture();
    let (still, fourth) = viewer.picture();
    assert_eq!(paused, still, "it stands still");
    assert!(third.differs(&fourth, WORLD) < 0.001, "nothing moves");
    viewer.key("period");
    let (stepped, _) = viewer.picture_when(|time| time > paused);
    assert!((stepped - paused - 0.02).abs() < 1e-9, "one control step of 20 ms: {paused} to {stepped}");
    viewer.key("r");
    let (reset, _) = viewer.picture_when(|time| time < 1.0);
    assert_eq!(reset, 0.0, "back at the start, and paused");
    (0..8).for_each(|_| viewer.key("plus"));
    viewer.key("space");
    viewer.picture_when(|time| time > 120.0);
    for key in ["c", "f", "g"] {
        viewer.key(key);
    }
    let (_, overlaid) = viewer.picture();
    assert!(overlaid.colours(WORLD) > 12);
    let said = viewer.close();
    assert!(said.contains("trace "), "{said}");
}

#[test]
fn a_run_has_the_same_trace_with_a_window_and_without() {
    let (lab, display) = (Lab::new(), Display::open());
    let alone = lab.run("alone", "lane-following --time 20s");
    let mut viewer = Viewer::open(&lab, &display, "view lane-following --time 20s --speed max");
    let (_, picture) = viewer.picture_when(|time| time >= 20.0);
    assert!(picture.colours(WORLD) > 12);
    let said = viewer.close();
    assert!(said.starts_with("closed after 20 s simulated"), "{said}");
    assert!(said.contains(alone["trace_hash"].as_str().unwrap()), "{said}\n{alone}");
}

#[test]
fn a_recording_is_played_and_its_slider_goes_anywhere() {
    let (lab, display) = (Lab::new(), Display::open());
    lab.run("recorded", "reaching --time 60s --record");
    let mut viewer = Viewer::open(&lab, &display, "view recorded --paused");
    let (start, _) = viewer.picture();
    assert_eq!(start, 0.0);
    // The middle of the slider, with the mouse.
    viewer.click(688, 699);
    let (middle, picture) = viewer.picture_when(|time| time > 0.0);
    assert!((middle - 30.0).abs() < 3.0, "{middle}");
    check_whole(&picture);
    viewer.key("Right");
    let (later, _) = viewer.picture_when(|time| time > middle);
    assert!((later - middle - 1.0).abs() < 1e-9, "a second on: {middle} to {later}");
    viewer.key("period");
    let (stepped, _) = viewer.picture_when(|time| time > later);
    assert!((stepped - later - 0.02).abs() < 1e-9, "a control step on: {later} to {stepped}");
    (0..10).for_each(|_| viewer.key("plus"));
    viewer.key("space");
    viewer.picture_when(|time| time >= 60.0);
    viewer.close();
    lab.run("bare", "reaching --time 2s");
    let said = lab.command(&["view", "bare"]).env("DISPLAY", &display.name).output().unwrap();
    let why = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && why.contains("--record") && why.contains("--from bare"), "{why}");
}

#[test]
fn a_damaged_recording_is_shown_up_to_the_damage_with_the_reason() {
    let (lab, display) = (Lab::new(), Display::open());
    lab.run("recorded", "reaching --time 60s --record");
    let path = lab.path("recorded/recording.mcap");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, &bytes).unwrap();
    let mut viewer = Viewer::open(&lab, &display, "view recorded --speed max");
    viewer.until(
        |viewer| {
            let (_, picture) = viewer.picture();
            // The reason stands below the world, which stays to be seen.
            picture.count([270, 620, 940, 676], [235, 110, 30]) > 40 && picture.colours([270, 40, 940, 600]) > 12
        },
        "no reason is shown",
    );
    viewer.close();
    let why = lab.fails("view recorded --seed 3");
    assert!(why.contains("--seed"), "{why}");
}

#[test]
fn a_world_and_a_brain_elsewhere_are_watched() {
    let (lab, display) = (Lab::new(), Display::open());
    let (world, brain, endpoint) = lab.start_both("reaching --time 100000s --out world", "reaching --out brain");
    let mut viewer = Viewer::open(&lab, &display, &format!("view --connect {endpoint}"));
    let (early, first) = viewer.picture_when(|time| time > 0.0);
    let (_, second) = viewer.picture_when(|time| time > early);
    assert!(second.count(RASTER, [86, 180, 233]) > 20 && second.count(RASTER, [230, 159, 0]) > 4, "spikes");
    assert!(second.differs(&first, WORLD) > 0.0, "the ball moves");
    // The ball's few pixels may lie under its events for a while.
    viewer
        .until(|viewer| viewer.picture().1.colours([8, 60, 158, 204]) > 3, "nothing of what the camera sees, in shades of grey");
    let curve = |picture: &Picture| picture.count(CURVE, [0, 178, 130]) > 40 && picture.count(METRIC, [240, 228, 66]) > 20;
    viewer.until(|viewer| curve(&viewer.picture().1), "no curves of reward and metric");
    world.kill();
    brain.kill();
    std::thread::sleep(Duration::from_secs(3));
    let (_, after) = viewer.picture();
    assert!(after.colours(WORLD) > 12, "the last that was seen stays");
    assert!(after.count([700, 0, 1280, 34], [240, 228, 66]) > 20, "and the header says that there is no more");
    // Both sides come back, and so does what is seen of them, without a hand on the window.
    let world = lab.start(&format!("world reaching --resume world --listen {endpoint}"));
    let brain = lab.start(&format!("brain reaching --resume brain --connect {endpoint}"));
    let moves = |viewer: &mut Viewer| {
        let (before, after) = (viewer.picture(), viewer.picture());
        after.0 > before.0 && after.1.count(RASTER, [86, 180, 233]) > 20
    };
    viewer.until(moves, "it isn't seen again");
    world.kill();
    brain.kill();
    viewer.close();
    let why = lab.fails("view --connect tcp/127.0.0.1:1 --wait 1s");
    assert!(why.contains("tcp/127.0.0.1:1"), "{why}");
}

#[test]
fn pictures_without_a_window_show_the_world_and_on_demand_the_panels() {
    let lab = Lab::new();
    for (scenario, arguments) in [("reaching", ""), ("arm2-reaching", " --frames --contacts"), ("lane-following", "")] {
        let said =
            lab.succeeds(&format!("shot {scenario} --time 1s --width 640 --height 360 --out {scenario}.png{arguments}")).out;
        assert!(said.contains("640 x 360 pixels"), "{said}");
        let picture = Picture::read(&lab.path(&format!("{scenario}.png")));
        assert_eq!(picture.size(), [640, 360]);
        assert!(picture.colours([0, 0, 640, 360]) > 12, "{scenario}");
    }
    let long = lab.succeeds("shot reaching --time 100s --panels --out panels.png");
    assert!(!long.err.contains(" of 100 s"), "no progress where no terminal is: {}", long.err);
    check_whole(&Picture::read(&lab.path("panels.png")));
}

#[test]
fn what_is_learned_is_seen_from_a_runs_folder() {
    let lab = Lab::new();
    lab.run("learned", "reaching --time 100s");
    let said = lab.succeeds("shot reaching --from learned --time 2s --width 320 --height 180 --out learned.png").out;
    assert!(said.contains("reaching at 102s"), "{said}");
    let why = lab.fails("shot reaching --from nowhere --out none.png");
    assert!(why.contains("nowhere/config.toml"), "{why}");
    assert!(!lab.path("none.png").exists());
}

#[test]
fn without_a_display_it_says_what_to_do() {
    let lab = Lab::new();
    let said = lab.command(&["view", "reaching"]).env_remove("DISPLAY").output().unwrap();
    let why = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(
        !said.status.success() && why.contains("no display") && why.contains("xvfb-run") && why.contains("embody shot"),
        "{why}"
    );
    let said = lab.command(&["view", "reaching"]).env("DISPLAY", ":64321").output().unwrap();
    let why = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && why.contains(":64321") && why.contains("can't be reached"), "{why}");
    let said = lab.command(&["shot", "reaching"]).env("VK_DRIVER_FILES", "/nowhere").env("VK_ICD_FILENAMES", "/nowhere").output();
    let said = said.unwrap();
    let why = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && why.contains("mesa-vulkan-drivers"), "{why}");
}
