//! From a type to TOML text that reads back to the same type and renders to the same bytes.
//!
//! A resolved scenario is stored as such a text, and resolves to itself. The order is that of the type's fields, with a
//! table's own values before its subtables; structs become tables and lists of structs arrays of tables, not inline ones;
//! `None` is left out. Floats are written with the fewest digits that read back to the same bits in their own width.

use serde::Serialize;

use super::error::ConfigError;
use super::node::Node;

/// Why a value has no TOML text.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// TOML can't express the type: a bare number or list at the top, a list with absent entries, or keys that aren't names.
    #[error("no TOML can be written of this: {0}")]
    Unsupported(#[from] toml::ser::Error),
    /// The text would be refused by [`Node::parse`]: it holds a number that isn't finite.
    #[error("what would be written can't be read: {0}")]
    Unreadable(#[from] ConfigError),
}

/// The TOML text of `value`, which must be a struct or a map.
///
/// Equal values give equal bytes as long as they iterate in a fixed order: no `HashMap`s.
pub fn render<T: Serialize + ?Sized>(value: &T) -> Result<String, RenderError> {
    let text = toml::to_string(value)?;
    Node::parse(&text, "rendered configuration")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Outer {
        inner: Inner,
        single: f32,
        double: f64,
        absent: Option<u8>,
        list: Vec<Inner>,
        names: BTreeMap<String, f32>,
        after_tables: u64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Inner {
        shape: Shape,
        at: [f32; 2],
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Shape {
        Point,
        Disc { radius_m: f64 },
    }

    #[test]
    fn values_come_before_tables_and_nothing_is_inline() {
        let inner = Inner { shape: Shape::Point, at: [0.1, -0.0] };
        let disc = Inner { shape: Shape::Disc { radius_m: 1e-7 }, at: [1.0, 1e10] };
        let outer = Outer {
            inner: disc,
            single: 0.1,
            double: 0.1,
            absent: None,
            list: vec![inner.clone(), inner],
            names: BTreeMap::from([("b c".into(), 1.0), ("a".into(), 2.0)]),
            after_tables: u64::MAX,
        };
        let text = render(&outer).unwrap();
        assert_eq!(
            text,
            r#"single = 0.1
double = 0.1
after_tables = 18446744073709551615

[inner]
at = [1.0, 10000000000.0]

[inner.shape.disc]
radius_m = 0.0000001

[[list]]
shape = "point"
at = [0.1, -0.0]

[[list]]
shape = "point"
at = [0.1, -0.0]

[names]
a = 2.0
"b c" = 1.0
"#
        );
        let read: Outer = Node::parse(&text, "a").unwrap().to().unwrap();
        assert_eq!(read, outer);
        assert_eq!(render(&read).unwrap(), text);
    }

    #[test]
    fn what_toml_cannot_say_is_refused() {
        assert!(matches!(render(&1), Err(RenderError::Unsupported(_))));
        let nan = BTreeMap::from([("x", f64::NAN)]);
        assert_eq!(
            render(&nan).unwrap_err().to_string(),
            "what would be written can't be read: rendered configuration:1: x: expected a finite number, found float nan"
        );
    }
}
