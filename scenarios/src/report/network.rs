//! A network in a line.

use embody_brain::{NetworkSpec, PopulationKind, Synapses};

use crate::words::count;

/// Its populations, then its projections.
pub fn in_a_line(network: &NetworkSpec) -> String {
    let populations = network.populations.iter().map(|population| {
        let what = match &population.kind {
            PopulationKind::Input => "inputs",
            PopulationKind::Analogue => "analogue inputs",
            PopulationKind::Neurons(model) => &model.name,
        };
        format!("{}: {} {what}", population.name, count(population.size as u64))
    });
    let projections = network.projections.iter().map(|projection| {
        let what = match &projection.synapses {
            Synapses::Fixed(_) => "fixed synapses".to_owned(),
            Synapses::Plastic { rule, .. } => format!("synapses that learn by {}", rule.name),
        };
        format!("{}: {} {what}", projection.name, count(network.synapses(projection).unwrap_or(0) as u64))
    });
    populations.chain(projections).collect::<Vec<_>>().join("; ")
}
