//! Rows with mistakes.

use crate::support::{only_finding, planned, rows, rules};

/// A row, and the path, the rule and parts of message and hint of its one finding.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

const ROWS: [Case<'static>; 20] = [
    (
        r#"{"Prompt":"p"}"#,
        "id",
        "required",
        "has no id",
        "its own `id`",
    ),
    (
        r#"{"id":null,"Prompt":"p"}"#,
        "id",
        "required",
        "has no id",
        "its own `id`",
    ),
    (
        r#"{"custom_id":"a","Prompt":"p"}"#,
        "id",
        "required",
        "has no id",
        "instead of `custom_id`",
    ),
    (r#"{"id":7,"Prompt":"p"}"#, "id", "required", "", ""),
    (
        r#"{"id":"","Prompt":"p"}"#,
        "id",
        "invalid-id",
        "empty",
        "1 to 200 bytes",
    ),
    (
        "{\"id\":\"a\\u0007\",\"Prompt\":\"p\"}",
        "id",
        "invalid-id",
        "not printable",
        "control",
    ),
    (
        r#"{"id":"a","id":"b","Prompt":"p"}"#,
        "id",
        "duplicate-member",
        "twice",
        "leave one",
    ),
    (
        r#"{"id":"a","Prompt":"p","ExtraParameters":{"LogoAdd":0,"LogoAdd":1}}"#,
        "ExtraParameters",
        "duplicate-member",
        "\"LogoAdd\" twice",
        "leave one",
    ),
    (
        r#"{"id":"a","after":"b","Prompt":"p"}"#,
        "after",
        "reserved",
        "last frame",
        "leave it out",
    ),
    (
        r#"{"id":"a","defaults":{},"Prompt":"p"}"#,
        "defaults",
        "defaults",
        "no other members",
        "as the first line",
    ),
    (
        r#"{"id":"a","action":"createaigcvideotask","Prompt":"p"}"#,
        "action",
        "action",
        "no such action",
        "did you mean `CreateAigcVideoTask`?",
    ),
    (
        r#"{"id":"a","action":"DescribeAigcVideoTask"}"#,
        "action",
        "action",
        "creates no task",
        "choose from Create",
    ),
    (
        r#"{"id":"a","Prompt":"p","out":"../b.mp4"}"#,
        "out",
        "output-name",
        "leaves the folder",
        "clips/{key}.{ext}",
    ),
    (
        r#"{"id":"a","Prompt":"p","out":"/b.mp4"}"#,
        "out",
        "output-name",
        "leaves the folder",
        "clips/{key}.{ext}",
    ),
    (
        r#"{"id":"a","Prompt":"p","out":"a?.mp4"}"#,
        "out",
        "output-name",
        "not allowed",
        "clips/{key}.{ext}",
    ),
    (
        r#"{"id":"a","Prompt":"p","out":"b/aux.mp4"}"#,
        "out",
        "output-name",
        "reserved",
        "clips/{key}.{ext}",
    ),
    (
        r#"{"id":"a","Prompt":"p","out":"{task}.mp4"}"#,
        "out",
        "output-name",
        "placeholder",
        "clips/{key}.{ext}",
    ),
    (
        r#"{"id":"nul","Prompt":"p"}"#,
        "out",
        "output-name",
        "reserved",
        "set `out`",
    ),
    (
        r#"{"id":"a","Prompt":"p","Duration":1e999}"#,
        "Duration",
        "format-json",
        "out of range",
        "",
    ),
    (
        r#"{"id":"a","Prompt":"\ud800"}"#,
        "Prompt",
        "format-json",
        "",
        "",
    ),
];

#[test]
fn each_mistake_in_a_line_has_a_finding_with_path_and_hint() {
    for (row, path, rule, message, hint) in ROWS {
        let plan = planned("rows.jsonl", row);
        let found = plan.findings.kept();
        let found = found.iter().find(|it| it.finding.path == path);
        let found = found.unwrap_or_else(|| panic!("{row}: {:?}", plan.findings.kept()));
        if rule != "required" || !message.is_empty() {
            assert_eq!(found.finding.rule, rule, "{row}: {found}");
        }
        assert!(found.finding.message.contains(message), "{row}: {found}");
        let given = found.finding.hint.clone().unwrap_or_default();
        assert!(given.contains(hint), "{row}: {found}");
        assert!(!plan.is_ok(), "{row}");
    }
}

#[test]
fn deep_nesting_is_a_finding_and_no_overflow() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let row = format!(r#"{{"id":"a","Prompt":"p","ExtraParameters":{open}{close}}}"#);
    let found = only_finding("rows.jsonl", row);
    assert_eq!(
        (found.finding.path.as_str(), found.finding.rule),
        ("ExtraParameters", "nesting")
    );
    assert!(found.finding.message.contains("127 levels"), "{found}");
}

#[test]
fn each_mistake_in_a_cell_has_a_finding_with_its_column() {
    for (column, cell, rule, hint) in [
        ("Duration", "five", "wrong-type", "digits only"),
        ("Duration", "5.5", "wrong-type", "digits only"),
        (
            "Duration",
            "99999999999999999999",
            "wrong-type",
            "digits only",
        ),
        ("EnhancePrompt", "1", "wrong-type", "true or false"),
        (
            "ExtraParameters",
            "720P",
            "format-json",
            "\"\"Resolution\"\"",
        ),
        ("ExtraParameters", "[]", "wrong-type", ""),
        (
            "ImageInfos",
            "https://a.example/b.png",
            "format-json",
            "\"\"ImageUrl\"\"",
        ),
        ("after", "b", "reserved", "leave it out"),
    ] {
        let cell = cell.replace('"', "\"\"");
        let content = format!("id,Prompt,{column}\na,p,\"{cell}\"\n");
        let found = only_finding("rows.csv", &content);
        assert_eq!(
            (found.line, found.finding.rule),
            (2, rule),
            "{content}: {found}"
        );
        assert_eq!(found.finding.path, column, "{found}");
        assert_eq!(found.id.as_deref(), Some("a"));
        assert!(
            found.finding.hint.unwrap_or_default().contains(hint),
            "{content}"
        );
    }
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let content = "\
{\"id\":\"a\",\"Prompt\":\"p\",\"Duration\":\"5\",\"after\":\"b\"}
{\"id\":\"b\",\"Promt\":\"p\",\"ImageUrl\":\"https://a.example/b.png\"}
{\"Prompt\":\"p\"}
{\"id\":\"a\",\"Prompt\":\"p\"}
{\"id\":\"b\",\"Prompt\":\"p\"}
";
    let plan = planned("rows.jsonl", content);
    assert_eq!(
        rules(&plan),
        [
            (1, "reserved"),
            (1, "wrong-type"),
            (2, "unknown-member"),
            (3, "required"),
            // The first `a` is no row, so the second one is the only one.
            (5, "duplicate-id"),
        ]
    );
    assert_eq!((plan.rows, plan.refused), (5, 3));
    let kept = plan.findings.kept();
    assert_eq!(kept[4].finding.message, "line 2 has the same id");
    assert_eq!(
        kept[1].to_string(),
        "line 1 (a): error[wrong-type]: Duration: has to be a whole number, not a text\n  \
         = hint: leave the quotation marks out\n  \
         = source: https://www.tencentcloud.com/document/product/1041/76487"
    );
}

#[test]
fn names_that_some_file_system_takes_for_one_are_refused() {
    for (one, other) in [
        (
            r#"{"id":"a","Prompt":"p","out":"x.mp4"}"#,
            r#"{"id":"b","Prompt":"p","out":"x.mp4"}"#,
        ),
        (
            r#"{"id":"a","Prompt":"p","out":"x/Y.mp4"}"#,
            r#"{"id":"b","Prompt":"p","out":"X/y.mp4"}"#,
        ),
        (
            r#"{"id":"Fox","Prompt":"p"}"#,
            r#"{"id":"fox","Prompt":"p"}"#,
        ),
        (
            r#"{"id":"a/b","Prompt":"p"}"#,
            r#"{"id":"a:b","Prompt":"p"}"#,
        ),
        (
            r#"{"id":"\u00c9","Prompt":"p"}"#,
            r#"{"id":"\u00e9","Prompt":"p"}"#,
        ),
        (
            r#"{"id":"a","Prompt":"p"}"#,
            r#"{"id":"b","Prompt":"p","out":"a.{ext}"}"#,
        ),
        // The same letter, composed and decomposed.
        (
            r#"{"id":"caf\u00e9","Prompt":"p"}"#,
            r#"{"id":"b","Prompt":"p","out":"CAFE\u0301.{ext}"}"#,
        ),
        // The extension of a result can be this one.
        (
            r#"{"id":"a","Prompt":"p","out":"b.mp4"}"#,
            r#"{"id":"b","Prompt":"p"}"#,
        ),
        (
            r#"{"id":"b","Prompt":"p"}"#,
            r#"{"id":"a","Prompt":"p","out":"B.PNG"}"#,
        ),
        // The sidecar of a result.
        (
            r#"{"id":"a","Prompt":"p","out":"x.mp4"}"#,
            r#"{"id":"b","Prompt":"p","out":"X.mp4.json"}"#,
        ),
        (
            r#"{"id":"b","Prompt":"p","out":"a.mp4.json"}"#,
            r#"{"id":"a","Prompt":"p"}"#,
        ),
        (
            r#"{"id":"a","Prompt":"p","out":"x"}"#,
            r#"{"id":"b","Prompt":"p","out":"x.json"}"#,
        ),
        // A file and a folder.
        (
            r#"{"id":"a","Prompt":"p","out":"d"}"#,
            r#"{"id":"b","Prompt":"p","out":"d/e/x.mp4"}"#,
        ),
        (
            r#"{"id":"a","Prompt":"p","out":"d/E/x.mp4"}"#,
            r#"{"id":"b","Prompt":"p","out":"d/e"}"#,
        ),
    ] {
        let plan = planned("rows.jsonl", format!("{one}\n\n{other}\n"));
        assert_eq!(rules(&plan), [(3, "duplicate-output")], "{one} {other}");
        assert!(plan.findings.kept()[0].finding.message.contains("line 1"));
    }
}

#[test]
fn names_that_differ_on_every_file_system_are_accepted() {
    let names = [
        "x.mp4",
        "x.mov",
        "y.{ext}",
        "y.txt",
        "y",
        "y-2.mp4",
        "z.json",
        "z.json.mp4",
        "d/x.mp4",
        "d/y.mp4",
        "cafe.mp4",
        "caf\u{e9}.mp4",
        "1.mp4",
        "\u{b9}.mp4",
    ];
    let lines = names.iter().enumerate();
    let lines = lines.map(|(nth, out)| format!(r#"{{"id":"{nth}","Prompt":"p","out":"{out}"}}"#));
    let plan = planned("rows.jsonl", lines.collect::<Vec<_>>().join("\n"));
    assert_eq!(rules(&plan), []);
}

#[test]
fn a_collision_names_both_lines_however_far_apart_they_are() {
    let row = |id: &str, out: &str| format!("{{\"id\":\"{id}\",\"Prompt\":\"p\"{out}}}\n");
    let mut content = row("first", "");
    for nth in 0..3_000 {
        content.push_str(&row(&format!("row-{nth}"), ""));
    }
    content.push_str(&row("FIRST", ""));
    content.push_str(&row("last", r#","out":"Row-7.webm""#));
    content.push_str(&row("row-2999", r#","out":"FIRST.{ext}""#));
    let plan = planned("rows.jsonl", content);
    let found = plan.findings.kept();
    let found: Vec<_> = found
        .iter()
        .map(|it| (it.line, it.id.as_deref().unwrap(), &*it.finding.message))
        .collect();
    assert_eq!(
        found,
        [
            (
                3_002,
                "FIRST",
                "line 1 has the same output name; letter case does not count"
            ),
            (
                3_003,
                "last",
                "line 9 has the same output name if {ext} is this extension"
            ),
            (3_004, "row-2999", "line 3001 has the same id"),
        ]
    );
    assert_eq!((plan.rows, plan.refused), (3_004, 3));
}

#[test]
fn a_table_of_texts_with_unknown_columns_is_sent_with_warnings() {
    let content = "id,Prompt,Seed\na,p,17\nb,p,\n";
    let plan = planned("rows.csv", content);
    assert_eq!(rules(&plan), [(2, "unknown-member")]);
    assert!(plan.is_ok());
    let rows = rows("rows.csv", content);
    assert_eq!(rows[0].body(), r#"{"Prompt":"p","Seed":"17"}"#);
    assert_eq!(rows[1].body(), r#"{"Prompt":"p"}"#);
}
