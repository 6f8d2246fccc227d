//! Tests of the page as a file: hostile text, secrets, and names that are taken.

use std::fs;

use mps_core::clock::SystemClock;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{target::MARK, *};
use crate::ledger::{Key, NewBatch, NewItem};

type Error = Box<dyn std::error::Error>;

/// Returns the page of a batch with one planned row for each key and body.
async fn page(rows: &[(&str, Value)]) -> Result<String, Error> {
    let folder = TempDir::new()?;
    let file = folder.path().join("gallery.html");
    let gallery = gallery("night \u{202e}& <day>", rows).await?;
    gallery.write(&file).await?;
    Ok(fs::read_to_string(file)?)
}

async fn gallery(batch: &str, rows: &[(&str, Value)]) -> Result<Gallery, Error> {
    let ledger = Ledger::in_memory(SystemClock::shared())?;
    let batch: BatchId = batch.parse()?;
    let new = NewBatch {
        id: batch.clone(),
        source: None,
    };
    ledger.create_batch(new).await?;
    let row = |(key, body): &(&str, Value)| -> Result<NewItem, Error> {
        let key: Key = key.parse()?;
        Ok(NewItem::new(
            key,
            "CreateAigcVideoTask",
            body.to_string(),
            Some(5),
        ))
    };
    let rows = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    ledger.import(&batch, rows).await?;
    Ok(Gallery::new(ledger, batch))
}

/// Returns the names of the elements and attributes outside of style and script, in their order.
fn markup(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        // A quote within an attribute is escaped, so these alternate with names.
        let names: String = tag.split('"').step_by(2).collect();
        for raw in ["style", "script"] {
            if tag == raw {
                rest = rest.split_once(&format!("</{raw}>")).unwrap().1;
            }
        }
        tags.push(names);
    }
    tags
}

fn unescaped(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (escape, plain)| {
        text.replace(escape, plain)
    })
}

fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, after) = page.split_once(begin).unwrap();
    after.split_once(end).unwrap().0
}

const HOSTILE: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% include 'x' %}{#",
    "<!--",
    "\u{202e}\u{2066}a\u{0}b\u{1b}[31m",
    "&lt;b&gt; &amp;",
    "</style></textarea></template>",
];

/// Text that consists of hostile pieces and of any characters.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        "[<>\"'&{}%#/=\\\\\n\r\t $`!]{0,6}",
        ".{0,8}",
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn hostile_text_adds_no_markup(prompt in hostile(), value in hostile(), key in hostile()) {
        let key: String = key.chars().filter(|letter| !letter.is_control()).take(60).collect();
        prop_assume!(!key.is_empty());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let plain = runtime.block_on(page(&[("k", json!({"Prompt": "p", "Value": "v"}))])).unwrap();
        let rows = [(&*key, json!({"Prompt": format!("x{prompt}"), "Value": value}))];
        let page = runtime.block_on(page(&rows)).unwrap();
        prop_assert_eq!(markup(&page), markup(&plain));
        let is_safe = |letter: char| !letter.is_control() || letter == '\n';
        let visible = page.chars().filter(|letter| !is_safe(*letter));
        prop_assert_eq!(visible.count(), 0);
        let reorders = page.contains(['\u{202e}', '\u{2066}']);
        prop_assert!(!reorders);
        // The command has the prompt itself.
        let command = unescaped(between(&page, "<code>", "</code>"));
        let json = between(&command, "printf %s '", " | mps ");
        let json = json.strip_suffix('\'').unwrap().replace(r"'\''", "'");
        let body: Value = serde_json::from_str(&json).unwrap();
        let expected = crate::secrets::without_secrets(&format!("x{prompt}")).into_owned();
        prop_assert_eq!(body.get("Prompt").and_then(Value::as_str), Some(&*expected));
    }
}

#[tokio::test]
async fn signatures_of_urls_are_left_out() -> Result<(), Error> {
    let url = "https://u:hunter2@bucket/cat.png?q-signature=5ecre7";
    let body = json!({"Prompt": format!("like {url}"), "ImageUrl": url, "Extra": {"Url": [url]}});
    let page = page(&[("k", body)]).await?;
    assert!(!page.contains("5ecre7") && !page.contains("hunter2"));
    assert!(page.contains("cat.png") && page.contains("has a signature or a password"));
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_a_gallery_stays() -> Result<(), Error> {
    let folder = TempDir::new()?;
    let gallery = gallery("b", &[("k", json!({}))]).await?;
    let path = |name: &str| folder.path().join(name);
    fs::write(path("notes.html"), "<!doctype html>\n<p>mine")?;
    fs::write(path("short"), "<!")?;
    fs::create_dir(path("folder"))?;
    #[cfg(unix)]
    {
        fs::write(path("target.html"), MARK)?;
        std::os::unix::fs::symlink(path("target.html"), path("link"))?;
    }
    let link = cfg!(unix).then_some("link");
    for name in ["notes.html", "short", "folder"].into_iter().chain(link) {
        let refused = gallery.write(&path(name)).await;
        assert!(matches!(refused, Err(GalleryError::Occupied(_))), "{name}");
    }
    assert_eq!(
        fs::read_to_string(path("notes.html"))?,
        "<!doctype html>\n<p>mine"
    );
    let left_over = fs::read_dir(folder.path())?.filter_map(Result::ok);
    let mut left_over = left_over.map(|entry| entry.file_name());
    assert!(!left_over.any(|name| name.to_string_lossy().starts_with(".gallery")));
    Ok(())
}

#[tokio::test]
async fn a_gallery_replaces_an_earlier_one_and_is_private() -> Result<(), Error> {
    let folder = TempDir::new()?;
    let file = folder.path().join("gallery.html");
    let gallery = gallery("b", &[("one", json!({})), ("two", json!({}))]).await?;
    for _ in 0..2 {
        let written = gallery.write(&file).await?;
        assert_eq!((written.rows, written.files, written.gone), (2, 0, 0));
    }
    let page = fs::read_to_string(&file)?;
    assert!(page.starts_with(MARK));
    assert_eq!(page.matches("<li class=\"card\"").count(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_batch_is_an_error() -> Result<(), Error> {
    let known = gallery("b", &[]).await?;
    let other = Gallery::new(known.ledger.clone(), "c".parse()?);
    let folder = TempDir::new()?;
    let refused = other.write(&folder.path().join("gallery.html")).await;
    assert!(matches!(refused, Err(GalleryError::NotFound(_))));
    Ok(())
}

#[tokio::test]
async fn a_request_too_long_for_a_command_is_named() -> Result<(), Error> {
    let long = page(&[("k", json!({"Prompt": "a".repeat(30_000)}))]).await?;
    assert!(long.contains("mps show -- ") && !long.contains("printf"));
    let longer = page(&[("k", json!({"Prompt": "a".repeat(100_000)}))]).await?;
    assert!(longer.contains("mps show -- ") && longer.contains("not shown here"));
    assert!(longer.len() < 90_000, "{}", longer.len());
    Ok(())
}
