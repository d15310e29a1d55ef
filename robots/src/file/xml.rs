//! XML of unknown origin: read within bounds, with the line of everything, and with a note of what nobody read.
//!
//! Documents with a document type are refused, so no entity can grow; elements, attributes and namespaces are counted before or while they are
//! read, so memory and time stay in proportion to the text. What a reader of a format doesn't look at is known at the end, and is what
//! it ignored.

use std::cell::RefCell;
use std::collections::BTreeSet;

use roxmltree::{Node, ParsingOptions};

use super::error::ReadError;
use super::report::Ignored;

/// The most elements, texts and comments of a document.
const MOST_NODES: u32 = 1_000_000;

/// The most attributes of one element: each is compared with all before it.
const MOST_ATTRIBUTES: usize = 250;

/// The most declarations of namespaces: each element below has a copy of all.
const MOST_NAMESPACES: usize = 100;

/// A document, and what has been read of it.
pub(crate) struct Document<'a> {
    tree: roxmltree::Document<'a>,
    file: &'a str,
    /// Where each line ends.
    ends: Vec<usize>,
    /// Where the elements and attributes begin that somebody looked at.
    read: RefCell<BTreeSet<usize>>,
}

impl<'a> Document<'a> {
    /// Reads `text`; `file` names it in errors.
    pub(crate) fn parse(text: &'a str, file: &'a str) -> Result<Document<'a>, ReadError> {
        let at = |line: u32, what: String| ReadError::At { file: file.into(), line, what };
        let namespaces = text.match_indices("xmlns");
        if let Some((place, _)) = namespaces.into_iter().nth(MOST_NAMESPACES) {
            return Err(at(line_of(&ends(&text[..place]), place), format!("expected at most {MOST_NAMESPACES} namespaces")));
        }
        if let Some(place) = crowded_tag(text) {
            let what = format!("expected at most {MOST_ATTRIBUTES} attributes in an element and {MOST_NODES} in all, found more");
            return Err(at(line_of(&ends(&text[..place]), place), what));
        }
        let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        let tree = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
            let what = match error {
                roxmltree::Error::DtdDetected => "expected XML without a document type (<!DOCTYPE), found one".into(),
                roxmltree::Error::NodesLimitReached => format!("expected at most {MOST_NODES} elements, found more"),
                ref error => format!("not valid XML: {error}"),
            };
            at(error_line(&error, text), what)
        })?;
        Ok(Document { tree, file, ends: ends(text), read: RefCell::default() })
    }

    /// The outermost element.
    pub(crate) fn root(&self) -> Element<'_, 'a> {
        let root = Element { node: self.tree.root_element(), document: self };
        root.touch();
        root
    }

    /// The line of the first sign that this is a template for xacro: one of its elements, or an expression to be worked out.
    pub(crate) fn xacro(&self) -> Option<u32> {
        let is_template = |node: &Node| {
            let namespace = node.tag_name().namespace().is_some_and(|name| name.contains("xacro"));
            namespace || node.attributes().any(|attribute| attribute.value().contains("${"))
        };
        let first = self.tree.descendants().filter(Node::is_element).find(is_template)?;
        Some(line_of(&self.ends, first.range().start))
    }

    /// What nobody looked at, in the order of the document: elements without what is in them, and attributes.
    pub(crate) fn ignored(&self) -> Vec<Ignored> {
        let read = self.read.borrow();
        let mut ignored = Vec::new();
        let mut waiting = vec![self.tree.root_element()];
        while let Some(node) = waiting.pop() {
            let element = Element { node, document: self };
            if !read.contains(&node.range().start) {
                ignored.push(Ignored { line: element.line(), what: format!("<{}>", element.name()) });
                continue;
            }
            for attribute in node.attributes().filter(|attribute| !read.contains(&attribute.range().start)) {
                let what = format!("{}=\"{}\" of <{}>", attribute.name(), shortened(attribute.value()), element.name());
                ignored.push(Ignored { line: element.line(), what });
            }
            let children: Vec<_> = node.children().filter(Node::is_element).collect();
            waiting.extend(children.into_iter().rev());
        }
        ignored
    }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d, 'a> {
    node: Node<'d, 'a>,
    document: &'d Document<'a>,
}

