//! OBJ: corners, and faces of three or more of them.

use super::{Mesh, within};
use crate::file::{ReadError, to_text};

/// Reads the lines `v` and `f`; a face of more than three corners becomes a fan of triangles. All other lines are left alone.
pub(super) fn read(bytes: Vec<u8>, file: &str) -> Result<Mesh, ReadError> {
    let text = to_text(bytes, file)?;
    let mut mesh = Mesh::default();
    for (index, line) in text.lines().enumerate() {
        let at = |what: String| ReadError::At { file: file.into(), line: index as u32 + 1, what };
        let wrong = |what: &str| {
            let found: String = line.trim().chars().take(60).collect();
            at(format!("{what}, found {found:?}"))
        };
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => {
                // A weight and a colour may follow.
                let numbers: Vec<f32> = words.take(3).map_while(|word| word.parse().ok()).collect();
                within(mesh.vertices.len() + 1).map_err(at)?;
                mesh.vertices.push(numbers.try_into().map_err(|_| wrong("v: expected three numbers"))?);
            }
            Some("f") => {
                let count = mesh.vertices.len();
                let few = || wrong("f: expected three or more vertices from above it");
                // One by one: a line may have millions.
                let mut corners = words.map(|word| corner(word, count).ok_or_else(few));
                let mut next = || corners.next().transpose();
                let (Some(first), Some(mut last), Some(mut corner)) = (next()?, next()?, next()?) else { return Err(few()) };
                loop {
                    mesh.push([first, last, corner]).map_err(at)?;
                    let Some(after) = next()? else { break };
                    (last, corner) = (corner, after);
                }
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
