//! Where a controller's numbers stand in an action: two of them for a plane or two joints, one for a steering wheel.

use embody_robots::{Action, ActionField, ActionSpec};

/// The places of `N` numbers in an action, each a field and a value of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots<const N: usize>([(usize, usize); N]);

impl Slots<2> {
    /// The first field of two values, or else the first two fields of one value each.
    ///
    /// # Errors
    /// If there are neither.
    pub fn pair(spec: &ActionSpec) -> Result<Slots<2>, String> {
        if let Some(field) = spec.fields.iter().position(|field| field.size == 2) {
            return Ok(Slots([(field, 0), (field, 1)]));
        }
        let mut singles = singles(spec);
        match (singles.next(), singles.next()) {
            (Some(first), Some(second)) => Ok(Slots([(first, 0), (second, 0)])),
            _ => Err(lacks(spec, "a drive that takes two values, or two that take one each")),
        }
    }

    /// Whether both numbers stand in one field.
    pub fn share_a_field(&self) -> bool {
        self.0[0].0 == self.0[1].0
    }
}

impl Slots<1> {
    /// The first field of one value.
    ///
    /// # Errors
    /// If there is none.
    pub fn single(spec: &ActionSpec) -> Result<Slots<1>, String> {
        let field = singles(spec).next().ok_or_else(|| lacks(spec, "a drive that takes one value"))?;
        Ok(Slots([(field, 0)]))
    }
}

impl<const N: usize> Slots<N> {
    /// Writes the numbers into an action of the spec.
    pub fn write(&self, action: &mut Action, numbers: [f32; N]) {
        for ((field, value), number) in self.0.into_iter().zip(numbers) {
            action.fields[field][value] = number;
        }
    }

    /// The field of each number.
    pub fn fields<'a>(&self, spec: &'a ActionSpec) -> [&'a ActionField; N] {
        self.0.map(|(field, _)| &spec.fields[field])
    }

    /// The greatest value that every one of the numbers may have.
    pub fn most(&self, spec: &ActionSpec) -> f64 {
        self.fields(spec).iter().map(|field| f64::from(field.bounds[1])).fold(f64::INFINITY, f64::min)
    }
}

/// The fields of one value, by index.
fn singles(spec: &ActionSpec) -> impl Iterator<Item = usize> {
    spec.fields.iter().enumerate().filter(|(_, field)| field.size == 1).map(|(index, _)| index)
}

fn lacks(spec: &ActionSpec, what: &str) -> String {
    let found: Vec<String> = spec.fields.iter().map(|field| format!("{:?} of {}", field.name, field.size)).collect();
    format!(
        "the body has no drive for it: expected {what}, found {}",
        if found.is_empty() { "none".into() } else { found.join(", ") }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(fields: &[(&str, usize)]) -> ActionSpec {
        let field =
            |&(name, size): &(&str, usize)| ActionField { name: name.into(), size, unit: "1".into(), bounds: [-1.0, 3.0] };
        ActionSpec { fields: fields.iter().map(field).collect() }
    }

    #[test]
    fn two_numbers_go_to_one_field_of_two_or_to_two_of_one() {
        let both = spec(&[("a", 1), ("b", 2)]);
        let mut action = Action::from_spec(&both);
        Slots::pair(&both).unwrap().write(&mut action, [1.0, 2.0]);
        assert_eq!(action.fields, [vec![0.0], vec![1.0, 2.0]]);
        let apart = spec(&[("a", 1), ("b", 3), ("c", 1)]);
        let mut action = Action::from_spec(&apart);
        Slots::pair(&apart).unwrap().write(&mut action, [1.0, 2.0]);
        assert_eq!(action.fields, [vec![1.0], vec![0.0; 3], vec![2.0]]);
        assert_eq!(Slots::single(&apart).unwrap().most(&apart), 3.0);
    }

    #[test]
    fn an_action_without_room_is_named() {
        let said = Slots::pair(&spec(&[("a", 1), ("b", 3)])).unwrap_err();
        assert!(said.contains("two values") && said.contains("\"b\" of 3"), "{said}");
        assert!(Slots::single(&spec(&[])).unwrap_err().contains("none"));
    }
}
