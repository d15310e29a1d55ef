//! Specs: the names, shapes, units and bounds of what crosses between body and controller.

use serde::{Deserialize, Serialize};

use crate::observation::{Field, Observation};

/// What an observation holds, field by field, in the order in which it holds them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObservationSpec {
    /// The fields, in order.
    pub fields: Vec<ObservationField>,
}

/// One field of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationField {
    /// Unique within its spec.
    pub name: String,
    /// Dense values or events.
    pub kind: FieldKind,
}

/// The form of an observation's field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FieldKind {
    /// `f32` values of a fixed shape (row-major).
    Dense {
        /// Lengths of the axes; their product is the number of values.
        shape: Vec<usize>,
        /// SI unit of the values, `"1"` where there is none.
        unit: String,
        /// Least and greatest value that the sensor can give.
        bounds: [f32; 2],
    },
    /// Address events of a sensor with `width` x `height` pixels.
    Events {
        /// Pixels along x.
        width: u16,
        /// Pixels along y.
        height: u16,
        /// The most events one control period can carry; those beyond are dropped and counted.
        max_events: usize,
    },
}

impl ObservationSpec {
    /// Index of the field called `name`.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Whether an observation has this spec's fields: their number, kinds and sizes.
    pub fn fits(&self, observation: &Observation) -> bool {
        let fits = |(spec, field): (&ObservationField, &Field)| match (&spec.kind, field) {
            (FieldKind::Dense { shape, .. }, Field::Dense(values)) => values.len() == shape.iter().product::<usize>(),
            (FieldKind::Events { .. }, Field::Events(_)) => true,
            _ => false,
        };
        self.fields.len() == observation.fields.len() && self.fields.iter().zip(&observation.fields).all(fits)
    }
}

/// What an action holds: named dense fields, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActionSpec {
    /// The fields, in order.
    pub fields: Vec<ActionField>,
}

/// One field of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionField {
    /// Unique within its spec.
    pub name: String,
    /// Number of values.
    pub size: usize,
    /// SI unit of the values.
    pub unit: String,
    /// Least and greatest value; a body clamps what lies outside.
    pub bounds: [f32; 2],
}

impl ActionSpec {
    /// Index of the field called `name`.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}
