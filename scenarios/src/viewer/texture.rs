//! Pictures within panels.

use bevy_egui::egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions};

/// Puts a picture into a texture that is kept from frame to frame, and is made where there is none of its size.
///
/// The pixels of one that is there are replaced, not the texture: a new one would be there a frame late, and one in each frame never.
pub(super) fn put(context: &Context, kept: &mut Option<TextureHandle>, name: &str, picture: ColorImage) -> TextureId {
    match kept {
        Some(texture) if texture.size() == picture.size => {
            texture.set_partial([0, 0], picture, TextureOptions::NEAREST);
            texture.id()
        }
        _ => kept.insert(context.load_texture(name, picture, TextureOptions::NEAREST)).id(),
    }
}
