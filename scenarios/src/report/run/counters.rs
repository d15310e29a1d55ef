//! How much there was of everything: events, spikes, rewards, synapses.

use maud::{Markup, html};

use super::files::Files;
use super::shown::Shown;
use super::stretch::Stretch;
use crate::plot;
use crate::report::page::{facts, missing, value};
use crate::words::{count, measured, number, seconds};

/// How much there was of everything.
pub fn body(files: &Files, shown: &Shown) -> Markup {
    let none = || html! { "not known without summary.json" };
    let summary = files.summary.as_ref();
    let stretches = shown.stretches();
    // All are counted up to the same point.
    let records = files.reach.records.map_or(files.rewards.len(), |records| files.rewards.len().min(records as usize));
    let rewards = files.rewards[..records].iter().map(|reward| f64::from(*reward));
    html! {
        h3 { "Over the whole run" }
        (facts(&[
            ("control steps", html! { data value=(files.reach.control_steps) { (count(files.reach.control_steps)) } }),
            ("step records", step_records(files)),
            ("sum of the rewards", html! { (value(rewards.sum())) " over " (count(records as u64)) " step records" }),
            ("events dropped", summary.map_or_else(none, |summary| html! { data value=(summary.events_dropped) { (count(summary.events_dropped)) } })),
            ("plastic synapses", shown.network.as_ref().map_or_else(|| html! { "none, or none that is known here" }, |network| html! { (count(network.plastic_synapses() as u64)) })),
        ]))
        @if summary.is_none() { (up_to(files)) }
        h3 { "Over the stretches before and after" }
        @if stretches.is_empty() {
            @if let Err(why) = &shown.before { (missing(&format!("Nothing was counted: {why}."))) }
        } @else {
            div.scroll { (table(&stretches)) }
            p.small { "Those are the stretches seen from above. A rate is that of one neuron, or of one camera as a whole." }
        }
    }
}

/// The step records up to where the control steps are counted: one for each of these, and one where each episode begins.
fn step_records(files: &Files) -> Markup {
    let Some(records) = files.reach.records else { return html! { "not known there" } };
    let episodes = records.saturating_sub(files.reach.control_steps);
    html! {
        data value=(records) { (count(records)) } ": one for each control step, and one for the start of "
        @if episodes == 1 { "the episode" } @else { "each of " (count(episodes)) " episodes" }
    }
}

/// Of a run that wasn't ended: up to where all is counted, and what else lies in its folder.
fn up_to(files: &Files) -> Markup {
    let written = files.rewards.len() as u64;
    let beyond = files.reach.records.map_or(0, |records| written.saturating_sub(records));
    html! {
        p.small {
            "The run wasn't ended. All of this is counted up to the same point, " (files.reach.by) ", at " (seconds(files.time(files.reach.control_steps))) ". "
            @if files.reach.records.is_none() {
                "rewards.f32 has " (count(written)) " step records, written at another moment; the sum of the rewards is over these."
            } @else if beyond > 0 {
                "rewards.f32 has " (count(beyond)) " more step records, of what came after: they are cut, and made again, when the run is resumed."
            }
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
