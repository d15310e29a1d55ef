//! A grey picture and its PNG.

use super::png::{ColorType, EncodingError, png};

/// A grey picture of 8 bits a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grey {
    width: usize,
    /// Row by row, row 0 at the top.
    pixels: Vec<u8>,
}

impl Grey {
    /// A picture of `width` x `height` pixels, each as bright as `brightness` says of its column and its row, row 0 at the top: from 0,
    /// black, to 1, white.
    pub fn new(width: usize, height: usize, brightness: impl Fn(usize, usize) -> f32) -> Grey {
        let places = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
        // The cast saturates, and makes NaN black.
        Grey { width, pixels: places.map(|(column, row)| (brightness(column, row) * 255.0).round() as u8).collect() }
    }

    /// Pixels along a row, and rows.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.pixels.len().checked_div(self.width).unwrap_or(0)]
    }

    /// Level of a pixel, from 0, black, to 255, white; row 0 is at the top. None beyond the picture.
    pub fn level(&self, column: usize, row: usize) -> Option<u8> {
        self.pixels.get(row * self.width + column).copied().filter(|_| column < self.width)
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// If it has no pixels.
    pub fn png(&self) -> Result<Vec<u8>, EncodingError> {
        let [width, height] = self.size().map(|side| side as u32);
        png(width, height, ColorType::Grayscale, &self.pixels)
    }
}

#[cfg(test)]
mod tests {
    use ::png::BitDepth;

    use super::*;

    #[test]
    fn a_picture_survives_its_png() {
        let picture = Grey::new(5, 3, |column, row| (column + 5 * row) as f32 / 14.0);
        assert_eq!([picture.level(0, 0), picture.level(4, 2), picture.level(5, 0)], [Some(0), Some(255), None]);
        let png = picture.png().unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; 15];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, info.color_type, info.bit_depth), (5, 3, ColorType::Grayscale, BitDepth::Eight));
        assert_eq!(pixels, picture.pixels);
    }

    #[test]
    fn what_is_no_brightness_is_black_or_white_and_no_pixels_are_an_error() {
        let levels = [f32::NAN, -3.0, 7.0, f32::INFINITY];
        assert_eq!(Grey::new(4, 1, |column, _| levels[column]).pixels, [0, 0, 255, 255]);
        assert!(Grey::new(0, 3, |_, _| 0.0).png().is_err());
        assert_eq!(Grey::new(0, 3, |_, _| 0.0).size(), [0, 0]);
    }
}
