//! What a study found: `study.json`, `study.csv`, `study.svg` and, where a controller shows one, `map.svg`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Study;
use crate::plot::{self, Curve};
use crate::preference;
use crate::run::folder::{self, FolderError, MAPS, Summary};
use crate::run::{Outcome, RunError, Table};

/// What a study found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    /// Name of the scenario.
    pub scenario: String,
    /// The task's first metric, which the tables below are about.
    pub metric: String,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Simulated time of each run (s).
    pub simulated_s: f64,
    /// Version of the program.
    pub version: String,
    /// Revision of its source.
    pub git: String,
    /// The variants, in the order of the scenario.
    pub variants: Vec<Variant>,
}

/// What one variant came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// What closed the loop.
    pub controller: String,
    /// Each run.
    pub runs: Vec<Run>,
    /// Over the seeds, for each whole hour.
    pub hours: Vec<Hour>,
}

/// One run of a variant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    /// Master seed.
    pub seed: u64,
    /// Its trace hash.
    pub trace_hash: String,
    /// Simulated over wall time.
    pub real_time_factor: f64,
    /// Metrics over its last hour.
    pub metrics: BTreeMap<String, f64>,
    /// The metric in each whole hour: the mean over the hour's windows.
    pub by_hour: Vec<f64>,
}

/// The metric over the seeds in the hour that ends at `hour`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hour {
    /// When the hour ends (h).
    pub hour: usize,
    /// Mean over the seeds.
    pub mean: f64,
    /// Median over the seeds.
    pub median: f64,
    /// Half the width of the mean's 95 % confidence interval (Student's t); none for a single seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
    /// Least over the seeds.
    pub worst: f64,
    /// Mean as a share of the variant `ideal` over all its hours and seeds, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_of_ideal: Option<f64>,
    /// Worst seed as a share of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_share_of_ideal: Option<f64>,
    /// Mean over that of the variant `blind` over all its hours and seeds, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_blind: Option<f64>,
}

/// Writes what the study found into its folder, from the runs that were finished.
pub fn write_results(study: &Study, finished: &[Option<(Outcome, Summary)>]) -> Result<Results, RunError> {
    let mut metric = String::new();
    let mut csv = String::from("variant,seed,time_s,metric,value\n");
    let mut curves = Vec::new();
    let mut variants = Vec::new();
    for name in study.variants() {
        let mut runs = Vec::new();
        let mut tables = Vec::new();
        let mut controller = String::new();
        let mut members: Vec<usize> = (0..study.runs().len()).filter(|&i| &study.runs()[i].variant == name).collect();
        members.sort_by_key(|&i| study.runs()[i].seed);
        for i in members {
            let planned = &study.runs()[i];
            let Some((Outcome::Finished, summary)) = &finished[i] else { continue };
            let table = Table::read(&planned.folder)?;
            metric.clone_from(&table.names[1]);
            controller.clone_from(&summary.controller);
            for row in &table.rows {
                for (column, value) in table.names.iter().zip(row).skip(1) {
                    csv.push_str(&format!("{name},{},{},{column},{value}\n", planned.seed, row[0]));
                }
            }
            runs.push(Run {
                seed: planned.seed,
                trace_hash: summary.trace_hash.clone(),
                real_time_factor: summary.real_time_factor,
                metrics: summary.metrics.clone(),
                by_hour: by_hour(&table),
            });
            tables.push(table);
        }
        if !tables.is_empty() {
            curves.push(curve(name, &tables));
        }
        variants.push(Variant { name: name.clone(), controller, runs, hours: Vec::new() });
    }
    let level = |name: &str| -> Option<f64> {
        let variant = variants.iter().find(|variant| variant.name == name)?;
        plot::mean(&variant.runs.iter().flat_map(|run| run.by_hour.iter().copied()).collect::<Vec<_>>())
    };
    let (ideal, blind) = (level("ideal"), level("blind"));
    for variant in &mut variants {
        variant.hours = hours(&variant.runs, ideal, blind);
    }
    let scenario = &study.loaded().scenario;
    let results = Results {
        scenario: scenario.name.clone(),
        metric,
        seeds: study.seeds().to_vec(),
        simulated_s: scenario.time.duration.as_secs_f64(),
        version: crate::VERSION.into(),
        git: crate::GIT.into(),
        variants,
    };
    let counts = || results.variants.iter().map(|variant| variant.runs.len());
    let over = match (counts().min().unwrap_or(0), counts().max().unwrap_or(0)) {
        (_, 0 | 1) => "one seed".into(),
        (fewest, most) if fewest == most => format!("mean and 95 % interval over {most} seeds"),
        (fewest, most) => format!("mean and 95 % interval over {fewest} to {most} seeds"),
    };
    let seeds = format!("{over}, windows of {}", scenario.time.report_every);
    let svg = plot::learning_curve(&scenario.name, &seeds, &results.metric.replace('_', " "), &curves);
    let json = serde_json::to_string_pretty(&results).map_err(|e| FolderError::new(study.folder(), e.to_string()))?;
    let files = [("study.json", json + "\n"), ("study.csv", csv), ("study.svg", svg)];
    for (file, text) in files.into_iter().chain(map(study, finished)?.map(|svg| ("map.svg", svg))) {
        folder::replace(&study.folder().join(file), text.as_bytes())?;
    }
    Ok(results)
}

