//! The page of a brain's folder: what it learned. What was sensed, done and earned is in its world's.

use std::path::Path;
use std::sync::Arc;

use embody_bridges::protocol::Mark;
use embody_robots::Nanos;
use maud::{Markup, html};

use super::BrainFolder;
use super::learned::{Learned, learned};
use crate::preference;
use crate::registry::Registry;
use crate::report::page::{self, Looks, Section, facts, figure, folded, missing, value};
use crate::report::{ReportError, network, weights};
use crate::run::Maps;
use crate::run::checkpoint::Saved;
use crate::words::{count, plural, seconds};

/// The page of the brain in a folder.
pub fn page(registry: &Arc<Registry>, folder: &Path) -> Result<Markup, ReportError> {
    let brain = BrainFolder::read(registry, folder)?;
    let scenario = &brain.loaded.scenario;
    let title = format!("{}: a brain with {}, seed {}", scenario.name, scenario.controller.kind, scenario.seed);
    let start = learned(registry, &brain.loaded, None);
    let newest = brain.newest().map(|saved| learned(registry, &brain.loaded, Some(&saved.session)));
    let newest = newest.unwrap_or_else(|| Err("it has no checkpoint yet".into()));
    let section = |id, title, body| Section { id, title, body };
    let sections = [
        section("what", "What this is", brain.overview(&start)),
        section("weights", "Weights before and after", brain.weights(&start, &newest)),
        section("checkpoints", "Checkpoints", brain.table()),
        section("counters", "Counters", counters(&newest)),
        section(
            "configuration",
            "Configuration",
            folded("config.toml, with every value filled in", &html! { pre { (brain.config) } }),
        ),
    ];
    Ok(page::page(&title, &scenario.about, &brain.tiles(), &sections))
}

impl BrainFolder {
    fn time(&self, saved: &Saved) -> Nanos {
        Nanos(saved.step * self.loaded.scenario.time.control_period.0)
    }

    fn tiles(&self) -> Markup {
        let steps = self.newest().map_or(0, |saved| saved.step);
        let kept = self.checkpoints.len();
        html! {
            ul.tiles {
                li { b { "brain" } span { "of a world that was another program" } }
                li { b { (count(steps)) } span { "control steps at the newest checkpoint" } }
                li { b { (kept) } span { (plural(kept, "checkpoint", "checkpoints")) " kept" } }
            }
        }
    }

    fn overview(&self, start: &Result<Learned, String>) -> Markup {
        let scenario = &self.loaded.scenario;
        let network = start.as_ref().ok().and_then(|learned| learned.network.as_ref());
        let folder = self.folder.display();
        html! {
            p {
                "This is the folder of a brain that " code { "embody brain" } " ran: its scenario and its newest checkpoints. What was sensed, done and earned, and the metrics, are in the run folder of its world: "
                code { "embody report <world's folder> --brain " (folder) } " makes a page of both. Spikes are kept by neither: they are in the recording of a run in one process ("
                code { "embody run --record" } ")."
            }
            (facts(&[
                ("scenario", html! { (scenario.name) }),
                ("controller", html! { (scenario.controller.kind) }),
                ("seed", html! { data value=(scenario.seed) { (scenario.seed) } }),
                ("substrate", html! { (scenario.substrate.kind) }),
                ("network", html! { (network.map_or_else(|| "none".to_owned(), network::in_a_line)) }),
                ("version", html! { (self.newest().map_or(crate::VERSION, |saved| &saved.version)) }),
            ]))
        }
    }

    /// The weights as built and at the newest checkpoint, and the maps.
    fn weights(&self, start: &Result<Learned, String>, newest: &Result<Learned, String>) -> Markup {
        let (start, end) = match (start, newest) {
            (Ok(start), Ok(end)) => (start, end),
            (Err(why), _) | (_, Err(why)) => return missing(&format!("There are no weights to show: {why}.")),
        };
        let time = self.newest().map_or(Nanos::ZERO, |saved| self.time(saved));
        let scenario = &self.loaded.scenario;
        let maps = Maps { start: start.maps.clone(), latest: end.maps.clone() };
        html! {
            @if end.weights.is_empty() {
                (missing("This controller shows no weights."))
            } @else {
                p.small { "As the network is built from its seed, and as the newest checkpoint has it, by the control steps that this brain has answered." }
                (weights::figures(weights::At { time: Nanos::ZERO, weights: &start.weights }, weights::At { time, weights: &end.weights }))
            }
            @for map in preference::pictures(scenario, &format!("seed {}", scenario.seed), &maps) {
                (figure(&map, Looks::WideShaded, &html! { "What the synapses of each cell speak for, as built and at the newest checkpoint." }))
            }
        }
    }

    fn table(&self) -> Markup {
        if self.checkpoints.is_empty() {
            return missing("There is none yet.");
        }
        let trace = |saved: &Saved| match Mark::default().trace == saved.trace {
            true if saved.step == 0 => html! { "none yet" },
            true => html! { "not known: in real time a brain counts its own steps" },
            false => html! { code { (saved.trace) } },
        };
        html! {
            div.scroll {
                table.numbers {
                    thead { tr { th scope="col" { "control steps" } th scope="col" { "simulated" } th scope="col" { "state (bytes)" } th scope="col" { "trace hash" } } }
                    tbody {
                        @for saved in &self.checkpoints {
                            tr {
                                td { (count(saved.step)) } td { (seconds(self.time(saved))) } td { (count(saved.session.len() as u64)) }
                                td.text { (trace(saved)) }
                            }
                        }
                    }
                }
            }
            p.small { "The newest two are kept. A world goes on from one that both of them hold." }
        }
    }
}

/// What the controller counts, at the newest checkpoint.
fn counters(newest: &Result<Learned, String>) -> Markup {
    match newest {
        Ok(learned) if learned.counters.is_empty() => missing("This controller counts nothing."),
        Ok(learned) => html! {
            table.numbers {
                thead { tr { th scope="col" { "counter" } th scope="col" { "at the newest checkpoint" } } }
                tbody { @for (name, counted) in &learned.counters { tr { th scope="row" { (name) } td { (value(*counted)) } } } }
            }
        },
        Err(why) => missing(&format!("Nothing is known of them: {why}.")),
    }
}
