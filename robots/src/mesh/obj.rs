//! OBJ: corners, and faces of three or more of them.

use super::Mesh;
use crate::file::{ReadError, to_text};

/// Reads the lines `v` and `f`; a face of more than three corners becomes a fan of triangles. All other lines are left alone.
pub(super) fn read(bytes: Vec<u8>, file: &str) -> Result<Mesh, ReadError> {
    let text = to_text(bytes, file)?;
    let mut mesh = Mesh::default();
    for (index, line) in text.lines().enumerate() {
        let wrong = |what: &str| {
            let found: String = line.trim().chars().take(60).collect();
            ReadError::At { file: file.into(), line: index as u32 + 1, what: format!("{what}, found {found:?}") }
        };
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => {
                // A weight and a colour may follow.
                let numbers: Vec<f32> = words.take(3).map_while(|word| word.parse().ok()).collect();
                mesh.vertices.push(numbers.try_into().map_err(|_| wrong("v: expected three numbers"))?);
            }
            Some("f") => {
                let count = mesh.vertices.len();
                let corners: Option<Vec<u32>> = words.map(|word| corner(word, count)).collect();
                let corners = corners.filter(|corners| corners.len() >= 3);
                let corners = corners.ok_or_else(|| wrong("f: expected three or more vertices from above it"))?;
                mesh.triangles.extend(corners[1..].windows(2).map(|pair| [corners[0], pair[0], pair[1]]));
            }
            _ => {}
        }
    }
    Ok(mesh)
}

/// The index of a corner such as `7/2/3`: counted from 1, or from the last one backwards if negative.
fn corner(word: &str, count: usize) -> Option<u32> {
    let number: i64 = word.split('/').next()?.parse().ok()?;
    let index = if number < 0 { count as i64 + number } else { number - 1 };
    u32::try_from(index).ok().filter(|index| (*index as usize) < count)
}
