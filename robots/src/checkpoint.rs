//! Checkpoints: the whole state of a part as bytes, to be continued from later.
//!
//! Fields are not listed by hand: whoever implements [`Checkpoint`] serialises its state struct as a whole with [`to_bytes`] and reads
//! it back with [`from_bytes`]; what is made of parts puts their bytes together.

use serde::{Serialize, de::DeserializeOwned};

/// Something whose state can be saved and continued from, byte for byte.
pub trait Checkpoint {
    /// The whole state.
    fn save(&self) -> Result<Vec<u8>, CheckpointError>;

    /// Continues from `bytes`, which [`save`](Checkpoint::save) gave on an equally built value.
    /// After an error the value is as it was before.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError>;
}

/// Why a state can't be saved or restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The bytes don't hold this state.
    #[error("{part}: the checkpoint doesn't hold its state: {why}")]
    Malformed {
        /// Whose state it is.
        part: String,
        /// What was wrong.
        why: String,
    },
    /// This part can't be saved, as with a real robot.
    #[error("{part} can't be saved: {why}")]
    Unsupported {
        /// Whose state it is.
        part: String,
        /// Why not.
        why: String,
    },
}

/// Serialises a state struct; `part` names it in errors.
pub fn to_bytes<T: Serialize + ?Sized>(part: &str, state: &T) -> Result<Vec<u8>, CheckpointError> {
    postcard::to_stdvec(state).map_err(|e| CheckpointError::Unsupported { part: part.into(), why: e.to_string() })
}

/// Reads a state struct back and refuses bytes that are left over; `part` names it in errors.
pub fn from_bytes<T: DeserializeOwned>(part: &str, bytes: &[u8]) -> Result<T, CheckpointError> {
    let malformed = |why: String| CheckpointError::Malformed { part: part.into(), why };
    let (state, rest) = postcard::take_from_bytes(bytes).map_err(|e| malformed(e.to_string()))?;
    if !rest.is_empty() {
        return Err(malformed(format!("{} of {} bytes are left over", rest.len(), bytes.len())));
    }
    Ok(state)
}
