//! `embody nir`: networks in the neuromorphic intermediate representation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use embody_brain::NetworkSpec;
use embody_bridges::nir::{self, Document, ExportSettings, Integration, Limits};

use super::network_file::{self, Steps, is_json, is_nir, named};
use super::{Failure, mention, say, table};
use crate::network_file::Choices;
use crate::registry::Registry;
use crate::run::folder;

/// Arguments of `embody nir`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the nodes of a graph with their shapes and parameters, its edges, and its circles.
    Info {
        /// Path of a NIR file
        file: PathBuf,
    },
    /// Looks for mistakes: shapes that don't fit, nodes without a way, circles without a state, numbers that are none.
    Check {
        /// Path of a NIR file
        file: PathBuf,
    },
    /// Runs a graph as it stands over an input, and writes what its nodes put out as CSV.
    Run(Run),
    /// Makes a network's description (.json) or a NIR file (.nir) of either, of a scenario's network, or of what a finished run has learned.
    Convert(Convert),
}

/// Arguments of `embody nir run`.
#[derive(Args)]
struct Run {
    /// Path of a NIR file
    file: PathBuf,
    /// Its input: a row of numbers for each step, a column for each channel
    input: PathBuf,
    #[command(flatten)]
    steps: Steps,
    /// A node to record; may be repeated [default: the graph's outputs]
    #[arg(long, value_name = "NODE")]
    record: Vec<String>,
    /// The file to write [default: standard output]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Arguments of `embody nir convert`.
#[derive(Args)]
struct Convert {
    /// A NIR file (.nir), a description (.json), a scenario, which is a name of the library or a file (.toml), or the folder of a finished
    /// run, whose controller is taken as it was at its end
    from: String,
    /// The file to write: .nir or .json
    to: PathBuf,
    #[command(flatten)]
    steps: Steps,
    /// Leaves out refractory periods, which NIR can't express, and says so
    #[arg(long)]
    drop_refractory: bool,
    /// What becomes of neurons that fire at random (poisson_dbl_exp), which NIR can't express: their membrane potential is the output, without
    /// the spike generator, and what is left out is said
    #[arg(long, value_name = "WHAT", value_parser = ["potentials"])]
    poisson: Option<String>,
    /// Changes a value of the scenario; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Networks in NIR.
pub fn nir(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Info { file } => {
            say(nir::info(&network_file::document(file)?).trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { file } => check(file),
        Command::Run(arguments) => run(arguments),
        Command::Convert(arguments) => convert(registry, arguments),
    }
}

fn check(file: &Path) -> Result<ExitCode, Failure> {
    let report = nir::check(&network_file::document(file)?.graph);
    for (what, findings) in [("error", &report.errors), ("note", &report.notes)] {
        for finding in findings {
            say(format_args!("{}: {what}: {}: {}", file.display(), finding.node, finding.why))?;
        }
    }
    if report.errors.is_empty() {
        say(format_args!("{}: fine", file.display()))?;
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(arguments: &Run) -> Result<ExitCode, Failure> {
    let (file, limits) = (&arguments.file, Limits::default());
    let document = network_file::document(file)?;
    let discretisation = arguments.steps.of(&document, file)?;
    let named = |error: nir::NirError| named(file, error);
    let channels = nir::Interpreter::new(&document.graph, &discretisation, &limits).map_err(named)?.channels();
    let rows = table::read(&arguments.input, channels)?;
    let record: Vec<&str> = arguments.record.iter().map(String::as_str).collect();
    let recording = nir::run(&document.graph, &discretisation, &rows.concat(), &record, &limits).map_err(named)?;
    mention(format_args!("{}: {}", file.display(), recording.discretisation));
    let mut series: Vec<(String, &[f32], usize)> = Vec::new();
    for (node, trace) in &recording.traces {
        let all = [("", Some(&trace.output)), (".v", trace.voltage.as_ref()), (".i", trace.current.as_ref())];
        series.extend(all.into_iter().filter_map(|(what, values)| Some((format!("{node}{what}"), &values?[..], trace.size()))));
    }
    let mut text = String::new();
    let names = series.iter().flat_map(|(name, _, size)| (0..*size).map(move |i| format!("{name}[{i}]")));
    table::line(&mut text, std::iter::once("step".to_owned()).chain(names));
    for step in 0..recording.steps {
        let values =
            series.iter().flat_map(|(_, values, size)| values[step * size..(step + 1) * size].iter().map(f32::to_string));
        table::line(&mut text, std::iter::once(step.to_string()).chain(values));
    }
    table::write(arguments.out.as_deref(), &text)?;
    Ok(ExitCode::SUCCESS)
}

fn convert(registry: &Arc<Registry>, arguments: &Convert) -> Result<ExitCode, Failure> {
    let (from, to) = (Path::new(&arguments.from), &arguments.to);
    if !is_json(to) && !is_nir(to) {
        return Err(format!("{}: expected the name of a file that ends in .nir or .json", to.display()).into());
    }
    if is_json(to) && (arguments.drop_refractory || arguments.poisson.is_some()) {
        let why = "--drop-refractory and --poisson say what becomes of what NIR can't express";
        return Err(format!("{}: expected a NIR file: {why}", to.display()).into());
    }
    let is_file = is_nir(from) || is_json(from);
    if is_file && !arguments.set.is_empty() {
        return Err(format!("{}: --set changes a scenario: expected none with a file", from.display()).into());
    }
    if !is_nir(from) {
        // Of what has steps of its own the equation alone is to be chosen, of which they are steps in NIR.
        let integration = if is_nir(to) { None } else { arguments.steps.choices().integration };
        Choices { integration, ..arguments.steps.choices() }.refuse(from, "--")?;
    }
    // A scenario of the library wins over a folder of its name, which ./NAME is.
    let is_run = from.is_dir() && !registry.library.contains_key(&arguments.from);
    // The equation that steps are written as: what was asked for, or that of the graph they come from, or else decay as networks here have it.
    let mut integration = arguments.steps.choices().integration;
    let spec = if is_file {
        let described = Steps::default();
        let read = network_file::network(from, if is_nir(from) { &arguments.steps } else { &described })?;
        integration = read.integration.or(integration);
        read.spec
    } else if is_run {
        if !arguments.set.is_empty() {
            return Err("--set changes a scenario, and a run has been: expected none with a run's folder".into());
        }
        network_file::of_run(registry, from)?
    } else {
        network_file::of_scenario(registry, &arguments.from, &arguments.set)?
    };
    let integration = integration.unwrap_or(Integration::Exponential);
    let bytes = if is_json(to) { serde_json::to_vec_pretty(&spec)? } else { exported(arguments, &spec, integration)? };
    folder::replace(to, &bytes)?;
    say(format_args!("{}: {} populations, {} projections", to.display(), spec.populations.len(), spec.projections.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// A network as a NIR file.
fn exported(arguments: &Convert, spec: &NetworkSpec, integration: Integration) -> Result<Vec<u8>, Failure> {
    let settings = ExportSettings { integration, drop_refractory: arguments.drop_refractory };
    let named = |error: nir::NirError| named(Path::new(&arguments.from), error);
    let export = if arguments.poisson.is_some() { nir::export_potentials } else { nir::export };
    let export = export(spec, &BTreeMap::new(), &settings).map_err(named)?;
    mention(format_args!("{}: {}", arguments.from, export.discretisation));
    for note in &export.notes {
        mention(format_args!("{}: {}: {}", arguments.from, note.node, note.why));
    }
    Ok(Document::new(export.graph).write().map_err(named)?)
}
