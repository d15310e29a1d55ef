//! The event camera: a sensor for any scene that gives intensity images.
//!
//! Each pixel remembers a reference brightness. Between two frames its brightness is taken to change linearly; each time
//! it comes one threshold further from the reference, the pixel sends an event with the time of that crossing, and the
//! reference moves by one threshold. Nothing is lost: a change of k thresholds gives k events, and what is left below a
//! threshold stays in the reference until it adds up.
//!
//! Background noise is a Poisson process of each pixel with random polarity; it doesn't move references.
//! Not here: optics, refractory periods, threshold mismatch. A scene that wants logarithmic response hands in logarithms.

use embody_robots::observation::{Event, EventBuffer};
use embody_robots::robot::EventCameraSpec;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::normal::uniform;

/// How far short of a threshold (brightness) still counts as reaching it.
///
/// Frames are `f32`: 0.7 - 0.5 is a rounding error short of five times 0.04. The error is some 1e-7 for brightness up
/// to 1, and the least threshold is 1e-4.
const TOLERANCE: f32 = 1e-6;

/// The most events that one pixel sends for one frame. The rest waits in the reference for the next frame.
const MAX_CROSSINGS: i32 = 1 << 16;

/// Pixels looked at together in the search for changed ones: two AVX registers, or four of SSE.
const LANES: usize = 16;

/// One event for each threshold that a pixel's brightness crosses. Images are row-major, row 0 at the bottom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventCamera {
    width: u16,
    height: u16,
    threshold: f32,
    noise: Noise,
    /// Brightness of each pixel in the last frame.
    previous: Vec<f32>,
    /// The frame being looked at; kept to reuse its memory.
    current: Vec<f32>,
    /// Brightness at the start of the episode.
    origin: Vec<f32>,
    /// Signed number of events since. A whole number: a reference that returns, returns exactly.
    level: Vec<i32>,
    /// `origin + level * threshold`.
    reference: Vec<f32>,
}

impl EventCamera {
    /// A camera as described; call [`begin`](EventCamera::begin) before the first frame.
    pub fn new(spec: &EventCameraSpec) -> EventCamera {
        let pixels = usize::from(spec.width) * usize::from(spec.height);
        EventCamera {
            width: spec.width,
            height: spec.height,
            threshold: spec.threshold as f32,
            noise: Noise::new(spec.noise_hz * pixels as f64),
            previous: vec![0.0; pixels],
            current: vec![0.0; pixels],
            origin: vec![0.0; pixels],
            level: vec![0; pixels],
            reference: vec![0.0; pixels],
        }
    }

    /// Number of pixels, and of values in an image.
    pub fn pixels(&self) -> usize {
        self.previous.len()
    }

    /// The last image.
    pub fn frame(&self) -> &[f32] {
        &self.previous
    }

    /// Forgets every image and starts the noise afresh from `seed`, at time 0.
    pub fn reset(&mut self, seed: u64) {
        self.noise.reset(seed);
        self.begin(|image| image.fill(0.0));
    }

    /// Begins an episode: `draw` fills the first image, which sets every reference and makes no events.
    pub fn begin(&mut self, draw: impl FnOnce(&mut [f32])) {
        draw(&mut self.previous);
        for image in [&mut self.current, &mut self.origin, &mut self.reference] {
            image.copy_from_slice(&self.previous);
        }
        self.level.fill(0);
    }

    /// Looks at the image at `now_ns`, `since_ns` being the time of the image before, and puts the events of that span
    /// into `events`: sorted, each with `since_ns < t_ns <= now_ns`, rounded to the nearest nanosecond there.
    ///
    /// `draw` must set every pixel. It is handed some earlier image. Pixels that aren't finite make no events.
    pub fn observe(&mut self, since_ns: u64, now_ns: u64, events: &mut EventBuffer, draw: impl FnOnce(&mut [f32])) {
        draw(&mut self.current);
        events.refill(|out| {
            self.crossings(since_ns, now_ns, out);
            self.noise.fill(now_ns, self.width, self.previous.len(), |t_ns, x, y, on| {
                out.push(Event { t_ns: t_ns.max(since_ns + 1), x, y, on });
            });
        });
        std::mem::swap(&mut self.previous, &mut self.current);
    }

