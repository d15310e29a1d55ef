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
const SIDE: u16 = 640;

/// What went on in the moment that is shown.
pub fn body(files: &Files, shown: &Shown) -> Markup {
    let stretch = match &shown.moment {
        Ok(stretch) => stretch,
        Err(why) => return missing(&format!("There is no moment to show: {why}.")),
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
            @if *seen < stretch.span[1] { p.small { "The last image that was recorded by " (to) "; events are those up to " (to) "." } }
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
    let where_events = if columns > rows { "below" } else { "to the right" };
    let about = format!("{columns} x {rows} pixels; {where_events}, its {} events of the last {EVENTS_SHOWN}", events.len());
    match picture::of_sensor(&seen, events, SIDE, SIDE).png() {
        Ok(png) => html! {
            figure.camera {
                img src={ "data:image/png;base64," (STANDARD.encode(png)) } alt={ "image of camera " (image.sensor) ": " (about) };
                figcaption { b { "Camera " (image.sensor) } ": " (about) ": white where the last one made a pixel brighter, black where darker, grey for none." }
            }
        },
        Err(error) => missing(&format!("The image of camera {} can't be drawn: {error}.", image.sensor)),
    }
}