impl<'d, 'a> Element<'d, 'a> {
    /// Its name, without namespace.
    pub(crate) fn name(&self) -> &'d str {
        self.node.tag_name().name()
    }

    /// The line that it begins on.
    pub(crate) fn line(&self) -> u32 {
        line_of(&self.document.ends, self.node.range().start)
    }

    /// Marks the element as read.
    fn touch(&self) {
        self.document.read.borrow_mut().insert(self.node.range().start);
    }

    /// The elements in it, each marked as read once the reader knows its name and asks for it by [`known`](Element::known).
    pub(crate) fn children(self) -> impl Iterator<Item = Element<'d, 'a>> {
        let document = self.document;
        self.node.children().filter(Node::is_element).map(move |node| Element { node, document })
    }

    /// The first element of that name anywhere in it.
    pub(crate) fn descendant(self, name: &str) -> Option<Element<'d, 'a>> {
        let document = self.document;
        let node = self.node.descendants().find(|node| node.is_element() && node.tag_name().name() == name)?;
        Some(Element { node, document })
    }

    /// The same element, marked as read.
    pub(crate) fn known(self) -> Element<'d, 'a> {
        self.touch();
        self
    }

    /// The elements in it of that name, marked as read.
    pub(crate) fn all(self, name: &str) -> impl Iterator<Item = Element<'d, 'a>> {
        self.children().filter(move |child| child.name() == name).map(Element::known)
    }

    /// The first element in it of that name, marked as read.
    pub(crate) fn child(self, name: &str) -> Option<Element<'d, 'a>> {
        self.all(name).next()
    }

    /// The first element in it of that name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn needed_child(self, name: &str) -> Result<Element<'d, 'a>, ReadError> {
        self.child(name).ok_or_else(|| self.error(format!("<{}>: expected <{name}> in it, found none", self.name())))
    }

    /// Its attributes, each marked as read once somebody asks what it says.
    pub(crate) fn attributes(self) -> impl Iterator<Item = Attribute<'d, 'a>> {
        self.node.attributes().map(move |attribute| Attribute { attribute, element: self })
    }

    /// Its attribute of that name.
    pub(crate) fn find(self, name: &str) -> Option<Attribute<'d, 'a>> {
        self.attributes().find(|attribute| attribute.name() == name)
    }

    /// What its attribute of that name says, marked as read.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'d str> {
        self.find(name).map(|attribute| attribute.text())
    }

    /// Its attribute of that name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn needed(&self, name: &str) -> Result<&'d str, ReadError> {
        self.attribute(name).ok_or_else(|| self.error(format!("<{}>: expected the attribute {name}, found none", self.name())))
    }

    /// Its attribute of that name, a finite number.
    ///
    /// # Errors
    /// If it is anything else.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, ReadError> {
        Ok(self.numbers(name)?.map(|[number]| number))
    }

    /// Its attribute of that name, so many finite numbers between spaces.
    ///
    /// # Errors
    /// If it is anything else.
    pub(crate) fn numbers<const N: usize>(&self, name: &str) -> Result<Option<[f64; N]>, ReadError> {
        self.find(name).map(|attribute| attribute.numbers()).transpose()
    }

    /// Its attribute of that name, finite numbers between spaces.
    ///
    /// # Errors
    /// If it is anything else.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<f64>>, ReadError> {
        self.find(name).map(|attribute| attribute.list()).transpose()
    }

    /// The text in it, up to the first element.
    pub(crate) fn text(&self) -> &'d str {
        self.node.text().unwrap_or_default()
    }

    /// The numbers in its text, one after the other.
    pub(crate) fn text_values<T: std::str::FromStr>(self) -> impl Iterator<Item = Result<T, ReadError>> {
        let wrong = move |word| self.error(format!("<{}>: expected numbers, found {:?}", self.name(), shortened(word)));
        self.text().split_whitespace().map(move |word| word.parse().map_err(|_| wrong(word)))
    }

    /// So many numbers in its text.
    ///
    /// # Errors
    /// If there is anything else.
    pub(crate) fn text_numbers<const N: usize>(self) -> Result<[f64; N], ReadError> {
        let list: Vec<f64> = self.text_values().take(N + 1).collect::<Result<_, _>>()?;
        let wrong = |list: Vec<f64>| {
            let found = if list.len() > N { "more".into() } else { list.len().to_string() };
            self.error(format!("<{}>: expected {N} numbers, found {found}", self.name()))
        };
        list.try_into().map_err(wrong)
    }

    /// An error about this element.
    pub(crate) fn error(&self, what: String) -> ReadError {
        ReadError::At { file: self.document.file.into(), line: self.line(), what }
    }
}

/// An attribute of an element.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'d, 'a> {
    attribute: roxmltree::Attribute<'d, 'a>,
    element: Element<'d, 'a>,
}

