//! The Poisson neuron against the reference: rates, kernel, dead time, reset, homeostasis, bap and the order of a tick.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use embody_brain::neuron::{Arrivals, NeuronKernel, Poisson, PoissonKernel, PopulationContext};

/// A population of eight neurons, ticked with the same arrival for all.
struct Eight {
    kernel: PoissonKernel,
    spikes: Vec<u32>,
}

impl Eight {
    fn new(p: &Poisson, tick_ms: f64, seed: u64) -> Self {
        let kernel = PoissonKernel::new(p, &PopulationContext { size: 8, tick_ms, seed }).expect("valid parameters");
        Eight { kernel, spikes: Vec::new() }
    }

    /// One tick in which the weight `w` arrives at each neuron; gives the neurons that fire.
    fn tick(&mut self, w: f32) -> &[u32] {
        self.spikes.clear();
        let (excitatory, inhibitory) = ([w.max(0.0); 8], [w.min(0.0); 8]);
        self.kernel.tick(Arrivals { excitatory: &excitatory, inhibitory: &inhibitory }, &mut self.spikes);
        &self.spikes
    }

    fn membrane(&self) -> f64 {
        f64::from(self.kernel.membrane()[0])
    }
}

/// Parameters under which a neuron never fires.
fn silent() -> Poisson {
    Poisson { c2_hz: 0.0, ..Poisson::default() }
}

/// Parameters under which a neuron fires whenever it may.
fn eager() -> Poisson {
    Poisson { c2_hz: 1e6, c3_per_mv: 0.0, ..Poisson::default() }
}

#[test]
fn firing_rates_are_those_of_the_reference() {
    let expected = [
        (20.0, 154.02),
        (10.0, 14.85),
        (5.0, 4.30),
        (3.0, 2.61),
        (2.0, 2.04),
        (1.0, 1.59),
        (0.0, 1.24),
        (-1.0, 0.96),
        (-3.0, 0.58),
    ];
    for (bias_mv, hz) in expected {
        let p = Poisson { bias_mv, ..Poisson::default() };
        let size = 64;
        let mut kernel = PoissonKernel::new(&p, &PopulationContext { size, tick_ms: 0.1, seed: 1 }).unwrap();
        let (none, mut spikes) = (vec![0.0; size], Vec::new());
        let ticks = 400_000;
        for _ in 0..ticks {
            kernel.tick(Arrivals { excitatory: &none, inhibitory: &none }, &mut spikes);
        }
        let seconds = ticks as f64 * 1e-4 * size as f64;
        // A renewal process: the dead time of 1 ms makes the count the more regular, the higher the rate.
        let error = (hz * seconds).sqrt() * (1.0 - hz * 1e-3);
        let off = (spikes.len() as f64 - hz * seconds) / error;
        // The page gives rates to 0.005 Hz.
        let rounding = 0.005 * seconds / error;
        assert!(off.abs() < 3.0 + rounding, "{bias_mv} mV: {} Hz, expected {hz}: off by {off}", spikes.len() as f64 / seconds);
    }
}

#[test]
fn the_potential_of_one_spike_peaks_at_0_774_after_5_12_ms_and_has_area_20_ms() {
    let mut neurons = Eight::new(&silent(), 0.01, 1);
    let (mut peak, mut at, mut area) = (0.0, 0.0, 0.0);
    for tick in 0..40_000 {
        neurons.tick(if tick == 0 { 1.0 } else { 0.0 });
        let u = neurons.membrane();
        area += 0.01 * u;
        if u > peak {
            (peak, at) = (u, 0.01 * f64::from(tick));
        }
    }
    assert!((peak - 0.774f64).abs() < 5e-4, "peak {peak}");
    assert!((at - 5.12f64).abs() < 0.02, "at {at} ms");
    assert!((area - 20.0f64).abs() < 0.01, "area {area} ms");
}

