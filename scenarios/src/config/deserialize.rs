//! Reading a type out of a tree of nodes, with errors that say where and what.
//!
//! Stricter than serde's habit, so that a slip never passes for a value: integers are read as floats, but never floats as
//! integers; structs are tables, never arrays; arrays have exactly the length of their tuple. An error is raised without a
//! place and gets the one of the innermost node it passes on its way up.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor};

use super::error::{ConfigError, ErrorKind, Origin, quoted};
use super::node::{Node, Value};
use super::path::Path;

/// Reads `node` as a `T`; see [`Node::to`].
pub(super) fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, ConfigError> {
    T::deserialize(Reader(node)).map_err(|fault| {
        let Fault { kind, place, .. } = fault.below(node);
        let (origin, path) = place.unwrap_or_else(|| (node.origin().clone(), node.path().clone()));
        ConfigError { origin, path, kind }
    })
}

/// An error on its way up: its place is known once it has passed a node.
#[derive(Debug)]
struct Fault {
    kind: Box<ErrorKind>,
    /// The key the error is about, where that lies below the node that raised it.
    key: Option<String>,
    place: Option<(Origin, Path)>,
}

impl Fault {
    fn new(kind: ErrorKind, key: Option<&str>) -> Fault {
        Fault { kind: kind.into(), key: key.map(str::to_owned), place: None }
    }

    /// This error, raised while `node` was read.
    fn below(mut self, node: &Node) -> Fault {
        if self.place.is_none() {
            let own = || (node.origin().clone(), node.path().clone());
            self.place = Some(match (&self.key, &*self.kind) {
                (None, _) => own(),
                // Known only where serde buffered the table: elsewhere an unknown key has its place from the key itself.
                (Some(key), ErrorKind::UnknownKey { .. }) => match only_key(node, key) {
                    Some(culprit) => (culprit.origin().clone(), culprit.path().clone()),
                    None => (node.origin().clone(), node.path().key(key)),
                },
                (Some(key), _) => (node.origin().clone(), node.path().key(key)),
            });
        }
        self
    }

    /// This error, about what stands at `path`, written at `origin`.
    fn placed(mut self, origin: &Origin, path: Path) -> Fault {
        self.place.get_or_insert_with(|| (origin.clone(), path));
        self
    }
}

/// The value under `key` in `node`, or else the only one under such a key anywhere below.
fn only_key<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let mut level: Vec<&Node> = vec![node];
    while !level.is_empty() {
        let hits: Vec<&Node> =
            level.iter().flat_map(|node| node.entries()).filter(|(name, _)| *name == key).map(|(_, node)| node).collect();
        if !hits.is_empty() {
            return if hits.len() == 1 { hits.first().copied() } else { None };
        }
        level = level.into_iter().flat_map(children).collect();
    }
    None
}

