//! One master seed, named sub-streams.

/// The seed of the sub-stream `name` of `seed`: equal inputs give equal outputs, on every machine, for ever.
///
/// First eight bytes (little-endian) of BLAKE3 over the seed's eight bytes and the name.
pub fn stream(seed: u64, name: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    #[test]
    fn streams_differ_by_name_and_seed() {
        let all = [super::stream(1, "body"), super::stream(1, "task"), super::stream(2, "body")];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
        assert_eq!(super::stream(1, "body"), super::stream(1, "body"));
    }
}
