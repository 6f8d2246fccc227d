//! The list of scenario tasks.

use serde_json::{Value, json};

use crate::{
    call::{World, cat, code},
    families::FAMILIES,
};

const LIST: &str = "DescribeAigcTaskList";

fn comic(number: usize) -> Value {
    json!({ "Input": {
        "Script": format!("comic {number}"),
        "Style": "japanese_anime_2d",
        "Ratio": "16:9",
        "Resolution": if number.is_multiple_of(2) { "720p" } else { "1080p" },
    } })
}

fn ids(answer: &Value) -> Vec<&str> {
    let tasks = answer["Tasks"].as_array().map_or(&[][..], Vec::as_slice);
    tasks
        .iter()
        .map(|task| task["TaskId"].as_str().unwrap())
        .collect()
}

#[test]
fn pages_show_every_task_once_latest_first() {
    let world = World::new();
    let mut made: Vec<String> = (0..12)
        .map(|number| world.start("CreateAiDramaTask", &comic(number)))
        .collect();
    made.reverse();
    world.create(&cat());

    let first = world.answer(LIST, &json!({}));
    let paging = ["Total", "PageNum", "PageSize"].map(|name| first[name].clone());
    assert_eq!(paging, [json!(12), json!(1), json!(10)]);
    assert_eq!(ids(&first), made[..10]);

    let third = world.answer(LIST, &json!({ "PageNum": 3, "PageSize": 5 }));
    assert_eq!(ids(&third), made[10..]);
    assert_eq!(
        (&third["Total"], &third["PageNum"]),
        (&json!(12), &json!(3))
    );

    for beyond in [4, i64::MAX] {
        let none = world.answer(LIST, &json!({ "PageNum": beyond, "PageSize": 5 }));
        assert_eq!(
            (ids(&none).len(), &none["Total"]),
            (0, &json!(12)),
            "{beyond}"
        );
    }
    for nonsense in [json!({ "PageNum": 0 }), json!({ "PageSize": -1 })] {
        let refused = world.answer(LIST, &nonsense);
        assert_eq!(code(&refused), "InvalidParameterValue", "{nonsense}");
    }
}

#[test]
fn an_unknown_account_has_no_tasks() {
    let none = World::new().answer(LIST, &json!({}));
    assert_eq!((&none["Total"], ids(&none).len()), (&json!(0), 0));
}

#[test]
fn every_filter_counts() {
    let world = World::new();
    for family in &FAMILIES {
        world.start(family.create, &(family.request)("a"));
    }
    let advertisement = world.start(
        "CreateAiFissionTask",
        &json!({
            "Input": { "ImageUrls": ["https://example.com/a.png"] },
            "TaskInfo": { "VideoType": "ugc", "ModelTier": "flagship", "Resolution": "2k", "Ratio": "3:4" },
        }),
    );
    world.pass(3_000);
    let staged = world.start(
        "CreateDocToVideoTask",
        &json!({ "Input": { "FileUrl": ["https://example.com/a.pdf"], "Prompt": "a", "Mode": "stage" } }),
    );
    let count = |filter: Value| {
        world.answer(LIST, &json!({ "QueryTaskFilter": filter }))["Total"]
            .as_i64()
            .unwrap()
    };
    for (filter, expected) in [
        (json!({}), 6),
        (json!({ "TaskType": "" }), 6),
        (json!({ "TaskId": staged }), 1),
        (json!({ "TaskId": "nobody" }), 0),
        (json!({ "TaskType": "RedrawVideo" }), 1),
        (json!({ "TaskType": "VideoRedraw" }), 1),
        (json!({ "TaskType": "DocGenVideo" }), 2),
        (json!({ "TaskType": "Something" }), 0),
        (json!({ "TaskStatus": "FINISHED" }), 5),
        (json!({ "TaskStatus": "PENDING" }), 1),
        (json!({ "Resolution": "720p" }), 2),
        (json!({ "Ratio": "16:9" }), 4),
        (json!({ "ExecuteMode": "auto" }), 1),
        (json!({ "ExecuteMode": "phased" }), 1),
        (json!({ "ExecuteMode": "stage" }), 1),
        (json!({ "VideoType": "ugc" }), 1),
        (json!({ "VideoType": "talk" }), 0),
        (
            json!({ "ModelTier": "flagship", "TaskStatus": "FINISHED" }),
            1,
        ),
        (
            json!({ "ModelTier": "flagship", "TaskStatus": "RUNNING" }),
            0,
        ),
    ] {
        assert_eq!(count(filter.clone()), expected, "{filter}");
    }
    let found = world.answer(LIST, &json!({ "QueryTaskFilter": { "Ratio": "3:4" } }));
    assert_eq!(ids(&found), [advertisement]);
}

#[test]
fn omitted_members_are_listed_with_their_defaults_or_not_at_all() {
    let world = World::new();
    let plain = json!({ "Input": { "ImageUrls": ["https://example.com/a.png"] } });
    let advertisement = world.start("CreateAiFissionTask", &plain);
    world.pass(3_000);
    assert_eq!(
        world.service.tasks()[0].resolution.as_deref(),
        Some("1280x720")
    );
    let found = |filter: Value| {
        let answer = world.answer(LIST, &json!({ "QueryTaskFilter": filter }));
        answer["Tasks"][0].clone()
    };
    let told =
        |item: &Value| [&item["TaskId"], &item["Resolution"], &item["Ratio"]].map(Value::clone);
    for filter in [json!({ "Resolution": "720p" }), json!({ "Ratio": "16:9" })] {
        assert_eq!(
            told(&found(filter.clone())),
            [json!(advertisement), json!("720p"), json!("16:9")],
            "{filter}"
        );
    }
    for unknown in [
        json!({ "Resolution": "1080p" }),
        json!({ "Ratio": "9:16" }),
        json!({ "VideoType": "ugc" }),
        json!({ "ModelTier": "standard" }),
        json!({ "ModelTier": "flagship" }),
    ] {
        assert_eq!(found(unknown.clone()), Value::Null, "{unknown}");
    }
}

#[test]
fn a_list_item_has_the_members_of_a_query_in_its_own_form() {
    let world = World::new();
    let task = world.start("CreateAiDramaTask", &comic(1));
    world.pass(3_000);
    let told = world.ask("DescribeAigcTaskStatus", &task);
    let item = world.answer(LIST, &json!({}))["Tasks"][0].take();
    for same in [
        "TaskId",
        "TaskType",
        "TaskStatus",
        "CreateTime",
        "FinishedTime",
    ] {
        assert_eq!(item[same], told[same], "{same}");
    }
    assert_eq!(item["Urls"], json!([told["OutputUrl"]]));
    assert_eq!(
        (&item["Resolution"], &item["Ratio"]),
        (&json!("1080p"), &json!("16:9"))
    );
    let once: String = serde_json::from_str(item["RequestBody"].as_str().unwrap()).unwrap();
    assert_eq!(told["RequestBody"], once, "wrapped twice");
}
