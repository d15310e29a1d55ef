//! A trained forward model: from joint values to the poses of all modules, and how the tip's pose hangs on each joint.
//!
//! Both come from spikes alone: a pose is read from one run of the network over all modules, the Jacobian from backpropagation of the tip's seven
//! values through that run to its inputs. Surrogate gradients have no scale of their own, and fade with the ticks they come through: each joint
//! has two gains, for the tip's position and its rotation, and the Jacobian a surrogate of its own, fitted once when training ends.

use embody_brain::neurobench::{self, NeuroBench};
use embody_brain::training::{
    Keep, Outputs, Parameters, Settings, Shape, Surrogate, Tensor, Trace, TrainableNetwork, TrainingError, WeightsError, Width,
    read_weights, write_weights,
};
use embody_brain::{CompileError, CompileNetwork, NetworkSpec};
use embody_robots::Pose;
use embody_robots::robot::signed;
use embody_robots::trunk::{JOINTS_PER_MODULE, LENGTH_M};
use nalgebra::{Matrix6xX, Quaternion, Vector3};
use serde::{Deserialize, Serialize};

use super::network::{self, Neurons, READ, TICKS, VALUES};
use super::placed::Placed;

/// How raw values become poses: value = centre + scale * raw, for each of the seven values of each module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Mean pose, module by module.
    pub centre: Vec<f32>,
    /// Spread, module by module.
    pub scale: Vec<f32>,
}

impl Scaling {
    /// The seven values that a module's raw ones stand for.
    pub(super) fn values(&self, raw: [f32; VALUES], module: usize) -> [f64; VALUES] {
        std::array::from_fn(|i| {
            let at = VALUES * module + i;
            f64::from(self.centre[at] + self.scale[at] * raw[i])
        })
    }
}

/// What makes input gradients a Jacobian.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Height and slope of the exponential surrogate, height exp(-slope |v - A| / threshold).
    pub surrogate: [f32; 2],
    /// For each joint the gains of position and rotation.
    pub gains: Vec<f32>,
}

/// What the network makes of some joint values.
pub struct Run {
    trace: Trace<f32>,
}

/// A forward model.
pub struct ForwardModel {
    modules: usize,
    neurons: Neurons,
    network: TrainableNetwork<f32>,
    scaling: Scaling,
    calibration: Calibration,
}

