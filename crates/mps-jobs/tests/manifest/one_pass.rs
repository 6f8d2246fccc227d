//! A plan reads most rows in one pass. With prices it needs the text of each request and reads them
//! member by member; both have the same findings and the same totals.

use std::fmt::Write as _;

use mps_jobs::{
    Plan, PriceTable,
    plan::{PlanOptions, plan},
};
use mps_models::{
    ACTIONS, TaskFamily,
    schema::{Kind, MemberInfo, structure},
};
use proptest::{prelude::*, sample::select, test_runner::RngSeed};

use crate::support::{Written, rules, write};

/// Members as they can be on a line, sound ones and others.
const MEMBERS: [&str; 58] = [
    r#""ModelName":"Kling""#,
    r#""ModelName":"Kling""#,
    r#""ModelName":"Unheard of""#,
    r#""ModelName":5"#,
    r#""ModelName":null"#,
    r#""ModelName":"Kl\u0069ng""#,
    r#""Model\u004eame":"Kling""#,
    r#""ModelVersion":"2.6""#,
    r#""ModelVersion":null"#,
    r#""ModelVersion":[]"#,
    r#""Prompt":"a fox""#,
    r#""Prompt":"a fox""#,
    r#""Prompt":"a \"fox\" \n \ud83e\udd8a""#,
    r#""Prompt":"\ud800""#,
    r#""Prompt":"""#,
    r#""Prompt":7"#,
    r#""Prompt":null"#,
    r#""Duration":5"#,
    r#""Duration":5"#,
    r#""Duration":5.0"#,
    r#""Duration":0"#,
    r#""Duration":-1"#,
    r#""Duration":99999999999999999999"#,
    r#""Duration":1e999"#,
    r#""Duration":"5""#,
    r#""Duration": 5 "#,
    r#""Promt":"a fox""#,
    r#""Promt":null"#,
    r#""Promt":{"a":1,"a":2}"#,
    r#""otu":"a.mp4""#,
    r#""EnhancePrompt":"Enabled""#,
    r#""EnhancePrompt":"enabled""#,
    r#""ExtraParameters":{}"#,
    r#""ExtraParameters":{"Resolution":"1080P"}"#,
    r#""ExtraParameters":{"Resolution":"1080P","AspectRatio":"16:9"}"#,
    r#""ExtraParameters":{"Resolution":"1080P","Resolution":"720P"}"#,
    r#""ExtraParameters":{"Resolution":null,"Unheard":1}"#,
    r#""ExtraParameters":{"Unheard":1,"Unheard":1}"#,
    r#""ExtraParameters":[]"#,
    r#""ImageInfos":[null,{"ImageUrl":"https://a.example/b.png"}]"#,
    r#""ImageInfos":[{"ImageUrl":"file.png","ImageUrl":"b"}]"#,
    r#""ImageInfos":[{"Unheard":{"b":1,"b":1}}]"#,
    r#""ImageInfos":{}"#,
    r#""ImageUrl":"https://a.example/b.png""#,
    r#""ImageUrl":"http://localhost/b.png""#,
    r#""action":"CreateAigcImageTask""#,
    r#""action":"CreateAigcVideoTask""#,
    r#""action":"DescribeAigcVideoTask""#,
    r#""action":"Unheard""#,
    r#""action":null"#,
    r#""action":1"#,
    r#""out":"x/{key}.mp4""#,
    r#""out":"../x""#,
    r#""out":null"#,
    r#""out":1"#,
    r#""after":"row-1""#,
    r#""defaults":{}"#,
    r#""id":"twice""#,
];

/// First lines.
const DEFAULTS: [&str; 5] = [
    "",
    r#"{"defaults":{"ModelName":"Kling","ModelVersion":"2.6","Prompt":"p","Duration":10}}"#,
    r#"{"defaults":{"ModelName":"Kling","ExtraParameters":{"Resolution":"1080P"},"Prompt":"p"}}"#,
    r#"{"defaults":{"action":"CreateAigcImageTask","out":"y/{key}.{ext}","Unheard":1}}"#,
    r#"{"defaults":{"ModelName":7,"Prompt":"p"}}"#,
];

/// Ids, sound ones and others.
const IDS: [&str; 6] = [
    r#""id":"row-{}","#,
    r#""id":"row-{}","#,
    r#""i\u0064":"row-{}","#,
    r#""id":"same","#,
    r#""id":{},"#,
    "",
];

/// Ends of a line.
const ENDS: [&str; 5] = ["}", "}", "}", " } \r", "},"];