/// The mean of the first metric over the windows of each whole hour.
fn by_hour(table: &Table) -> Vec<f64> {
    let last = table.rows.last().map_or(0.0, |row| row[0]);
    let hour = |h: usize| {
        let within = |row: &&Vec<f64>| row[0] > h as f64 * 3600.0 && row[0] <= (h + 1) as f64 * 3600.0;
        plot::mean(&table.rows.iter().filter(within).map(|row| row[1]).collect::<Vec<_>>())
    };
    (0..(last / 3600.0) as usize).filter_map(hour).collect()
}

fn hours(runs: &[Run], ideal: Option<f64>, blind: Option<f64>) -> Vec<Hour> {
    let count = runs.iter().map(|run| run.by_hour.len()).min().unwrap_or(0);
    let values = |h: usize| runs.iter().map(|run| run.by_hour[h]).collect::<Vec<f64>>();
    (0..count).map(|h| Hour::of(h + 1, &values(h), ideal, blind)).collect()
}

impl Hour {
    fn of(hour: usize, values: &[f64], ideal: Option<f64>, blind: Option<f64>) -> Hour {
        let over = |value: f64, level: Option<f64>| level.filter(|level| *level > 0.0).map(|level| value / level);
        let mean = plot::mean(values).unwrap_or(0.0);
        let worst = values.iter().copied().fold(f64::INFINITY, f64::min);
        Hour {
            hour,
            mean,
            median: plot::median(values).unwrap_or(mean),
            half_width: plot::confidence_half_width(values),
            worst,
            share_of_ideal: over(mean, ideal),
            worst_share_of_ideal: over(worst, ideal),
            times_blind: over(mean, blind),
        }
    }
}

impl Results {
    /// The hours that a table shows: a few round ones, and the last that any variant has.
    pub fn chosen_hours(&self) -> Vec<usize> {
        let last = self.variants.iter().map(|variant| variant.hours.len()).max().unwrap_or(0);
        [1, 2, 4, 8, 12, 16, 20, 50, 100].into_iter().filter(|&hour| hour < last).chain((last > 0).then_some(last)).collect()
    }

    /// The metric over the last hour of each of a variant's runs, or over all of it where that is shorter; none without runs. Its hour is 0.
    pub fn at_the_end(&self, variant: &Variant) -> Option<Hour> {
        let values = |variant: &Variant| -> Vec<f64> {
            variant.runs.iter().filter_map(|run| run.metrics.get(&self.metric)).copied().collect()
        };
        let level = |name: &str| plot::mean(&values(self.variants.iter().find(|variant| variant.name == name)?));
        let own = values(variant);
        (!own.is_empty()).then(|| Hour::of(0, &own, level("ideal"), level("blind")))
    }
}

/// Mean and 95 % interval over the seeds in each window, and the seeds themselves.
pub fn curve(name: &str, tables: &[Table]) -> Curve {
    let count = tables.iter().map(|table| table.rows.len()).min().unwrap_or(0);
    let mut curve = Curve { name: name.into(), ..Curve::default() };
    for row in 0..count {
        let values: Vec<f64> = tables.iter().map(|table| table.rows[row][1]).collect();
        let mean = plot::mean(&values).unwrap_or(0.0);
        let half = plot::confidence_half_width(&values).unwrap_or(0.0);
        curve.time_h.push(tables[0].rows[row][0] / 3600.0);
        curve.mean.push(mean);
        // No rate is below zero, whatever the interval of so few.
        curve.low.push((mean - half).max(0.0_f64.min(mean)));
        curve.high.push(mean + half);
    }
    if tables.len() > 1 {
        curve.single = tables.iter().map(|table| table.column(1)).collect();
    }
    curve
}

/// The map of the first run whose controller shows one and learned, before and after, if it lies on the ground.
fn map(study: &Study, finished: &[Option<(Outcome, Summary)>]) -> Result<Option<String>, FolderError> {
    let scenario = &study.loaded().scenario;
    if preference::ground(scenario).is_none() {
        return Ok(None);
    }
    for (planned, _) in study.runs().iter().zip(finished).filter(|(_, done)| done.is_some()) {
        let maps = folder::read_json(&planned.folder.join(MAPS))?;
        let run = format!("{}-{}", planned.variant, planned.seed);
        if let Some(picture) = preference::pictures(scenario, &run, &maps).into_iter().next() {
            return Ok(Some(picture));
        }
    }
    Ok(None)
}
