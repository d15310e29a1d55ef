//! The panels, one each for what there is to see.

pub(super) mod camera;
pub(super) mod controls;
pub(super) mod counters;
pub(super) mod curves;
pub(super) mod header;
pub(super) mod joints;
pub(super) mod raster;
pub(super) mod weights;
