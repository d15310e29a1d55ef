//! A loop to look at: its world in a window or on a picture, with what goes on in body and brain beside it.
//!
//! What is looked at comes from a [`Source`](source::Source): a loop in this process, a recording, or a world and a brain elsewhere. A thread of its
//! own drives it and lays down [`Snapshot`](player::Snapshot)s; the window takes the newest one when it draws. Neither waits for the other, and
//! looking on changes nothing: the trace hash is that of a run without a window.
//!
//! Not here: drawing the world itself (`embody_sim_world::viewer`), and pictures without a graphics driver ([`picture`](crate::picture)).

mod chart;
mod history;
mod layout;
mod live;
mod panels;
mod player;
mod recorded;
mod remote;
mod scene;
mod series;
mod shot;
mod source;
mod texture;
mod theme;
mod window;

pub(crate) use layout::between_panels;
pub(crate) use live::LiveSource;
pub(crate) use player::{Player, Speed};
pub(crate) use recorded::RecordedSource;
pub(crate) use remote::RemoteSource;
pub(crate) use scene::Subject;
pub(crate) use shot::{Frame, shot};
pub(crate) use source::Source;
pub(crate) use window::{Album, show};