/// Columns of a table with their cells.
const COLUMNS: [(&str, [&str; 6]); 7] = [
    (
        "ModelName",
        ["Kling", "Kling", "Unheard", "", "kling", "\"K\"\"\""],
    ),
    ("ModelVersion", ["2.6", "2.6", "", "9", " 2.6", "2.6"]),
    (
        "Prompt",
        ["a fox", "a fox", "", "\"a\nb\"", "fuchs \u{e4}", "\u{0}"],
    ),
    ("Duration", ["5", "10", "", "0", " 5 ", "five"]),
    (
        "ExtraParameters",
        [
            "",
            "\"{\"\"Resolution\"\":\"\"1080P\"\"}\"",
            "\"{\"\"Resolution\"\":\"\"1080P\"\",\"\"Resolution\"\":1}\"",
            "\"{\"\"Unheard\"\":1,\"\"Unheard\"\":1}\"",
            "{}",
            "x",
        ],
    ),
    ("out", ["", "", "x/{key}.mp4", "../x", "x.mp4", "X.mp4"]),
    (
        "action",
        [
            "",
            "",
            "CreateAigcImageTask",
            "CreateAigcVideoTask",
            "Unheard",
            "DescribeAigcVideoTask",
        ],
    ),
];

/// Returns the plans of a manifest without prices and with them.
fn plans(written: &Written) -> [Plan; 2] {
    let prices: PriceTable = r#"date = "2026-11-01"
source = "x"
currency = "USD"
[[price]]
model = "Kling"
per_second = "0.05"
"#
    .parse()
    .unwrap();
    [None, Some(&prices)].map(|prices| {
        let options = PlanOptions::default().prices(prices);
        plan(&written.manifest, &options).unwrap()
    })
}

fn compared(plan: &Plan) -> impl PartialEq + std::fmt::Debug {
    let models = plan.models.iter();
    let models: Vec<_> = models
        .map(|it| (it.action.clone(), it.model.clone(), it.rows, it.seconds))
        .collect();
    let findings: Vec<_> = plan.findings.kept().into_iter().cloned().collect();
    (
        (plan.rows, plan.refused, plan.seconds, plan.unknown_seconds),
        (models, findings),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: RngSeed::Fixed(13), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_have_the_same_plan_with_and_without_prices(
        defaults in select(&DEFAULTS[..]),
        lines in proptest::collection::vec(
            (select(&IDS[..]), proptest::collection::vec(select(&MEMBERS[..]), 0..6), select(&ENDS[..])),
            1..8,
        ),
    ) {
        let mut content = defaults.to_owned();
        for (nth, (id, members, end)) in lines.iter().enumerate() {
            let id = id.replace("{}", &nth.to_string());
            let members = members.join(", ");
            write!(content, "\n{{{id}{members}{end}").unwrap();
        }
        let [one_pass, by_member] = plans(&write("rows.jsonl", &content));
        prop_assert_eq!(compared(&one_pass), compared(&by_member), "{}", content);
    }

    #[test]
    fn tables_have_the_same_plan_with_and_without_prices(
        columns in proptest::sample::subsequence(&COLUMNS[..], 0..=COLUMNS.len()),
        cells in proptest::collection::vec(proptest::collection::vec(0..6_usize, COLUMNS.len()), 1..6),
        others in select(&["", ",Seed", ",after", ","][..]),
    ) {
        let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
        let mut content = format!("{}{others},id", names.join(","));
        for (nth, cells_of) in cells.iter().enumerate() {
            content.push('\n');
            for ((_, cells), cell) in columns.iter().zip(cells_of) {
                content.push_str(cells[*cell]);
                content.push(',');
            }
            let other = if nth % 2 == 0 { "" } else { "x" };
            let other = if others.is_empty() { String::new() } else { format!("{other},") };
            write!(content, "{other}row-{nth}").unwrap();
        }
        let content = content.trim_start_matches(',');
        let [one_pass, by_member] = plans(&write("rows.csv", content));
        prop_assert_eq!(compared(&one_pass), compared(&by_member), "{}", content);
    }
}

#[test]
fn an_unknown_member_that_is_there_twice_is_found_in_every_object_of_every_action() {
    let mut places = 0;
    for action in ACTIONS {
        if TaskFamily::created_by(action.name).is_none() {
            continue;
        }
        for (name, value) in places_of(action.request.members, 4) {
            let line = format!(
                r#"{{"id":"a","action":"{}","{name}":{value}}}"#,
                action.name
            );
            let [one_pass, by_member] = plans(&write("rows.jsonl", &line));
            assert_eq!(compared(&one_pass), compared(&by_member), "{line}");
            let rules = rules(&one_pass);
            assert!(rules.contains(&(1, "duplicate-member")), "{line} {rules:?}");
            places += 1;
        }
    }
    assert!(places > 10, "{places}");
}

/// Returns members of which an object at some depth has an unknown member twice.
fn places_of(members: &'static [MemberInfo], depth: usize) -> Vec<(&'static str, String)> {
    const TWICE: &str = r#"{"Unheard":1,"Unheard":2}"#;
    let mut places = Vec::new();
    for member in members {
        let (kind, [open, close]) = match &member.kind {
            Kind::List(kind) => (*kind, ["[", "]"]),
            kind => (kind, ["", ""]),
        };
        let Kind::Struct(name) = kind else { continue };
        places.push((member.name, format!("{open}{TWICE}{close}")));
        if depth == 0 {
            continue;
        }
        for (inner, value) in places_of(structure(name).unwrap().members, depth - 1) {
            let value = format!(r#"{open}{{"{inner}":{value}}}{close}"#);
            places.push((member.name, value));
        }
    }
    places
}
