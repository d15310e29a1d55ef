//! The learning-to-learn arm of Ortner, Petschenig, Vasilopoulos et al. (2024): a trainee network is taught a tip trajectory by one e-prop update,
//! whose learning signals a second network gives. Arm, tasks, networks, and the inner loop; the outer loop's result is the published weights.

pub mod kinematics;
pub mod networks;
pub mod npz;
pub mod trajectory;

use networks::{Neurons, Synapses, readout};
use trajectory::Trajectory;

/// Neurons of the trainee.
pub const TRAINEE: usize = 250;
/// Clock channels.
pub const CLOCK: usize = 5;
/// Weights of the trainee that learn: inputs and recurrence, [from, to].
pub const LEARNING: usize = (CLOCK + TRAINEE) * TRAINEE;
/// Steps of a trial.
pub const STEPS: usize = 249;

const LEARNING_RATE: f32 = 1e-4;

/// The published weights. Rows of `trainee` are the clock's channels, then the neurons.
pub struct Weights {
    pub trainee: Vec<f32>,
    trainee_out: Vec<f32>,
    generator: Vec<f32>,
    generator_out: Vec<f32>,
}

impl Weights {
    pub fn published() -> Weights {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/l2l/arm_pretrained_weights.npz");
        let file = std::fs::read(path).expect("the published weights lie beside this test: bridges/tests/data/l2l");
        let array = |name: &str, shape: [usize; 2]| npz::array(&file, name, shape).expect(name);
        Weights {
            trainee: stacked(array("w_in", [CLOCK, TRAINEE]), array("w_rec", [TRAINEE, TRAINEE]), TRAINEE),
            trainee_out: array("w_out", [TRAINEE, 2]),
            generator: stacked(array("w_in_lsg", [53, 800]), array("w_rec_lsg", [800, 800]), 800),
            generator_out: array("w_out_lsg", [800, TRAINEE]),
        }
    }
}

/// Inputs above recurrence, without autapses.
fn stacked(mut inputs: Vec<f32>, mut recurrent: Vec<f32>, n: usize) -> Vec<f32> {
    (0..n).for_each(|i| recurrent[i * n + i] = 0.0);
    inputs.append(&mut recurrent);
    inputs
}

/// What a run of the trainee did.
pub struct Run {
    /// Joint velocities of each step (rad/s).
    pub omega: Vec<[f32; 2]>,
    /// Mean firing rate (Hz).
    pub rate_hz: f64,
    /// Changes of the weights that e-prop asks for, laid out as the weights; empty without learning signals.
    pub changes: Vec<f32>,
}

/// The clock's channel that spikes in a step.
fn clock(step: usize) -> Option<u32> {
    step.is_multiple_of(10).then_some((step / 50) as u32)
}

/// Runs the trainee on the clock, its weights wherever they are; with learning signals (step by step, one for each neuron), also e-prop.
pub fn run_trainee(weights: &Weights, synapses: &mut impl Synapses, signals: Option<&[Vec<f32>]>) -> Run {
    let mut neurons = Neurons::new(TRAINEE, 0.6, TRAINEE);
    let mut traces = vec![0.0; CLOCK + TRAINEE];
    let mut changes = vec![0.0; if signals.is_some() { LEARNING } else { 0 }];
    let (mut out, mut omega, mut spikes) = (vec![0.0; 2], Vec::new(), 0);
    for step in 0..STEPS {
        let driven: Vec<u32> = clock(step).into_iter().chain(neurons.spikes.iter().map(|i| i + CLOCK as u32)).collect();
        neurons.step(&synapses.arrivals(step, &driven));
        spikes += neurons.spikes.len();
        readout(&weights.trainee_out, &neurons.spikes, &mut out);
        omega.push([out[0], out[1]]);
        if let Some(signals) = signals {
            networks::filter(&mut traces, &driven);
            let factors: Vec<f32> =
                signals[step].iter().zip(&neurons.pseudo).map(|(signal, psi)| -LEARNING_RATE * signal * psi).collect();
            for (row, &trace) in changes.chunks_exact_mut(TRAINEE).zip(&traces).filter(|(_, trace)| **trace != 0.0) {
                row.iter_mut().zip(&factors).for_each(|(change, factor)| *change += trace * factor);
            }
        }
    }
    Run { omega, rate_hz: rate_hz(spikes, TRAINEE), changes }
}

/// The learning signals of each step that the generator gives for a trajectory, and its mean firing rate (Hz).
pub fn learning_signals(weights: &Weights, target: &Trajectory) -> (Vec<Vec<f32>>, f64) {
    let mut neurons = Neurons::new(800, 1.3, 560);
    let (mut out, mut signals, mut spikes) = (vec![0.0; TRAINEE], Vec::new(), 0);
    let mut synapses = weights.generator.clone();
    for step in 0..STEPS {
        let bits = target.bits(step).into_iter().map(|bit| bit + CLOCK as u32);
        let recurrent = neurons.spikes.iter().map(|i| i + 53);
        let driven: Vec<u32> = clock(step).into_iter().chain(bits).chain(recurrent).collect();
        neurons.step(&synapses.arrivals(step, &driven));
        spikes += neurons.spikes.len();
        readout(&weights.generator_out, &neurons.spikes, &mut out);
        signals.push(out.clone());
    }
    (signals, rate_hz(spikes, 800))
}

fn rate_hz(spikes: usize, neurons: usize) -> f64 {
    spikes as f64 / neurons as f64 / (STEPS as f64 * 1e-3)
}
