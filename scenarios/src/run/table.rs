//! The metrics of a run, window by window, as its `metrics.csv` holds them.

use std::path::Path;

use super::folder::{FolderError, METRICS};

/// The rows of a run's `metrics.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the columns: the time (s), then a metric each.
    pub names: Vec<String>,
    /// A row for each window, its time the window's end.
    pub rows: Vec<Vec<f64>>,
}

impl Table {
    /// Reads the table of a run folder.
    ///
    /// # Errors
    /// Names the line, what is expected and what was found.
    pub fn read(folder: &Path) -> Result<Table, FolderError> {
        let path = folder.join(METRICS);
        let text = std::fs::read_to_string(&path).map_err(|e| FolderError::new(&path, e.to_string()))?;
        Table::parse(&text).map_err(|why| FolderError::new(&path, why))
    }

    fn parse(text: &str) -> Result<Table, String> {
        let mut lines = text.lines();
        let names: Vec<String> = lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
        if names.len() < 2 {
            return Err("line 1: expected the names of a time and at least one metric".into());
        }
        let mut rows = Vec::new();
        for (number, line) in (2..).zip(lines) {
            let row: Option<Vec<f64>> = line.split(',').map(|value| value.parse().ok()).collect();
            let row = row.filter(|row| row.len() == names.len());
            let shown: String = line.chars().take(80).collect();
            rows.push(row.ok_or_else(|| format!("line {number}: expected {} numbers, found {shown:?}", names.len()))?);
        }
        Ok(Table { names, rows })
    }

    /// The times at which the windows end (h).
    pub fn hours(&self) -> Vec<f64> {
        self.rows.iter().map(|row| row[0] / 3600.0).collect()
    }

    /// The values of a column.
    pub fn column(&self, index: usize) -> Vec<f64> {
        self.rows.iter().filter_map(|row| row.get(index)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_damage_is_named_by_its_line() {
        let table = Table::parse("time_s,a\n3600,1\n7200,2.5\n").unwrap();
        assert_eq!((table.hours(), table.column(1)), (vec![1.0, 2.0], vec![1.0, 2.5]));
        for (text, part) in
            [("", "line 1"), ("time_s\n", "line 1"), ("time_s,a\n1,2\n3\n", "line 3"), ("t,a\n1,x\n", "found \"1,x\"")]
        {
            let said = Table::parse(text).unwrap_err();
            assert!(said.contains(part) && said.contains("expected"), "{said}");
        }
    }
}
