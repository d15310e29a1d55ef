//! Pixels as a PNG file.

use png::{BitDepth, Compression, Encoder, Filter};
pub use png::{ColorType, EncodingError};

/// Pixels of 8 bits a channel, row by row from the top, as a PNG file.
///
/// # Errors
/// If there are none, or not as many as `width` x `height` pixels of this colour type have.
pub fn png(width: u32, height: u32, colour: ColorType, pixels: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
