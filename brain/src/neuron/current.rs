//! Neurons that sum up all that arrives, whatever its sign, as populations of the float substrate.

use super::{
    Alif, Arrivals, BuildError, Crossing, IntegrateAndFire, IntegrateAndFireState, LeakyIntegrator, LeakyReadout, Lif,
    NeuronKernel, PopulationContext, SeAdLif, Sums, SymplecticAdaptive, SymplecticAdaptiveState,
};
use crate::numeric::{Kernel, dispatch, padded};
use crate::state::{self, State, StateError};

/// A population of `lif`, `alif`, `se_adlif` or `leaky_readout`.
#[derive(Clone)]
pub struct CurrentKernel {
    size: usize,
    kernel: Kernel,
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

    fn new(size: usize, cell: Cell) -> Self {
        let zeros = vec![0.0; padded(size)];
        CurrentKernel { size, kernel: Kernel::detect(), cell, crossing: std::array::from_fn(|_| zeros.clone()), bap: zeros }
    }

    /// The same with the given version of the kernels.
    #[must_use]
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        CurrentKernel { kernel, ..self }
    }
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

impl State for CurrentKernel {
    fn save(&self) -> Vec<u8> {
        match &self.cell {
            Cell::IntegrateAndFire(_, state) => state::write(state),
            Cell::SymplecticAdaptive(_, state) => state::write(state),
            Cell::Readout(_, y) => state::write(y),
        }
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let n = padded(self.size);
        let other = || StateError(format!("expected a population of {} neurons", self.size));
        match &mut self.cell {
            Cell::IntegrateAndFire(_, state) => {
                let loaded: IntegrateAndFireState<f32> = state::read(bytes)?;
                *state = if loaded.fits(n) { loaded } else { return Err(other()) };
            }
            Cell::SymplecticAdaptive(_, state) => {
                let loaded: SymplecticAdaptiveState<f32> = state::read(bytes)?;
                *state = if loaded.fits(n) { loaded } else { return Err(other()) };
            }
            Cell::Readout(_, y) => {
                let loaded: Vec<f32> = state::read(bytes)?;
                *y = if loaded.len() == n { loaded } else { return Err(other()) };
            }
        }
        Ok(())
    }
}

impl NeuronKernel for CurrentKernel {
    fn tick(&mut self, arrivals: Arrivals<'_>, spikes: &mut Vec<u32>) {
        let (cell, current, crossing) = (&mut self.cell, arrivals.excitatory, &mut self.crossing);
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
