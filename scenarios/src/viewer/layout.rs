//! Where the panels are, and the world between them.

use std::sync::Arc;

use bevy::camera::visibility::RenderLayers;
use bevy::camera::{Camera, Camera3d, CameraOutputMode, ClearColorConfig, Viewport};
use bevy::color::Color;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::ecs::query::With;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Commands, Query, Res, ResMut};
use bevy::math::UVec2;
use bevy::prelude::BevyError;
use bevy::render::render_resource::BlendState;
use bevy::render::view::Msaa;
use bevy_egui::egui::{Label, LayerId, Panel, Rect, RichText, ScrollArea, TextureHandle, Ui, UiBuilder};
use bevy_egui::{EguiContexts, PrimaryEguiContext};
use embody_sim_world::viewer::{Orbit, PointerTaken, SceneCamera, Shown, Target, grid_spacing_m};

use super::panels::controls::Asked;
use super::panels::{camera, controls, counters, curves, header, joints, raster, weights};
use super::player::{Player, Snapshot};
use super::scene::Subject;
use super::theme;

/// Sizes of the panels (points).
const TOP: f32 = 34.0;
const BOTTOM: f32 = 44.0;
const FAILURE: f32 = 52.0;
const LEFT: f32 = 262.0;
const RIGHT: f32 = 330.0;

/// What the panels leave of a window (points).
pub(crate) fn between_panels([width, height]: [u32; 2]) -> [u32; 2] {
    [width.saturating_sub((LEFT + RIGHT) as u32), height.saturating_sub((TOP + BOTTOM) as u32)]
}

/// What the panels show, and what they keep from frame to frame.
#[derive(Resource)]
pub(super) struct Desk {
    pub subject: Subject,
    pub feed: Feed,
    cameras: Vec<Option<TextureHandle>>,
    raster: Option<TextureHandle>,
    dressed: bool,
    /// What was asked for in the last frame.
    pub asked: Asked,
    /// What stays to be seen for so many frames more, for a picture of it: letters that were never drawn before come a frame late.
    pub held: Option<(Arc<Snapshot>, u32)>,
}

/// Where snapshots come from.
#[derive(Clone)]
pub(super) enum Feed {
    /// From what goes on.
    Playing(Arc<Player>),
    /// One alone.
    Still(Arc<Snapshot>),
}

impl Feed {
    /// The newest snapshot; none before the first.
    pub fn latest(&self) -> Option<Arc<Snapshot>> {
        match self {
            Feed::Playing(player) => player.latest(),
            Feed::Still(snapshot) => Some(snapshot.clone()),
        }
    }
}

impl Desk {
    pub fn new(subject: Subject, feed: Feed) -> Desk {
        Desk { subject, feed, cameras: Vec::new(), raster: None, dressed: false, asked: Asked::default(), held: None }
    }

    /// What is to be seen now.
    pub fn latest(&self) -> Option<Arc<Snapshot>> {
        self.held.as_ref().map(|(snapshot, _)| snapshot.clone()).or_else(|| self.feed.latest())
    }
}

/// Spawns the camera that draws the panels over what the scene's camera draws.
pub(super) fn spawn(mut commands: Commands, target: Res<Target>) {
    commands.spawn((
        PrimaryEguiContext,
        Camera3d::default(),
        Tonemapping::None,
        Msaa::Off,
        RenderLayers::none(),
        Camera {
            order: 1,
            output_mode: CameraOutputMode::Write {
                blend_state: Some(BlendState::ALPHA_BLENDING),
                clear_color: ClearColorConfig::None,
            },
            clear_color: ClearColorConfig::Custom(Color::NONE),
            ..Camera::default()
        },
        target.0.clone(),
    ));
}

/// Copies what there is to see of the world into the scene.
pub(super) fn feed(desk: Res<Desk>, mut shown: ResMut<Shown>) {
    let Some(snapshot) = desk.latest() else { return };
    let truth = &snapshot.moment.truth;
    if !truth.links.is_empty() {
        shown.poses.clone_from(&truth.links);
    }
    shown.contacts.clone_from(&truth.contacts);
}

/// Draws the panels, and gives the scene's camera what they leave.
pub(super) fn draw(
    mut contexts: EguiContexts,
    mut desk: ResMut<Desk>,
    mut shown: ResMut<Shown>,
    mut taken: ResMut<PointerTaken>,
    mut orbit: ResMut<Orbit>,
    mut cameras: Query<&mut Camera, With<SceneCamera>>,
) -> Result<(), BevyError> {
    let context = contexts.ctx_mut()?.clone();
    if !desk.dressed {
        theme::put_on(&context);
        desk.dressed = true;
    }
    let latest = desk.latest();
    let place = UiBuilder::new().layer_id(LayerId::background()).max_rect(context.viewport_rect());
    let mut ui = Ui::new(context.clone(), "desk".into(), place);
    let left = panels(&mut ui, &mut desk, latest.as_deref(), &mut shown);
    if context.input(|input| input.key_pressed(bevy_egui::egui::Key::Home)) {
        *orbit = desk.subject.orbit.clone();
    }
    taken.0 = context.egui_is_using_pointer() || context.pointer_latest_pos().is_some_and(|at| !left.contains(at));
    let pixels = context.pixels_per_point();
    let size = [left.width(), left.height()].map(|side| ((side * pixels) as u32).max(1));
    let viewport = Viewport {
        physical_position: UVec2::new((left.left() * pixels) as u32, (left.top() * pixels) as u32),
        physical_size: UVec2::from_array(size),
        ..Viewport::default()
    };
    for mut camera in &mut cameras {
        camera.viewport = Some(viewport.clone());
    }
    Ok(())
}

/// Draws the panels; gives what they leave.
fn panels(ui: &mut Ui, desk: &mut Desk, snapshot: Option<&Snapshot>, shown: &mut Shown) -> Rect {
    Panel::top("top").exact_size(TOP).show(ui, |ui| header::draw(ui, &desk.subject, snapshot));
    let overlays = &mut shown.overlays;
    let grid_m = grid_spacing_m(&desk.subject.portrayed.arena);
    desk.asked = Panel::bottom("bottom").exact_size(BOTTOM).show(ui, |ui| controls::draw(ui, grid_m, snapshot, overlays)).inner;
    let Some(snapshot) = snapshot else { return ui.available_rect_before_wrap() };
    if let Some(why) = &snapshot.status.failure {
        let words = Label::new(RichText::new(why).color(theme::VERMILION)).wrap();
        Panel::bottom("failure").exact_size(FAILURE).show(ui, |ui| ui.add(words));
    }
    Panel::left("left").exact_size(LEFT).show(ui, |ui| {
        ScrollArea::vertical().id_salt("left").show(ui, |ui| {
            camera::draw(ui, &desk.subject.observation, snapshot, &mut desk.cameras);
            ui.separator();
            joints::draw(ui, &desk.subject.portrayed.robot, snapshot);
            counters::draw(ui, &desk.subject, snapshot);
        });
    });
    Panel::right("right").exact_size(RIGHT).show(ui, |ui| {
        ScrollArea::vertical().id_salt("right").show(ui, |ui| {
            raster::draw(ui, snapshot, &mut desk.raster);
            curves::draw(ui, &snapshot.history);
            weights::draw(ui, &snapshot.history);
        });
    });
    ui.available_rect_before_wrap()
}
