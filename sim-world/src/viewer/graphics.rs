//! Whether this machine can draw, asked before anything is begun that would end in a panic.

use std::io;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// What draws: Vulkan, or what stands for it on other systems. OpenGL isn't asked, which complains on machines without a desktop.
pub(super) const BACKENDS: wgpu::Backends = wgpu::Backends::PRIMARY;

/// Why nothing can be drawn, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum NoGraphics {
    /// No display is named.
    #[error(
        "there is no display: DISPLAY isn't set. On a desktop run this in its terminal; over ssh use `ssh -X`; on a machine without a screen \
         run it under `xvfb-run` (Debian: apt-get install xvfb), or draw pictures without a window by `embody shot`"
    )]
    NoDisplay,
    /// The display doesn't answer.
    #[error("the display {display:?} (DISPLAY) can't be reached: {why}. Start it, or name another")]
    Unreachable {
        /// Its name.
        display: String,
        /// What the system says.
        why: io::Error,
    },
    /// No driver.
    #[error(
        "there is no graphics driver that this can use ({why}). Install the one of your graphics card, or Mesa's, which draws on the \
         processor too (Debian: apt-get install mesa-vulkan-drivers)"
    )]
    NoDriver {
        /// What the graphics library says.
        why: String,
    },
}

/// What draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graphics {
    /// Name of the card, or of the driver that draws on the processor.
    pub adapter: String,
    /// The driver.
    pub driver: String,
}

impl Graphics {
    /// Finds what draws here; with `window`, looks for the display first.
    ///
    /// # Errors
    /// If there is no display, or nothing that draws.
    pub fn find(window: bool) -> Result<Graphics, NoGraphics> {
        if window {
            reach_display(std::env::var("DISPLAY").ok().as_deref())?;
        }
        let descriptor =
            wgpu::InstanceDescriptor { backends: BACKENDS, ..wgpu::InstanceDescriptor::new_without_display_handle_from_env() };
        let instance = wgpu::Instance::new(descriptor);
        let adapter = bevy::tasks::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()));
        let info = adapter.map_err(|e| NoGraphics::NoDriver { why: e.to_string() })?.get_info();
        Ok(Graphics { adapter: info.name, driver: format!("{} {}", info.driver, info.driver_info).trim().into() })
    }
}

/// Sees that somebody listens where a display is said to be: `[host]:number[.screen]`.
fn reach_display(display: Option<&str>) -> Result<(), NoGraphics> {
    let Some(display) = display.filter(|display| !display.is_empty()) else { return Err(NoGraphics::NoDisplay) };
    let unreachable = |why: io::Error| NoGraphics::Unreachable { display: display.into(), why };
    let malformed = || unreachable(io::Error::other("expected [host]:number"));
    let (host, number) = display.rsplit_once(':').ok_or_else(malformed)?;
    let number: u16 = number.split('.').next().unwrap_or_default().parse().map_err(|_| malformed())?;
    if host.is_empty() || host == "unix" {
        return UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).map(drop).map_err(unreachable);
    }
    let port = 6000_u16.checked_add(number).ok_or_else(malformed)?;
    TcpStream::connect((host, port)).map(drop).map_err(unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_isnt_there_is_told() {
        for (display, word) in [
            (None, "DISPLAY"),
            (Some(""), "xvfb"),
            (Some("nonsense"), "number"),
            (Some(":64999"), "reached"),
            (Some(":x"), "number"),
        ] {
            let why = reach_display(display).unwrap_err().to_string();
            assert!(why.contains(word), "{display:?}: {why}");
        }
    }
}
