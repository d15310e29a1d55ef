//! State that can be saved and continued from, byte for byte.

use serde::{Serialize, de::DeserializeOwned};

/// The bytes don't hold this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the saved state doesn't fit: {0}")]
pub struct StateError(pub String);

/// Something whose state can be written and read. Implementations serialise one state struct as a whole, with [`write()`] and [`read`].
pub trait State {
    /// The whole state.
    fn save(&self) -> Vec<u8>;

    /// Continues from what [`save`](State::save) gave on an equally built value. After an error nothing has changed.
    fn load(&mut self, bytes: &[u8]) -> Result<(), StateError>;
}

/// Serialises a state struct.
pub fn write<T: Serialize + ?Sized>(state: &T) -> Vec<u8> {
    // Writing to memory fails only for maps and sequences of unknown length, which no state struct has.
    postcard::to_stdvec(state).unwrap_or_default()
}

/// Reads a state struct back and refuses bytes that are left over.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    match postcard::take_from_bytes(bytes) {
        Ok((state, [])) => Ok(state),
        Ok((_, rest)) => Err(StateError(format!("{} of {} bytes are left over", rest.len(), bytes.len()))),
        Err(error) => Err(StateError(error.to_string())),
    }
}
