//! A moment: what the cameras see, what the neurons do, and what is earned.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embody_robots::Image;
use maud::{Markup, html};

use super::files::Files;
use super::shown::{MOMENT, Shown};
use super::stretch::{EVENTS_SHOWN, Stretch};
use crate::moment::Picture;
use crate::picture;
use crate::plot;
use crate::report::page::{Looks, figure, missing};
use crate::words::seconds;

/// Side of the picture of a camera (pixels).
const SIDE: u16 = 320;

/// What went on in the moment that is shown.
pub fn body(files: &Files, shown: &Shown) -> Markup {
    let stretch = match &shown.moment {
        Ok(stretch) => stretch,
        Err(why) => {
            let hint = if files.recorded.is_none() { " Any run that was recorded, with --record, can be shown." } else { "" };
            return missing(&format!("There is no moment to show: {why}.{hint}"));
        }
    };
    let [from, to] = stretch.span.map(seconds);
    let (seen, images) = &stretch.images;
    html! {
        p { "From " (from) " to " (to) ", " (stretch.origin.text()) ". "
            @if let Some(brain) = &stretch.brain_origin { "The spikes were " (brain.text()) ". " }
            "With " code { "--at T" } " the " (seconds(MOMENT)) " up to T are shown." }
        (stretch.origin.warning())
        @if let Some(brain) = &stretch.brain_origin { (brain.warning()) }
        (figure(&plot::raster(&format!("Events, spikes and reward from {from} to {to}"), &stretch.raster()), Looks::Wide, &caption(files, shown, stretch)))
        @if !images.is_empty() {
            h3 { "What the cameras see at " (seconds(*seen)) }
            @if *seen < stretch.span[1] { p.small { "Images are recorded a few times a second: this is the last one by " (to) ", with the events before it." } }
            div.figures { @for image in images { (camera(stretch, image)) } }
        }
    }
}

fn caption(files: &Files, shown: &Shown, stretch: &Stretch) -> Markup {
    html! {
        "Each camera's events are counted in every control period: pixels that became brighter upwards (orange), darker downwards (blue). "
        @if !stretch.populations.is_empty() {
            "Below, a mark is a spike, one line a neuron: " (stretch.populations.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")) "."
        } @else if files.brain_elsewhere && (shown.network.is_some() || files.has_a_strangers_brain()) {
            "There are no spikes: the brain was another program, and its world's recording doesn't have them."
        } @else {
            "This controller has no neurons to show."
        }
    }
}

/// A camera's image, and its last events beside or below it.
fn camera(stretch: &Stretch, image: &Picture) -> Markup {
    let index = stretch.cameras.iter().position(|camera| camera.name == image.sensor);
    let events = index.map(|index| stretch.last_events[index].as_slice()).unwrap_or_default();
    let seen = Image { width: image.width, height: image.height, brightness: &image.brightness };
    let (columns, rows) = (image.width, image.height);
    let [where_events, layout] = if columns > rows { ["below", "pair stacked"] } else { ["to the right", "pair"] };
    let about = format!("{columns} x {rows} pixels; {where_events}, its {} events of the last {EVENTS_SHOWN}", events.len());
    let [picture, marks] = picture::image_and_events(&seen, events, SIDE, SIDE).map(|half| half.png());
    match (picture, marks) {
        (Ok(picture), Ok(marks)) => html! {
            figure.camera {
                div class=(layout) {
                    img src={ "data:image/png;base64," (STANDARD.encode(picture)) } alt={ "image of camera " (image.sensor) };
                    img src={ "data:image/png;base64," (STANDARD.encode(marks)) } alt={ "events of camera " (image.sensor) };
                }
                figcaption { b { "Camera " (image.sensor) } ": " (about) ": white where the last one made a pixel brighter, black where darker, grey for none." }
            }
        },
        (Err(error), _) | (_, Err(error)) => missing(&format!("The image of camera {} can't be drawn: {error}.", image.sensor)),
    }
}