impl<'d> Attribute<'d, '_> {
    /// Its name, without namespace.
    pub(crate) fn name(&self) -> &'d str {
        self.attribute.name()
    }

    /// How long what it says is, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.attribute.value().len()
    }

    /// What it says, marked as read.
    pub(crate) fn text(&self) -> &'d str {
        self.element.document.read.borrow_mut().insert(self.attribute.range().start);
        self.attribute.value()
    }

    /// Finite numbers between spaces.
    ///
    /// # Errors
    /// If it is anything else.
    pub(crate) fn list(&self) -> Result<Vec<f64>, ReadError> {
        let number = |word: &str| match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(self.wrong(format!("expected finite numbers, found {:?}", shortened(self.attribute.value())))),
        };
        self.text().split_whitespace().map(number).collect()
    }

    /// So many finite numbers between spaces.
    ///
    /// # Errors
    /// If it is anything else.
    pub(crate) fn numbers<const N: usize>(&self) -> Result<[f64; N], ReadError> {
        let list = self.list()?;
        let found = list.len();
        list.try_into().map_err(|_| self.wrong(format!("expected {N} numbers, found {found}")))
    }

    /// An error about this attribute.
    pub(crate) fn wrong(&self, what: String) -> ReadError {
        self.element.error(format!("<{}>: {}: {what}", self.element.name(), self.name()))
    }
}

/// Where each line ends.
fn ends(text: &str) -> Vec<usize> {
    text.match_indices('\n').map(|(place, _)| place).collect()
}

/// The line of a place, counted from 1.
fn line_of(ends: &[usize], place: usize) -> u32 {
    1 + ends.partition_point(|end| *end < place) as u32
}

/// The line of a fault. A text that ends too early is faulty where it ends, and the parser then knows no place.
fn error_line(error: &roxmltree::Error, text: &str) -> u32 {
    let place = match error {
        roxmltree::Error::DtdDetected => text.find("<!DOCTYPE").unwrap_or(0),
        error if error.pos().row > 1 || error.pos().col > 1 => return error.pos().row,
        _ => text.trim_end().len(),
    };
    line_of(&ends(text), place)
}

/// The place of the first tag with too many attributes, or that has one too many in all.
fn crowded_tag(text: &str) -> Option<usize> {
    let (mut at, mut sum) = (0, 0);
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let rest = &text[start..];
        let other = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")].into_iter().find(|(open, _)| rest.starts_with(open));
        at = start
            + match other {
                // What isn't closed the parser complains about.
                Some((open, close)) => open.len() + rest[open.len()..].find(close)? + close.len(),
                None => {
                    let (length, attributes) = measure_tag(rest);
                    sum += attributes;
                    if attributes > MOST_ATTRIBUTES || sum > MOST_NODES as usize {
                        return Some(start);
                    }
                    length
                }
            };
    }
    None
}

/// How long the tag is that a text begins with, in bytes, and how many attributes it has.
fn measure_tag(text: &str) -> (usize, usize) {
    let (mut attributes, mut quote) = (0, None);
    for (place, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (place + 1, attributes),
            (None, b'=') => attributes += 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    (text.len(), attributes)
}

/// A text for an error: not more than fits into a line.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    fn refused(text: &str) -> String {
        Document::parse(text, "a.xml").err().unwrap().to_string()
    }

    #[test]
    fn what_nobody_looked_at_is_known_with_its_line() {
        let document = Document::parse("<a x='1' y='2'>\n<b/>\n<c z='3'>\n<d/></c></a>", "a.xml").unwrap();
        let root = document.root();
        assert_eq!(root.number("y").unwrap(), Some(2.0));
        assert_eq!(root.child("c").unwrap().line(), 3);
        let ignored: Vec<_> = document.ignored().into_iter().map(|found| (found.line, found.what)).collect();
        let expected = [(1, "x=\"1\" of <a>"), (2, "<b>"), (3, "z=\"3\" of <c>"), (4, "<d>")];
        assert_eq!(ignored, expected.map(|(line, what)| (line, what.to_owned())));
    }

    #[test]
    fn what_would_grow_is_refused_with_its_line() {
        let laughs = "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]>\n<a>&c;</a>";
        assert!(refused(laughs).starts_with("a.xml:2: expected XML without a document type"), "{}", refused(laughs));
        let crowd: String = (0..300).map(|i| format!(" a{i}='='")).collect();
        assert!(refused(&format!("<!-- ' -->\n<a{crowd}/>")).starts_with("a.xml:2: expected at most 250 attributes"));
        let spaces: String = (0..200).map(|i| format!("<a xmlns:n{i}='{i}'>\n")).collect();
        assert!(refused(&spaces).starts_with("a.xml:101: expected at most 100 namespaces"), "{}", refused(&spaces));
        assert!(refused(&"<a/>".repeat(2)).contains("not valid XML"));
        assert!(refused(&"<a>".repeat(1_100_000)).contains("expected at most 1000000 elements"));
        assert!(refused("<a>\n<b>\n<c/>").starts_with("a.xml:3: not valid XML"), "{}", refused("<a>\n<b>\n<c/>"));
    }

    #[test]
    fn a_deep_document_needs_no_stack() {
        let deep = "<a>".repeat(300_000) + &"</a>".repeat(300_000);
        assert_eq!(Document::parse(&deep, "a.xml").unwrap().ignored().len(), 1);
    }
}
