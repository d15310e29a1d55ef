//! How much there was of everything: events, spikes, rewards, synapses.

use maud::{Markup, html};

use super::again::Again;
use super::files::Files;
use super::stretch::Stretch;
use crate::plot;
use crate::report::page::{facts, missing, value};
use crate::words::{count, measured, number};

/// How much there was of everything.
pub fn body(files: &Files, again: &Again) -> Markup {
    let rewards: Vec<f64> = files.rewards.iter().map(|reward| f64::from(*reward)).collect();
    let none = || html! { "not known without summary.json" };
    let summary = files.summary.as_ref();
    let stretches: Vec<(&str, &Stretch)> = [("before", &again.before), ("after", &again.after)]
        .into_iter()
        .filter_map(|(name, part)| Some((name, part.as_ref().ok()?)))
        .collect();
    html! {
        h3 { "Over the whole run" }
        (facts(&[
            ("control steps", html! { (count(files.reached())) }),
            ("step records", html! { (count(files.rewards.len() as u64)) }),
            ("sum of the rewards", html! { (value(rewards.iter().sum())) }),
            ("events dropped", summary.map_or_else(none, |summary| html! { data value=(summary.events_dropped) { (count(summary.events_dropped)) } })),
            ("plastic synapses", again.network.as_ref().map_or_else(|| html! { "none, or none that is known here" }, |network| html! { (count(network.plastic_synapses() as u64)) })),
        ]))
        h3 { "Over the stretches before and after" }
        @if stretches.is_empty() {
            @if let Err(why) = &again.before { (missing(&format!("Nothing was counted: {why}."))) }
        } @else {
            div.scroll { (table(&stretches)) }
            p.small { "Those are the stretches seen from above. A rate is that of one neuron, or of one camera as a whole." }
        }
    }
}

fn table(stretches: &[(&str, &Stretch)]) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "what" } th scope="col" { "of" }
                    @for (name, stretch) in stretches {
                        th scope="col" { (name) ", " (number(stretch.seconds())) " s" } th scope="col" { "mean rate (Hz)" }
                    }
                }
            }
            tbody {
                @for (index, camera) in stretches[0].1.cameras.iter().enumerate() {
                    tr {
                        th scope="row" { "events of camera " (camera.name) } td { }
                        @for (_, stretch) in stretches { (cells(events(stretch, index), stretch, 1)) }
                    }
                }
                @for (index, population) in stretches[0].1.populations.iter().enumerate() {
                    tr {
                        th scope="row" { "spikes of population " (population.name) } td { (count(population.size.into())) " neurons" }
                        @for (_, stretch) in stretches { (cells(spikes(stretch, index), stretch, population.size)) }
                    }
                }
                tr {
                    th scope="row" { "mean reward of a control step" } td { }
                    @for (_, stretch) in stretches { td { (measured(plot::mean(&stretch.rewards).unwrap_or(0.0))) } td { } }
                }
            }
        }
    }
}

fn events(stretch: &Stretch, camera: usize) -> u64 {
    let events = stretch.cameras.get(camera).into_iter().flat_map(|camera| &camera.events);
    events.map(|[on, off]| u64::from(*on) + u64::from(*off)).sum()
}

fn spikes(stretch: &Stretch, population: usize) -> u64 {
    stretch.populations.get(population).map_or(0, |population| population.spikes.len() as u64)
}

/// A count, and what it makes a second for each of so many.
fn cells(total: u64, stretch: &Stretch, of: u32) -> Markup {
    html! { td { (count(total)) } td { (measured(total as f64 / stretch.seconds() / f64::from(of.max(1)))) } }
}
