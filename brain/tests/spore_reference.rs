//! SPORE against the reference: exact values, the prior's pruning, stationarity, and the two forms against each other.
#![allow(
    clippy::disallowed_methods,
    reason = "a test compares within tolerances; its own arithmetic need not be the same everywhere"
)]

use embody_brain::numeric::{Kernel, Real};
use embody_brain::plasticity::spore::{Shape, Spore, SporeSynapses, Stepwise, Windowed};
use embody_brain::random::{Counter, fill_normals, philox_block};

/// Runs a check with both forms in f64.
fn both(parameters: &Spore, shape: Shape, h_ms: f64, check: impl Fn(&mut dyn SporeSynapses<f64>)) {
    check(&mut Stepwise::new(parameters, shape, h_ms, 1));
    check(&mut Windowed::new(parameters, shape, h_ms, 1));
}

const ONE: Shape = Shape { sources: 1, targets: 1, per_pair: 1 };

#[test]
fn the_prior_alone_decays_theta_exactly() {
    let p = Spore { temperature: 0.0, beta_per_ms: 1e-4, tau_eligibility_ms: 100.0, tau_gradient_ms: 1e4, ..Spore::default() };
    both(&p, ONE, 1.0, |synapses| {
        synapses.set_theta(&[1.0]);
        let mut expected = 1.0;
        for step in 0..10_000 {
            if step % 100 == 0 {
                assert!((synapses.theta()[0] - expected).abs() < 1e-12, "step {step}");
                expected *= 0.99;
            }
            if step == 9_999 {
                assert!((synapses.theta()[0] - 0.369_729_637_649_726_9).abs() < 1e-7);
            }
            synapses.step(&[], &[0.0; 8], 0.0, true);
        }
    });
}

#[test]
fn the_prior_prunes_as_many_synapses_as_the_module() {
    let expected = [98, 96, 94, 92, 90, 88, 86, 83, 81, 78, 76, 73, 71, 68, 66, 63, 60, 57, 54, 52, 49, 45, 42, 39, 36];
    let p = Spore { temperature: 0.0, beta_per_ms: 1e-4, mu: -1.0, ..Spore::default() };
    let shape = Shape { sources: 100, targets: 1, per_pair: 1 };
    both(&p, shape, 1.0, |synapses| {
        let theta: Vec<f64> = (0..shape.len()).map(|i| if shape.is_real(i) { (i / 8) as f64 / 100.0 } else { -2.0 }).collect();
        synapses.set_theta(&theta);
        for update in 1..=49 {
            for _ in 0..100 {
                synapses.step(&[], &[0.0; 8], 0.0, true);
            }
            if update % 2 == 1 {
                assert_eq!(synapses.theta().iter().filter(|&&t| t >= 0.0).count(), expected[update / 2], "update {update}");
                let alive = synapses.weights().iter().filter(|&&w| w > 0.0).count();
                assert_eq!(alive, expected[update / 2], "w is zero exactly where theta is negative");
            }
        }
    });
}

/// The parameters of the page's check of y, e and g.
fn traced() -> Spore {
    Spore {
        temperature: 0.0,
        beta_per_ms: 1e-4,
        tau_eligibility_ms: 100.0,
        tau_gradient_ms: 1e4,
        max_param_change: 100.0,
        theta_min: -100.0,
        theta_max: 100.0,
        ..Spore::default()
    }
}

#[test]
fn traces_eligibility_and_gradient_reach_theta_exactly() {
    let always = [1.212383809542533, 1.6221240788188673, 2.0996907648861702, 2.5955840602392963, 3.091681623368915];
    let paused = [1.1941197605580636, 1.5774259143750948, 2.0259103145644266];
    let before = [9, 14, 19, 24, 49];
    for (pause, expected) in [(false, &always[..]), (true, &paused[..])] {
        both(&traced(), ONE, 1.0, |synapses| {
            synapses.set_theta(&[1.0]);
            for step in 0..9_900 {
                let spike = before.contains(&step);
                let value = if pause && spike { 0.0 } else { -0.2 };
                let pre: &[u32] = if spike { &[0] } else { &[] };
                synapses.step(pre, &[value; 8], value, true);
                if let Some(expected) = expected.get(step / 100).filter(|_| step % 100 == 99) {
                    let error = (synapses.theta()[0] - expected).abs();
                    assert!(error < 1e-12, "after update {}: off by {error:e}", step / 100 + 1);
                }
            }
            if !pause {
                assert!((synapses.theta()[0] - 20.548326908321464).abs() < 1e-11);
            }
        });
    }
}

