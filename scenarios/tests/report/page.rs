//! What holds of every page, and its parts.

use crate::common::Lab;

/// Elements without an end.
const VOID: [&str; 5] = ["meta", "link", "br", "img", "hr"];

/// Holds that a page is well-formed, and asks for nothing but itself.
pub fn is_sound(page: &str) {
    for foreign in ["http:", "https:", "\"//", "'//", "<script", "@import", "url(", "<iframe", "NaN", "href=\"data:text"] {
        assert!(!page.contains(foreign), "{foreign}: {}", around(page, foreign));
    }
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    let mut open: Vec<&str> = Vec::new();
    let body = page.strip_prefix("<!DOCTYPE html>").unwrap();
    for (at, _) in body.match_indices('<') {
        let tag = &body[at + 1..at + body[at..].find('>').expect("an end of the tag")];
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> at {at}: {}", &body[at.saturating_sub(200)..at]);
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never ended: {open:?}");
    for part in page.split("<img ").skip(1) {
        assert!(part.starts_with("src=\"data:image/png;base64,") && part.split('>').next().unwrap().contains("alt=\""));
    }
    for part in page.split("<svg ").skip(1) {
        assert!(part.split('>').next().unwrap().contains("aria-label=\""), "every drawing says what it is");
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
}

pub fn around<'a>(page: &'a str, what: &str) -> &'a str {
    let at = page.find(what).unwrap_or(0);
    page.get(at.saturating_sub(80)..(at + 80).min(page.len())).unwrap_or_default()
}

/// The page without the cells that hold wall times measured anew.
pub fn but_for_measured(page: &str) -> String {
    let mut rest = page;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("<td class=\"measured") {
        out.push_str(before);
        rest = after.split_once("</td>").expect("the cell ends").1;
    }
    assert!(out.len() < page.len());
    out + rest
}

/// Makes a page, about which there is nothing to say.
pub fn report(lab: &Lab, folder: &str, more: &str) -> String {
    let said = lab.succeeds(&format!("report {folder} {more}"));
    assert_eq!(said.out, format!("{folder}/report.html\n"));
    assert_eq!(said.err, "", "nothing is said where no terminal is");
    let page = lab.text(&format!("{folder}/report.html"));
    is_sound(&page);
    page
}

/// Holds that a page has what the summary of the run has.
pub fn says_what_the_summary_says(lab: &Lab, folder: &str, page: &str) {
    let summary = lab.summary(folder);
    let trace = summary["trace_hash"].as_str().unwrap();
    assert!(page.contains(trace) && page.contains(summary["version"].as_str().unwrap()));
    for (name, value) in summary["metrics"].as_object().unwrap() {
        let cell = page.split(&format!("data-metric=\"{name}\"")).next().unwrap();
        let value_before = cell.rsplit("data value=\"").next().unwrap().split('"').next().unwrap();
        assert_eq!(value_before.parse::<f64>().unwrap(), value.as_f64().unwrap(), "{name}");
    }
    for number in ["control_steps", "seed", "events_dropped"] {
        assert!(page.contains(&format!("<data value=\"{}\">", summary[number])), "{number}");
    }
    assert!(page.contains(&format!("<data value=\"{}\">", summary["wall_s"].as_f64().unwrap())));
}

/// The drawing of a page whose name begins with these words, without that name.
pub fn drawing<'a>(page: &'a str, name: &str) -> &'a str {
    let at = page.find(&format!("aria-label=\"{name}")).unwrap_or_else(|| panic!("no drawing {name:?}"));
    let begin = at + page[at..].find('>').expect("an end of the tag");
    &page[begin..begin + page[begin..].find("</svg>").expect("its end")]
}

/// The section of a page with this anchor.
pub fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id:?}"));
    &page[begin..begin + page[begin..].find("</section>").expect("its end")]
}

/// Holds that a text has all of these parts.
pub fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "expected {part:?} in: {}", words(text));
    }
}

/// A page's text, as it is read.
fn words(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text).trim());
    pieces.filter(|text| !text.is_empty()).take(400).collect::<Vec<_>>().join(" | ")
}
