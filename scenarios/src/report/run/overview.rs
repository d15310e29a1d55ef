//! What ran: the summary of a run, and the few numbers above all others.

use std::sync::Arc;

use embody_brain::NetworkSpec;
use maud::{Markup, html};

use super::files::Files;
use super::substrate;
use crate::registry::Registry;
use crate::report::page::{facts, missing, value};
use crate::report::{command, network as networks};
use crate::run::REPORTING_HOUR;
use crate::words::{count, measured, metric, number};

/// The few numbers above all others.
pub fn tiles(files: &Files) -> Markup {
    let time = &files.loaded.scenario.time;
    let reached = files.time(files.reach.control_steps);
    let first = files.table.as_ref().and_then(|table| table.names.get(1));
    let first = first.zip(files.summary.as_ref()).and_then(|(name, summary)| Some((metric(name), *summary.metrics.get(name)?)));
    html! {
        ul.tiles {
            li {
                @match files.summary.as_ref().map(|summary| summary.finished) {
                    Some(true) => { b.done { "finished" } span { "after " (reached) " of simulated time" } }
                    Some(false) => { b.stopped { "stopped" } span { "at " (reached) " of " (time.duration) } }
                    None => { b.stopped { "not ended" } span { "known up to " (reached) " of " (time.duration) } }
                }
            }
            @if let Some((name, value)) = first { li { b { (measured(value)) } span { (name) ", " (if hour(files) { "last hour" } else { "whole run" }) } } }
            @if let Some(summary) = &files.summary {
                li { b { (measured(summary.real_time_factor)) " x" } span { "real time" } }
                li { b { (count(summary.control_steps)) } span { "control steps" } }
            }
        }
    }
}

/// Whether metrics are over the last hour, and not over the whole run.
fn hour(files: &Files) -> bool {
    files.summary.as_ref().is_some_and(|summary| summary.simulated_s > REPORTING_HOUR.as_secs_f64())
}

/// What ran.
pub fn body(registry: &Arc<Registry>, files: &Files, network: Option<&NetworkSpec>) -> Markup {
    let scenario = &files.loaded.scenario;
    let transport = files.summary.as_ref().map_or("in-process", |summary| &summary.transport);
    let made = command::of_run(registry, &files.loaded, &files.folder, transport);
    let recorded = recording(files);
    let Some(summary) = &files.summary else {
        return html! {
            (recorded)
            (missing("There is no summary.json: the run goes on, or was ended by force. What follows is what its folder holds by now."))
            (facts(&[
                ("scenario", html! { (scenario.name) }),
                ("controller", html! { (scenario.controller.kind) }),
                ("seed", html! { (scenario.seed) }),
                ("substrate", html! { (scenario.substrate.kind) }),
                ("command", html! { code { (made) } }),
            ]))
        };
    };
    html! {
        @if files.went_on() {
            (missing(&format!(
                "The run was resumed after this summary was written, to go on up to {}, and hasn't ended since. What follows is what it had come to before.",
                scenario.time.duration
            )))
        }
        (recorded)
        div.beside {
            (facts(&[
                ("scenario", html! { (summary.scenario) }),
                ("controller", html! { (summary.controller) }),
                ("seed", html! { data value=(summary.seed) { (summary.seed) } }),
                ("substrate", html! { (summary.substrate) }),
                ("network", html! { (network.map_or_else(|| "none, or none that is known here".to_owned(), networks::in_a_line)) }),
                ("world and brain", html! { (summary.transport) }),
                ("simulated", html! { (value(summary.simulated_s)) " s of " (scenario.time.duration) ", " (if summary.finished { "finished" } else { "stopped" }) }),
                ("control steps", html! { data value=(summary.control_steps) { (count(summary.control_steps)) } }),
                ("trace hash", html! { code { (summary.trace_hash) } br; span.small { "over every observation, reward and action: runs with equal hashes are equal" } }),
                ("version", html! { (summary.version) ", revision " code { (summary.git) } }),
                ("command", html! { code { (made) } }),
            ]))
            div {
                h3 { (if hour(files) { "Metrics over the last hour" } else { "Metrics over the whole run" }) }
                table.numbers {
                    thead { tr { th scope="col" { "metric" } th scope="col" { "value" } } }
                    tbody {
                        @for (name, value) in &summary.metrics {
                            tr { th scope="row" { (metric(name)) } td { data value=(value) data-metric=(name) { (number(*value)) } } }
                        }
                    }
                }
            }
        }
        @if let Some(account) = &summary.account {
            (substrate::body(&summary.substrate, account))
        }
        @if let Some(pace) = &summary.real_time {
            h3 { "Pace" }
            (facts(&[
                ("control steps answered in time", html! { (count(pace.answered)) " of " (count(pace.steps)) }),
                ("missed deadlines", html! { (count(pace.missed_deadlines)) }),
                ("control steps without a brain", html! { (count(pace.safe_steps)) }),
                ("watchdog trips", html! { (count(pace.watchdog_trips)) }),
                ("latency, half of the answers below", html! { (pace.latency_us.p50) " us" }),
                ("latency, 99 % of the answers below", html! { (pace.latency_us.p99) " us" }),
                ("jitter, 99 % of the steps below", html! { (pace.jitter_us.p99) " us" }),
            ]))
        }
    }
}

/// The recording, and whether it can be trusted.
fn recording(files: &Files) -> Markup {
    html! {
        @if let Some(remark) = files.remark() {
            (missing(&format!("{remark} What is shown of the rest was made otherwise, or is missing, as each part says.")))
        } @else if let Some(recorded) = files.recording() {
            p { "This run was recorded in " code { "recording.mcap" } ", " (recorded.agrees) "." }
        }
    }
}
