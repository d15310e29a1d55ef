//! Pictures of runs: SVG figures for reports and papers, and a small curve for the terminal; with the statistics they show.
//!
//! Figures are texts made from numbers alone: no clock, no fonts measured on the machine, no files, so the same run gives the
//! same bytes anywhere. Which numbers to show, and where the text goes, is the callers' business.

mod axis;
mod canvas;
mod colours;
mod course;
mod direction_map;
mod from_above;
mod histogram;
mod learning_curve;
mod plane;
mod raster;
mod stats;
mod terminal;

#[cfg(feature = "viewer")]
pub(crate) use axis::{Axis, time_unit};
pub use course::{course, over};
pub use direction_map::{Ground, Map, direction_map};
pub use from_above::{Frame, Path, Scene, from_above};
pub use histogram::{Spread, histogram};
pub use learning_curve::{Curve, learning_curve};
pub use raster::{Camera, Population, Raster, raster};
pub use stats::{confidence_half_width, mean, median, standard_deviation, student_t_975};
pub use terminal::curve;
