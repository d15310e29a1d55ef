//! The JSON Schema of scenario files, made from the registry: every part's settings with their documentation.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::registry::{Part, Registry};
use crate::scenario::Times;

/// The schema of a scenario file that uses the registry's parts.
pub fn schema(registry: &Registry) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut properties = Map::new();
    let name = json!({ "type": "string", "pattern": "^[a-z0-9-]{1,60}$" });
    properties.insert("name".into(), name);
    properties.insert("about".into(), json!({ "type": "string", "description": "One line that says what it is." }));
    properties.insert("seed".into(), json!({ "type": "integer", "minimum": 0, "description": "Master seed." }));
    properties.insert("substrate".into(), substrate(&mut generator, &registry.substrates));
    properties.insert("time".into(), generator.subschema_for::<Times>().to_value());
    properties.insert("arena".into(), generator.subschema_for::<embody_sim_world::Arena>().to_value());
    properties.insert("robot".into(), choice(&mut generator, &registry.robots));
    properties.insert("task".into(), choice(&mut generator, &registry.tasks));
    properties.insert("controller".into(), choice(&mut generator, &registry.controllers));
    properties.insert(
        "variants".into(),
        json!({
            "type": "object",
            "description": "Variants of a study: for each, settings as --set takes them.",
            "additionalProperties": { "type": "array", "items": { "type": "string" } }
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Embody scenario",
        "type": "object",
        "required": ["name", "time", "robot", "task", "controller"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": generator.take_definitions(true),
    })
}

/// The name alone, or a table whose options may stand beside the name.
fn substrate<C, T>(generator: &mut SchemaGenerator, parts: &BTreeMap<&'static str, Part<C, T>>) -> Value {
    let mut table = choice(generator, parts);
    table["required"] = json!([]);
    let names: Vec<_> = parts.keys().collect();
    json!({ "description": "What the network runs on.", "anyOf": [{ "enum": names }, table] })
}

fn choice<C, T>(generator: &mut SchemaGenerator, parts: &BTreeMap<&'static str, Part<C, T>>) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".into(), json!({ "enum": parts.keys().collect::<Vec<_>>() }));
    for (name, part) in parts {
        let settings: Schema = (part.schema)(generator);
        properties.insert((*name).into(), json!({ "description": part.about, "allOf": [settings] }));
    }
    // Settings of the chosen part may stand beside its name.
    json!({ "type": "object", "required": ["kind"], "properties": properties })
}
