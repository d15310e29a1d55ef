//! Neurons that sum up all that arrives, whatever its sign, as populations of the float substrate.

use super::{
    Alif, Arrivals, BuildError, Crossing, CubaLif, CubaReadout, IntegrateAndFire, IntegrateAndFireState, LeakyIntegrator,
    LeakyReadout, Lif, NeuronKernel, PopulationContext, SeAdLif, Sums, SymplecticAdaptive, SymplecticAdaptiveState,
    SynapticCurrent,
};
use crate::numeric::{Kernel, dispatch, padded};
use crate::state::{self, State, StateError};

/// A population of `lif`, `alif`, `se_adlif` or `leaky_readout`; or of `cuba_lif` or `cuba_readout`, as the first and the last of these
/// behind a synapse.
#[derive(Clone)]
pub struct CurrentKernel {
    size: usize,
    kernel: Kernel,
    /// Synapses and their currents, where what arrives passes through any.
    synapse: Option<(SynapticCurrent<f32>, Vec<f32>)>,
    cell: Cell,
    /// Potential before the reset, distance from the threshold, free to fire: what a tick leaves and nobody here needs.
    crossing: [Vec<f32>; 3],
    /// Back-propagating action potentials: these neurons have none.
    bap: Vec<f32>,
}

#[derive(Clone)]
enum Cell {
    IntegrateAndFire(IntegrateAndFire<f32>, IntegrateAndFireState<f32>),
    SymplecticAdaptive(SymplecticAdaptive<f32>, SymplecticAdaptiveState<f32>),
    Readout(LeakyIntegrator<f32>, Vec<f32>),
}

impl CurrentKernel {
    /// Plain neurons.
    pub fn lif(p: &Lif, context: &PopulationContext) -> Result<Self, BuildError> {
        let neurons = IntegrateAndFire::lif(p, context.size, context.tick_ms)?;
        Ok(Self::new(context.size, Cell::IntegrateAndFire(neurons, IntegrateAndFireState::new(padded(context.size)))))
    }

    /// Adaptive neurons.
    pub fn alif(p: &Alif, context: &PopulationContext) -> Result<Self, BuildError> {
        let neurons = IntegrateAndFire::alif(p, context.size, context.tick_ms)?;
        Ok(Self::new(context.size, Cell::IntegrateAndFire(neurons, IntegrateAndFireState::new(padded(context.size)))))
    }

    /// Neurons with an adaptation current.
    pub fn se_adlif(p: &SeAdLif, context: &PopulationContext) -> Result<Self, BuildError> {
        let neurons = SymplecticAdaptive::new(p, context.size, context.tick_ms)?;
        Ok(Self::new(context.size, Cell::SymplecticAdaptive(neurons, SymplecticAdaptiveState::new(padded(context.size)))))
    }

    /// Readouts.
    pub fn leaky_readout(p: &LeakyReadout, context: &PopulationContext) -> Result<Self, BuildError> {
        let readouts = LeakyIntegrator::new(p, context.size, context.tick_ms)?;
        Ok(Self::new(context.size, Cell::Readout(readouts, vec![0.0; padded(context.size)])))
    }

    /// Plain neurons behind a synaptic current.
    pub fn cuba_lif(p: &CubaLif, context: &PopulationContext) -> Result<Self, BuildError> {
        let synapse = SynapticCurrent::new(&p.tau_syn_ms, &p.bias_syn, context.size, context.tick_ms)?;
        Ok(Self::lif(&p.membrane(), context)?.behind(synapse))
    }

    /// Readouts behind a synaptic current.
    pub fn cuba_readout(p: &CubaReadout, context: &PopulationContext) -> Result<Self, BuildError> {
        let synapse = SynapticCurrent::new(&p.tau_syn_ms, &p.bias_syn, context.size, context.tick_ms)?;
        Ok(Self::leaky_readout(&p.integrator(), context)?.behind(synapse))
    }

    fn new(size: usize, cell: Cell) -> Self {
        let zeros = vec![0.0; padded(size)];
        let crossing = std::array::from_fn(|_| zeros.clone());
        CurrentKernel { size, kernel: Kernel::detect(), synapse: None, cell, crossing, bap: zeros }
    }

    fn behind(self, synapse: SynapticCurrent<f32>) -> Self {
        CurrentKernel { synapse: Some((synapse, vec![0.0; padded(self.size)])), ..self }
    }

