//! STL: triangles by their corners, as text or in binary.

use super::{Mesh, within};
use crate::file::{ReadError, to_text};

/// Bytes before the first triangle of a binary file: a title, and how many there are.
const HEADER: usize = 84;

/// Bytes of a triangle: its normal, three corners, two bytes for the user.
const TRIANGLE: usize = 50;

/// Reads either kind. A binary file has exactly the length that its count says; whatever hasn't is text.
pub(super) fn read(bytes: Vec<u8>, file: &str) -> Result<Mesh, ReadError> {
    let count = bytes.get(80..HEADER).map(|count| u32::from_le_bytes([count[0], count[1], count[2], count[3]]) as usize);
    match count {
        Some(count) if HEADER + TRIANGLE * count == bytes.len() => {
            within(3 * count).map_err(|what| ReadError::Whole { file: file.into(), what })?;
            Ok(binary(&bytes[HEADER..]))
        }
        Some(count) if !bytes.starts_with(b"solid") => {
            let (expected, found) = (HEADER + TRIANGLE * count, bytes.len());
            let what = format!("expected {expected} bytes for the {count} triangles of a binary STL file, found {found}");
            Err(ReadError::Whole { file: file.into(), what })
        }
        _ => text(&to_text(bytes, file)?, file),
    }
}

fn binary(triangles: &[u8]) -> Mesh {
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let corners = triangles.chunks_exact(TRIANGLE).flat_map(|triangle| triangle[12..48].chunks_exact(12));
    of_corners(corners.map(|corner| [number(corner), number(&corner[4..]), number(&corner[8..])]).collect())
}

fn text(text: &str, file: &str) -> Result<Mesh, ReadError> {
    let mut corners = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        if words.next() != Some("vertex") {
            continue;
        }
        let at = |what: String| ReadError::At { file: file.into(), line: index as u32 + 1, what };
        within(corners.len() + 1).map_err(at)?;
        // One more than there may be, so that it is noticed.
        let numbers: Vec<f32> = words.take(4).map_while(|word| word.parse().ok()).collect();
        let found = || line.trim().chars().take(60).collect::<String>();
        corners.push(numbers.try_into().map_err(|_| at(format!("vertex: expected three numbers, found {:?}", found())))?);
    }
    Ok(of_corners(corners))
}

/// Each three corners are a triangle; those left over are none.
fn of_corners(vertices: Vec<[f32; 3]>) -> Mesh {
    let triangles = (0..vertices.len() as u32 / 3).map(|i| [3 * i, 3 * i + 1, 3 * i + 2]).collect();
    Mesh { vertices, triangles }
}