#[test]
fn an_arrival_counts_after_the_decay_and_does_not_move_the_potential_of_its_own_tick() {
    let mut neurons = Eight::new(&silent(), 1.0, 1);
    neurons.tick(3.0);
    assert_eq!(neurons.membrane(), 0.0, "fall and rise start equal");
    neurons.tick(0.0);
    let expected = 3.0 * 20.0 / 18.0 * ((-0.05f64).exp() - (-0.5f64).exp());
    assert!((neurons.membrane() - expected).abs() < 1e-6, "{} after a tick, expected {expected}", neurons.membrane());
    // Had the arrival been decayed as well, the potential would have moved in its own tick.
    neurons.tick(5.0);
    let expected = 3.0 * 20.0 / 18.0 * ((-0.1f64).exp() - (-1.0f64).exp());
    assert!((neurons.membrane() - expected).abs() < 1e-6, "only what came before counts");
}

#[test]
fn inhibition_has_its_own_time_constants_and_lowers_the_potential() {
    let mut neurons = Eight::new(&silent(), 1.0, 1);
    neurons.tick(-2.0);
    neurons.tick(0.0);
    let expected = -2.0 * 10.0 / 9.0 * ((-0.1f64).exp() - (-1.0f64).exp());
    assert!((neurons.membrane() - expected).abs() < 1e-6, "{}", neurons.membrane());
}

#[test]
fn no_spike_comes_within_the_dead_time_and_bap_is_zero_in_it() {
    let mut neurons = Eight::new(&Poisson { dead_time_ms: 4.0, ..eager() }, 1.0, 1);
    for tick in 0..50 {
        let fires = tick % 5 == 0;
        assert_eq!(neurons.tick(0.0).len(), if fires { 8 } else { 0 }, "tick {tick}: a dead time of four ticks, then a spike");
        for &bap in neurons.kernel.bap() {
            // The probability of this spike is one; what is left marks the spike.
            assert!(if fires { bap > 0.0 && bap < 1e-6 } else { bap == 0.0 }, "tick {tick}: bap {bap}");
        }
    }
}

#[test]
fn a_spike_resets_the_potentials_if_and_only_if_asked_to() {
    for with_reset in [true, false] {
        let mut neurons = Eight::new(&Poisson { with_reset, dead_time_ms: 5.0, ..eager() }, 1.0, 1);
        assert_eq!(neurons.tick(2.0).len(), 8);
        neurons.tick(0.0);
        assert_eq!(neurons.membrane() == 0.0, with_reset, "with_reset = {with_reset}: {}", neurons.membrane());
    }
}

#[test]
fn homeostasis_drives_the_rate_to_its_target_from_both_sides() {
    for bias_mv in [-10.0, 25.0] {
        let p = Poisson { bias_mv, target_rate_hz: 10.0, homeostasis_speed_mv: 0.1, ..Poisson::default() };
        let mut neurons = Eight::new(&p, 1.0, 1);
        (0..100_000).for_each(|_| _ = neurons.tick(0.0));
        let spikes: usize = (0..200_000).map(|_| neurons.tick(0.0).len()).sum();
        // Homeostasis makes the count all but exact: the bias is a count of spikes less the target's.
        let hz = spikes as f64 / (8.0 * 200.0);
        assert!((hz - 10.0).abs() < 0.1, "bias {bias_mv} mV: {hz} Hz");
    }
}

#[test]
fn the_mean_of_bap_is_zero_at_every_rate() {
    for bias_mv in [0.0, 10.0, 20.0] {
        let mut neurons = Eight::new(&Poisson { bias_mv, ..Poisson::default() }, 1.0, 1);
        let (mut sum, mut squares, mut n) = (0.0f64, 0.0, 0.0);
        for _ in 0..200_000 {
            neurons.tick(0.0);
            for &bap in neurons.kernel.bap() {
                sum += f64::from(bap);
                squares += f64::from(bap).powi(2);
                n += 1.0;
            }
        }
        assert!(squares > 0.001 * n, "the neurons fire");
        // Each bap has mean zero whatever came before, so that their variances add.
        assert!((sum / squares.sqrt()).abs() < 4.0, "bias {bias_mv} mV: mean {}", sum / n);
    }
}

#[test]
fn a_rate_of_zero_or_less_gives_no_spike() {
    let mut neurons = Eight::new(&Poisson { c1_hz_per_mv: 1e6, c2_hz: 0.0, bias_mv: -1.0, ..Poisson::default() }, 1.0, 1);
    for _ in 0..10_000 {
        assert!(neurons.tick(0.0).is_empty());
        assert!(neurons.kernel.bap().iter().all(|&bap| bap == 0.0), "and bap stays zero");
    }
}
