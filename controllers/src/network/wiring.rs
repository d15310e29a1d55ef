//! Which of a network's inputs is fed by what, and which of its readouts is read.

use embody_brain::{NetworkSpec, Population, PopulationKind, Synapses};
use embody_robots::{FieldKind, ObservationSpec};

use super::NetworkSettings;

/// What feeds a network and what is read of it, found by name.
#[derive(Debug)]
pub(super) struct Wiring {
    /// The input that the encoder feeds.
    pub encoded: Option<Population>,
    /// Inputs that hold the values of a field of the observation: name, number of the field.
    pub observed: Vec<(String, usize)>,
    /// Number of the readout that is read, among the network's.
    pub readout: usize,
    /// Neurons of each readout, in their order, with its name.
    pub readouts: Vec<(String, usize)>,
}

impl Wiring {
    /// Finds all that the settings name.
    ///
    /// # Errors
    /// By the settings' key, what isn't there or doesn't fit; inputs that nothing feeds; projections that learn.
    pub fn new(spec: &NetworkSpec, settings: &NetworkSettings, observation: &ObservationSpec) -> Result<Wiring, String> {
        if let Some(plastic) = spec.projections.iter().find(|p| matches!(p.synapses, Synapses::Plastic { .. })) {
            let name = &plastic.name;
            return Err(format!(
                "file: expected fixed weights, found a rule in the projection {name:?}: a network that is brought along doesn't \
                 learn (embody nir convert RUN-FOLDER writes what a run has learned)"
            ));
        }
        let observed = observed(spec, settings, observation)?;
        let encoded = encoded(spec, settings)?.cloned();
        let sees = observation.fields.iter().any(|field| matches!(field.kind, FieldKind::Events { .. }));
        if let Some(input) = encoded.as_ref().filter(|_| !sees) {
            let (name, fields) = (&input.name, dense_fields(observation));
            return Err(format!("observations: expected a field for {name:?}, as the body has no event camera: {fields}"));
        }
        let size = |name: &String| match spec.population(name) {
            Some(population) => Ok((name.clone(), population.size)),
            None => Err(format!("file: readouts: there is no population {name:?}")),
        };
        let readouts = spec.readouts.iter().map(size).collect::<Result<Vec<_>, _>>()?;
        let readout = readout(&spec.readouts, &settings.output)?;
        Ok(Wiring { encoded, observed, readout, readouts })
    }
}

fn inputs(spec: &NetworkSpec) -> impl Iterator<Item = &Population> {
    spec.populations.iter().filter(|population| !matches!(population.kind, PopulationKind::Neurons(_)))
}

/// The inputs that fields feed.
fn observed(
    spec: &NetworkSpec,
    settings: &NetworkSettings,
    observation: &ObservationSpec,
) -> Result<Vec<(String, usize)>, String> {
    let dense = |name: &str| {
        let found = observation.fields.iter().enumerate().filter(|(_, field)| field.name == *name);
        found.filter_map(|(at, field)| Some((at, numbers(&field.kind)?))).next()
    };
    let mut observed = Vec::new();
    for (input, field) in &settings.observations {
        let key = format!("observations.{input}");
        let population = inputs(spec).find(|population| population.name == *input);
        let population =
            population.ok_or_else(|| format!("{key}: there is no such input: {}", one_of(inputs(spec).map(|p| &p.name))))?;
        if population.kind != PopulationKind::Analogue {
            return Err(format!("{key}: expected an input that holds values (Analogue), found one of spikes"));
        }
        let (at, size) = dense(field)
            .ok_or_else(|| format!("{key}: there is no such dense field {field:?}: {}", dense_fields(observation)))?;
        if size != population.size {
            return Err(format!("{key}: expected an input of {size}, the numbers of {field:?}, found {}", population.size));
        }
        observed.push((input.clone(), at));
    }
    Ok(observed)
}

fn dense_fields(observation: &ObservationSpec) -> String {
    one_of(observation.fields.iter().filter(|field| numbers(&field.kind).is_some()).map(|field| &field.name))
}

fn numbers(kind: &FieldKind) -> Option<usize> {
    match kind {
        FieldKind::Dense { shape, .. } => Some(shape.iter().product()),
        FieldKind::Events { .. } => None,
    }
}

/// The input that is left for the encoder.
fn encoded<'a>(spec: &'a NetworkSpec, settings: &NetworkSettings) -> Result<Option<&'a Population>, String> {
    let free: Vec<&Population> = inputs(spec).filter(|p| !settings.observations.contains_key(&p.name)).collect();
    let names = || free.iter().map(|population| &population.name);
    match (settings.input.as_str(), &free[..]) {
        ("", []) if settings.observations.is_empty() => Err("file: expected a network with an input, found none".into()),
        ("", []) => Ok(None),
        ("", [only]) => Ok(Some(only)),
        ("", _) => Err(format!("input: expected which one the encoder feeds, {}", one_of(names()))),
        (name, _) => {
            let fed = free
                .iter()
                .find(|p| p.name == name)
                .ok_or_else(|| format!("input: there is no input {name:?} that is left to the encoder: {}", one_of(names())))?;
            match free.iter().find(|p| p.name != name) {
                Some(unfed) => {
                    let unfed = &unfed.name;
                    Err(format!("observations: expected a dense field for each other input, found none for {unfed:?}"))
                }
                None => Ok(Some(fed)),
            }
        }
    }
}

/// The number of the readout that is read.
fn readout(readouts: &[String], output: &str) -> Result<usize, String> {
    match (output, readouts) {
        ("", []) => Err("file: expected a network with a readout, found none".into()),
        ("", [_]) => Ok(0),
        ("", _) => Err(format!("output: expected which one the decoder reads, {}", one_of(readouts.iter()))),
        (name, _) => {
            let found = readouts.iter().position(|readout| readout == name);
            found.ok_or_else(|| format!("output: there is no readout {name:?}: {}", one_of(readouts.iter())))
        }
    }
}

fn one_of<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    if names.is_empty() { "found none at all".into() } else { format!("expected one of {}", names.join(", ")) }
}
