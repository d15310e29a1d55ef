//! Images: what a camera saw last, for people and recordings; controllers get its events.

/// The last image of a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Image<'a> {
    /// Pixels along a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Brightness from 0 to 1, row by row, row 0 at the bottom.
    pub brightness: &'a [f32],
}
