//! The Yin-Yang data, a network that tells its three classes apart, and how that is trained and tested.
#![allow(dead_code, reason = "test and example each use some of it")]

use std::path::Path;
use std::sync::Arc;

use embody_brain::neuron::{LeakyReadout, Lif, Reset};
use embody_brain::random::{Counter, philox_block};
use embody_brain::substrate::compiler;
use embody_brain::training::{
    Batch, CrossEntropy, InTheLoop, Input, Keep, LearningRate, Schedule, Settings, Shape, Surrogate, Trace, TrainableNetwork,
    Trainer, TrainerSettings, TrainingError, Width,
};
use embody_brain::{CompileError, Model, Models, NetworkSpec, Population, PopulationKind, Projection, Synapses};
use embody_bridges::chips::ChipSubstrate;
use embody_bridges::chips::brainscales2::variation::Calibration;
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};

/// Ticks of 1 ms that a sample is shown, and those whose outputs count, at the end.
pub const STEPS: usize = 30;
pub const COUNTED: usize = 20;

/// Samples of an update.
pub const BATCH: usize = 100;

/// Seed of the noise while a network is tested.
const TEST: u64 = 1_000_003;

/// Inputs: x, y, 1 - x, 1 - y, and a constant.
const INPUTS: usize = 5;

/// Streams of initial weights, of the order of samples, and of permuted labels.
const WEIGHTS: u32 = 1;
const ORDER: u32 = 2;
const LABELS: u32 = 3;

/// Samples with their classes: 0 yin, 1 yang, 2 dot.
#[derive(Clone)]
pub struct Set {
    pub samples: Vec<[f32; 4]>,
    pub labels: Vec<usize>,
}

impl Set {
    /// `train`, `validation` or `test`, of so many samples.
    pub fn read(name: &str, count: usize) -> Result<Set, String> {
        let samples = array(name, "samples", "'<f8'", &format!("({count}, 4)"))?;
        let labels = array(name, "labels", "'<i8'", &format!("({count},)"))?;
        let (samples, _) = samples.as_chunks::<4>();
        let samples = samples.iter().map(|sample| sample.map(|bits| f64::from_bits(bits) as f32)).collect();
        Ok(Set { samples, labels: labels.iter().map(|&label| label as usize).collect() })
    }

    /// The same samples with their labels shuffled: nothing to learn but how many each class has.
    pub fn with_permuted_labels(&self, seed: u64) -> Set {
        let order = shuffled(self.labels.len(), seed, Counter { stream: LABELS, time: 0 });
        Set { samples: self.samples.clone(), labels: order.iter().map(|&at| self.labels[at]).collect() }
    }

    /// The given samples as a batch and their labels.
    pub fn batch(&self, which: &[usize]) -> (Batch<f32>, Vec<usize>) {
        let values = |_| which.iter().flat_map(|&at| self.samples[at].into_iter().chain([1.0]));
        let values = (0..STEPS).flat_map(values).collect();
        let batch = Batch { steps: STEPS, samples: which.len(), inputs: vec![Input::Values(values)] };
        (batch, which.iter().map(|&at| self.labels[at]).collect())
    }

    /// The batch of an update: every epoch goes through all samples in another order. A rest that fills no batch is left out.
    pub fn nth_batch(&self, update: u64, size: usize, seed: u64) -> (Batch<f32>, Vec<usize>) {
        let batches = (self.samples.len() / size) as u64;
        let order = shuffled(self.samples.len(), seed, Counter { stream: ORDER, time: update / batches });
        self.batch(&order[(update % batches) as usize * size..][..size])
    }

    /// All samples.
    pub fn whole(&self) -> (Batch<f32>, Vec<usize>) {
        self.batch(&(0..self.samples.len()).collect::<Vec<_>>())
    }
}

/// The 64-bit words of an array in a `.npy` file of version 1.0.
fn array(set: &str, what: &str, kind: &str, shape: &str) -> Result<Vec<u64>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/yin_yang/{set}_{what}.npy"));
    let file = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let wrong = |why: &str| format!("{}: {why}", path.display());
    let length = file.get(8..10).map(|bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])));
    let length = length.filter(|_| file.starts_with(b"\x93NUMPY\x01\x00")).ok_or_else(|| wrong("not an array of version 1.0"))?;
    let (header, words) = file[10..].split_at_checked(length).ok_or_else(|| wrong("half a header"))?;
    let expected = format!("'descr': {kind}, 'fortran_order': False, 'shape': {shape}");
    let header = String::from_utf8_lossy(header);
    if !header.contains(&expected) {
        return Err(wrong(&format!("expected {expected}, found {header}")));
    }
    Ok(words.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word)).collect())
}

/// Random numbers, four words at a time.
fn words(count: usize, seed: u64, counter: Counter) -> impl Iterator<Item = u32> {
    let block = move |block: usize| {
        let mut words = [[0u32; 1]; 4];
        philox_block(seed, counter, block as u32, &mut words);
        words.into_iter().flatten()
    };
    (0..count.div_ceil(4)).flat_map(block).take(count)
}

/// The numbers below `count` in an order that depends on the seed.
fn shuffled(count: usize, seed: u64, counter: Counter) -> Vec<usize> {
    let mut order: Vec<(u32, usize)> = words(count, seed, counter).zip(0..count).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, at)| at).collect()
}

