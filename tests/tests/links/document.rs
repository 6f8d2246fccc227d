//! A Markdown file: its links, and the anchors of its headings as GitHub makes them.

use std::collections::HashMap;

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

/// A link or a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The text or the description.
    pub(crate) text: String,
    /// The destination as it is written.
    pub(crate) to: String,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// The anchors that other documents can link to, and the links of this one.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) links: Vec<Link>,
    pub(crate) anchors: Vec<String>,
    /// References without a definition, such as `[text][missing]`, with their lines.
    pub(crate) undefined: Vec<(String, usize)>,
}

/// Returns the options of GitHub's Markdown that can contain links.
pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
}

impl Document {
    /// Reads a document.
    pub(crate) fn read(text: &str) -> Self {
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line_of = |offset: usize| 1 + ends.partition_point(|end| *end < offset);
        let mut undefined = Vec::new();
        // Brackets alone are common in prose; only two pairs of them are certainly meant as a link.
        let report = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                undefined.push((link.reference.to_string(), line_of(link.span.start)));
            }
            None
        };
        let parser = Parser::new_with_broken_link_callback(text, options(), Some(report));
        let mut document = Self::default();
        let mut open: Vec<Link> = Vec::new();
        let mut heading: Option<String> = None;
        let mut slugs = Slugs::default();
        for (event, range) in parser.into_offset_iter() {
            let line = line_of(range.start);
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let (text, to) = (String::new(), dest_url.to_string());
                    open.push(Link { text, to, line });
                }
                Event::End(TagEnd::Link | TagEnd::Image) => document.links.extend(open.pop()),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let title = heading.take().unwrap_or_default();
                    document.anchors.push(slugs.next(&title));
                }
                Event::Text(text) | Event::Code(text) => {
                    let inside = open.iter_mut().map(|link| &mut link.text);
                    inside.chain(&mut heading).for_each(|it| it.push_str(&text));
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    for (name, value) in attributes(&html) {
                        match name {
                            "id" | "name" => document.anchors.push(value.to_owned()),
                            _ => document.links.push(Link {
                                text: String::new(),
                                to: value.to_owned(),
                                line,
                            }),
                        }
                    }
                }
                _ => {}
            }
        }
        document.undefined = undefined;
        document
    }
}

/// The anchors of one document: a title that repeats gets a number.
#[derive(Debug, Default)]
struct Slugs(HashMap<String, usize>);

impl Slugs {
    fn next(&mut self, title: &str) -> String {
        let slug = slug(title);
        let earlier = self.0.entry(slug.clone()).or_default();
        *earlier += 1;
        match *earlier {
            1 => slug,
            many => format!("{slug}-{}", many - 1),
        }
    }
}

/// Returns the anchor of a heading: lower case, hyphens for spaces, and no punctuation.
pub(crate) fn slug(title: &str) -> String {
    let kept = title
        .trim()
        .chars()
        .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    let hyphens = kept.map(|it| if it == ' ' { '-' } else { it });
    hyphens.flat_map(char::to_lowercase).collect()
}

/// Returns the attributes of tags that are links or can be linked to.
fn attributes(html: &str) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    for name in ["href", "src", "srcset", "id", "name"] {
        for (at, _) in html.match_indices(name) {
            let is_whole = html[..at].ends_with([' ', '\n', '\t']);
            let value = html[at + name.len()..].trim_start().strip_prefix('=');
            let quoted = value
                .map(str::trim_start)
                .and_then(|it| it.strip_prefix('"'));
            if let Some((value, _)) = quoted.and_then(|it| it.split_once('"'))
                && is_whole
            {
                found.push((name, value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        for (title, anchor) in [
            ("A create in doubt", "a-create-in-doubt"),
            (
                "`mps batch run`: rows, files & more",
                "mps-batch-run-rows-files--more",
            ),
            ("Über 10.000 Zeilen", "über-10000-zeilen"),
        ] {
            let document = Document::read(&format!("# {title}\n\n# {title}\n"));
            assert_eq!(document.anchors, [anchor.to_owned(), format!("{anchor}-1")]);
        }
    }

    #[test]
    fn links_of_every_kind_are_found_with_their_lines() {
        let text = "[a](b.md)\n![c](d.png)\n[e][f]\n\n<picture><source srcset=\"g.svg\"><img alt=\"h\" src=\"i.svg\"></picture>\n\n```\n[no](no.md)\n```\n\n[f]: j.md#k\n";
        let document = Document::read(text);
        let links: Vec<_> = document
            .links
            .iter()
            .map(|link| (link.text.as_str(), link.to.as_str(), link.line))
            .collect();
        let mut expected = [
            ("a", "b.md", 1),
            ("c", "d.png", 2),
            ("e", "j.md#k", 3),
            ("", "g.svg", 5),
            ("", "i.svg", 5),
        ];
        let mut links = links;
        links.sort_by_key(|link| link.1);
        expected.sort_by_key(|link| link.1);
        assert_eq!(links, expected);
    }

    #[test]
    fn a_reference_without_a_definition_is_reported() {
        let document = Document::read("text\n[a][b] and [c]\n");
        assert_eq!(document.undefined, [("b".to_owned(), 2)]);
    }
}