/// Random spikes, bap and dopamine of one step, the same for every form.
struct Drive {
    seed: u64,
    rate: f64,
    dopamine: f64,
}

impl Drive {
    fn at(&mut self, step: u64, shape: Shape, h_ms: f64) -> (Vec<u32>, Vec<f64>, f64) {
        let mut words = [[0u32; 64]; 4];
        philox_block(self.seed, Counter { stream: 1, time: step }, 0, &mut words);
        let unit = |word: u32| f64::from(word) / 4_294_967_296.0;
        // Each source is active in one second of three, so that traces also die out.
        let active = |i: usize| ((step as f64 * h_ms / 1000.0 + i as f64 * 0.37) as u64).is_multiple_of(3);
        let pre = (0..shape.sources).filter(|&i| active(i) && unit(words[0][i]) < self.rate * h_ms / 1000.0).map(|i| i as u32);
        let bap: Vec<f64> = (0..shape.targets_padded())
            .map(|j| {
                if j >= shape.targets {
                    return 0.0;
                }
                let p = 0.01 * h_ms;
                f64::from(u8::from(unit(words[1][j]) < p)) - p
            })
            .collect();
        if (step as f64 * h_ms) % 20.0 == 0.0 {
            self.dopamine = 2.0 * unit(words[2][0]) - 1.0;
        }
        (pre.collect(), bap, self.dopamine)
    }
}

/// Settings under which many synapses are retracted and form again.
fn lively() -> Spore {
    Spore {
        beta_per_ms: 1e-6,
        beta_halving_ms: 400_000.0,
        temperature: 0.1,
        gradient_temperature: 1e-3,
        tau_eligibility_ms: 200.0,
        tau_gradient_ms: 5_000.0,
        c_g: 10.0,
        max_param_change: 20.0,
        c_p: 0.25,
        theta_init_mean: 0.1,
        theta_init_deviation: 0.5,
        ..Spore::default()
    }
}

/// Greatest difference relative to the largest value of `a`.
fn difference<T: Real>(a: &[T], b: &[T]) -> f64 {
    let largest = a.iter().map(|x| x.f64().abs()).fold(0.0, f64::max);
    let error = a.iter().zip(b).map(|(a, b)| (a.f64() - b.f64()).abs()).fold(0.0, f64::max);
    if largest == 0.0 { error } else { error / largest }
}

#[test]
fn over_1000_s_the_two_forms_agree_in_f64() {
    for c_e in [0.0, 0.05] {
        let (p, shape) = (Spore { c_e, ..lively() }, Shape { sources: 12, targets: 5, per_pair: 2 });
        let mut stepwise = Stepwise::<f64>::new(&p, shape, 1.0, 5);
        let mut windowed = Windowed::<f64>::new(&p, shape, 1.0, 5);
        let mut drive = Drive { seed: 3, rate: 40.0, dopamine: 0.0 };
        let mut worst = [0.0f64; 4];
        for step in 0..1_000_000 {
            let (pre, bap, dopamine) = drive.at(step, shape, 1.0);
            stepwise.step(&pre, &bap, dopamine, true);
            if windowed.step(&pre, &bap, dopamine, true) {
                let errors = [
                    difference(stepwise.eligibility(), windowed.eligibility()),
                    difference(stepwise.gradient(), windowed.gradient()),
                    difference(stepwise.theta(), windowed.theta()),
                    difference(stepwise.weights(), windowed.weights()),
                ];
                worst = std::array::from_fn(|i| worst[i].max(errors[i]));
            }
        }
        assert!(worst.iter().all(|&e| e < 1e-9), "e, g, theta, w differ by {worst:?} with c_e = {c_e}");
        assert_eq!(stepwise.rewirings(), windowed.rewirings());
        let [retracted, formed] = windowed.rewirings();
        assert!(retracted > 100 && formed > 100, "the test must see rewiring, saw {retracted} and {formed}");
    }
}

