//! The neurons that look at one camera's image: one per cell of pixels, row by row from the bottom.

use embody_robots::{Event, FieldKind, ObservationSpec};

/// The neurons of one camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The camera's field in the observation.
    pub field: usize,
    /// The name of that field.
    pub name: String,
    /// Columns and rows of neurons.
    pub size: [usize; 2],
    /// The first neuron.
    first: usize,
    /// Pixels of a cell along x and y.
    cell: [u16; 2],
}

impl Grid {
    /// One grid for each event field, with cells of `cell` pixels along x and y.
    ///
    /// # Errors
    /// If there is no event field, or cells don't divide an image.
    pub fn all(observation: &ObservationSpec, cell: [u16; 2]) -> Result<Vec<Grid>, String> {
        let mut grids: Vec<Grid> = Vec::new();
        for (index, field) in observation.fields.iter().enumerate() {
            let FieldKind::Events { width, height, .. } = field.kind else { continue };
            let size = [cells("width", width, cell[0], &field.name)?, cells("height", height, cell[1], &field.name)?];
            let first = grids.last().map_or(0, |before| before.first + before.neurons());
            grids.push(Grid { field: index, name: field.name.clone(), size, first, cell });
        }
        if grids.is_empty() { Err("the body has no event camera".into()) } else { Ok(grids) }
    }

    /// How many neurons there are.
    pub fn neurons(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// The neuron whose cell holds an event's pixel.
    pub fn neuron(&self, event: &Event) -> u32 {
        let cell = |axis: usize, pixel: u16| usize::from(pixel / self.cell[axis]);
        (self.first + cell(1, event.y) * self.size[0] + cell(0, event.x)) as u32
    }
}

/// How many windows of `window` pixels make an image of `pixels`.
fn cells(key: &str, pixels: u16, window: u16, camera: &str) -> Result<usize, String> {
    if window == 0 || !pixels.is_multiple_of(window) {
        let expected = format!("a divisor of {pixels}, the {key} of {camera:?} in pixels");
        return Err(format!("encoder.windows.{key}: expected {expected}, found {window}"));
    }
    Ok(usize::from(pixels / window))
}