fn children(node: &Node) -> Vec<&Node> {
    match node.value() {
        Value::Array(items) => items.iter().collect(),
        _ => node.entries().map(|(_, child)| child).collect(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Fault {
        Fault::new(ErrorKind::Refused { reason: message.to_string() }, None)
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Fault {
        Fault::new(ErrorKind::Invalid { expected: in_words(expected), found: found_in_words(found) }, None)
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Fault {
        de::Error::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Fault {
        let found = if length == 1 { "1 value".to_owned() } else { format!("{length} values") };
        Fault::new(ErrorKind::Invalid { expected: in_words(expected), found }, None)
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(ErrorKind::unknown_value(found, known), None)
    }

    fn unknown_field(found: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(ErrorKind::unknown_key(found, known), Some(found))
    }

    fn missing_field(key: &'static str) -> Fault {
        Fault::new(ErrorKind::MissingKey, Some(key))
    }

    fn duplicate_field(key: &'static str) -> Fault {
        let reason = "given twice, under two names of the same key".to_owned();
        Fault::new(ErrorKind::Refused { reason }, Some(key))
    }
}

/// What a reader expects, in the words of someone who writes a scenario rather than Rust.
fn in_words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => whole_from(0, u8::MAX),
        "u16" => whole_from(0, u16::MAX),
        "u32" => whole_from(0, u32::MAX),
        "u64" | "usize" | "u128" => "a whole number, zero or above".to_owned(),
        "i8" => whole_from(i8::MIN, i8::MAX),
        "i16" => whole_from(i16::MIN, i16::MAX),
        "i32" => whole_from(i32::MIN, i32::MAX),
        "i64" | "isize" | "i128" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" | "unit" => "a table".to_owned(),
        _ if text.starts_with("struct ") || text.starts_with("unit struct ") => "a table".to_owned(),
        _ if text.starts_with("enum ") => "a name".to_owned(),
        _ => text.strip_prefix("a tuple of size ").map(|size| format!("an array of length {size}")).unwrap_or(text),
    }
}

fn whole_from(low: impl fmt::Display, high: impl fmt::Display) -> String {
    format!("a whole number from {low} to {high}")
}

fn found_in_words(found: Unexpected) -> String {
    match found {
        Unexpected::Bool(value) => format!("boolean {value}"),
        Unexpected::Unsigned(value) => format!("integer {value}"),
        Unexpected::Signed(value) => format!("integer {value}"),
        Unexpected::Float(value) => format!("float {value:?}"),
        Unexpected::Str(text) => format!("string {}", quoted(text)),
        Unexpected::Seq => "an array".to_owned(),
        Unexpected::Map | Unexpected::Unit => "a table".to_owned(),
        Unexpected::UnitVariant => "a name without a table".to_owned(),
        other => other.to_string(),
    }
}

/// The serde reader of one node.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Node);

impl<'a> Reader<'a> {
    /// The error of finding this node where `expected` belongs.
    fn unlike(self, expected: &dyn Expected) -> Fault {
        Fault::new(ErrorKind::Invalid { expected: in_words(expected), found: self.0.describe() }, None)
    }

    /// Shows an integer to `visitor` in the narrowest form that visitors of every width and sign understand.
    fn integer<'de, V: Visitor<'de>>(self, value: i128, visitor: V) -> Result<V::Value, Fault> {
        // A visitor's own range error names the bounds as its type, which `in_words` knows.
        match (u64::try_from(value), i64::try_from(value)) {
            (Ok(unsigned), _) => visitor.visit_u64(unsigned),
            (_, Ok(signed)) => visitor.visit_i64(signed),
            _ => Err(self.unlike(&visitor)),
        }
    }
}

/// Methods for integer types: whole numbers only.
macro_rules! read_integer {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.0.value() {
                Value::Integer(value) => self.integer(*value, visitor),
                _ => Err(self.unlike(&visitor)),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Boolean(value) => visitor.visit_bool(*value),
            Value::Integer(value) => self.integer(*value, visitor),
            Value::Float { double, .. } => visitor.visit_f64(*double),
            Value::String(text) => visitor.visit_str(text),
            Value::Datetime(_) => Err(self.unlike(&visitor)),
            Value::Array(items) => read_array(items, visitor),
            Value::Table(entries) => visitor.visit_map(Table { entries, next: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Boolean(value) => visitor.visit_bool(*value),
            _ => Err(self.unlike(&visitor)),
        }
    }

    read_integer! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Float { single, .. } if single.is_finite() => visitor.visit_f32(*single),
            Value::Float { .. } => Err(self.unlike(&"a finite number within the range of 32-bit floats")),
            Value::Integer(value) => visitor.visit_f32(*value as f32),
            _ => Err(self.unlike(&visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Float { double, .. } => visitor.visit_f64(*double),
            Value::Integer(value) => visitor.visit_f64(*value as f64),
            _ => Err(self.unlike(&visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::String(text) => visitor.visit_str(text),
            _ => Err(self.unlike(&visitor)),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    /// What is written is there; TOML leaves out what is absent.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    /// Nothing to say is an empty table.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Table(entries) if entries.is_empty() => visitor.visit_unit(),
            _ => Err(self.unlike(&"an empty table")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Array(items) => read_array(items, visitor),
            _ => Err(self.unlike(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::Table(entries) => visitor.visit_map(Table { entries, next: None }),
            _ => Err(self.unlike(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    /// A variant without content is its name; any other is a table whose only key is the name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0.value() {
            Value::String(name) => visitor.visit_enum(Variant { name, content: None }),
            Value::Table(entries) => match entries.as_slice() {
                [(name, content)] => visitor.visit_enum(Variant { name, content: Some(content) }),
                _ => Err(self.unlike(&format!("a table with one key out of {}", known.join(", ")).as_str())),
            },
            _ => Err(self.unlike(&format!("one of {}", known.join(", ")).as_str())),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

/// Shows an array to `visitor`, which must take all of it.
fn read_array<'de, V: Visitor<'de>>(items: &[Node], visitor: V) -> Result<V::Value, Fault> {
    let expected = in_words(&visitor);
    let mut rest = items.iter();
    let value = visitor.visit_seq(Items(&mut rest))?;
    if rest.len() > 0 {
        return Err(de::Error::invalid_length(items.len(), &expected.as_str()));
    }
    Ok(value)
}

/// The values of an array that are still to be read.
struct Items<'a, 'b>(&'b mut std::slice::Iter<'a, Node>);

impl<'de> de::SeqAccess<'de> for Items<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(Reader(node)).map(Some).map_err(|fault| fault.below(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a table that are still to be read, and the value whose key was read last.
struct Table<'a> {
    entries: &'a [(String, Node)],
    next: Option<&'a Node>,
}

impl<'de> de::MapAccess<'de> for Table<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(((key, node), rest)) = self.entries.split_first() else { return Ok(None) };
        (self.entries, self.next) = (rest, Some(node));
        let key: StrDeserializer<Fault> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.placed(node.origin(), node.path().clone()))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let node = self.next.take().ok_or_else(|| -> Fault { de::Error::custom("a value was read before its key") })?;
        seed.deserialize(Reader(node)).map_err(|fault| fault.below(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A variant of an enum: its name and, where it is a table, what stands under the name.
struct Variant<'a> {
    name: &'a str,
    content: Option<&'a Node>,
}

impl<'de, 'a> de::EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = Content<'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content<'a>), Fault> {
        let name: StrDeserializer<Fault> = self.name.into_deserializer();
        let variant = seed.deserialize(name).map_err(|fault| match self.content {
            Some(node) => fault.placed(node.origin(), node.path().parent()),
            None => fault,
        })?;
        Ok((variant, Content(self.content)))
    }
}

/// What stands under a variant's name, if it was written as a table.
struct Content<'a>(Option<&'a Node>);

impl Content<'_> {
    /// Reads the content that the variant needs by `read`.
    fn required<T>(self, read: impl FnOnce(Reader) -> Result<T, Fault>) -> Result<T, Fault> {
        match self.0 {
            Some(node) => read(Reader(node)).map_err(|fault| fault.below(node)),
            None => Err(de::Error::invalid_type(Unexpected::UnitVariant, &"a table with this name as its key")),
        }
    }
}

impl<'de> de::VariantAccess<'de> for Content<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.0 {
            Some(node) => de::Deserialize::deserialize(Reader(node)).map_err(|fault: Fault| fault.below(node)),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.required(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.required(|reader| de::Deserializer::deserialize_seq(reader, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.required(|reader| de::Deserializer::deserialize_map(reader, visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use embody_robots::nanos::Nanos;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Scenario {
        name: String,
        seed: Option<u64>,
        time: Time,
        task: Task,
        #[serde(default)]
        goals: Vec<Goal>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Time {
        control_period: Nanos,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Task {
        kind: Kind,
        reaching: Option<Reaching>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Reaching,
        LineFollowing,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Reaching {
        success_radius_m: f32,
        #[serde(default)]
        trials: u32,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Goal {
        at: [f64; 2],
        hold: Option<Shape>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    enum Shape {
        Point,
        Disc(f64),
        Box { width_m: f64 },
        Pair(u8, u8),
    }

    const VALID: &str = r#"name = "reaching"
seed = 3

[time]
control_period = "20ms"

[task]
kind = "reaching"

[task.reaching]
success_radius_m = 0.1
trials = 4

[[goals]]
at = [0, 1.5]

[[goals]]
at = [2, 3]
hold = { box = { width_m = 1 } }
"#;

    fn read(text: &str) -> Result<Scenario, ConfigError> {
        Node::parse(text, "reaching.toml")?.to()
    }

    /// The message for `VALID` with `old` replaced by `new`.
    fn message(old: &str, new: &str) -> String {
        assert!(VALID.contains(old), "{old}");
        read(&VALID.replacen(old, new, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_valid_text_is_read() {
        let scenario = read(VALID).unwrap();
        assert_eq!(scenario.time.control_period, Nanos::from_millis(20));
        assert_eq!(scenario.task.reaching, Some(Reaching { success_radius_m: 0.1, trials: 4 }));
        assert_eq!(scenario.goals[1], Goal { at: [2.0, 3.0], hold: Some(Shape::Box { width_m: 1.0 }) });
    }

    #[test]
    fn unknown_keys_name_the_line_the_table_and_the_nearest_key() {
        assert_eq!(
            message("success_radius_m", "sucess_radius_m"),
            "reaching.toml:11: unknown key \"sucess_radius_m\" in [task.reaching]: did you mean \"success_radius_m\"? (known keys: success_radius_m, trials)"
        );
        assert_eq!(
            message("[task.reaching]", "[task.rolling]"),
            "reaching.toml:10: unknown key \"rolling\" in [task] (known keys: kind, reaching)"
        );
        assert_eq!(
            message("seed = 3", "\nsede = 3"),
            "reaching.toml:3: unknown key \"sede\" at the top level: did you mean \"seed\"? (known keys: name, seed, time, task, goals)"
        );
        assert_eq!(
            message("at = [2, 3]", "at = [2, 3]\nto = 1"),
            "reaching.toml:19: unknown key \"to\" in goals[1] (known keys: at, hold)"
        );
        assert_eq!(
            message("width_m = 1", "width_m = 1, widht_m = 2"),
            "reaching.toml:19: unknown key \"widht_m\" in goals[1].hold.box: did you mean \"width_m\"? (known keys: width_m)"
        );
    }

    #[test]
    fn unknown_keys_are_structured() {
        let error = read(&VALID.replace("trials", "trails")).unwrap_err();
        assert_eq!(error.path.to_string(), "task.reaching.trails");
        assert_eq!(error.origin, Origin::File { file: "reaching.toml".into(), line: 12 });
        assert_eq!(
            *error.kind,
            ErrorKind::UnknownKey { nearest: Some("trials".into()), known: vec!["success_radius_m".into(), "trials".into()] }
        );
    }

    #[test]
    fn missing_keys_name_the_table_and_its_line() {
        assert_eq!(
            message("success_radius_m = 0.1", ""),
            "reaching.toml:10: missing key \"success_radius_m\" in [task.reaching]"
        );
        assert_eq!(message("name = \"reaching\"", ""), "reaching.toml:1: missing key \"name\" at the top level");
        assert_eq!(message("at = [2, 3]", ""), "reaching.toml:17: missing key \"at\" in goals[1]");
    }

    #[test]
    fn wrong_types_name_the_key_what_belongs_there_and_what_was_found() {
        for (old, new, expected) in [
            (
                "\"20ms\"",
                "20",
                "reaching.toml:5: time.control_period: expected a duration with its unit, such as \"20ms\" or \"4h\", found integer 20",
            ),
            ("\"reaching\"", "[1]", "reaching.toml:1: name: expected a string, found an array"),
            ("0.1", "\"wide\"", "reaching.toml:11: task.reaching.success_radius_m: expected a number, found string \"wide\""),
            ("0.1", "true", "reaching.toml:11: task.reaching.success_radius_m: expected a number, found boolean true"),
            ("0.1", "nan", "reaching.toml:11: task.reaching.success_radius_m: expected a finite number, found float nan"),
            (
                "0.1",
                "1e39",
                "reaching.toml:11: task.reaching.success_radius_m: expected a finite number within the range of 32-bit floats, found float 1e39",
            ),
            (
                "trials = 4",
                "trials = 4.0",
                "reaching.toml:12: task.reaching.trials: expected a whole number from 0 to 4294967295, found float 4.0",
            ),
            (
                "trials = 4",
                "trials = -4",
                "reaching.toml:12: task.reaching.trials: expected a whole number from 0 to 4294967295, found integer -4",
            ),
            ("seed = 3", "seed = -1", "reaching.toml:2: seed: expected a whole number, zero or above, found integer -1"),
            (
                "seed = 3",
                "seed = 2026-01-31",
                "reaching.toml:2: seed: expected a whole number, zero or above, found the date or time 2026-01-31",
            ),
            ("[0, 1.5]", "[0, 1.5, 2]", "reaching.toml:15: goals[0].at: expected an array of length 2, found 3 values"),
            ("[0, 1.5]", "[0]", "reaching.toml:15: goals[0].at: expected an array of length 2, found 1 value"),
            ("[0, 1.5]", "[0,\n \"x\"]", "reaching.toml:16: goals[0].at[1]: expected a number, found string \"x\""),
            ("[task.reaching]", "reaching = 1\n[goals2]", "reaching.toml:10: task.reaching: expected a table, found integer 1"),
        ] {
            assert_eq!(message(old, new), expected);
        }
    }

    #[test]
    fn a_types_own_reason_is_kept() {
        assert_eq!(
            message("\"20ms\"", "\"20\""),
            "reaching.toml:5: time.control_period: \"20\" is no duration: expected a number and a unit out of ns, us, ms, s, min, h, such as \"20ms\" or \"4h\" (the unit is missing)"
        );
    }

    #[test]
    fn enums_are_names_or_tables_of_one_key() {
        assert_eq!(
            message("kind = \"reaching\"", "kind = \"reachin\""),
            "reaching.toml:8: task.kind: unknown value \"reachin\": did you mean \"reaching\"? (known values: reaching, line-following)"
        );
        assert_eq!(
            message("kind = \"reaching\"", "kind = 1"),
            "reaching.toml:8: task.kind: expected one of reaching, line-following, found integer 1"
        );
        let hold = |text: &str| message("{ box = { width_m = 1 } }", text);
        assert_eq!(
            hold("{ bax = 1 }"),
            "reaching.toml:19: goals[1].hold: unknown value \"bax\": did you mean \"box\"? (known values: point, disc, box, pair)"
        );
        assert_eq!(
            hold("{}"),
            "reaching.toml:19: goals[1].hold: expected a table with one key out of point, disc, box, pair, found a table"
        );
        assert_eq!(
            hold("\"disc\""),
            "reaching.toml:19: goals[1].hold: expected a table with this name as its key, found a name without a table"
        );
        assert_eq!(hold("{ disc = \"x\" }"), "reaching.toml:19: goals[1].hold.disc: expected a number, found string \"x\"");
        assert_eq!(
            hold("{ pair = [1, 256] }"),
            "reaching.toml:19: goals[1].hold.pair[1]: expected a whole number from 0 to 255, found integer 256"
        );
        assert_eq!(hold("{ point = 1 }"), "reaching.toml:19: goals[1].hold.point: expected an empty table, found integer 1");
        for valid in ["\"point\"", "{ point = {} }", "{ disc = 1 }", "{ pair = [1, 2] }"] {
            assert!(read(&VALID.replace("{ box = { width_m = 1 } }", valid)).is_ok(), "{valid}");
        }
    }

    #[test]
    fn settings_are_blamed_on_the_command_line() {
        let set = |setting: &str| {
            let mut node = Node::parse(VALID, "reaching.toml").unwrap();
            node.apply_set(setting).unwrap();
            node.to::<Scenario>().map(|_| ()).unwrap_err().to_string()
        };
        assert_eq!(
            set("task.reaching.trials=-1"),
            "command line (--set task.reaching.trials=-1): task.reaching.trials: expected a whole number from 0 to 4294967295, found integer -1"
        );
        assert_eq!(
            set("task.reaching.trails=1"),
            "command line (--set task.reaching.trails=1): unknown key \"trails\" in [task.reaching]: did you mean \"trials\"? (known keys: success_radius_m, trials)"
        );
        assert_eq!(
            set("time.control_period=4"),
            "command line (--set time.control_period=4): time.control_period: expected a duration with its unit, such as \"20ms\" or \"4h\", found integer 4"
        );
    }

    #[test]
    fn a_table_read_on_its_own_keeps_its_path() {
        let node = Node::parse(&VALID.replace("trials", "trails"), "a.toml").unwrap();
        let error = node.get("task.reaching").unwrap().to::<Reaching>().unwrap_err();
        assert!(error.to_string().starts_with("a.toml:12: unknown key \"trails\" in [task.reaching]"), "{error}");
    }

    #[test]
    fn buffered_types_still_name_an_unknown_keys_line() {
        #[derive(Debug, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
        enum Controller {
            Spore { _rate: Rate },
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Rate {
            _hz: f64,
        }
        #[derive(Debug, Deserialize)]
        struct File {
            _controller: Controller,
        }
        let error = |text: &str| Node::parse(text, "a.toml").unwrap().to::<File>().unwrap_err().to_string();
        assert_eq!(
            error("[_controller]\nkind = \"spore\"\n[_controller._rate]\n_hz = 1\n_hs = 2\n"),
            "a.toml:5: unknown key \"_hs\" in [_controller._rate]: did you mean \"_hz\"? (known keys: _hz)"
        );
        assert_eq!(
            error("[_controller]\nkind = \"spore\"\n_rate._hz = \"fast\"\n"),
            "a.toml:1: _controller: expected a number, found string \"fast\""
        );
    }

    #[test]
    fn maps_units_and_characters_are_read() {
        let node = Node::parse("[m]\nb = 1\na = 2\n[u]\n[c]\nx = \"y\"", "a").unwrap();
        assert_eq!(node.get("m").unwrap().to(), Ok(BTreeMap::from([("a".to_owned(), 2u8), ("b".to_owned(), 1)])));
        assert_eq!(node.get("u").unwrap().to(), Ok(()));
        assert_eq!(node.get("c.x").unwrap().to(), Ok('y'));
        assert!(node.get("m").unwrap().to::<()>().is_err());
        assert!(node.get("c").unwrap().to::<de::IgnoredAny>().is_ok());
    }
}
