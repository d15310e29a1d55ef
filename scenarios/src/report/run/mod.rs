//! The page of a run.

mod again;
mod counters;
mod files;
mod layout;
mod moment;
mod origin;
mod overview;
mod recorded;
mod shown;
mod states;
mod stretch;
mod substrate;
mod timing;
mod ways;
mod weights;

use std::path::Path;
use std::sync::Arc;

use embody_robots::Nanos;
use maud::{Markup, html};

use super::page::{self, Looks, Section, facts, figure, folded, missing, value};
use super::{Choice, ReportError};
use crate::plot;
use crate::registry::Registry;
use crate::run::Progress;
use crate::words::metric;
use files::Files;

/// The page of the run in a folder.
pub fn page(
    registry: &Arc<Registry>,
    folder: &Path,
    choice: &Choice,
    progress: &mut dyn Progress,
) -> Result<Markup, ReportError> {
    let files = Files::read(registry, folder, choice.brain.as_deref(), progress)?;
    if let Some(remark) = files.remark() {
        progress.note(&remark);
    }
    let shown = shown::gather(registry, &files, choice.at, progress)?;
    let scenario = &files.loaded.scenario;
    let controller = files.summary.as_ref().map_or(&scenario.controller.kind, |summary| &summary.controller);
    let title = format!("{}: a run with {controller}, seed {}", scenario.name, scenario.seed);
    let section = |id, title, body| Section { id, title, body };
    let sections = [
        section("what", "What ran", overview::body(registry, &files, shown.network.as_ref())),
        section("curves", "Metrics over time", curves(&files)),
        section("moment", "A moment", moment::body(&files, &shown)),
        section("weights", "Weights before and after", weights::body(registry, &files, &shown)),
        section("ways", "Seen from above", ways::body(&files, &shown)),
        section("counters", "Counters", counters::body(&files, &shown)),
        section("timing", "Wall time", timing_body(&files, &shown)),
        section("configuration", "Configuration", configuration(&files)),
    ];
    Ok(page::page(&title, &scenario.about, &overview::tiles(&files), &sections))
}

/// Every metric over simulated time.
fn curves(files: &Files) -> Markup {
    let Some(table) = &files.table else { return missing("There is no metrics.csv yet.") };
    let hours = table.hours();
    let window = files.loaded.scenario.time.report_every;
    html! {
        p { "The mean over each window of " (window) " of simulated time, where the window ends; the last may be a shorter one. The numbers are in " code { "metrics.csv" } "." }
        @if table.rows.len() < 2 { p.small { "So short a run has " (table.rows.len()) " window: points rather than curves." } }
        div.figures {
            @for (index, name) in table.names.iter().enumerate().skip(1) {
                (figure(&plot::course(&metric(name), &hours, &table.column(index)), Looks::Small, &html! {}))
            }
        }
    }
}

/// What the run and its parts took.
fn timing_body(files: &Files, shown: &shown::Shown) -> Markup {
    let whole = files.summary.as_ref().map(|summary| {
        facts(&[
            ("wall time of the run", html! { (value(summary.wall_s)) " s" }),
            ("simulated time", html! { (value(summary.simulated_s)) " s" }),
            ("real-time factor", html! { (value(summary.real_time_factor)) }),
        ])
    });
    html! {
        @match whole { Some(whole) => (whole), None => (missing("Without summary.json nothing is known of the wall time.")) }
        h3 { "One control step, part by part" }
        @match &shown.timing {
            Ok(timing) => {
                @if let Some(why) = files.once_only() { p { "Of the same scenario, run in one process from its start: " (why) "." } }
                (timing.body(files.loaded.scenario.time.control_period))
            }
            Err(why) => (missing(&format!("It could not be measured: {why}."))),
        }
    }
}

fn configuration(files: &Files) -> Markup {
    let time = &files.loaded.scenario.time;
    let in_step = |period: Nanos| time.control_period.0.checked_div(period.0).unwrap_or(0);
    html! {
        (facts(&[
            ("control period", html! { (time.control_period) }),
            ("physics period", html! { (time.physics_period) ", " (in_step(time.physics_period)) " in a control step" }),
            ("neural tick", html! { (time.neural_tick) ", " (in_step(time.neural_tick)) " in a control step" }),
            ("reporting window", html! { (time.report_every) }),
            ("checkpoint every", html! { (time.checkpoint_every) }),
        ]))
        (folded("config.toml, with every value filled in", &html! { pre { (files.config) } }))
    }
}
