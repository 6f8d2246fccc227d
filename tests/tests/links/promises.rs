//! The promises of the README: the items of certain sections, each with a link to the test that proves it.

use std::{fs, path::Path};

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::{
    check::destination,
    document::{options, slug},
    rust_file,
};

/// An item of a section.
#[derive(Debug, Default)]
struct Promise {
    text: String,
    links: Vec<(String, String)>,
}

/// Returns the mistakes of the promises of a text: an item without a link to a test, and a link whose
/// test does not exist. There must be a section of one of the names, with items.
pub(crate) fn mistakes(root: &Path, text: &str, sections: &[&str]) -> Vec<String> {
    let promises = promises(text, sections);
    if promises.is_empty() {
        return vec![format!(
            "README.md has no list in a section {}",
            sections.join(" or ")
        )];
    }
    promises
        .iter()
        .filter_map(|promise| {
            let reason = mistake(root, promise)?;
            let short: String = promise.text.chars().take(60).collect();
            Some(format!("README.md: \"{short}\": {reason}"))
        })
        .collect()
}

fn mistake(root: &Path, promise: &Promise) -> Option<String> {
    let readme = root.join("README.md");
    let mut tests = 0;
    for (text, link) in &promise.links {
        let Some(to) = destination(root, &readme, link) else {
            continue;
        };
        if to.path.extension().is_none_or(|it| it != "rs") {
            continue;
        }
        let source = match fs::read_to_string(&to.path) {
            Ok(source) => source,
            Err(error) => return Some(format!("{link}: {error}")),
        };
        let functions = match rust_file::functions(&source) {
            Ok(functions) => functions,
            Err(error) => return Some(format!("{link}: {error}")),
        };
        let is_line = |it: &String| it.starts_with('L') && it[1..].parse::<usize>().is_ok();
        let named = to.fragment.filter(|it| !is_line(it));
        // A text such as `a_create_is_sent_once` names the test; another one describes it.
        let by_text =
            Some(text.clone()).filter(|it| it.contains('_') && !it.contains([' ', '.', '/']));
        match named.or(by_text) {
            Some(name) if functions.get(&name) == Some(&true) => tests += 1,
            Some(name) => return Some(format!("{link}: there is no test `{name}`")),
            // The root of a test binary, whose tests are in its modules, or a file with tests.
            None => {
                let is_root = to.path.ends_with("main.rs");
                tests += usize::from(is_root || functions.values().any(|is_test| *is_test));
            }
        }
    }
    (tests == 0).then(|| "no link to a test".to_owned())
}

/// Returns the items of the lists directly below the headings.
fn promises(text: &str, sections: &[&str]) -> Vec<Promise> {
    let mut found: Vec<Promise> = Vec::new();
    let mut heading: Option<(HeadingLevel, String)> = None;
    let mut within: Option<HeadingLevel> = None;
    let mut depth = 0_u32;
    let mut link: Option<(String, String)> = None;
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => heading = Some((level, String::new())),
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, title)) = heading.take() {
                    if sections.contains(&slug(&title).as_str()) {
                        within = Some(level);
                    } else if within.is_some_and(|of| level <= of) {
                        within = None;
                    }
                }
            }
            Event::Start(Tag::Item) => {
                depth += 1;
                if within.is_some() && depth == 1 {
                    found.push(Promise::default());
                }
            }
            Event::End(TagEnd::Item) => depth -= 1,
            Event::Start(Tag::Link { dest_url, .. }) => {
                link = Some((String::new(), dest_url.to_string()));
            }
            Event::End(TagEnd::Link) => {
                if let Some(promise) = found.last_mut().filter(|_| within.is_some() && depth > 0) {
                    promise.links.extend(link.take());
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, title)) = &mut heading {
                    title.push_str(&text);
                }
                if let Some((shown, _)) = &mut link {
                    shown.push_str(&text);
                }
                if let Some(promise) = found.last_mut().filter(|_| within.is_some() && depth > 0) {
                    promise.text.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(item: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let source = "fn helper() {}\n#[test]\nfn a_test() {}\n";
        fs::write(folder.path().join("a.rs"), source).unwrap();
        fs::write(folder.path().join("b.rs"), "fn helper() {}\n").unwrap();
        let text = format!("# P\n\n## Guarantees\n\n- {item}\n\n## Other\n\n- no promise\n");
        mistakes(folder.path(), &text, &["guarantees"])
    }

    #[test]
    fn a_promise_needs_a_link_to_a_test_that_exists() {
        for (item, mistake) in [
            ("Sent once ([test](a.rs)).", None),
            ("Sent once ([`a_test`](a.rs)).", None),
            ("Sent once ([test](a.rs#a_test)).", None),
            ("Sent once ([test](a.rs#L3)).", None),
            ("Sent once.", Some("no link to a test")),
            ("Sent once ([how](docs.md)).", Some("no link to a test")),
            ("Sent once ([test](b.rs)).", Some("no link to a test")),
            ("Sent once ([test](none.rs)).", Some("none.rs")),
            (
                "Sent once ([`helper_of`](a.rs)).",
                Some("no test `helper_of`"),
            ),
            ("Sent once ([test](a.rs#helper)).", Some("no test `helper`")),
        ] {
            let found = of(item);
            match mistake {
                None => assert!(found.is_empty(), "{item}: {found:?}"),
                Some(text) => assert!(found.concat().contains(text), "{item}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_readme_without_promises_is_a_mistake() {
        let found = mistakes(Path::new("."), "# P\n\n- item\n", &["guarantees"]);
        assert!(found.concat().contains("has no list"), "{found:?}");
    }
}
