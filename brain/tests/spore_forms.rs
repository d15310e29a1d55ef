//! The windowed form is the definition, whatever the parameters, the activity and the moments at which learning is switched.

use embody_brain::plasticity::spore::{Shape, Spore, SporeSynapses, Stepwise, Windowed};
use embody_brain::random::{Counter, philox_block};
use proptest::prelude::*;

/// Greatest difference relative to the largest value, or to one.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    let largest = a.iter().fold(1.0f64, |most, x| most.max(x.abs()));
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

prop_compose! {
    fn parameters()(
        tau_rise_ms in 0.5..30.0f64,
        tau_fall_ms in prop_oneof![0.5..30.0f64, 0.01..0.5f64],
        tau_eligibility_ms in 1.0..500.0f64,
        tau_gradient_ms in 1.0..5000.0f64,
        cutoff in prop_oneof![Just(0.0), Just(1e-4), Just(0.3), Just(1.5), Just(3.0)],
        steps in prop_oneof![Just(1), Just(2), 3..150usize],
        c_e in prop_oneof![Just(0.0), Just(0.5)],
        gradient_temperature in prop_oneof![Just(0.0), Just(1e-2)],
        theta_init_mean in -0.5..1.0f64,
    ) -> Spore {
        Spore {
            tau_rise_ms,
            tau_fall_ms,
            tau_eligibility_ms,
            tau_gradient_ms,
            cutoff,
            update_interval_ms: steps as f64,
            c_e,
            gradient_temperature,
            theta_init_mean,
            theta_init_deviation: 0.5,
            // So that synapses are retracted and form again every few updates.
            beta_per_ms: 1e-4 / steps as f64,
            temperature: 20.0,
            c_g: 10.0,
            ..Spore::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_forms_come_to_the_same(
        parameters in parameters(),
        (sources, targets, per_pair) in (1..12usize, 1..20usize, 1..4usize),
        often in 0.01..0.4f64,
        seed in any::<u64>(),
    ) {
        prop_assume!(parameters.check(1.0).is_ok());
        let shape = Shape { sources, targets, per_pair };
        let mut stepwise = Stepwise::<f64>::new(&parameters, shape, 1.0, seed);
        let mut windowed = Windowed::<f64>::new(&parameters, shape, 1.0, seed);
        let unit = |word: u32| f64::from(word) / 4_294_967_296.0;
        for step in 0..1500u64 {
            let mut words = [[0u32; 64]; 4];
            philox_block(seed, Counter { stream: 1, time: step }, 0, &mut words);
            // Some spike twice in a step, most in bursts with silence between.
            let active = |i: usize| !(step / 200 + i as u64).is_multiple_of(3);
            let spikes = (0..2).flat_map(|k| (0..sources).filter(move |&i| active(i) && unit(words[k][i]) < often));
            let pre: Vec<u32> = spikes.map(|i| i as u32).collect();
            let bap: Vec<f64> = (0..shape.targets_padded()).map(|j| if j < targets { unit(words[2][j]) - 0.5 } else { 0.0 }).collect();
            let (dopamine, learning) = (unit(words[3][0]) - 0.5, !(600..700).contains(&step));
            let renewed = stepwise.step(&pre, &bap, dopamine, learning);
            prop_assert_eq!(windowed.step(&pre, &bap, dopamine, learning), renewed);
            let steps = parameters.update_interval_ms as u64;
            if step + 1 == 1000 / steps * steps {
                let theta: Vec<f64> = stepwise.theta().iter().map(|theta| 0.5 - theta).collect();
                stepwise.set_theta(&theta);
                windowed.set_theta(&theta);
            }
            if renewed {
                let parts = |form: &dyn SporeSynapses<f64>| {
                    [form.eligibility(), form.gradient(), form.theta(), form.weights()].map(<[f64]>::to_vec)
                };
                for ((name, a), b) in ["e", "g", "theta", "w"].into_iter().zip(parts(&stepwise)).zip(parts(&windowed)) {
                    let off = difference(&a, &b);
                    prop_assert!(off < 1e-9, "{} differs by {} after step {}", name, off, step);
                }
                prop_assert_eq!(stepwise.rewirings(), windowed.rewirings());
            }
        }
    }
}