#[test]
fn over_each_window_the_two_forms_agree_in_f32() {
    let (p, shape) = (lively(), Shape { sources: 12, targets: 5, per_pair: 2 });
    let mut windowed = Windowed::<f32>::new(&p, shape, 1.0, 5);
    let mut drive = Drive { seed: 3, rate: 40.0, dopamine: 0.0 };
    let mut stepwise = Stepwise::<f32>::new(&p, shape, 1.0, 5);
    let mut worst = [0.0f64; 4];
    for step in 0..200_000 {
        let (pre, bap, dopamine) = drive.at(step, shape, 1.0);
        let bap: Vec<f32> = bap.into_iter().map(|b| b as f32).collect();
        stepwise.step(&pre, &bap, dopamine as f32, true);
        if windowed.step(&pre, &bap, dopamine as f32, true) {
            let errors = [
                difference(stepwise.eligibility(), windowed.eligibility()),
                difference(stepwise.gradient(), windowed.gradient()),
                difference(stepwise.theta(), windowed.theta()),
                difference(stepwise.weights(), windowed.weights()),
            ];
            worst = std::array::from_fn(|i| worst[i].max(errors[i]));
            stepwise.continue_from(&windowed);
        }
    }
    assert!(worst.iter().all(|&e| e < 1e-5), "e, g, theta, w differ by {worst:?} over a window");
}

/// Two-sample Kolmogorov-Smirnov distance.
fn ks_distance(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let share = |sorted: &[f64], x: f64| sorted.partition_point(|&v| v <= x) as f64 / sorted.len() as f64;
    a.iter().chain(b.iter()).map(|&x| (share(a, x) - share(b, x)).abs()).fold(0.0, f64::max)
}

#[test]
fn over_1000_s_the_two_forms_agree_in_distribution_in_f32() {
    let (p, shape) = (lively(), Shape { sources: 48, targets: 8, per_pair: 2 });
    let mut stepwise = Stepwise::<f32>::new(&p, shape, 1.0, 5);
    // Another seed: were the noise the same, the two would agree for other reasons than the distribution's.
    let mut windowed = Windowed::<f32>::new(&p, shape, 1.0, 6);
    let mut drive = Drive { seed: 3, rate: 40.0, dopamine: 0.0 };
    for step in 0..1_000_000 {
        let (pre, bap, dopamine) = drive.at(step, shape, 1.0);
        let bap: Vec<f32> = bap.into_iter().map(|b| b as f32).collect();
        stepwise.step(&pre, &bap, dopamine as f32, true);
        windowed.step(&pre, &bap, dopamine as f32, true);
    }
    let mut theta: [Vec<f64>; 2] =
        [stepwise.theta(), windowed.theta()].map(|theta| theta.iter().map(|&t| f64::from(t)).collect());
    let n = theta[0].len() as f64;
    let alive = theta.each_ref().map(|theta| theta.iter().filter(|&&t| t >= 0.0).count() as f64);
    let spread = (2.0 * alive[0] * (1.0 - alive[0] / n)).sqrt();
    assert!((alive[0] - alive[1]).abs() < 4.0 * spread, "active synapses {alive:?}, standard error {spread}");
    let [a, b] = &mut theta;
    let distance = ks_distance(a, b);
    // Kolmogorov's critical value at 0.1 %.
    assert!(distance < 1.95 * (2.0 / n).sqrt(), "the distributions of theta differ by {distance}");
}

/// Change of theta over 60 s at time step `h_ms`, without noise, from the same spikes at the same times. The bap is that of the
/// targets' spikes alone, or that of their probability alone: the two nearly cancel, so that each is looked at by itself.
fn learned(h_ms: f64, spikes: bool) -> Vec<f64> {
    let p = Spore { temperature: 0.0, gradient_temperature: 0.0, beta_halving_ms: 0.0, c_e: 0.02, ..lively() };
    let shape = Shape { sources: 12, targets: 5, per_pair: 1 };
    let mut synapses = Windowed::<f64>::new(&p, shape, h_ms, 5);
    let start = synapses.theta().to_vec();
    let mut drive = Drive { seed: 3, rate: 40.0, dopamine: 0.0 };
    let per_ms = libm::round(1.0 / h_ms) as u64;
    for ms in 0..60_000 {
        let (pre, bap, dopamine) = drive.at(ms, shape, 1.0);
        for part in 1..=per_ms {
            // A spike is one spike at any step, at the end of its ms; its probability is spread over the parts.
            let now = part == per_ms;
            let bap: Vec<f64> = bap
                .iter()
                .map(
                    |b| if spikes { f64::from(u8::from(now && *b > 0.0)) } else { -0.01 * h_ms * f64::from(u8::from(*b != 0.0)) },
                )
                .collect();
            synapses.step(if now { &pre } else { &[] }, &bap, dopamine, true);
        }
    }
    synapses.theta().iter().zip(start).map(|(end, start)| end - start).collect()
}

