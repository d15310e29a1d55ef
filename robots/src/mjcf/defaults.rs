//! Default classes: what an element says that doesn't say it itself.

use std::collections::BTreeMap;

use crate::file::{Element, ReadError};

/// Classes are not nested deeper.
const DEEPEST: usize = 100;

/// The classes of a model.
pub(super) struct Defaults<'d, 'a> {
    classes: Vec<Class<'d, 'a>>,
    names: BTreeMap<&'d str, usize>,
}

struct Class<'d, 'a> {
    parent: Option<usize>,
    depth: usize,
    elements: BTreeMap<&'d str, Element<'d, 'a>>,
}

/// An element with the defaults behind it, the nearest first.
pub(super) struct Styled<'d, 'a> {
    /// The element itself.
    pub(super) element: Element<'d, 'a>,
    chain: Vec<Element<'d, 'a>>,
}

impl<'d, 'a> Defaults<'d, 'a> {
    /// Reads the elements `<default>`. The outermost are one class, which holds for all.
    pub(super) fn read(root: Element<'d, 'a>) -> Result<Defaults<'d, 'a>, ReadError> {
        let main = Class { parent: None, depth: 0, elements: BTreeMap::new() };
        let mut defaults = Defaults { classes: vec![main], names: BTreeMap::from([("main", 0)]) };
        let mut waiting: Vec<(Element, usize)> = root.all("default").map(|element| (element, 0)).collect();
        for (element, _) in &waiting {
            if let Some(name) = element.attribute("class") {
                defaults.names.insert(name, 0);
            }
        }
        while let Some((element, class)) = waiting.pop() {
            for child in element.children().map(Element::known) {
                if child.name() == "default" {
                    waiting.push((child, defaults.add(child, class)?));
                } else {
                    defaults.classes[class].elements.insert(child.name(), child);
                }
            }
        }
        Ok(defaults)
    }

    fn add(&mut self, element: Element<'d, 'a>, parent: usize) -> Result<usize, ReadError> {
        let depth = self.classes[parent].depth + 1;
        if depth > DEEPEST {
            return Err(element.error(format!("<default>: expected classes nested {DEEPEST} deep at most")));
        }
        self.names.insert(element.needed("class")?, self.classes.len());
        self.classes.push(Class { parent: Some(parent), depth, elements: BTreeMap::new() });
        Ok(self.classes.len() - 1)
    }

    /// The element with its defaults: of the class that it names, or else of `inherited`. `kinds` are the elements in a class that speak for it.
    pub(super) fn style(
        &self,
        element: Element<'d, 'a>,
        inherited: Option<&str>,
        kinds: &[&str],
    ) -> Result<Styled<'d, 'a>, ReadError> {
        let mut class = match element.attribute("class").or(inherited) {
            None => Some(0),
            Some(name) => Some(*self.names.get(name).ok_or_else(|| element.error(format!("there is no class {name:?}")))?),
        };
        let mut chain = Vec::new();
        while let Some(index) = class {
            chain.extend(kinds.iter().filter_map(|kind| self.classes[index].elements.get(kind)));
            class = self.classes[index].parent;
        }
        Ok(Styled { element, chain })
    }
}

impl<'d, 'a> Styled<'d, 'a> {
    /// The element and its defaults, in the order in which they speak.
    fn speakers(&self) -> impl Iterator<Item = &Element<'d, 'a>> {
        std::iter::once(&self.element).chain(&self.chain)
    }

    /// An attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&'d str> {
        self.speakers().find_map(|element| element.attribute(name))
    }

    /// Finite numbers.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<f64>>, ReadError> {
        self.speakers().find_map(|element| element.list(name).transpose()).transpose()
    }

    /// So many finite numbers.
    pub(super) fn numbers<const N: usize>(&self, name: &str) -> Result<Option<[f64; N]>, ReadError> {
        self.speakers().find_map(|element| element.numbers(name).transpose()).transpose()
    }

    /// A finite number: the first, where there are several.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, ReadError> {
        Ok(self.list(name)?.and_then(|list| list.first().copied()))
    }
}
