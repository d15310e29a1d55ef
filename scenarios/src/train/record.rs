//! `training.csv`, a row for each validation, and the curve that is drawn of it.

use std::fmt::Write as _;

use embody_controllers::forward_model::Validation;
use serde::{Deserialize, Serialize};

use crate::plot::over;
use crate::run::folder::{self, FolderError, RunFolder};

/// The table, and the figure.
const TABLE: &str = "training.csv";
const FIGURE: &str = "training.svg";

const HEADER: &str = "updates,loss,tip_mm,orientation_deg,start_mm,rate_hz";

/// A validation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Updates before it.
    pub updates: u64,
    /// Mean loss of the updates since the one before; none before the first update.
    pub loss: Option<f64>,
    /// What it found.
    pub validation: Validation,
}

/// All validations so far.
pub(super) struct Record {
    rows: Vec<Row>,
    file: std::path::PathBuf,
}

impl Record {
    /// Without rows.
    pub fn create(folder: &RunFolder) -> Result<Record, FolderError> {
        let record = Record { rows: Vec::new(), file: folder.file(TABLE) };
        record.write()?;
        Ok(record)
    }

    /// With the rows of a checkpoint: what came after it is cut.
    pub fn resume(folder: &RunFolder, saved: &[u8]) -> Result<Record, FolderError> {
        let file = folder.file(TABLE);
        let rows = postcard::from_bytes(saved).map_err(|e| FolderError::new(&file, e.to_string()))?;
        let record = Record { rows, file };
        record.write()?;
        Ok(record)
    }

    /// The rows, for a checkpoint.
    pub fn save(&self) -> Vec<u8> {
        // Plain numbers in memory can be written.
        postcard::to_stdvec(&self.rows).unwrap_or_default()
    }

    pub fn first(&self) -> Option<&Row> {
        self.rows.first()
    }

    pub fn last(&self) -> Option<&Row> {
        self.rows.last()
    }

    pub fn push(&mut self, row: Row) -> Result<(), FolderError> {
        self.rows.push(row);
        self.write()
    }

    fn write(&self) -> Result<(), FolderError> {
        let mut text = format!("{HEADER}\n");
        for Row { updates, loss, validation: v } in &self.rows {
            let loss = loss.map_or(String::new(), |loss| loss.to_string());
            // Writing to a string doesn't fail.
            let _ = writeln!(text, "{updates},{loss},{},{},{},{}", v.tip_mm, v.orientation_deg, v.start_mm, v.rate_hz);
        }
        folder::replace(&self.file, text.as_bytes())
    }

    /// Draws how the tip's error fell.
    pub fn draw(&self, folder: &RunFolder) -> Result<(), FolderError> {
        let updates: Vec<f64> = self.rows.iter().map(|row| row.updates as f64).collect();
        let errors: Vec<f64> = self.rows.iter().map(|row| row.validation.tip_mm).collect();
        let figure = over("predicted tip off by (mm)", "updates", "updates", &updates, &errors);
        folder::replace(&folder.file(FIGURE), figure.as_bytes())
    }
}
