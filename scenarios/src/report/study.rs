//! The page of a study.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embody_robots::Nanos;
use maud::{Markup, html};

use super::page::{self, Looks, Section, facts, figure, folded, missing};
use super::{RESULTS, ReportError, command};
use crate::config::Node;
use crate::plot::{self, Curve};
use crate::preference;
use crate::registry::Registry;
use crate::run::folder::{self, FolderError, MAPS};
use crate::run::{REPORTING_HOUR, Table};
use crate::scenario::{Loaded, ScenarioError};
use crate::study::{Hour, Results, Run, SCENARIO, Variant, curve};
use crate::words::{measured, metric, number, plural};

/// What a study's folder holds.
struct Study {
    folder: PathBuf,
    loaded: Loaded,
    text: String,
    results: Results,
}

/// The page of the study in a folder.
pub fn page(registry: &Arc<Registry>, folder: &Path) -> Result<Markup, ReportError> {
    let study = Study::read(registry, folder)?;
    let scenario = &study.loaded.scenario;
    let seeds = study.results.seeds.len();
    let title = format!(
        "{}: a study of {} {} and {seeds} {}",
        scenario.name,
        study.results.variants.len(),
        plural(study.results.variants.len(), "variant", "variants"),
        plural(seeds, "seed", "seeds")
    );
    let section = |id, title, body| Section { id, title, body };
    let sections = [
        section("what", "What was studied", study.overview(registry)),
        section("curves", "Learning curves", study.curves()?),
        section("table", "Variants compared", study.compared()),
        section("maps", "What was learned", study.maps()?),
        section("runs", "Runs", study.runs()),
        section("configuration", "Configuration", study.configuration()),
    ];
    Ok(page::page(&title, &scenario.about, &study.tiles(), &sections))
}

impl Study {
    fn read(registry: &Arc<Registry>, folder: &Path) -> Result<Study, ReportError> {
        let file = folder.join(SCENARIO);
        let text = std::fs::read_to_string(&file).map_err(|e| FolderError::new(&file, e.to_string()))?;
        let node = Node::parse(&text, &file.display().to_string()).map_err(ScenarioError::from)?;
        let loaded = Loaded::resolve(registry, node, PathBuf::new())?;
        let file = folder.join(RESULTS);
        if !file.exists() {
            let why =
                "expected the results of a study that has ended, found none: run embody study again with this folder as --out";
            return Err(FolderError::new(&file, why).into());
        }
        Ok(Study { folder: folder.into(), loaded, text, results: folder::read_json(&file)? })
    }

    /// The few numbers above all others: what the first variant came to.
    fn tiles(&self) -> Markup {
        let results = &self.results;
        let first = results.variants.first().and_then(|variant| Some((variant, results.at_the_end(variant)?)));
        let runs: usize = results.variants.iter().map(|variant| variant.runs.len()).sum();
        html! {
            ul.tiles {
                @if let Some((variant, end)) = first {
                    li { b { (measured(end.mean)) } span { (metric(&results.metric)) ", " (variant.name) ", " (self.span()) } }
                    @if let Some(share) = end.share_of_ideal { li { b { (format!("{share:.2}")) } span { "share of ideal, " (variant.name) } } }
                }
                li { b { (runs) } span { (plural(runs, "run", "runs")) } }
                li { b { (self.loaded.scenario.time.duration) } span { "of simulated time each" } }
            }
        }
    }

