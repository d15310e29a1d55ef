//! What is true of an event camera, whatever the scene.

use embody_robots::observation::{Event, EventBuffer};
use embody_robots::robot::EventCameraSpec;
use embody_sim_world::EventCamera;
use proptest::prelude::*;

fn camera(width: u16, height: u16, threshold: f32, noise_hz: f32) -> EventCamera {
    let (threshold, noise_hz) = (f64::from(threshold), f64::from(noise_hz));
    EventCamera::new(&EventCameraSpec { width, height, threshold, noise_hz, max_events: 1 << 20 })
}

/// The events of one frame after another, frames 1 000 ns apart, from the first frame on.
fn watch(camera: &mut EventCamera, frames: &[Vec<f32>]) -> Vec<Vec<Event>> {
    let mut events = EventBuffer::new(1 << 20);
    camera.begin(|image| image.copy_from_slice(&frames[0]));
    let mut all = Vec::new();
    for (index, frame) in frames.iter().enumerate().skip(1) {
        let now = 1000 * index as u64;
        camera.observe(now - 1000, now, &mut events, |image| image.copy_from_slice(frame));
        all.push(events.events().to_vec());
    }
    all
}

#[test]
fn crossings_are_timed_as_worked_out_by_hand() {
    // From 0 to 1 in 1 000 ns, threshold 0.3: crossings of 0.3, 0.6 and 0.9 at 300, 600 and 900 ns. The next frame falls
    // from 1 to 0.5: from the reference 0.9 it crosses 0.6 after 800 of 1 000 ns. Then from 0.5 to 0.2, reference 0.6:
    // 0.3 is crossed after 2/3 of the span.
    let frames = [0.0, 1.0, 0.5, 0.2].map(|brightness| vec![0.0, brightness]);
    let event = |t_ns, on| Event { t_ns, y: 1, x: 0, on };
    let seen = watch(&mut camera(1, 2, 0.3, 0.0), &frames);
    assert_eq!(seen[0], [event(300, true), event(600, true), event(900, true)]);
    assert_eq!(seen[1], [event(1800, false)]);
    assert_eq!(seen[2], [event(2667, false)]);
}

#[test]
fn events_of_one_period_are_sorted_over_pixels() {
    let seen = watch(&mut camera(2, 1, 0.25, 0.0), &[vec![0.0, 1.0], vec![1.0, 0.5]]);
    let events: Vec<_> = seen[0].iter().map(|e| (e.t_ns, e.x, e.on)).collect();
    // The falling pixel crosses 0.75 at 500 ns and 0.5 at the very end.
    let expected = [(250, 0, true), (500, 0, true), (500, 1, false), (750, 0, true), (1000, 0, true), (1000, 1, false)];
    assert_eq!(events, expected);
}

#[test]
fn a_change_of_k_thresholds_gives_k_events_up_and_down_and_the_reference_returns() {
    for threshold in [0.04_f32, 0.1, 0.07, 0.013] {
        for base in [0.0_f32, 0.1, 0.3, 0.5] {
            for k in 1..=5_u16 {
                let high = base + f32::from(k) * threshold;
                // Up and down many times: a reference that drifted would sooner or later give one event more or less.
                let frames: Vec<_> = (0..400).map(|i| vec![if i % 2 == 1 { high } else { base }]).collect();
                for (i, events) in watch(&mut camera(1, 1, threshold, 0.0), &frames).iter().enumerate() {
                    assert_eq!(events.len(), usize::from(k), "{base} to {high} in steps of {threshold}");
                    assert!(events.iter().all(|event| event.on == (i % 2 == 0)));
                }
            }
        }
    }
}

#[test]
fn changes_below_the_threshold_add_up() {
    let frames: Vec<_> = (0..=100).map(|i| vec![0.01 * i as f32]).collect();
    let seen = watch(&mut camera(1, 1, 0.095, 0.0), &frames);
    assert_eq!(seen.iter().map(Vec::len).sum::<usize>(), 10);
    assert!(seen.iter().all(|events| events.len() <= 1));
}

#[test]
fn a_still_scene_makes_no_events() {
    let frame: Vec<f32> = (0..64).map(|i| i as f32 / 64.0).collect();
    assert!(watch(&mut camera(8, 8, 0.04, 0.0), &vec![frame; 20]).iter().all(Vec::is_empty));
}

