//! Default classes: what an element says that doesn't say it itself.
//!
//! As MuJoCo has it, a class begins as a copy of the one around it, once that has read its own elements; the outermost elements `<default>` are one
//! class, read in their order; and all kinds of actuators are one kind. Of several elements of a kind, which MuJoCo refuses, each adds to those before. What a class says is known when all are read, so that an element asks one
//! place, however deep its class lies. What a hundred thousand elements may inherit must be short.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::file::{Attribute, Element, ReadError};

/// The most classes of a model: each has a copy of what is around it.
const MOST_CLASSES: usize = 1000;

/// The most attributes that a class says of a kind, with those around it. MuJoCo has no kind with half as many.
const MOST_ATTRIBUTES: usize = 100;

/// The longest attribute in a class (bytes): every element that inherits it reads it again.
const LONGEST: usize = 250;

/// What there are defaults for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Joint,
    Geom,
    Mesh,
    Material,
    Actuator,
}

impl Kind {
    /// The kind that an element in a class speaks for.
    fn of(name: &str) -> Option<Kind> {
        Some(match name {
            "joint" => Kind::Joint,
            "geom" => Kind::Geom,
            "mesh" => Kind::Mesh,
            "material" => Kind::Material,
            "general" | "motor" | "position" | "velocity" => Kind::Actuator,
            _ => return None,
        })
    }
}

/// Attributes by name.
type Settings<'d, 'a> = BTreeMap<&'d str, Attribute<'d, 'a>>;

/// What a class says of each [`Kind`], with all that it has from the classes around it.
type Class<'d, 'a> = [Rc<Settings<'d, 'a>>; 5];

/// The classes of a model.
pub(super) struct Defaults<'d, 'a> {
    classes: Vec<Class<'d, 'a>>,
    names: BTreeMap<&'d str, usize>,
}

/// An element with the defaults behind it.
pub(super) struct Styled<'d, 'a> {
    /// The element itself.
    pub(super) element: Element<'d, 'a>,
    defaults: Option<Rc<Settings<'d, 'a>>>,
}

impl<'d, 'a> Defaults<'d, 'a> {
    /// Reads the elements `<default>`. The outermost are one class, which holds for all.
    pub(super) fn read(root: Element<'d, 'a>) -> Result<Defaults<'d, 'a>, ReadError> {
        let mut defaults = Defaults { classes: vec![Class::default()], names: BTreeMap::from([("main", 0)]) };
        for outermost in root.all("default") {
            if let Some(name) = outermost.attribute("class") {
                defaults.names.insert(name, 0);
            }
            let mut waiting = vec![(outermost, None)];
            while let Some((element, around)) = waiting.pop() {
                let class = around.map_or(Ok(0), |around| defaults.add(element, around))?;
                element.children().try_for_each(|child| defaults.fill(class, child))?;
                let within: Vec<_> = element.all("default").map(|child| (child, Some(class))).collect();
                waiting.extend(within.into_iter().rev());
            }
        }
        Ok(defaults)
    }

    /// Adds a class within another.
    fn add(&mut self, element: Element<'d, 'a>, around: usize) -> Result<usize, ReadError> {
        if self.classes.len() == MOST_CLASSES {
            return Err(element.error(format!("<default>: expected at most {MOST_CLASSES} classes, found more")));
        }
        let name = element.needed("class")?;
        if name.len() > LONGEST {
            return Err(element.error(format!("<default>: class: expected at most {LONGEST} bytes, found {}", name.len())));
        }
        self.names.insert(name, self.classes.len());
        self.classes.push(self.classes[around].clone());
        Ok(self.classes.len() - 1)
    }

    /// Takes an element into a class.
    fn fill(&mut self, class: usize, element: Element<'d, 'a>) -> Result<(), ReadError> {
        let Some(kind) = Kind::of(element.name()) else { return Ok(()) };
        let settings = Rc::make_mut(&mut self.classes[class][kind as usize]);
        for attribute in element.known().attributes() {
            let length = attribute.length();
            if length > LONGEST {
                return Err(attribute.wrong(format!("expected at most {LONGEST} bytes in a default, found {length}")));
            }
            settings.insert(attribute.name(), attribute);
        }
        if settings.len() > MOST_ATTRIBUTES {
            let what =
                format!("<{}>: expected at most {MOST_ATTRIBUTES} attributes in a class and those around it", element.name());
            return Err(element.error(what));
        }
        Ok(())
    }

    /// The element with its defaults, those of its kind if it has one: of the class that it names, or else of `inherited`.
    pub(super) fn style(
        &self,
        element: Element<'d, 'a>,
        inherited: Option<&str>,
        kind: Option<Kind>,
    ) -> Result<Styled<'d, 'a>, ReadError> {
        let class = match element.attribute("class").or(inherited) {
            None => 0,
            Some(name) => *self.names.get(name).ok_or_else(|| element.error(format!("there is no class {name:?}")))?,
        };
        Ok(Styled { element, defaults: kind.map(|kind| self.classes[class][kind as usize].clone()) })
    }
}

impl<'d, 'a> Styled<'d, 'a> {
    /// Its attribute of that name, or else that of its defaults.
    fn find(&self, name: &str) -> Option<Attribute<'d, 'a>> {
        self.element.find(name).or_else(|| self.defaults.as_ref()?.get(name).copied())
    }

    /// What an attribute says.
    pub(super) fn attribute(&self, name: &str) -> Option<&'d str> {
        self.find(name).map(|attribute| attribute.text())
    }

    /// Finite numbers.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<f64>>, ReadError> {
        self.find(name).map(|attribute| attribute.list()).transpose()
    }

    /// So many finite numbers.
    pub(super) fn numbers<const N: usize>(&self, name: &str) -> Result<Option<[f64; N]>, ReadError> {
        self.find(name).map(|attribute| attribute.numbers()).transpose()
    }

    /// A finite number: the first, where there are several.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, ReadError> {
        Ok(self.list(name)?.and_then(|list| list.first().copied()))
    }
}
