//! Finished runs side by side, as a table in Markdown: what was reached on which substrate, what the chip made of the weights, energy and speed.
//!
//! Folders that differ in a number at their end (`loihi-1`, `loihi-2`) are runs of one row.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use embody_bridges::chips::energy::Evidence;

use super::EnergyAccount;
use crate::run::folder::{SUMMARY, Summary, read_summary};

/// The runs of a row.
struct Row {
    name: String,
    runs: Vec<Summary>,
}

/// A table of the runs in these folders, a column for each of the metrics.
///
/// # Errors
/// If a folder has no summary of a finished run, or lacks a metric: it is named.
pub(crate) fn table(folders: &[PathBuf], metrics: &[String]) -> Result<String, String> {
    let mut rows: Vec<Row> = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        if folders[..at].contains(folder) {
            return Err(format!("{}: expected each run once, found it twice", folder.display()));
        }
        let (name, summary) = (group(folder), read(folder, metrics)?);
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => {
                let (expected, found) = (kind(&row.runs[0]), kind(&summary));
                if expected != found {
                    let folder = folder.display();
                    return Err(format!("{folder}: expected a run of {expected}, as others of {name:?}, found one of {found}"));
                }
                row.runs.push(summary);
            }
            None => rows.push(Row { name, runs: vec![summary] }),
        }
    }
    let columns = metrics.iter().map(|metric| format!(" {metric} |")).collect::<String>();
    let lines = "---|".repeat(5 + metrics.len());
    let mut text = format!(
        "| runs | substrate |{columns} weights off by | network takes, by simulated second | times real time |\n|{lines}\n"
    );
    for row in &rows {
        row.write(&mut text, metrics);
    }
    Ok(text)
}

/// The folder's name without a number at its end.
fn group(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    match stem.strip_suffix('-') {
        Some(stem) if stem.len() + 1 < name.len() => stem.into(),
        _ => name.into(),
    }
}

/// What runs of a row have in common. A run whose task was over before its time ended by itself.
fn kind(run: &Summary) -> String {
    let length = if run.task_over { "to its end".into() } else { format!("{} s", run.simulated_s) };
    format!("{} with {} on {}, {length}", run.scenario, run.controller, run.substrate)
}

fn read(folder: &Path, metrics: &[String]) -> Result<Summary, String> {
    let fail = |why: String| format!("{}: {why}", folder.join(SUMMARY).display());
    let summary = read_summary(folder).map_err(|e| e.to_string())?;
    if !summary.finished {
        return Err(fail("expected a finished run, found one that was stopped".into()));
    }
    if let Some(metric) = metrics.iter().find(|metric| !summary.metrics.contains_key(*metric)) {
        let known: Vec<&str> = summary.metrics.keys().map(String::as_str).collect();
        return Err(fail(format!("there is no metric {metric:?}: expected one of {}", known.join(", "))));
    }
    Ok(summary)
}

impl Row {
    fn write(&self, text: &mut String, metrics: &[String]) {
        // Writing to a string doesn't fail.
        let _ = write!(text, "| {} | {} |", self.name, self.runs[0].substrate);
        for metric in metrics {
            let values: Vec<f64> = self.runs.iter().map(|run| run.metrics[metric]).collect();
            let _ = write!(text, " {} |", mean_and_each(&values));
        }
        let accounts = || self.runs.iter().filter_map(|run| run.account.as_ref());
        let off = mean(accounts().map(|account| 100.0 * account.fidelity.quantisation_error));
        let off = off.map_or("0".into(), |off| format!("{} %", digits(off)));
        let speed = mean(self.runs.iter().map(|run| run.real_time_factor)).map_or_else(String::new, digits);
        let _ = writeln!(text, " {off} | {} | {speed} |", self.energy());
    }

    /// Energy by simulated time, least and most over the runs.
    fn energy(&self) -> String {
        let energies: Vec<(&EnergyAccount, f64)> = self
            .runs
            .iter()
            .filter_map(|run| Some((run.account.as_ref()?.energy.as_ref()?, run.simulated_s)))
            .filter(|(_, simulated)| *simulated > 0.0)
            .collect();
        let joules = |at: usize| energies.iter().map(move |(energy, s)| energy.total_j.unwrap_or(energy.subtotal_j)[at] / s);
        let (low, high) = (joules(0).fold(f64::INFINITY, f64::min), joules(1).fold(0.0, f64::max));
        if energies.is_empty() {
            return "no prices".into();
        }
        let [low, high] = [low, high].map(|joules| digits(1e3 * joules));
        let range = if low == high { low } else { format!("{low} to {high}") };
        let no_total = energies.iter().any(|(energy, _)| energy.total_j.is_none());
        let least = if energies.iter().any(|(energy, _)| energy.at_least) { "at least " } else { "" };
        let evidence = energies.iter().filter_map(|(energy, _)| energy.evidence).max();
        let grade = evidence.map_or("no evidence".into(), |evidence: Evidence| evidence.to_string());
        format!("{least}{range} mJ ({grade}{})", if no_total { "; no total, as terms have no price" } else { "" })
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The mean, and where there are several values their standard deviation and each of them.
fn mean_and_each(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    match values {
        [_] | [] => digits(mean),
        _ => {
            let squares = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
            let deviation = (squares / (values.len() - 1) as f64).sqrt();
            let each: Vec<String> = values.iter().copied().map(digits).collect();
            format!("{} +- {} ({})", digits(mean), digits(deviation), each.join(", "))
        }
    }
}

/// Three significant digits, or all before the point.
fn digits(x: f64) -> String {
    let size = x.abs();
    match size {
        _ if size == 0.0 => "0".into(),
        _ if size >= 100.0 => format!("{x:.0}"),
        _ if size >= 10.0 => format!("{x:.1}"),
        _ if size >= 1.0 => format!("{x:.2}"),
        _ if size >= 1e-3 => format!("{x:.3}"),
        _ => format!("{x:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_at_the_end_tells_runs_of_a_row_apart() {
        for (folder, expected) in
            [("a/loihi-1", "loihi"), ("loihi-12", "loihi"), ("trunk10", "trunk10"), ("loihi-", "loihi-"), ("7", "7")]
        {
            assert_eq!(group(Path::new(folder)), expected, "{folder}");
        }
    }

    #[test]
    fn numbers_have_three_digits() {
        let said = [0.0, 1e-6, 0.0123, 1.234, 56.78, 901.2].map(digits);
        assert_eq!(said, ["0", "1.0e-6", "0.012", "1.23", "56.8", "901"]);
        assert_eq!(mean_and_each(&[1.0, 3.0]), "2.00 +- 1.41 (1.00, 3.00)");
        assert_eq!(mean_and_each(&[1.0]), "1.00");
    }
}