#[test]
fn pixels_that_are_not_finite_make_no_events_and_no_panic() {
    let mut frames = vec![vec![0.0; 17], vec![f32::NAN; 17], vec![f32::INFINITY; 17], vec![0.5; 17]];
    frames[1][3] = 0.5;
    let seen = watch(&mut camera(17, 1, 0.25, 0.0), &frames);
    assert_eq!(seen[0].len(), 2, "the one finite pixel");
    assert!(seen[1].is_empty());
    assert_eq!(seen[2].len(), 32, "the others catch up once they are finite");
    assert!(seen[2].iter().all(|event| (2001..=3000).contains(&event.t_ns)));
}

#[test]
fn what_a_period_cannot_carry_is_dropped_and_counted() {
    let mut events = EventBuffer::new(3);
    let mut camera = camera(1, 1, 0.1, 0.0);
    camera.begin(|image| image.fill(0.0));
    camera.observe(0, 1000, &mut events, |image| image.fill(1.0));
    assert_eq!((events.events().len(), events.dropped()), (3, 7));
}

/// Noise of one second on an 8 x 4 sensor in frames of 1 ms.
fn noise(seed: u64, noise_hz: f32) -> Vec<Event> {
    let mut camera = camera(8, 4, 0.1, noise_hz);
    camera.reset(seed);
    camera.begin(|image| image.fill(0.5));
    let (mut events, mut all) = (EventBuffer::new(1 << 20), Vec::new());
    for ms in 0..1000 {
        camera.observe(ms * 1_000_000, (ms + 1) * 1_000_000, &mut events, |image| image.fill(0.5));
        assert!(events.events().iter().all(|e| (ms * 1_000_000 + 1..=(ms + 1) * 1_000_000).contains(&e.t_ns)));
        all.extend_from_slice(events.events());
    }
    all
}

#[test]
fn noise_has_its_rate_and_falls_evenly_on_pixels_times_and_polarities() {
    let events = noise(3, 1000.0);
    let expected = 32.0 * 1000.0_f64;
    let within = |found: usize, expected: f64| (found as f64 - expected).abs() < 4.0 * expected.sqrt();
    assert!(within(events.len(), expected), "{} instead of {expected}", events.len());
    assert!(within(events.iter().filter(|e| e.on).count(), expected / 2.0));
    assert!(within(events.iter().filter(|e| e.t_ns <= 250_000_000).count(), expected / 4.0));
    for (x, y) in [(0, 0), (7, 0), (3, 2), (0, 3), (7, 3)] {
        assert!(within(events.iter().filter(|e| (e.x, e.y) == (x, y)).count(), expected / 32.0), "pixel {x}, {y}");
    }
}

#[test]
fn noise_repeats_with_its_seed_only() {
    assert_eq!(noise(3, 20.0), noise(3, 20.0));
    assert_ne!(noise(3, 20.0), noise(4, 20.0));
}

#[test]
fn noise_moves_no_reference() {
    let frames: Vec<_> = (0..=1000).map(|i| vec![0.001 * i as f32]).collect();
    let mut noisy = camera(1, 1, 0.0499, 300_000.0);
    noisy.reset(1);
    let with: Vec<_> = watch(&mut noisy, &frames).concat();
    let without = watch(&mut camera(1, 1, 0.0499, 0.0), &frames).concat();
    assert!(with.len() > without.len());
    assert!(without.iter().all(|event| with.contains(event)));
}

proptest! {
    #[test]
    fn events_add_up_to_the_brightness_change_within_one_threshold(
        frames in prop::collection::vec(prop::collection::vec(0.0_f32..1.0, 20), 2..12),
        threshold in 0.01_f32..0.5,
    ) {
        let seen = watch(&mut camera(5, 4, threshold, 0.0), &frames);
        let mut sums = [0.0_f64; 20];
        for (index, events) in seen.iter().enumerate() {
            prop_assert!(events.is_sorted());
            for event in events {
                let (from, to) = (1000 * index as u64, 1000 * (index as u64 + 1));
                prop_assert!(from < event.t_ns && event.t_ns <= to);
                sums[usize::from(event.y) * 5 + usize::from(event.x)] += if event.on { 1.0 } else { -1.0 };
            }
            for (pixel, sum) in sums.iter().enumerate() {
                let change = f64::from(frames[index + 1][pixel]) - f64::from(frames[0][pixel]);
                prop_assert!((change - sum * f64::from(threshold)).abs() <= f64::from(threshold) + 1e-5);
            }
        }
    }
}
