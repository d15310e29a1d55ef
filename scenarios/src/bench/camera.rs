//! What the events of a frame cost: the event camera against the published way.
//!
//! The published way looks at one pixel after the other and sends at most one event for each, stamped with the frame's time.
//! Ours sends one for each threshold crossed, stamped with the time of the crossing and sorted. Both get the same frames, drawn beforehand.

use std::convert::Infallible;
use std::hint::black_box;

use embody_robots::observation::{Event, EventBuffer};
use embody_robots::robot::EventCameraSpec;
use embody_sim_world::{Disc, EventCamera, OverheadImage};

use super::Row;
use super::measure::{in_turns, least};

/// Frames of a turn, and of the film that all turns play: the ball once round a circle at 2 m/s.
const FRAMES: usize = 785;

const TURNS: usize = 300;

/// Time between two frames (ns).
const PERIOD_NS: u64 = 20_000_000;

pub(super) fn measure() -> Vec<Row> {
    let spec = EventCameraSpec::default();
    let film = film(&spec);
    let (mut camera, mut events, mut now) = (EventCamera::new(&spec), EventBuffer::new(4096), 0);
    camera.begin(|image| image.copy_from_slice(&film[FRAMES - 1]));
    let mut plain = PlainCamera { threshold: spec.threshold as f32, width: spec.width, reference: film[FRAMES - 1].clone() };
    let (mut plain_events, mut plain_now) = (Vec::new(), 0);
    let times = in_turns(
        TURNS,
        || -> Result<(), Infallible> {
            for frame in &film {
                now += PERIOD_NS;
                camera.observe(now - PERIOD_NS, now, &mut events, |image| image.copy_from_slice(frame));
                black_box(events.events());
            }
            Ok(())
        },
        || {
            for frame in &film {
                plain_now += PERIOD_NS;
                plain.observe(frame, plain_now, &mut plain_events);
                black_box(&plain_events);
            }
            Ok(())
        },
    );
    let Ok([camera, plain]) = times.map(|times| times.map(|times| least(&times) * 1e6 / FRAMES as f64));
    vec![Row::less("camera", camera, "us/frame", plain)]
}

/// The frames, one after the other.
fn film(spec: &EventCameraSpec) -> Vec<Vec<f32>> {
    let image = OverheadImage::new(spec.width, spec.height, 10.0);
    let frame = |k: usize| {
        let angle = std::f64::consts::TAU * k as f64 / FRAMES as f64;
        let centre_m = [(5.0 * libm::cos(angle)) as f32, (5.0 * libm::sin(angle)) as f32];
        let mut pixels = vec![0.0; usize::from(spec.width) * usize::from(spec.height)];
        image.draw([Disc { centre_m, radius_m: 1.0 }], &mut pixels);
        pixels
    };
    (0..FRAMES).map(frame).collect()
}

/// The published way: a pixel whose change exceeds the threshold sends one event, and its new brightness becomes the reference.
struct PlainCamera {
    threshold: f32,
    width: u16,
    reference: Vec<f32>,
}

impl PlainCamera {
    fn observe(&mut self, frame: &[f32], t_ns: u64, events: &mut Vec<Event>) {
        events.clear();
        for (pixel, (now, reference)) in frame.iter().zip(&mut self.reference).enumerate() {
            let change = now - *reference;
            if change.abs() > self.threshold {
                let (x, y) = (pixel as u16 % self.width, pixel as u16 / self.width);
                events.push(Event { t_ns, y, x, on: change > 0.0 });
                *reference = *now;
            }
        }
    }
}
