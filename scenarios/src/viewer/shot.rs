//! A picture without a window.

use std::sync::Arc;
use std::time::Instant;

use embody_robots::Nanos;
use embody_sim_world::viewer::{Graphics, NoGraphics, Overlays, Picture, ScenePlugin, Screen, Shown};

use super::layout::Feed;
use super::player::{Snapshot, Speed, Status};
use super::scene::Subject;
use super::source::{Source, SourceError};
use super::window;
use crate::run::Progress;
use crate::run::progress::Standing;

/// Control steps between two looks at the clock for progress.
const STEPS_PER_UPDATE: u64 = 1000;

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

/// Plays a source up to `time`, telling `progress`, and draws what there is to see then.
///
/// # Errors
/// If nothing draws here, or the source can't be brought there.
pub(crate) fn shot(
    mut subject: Subject,
    mut source: Box<dyn Source>,
    time: Nanos,
    frame: &Frame,
    progress: &mut dyn Progress,
) -> Result<Picture, ShotError> {
    // Before the work is done for nothing.
    Graphics::find(false)?;
    let brought = bring(&mut *source, time, progress);
    progress.end();
    brought?;
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

/// Plays a source up to `time`.
fn bring(source: &mut dyn Source, time: Nanos, progress: &mut dyn Progress) -> Result<(), SourceError> {
    let (started, from) = (Instant::now(), source.time());
    let since = |now: Nanos| Nanos(now.0.saturating_sub(from.0));
    for step in 1u64.. {
        if source.time() >= time || !source.advance()? {
            break;
        }
        if step.is_multiple_of(STEPS_PER_UPDATE) {
            let simulated = since(source.time());
            progress.update(Standing { simulated, total: since(time), session: (simulated, started.elapsed()), metric: None });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::history::{History, Periods};
    use super::*;
    use crate::moment::Moment;

    /// Moves on by 20 ms a step.
    struct Clock(Nanos, History);

    impl Source for Clock {
        fn advance(&mut self) -> Result<bool, SourceError> {
            self.0 = Nanos(self.0.0 + 20_000_000);
            Ok(true)
        }

        fn moment(&mut self) -> Result<Moment, SourceError> {
            Err(SourceError("a clock shows nothing".into()))
        }

        fn history(&self) -> &History {
            &self.1
        }

        fn time(&self) -> Nanos {
            self.0
        }

        fn reset(&mut self) -> Result<(), SourceError> {
            Ok(())
        }
    }

    /// Keeps what it is told.
    #[derive(Default)]
    struct Told(Vec<[Nanos; 2]>);

    impl Progress for Told {
        fn update(&mut self, standing: Standing<'_>) {
            self.0.push([standing.simulated, standing.total]);
        }
    }

    #[test]
    fn whoever_waits_for_a_picture_is_told_how_far_it_has_come() {
        let begin = Nanos::from_secs(100);
        let periods = Periods { control: Nanos::from_millis(20), tick: Nanos::from_millis(1) };
        let (mut clock, mut told) = (Clock(begin, History::new(periods, begin)), Told::default());
        bring(&mut clock, Nanos::from_secs(150), &mut told).unwrap();
        assert_eq!(clock.time(), Nanos::from_secs(150));
        assert_eq!(told.0, [[20, 50], [40, 50]].map(|pair| pair.map(Nanos::from_secs)));
    }
}
