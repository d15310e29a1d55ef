//! The arena: a level plane, with a wall along each side of a square or without, and a painted road or none.
//!
//! Pure settings in SI units; `physics` makes colliders of them. The plane lies at z = 0, z points up, and the origin is
//! the square's centre. A road begins there, along the x axis; it is paint, and feels like the rest of the plane.

mod road;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use road::{RoadKind, RoadSettings};

/// A level plane, with walls or a road, with both or neither.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Arena {
    /// Half the side of the plane: the walls' inner faces stand at this distance from the centre (m).
    pub half_extent_m: f64,
    /// Height of the walls (m); 0 for none, and a plane without bounds.
    pub wall_height_m: f64,
    /// Coulomb friction coefficient of ground and walls. Of two surfaces that touch, the more slippery one decides.
    pub friction: f64,
    /// Share of the speed along the normal that a bounce gives back, 0 to 1.
    pub restitution: f64,
    /// Gravity, pointing down (m/s^2).
    pub gravity_m_s2: f64,
    /// The road on the plane; none unless given.
    pub road: Option<RoadSettings>,
}

impl Default for Arena {
    fn default() -> Self {
        Arena { half_extent_m: 10.0, wall_height_m: 2.0, friction: 0.8, restitution: 0.0, gravity_m_s2: 9.81, road: None }
    }
}

impl Arena {
    /// Looks for what can't be, and names the key.
    pub fn check(&self) -> Result<(), ArenaError> {
        let within = |key, found: f64, least: f64, most: f64, expected| {
            // Written so that NaN fails too.
            if found >= least && found <= most { Ok(()) } else { Err(ArenaError { key, found, expected }) }
        };
        within("half_extent_m", self.half_extent_m, 1e-2, 1e4, "0.01 to 10000 m")?;
        within("wall_height_m", self.wall_height_m, 0.0, 1e4, "0 to 10000 m")?;
        within("friction", self.friction, 0.0, 1e3, "0 to 1000")?;
        within("restitution", self.restitution, 0.0, 1.0, "0 to 1")?;
        within("gravity_m_s2", self.gravity_m_s2, 0.0, 1e3, "0 to 1000 m/s^2")?;
        self.road.as_ref().map_or(Ok(()), RoadSettings::check)
    }
}

/// An arena that can't be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("arena: {key} is {found}, expected {expected}")]
pub struct ArenaError {
    /// The setting.
    pub key: &'static str,
    /// Its value.
    pub found: f64,
    /// What it may be.
    pub expected: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_arena_is_refused_by_key() {
        assert!(Arena::default().check().is_ok());
        for (arena, key) in [
            (Arena { half_extent_m: -1.0, ..Arena::default() }, "half_extent_m"),
            (Arena { wall_height_m: -1.0, ..Arena::default() }, "wall_height_m"),
            (Arena { friction: f64::NAN, ..Arena::default() }, "friction"),
            (Arena { restitution: 1.5, ..Arena::default() }, "restitution"),
            (Arena { gravity_m_s2: f64::INFINITY, ..Arena::default() }, "gravity_m_s2"),
        ] {
            assert_eq!(arena.check().unwrap_err().key, key);
        }
    }
}
