//! Networks and batches to measure the speed of training by: those of the comparison with PyTorch in `docs/benchmarks.md`.
//!
//! Analogue inputs from a normal distribution, `lif` and `alif` neurons, all to all, and leaky readouts; weights are drawn so that about 5 % of
//! the neurons fire in each tick. The loss is the mean square of the outputs.

use super::{
    Backward, Batch, Gradients, Input, Keep, Outputs, Sample, SampleMut, Settings, Shape, Surrogate, Trace, TrainableNetwork,
    TrainingError, Width,
};
use crate::neuron::{Alif, LeakyReadout, PerNeuron};
use crate::numeric::{Kernel, WIDTH};
use crate::random::{Counter, fill_normals};
use crate::spec::{CompileError, Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};

/// A network and a batch for it.
pub struct Workload {
    /// The network.
    pub network: TrainableNetwork<f32>,
    /// Its batch.
    pub batch: Batch<f32>,
    neurons: usize,
    /// What the last pass left, whose memory the next one uses, as in training.
    spare: (Option<Trace<f32>>, Option<Outputs<f32>>),
}

/// What a workload is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Analogue inputs.
    pub inputs: usize,
    /// Neurons of fixed threshold.
    pub lif: usize,
    /// Neurons of adaptive threshold.
    pub alif: usize,
    /// Readouts.
    pub outputs: usize,
    /// Ticks.
    pub steps: usize,
}

impl Size {
    /// 53 inputs, 800 neurons, 250 readouts, 249 ticks.
    pub const ARM: Size = Size { inputs: 53, lif: 560, alif: 240, outputs: 250, steps: 249 };
    /// 13 inputs, 256 neurons, 70 readouts, 120 ticks.
    pub const TRUNK: Size = Size { inputs: 13, lif: 128, alif: 128, outputs: 70, steps: 120 };
}

impl Workload {
    /// A network of that size, and a batch of `samples` sequences.
    pub fn new(size: Size, samples: usize, threads: usize) -> Result<Workload, CompileError> {
        let Size { inputs, lif, alif, outputs, steps } = size;
        let neurons = lif + alif;
        let normals = |stream: u32, count: usize, scale: f64| {
            let mut numbers = vec![0.0; count];
            fill_normals(Kernel::detect(), 1, Counter { stream, time: 0 }, &mut numbers);
            numbers.iter_mut().for_each(|x| *x *= scale as f32);
            numbers
        };
        let beta = PerNeuron::Each((0..neurons).map(|i| if i < lif { 0.0 } else { 0.07 }).collect());
        // Time constants of the comparison's decays 0.95 and 0.995 in each tick.
        let tau = |decay: f64| PerNeuron::Shared(-1.0 / libm::log(decay));
        let hidden = Alif { tau_ms: tau(0.95), threshold: 0.6.into(), beta, tau_adaptation_ms: tau(0.995), ..Alif::default() };
        let readout = LeakyReadout { tau_ms: tau(0.95), ..LeakyReadout::default() };
        let population = |name: &str, size, kind| Population { name: name.into(), size, kind };
        let projection = |name: &str, source: &str, target: &str, delay_ns, weights| Projection {
            name: name.into(),
            source: source.into(),
            target: target.into(),
            delay_ns,
            synapses: Synapses::Fixed(weights),
        };
        let root = |n: usize| (n as f64).sqrt();
        let spec = NetworkSpec {
            tick_ns: 1_000_000,
            populations: vec![
                population("in", inputs, PopulationKind::Analogue),
                population("hidden", neurons, PopulationKind::Neurons(Model::new("alif", &hidden)?)),
                population("out", outputs, PopulationKind::Neurons(Model::new("leaky_readout", &readout)?)),
            ],
            projections: vec![
                projection("in-hidden", "in", "hidden", 0, normals(0, inputs * neurons, 0.35 / root(inputs))),
                projection("recurrent", "hidden", "hidden", 1_000_000, normals(1, neurons * neurons, 0.3 / root(neurons))),
                projection("hidden-out", "hidden", "out", 0, normals(2, neurons * outputs, 1.0 / root(neurons))),
            ],
            readouts: vec!["out".into()],
        };
        let surrogate = Surrogate { shape: Shape::Triangular, height: 0.3, width: Width::Threshold };
        let settings = Settings { threads, surrogate, ..Settings::default() };
        let network = TrainableNetwork::new(&spec, &settings)?;
        let batch = Batch { steps, samples, inputs: vec![Input::Values(normals(3, steps * samples * inputs, 1.0))] };
        Ok(Workload { network, batch, neurons, spare: (None, None) })
    }

    /// A forward pass that keeps what a backward pass needs.
    pub fn forward(&mut self) -> Result<(), TrainingError> {
        self.spare.0 = Some(self.network.forward_within(self.spare.0.take(), &self.batch, Keep::default(), None)?);
        Ok(())
    }

    /// Forward, loss, and backward to the gradients of all weights.
    pub fn gradients(&mut self) -> Result<Gradients<f32>, TrainingError> {
        let trace = self.network.forward_within(self.spare.0.take(), &self.batch, Keep::default(), None)?;
        let count = trace.outputs.steps() * self.batch.samples * trace.outputs.sample(0).values(0, 0).len();
        let factor = 1.0 / count as f32;
        let mean_square = |_: usize, outputs: Sample<'_, f32>, errors: &mut SampleMut<'_, f32>| {
            let mut loss = 0.0;
            for t in 0..outputs.steps() {
                let mut sum = [0.0; WIDTH];
                let (values, errors) = (outputs.values(0, t), errors.values(0, t));
                for (errors, values) in errors.chunks_mut(WIDTH).zip(values.chunks(WIDTH)) {
                    for ((error, &y), sum) in errors.iter_mut().zip(values).zip(&mut sum) {
                        *error = 2.0 * factor * y;
                        *sum += y * y;
                    }
                }
                loss += f64::from(factor * sum.iter().sum::<f32>());
            }
            loss
        };
        let (_, errors) = self.network.evaluate_within(self.spare.1.take(), &trace, &mean_square);
        let gradients = self.network.backward(&trace, &errors, Backward::default());
        self.spare = (Some(trace), Some(errors));
        gradients
    }

    /// Spikes, and pseudo-derivatives that aren't zero, as shares of all neurons and ticks.
    pub fn shares(&self) -> Result<(f64, f64), TrainingError> {
        Ok(self.network.forward(&self.batch, Keep::default(), None)?.shares(1, self.neurons))
    }

    /// One forward pass of the first sequence, and the gradients of its inputs for `sets` sets of errors at the last tick.
    pub fn input_gradients(&mut self, sets: usize) -> Result<f32, TrainingError> {
        let trace = self.network.forward_within(self.spare.0.take(), &self.batch, Keep::default(), None)?;
        let last = trace.outputs.steps() - 1;
        let errors: Vec<_> = (0..sets)
            .map(|set| {
                let mut errors = trace.outputs.zeros();
                errors.sample_mut(0).values(0, last)[set] = 1.0;
                errors
            })
            .collect();
        let gradients = self.network.input_gradients(&trace, &errors)?;
        self.spare.0 = Some(trace);
        Ok(gradients.iter().map(|gradients| gradients.sample(0).values(0, 0)[0]).sum())
    }
}
