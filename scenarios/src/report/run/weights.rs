//! What was learned: the weights before and after, and what each cell speaks for.

use embody_controllers::telemetry::Histogram;
use maud::{Markup, html};

use super::again::Again;
use super::files::Files;
use super::stretch::Stretch;
use crate::plot::{self, Spread};
use crate::preference;
use crate::report::page::{Looks, figure, missing};
use crate::words::count;

/// The weights before and after.
pub fn body(files: &Files, again: &Again) -> Markup {
    let plastic = again.network.as_ref().map_or(0, |network| network.plastic_synapses());
    let shown = |part: &Result<Stretch, String>| part.as_ref().map_or(&[][..], |stretch| &stretch.weights).to_vec();
    let (before, after) = (shown(&again.before), shown(&again.after));
    let pairs: Vec<(&Histogram, &Histogram)> =
        before.iter().filter_map(|start| Some((start, after.iter().find(|end| end.projection == start.projection)?))).collect();
    let scenario = &files.loaded.scenario;
    let maps = files.maps.as_ref().map(|maps| preference::pictures(scenario, &format!("seed {}", scenario.seed), maps));
    let maps = maps.unwrap_or_default();
    html! {
        @if plastic > 0 { p { (count(plastic as u64)) " synapses can learn." } }
        @match (&again.before, &again.after) {
            _ if !pairs.is_empty() => {
                div.figures {
                    @for (start, end) in pairs {
                        (figure(&drawn(start, end), Looks::Small, &html! {
                            "Weights of projection " (start.projection) " after the first control period, and after the first one that follows the last checkpoint; in the unit of the membrane potential that a spike adds to. "
                            "The scale of shares is logarithmic. Each was counted in " (end.counts.len()) " equal parts of its own range."
                        }))
                    }
                }
            }
            (Ok(_), Ok(_)) => (missing("This controller shows no weights.")),
            (Err(why), _) | (_, Err(why)) => (missing(&format!("There are no histograms: {why}."))),
        }
        @for map in &maps {
            (figure(map, Looks::WideShaded, &map_caption(files)))
        }
        @if maps.is_empty() {
            (missing("There are no maps: this controller shows none, or maps.json holds none yet of the time after the start."))
        }
    }
}

fn drawn(start: &Histogram, end: &Histogram) -> String {
    let spread = |histogram: &Histogram| Spread { range: histogram.range.map(f64::from), counts: histogram.counts.clone() };
    plot::histogram(&format!("weight, {}", start.projection), &spread(start), &spread(end))
}

fn map_caption(files: &Files) -> Markup {
    if preference::ground(&files.loaded.scenario).is_some() {
        return html! {
            "Each arrow is the direction into which the synapses of a pixel push, where that pixel looks at the plane, before the first step and at the last checkpoint. The circle is the goal; the colour says how well an arrow points to it."
        };
    }
    html! {
        "Each arrow is the pair of numbers of the action that the synapses of a cell of the image speak for, the first to the right and the second upwards (a steering angle as one sees it: to the left for left), before the first step and at the last checkpoint. Rows and columns of the image are counted from its middle."
    }
}
