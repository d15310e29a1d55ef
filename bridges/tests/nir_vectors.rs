//! Graphs do what other simulators recorded of them.
#![cfg(feature = "nir")]

#[path = "common/nir.rs"]
mod common;

use common::{document, npy, trace};
use embody_bridges::nir::{Discretisation, Integration, Interpreter, Limits, Recording, Reset, run};

fn choices(dt_s: f64, integration: Integration, reset: Reset) -> Discretisation {
    Discretisation { dt_s, integration, reset }
}

fn recorded(file: &str, d: &Discretisation, input: &[f32], record: &[&str]) -> Recording {
    run(&document(file).graph, d, input, record, &Limits::default()).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Runs the LIF neuron of the comparison and returns its spikes and the greatest difference from the recorded potential.
fn compared(file: &str, d: &Discretisation) -> (Vec<usize>, f64) {
    let trace = trace(file);
    let input: Vec<f32> = trace.iter().map(|row| row[0] as f32).collect();
    let recording = recorded("lif_norse.nir", d, &input, &["1"]);
    let neuron = &recording.traces["1"];
    let voltage = neuron.voltage.as_ref().unwrap();
    let error = trace.iter().zip(voltage).map(|(row, &v)| (row[1] - f64::from(v)).abs()).fold(0.0, f64::max);
    let expected: Vec<f32> = trace.iter().map(|row| row[2] as f32).collect();
    assert_eq!(neuron.output, expected, "{file}: a spike differs");
    ((0..trace.len()).filter(|&t| neuron.output[t] > 0.0).collect(), error)
}

#[test]
fn norse_is_met_by_forward_euler_and_a_reset_to_zero() {
    let (spikes, error) = compared("lif_norse.csv", &choices(1e-4, Integration::Euler, Reset::Zero));
    assert_eq!(spikes, [460, 510, 710, 760]);
    assert!(error < 3.7e-9, "{error:e}");
}

#[test]
fn rockpool_is_met_by_exponential_decay_and_a_subtracting_reset() {
    let (spikes, error) = compared("lif_rockpool.csv", &choices(1e-4, Integration::Exponential, Reset::Subtract));
    assert_eq!(spikes, [450, 500, 710, 760]);
    assert!(error < 1.6e-8, "{error:e}");
}

#[test]
fn rockpools_own_export_runs_although_its_output_has_more_dimensions() {
    let input: Vec<f32> = trace("lif_rockpool.csv").iter().map(|row| row[0] as f32).collect();
    let d = choices(1e-4, Integration::Exponential, Reset::Subtract);
    let recording = recorded("lif_rockpool.nir", &d, &input, &[]);
    // Its r holds one decay less than the simulator's input has: the potential between spikes is that of the trace times exp(-0.04).
    let voltage = recording.traces["1_LIFNeuronTorch"].voltage.as_ref().unwrap();
    for (t, row) in trace("lif_rockpool.csv").iter().take(450).enumerate() {
        assert!((f64::from(voltage[t]) - row[1] * libm::exp(-0.04)).abs() < 1e-7, "step {t}");
    }
    assert_eq!(recording.traces["output"].shape, [1, 1, 1]);
}

#[test]
fn the_braille_network_spikes_as_in_snntorch() {
    let (shape, sample) = npy("braille_test_sample0.npy");
    let (expected_shape, expected) = npy("snntorch_activity_noDelay_bias_zero.npy");
    assert_eq!((shape, expected_shape), (vec![256, 12], vec![256, 38]));
    let d = choices(1e-4, Integration::Euler, Reset::Zero);
    let recording = recorded("braille_noDelay_bias_zero.nir", &d, &sample, &["lif1.lif", "output"]);
    let hidden = &recording.traces["lif1.lif"].output;
    let differ = hidden.iter().zip(&expected).filter(|(a, b)| a != b).count();
    assert_eq!((hidden.len(), differ, hidden.iter().sum::<f32>()), (9728, 0, 119.0));
    let output = &recording.traces["output"].output;
    let counts: Vec<f32> = (0..7).map(|i| output.iter().skip(i).step_by(7).sum()).collect();
    assert_eq!(counts, [10.0, 160.0, 112.0, 113.0, 103.0, 68.0, 121.0]);
}

#[test]
fn two_neurons_in_a_row_fire_and_charge_as_their_equations_say() {
    let d = choices(1e-4, Integration::Euler, Reset::Zero);
    let recording = recorded("two_lif_neurons.nir", &d, &vec![0.0; 1000], &["lif1", "lif2"]);
    // Without input the first goes from 0 towards 1.2, and reaches 1 after ln 6 time constants of 100 steps.
    let [first, second] = ["lif1", "lif2"].map(|name| &recording.traces[name]);
    let spikes: Vec<usize> = (0..1000).filter(|&t| first.output[t] > 0.0).collect();
    let period = (1..).find(|&n| 1.2 * (1.0 - (0..n).fold(1.0, |left, _| left * 0.99)) > 1.0).unwrap();
    assert_eq!(spikes, (1..=1000 / period).map(|k| k * period - 1).collect::<Vec<_>>());
    // The second takes each spike in its own step, as a hundredth.
    let voltage = second.voltage.as_ref().unwrap();
    let mut v = 0.0;
    for (t, (&spike, &found)) in first.output.iter().zip(voltage).enumerate() {
        v += 0.01 * (f64::from(spike) - v);
        assert!((v - f64::from(found)).abs() < 1e-7, "step {t}");
    }
    assert!(second.output.iter().all(|&z| z == 0.0));
}

#[test]
fn the_convolutional_network_runs_and_has_the_shapes_of_its_authors() {
    let document = document("cnn_sinabs.nir");
    let plan = embody_bridges::nir::Plan::new(&document.graph).unwrap();
    let shape = |name: &str| plan.nodes.iter().find(|node| node.name == name).unwrap().output.clone();
    let expected: [(&str, &[usize]); 15] = [
        ("input", &[2, 34, 34]),
        ("0", &[16, 16, 16]),
        ("1", &[16, 16, 16]),
        ("2", &[16, 16, 16]),
        ("3", &[16, 16, 16]),
        ("4", &[16, 8, 8]),
        ("5", &[8, 8, 8]),
        ("6", &[8, 8, 8]),
        ("7", &[8, 4, 4]),
        ("8", &[128]),
        ("9", &[256]),
        ("10", &[256]),
        ("11", &[10]),
        ("12", &[10]),
        ("output", &[10]),
    ];
    for (name, expected) in expected {
        assert_eq!(shape(name), expected, "{name}");
    }
    let d = choices(1.0, Integration::Euler, Reset::Subtract);
    let mut interpreter = Interpreter::new(&document.graph, &d, &Limits::default()).unwrap();
    assert_eq!(interpreter.channels(), 2312);
    let mut counts = [0.0; 5];
    for t in 0..20usize {
        let events: Vec<f32> = (0..2312).map(|i| f32::from(u8::from((t * 13 + i * 7).is_multiple_of(17)))).collect();
        interpreter.step(&events).unwrap();
        for (count, name) in counts.iter_mut().zip(["1", "3", "6", "10", "12"]) {
            *count += interpreter.output(name).unwrap().iter().sum::<f32>();
        }
    }
    // By NumPy in double precision: see all_kinds.py for its convolution. No potential comes closer than 3e-4 to its threshold.
    assert_eq!(counts, CNN_SPIKES);
}

/// Spikes of the five layers.
const CNN_SPIKES: [f32; 5] = [1034.0, 1987.0, 817.0, 277.0, 36.0];

#[test]
fn every_kind_of_node_does_what_numpy_says() {
    let steps = 60usize;
    let image = |t: usize| (0..144usize).map(move |i| f32::from(u8::from((t * 7 + i * 5).is_multiple_of(5))));
    let signal = |t: usize| (0..30usize).map(move |i| (((t * 3 + i) % 8) as f32 - 3.0) / 8.0);
    // Inputs in the order of their names: image, signal.
    let input: Vec<f32> = (0..steps).flat_map(|t| image(t).chain(signal(t))).collect();
    let d = choices(1e-3, Integration::Euler, Reset::Zero);
    let names = ["if", "cuba.lif", "nested/lif", "values", "traces"];
    let recording = recorded("all_kinds.nir", &d, &input, &names);
    let (shape, expected) = npy("all_kinds_expected.npy");
    assert_eq!(shape, [steps, 24 + 6 + 5 + 5 + 20]);
    let mut at = 0;
    for name in names {
        let trace = &recording.traces[name];
        for t in 0..steps {
            for i in 0..trace.size() {
                let (found, wanted) = (trace.output[t * trace.size() + i], expected[t * 60 + at + i]);
                assert!((found - wanted).abs() < 1e-5, "{name} {i} in step {t}: {found} {wanted}");
            }
        }
        at += trace.size();
    }
}
