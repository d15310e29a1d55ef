//! Arrays of an uncompressed `.npz`: a zip of stored `.npy` members (version 1.0, little-endian f32, C order).

/// The named array, of that shape.
pub fn array(file: &[u8], name: &str, shape: [usize; 2]) -> Result<Vec<f32>, String> {
    let member = member(file, &format!("{name}.npy")).ok_or(format!("no stored member {name}.npy"))?;
    let header_len = number(member, 8, 2).ok_or("no header")?;
    let header = member.get(10..10 + header_len).map(String::from_utf8_lossy).ok_or("half a header")?;
    let expected = format!("'descr': '<f4', 'fortran_order': False, 'shape': ({}, {})", shape[0], shape[1]);
    if !member.starts_with(b"\x93NUMPY\x01\x00") || !header.contains(&expected) {
        return Err(format!("{name}: expected {expected}, found {header}"));
    }
    let (numbers, rest) = member[10 + header_len..].as_chunks::<4>();
    if numbers.len() != shape[0] * shape[1] || !rest.is_empty() {
        return Err(format!("{name}: expected {shape:?} numbers, found {}", numbers.len()));
    }
    Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// The bytes of a stored member, by the zip's central directory.
fn member<'a>(file: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let end = file.len().checked_sub(22).filter(|&end| file[end..].starts_with(b"PK\x05\x06"))?;
    let mut at = number(file, end + 16, 4)?;
    for _ in 0..number(file, end + 10, 2)? {
        let [method, size, name_len] = [(10, 2), (24, 4), (28, 2)].map(|(offset, bytes)| number(file, at + offset, bytes));
        let (local, name_len) = (number(file, at + 42, 4)?, name_len?);
        if method == Some(0) && file.get(at + 46..at + 46 + name_len)? == name.as_bytes() {
            let begin = local + 30 + number(file, local + 26, 2)? + number(file, local + 28, 2)?;
            return file.get(begin..begin + size?);
        }
        at += 46 + name_len + number(file, at + 30, 2)? + number(file, at + 32, 2)?;
    }
    None
}

/// A little-endian number.
fn number(file: &[u8], at: usize, bytes: usize) -> Option<usize> {
    Some(file.get(at..at + bytes)?.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte)))
}