    /// The same with the given version of the kernels.
    #[must_use]
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        CurrentKernel { kernel, ..self }
    }
}

#[inline(always)]
fn arrive(synapse: &SynapticCurrent<f32>, currents: &mut [f32], arriving: &[f32]) {
    synapse.step(currents, arriving);
}

#[inline(always)]
fn step(cell: &mut Cell, current: &[f32], crossing: &mut [Vec<f32>; 3]) {
    let [v, distance, free] = crossing;
    let crossing = Crossing { v, distance, free };
    match cell {
        Cell::IntegrateAndFire(neurons, state) => neurons.step(state.row(0, current.len()), current, crossing, None),
        Cell::SymplecticAdaptive(neurons, state) => neurons.step(state, 0, current, crossing, None),
        Cell::Readout(readouts, y) => readouts.step(y, current),
    }
}

impl Cell {
    fn save(&self) -> Vec<u8> {
        match self {
            Cell::IntegrateAndFire(_, state) => state::write(state),
            Cell::SymplecticAdaptive(_, state) => state::write(state),
            Cell::Readout(_, y) => state::write(y),
        }
    }

    /// Takes the state of `size` neurons.
    fn load(&mut self, bytes: &[u8], size: usize) -> Result<(), StateError> {
        let n = padded(size);
        match self {
            Cell::IntegrateAndFire(_, state) => {
                let loaded: IntegrateAndFireState<f32> = state::read(bytes)?;
                *state = if loaded.fits(n) { loaded } else { return Err(other(size)) };
            }
            Cell::SymplecticAdaptive(_, state) => {
                let loaded: SymplecticAdaptiveState<f32> = state::read(bytes)?;
                *state = if loaded.fits(n) { loaded } else { return Err(other(size)) };
            }
            Cell::Readout(_, y) => {
                let loaded: Vec<f32> = state::read(bytes)?;
                *y = if loaded.len() == n { loaded } else { return Err(other(size)) };
            }
        }
        Ok(())
    }
}

fn other(size: usize) -> StateError {
    StateError(format!("expected a population of {size} neurons"))
}

impl State for CurrentKernel {
    fn save(&self) -> Vec<u8> {
        match &self.synapse {
            Some((_, currents)) => state::write(&(currents, self.cell.save())),
            None => self.cell.save(),
        }
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let Some((_, currents)) = &mut self.synapse else { return self.cell.load(bytes, self.size) };
        let (loaded, cell): (Vec<f32>, Vec<u8>) = state::read(bytes)?;
        if loaded.len() != currents.len() {
            return Err(other(self.size));
        }
        self.cell.load(&cell, self.size)?;
        *currents = loaded;
        Ok(())
    }
}

impl NeuronKernel for CurrentKernel {
    fn tick(&mut self, arrivals: Arrivals<'_>, spikes: &mut Vec<u32>) {
        let mut current = arrivals.excitatory;
        if let Some((synapse, currents)) = &mut self.synapse {
            dispatch!(self.kernel, arrive(synapse: &SynapticCurrent<f32>, currents: &mut [f32], current: &[f32]));
            current = currents;
        }
        let (cell, crossing) = (&mut self.cell, &mut self.crossing);
        dispatch!(self.kernel, step(cell: &mut Cell, current: &[f32], crossing: &mut [Vec<f32>; 3]));
        let z = match &self.cell {
            Cell::IntegrateAndFire(_, state) => &state.z,
            Cell::SymplecticAdaptive(_, state) => &state.z,
            Cell::Readout(..) => return,
        };
        for (i, &z) in z[..self.size].iter().enumerate() {
            if z > 0.0 {
                spikes.push(i as u32);
            }
        }
    }

    fn bap(&self) -> &[f32] {
        &self.bap
    }

    fn membrane(&self) -> &[f32] {
        match &self.cell {
            Cell::IntegrateAndFire(_, state) => &state.v,
            Cell::SymplecticAdaptive(_, state) => &state.u,
            Cell::Readout(_, y) => y,
        }
    }

    fn current(&self) -> Option<&[f32]> {
        self.synapse.as_ref().map(|(_, currents)| &currents[..])
    }

    fn duplicate(&self) -> Box<dyn NeuronKernel> {
        Box::new(self.clone())
    }

    fn sums(&self) -> Sums {
        Sums::Together
    }

    fn values(&self) -> Option<&[f32]> {
        match &self.cell {
            Cell::Readout(_, y) => Some(&y[..self.size]),
            _ => None,
        }
    }
}
