//! A picture without a window.

use std::sync::Arc;

use embody_robots::Nanos;
use embody_sim_world::viewer::{Graphics, NoGraphics, Overlays, Picture, ScenePlugin, Screen, Shown};

use super::layout::Feed;
use super::player::{Snapshot, Speed, Status};
use super::scene::Subject;
use super::source::{Source, SourceError};
use super::window;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShotError {
    /// Nothing draws here.
    #[error(transparent)]
    Graphics(#[from] NoGraphics),
    /// The source can't be brought there.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The renderer gave none.
    #[error("the graphics driver gave no picture")]
    Nothing,
}

/// What is on a picture.
pub(crate) struct Frame {
    /// Pixels along a row, and rows.
    pub size: [u32; 2],
    /// Whether the panels are, or the world alone.
    pub panels: bool,
    pub overlays: Overlays,
}

/// Plays a source up to `time` and draws what there is to see then.
///
/// # Errors
/// If nothing draws here, or the source can't be brought there.
pub(crate) fn shot(mut subject: Subject, mut source: Box<dyn Source>, time: Nanos, frame: &Frame) -> Result<Picture, ShotError> {
    // Before the work is done for nothing.
    Graphics::find(false)?;
    while source.time() < time && source.advance()? {}
    let moment = source.moment()?;
    subject.home.overlays = frame.overlays;
    let mut screen = Screen::image(frame.size[0], frame.size[1]);
    if frame.panels {
        let status = Status::of(&*source, Speed::Times(1.0), false);
        let snapshot = Snapshot { moment, history: source.history().clone(), status };
        window::furnish(&mut screen, subject, Feed::Still(Arc::new(snapshot)));
    } else {
        let shown = Shown { poses: moment.truth.links, contacts: moment.truth.contacts, overlays: frame.overlays };
        screen.app().add_plugins(ScenePlugin { portrayed: subject.portrayed, orbit: subject.orbit }).insert_resource(shown);
    }
    screen.picture().ok_or(ShotError::Nothing)
}
