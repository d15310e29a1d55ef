//! The frame of a page, and the few things that its sections are made of.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::words::number;

/// The looks of a page: light and dark, on screens and paper.
const STYLE: &str = include_str!("style.css");

/// A section: its anchor, its title and what it says.
pub struct Section {
    /// Its anchor.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it says.
    pub body: Markup,
}

/// A whole page.
pub fn page(title: &str, about: &str, head: &Markup, sections: &[Section]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "embody " (crate::VERSION) };
                meta name="color-scheme" content="light dark";
                title { (title) }
                // The empty address keeps browsers from asking for an icon.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.about { (about) }
                    (head)
                }
                nav aria-label="Sections" {
                    ul { @for section in sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                }
                main {
                    @for section in sections {
                        section id=(section.id) aria-labelledby={ (section.id) "-title" } {
                            h2 id={ (section.id) "-title" } { (section.title) }
                            (section.body)
                        }
                    }
                }
                footer { p { "Made by " code { "embody report" } ", version " (crate::VERSION) ", from what the folder holds." } }
            }
        }
    }
}

/// How a figure is laid out and coloured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// A small one, beside others.
    Small,
    /// A small one whose colours are numbers.
    SmallShaded,
    /// As wide as the page.
    Wide,
    /// As wide as the page, with colours that are numbers.
    WideShaded,
}

/// A drawing with its caption.
pub fn figure(svg: &str, looks: Looks, caption: &Markup) -> Markup {
    let class = match looks {
        Looks::Small => "drawing",
        Looks::SmallShaded => "drawing shaded",
        Looks::Wide => "drawing wide",
        Looks::WideShaded => "drawing wide shaded",
    };
    // Within a page a drawing needs no name of its language.
    let svg = svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
    html! { figure class=(class) { div.sheet { (PreEscaped(svg)) } @if !caption.0.is_empty() { figcaption { (caption) } } } }
}

/// A table of names and what they stand for.
pub fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! {
        table.facts { tbody { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } } }
    }
}

/// A number as people read it, with all its digits for programs.
pub fn value(value: f64) -> Markup {
    html! { data value=(value) { (number(value)) } }
}

/// A remark that something is missing, or not as it should be.
pub fn missing(why: &str) -> Markup {
    html! { p.missing { (why) } }
}

/// Text that is folded away.
pub fn folded(summary: &str, body: &Markup) -> Markup {
    html! { details { summary { (summary) } (body) } }
}
