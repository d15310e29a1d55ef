//! A moment: what the cameras see, what the neurons do, and what is earned.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embody_robots::{Image, Nanos};
use maud::{Markup, html};

use super::again::Again;
use super::stretch::{EVENTS_SHOWN, Stretch};
use crate::moment::Picture;
use crate::picture;
use crate::plot;
use crate::report::page::{Looks, figure, missing};
use crate::words::seconds;

/// Side of the picture of a camera (pixels).
const SIDE: u16 = 640;

/// What went on in the moment that is shown.
pub fn body(again: &Again, at: Option<Nanos>) -> Markup {
    let stretch = match &again.moment {
        Ok(stretch) => stretch,
        Err(why) => return missing(&format!("There is no moment to show: {why}.")),
    };
    let [from, to] = stretch.span.map(seconds);
    html! {
        @if at.is_some() {
            p { "From " (from) " to " (to) ", made again from the start with the same seed: "
                @match &again.check { Ok(check) => { (check) "." } Err(why) => { (why) "." } } }
        } @else {
            p { "From " (from) " to " (to) ", continued in memory from the last checkpoint, beyond what the run itself did; a moment within the run is shown with "
                code { "--at" } "." }
        }
        (figure(&plot::raster(&format!("Events, spikes and reward from {from} to {to}"), &stretch.raster()), Looks::Wide, &caption(stretch)))
        @if !stretch.images.is_empty() {
            h3 { "What the cameras see at " (to) }
            div.figures { @for image in &stretch.images { (camera(stretch, image)) } }
        }
    }
}

fn caption(stretch: &Stretch) -> Markup {
    html! {
        "Each camera's events are counted in every control period: pixels that became brighter upwards (orange), darker downwards (blue). "
        @if stretch.populations.is_empty() {
            "This controller has no neurons to show."
        } @else {
            "Below, a mark is a spike, one line a neuron: " (stretch.populations.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")) "."
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
