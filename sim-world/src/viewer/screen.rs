//! The app around a scene: Bevy with its renderer, in a window or on an image that nobody sees.

use std::sync::{Arc, Mutex, PoisonError};

use bevy::DefaultPlugins;
use bevy::app::{App, PluginGroup, PluginsState, TerminalCtrlCHandlerPlugin};
use bevy::asset::{Assets, Handle};
use bevy::camera::RenderTarget;
use bevy::ecs::observer::On;
use bevy::ecs::resource::Resource;
use bevy::image::Image;
use bevy::render::RenderPlugin;
use bevy::render::pipelined_rendering::PipelinedRenderingPlugin;
use bevy::render::render_resource::{PollType, TextureFormat};
use bevy::render::renderer::RenderDevice;
use bevy::render::settings::{RenderCreation, WgpuSettings};
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::window::{ExitCondition, Window, WindowPlugin, WindowResolution};
use bevy::winit::WinitPlugin;

use super::graphics;

/// What a scene is drawn on.
pub struct Screen {
    app: App,
    target: Option<Handle<Image>>,
}

/// What cameras draw on; without a window, cameras must be given this.
#[derive(Resource, Clone)]
pub struct Target(pub RenderTarget);

/// A picture in colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels along a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green and blue, row by row from the top.
    pub rgb: Vec<u8>,
}

/// Frames that are drawn at most while a picture is waited for.
const PATIENCE: usize = 100;

/// Frames until everything is where it belongs: layouts settle, shadows and fonts are there.
const SETTLING: usize = 4;

impl Screen {
    /// A window. Whether there can be one is to be asked before ([`Graphics::find`](super::Graphics::find)): without a display Bevy panics.
    pub fn window(title: &str, width: u32, height: u32) -> Screen {
        let resolution = WindowResolution::new(width, height).with_scale_factor_override(1.0);
        let window = Window { title: title.into(), resolution, ..Window::default() };
        let mut app = App::new();
        let window = WindowPlugin { primary_window: Some(window), ..WindowPlugin::default() };
        app.add_plugins(DefaultPlugins.set(window).set(render()).disable::<TerminalCtrlCHandlerPlugin>());
        app.insert_resource(Target(RenderTarget::default()));
        Screen { app, target: None }
    }

    /// An image of `width` x `height` pixels, drawn only when it is asked for.
    pub fn image(width: u32, height: u32) -> Screen {
        let mut app = App::new();
        let window = WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..WindowPlugin::default() };
        app.add_plugins(
            DefaultPlugins
                .set(window)
                .set(render())
                .disable::<TerminalCtrlCHandlerPlugin>()
                .disable::<WinitPlugin>()
                .disable::<PipelinedRenderingPlugin>(),
        );
        let image = Image::new_target_texture(width, height, TextureFormat::Rgba8UnormSrgb, None);
        let target = app.world_mut().resource_mut::<Assets<Image>>().add(image);
        app.insert_resource(Target(RenderTarget::Image(target.clone().into())));
        Screen { app, target: Some(target) }
    }

    /// The app, for whoever adds to it.
    pub fn app(&mut self) -> &mut App {
        &mut self.app
    }

    /// Shows the window until it is closed.
    pub fn run(mut self) {
        self.app.run();
    }

    /// Draws the image; none for a window, or if the renderer gives none.
    pub fn picture(mut self) -> Option<Picture> {
        let target = self.target.take()?;
        while self.app.plugins_state() == PluginsState::Adding {
            bevy::tasks::tick_global_task_pools_on_main_thread();
        }
        self.app.finish();
        self.app.cleanup();
        (0..SETTLING).for_each(|_| self.update());
        let found = Arc::new(Mutex::new(None));
        let into = found.clone();
        let take = move |captured: On<ScreenshotCaptured>| {
            *into.lock().unwrap_or_else(PoisonError::into_inner) = picture_of(&captured.image);
        };
        self.app.world_mut().spawn(Screenshot::image(target)).observe(take);
        for _ in 0..PATIENCE {
            self.update();
            if let Some(picture) = found.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Some(picture);
            }
        }
        None
    }

    /// One frame, drawn to its end.
    fn update(&mut self) {
        self.app.update();
        if let Some(device) = self.app.world().get_resource::<RenderDevice>() {
            // An error here is one of the next frame.
            let _ = device.wgpu_device().poll(PollType::Wait { submission_index: None, timeout: None });
        }
    }
}

/// How to draw: by what [`Graphics::find`](super::Graphics::find) finds, with all pipelines there before the first frame is.
fn render() -> RenderPlugin {
    let settings = WgpuSettings { backends: Some(graphics::BACKENDS), ..WgpuSettings::default() };
    RenderPlugin {
        render_creation: RenderCreation::Automatic(Box::new(settings)),
        synchronous_pipeline_compilation: true,
        ..RenderPlugin::default()
    }
}

/// An image of four bytes a pixel as a picture; none for one of another format.
pub fn picture_of(image: &Image) -> Option<Picture> {
    let order = match image.texture_descriptor.format {
        TextureFormat::Rgba8UnormSrgb | TextureFormat::Rgba8Unorm => [0, 1, 2],
        TextureFormat::Bgra8UnormSrgb | TextureFormat::Bgra8Unorm => [2, 1, 0],
        _ => return None,
    };
    let rgb = image.data.as_ref()?.chunks_exact(4).flat_map(|pixel| order.map(|channel| pixel[channel])).collect();
    Some(Picture { width: image.width(), height: image.height(), rgb })
}
