//! The window.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bevy::app::{AppExit, Startup, Update};
use bevy::ecs::message::MessageWriter;
use bevy::ecs::observer::On;
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Commands, Local, Res, ResMut};
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::winit::{UpdateMode, WinitSettings};
use bevy_egui::{EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass};
use embody_sim_world::viewer::{Graphics, NoGraphics, ScenePlugin, Screen, Shown, Target, picture_of};

use super::layout::{self, Desk, Feed};
use super::player::{Player, Snapshot};
use super::scene::Subject;
use crate::picture::{ColorType, png};
use crate::run::folder;

/// Frames for which a moment is held for its picture: until all of it is drawn, and one more in which it is taken.
const SETTLING: u32 = 4;

/// Wall time between two frames while there is news, and while there is none.
const OFTEN: Duration = Duration::from_millis(30);
const SELDOM: Duration = Duration::from_millis(100);

/// Where pictures go that whoever looks saves, and who is told.
#[derive(Resource, Clone)]
pub(crate) struct Album {
    pub folder: PathBuf,
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Shows what is played in a window until that is closed; gives the last snapshot.
///
/// # Errors
/// If there is no display, or nothing that draws.
pub(crate) fn show(
    subject: Subject,
    player: Player,
    [width, height]: [u32; 2],
    album: Album,
) -> Result<Option<Arc<Snapshot>>, NoGraphics> {
    Graphics::find(true)?;
    let player = Arc::new(player);
    let mut screen = Screen::window(&format!("Embody · {}", subject.title()), width, height);
    furnish(&mut screen, subject, Feed::Playing(player.clone()));
    let app = screen.app();
    app.insert_resource(album);
    app.add_systems(EguiPrimaryContextPass, (answer, pace).after(layout::draw));
    screen.run();
    Ok(player.latest())
}

/// Puts scene and panels on a screen.
pub(super) fn furnish(screen: &mut Screen, subject: Subject, feed: Feed) {
    let app = screen.app();
    app.add_plugins(EguiPlugin::default());
    // The panels have a camera of their own.
    app.world_mut().resource_mut::<EguiGlobalSettings>().auto_create_primary_context = false;
    app.add_plugins(ScenePlugin { portrayed: subject.portrayed.clone(), orbit: subject.orbit.clone() });
    app.insert_resource::<Shown>(subject.home.clone());
    app.insert_resource(Desk::new(subject, feed));
    app.add_systems(Startup, layout::spawn);
    app.add_systems(Update, layout::feed);
    app.add_systems(EguiPrimaryContextPass, layout::draw);
}

/// Draws often while there is news, and seldom while there is none; what a person does is always answered at once.
fn pace(desk: Res<Desk>, mut drawn: Local<Option<Arc<Snapshot>>>, mut settings: ResMut<WinitSettings>) {
    let newest = desk.latest();
    let known = newest.as_ref().zip(drawn.as_ref()).is_some_and(|(newest, drawn)| Arc::ptr_eq(newest, drawn));
    let still = known && desk.held.is_none();
    *drawn = newest;
    let every = if still { SELDOM } else { OFTEN };
    settings.focused_mode = UpdateMode::reactive(every);
    settings.unfocused_mode = UpdateMode::reactive(every);
}

/// Does what was asked for with buttons and keys.
fn answer(
    mut desk: ResMut<Desk>,
    album: Res<Album>,
    target: Res<Target>,
    mut commands: Commands,
    mut exits: MessageWriter<AppExit>,
) {
    let asked = std::mem::take(&mut desk.asked);
    if let Feed::Playing(player) = &desk.feed {
        asked.commands.into_iter().for_each(|command| player.ask(command));
    }
    if asked.picture && desk.held.is_none() {
        desk.held = desk.feed.latest().map(|snapshot| (snapshot, SETTLING));
    }
    let due = desk.held.as_mut().map(|(snapshot, frames)| {
        *frames -= 1;
        (snapshot.moment.time.as_secs_f64(), *frames)
    });
    if let Some((_, 0)) = due {
        desk.held = None;
    }
    if let Some((time, 1)) = due {
        let (album, name) = (album.clone(), desk.subject.scenario.name.clone());
        let save = move |captured: On<ScreenshotCaptured>| {
            let told = match save(&album, &name, &captured) {
                Ok(path) => format!("{}: the window at {time:.2} s", path.display()),
                Err(why) => format!("the picture can't be saved: {why}"),
            };
            (album.tell)(&told);
        };
        commands.spawn(Screenshot(target.0.clone())).observe(save);
    }
    if asked.close {
        exits.write(AppExit::Success);
    }
}

fn save(album: &Album, name: &str, captured: &ScreenshotCaptured) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let picture = picture_of(&captured.image).ok_or("the window has colours of another kind than 8 bits")?;
    let bytes = png(picture.width, picture.height, ColorType::Rgb, &picture.rgb)?;
    std::fs::create_dir_all(&album.folder).map_err(|e| format!("{}: {e}", album.folder.display()))?;
    let path = (1..).map(|n: u64| album.folder.join(format!("{name}-{n}.png"))).find(|path| !path.exists());
    let path = path.ok_or("every name is taken")?;
    folder::replace(&path, &bytes)?;
    Ok(path)
}
