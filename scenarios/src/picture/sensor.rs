//! What an event camera sees: its last image, magnified, and beside it the events of the last control period.

use embody_robots::Image;
use embody_robots::observation::Event;

use super::Grey;

/// What stands for no event, for one of a pixel that became brighter, and for one that became darker.
const LEVELS: [f32; 3] = [0.5, 1.0, 0.0];

/// The image of a camera, and its events, in the same size: whole squares for pixels, as large as fit into `width` x `height` and at least one
/// pixel each. A pixel of the events is white where the last event made it brighter, black where it made it darker.
pub fn image_and_events(image: &Image<'_>, events: &[Event], width: u16, height: u16) -> [Grey; 2] {
    let [columns, rows] = [image.width, image.height].map(usize::from);
    let scale = (usize::from(width) / columns.max(1)).min(usize::from(height) / rows.max(1)).max(1);
    let of = |values: &[f32]| {
        Grey::new(columns * scale, rows * scale, |column, row| values[(rows - 1 - row / scale) * columns + column / scale])
    };
    [of(image.brightness), of(&marks(image, events))]
}

/// Both in one picture: the image above its events, or to the left of them where it isn't wider than high.
pub fn of_sensor(image: &Image<'_>, events: &[Event], width: u16, height: u16) -> Grey {
    let [columns, rows] = [image.width, image.height].map(usize::from);
    let marks = marks(image, events);
    let stacked = columns > rows;
    // One of the camera's pixels lies between both halves.
    let [across, up] = if stacked { [columns, 2 * rows + 1] } else { [2 * columns + 1, rows] };
    let scale = (usize::from(width) / across).min(usize::from(height) / up).max(1);
    let of = |values: &[f32], column: usize, row: usize| values[(rows - 1 - row) * columns + column];
    Grey::new(across * scale, up * scale, |column, row| {
        let (column, row) = (column / scale, row / scale);
        let (along, length) = if stacked { (row, rows) } else { (column, columns) };
        let beyond = |at: usize| if along < length { at } else { at - length - 1 };
        match along.cmp(&length) {
            std::cmp::Ordering::Equal => 1.0,
            half => {
                let values = if half.is_lt() { image.brightness } else { &marks };
                if stacked { of(values, column, beyond(row)) } else { of(values, beyond(column), row) }
            }
        }
    })
}

/// What stands for the events of each pixel, row by row, row 0 at the bottom.
fn marks(image: &Image<'_>, events: &[Event]) -> Vec<f32> {
    let [columns, rows] = [image.width, image.height].map(usize::from);
    let mut marks = vec![LEVELS[0]; columns * rows];
    for event in events {
        // Cameras send events of their own pixels alone.
        marks[usize::from(event.y) * columns + usize::from(event.x)] = if event.on { LEVELS[1] } else { LEVELS[2] };
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 2] = [Event { t_ns: 1, x: 0, y: 0, on: true }, Event { t_ns: 2, x: 1, y: 0, on: false }];

    #[test]
    fn a_wide_image_stands_above_its_events_upright() {
        let image = Image { width: 3, height: 2, brightness: &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0] };
        let picture = of_sensor(&image, &EVENTS, 12, 10);
        assert_eq!(picture.size(), [6, 10], "squares of 2 pixels");
        let level = |column: usize, row: usize| picture.level(2 * column + 1, 2 * row + 1);
        assert_eq!([level(0, 0), level(2, 0), level(0, 1)], [Some(153), Some(255), Some(0)]);
        assert_eq!(level(0, 2), Some(255), "a white line between");
        assert_eq!([level(0, 3), level(0, 4), level(1, 4)], [Some(128), Some(255), Some(0)]);
    }

    #[test]
    fn a_square_image_stands_beside_its_events_and_is_never_made_smaller() {
        let image = Image { width: 2, height: 2, brightness: &[0.0, 0.2, 0.4, 0.6] };
        let picture = of_sensor(&image, &EVENTS, 1, 1);
        assert_eq!(picture.size(), [5, 2]);
        assert_eq!([0, 1, 2, 3, 4].map(|column| picture.level(column, 1)), [0, 51, 255, 255, 0].map(Some));
    }

    #[test]
    fn apart_both_have_one_size() {
        let image = Image { width: 2, height: 2, brightness: &[0.0, 0.2, 0.4, 0.6] };
        let [seen, events] = image_and_events(&image, &EVENTS, 4, 9);
        assert_eq!((seen.size(), events.size()), ([4, 4], [4, 4]));
        assert_eq!([0, 2].map(|column| seen.level(column, 3)), [0, 51].map(Some));
        assert_eq!([(0, 3), (2, 3), (0, 0)].map(|(column, row)| events.level(column, row)), [255, 0, 128].map(Some));
    }
}
