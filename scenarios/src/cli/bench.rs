//! `embody bench`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{Failure, say};
use crate::bench::{BENCHMARKS, Benchmark, Machine, Row};
use crate::registry::Registry;

/// Arguments of `embody bench`.
#[derive(Args)]
#[command(after_help = about())]
pub struct Arguments {
    /// Name of one benchmark [default: all, one after the other]
    name: Option<String>,
    /// Prints the rows as JSON
    #[arg(long)]
    json: bool,
}

/// The benchmarks and what they measure.
fn about() -> String {
    let lines: Vec<String> = BENCHMARKS.iter().map(|b| format!("  {:<11} {}", b.name, b.about)).collect();
    format!("Benchmarks:\n{}", lines.join("\n"))
}

/// Measures, and reports what came of it.
pub fn bench(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    // As the programs are that it measures.
    super::network::keep_to_two_threads();
    let benchmarks = Benchmark::select(arguments.name.as_deref())?;
    let watched = std::io::stderr().is_terminal();
    let mut rows = Vec::new();
    for (number, benchmark) in benchmarks.iter().enumerate() {
        if watched {
            // Whoever closed standard error doesn't want to know.
            let _ = writeln!(std::io::stderr(), "{} of {}: {}", number + 1, benchmarks.len(), benchmark.name);
        }
        rows.extend(benchmark.measure(registry)?);
    }
    if arguments.json {
        say(serde_json::to_string_pretty(&rows)?)?;
    } else {
        say(Machine::here())?;
        table(&rows).iter().try_for_each(say)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The rows as aligned lines under a header.
fn table(rows: &[Row]) -> Vec<String> {
    let header = ["name", "value", "unit", "baseline", "ratio"].map(String::from);
    let cells = rows.iter().map(|row| {
        let [value, baseline, ratio] = [row.value, row.baseline, row.ratio].map(short);
        [row.name.clone(), value, row.unit.into(), baseline, ratio]
    });
    let lines: Vec<[String; 5]> = std::iter::once(header).chain(cells).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let [name, value, unit, baseline, ratio] = [0, 1, 2, 3, 4].map(width);
    let line = |[a, b, c, d, e]: &[String; 5]| format!("{a:<name$}  {b:>value$}  {c:<unit$}  {d:>baseline$}  {e:>ratio$}");
    lines.iter().map(line).collect()
}

/// Three digits that say something, or all before the point.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        0.0..0.1 => 4,
        0.1..1.0 => 3,
        1.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned() {
        let row = |name: &str, value, ratio| Row { name: name.into(), value, unit: "us", baseline: 0.5, ratio };
        let lines = table(&[row("a", 0.0314, 15.9), row("longer", 1234.5, 0.25)]);
        assert_eq!(lines[0], "name     value  unit  baseline  ratio");
        assert_eq!(lines[1], "a       0.0314  us       0.500   15.9");
        assert_eq!(lines[2], "longer    1234  us       0.500  0.250");
    }

    #[test]
    fn every_benchmark_can_be_chosen_and_no_other() {
        for benchmark in BENCHMARKS {
            assert_eq!(Benchmark::select(Some(benchmark.name)).unwrap().len(), 1);
        }
        assert_eq!(Benchmark::select(None).unwrap().len(), BENCHMARKS.len());
        let error = Benchmark::select(Some("rendering")).err().unwrap().to_string();
        assert!(error.contains("rendering") && error.contains("plasticity, noise"), "{error}");
    }
}