/// Why a forward model can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file isn't what it should be.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// They are those of other neurons.
    #[error("expected weights of {expected} neurons that don't adapt, as neurons.lif says, found {found}")]
    Neurons {
        /// As the settings have it.
        expected: usize,
        /// As the file has it.
        found: usize,
    },
    /// The network can't be built.
    #[error(transparent)]
    Network(#[from] embody_brain::CompileError),
    /// What a substrate showed of a run can't be used.
    #[error(transparent)]
    Run(#[from] TrainingError),
}

impl ForwardModel {
    /// A model of these parts.
    ///
    /// # Errors
    /// If the parameters aren't those of a network of these neurons.
    pub fn new(
        modules: usize,
        neurons: Neurons,
        parameters: &Parameters<f32>,
        scaling: Scaling,
        calibration: Calibration,
    ) -> Result<ForwardModel, ModelError> {
        let mut network = network_of(modules, neurons, calibration.surrogate)?;
        network.set_parameters(parameters).map_err(WeightsError::from)?;
        Ok(ForwardModel { modules, neurons, network, scaling, calibration })
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// If they are no weights of a forward model of that size: the first tensor that differs is named.
    pub fn read(bytes: &[u8], modules: usize, neurons: Neurons) -> Result<ForwardModel, ModelError> {
        let blank = Calibration { surrogate: [1.0; 2], gains: vec![0.0; 2 * JOINTS_PER_MODULE * modules] };
        let mut like = network_of(modules, neurons, blank.surrogate)?.parameters().clone();
        let (count, size) = (like.tensors.len(), VALUES * modules);
        like.tensors.extend(extras(&Scaling { centre: vec![0.0; size], scale: vec![0.0; size] }, &blank));
        let mut read = read_weights(bytes, &like)?;
        let betas = read.tensors.iter().find(|tensor| tensor.name == format!("{}/beta", network::HIDDEN));
        let found = betas.map_or(neurons.lif, |betas| betas.values.iter().take_while(|beta| **beta == 0.0).count());
        if found != neurons.lif {
            return Err(ModelError::Neurons { expected: neurons.lif, found });
        }
        let extra = read.tensors.split_off(count);
        let mut extra = extra.into_iter().map(|tensor| tensor.values);
        let mut next = || extra.next().unwrap_or_default();
        let scaling = Scaling { centre: next(), scale: next() };
        let (gains, surrogate) = (next(), next());
        let surrogate = [surrogate[0], surrogate[1]];
        ForwardModel::new(modules, neurons, &read, scaling, Calibration { surrogate, gains })
    }

    /// The bytes of a safetensors file.
    ///
    /// # Errors
    /// If the library that writes them fails.
    pub fn write(&self) -> Result<Vec<u8>, WeightsError> {
        let mut all = self.network.parameters().clone();
        all.tensors.extend(extras(&self.scaling, &self.calibration));
        write_weights(&all)
    }

    /// A digest of all that its file holds: what was saved under other weights is told by it.
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    pub fn digest(&self) -> Result<[u8; 32], WeightsError> {
        Ok(*blake3::hash(&self.write()?).as_bytes())
    }

    /// Puts the network on a substrate; what is random there follows from `seed`.
    ///
    /// # Errors
    /// If the substrate can't hold it.
    pub fn place(&self, compile: &CompileNetwork, seed: u64) -> Result<Placed, ModelError> {
        Ok(Placed::new(&self.network, compile, seed)?)
    }

    /// Number of modules.
    pub fn modules(&self) -> usize {
        self.modules
    }

    /// Number of joint values.
    pub fn joints(&self) -> usize {
        JOINTS_PER_MODULE * self.modules
    }

    /// Its neurons.
    pub fn neurons(&self) -> Neurons {
        self.neurons
    }

    /// How its raw values become poses.
    pub fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// What fits its Jacobian to the trunk.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The network as a description.
    ///
    /// # Errors
    /// If its neurons' parameters can't be written.
    pub fn spec(&self) -> Result<NetworkSpec, CompileError> {
        self.network.spec()
    }

    /// Runs the network over joint values, three of each module.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn run(&self, joints: &[f64]) -> Run {
        let batch = network::batch(self.modules, &[joints]);
        // A batch made for this very network fits it, and joint values are finite.
        let trace = self.network.forward(&batch, Keep::default(), None).unwrap_or_else(|error| unreachable!("{error}"));
        Run { trace }
    }

    /// The same where the network was put.
    ///
    /// # Errors
    /// If what is shown there is no run of this network: potentials that aren't numbers, say.
    pub fn run_on(&self, placed: &mut Placed, joints: &[f64]) -> Result<Run, ModelError> {
        Ok(Run { trace: placed.forward(&self.network, joints, Keep::default())? })
    }

    /// The seven values that a run gives for a module.
    pub fn values(&self, run: &Run, module: usize) -> [f64; VALUES] {
        self.scaling.values(network::read(run.trace.outputs.sample(0), module), module)
    }

    /// The gradient by each joint of sum over modules and values of `errors[module][i] * value_i`, as the mean over the ticks for which the joint was
    /// shown. Gains have no part in it.
    pub fn gradient(&self, run: &Run, errors: &[[f64; VALUES]]) -> Vec<f64> {
        let mut outputs = run.trace.outputs.zeros();
        for (module, errors) in errors.iter().enumerate() {
            self.put(&mut outputs, module, errors);
        }
        self.gradients(run, &[outputs]).pop().unwrap_or_default()
    }

    /// How the tip moves with each joint when it is at `measured`, in base axes: velocity (m) and angular velocity (rad) per unit of joint value, as of
    /// [`Trunk::jacobian`](embody_robots::trunk::Trunk::jacobian). Rows of the quaternion become angular velocities by w = 2 dq q*.
    pub fn jacobian(&self, run: &Run, measured: &Pose) -> Matrix6xX<f64> {
        let mut jacobian = self.uncalibrated(run, measured);
        for (mut column, gains) in jacobian.column_iter_mut().zip(self.calibration.gains.as_chunks::<2>().0) {
            for row in 0..6 {
                column[row] *= f64::from(gains[row / 3]);
            }
        }
        jacobian
    }

    /// The same without gains.
    pub(super) fn uncalibrated(&self, run: &Run, measured: &Pose) -> Matrix6xX<f64> {
        let tip = self.modules - 1;
        let errors: Vec<Outputs<f32>> = (0..VALUES)
            .map(|value| {
                let mut outputs = run.trace.outputs.zeros();
                let mut unit = [0.0; VALUES];
                unit[value] = 1.0;
                self.put(&mut outputs, tip, &unit);
                outputs
            })
            .collect();
        let rows = self.gradients(run, &errors);
        let [i, j, k, w] = signed(&measured.rotation);
        let back = Quaternion::new(w, i, j, k).conjugate();
        let mut jacobian = Matrix6xX::zeros(self.joints());
        for (joint, mut column) in jacobian.column_iter_mut().enumerate() {
            let of = |value: usize| rows[value][joint];
            let velocity = Vector3::new(of(0), of(1), of(2)) * LENGTH_M;
            let turning = (Quaternion::new(of(3), of(4), of(5), of(6)) * back).imag() * 2.0;
            column.fixed_rows_mut::<3>(0).copy_from(&velocity);
            column.fixed_rows_mut::<3>(3).copy_from(&turning);
        }
        jacobian
    }

    /// Writes derivatives by the seven values of a module as derivatives by the readouts over the module's window.
    fn put(&self, outputs: &mut Outputs<f32>, module: usize, errors: &[f64; VALUES]) {
        let mut sample = outputs.sample_mut(0);
        let scale = &self.scaling.scale[VALUES * module..][..VALUES];
        for t in network::window(module) {
            let values = &mut sample.values(0, t)[VALUES * module..][..VALUES];
            for (value, (error, scale)) in values.iter_mut().zip(errors.iter().zip(scale)) {
                *value = *error as f32 * scale / READ as f32;
            }
        }
    }

    /// For each set of errors the mean gradient by each joint over its ticks.
    fn gradients(&self, run: &Run, errors: &[Outputs<f32>]) -> Vec<Vec<f64>> {
        // Errors made from the run's own outputs have their shape.
        let inputs = self.network.input_gradients(&run.trace, errors).unwrap_or_else(|error| unreachable!("{error}"));
        let mean = |inputs: &Outputs<f32>| {
            let sample = inputs.sample(0);
            let mut sums = vec![0.0; self.joints()];
            for t in 0..TICKS * self.modules {
                let joints = &mut sums[JOINTS_PER_MODULE * (t / TICKS)..][..JOINTS_PER_MODULE];
                joints.iter_mut().zip(sample.values(0, t)).for_each(|(sum, value)| *sum += f64::from(*value) / TICKS as f64);
            }
            sums
        };
        inputs.iter().map(mean).collect()
    }

    /// What a run over these joint values takes, by the metrics of NeuroBench, here or where the network was put: there it is made on a copy.
    /// None if its potentials aren't numbers.
    pub fn neurobench(&self, placed: Option<&Placed>, joints: &[f64]) -> Option<NeuroBench> {
        let run = match placed {
            None => self.run(joints),
            Some(placed) => {
                let keep = Keep { parameters: true, ..Keep::default() };
                Run { trace: placed.copy().ok()?.forward(&self.network, joints, keep).ok()? }
            }
        };
        neurobench::measure(&self.network, &network::batch(self.modules, &[joints]), &run.trace).ok()
    }

    /// The hidden neurons that spiked in a tick of a run.
    pub fn spikes<'a>(&self, run: &'a Run, tick: usize) -> &'a [u32] {
        run.trace.spikes(network::HIDDEN_NUMBER, 0, tick)
    }
}

/// The network of such a model, differentiated by this surrogate.
fn network_of(modules: usize, neurons: Neurons, surrogate: [f32; 2]) -> Result<TrainableNetwork<f32>, ModelError> {
    let [height, slope] = surrogate.map(f64::from);
    let surrogate = Surrogate { shape: Shape::Exponential { slope }, height, width: Width::Threshold };
    let settings = Settings { surrogate, ..Settings::default() };
    Ok(TrainableNetwork::new(&neurons.network(modules, 0)?, &settings)?)
}

/// What a file has beside the network's own tensors.
fn extras(scaling: &Scaling, calibration: &Calibration) -> [Tensor<f32>; 4] {
    let tensor = |name: &str, columns: usize, values: &[f32]| Tensor {
        name: format!("forward-model/{name}"),
        shape: vec![values.len() / columns, columns],
        values: values.to_vec(),
    };
    [
        tensor("centre", VALUES, &scaling.centre),
        tensor("scale", VALUES, &scaling.scale),
        tensor("gains", 2, &calibration.gains),
        tensor("surrogate", 2, &calibration.surrogate),
    ]
}
