//! What a study found: `study.json`, `study.csv`, `study.svg` and, where a controller shows one, `map.svg`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::Study;
use crate::plot::{self, Curve};
use crate::run::folder::{self, FolderError, MAPS, METRICS, Summary};
use crate::run::{Outcome, RunError};

/// What a study found.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
pub struct Hour {
    /// When the hour ends (h).
    pub hour: usize,
    /// Mean over the seeds.
    pub mean: f64,
    /// Median over the seeds.
    pub median: f64,
    /// Half the width of the mean's 95 % confidence interval (Student's t); none for a single seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
    /// Least over the seeds.
    pub worst: f64,
    /// Mean as a share of the variant `ideal` over all its hours and seeds, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_of_ideal: Option<f64>,
    /// Worst seed as a share of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_share_of_ideal: Option<f64>,
    /// Mean over that of the variant `blind` over all its hours and seeds, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_blind: Option<f64>,
}

/// The rows of a run's `metrics.csv`: column names, then rows that begin with the time (s).
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
}

fn read_table(folder: &Path) -> Result<Table, FolderError> {
    let path = folder.join(METRICS);
    let text = std::fs::read_to_string(&path).map_err(|e| FolderError::new(&path, e.to_string()))?;
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
    let row = |line: &str| -> Option<Vec<f64>> {
        let row: Vec<f64> = line.split(',').map(|value| value.parse().ok()).collect::<Option<_>>()?;
        (row.len() == names.len()).then_some(row)
    };
    let rows: Option<Vec<Vec<f64>>> = lines.map(row).collect();
    let rows = rows.ok_or_else(|| FolderError::new(&path, format!("expected rows of {} numbers", names.len())))?;
    if names.len() < 2 {
        return Err(FolderError::new(&path, "expected a time and at least one metric"));
    }
    Ok(Table { names, rows })
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
            let table = read_table(&planned.folder)?;
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
    let over = |value: f64, level: Option<f64>| level.filter(|level| *level > 0.0).map(|level| value / level);
    (0..count)
        .map(|h| {
            let values: Vec<f64> = runs.iter().map(|run| run.by_hour[h]).collect();
            let mean = plot::mean(&values).unwrap_or(0.0);
            let worst = values.iter().copied().fold(f64::INFINITY, f64::min);
            Hour {
                hour: h + 1,
                mean,
                median: plot::median(&values).unwrap_or(mean),
                half_width: plot::confidence_half_width(&values),
                worst,
                share_of_ideal: over(mean, ideal),
                worst_share_of_ideal: over(worst, ideal),
                times_blind: over(mean, blind),
            }
        })
        .collect()
}

/// Mean and 95 % interval over the seeds in each window.
fn curve(name: &str, tables: &[Table]) -> Curve {
    let count = tables.iter().map(|table| table.rows.len()).min().unwrap_or(0);
    let mut curve = Curve { name: name.into(), time_h: Vec::new(), mean: Vec::new(), low: Vec::new(), high: Vec::new() };
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
    curve
}

/// The map of the first run whose controller shows one and learned, before and after.
fn map(study: &Study, finished: &[Option<(Outcome, Summary)>]) -> Result<Option<String>, FolderError> {
    let scenario = &study.loaded().scenario;
    let metres = |settings: &toml::Table, key: &str| settings.get(key).and_then(|v| v.as_float());
    let robot = scenario.robot.settings(&scenario.robot.kind);
    let task = scenario.task.settings(&scenario.task.kind);
    let (Some(half_extent), Some(goal)) = (metres(&robot, "camera_half_extent_m"), metres(&task, "success_radius_m")) else {
        return Ok(None);
    };
    let goal_m: [f64; 2] = task.get("goal_m").and_then(|goal| goal.clone().try_into().ok()).unwrap_or_default();
    for (planned, done) in study.runs().iter().zip(finished) {
        if done.is_none() {
            continue;
        }
        let path = planned.folder.join(MAPS);
        let text = std::fs::read_to_string(&path).map_err(|e| FolderError::new(&path, e.to_string()))?;
        let maps: crate::run::Maps = serde_json::from_str(&text).map_err(|e| FolderError::new(&path, e.to_string()))?;
        if let (Some(start), Some(latest)) = (maps.start.first(), maps.latest.first()) {
            let panel = |map: &embody_controllers::Map| plot::Map {
                width: map.size[0],
                height: map.size[1],
                vectors: map.vectors.iter().map(|v| (f64::from(v[0]), f64::from(v[1]))).collect(),
                size_m: (2.0 * half_extent, 2.0 * half_extent),
                goal_m: (goal_m[0], goal_m[1]),
                goal_radius_m: goal,
            };
            let title = format!("{} {}-{}: {} of each pixel", scenario.name, planned.variant, planned.seed, start.name);
            return Ok(Some(plot::direction_map(&title, &panel(start), &panel(latest))));
        }
    }
    Ok(None)
}
