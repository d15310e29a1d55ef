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

/// The name alone, or a table.
fn substrate<C, T>(generator: &mut SchemaGenerator, parts: &BTreeMap<&'static str, Part<C, T>>) -> Value {
    let mut schema = choice(generator, parts);
    let names: Vec<&str> = parts.keys().copied().collect();
    schema["type"] = json!(["string", "object"]);
    schema["pattern"] = json!(format!("^({})$", names.join("|")));
    schema["required"] = json!([]);
    schema["description"] = json!("What the network runs on: a name, or a table with options.");
    schema
}

/// A part by its name, and the settings of parts, of which those of the chosen one may stand beside the name.
fn choice<C, T>(generator: &mut SchemaGenerator, parts: &BTreeMap<&'static str, Part<C, T>>) -> Value {
    let mut properties = Map::new();
    for part in parts.values() {
        let settings: Schema = (part.schema)(generator);
        for (key, schema) in own_properties(generator, &settings) {
            // Of several parts that have such a key, the schema is that of none.
            properties
                .entry(key)
                .and_modify(|known| *known = if *known == schema { schema.clone() } else { json!(true) })
                .or_insert(schema);
        }
    }
    properties.insert("kind".into(), json!({ "enum": parts.keys().collect::<Vec<_>>() }));
    for (name, part) in parts {
        let settings: Schema = (part.schema)(generator);
        properties.insert((*name).into(), json!({ "description": part.about, "allOf": [settings] }));
    }
    json!({ "type": "object", "required": ["kind"], "additionalProperties": false, "properties": properties })
}

/// The properties of settings, which are described in place or among the definitions.
fn own_properties(generator: &SchemaGenerator, settings: &Schema) -> Map<String, Value> {
    let name = settings.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let described = name.map_or(Some(settings.as_value()), |name| generator.definitions().get(name));
    described.and_then(|schema| schema["properties"].as_object()).cloned().unwrap_or_default()
}
