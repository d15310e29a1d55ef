//! Reading a type out of a tree of nodes, with errors that say where and what.
//!
//! Stricter than serde's habit, so that a slip never passes for a value: integers are read as floats, but never floats as
//! integers; structs are tables, never arrays; arrays have exactly the length of their tuple. An error is raised without a
//! place and gets the one of the innermost node it passes on its way up.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor};

use super::error::{ConfigError, ErrorKind};
use super::fault::{Fault, in_words};
use super::node::{Node, Value};

/// Reads `node` as a `T`; see [`Node::to`].
pub(super) fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, ConfigError> {
    T::deserialize(Reader(node)).map_err(|fault| {
        let Fault { kind, place, .. } = fault.below(node);
        let (origin, path) = place.unwrap_or_else(|| (node.origin().clone(), node.path().clone()));
        ConfigError { origin, path, kind }
    })
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