    /// What the metrics of summaries are over.
    fn span(&self) -> &'static str {
        if self.results.simulated_s > REPORTING_HOUR.as_secs_f64() { "last hour" } else { "whole run" }
    }

    fn overview(&self, registry: &Arc<Registry>) -> Markup {
        let (results, scenario) = (&self.results, &self.loaded.scenario);
        let seeds: Vec<String> = results.seeds.iter().map(u64::to_string).collect();
        let runs: usize = results.variants.iter().map(|variant| variant.runs.len()).sum();
        let planned = results.seeds.len() * results.variants.len();
        html! {
            (facts(&[
                ("scenario", html! { (results.scenario) }),
                ("variants", html! { (results.variants.iter().map(|variant| variant.name.as_str()).collect::<Vec<_>>().join(", ")) }),
                ("seeds", html! { (seeds.join(", ")) }),
                ("runs", html! { (runs) " of " (planned) " finished" }),
                ("simulated time of each", html! { (scenario.time.duration) ", but for variants that say otherwise" }),
                ("metric", html! { (metric(&results.metric)) }),
                ("version", html! { (results.version) ", revision " code { (results.git) } }),
                ("command", html! { code { (command::of_study(registry, &self.loaded, &self.folder, results.seeds.len())) } }),
            ]))
            @if runs < planned { (missing("Runs that didn't finish are left out of everything below.")) }
        }
    }

    fn run_folder(&self, variant: &Variant, run: &Run) -> PathBuf {
        self.folder.join(format!("{}-{}", variant.name, run.seed))
    }

    fn curves(&self) -> Result<Markup, ReportError> {
        let mut curves: Vec<Curve> = Vec::new();
        for variant in self.results.variants.iter().filter(|variant| !variant.runs.is_empty()) {
            let tables = variant.runs.iter().map(|run| Table::read(&self.run_folder(variant, run)));
            curves.push(curve(&variant.name, &tables.collect::<Result<Vec<_>, _>>()?));
        }
        let window = self.loaded.scenario.time.report_every;
        let over = format!("mean and 95 % interval over {} seeds, windows of {window}", self.results.seeds.len());
        let over = if self.results.seeds.len() > 1 { over } else { format!("one seed, windows of {window}") };
        let svg = plot::learning_curve(&self.results.scenario, &over, &metric(&self.results.metric), &curves);
        Ok(figure(
            &svg,
            Looks::Wide,
            &html! {
                "Thick: the mean over the seeds. Band: its 95 % confidence interval, by Student's t distribution, which takes the seeds as independent and roughly normal; no band reaches below zero. Thin: each seed."
            },
        ))
    }

    /// The metric of each variant at a few hours.
    fn compared(&self) -> Markup {
        let hours = self.results.chosen_hours();
        let variants = || self.results.variants.iter();
        let last = hours.last().copied().unwrap_or(0);
        // Variants of less time have no such hour, and short runs have none.
        let incomplete = variants().any(|variant| variant.hours.len() < last) || hours.is_empty();
        let ends: Vec<(&Variant, Hour)> =
            variants().filter_map(|variant| Some((variant, self.results.at_the_end(variant)?))).collect();
        html! {
            p { "Over the seeds: mean, its 95 % confidence interval (Student's t), median, and the least, which is the worst where more is better. A share of ideal is against the mean of variant "
                code { "ideal" } ", where there is one." }
            @for hour in &hours {
                @let rows: Vec<(&Variant, &Hour)> = variants().filter_map(|variant| Some((variant, variant.hours.get(hour - 1)?))).collect();
                (self.table(&format!("In the hour that ends at {hour} h"), &rows))
            }
            @if incomplete {
                (self.table(&format!("Over the {} of each run", self.span()), &ends.iter().map(|(variant, end)| (*variant, end)).collect::<Vec<_>>()))
            }
        }
    }

    fn table(&self, title: &str, rows: &[(&Variant, &Hour)]) -> Markup {
        let or_none = |value: Option<f64>| value.map_or("-".to_owned(), |share| format!("{share:.2}"));
        html! {
            h3 { (title) }
            div.scroll {
                table.numbers {
                    caption { (metric(&self.results.metric)) }
                    thead {
                        tr {
                            th scope="col" { "variant" } th scope="col" { "seeds" } th scope="col" { "mean" } th scope="col" { "95 % interval" }
                            th scope="col" { "median" } th scope="col" { "least" } th scope="col" { "share of ideal" } th scope="col" { "least, share" }
                        }
                    }
                    tbody {
                        @for (variant, hour) in rows {
                            tr {
                                th scope="row" { (variant.name) } td { (variant.runs.len()) } td { data value=(hour.mean) { (measured(hour.mean)) } }
                                td { @match hour.half_width { Some(half) => { (measured(hour.mean - half)) " to " (measured(hour.mean + half)) } None => "-" } }
                                td { (measured(hour.median)) } td { (measured(hour.worst)) }
                                td { (or_none(hour.share_of_ideal)) } td { (or_none(hour.worst_share_of_ideal)) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The maps of the first run that shows any.
    fn maps(&self) -> Result<Markup, ReportError> {
        for variant in &self.results.variants {
            for run in &variant.runs {
                let maps = folder::read_json(&self.run_folder(variant, run).join(MAPS))?;
                let name = format!("{}-{}", variant.name, run.seed);
                let pictures = preference::pictures(&self.loaded.scenario, &name, &maps);
                if !pictures.is_empty() {
                    let caption = html! { "What the synapses of each cell of the camera's image speak for, in run " code { (name) } "; embody report of that run's folder tells more." };
                    return Ok(html! { @for picture in &pictures { (figure(picture, Looks::WideShaded, &caption)) } });
                }
            }
        }
        Ok(missing("No controller of this study shows maps."))
    }

    fn runs(&self) -> Markup {
        let runs = self.results.variants.iter().flat_map(|variant| variant.runs.iter().map(move |run| (variant, run)));
        let names: Vec<&String> =
            self.results.variants.iter().flat_map(|v| &v.runs).next().map_or(Vec::new(), |run| run.metrics.keys().collect());
        let table = html! {
            div.scroll {
                table.numbers {
                    thead {
                        tr {
                            th scope="col" { "run" } th scope="col" { "controller" }
                            @for name in &names { th scope="col" { (metric(name)) } }
                            th scope="col" { "x real time" } th scope="col" { "trace hash" }
                        }
                    }
                    tbody {
                        @for (variant, run) in runs {
                            tr {
                                th scope="row" { (variant.name) "-" (run.seed) } td.text { (variant.controller) }
                                @for name in &names { td { (run.metrics.get(*name).map_or("-".to_owned(), |value| number(*value))) } }
                                td { (number(run.real_time_factor)) } td { code { (run.trace_hash) } }
                            }
                        }
                    }
                }
            }
        };
        html! {
            p { "Every run lies in a folder of its own, named by variant and seed, and has a report of its own: " code { "embody report " (self.folder.join("<run>").display()) } "." }
            (folded("Metrics over the last hour, speed and trace hash of every run", &table))
        }
    }

    fn configuration(&self) -> Markup {
        let scenario = &self.loaded.scenario;
        let variants = scenario.variants.keys().map(|name| (name.as_str(), scenario.variant_settings(name)));
        let rows: Vec<(&str, Markup)> = variants
            .map(|(name, settings)| {
                (
                    name,
                    if settings.is_empty() {
                        html! { "the scenario as it is" }
                    } else {
                        html! { code { (settings.join("  ")) } }
                    },
                )
            })
            .collect();
        let time = &scenario.time;
        let period = |period: Nanos| html! { (period) };
        html! {
            (facts(&[("control period", period(time.control_period)), ("physics period", period(time.physics_period)), ("neural tick", period(time.neural_tick)), ("reporting window", period(time.report_every))]))
            h3 { "What each variant changes" }
            (facts(&rows))
            (folded("scenario.toml, with every value filled in", &html! { pre { (self.text) } }))
        }
    }
}
