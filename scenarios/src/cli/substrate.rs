//! `embody substrate`: what emulated chips make of a scenario's network, or of one in a file.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use embody_brain::{Network, NetworkSpec, PopulationKind, TickInput, TickOutput};

use super::network_file::{self, Steps};
use super::{Failure, mention, say, table};
use crate::registry::Registry;
use crate::scenario::Loaded;

/// Arguments of `embody substrate`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tells for each substrate what it makes of a scenario's network: what is lost, changed, taken, and left to the host, or why it can't run it.
    Info(Which),
    /// Checks that a scenario's network runs on its own substrate, or on another one.
    Check(Which),
    /// Prints a table of finished runs side by side, in Markdown: figures, weights, energy, speed.
    Compare(Compare),
    /// Runs a network on a chip step by step, and writes its variables in the chip's own numbers, and its spikes, as CSV.
    Trace(Trace),
}

/// Of which scenario.
#[derive(Args)]
struct Which {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    scenario: String,
    /// The substrate (embody list) [default: of info all, of check the scenario's]
    #[arg(long)]
    substrate: Option<String>,
    /// Changes a value of the scenario, such as substrate.plasticity=host; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Arguments of `embody substrate compare`.
#[derive(Args)]
struct Compare {
    /// Run folders; those that differ in a number at their end, such as loihi-1 and loihi-2, share a row
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// A metric of the runs' summaries; may be repeated
    #[arg(long, value_name = "NAME", required = true)]
    metric: Vec<String>,
}

/// Arguments of `embody substrate trace`.
#[derive(Args)]
struct Trace {
    /// The chip (embody list)
    chip: String,
    /// The network: a NIR file (.nir), or a description as embody nir convert writes it (.json)
    network: PathBuf,
    /// Its input: a row of numbers for each step, a column for each neuron of its inputs
    input: PathBuf,
    #[command(flatten)]
    steps: Steps,
    /// An option of the chip, such as weight_bits=7; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of whatever is drawn at random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file to write [default: standard output]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What emulated chips make of a network.
pub fn substrate(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Compare(compare) => {
            say(crate::substrate::table(&compare.runs, &compare.metric)?.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Info(which) => info(registry, which),
        Command::Check(which) => {
            let loaded = which.load(registry, which.substrate.as_deref())?;
            let network = compile(registry, &loaded, &spec_of(registry, which)?)?;
            tell(&*network)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Trace(arguments) => trace(registry, arguments),
    }
}

impl Which {
    fn load(&self, registry: &Registry, substrate: Option<&str>) -> Result<Loaded, Failure> {
        let kind = substrate.map(|kind| format!("substrate.kind={kind}"));
        let settings: Vec<String> = kind.into_iter().chain(self.set.iter().cloned()).collect();
        Ok(Loaded::find(registry, &self.scenario, &settings)?)
    }
}

/// The network of a scenario's controller, as it is described: built in single precision, where nothing is refused.
fn spec_of(registry: &Arc<Registry>, which: &Which) -> Result<NetworkSpec, Failure> {
    let own = |setting: &&String| !setting.trim_start().starts_with("substrate");
    let settings: Vec<String> = which.set.iter().filter(own).cloned().chain(["substrate=float".into()]).collect();
    network_file::of_scenario(registry, &which.scenario, &settings)
}

fn compile(registry: &Registry, loaded: &Loaded, spec: &NetworkSpec) -> Result<Box<dyn Network>, Failure> {
    Ok(loaded.compiler(registry)?(spec, loaded.scenario.seed)?)
}

fn info(registry: &Arc<Registry>, which: &Which) -> Result<ExitCode, Failure> {
    let spec = spec_of(registry, which)?;
    let kinds: Vec<&str> = match &which.substrate {
        Some(kind) => vec![kind],
        None => registry.substrates.keys().copied().collect(),
    };
    for (number, kind) in kinds.into_iter().enumerate() {
        if number > 0 {
            say("")?;
        }
        // Options that a scenario has for one chip say nothing to the others.
        match which.load(registry, Some(kind)).and_then(|loaded| compile(registry, &loaded, &spec)) {
            Ok(network) => tell(&*network)?,
            Err(error) if which.substrate.is_none() => say(format_args!("{kind}: no: {error}"))?,
            Err(error) => return Err(error),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what compiling made of a network.
fn tell(network: &dyn Network) -> std::io::Result<()> {
    told(network).iter().try_for_each(say)
}

/// The same as lines.
fn told(network: &dyn Network) -> Vec<String> {
    let fidelity = network.fidelity();
    let (name, error, clipped) = (network.substrate(), 100.0 * fidelity.quantisation_error, fidelity.clipped);
    let weights = format!("{name}: weights are off by {error:.3} % of their root mean square, {clipped} are clipped");
    let takes = |(name, used, available): &(String, f64, f64)| {
        format!("  takes    {used} of {available} {name}, {} are left", available - used)
    };
    let on_host = fidelity.on_host.iter().map(|(what, why)| format!("  on host  {what}: {why}"));
    let changed = fidelity.changed.iter().map(|(what, change)| format!("  changed  {what}: {change}"));
    std::iter::once(weights).chain(fidelity.resources.iter().map(takes)).chain(on_host).chain(changed).collect()
}

fn trace(registry: &Arc<Registry>, arguments: &Trace) -> Result<ExitCode, Failure> {
    let part = registry.substrates.get(arguments.chip.as_str()).ok_or_else(|| {
        let known: Vec<&str> = registry.substrates.keys().copied().collect();
        format!("there is no substrate {:?}: expected one of {}", arguments.chip, known.join(", "))
    })?;
    let mut options = crate::config::Node::parse("", "options")?;
    arguments.set.iter().try_for_each(|setting| options.apply_set(setting))?;
    let compile = part.build(&(part.resolve)(&options)?, &registry.models)?;
    let mut spec = network_file::network(&arguments.network, &arguments.steps)?.spec;
    let inside = |kind: &PopulationKind| matches!(kind, PopulationKind::Neurons(_));
    spec.readouts = spec.populations.iter().filter(|p| inside(&p.kind)).map(|p| p.name.clone()).collect();
    let named = |error: embody_brain::CompileError| network_file::named(&arguments.network, error);
    let mut network = compile(&spec, arguments.seed).map_err(named)?;
    told(&*network).iter().for_each(mention);
    let columns = spec.populations.iter().filter(|p| !inside(&p.kind)).map(|p| p.size).sum();
    let input = table::read(&arguments.input, columns)?;
    let mut text = String::new();
    let mut output = TickOutput::default();
    for (step, row) in input.iter().enumerate() {
        let spikes = present(&spec, &mut *network, row)?;
        let spikes: Vec<&[u32]> = spikes.iter().map(Vec::as_slice).collect();
        network.tick(TickInput { spikes: &spikes, ..TickInput::default() }, &mut output);
        let row = columns_of(&spec, &*network, &output);
        if step == 0 {
            let names = row.iter().map(|(name, _)| name.as_str());
            table::line(&mut text, std::iter::once("step").chain(names));
        }
        let values = row.iter().map(|(_, value)| value.to_string());
        table::line(&mut text, std::iter::once(step.to_string()).chain(values));
    }
    table::write(arguments.out.as_deref(), &text)?;
    Ok(ExitCode::SUCCESS)
}

/// Sets the values of analogue inputs, and gives the spikes of the others: columns stand in the order of the populations.
fn present(spec: &NetworkSpec, network: &mut dyn Network, row: &[f32]) -> Result<Vec<Vec<u32>>, Failure> {
    let (mut at, mut spikes) = (0, Vec::new());
    for population in &spec.populations {
        let values = match population.kind {
            PopulationKind::Neurons(_) => continue,
            _ => &row[at..at + population.size],
        };
        at += population.size;
        match population.kind {
            PopulationKind::Analogue => network.set_values(&population.name, values)?,
            _ => spikes.push((0..).zip(values).filter(|(_, value)| **value != 0.0).map(|(i, _)| i).collect()),
        }
    }
    Ok(spikes)
}

/// The columns of a step: of each population its variables, and its spikes unless it is a readout, which has values and never fires.
fn columns_of(spec: &NetworkSpec, network: &dyn Network, output: &TickOutput) -> Vec<(String, f64)> {
    let mut columns = Vec::new();
    for (number, name) in spec.readouts.iter().enumerate() {
        let size = spec.population(name).map_or(0, |population| population.size);
        for (variable, values) in network.variables(name) {
            columns.extend((0..size).zip(values).map(|(i, value)| (format!("{name}.{variable}[{i}]"), value)));
        }
        if output.values.get(number).is_some_and(|values| !values.is_empty()) {
            continue;
        }
        let fired = |i: usize| output.spikes.get(number).is_some_and(|spikes| spikes.contains(&(i as u32)));
        columns.extend((0..size).map(|i| (format!("{name}.spike[{i}]"), f64::from(u8::from(fired(i))))));
    }
    columns
}
