//! What was learned: the weights before and after, and what each cell speaks for.

use std::sync::Arc;

use embody_robots::Nanos;
use maud::{Markup, html};

use super::files::Files;
use super::origin::Part;
use super::shown::Shown;
use super::stretch::Weighed;
use crate::preference;
use crate::registry::Registry;
use crate::report::brain::{self, BrainFolder};
use crate::report::page::{Looks, figure, missing};
use crate::report::weights;
use crate::run::Maps;
use crate::words::count;

/// The weights before and after, and where they come from.
struct Pair {
    before: Weighed,
    after: Weighed,
    origin: String,
}

/// The weights before and after.
pub fn body(registry: &Arc<Registry>, files: &Files, shown: &Shown) -> Markup {
    let plastic = shown.network.as_ref().map_or(0, |network| network.plastic_synapses());
    let scenario = &files.loaded.scenario;
    let brain = files.brain.as_ref().map(|brain| OfBrain::read(registry, brain));
    let pictures = |maps: &Maps| preference::pictures(scenario, &format!("seed {}", scenario.seed), maps);
    let own = files.maps.as_ref().map(pictures).unwrap_or_default();
    let of_brain =
        brain.iter().flatten().map(|brain| pictures(&brain.maps)).next().filter(|_| own.is_empty()).unwrap_or_default();
    html! {
        @if plastic > 0 { p { (count(plastic as u64)) " synapses can learn." } }
        @match pair(files, shown, brain) {
            Ok(Pair { before, after, origin }) => {
                (weights::figures(at(&before), at(&after)))
                p.small { (origin) }
            }
            Err(why) => (missing(&why)),
        }
        @for (maps, when) in [(&own, "before the first step and at the last checkpoint, as maps.json has them"), (&of_brain, "as the network is built and at the newest checkpoint of the brain")] {
            @for map in maps { (figure(map, Looks::WideShaded, &map_caption(files, when))) }
        }
        @if own.is_empty() && of_brain.is_empty() {
            (missing("There are no maps: this controller shows none, or maps.json holds none yet of the time after the start."))
        }
    }
}

fn at((time, weights): &Weighed) -> weights::At<'_> {
    weights::At { time: *time, weights }
}

/// From the stretches before and after, else from the checkpoints of the brain.
fn pair(files: &Files, shown: &Shown, brain: Option<Part<OfBrain>>) -> Part<Pair> {
    let known = |part: &'_ Part<super::stretch::Stretch>| -> Option<([Weighed; 2], String)> {
        let stretch = part.as_ref().ok()?;
        let origin = stretch.brain_origin.as_ref().unwrap_or(&stretch.origin);
        Some((stretch.weights.clone()?, origin.text()))
    };
    if let Some((([before, _], from), ([_, after], to))) = known(&shown.before).zip(known(&shown.after)) {
        let origin =
            if from == to { format!("Both were {from}.") } else { format!("The first were {from}. The second were {to}.") };
        return Ok(Pair { before, after, origin });
    }
    if !files.brain_elsewhere {
        let why = [&shown.before, &shown.after].into_iter().find_map(|part| part.as_ref().err());
        return Err(why.map_or("This controller shows no weights.".into(), |why| format!("There are no histograms: {why}.")));
    }
    let brain = brain.unwrap_or_else(|| {
        Err("There are no histograms: the brain was another program, and neither a world's folder nor its recording has its weights. \
             The folder of an embody brain, with its checkpoints, is named with --brain."
            .into())
    })?;
    if brain.weights[1].1.is_empty() {
        return Err("This controller shows no weights.".into());
    }
    let own_count = files.summary.as_ref().is_some_and(|summary| summary.real_time.is_some());
    let counted =
        if own_count { ", by the control steps that the brain itself has answered, over all worlds that it had" } else { "" };
    let origin = format!(
        "The first are those of the network as it is built from its seed; the second were read from the newest checkpoint in {}{counted}.",
        brain.folder
    );
    let [before, after] = brain.weights;
    Ok(Pair { before, after, origin })
}

/// What a brain's folder says was learned.
struct OfBrain {
    folder: String,
    weights: [Weighed; 2],
    maps: Maps,
}

impl OfBrain {
    fn read(registry: &Arc<Registry>, brain: &BrainFolder) -> Part<OfBrain> {
        let folder = brain.folder.display().to_string();
        let newest = brain.newest().ok_or_else(|| format!("There are no histograms: {folder} holds no checkpoint."))?;
        let learned = |state| {
            let learned = brain::learned(registry, &brain.loaded, state);
            learned.map_err(|why| format!("There are no histograms: {folder}: {why}."))
        };
        let (start, latest) = (learned(None)?, learned(Some(&newest.session))?);
        let time = Nanos(newest.step * brain.loaded.scenario.time.control_period.0);
        Ok(OfBrain {
            weights: [(Nanos::ZERO, start.weights), (time, latest.weights)],
            maps: Maps { start: start.maps, latest: latest.maps },
            folder,
        })
    }
}

fn map_caption(files: &Files, when: &str) -> Markup {
    if preference::ground(&files.loaded.scenario).is_some() {
        return html! {
            "Each arrow is the direction into which the synapses of a pixel push, where that pixel looks at the plane, " (when) ". The circle is the goal; the colour says how well an arrow points to it."
        };
    }
    html! {
        "Each arrow is the pair of numbers of the action that the synapses of a cell of the image speak for, the first to the right and the second upwards (a steering angle as one sees it: to the left for left), " (when) ". Rows and columns of the image are counted from its middle."
    }
}
