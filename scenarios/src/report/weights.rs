//! How the weights of a network were spread at two times.

use embody_controllers::telemetry::Histogram;
use embody_robots::Nanos;
use maud::{Markup, html};

use super::page::{Looks, figure};
use crate::plot::{self, Spread};
use crate::words::{count, seconds};

/// The weights of a network at one time.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// Simulated time of the run; of a brain that counts its own, by that.
    pub time: Nanos,
    /// Those of each projection.
    pub weights: &'a [Histogram],
}

/// A figure for each projection that both times know.
pub fn figures(before: At<'_>, after: At<'_>) -> Markup {
    let find = |start: &Histogram| after.weights.iter().find(|end| end.projection == start.projection);
    let pairs = before.weights.iter().filter_map(|start| Some((start, find(start)?)));
    let names = [before.time, after.time].map(|time| format!("at {}", seconds(time)));
    html! {
        div.figures {
            @for (start, end) in pairs {
                (figure(&drawn([start, end], &names), Looks::Small, &html! {
                    "The " (count(end.counts.iter().sum())) " weights of projection " (start.projection) " " (names[0]) " (grey) and " (names[1])
                    " (blue), counted in the same parts. The weight is what a spike adds to the membrane potential; the scale of counts is logarithmic."
                }))
            }
        }
    }
}

fn drawn([start, end]: [&Histogram; 2], names: &[String; 2]) -> String {
    let spread = |histogram: &Histogram| Spread { range: histogram.range.map(f64::from), counts: histogram.counts.clone() };
    let title = format!("histogram of the weights of {}, {} and {}", start.projection, names[0], names[1]);
    let axes = ["weight (membrane potential, mV)", "synapses"];
    plot::histogram(&title, axes, [(&names[0], &spread(start)), (&names[1], &spread(end))])
}
