//! What a substrate made of the network, and what it took.

use maud::{Markup, html};

use crate::report::page::facts;
use crate::substrate::{Account, EnergyAccount};
use crate::words::count;

/// What was lost, where things ran, what was counted and what that took.
pub fn body(name: &str, account: &Account) -> Markup {
    let fidelity = &account.fidelity;
    let list = |parts: &[(String, String)]| {
        html! { @if parts.is_empty() { "nothing" } @else { ul { @for (what, why) in parts { li { (what) ": " (why) } } } } }
    };
    html! {
        h3 { "On " (name) }
        (facts(&[
            ("weights are off by", html! { (format!("{:.2} %", 100.0 * fidelity.quantisation_error)) " of their root mean square, " (count(fidelity.clipped as u64)) " clipped" }),
            ("takes", html! { ul { @for (what, used, available) in &fidelity.resources { li { (used) " of " (available) " " (what) } } } }),
            ("on the host", list(&fidelity.on_host)),
            ("changed", list(&fidelity.changed)),
            ("counted", html! { ul { @for (what, found) in account.counters.iter().filter(|(_, found)| **found > 0) { li { (count(*found)) " " (what.replace('_', " ")) } } } }),
            ("energy", html! { @if let Some(energy) = &account.energy { (spent(energy)) } @else { "no prices are known" } }),
        ]))
    }
}

fn spent(energy: &EnergyAccount) -> Markup {
    let range = |[low, high]: [f64; 2]| if low == high { format!("{low:.3e} J") } else { format!("{low:.3e} to {high:.3e} J") };
    let least = if energy.at_least { "at least " } else { "" };
    html! {
        @match energy.total_j {
            Some(total) => { (least) (range(total)) ", by prices of " (energy.prices) }
            None => {
                "no total, as no price is known of "
                (energy.unpriced.keys().map(|term| term.replace('_', " ")).collect::<Vec<_>>().join(", "))
                "; what has a price took " (least) (range(energy.subtotal_j)) ", by prices of " (energy.prices)
            }
        }
    }
}
