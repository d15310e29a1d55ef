//! Tables of numbers as comma-separated values.

use std::io::Read;
use std::path::Path;

use super::{Failure, say};
use crate::run::folder;

/// The largest table that is read (bytes).
const LARGEST: u64 = 1 << 28;

/// The rows of a file, each of so many finite numbers. A first line without any number names the columns, and is left out.
pub fn read(path: &Path, columns: usize) -> Result<Vec<Vec<f32>>, Failure> {
    let name = path.display();
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| format!("{name}: {e}"))?;
    let length = file.take(LARGEST + 1).read_to_string(&mut text).map_err(|e| format!("{name}: {e}"))?;
    if length as u64 > LARGEST {
        return Err(format!("{name}: expected at most {LARGEST} bytes, found more").into());
    }
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Result<Vec<f32>, &str> = line.split(',').map(|cell| cell.trim().parse().map_err(|_| cell)).collect();
        let place = || format!("{name}: line {}", number + 1);
        match cells {
            Err(_) if number == 0 && line.split(',').all(|cell| cell.trim().parse::<f32>().is_err()) => (),
            Err(cell) => return Err(format!("{}: expected a number, found {:?}", place(), cell.trim()).into()),
            Ok(row) if row.len() != columns => {
                return Err(format!("{}: expected {columns} numbers, found {}", place(), row.len()).into());
            }
            Ok(row) if row.iter().any(|value| !value.is_finite()) => {
                return Err(format!("{}: expected finite numbers", place()).into());
            }
            Ok(row) => rows.push(row),
        }
    }
    if rows.is_empty() {
        return Err(format!("{name}: expected a row of {columns} numbers for each step, found none").into());
    }
    Ok(rows)
}

/// Writes a table into a file, or to standard output.
pub fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    match path {
        Some(path) => folder::replace(path, text.as_bytes())?,
        None => say(text.trim_end())?,
    }
    Ok(())
}

/// Appends a line.
pub fn line(text: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    for (number, cell) in cells.into_iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(cell.as_ref());
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_are_read_and_what_is_none_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            super::read(&path, 2).map_err(|error| error.to_string())
        };
        assert_eq!(read("x,y\n1,2\n\n3, 4.5\n").unwrap(), [[1.0, 2.0], [3.0, 4.5]]);
        for (text, expected) in [
            ("1O,2\n1,2\n", "line 1: expected a number, found \"1O\""),
            ("x,y\n", "expected a row of 2 numbers for each step, found none"),
            ("1,2\n3\n", "line 2: expected 2 numbers, found 1"),
            ("1,2\n3,x\n", "line 2: expected a number, found \"x\""),
            ("1,inf\n", "line 1: expected finite numbers"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains("a.csv") && said.contains(expected), "{said}");
        }
        assert!(super::read(&folder.path().join("none.csv"), 2).unwrap_err().to_string().contains("none.csv"));
    }
}