    /// Appends the events of brightness changes and moves the references.
    fn crossings(&mut self, since_ns: u64, now_ns: u64, out: &mut Vec<Event>) {
        // Most pixels don't change: whole blocks are passed over with vector instructions.
        let limit = self.threshold - TOLERANCE;
        for start in (0..self.current.len()).step_by(LANES) {
            let end = (start + LANES).min(self.current.len());
            let (now, reference) = (&self.current[start..end], &self.reference[start..end]);
            let changed: u32 =
                now.iter().zip(reference).map(|(now, reference)| u32::from((now - reference).abs() >= limit)).sum();
            if changed > 0 {
                for pixel in start..end {
                    if (self.current[pixel] - self.reference[pixel]).abs() >= limit {
                        self.crossings_of(pixel, since_ns, now_ns, out);
                    }
                }
            }
        }
    }

    /// Appends the events of one pixel and moves its reference.
    fn crossings_of(&mut self, pixel: usize, since_ns: u64, now_ns: u64, out: &mut Vec<Event>) {
        let (before, now, reference) = (self.previous[pixel], self.current[pixel], self.reference[pixel]);
        let change = now - reference;
        if !change.is_finite() {
            return;
        }
        let on = change > 0.0;
        let sign = if on { 1 } else { -1 };
        let crossings = (((change.abs() + TOLERANCE) / self.threshold) as i32).min(MAX_CROSSINGS);
        let (x, y) = position(pixel, self.width);
        let span_ns = now_ns - since_ns;
        let ns_per_brightness = span_ns as f64 / f64::from(now - before);
        for k in 1..=crossings {
            let level =
                f64::from(self.origin[pixel]) + f64::from(self.level[pixel].saturating_add(sign * k)) * f64::from(self.threshold);
            let after_ns = ((level - f64::from(before)) * ns_per_brightness + 0.5) as u64;
            out.push(Event { t_ns: since_ns + after_ns.clamp(1, span_ns), x, y, on });
        }
        self.level[pixel] = self.level[pixel].saturating_add(sign * crossings);
        self.reference[pixel] = self.origin[pixel] + self.level[pixel] as f32 * self.threshold;
    }
}

/// Column and row of a pixel.
fn position(pixel: usize, width: u16) -> (u16, u16) {
    ((pixel % usize::from(width)) as u16, (pixel / usize::from(width)) as u16)
}

/// Background noise: the Poisson processes of all pixels, drawn as one process whose events fall on random pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noise {
    /// Mean gap between two noise events anywhere on the sensor; `None` without noise.
    mean_gap_ns: Option<f64>,
    /// When the next one comes.
    next_ns: u64,
    rng: ChaCha8Rng,
}

impl Noise {
    fn new(rate_hz: f64) -> Noise {
        let mean_gap_ns = (rate_hz > 0.0).then(|| 1e9 / rate_hz);
        let mut noise = Noise { mean_gap_ns, next_ns: 0, rng: ChaCha8Rng::seed_from_u64(0) };
        noise.reset(0);
        noise
    }

    fn reset(&mut self, seed: u64) {
        self.rng = ChaCha8Rng::seed_from_u64(seed);
        self.next_ns = 0;
        if let Some(mean) = self.mean_gap_ns {
            self.advance(mean);
        }
    }

    /// Draws an exponential gap. At least 1 ns, so that time always goes on.
    fn advance(&mut self, mean_gap_ns: f64) {
        let gap = (-libm::log(uniform(&mut self.rng)) * mean_gap_ns + 0.5) as u64;
        self.next_ns = self.next_ns.saturating_add(gap.max(1));
    }

    /// Calls `emit(t_ns, x, y, on)` for all noise up to and with `now_ns`.
    fn fill(&mut self, now_ns: u64, width: u16, pixels: usize, mut emit: impl FnMut(u64, u16, u16, bool)) {
        let Some(mean) = self.mean_gap_ns else { return };
        while self.next_ns <= now_ns {
            let bits = self.rng.next_u64();
            // The high word of a 32 x 32 bit product is uniform over the pixels to one part in 2^12, even on the largest sensor.
            let pixel = ((bits >> 32) * pixels as u64) >> 32;
            let (x, y) = position(pixel as usize, width);
            emit(self.next_ns, x, y, bits & 1 == 1);
            self.advance(mean);
        }
    }
}
