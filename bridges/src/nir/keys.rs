//! The parameters of a node, each checked as it is taken: errors begin with its name, and leave the node's to the caller.

use super::array::elements;
use super::{Array, Elementwise, Unit, Value};

/// The parameters of a node.
pub(super) struct Keys<'a>(pub(super) &'a Unit);

impl<'a> Keys<'a> {
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.parameters.contains_key(key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.parameters.get(key)
    }

    pub(super) fn array(&self, key: &str) -> Result<&'a Array, String> {
        match self.0.parameters.get(key) {
            Some(Value::Array(array)) => match array.iter().position(|v| !v.is_finite()) {
                None => Ok(array),
                Some(at) => Err(format!("{key}: expected finite numbers, found {} (number {at})", array.get(at))),
            },
            Some(_) => Err(format!("{key}: expected numbers, found a text")),
            None => Err(format!("{key}: there is none")),
        }
    }

    pub(super) fn elementwise(&self, key: &str) -> Result<Elementwise, String> {
        let array = self.array(key)?;
        Ok(Elementwise { shape: array.shape().to_vec(), values: array.iter().collect() })
    }

    pub(super) fn bounded(&self, key: &str, expected: &str, holds: impl Fn(f64) -> bool) -> Result<Elementwise, String> {
        let parameter = self.elementwise(key)?;
        match parameter.values.iter().find(|&&v| !holds(v)) {
            Some(value) => Err(format!("{key}: expected {expected}, found {value}")),
            None => Ok(parameter),
        }
    }

    /// Whole numbers, whatever type they are stored in.
    fn wholes(&self, key: &str) -> Result<Vec<i64>, String> {
        let whole = |v: f64| if v == libm::trunc(v) && v.abs() < 9e15 { Ok(v as i64) } else { Err(v) };
        let wholes: Result<Vec<i64>, f64> = self.array(key)?.iter().map(whole).collect();
        wholes.map_err(|v| format!("{key}: expected whole numbers, found {v}"))
    }

    pub(super) fn whole_or(&self, key: &str, default: i64) -> Result<i64, String> {
        if !self.has(key) {
            return Ok(default);
        }
        match self.wholes(key)?[..] {
            [value] => Ok(value),
            ref other => Err(format!("{key}: expected one number, found {}", other.len())),
        }
    }

    /// A shape: at least one element, and no more than can be counted.
    pub(super) fn shape(&self, key: &str) -> Result<Vec<usize>, String> {
        let wholes = self.wholes(key)?;
        let shape: Option<Vec<usize>> = wholes.iter().map(|&n| usize::try_from(n).ok().filter(|&n| n > 0)).collect();
        shape
            .filter(|shape| elements(shape).is_some_and(|count| count <= 1 << 40))
            .ok_or_else(|| format!("{key}: expected sizes above zero, found {wholes:?}"))
    }

    /// As many sizes as there are dimensions; one number holds for all.
    pub(super) fn sizes(&self, key: &str, rank: usize, least: usize) -> Result<Vec<usize>, String> {
        let wholes = self.wholes(key)?;
        let size = |&n: &i64| usize::try_from(n).ok().filter(|&n| (least..=1 << 30).contains(&n));
        match wholes.iter().map(size).collect::<Option<Vec<usize>>>() {
            Some(sizes) if sizes.len() == rank => Ok(sizes),
            Some(sizes) if sizes.len() == 1 => Ok(vec![sizes[0]; rank]),
            _ => Err(format!("{key}: expected {rank} numbers of at least {least}, found {wholes:?}")),
        }
    }
}