fn projection(source: &str, target: &str, delay_ns: u64, weights: Vec<f32>) -> Projection {
    let name = format!("{source}-{target}");
    Projection { name, source: source.into(), target: target.into(), delay_ns, synapses: Synapses::Fixed(weights) }
}

/// Values in, `hidden` neurons, and a readout of three values, with weights of a seed.
pub fn network(hidden: usize, seed: u64) -> Result<NetworkSpec, CompileError> {
    let lif = Lif { tau_ms: 10.0.into(), reset: Reset::Zero, ..Lif::default() };
    let readout = LeakyReadout { tau_ms: 20.0.into(), ..LeakyReadout::default() };
    let count = INPUTS * hidden;
    let uniform = |word: u32| word as i32 as f32 / 2_147_483_648.0;
    let all: Vec<f32> = words(count + 3 * hidden, seed, Counter { stream: WEIGHTS, time: 0 }).map(uniform).collect();
    let (first, second) = all.split_at(count);
    let population = |name: &str, size, kind| Population { name: name.into(), size, kind };
    Ok(NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", INPUTS, PopulationKind::Analogue),
            population("hidden", hidden, PopulationKind::Neurons(Model::new("lif", &lif)?)),
            population("out", 3, PopulationKind::Neurons(Model::new("leaky_readout", &readout)?)),
        ],
        projections: vec![
            projection("in", "hidden", 0, first.iter().map(|w| 0.25 * w).collect()),
            projection("hidden", "out", 0, second.iter().map(|w| 0.1 * w).collect()),
        ],
        readouts: vec!["out".into()],
    })
}

/// How such a network is trained in so many updates.
pub fn settings(updates: u64, rate: f64) -> TrainerSettings {
    let surrogate = Surrogate { shape: Shape::Triangular, height: 0.5, width: Width::Threshold };
    TrainerSettings {
        network: Settings { surrogate, ..Settings::default() },
        learning_rate: LearningRate { rate, schedule: Schedule::Cosine { updates, floor: 0.02 }, warm_up_updates: 0 },
        ..TrainerSettings::default()
    }
}

/// The loss of a batch.
pub fn loss(labels: &[usize]) -> CrossEntropy<'_> {
    CrossEntropy { readout: 0, ticks: COUNTED, labels, weight: 1.0 / labels.len() as f64 }
}

/// How well a network does.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// The share of samples whose class it says.
    pub accuracy: f64,
    /// Cross-entropy; ln 3 = 1.0986 of a network that says nothing.
    pub loss: f64,
}

/// Of a forward pass.
pub fn score(network: &TrainableNetwork<f32>, trace: &Trace<f32>, labels: &[usize]) -> Score {
    let entropy = loss(labels);
    let right = |&sample: &usize| entropy.class(trace.outputs.sample(sample)) == labels[sample];
    let accuracy = (0..labels.len()).filter(right).count() as f64 / labels.len() as f64;
    Score { accuracy, loss: network.evaluate(trace, &entropy).0 }
}

/// Of a network in software.
pub fn without_chip(network: &TrainableNetwork<f32>, set: &Set) -> Result<Score, TrainingError> {
    let (batch, labels) = set.whole();
    Ok(score(network, &network.forward(&batch, Keep::default(), None)?, &labels))
}

/// Of a network on a chip.
pub fn on_chip(options: &BrainScaleS2Options, network: &TrainableNetwork<f32>, set: &Set) -> Result<Score, TrainingError> {
    let (batch, labels) = set.whole();
    Ok(score(network, &network.forward_on(&compiler(chip(options)?), &batch, Keep::default(), TEST)?, &labels))
}

/// A chip whose circuits are all alike, with the noise over time that every chip has.
pub fn ideal() -> BrainScaleS2Options {
    BrainScaleS2Options { calibration: Calibration::Ideal, ..BrainScaleS2Options::default() }
}

/// The same without any noise: what is left is that numbers are rounded and saturate.
pub fn quiet() -> BrainScaleS2Options {
    BrainScaleS2Options { trial_noise: 0.0, read_noise: 0.0, ..ideal() }
}

pub fn chip(options: &BrainScaleS2Options) -> Result<ChipSubstrate<BrainScaleS2>, CompileError> {
    Ok(ChipSubstrate::new(BrainScaleS2::new(options.clone())?, Arc::new(Models::default())))
}

/// So many updates in software.
pub fn in_software(trainer: &mut Trainer<f32>, set: &Set, updates: u64, seed: u64) -> Result<(), TrainingError> {
    for update in 0..updates {
        let (batch, labels) = set.nth_batch(update, BATCH, seed);
        trainer.update(&batch, &loss(&labels))?;
    }
    Ok(())
}

/// Training on a chip from the weights of a spec, by (updates, rate).
pub fn in_the_loop(
    options: &BrainScaleS2Options,
    spec: &NetworkSpec,
    set: &Set,
    (updates, rate): (u64, f64),
    seed: u64,
) -> Result<InTheLoop, TrainingError> {
    let mut training = InTheLoop::new(compiler(chip(options)?), spec, &settings(updates, rate), seed)?;
    for update in 0..updates {
        let (batch, labels) = set.nth_batch(update, BATCH, seed);
        training.update(&batch, &loss(&labels))?;
    }
    Ok(training)
}