#[test]
fn halving_the_time_step_leaves_learning_unchanged() {
    for spikes in [true, false] {
        let (coarse, fine) = (learned(1.0, spikes), learned(0.5, spikes));
        let size = fine.iter().map(|x| x * x).sum::<f64>().sqrt();
        let off = coarse.iter().zip(&fine).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt() / size;
        assert!(off < 0.01, "from 1 to 0.5 ms learning changes by {off} (spikes: {spikes})");
    }
}

#[test]
fn without_reward_theta_is_stationary_at_the_prior() {
    // N(mu, T / c_p), wide enough limits; relaxation takes 1 / (beta c_p) = 2 s.
    let p = Spore {
        beta_per_ms: 5e-4,
        temperature: 0.1,
        c_p: 1.0,
        mu: 1.0,
        theta_min: -10.0,
        theta_max: 10.0,
        theta_init_mean: -3.0,
        ..Spore::default()
    };
    let shape = Shape { sources: 2_500, targets: 8, per_pair: 1 };
    let mut synapses = Windowed::<f32>::new(&p, shape, 1.0, 11);
    for step in 0..40_000u64 {
        let pre: &[u32] = if step % 7 == 0 { &[3, 900] } else { &[] };
        let bap: Vec<f32> = (0..8).map(|j| if step % 31 == j { 0.99 } else { -0.01 }).collect();
        synapses.step(pre, &bap, 0.0, true);
    }
    let n = synapses.theta().len() as f64;
    let mean = synapses.theta().iter().map(|&t| f64::from(t)).sum::<f64>() / n;
    let variance = synapses.theta().iter().map(|&t| (f64::from(t) - mean).powi(2)).sum::<f64>() / n;
    // The discrete update theta += a (mu - theta) + sqrt(2 a T / c_p) N has variance T / c_p / (1 - a / 2), a = beta Delta c_p.
    let expected = 0.1 / (1.0 - 0.05 / 2.0);
    assert!((mean - 1.0).abs() < 4.0 * (expected / n).sqrt(), "mean {mean}");
    assert!((variance / expected - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "variance {variance}, expected {expected}");
}

#[test]
fn every_kernel_gives_the_same_bits() {
    for per_pair in [1, 3] {
        let (p, shape) = (Spore { c_e: 0.01, ..lively() }, Shape { sources: 20, targets: 11, per_pair });
        let mut forms: Vec<Box<dyn SporeSynapses<f32>>> = Vec::new();
        for kernel in [Kernel::Baseline, Kernel::Avx2] {
            assert!(kernel.is_available(), "this test needs a CPU with AVX2");
            forms.push(Box::new(Windowed::new(&p, shape, 1.0, 5).with_kernel(kernel)));
        }
        for kernel in [Kernel::Baseline, Kernel::Avx2] {
            forms.push(Box::new(Stepwise::new(&p, shape, 1.0, 5).with_kernel(kernel)));
        }
        let mut drive = Drive { seed: 3, rate: 40.0, dopamine: 0.0 };
        for step in 0..20_000 {
            let (pre, bap, dopamine) = drive.at(step, shape, 1.0);
            let bap: Vec<f32> = bap.into_iter().map(|b| b as f32).collect();
            for form in &mut forms {
                form.step(&pre, &bap, dopamine as f32, true);
            }
        }
        let bits = |x: &[f32]| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        for pair in [[0, 1], [2, 3]] {
            let [a, b] = pair.map(|i| &forms[i]);
            assert_eq!(bits(a.theta()), bits(b.theta()));
            assert_eq!(bits(a.eligibility()), bits(b.eligibility()));
            assert_eq!(bits(a.gradient()), bits(b.gradient()));
            assert_eq!(bits(a.weights()), bits(b.weights()));
        }
    }
    let mut numbers = [Kernel::Baseline, Kernel::Avx2].map(|kernel| {
        let mut numbers = vec![0.0f32; 10_007];
        fill_normals(kernel, 8, Counter { stream: 2, time: 77 }, &mut numbers);
        numbers
    });
    let [a, b] = &mut numbers;
    assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()));
}
