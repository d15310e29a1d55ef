//! The network of the SPORE controller: visual neurons, each connected to every motor neuron.

use embody_brain::{CompileError, Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};
use embody_robots::Nanos;

use super::SporeSettings;

/// The population that sees.
pub(super) const VISUAL: &str = "visual";
/// The population that acts.
pub(super) const MOTOR: &str = "motor";
/// The projection that learns.
pub(super) const PROJECTION: &str = "visual-motor";

/// The network with that many visual neurons. The least delay of a spike is one tick.
pub(super) fn spec(settings: &SporeSettings, visual: usize, tick: Nanos) -> Result<NetworkSpec, CompileError> {
    Ok(NetworkSpec {
        tick_ns: tick.0,
        populations: vec![
            Population { name: VISUAL.into(), size: visual, kind: PopulationKind::Input },
            Population {
                name: MOTOR.into(),
                size: settings.motor_neurons,
                kind: PopulationKind::Neurons(Model::new("poisson_dbl_exp", &settings.neuron)?),
            },
        ],
        projections: vec![Projection {
            name: PROJECTION.into(),
            source: VISUAL.into(),
            target: MOTOR.into(),
            delay_ns: tick.0,
            synapses: Synapses::Plastic {
                per_pair: settings.synapses_per_pair,
                rule: Model::new("spore", &settings.plasticity)?,
            },
        }],
        readouts: vec![MOTOR.into()],
    })
}
