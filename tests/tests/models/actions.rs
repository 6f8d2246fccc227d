//! The facts about every action that decide how it may be sent.

use mps_models::{ACTIONS, ActionInfo, Effect, STRUCTS, schema::Kind, service::ERROR_CODES};

/// Name, effect, starts in a second, and the action to poll with.
const FACTS: &[(&str, Effect, u32, Option<&str>)] = &[
    ("CreateAiDramaTask", Effect::PaidCreate, 20, SCENARIO),
    ("CreateAiFissionTask", Effect::PaidCreate, 20, SCENARIO),
    (
        "CreateAigcAudioTask",
        Effect::PaidCreate,
        20,
        Some("DescribeAigcAudioTask"),
    ),
    (
        "CreateAigcImageTask",
        Effect::PaidCreate,
        20,
        Some("DescribeAigcImageTask"),
    ),
    (
        "CreateAigcVideoTask",
        Effect::PaidCreate,
        10,
        Some("DescribeAigcVideoTask"),
    ),
    ("CreateDocToVideoTask", Effect::PaidCreate, 20, SCENARIO),
    ("CreateVideoRedrawTask", Effect::PaidCreate, 20, SCENARIO),
    ("DescribeAigcAudioTask", Effect::Read, 20, None),
    ("DescribeAigcImageTask", Effect::Read, 20, None),
    ("DescribeAigcTaskList", Effect::Read, 20, None),
    ("DescribeAigcTaskStatus", Effect::Read, 20, None),
    ("DescribeAigcVideoTask", Effect::Read, 50, None),
    ("ModifyDocToVideoTaskStatus", Effect::Control, 20, SCENARIO),
];

const SCENARIO: Option<&str> = Some("DescribeAigcTaskStatus");

/// The actions that are not merely specified by their structure.
fn described() -> impl Iterator<Item = &'static ActionInfo> {
    ACTIONS.iter().copied().filter(|action| action.described)
}

fn has(action: &ActionInfo, member: &str) -> bool {
    let mut names = action.response.members.iter().map(|member| member.name);
    names.any(|name| name == member)
}

#[test]
fn the_catalog_has_thirteen_described_actions() {
    let facts = |action: &ActionInfo| (action.name, action.effect, action.rate_limit, action.poll);
    let found: Vec<_> = described().map(facts).collect();
    assert_eq!(found, FACTS);
}

#[test]
fn a_poll_action_is_a_read_that_returns_a_status() {
    for poll in ACTIONS.iter().filter_map(|action| action.poll) {
        let poll = mps_models::action(poll).expect("an action");
        assert_eq!(poll.effect, Effect::Read);
        assert!(has(poll, "Status") || has(poll, "TaskStatus"), "{poll:?}");
        assert_eq!(poll.request.members.len(), 1, "{poll:?}");
    }
}

#[test]
fn every_create_returns_a_task_id_and_has_a_poll_action() {
    let tasks = |one: &&ActionInfo| one.effect == Effect::PaidCreate || one.poll.is_some();
    for action in described().filter(tasks) {
        assert!(has(action, "TaskId"), "{action:?}");
        assert!(action.poll.is_some(), "{action:?}");
    }
}

#[test]
fn every_code_of_an_action_is_explained() {
    for action in ACTIONS {
        for code in action.errors {
            assert!(
                ERROR_CODES.iter().any(|known| known.code == *code),
                "{code}"
            );
        }
    }
}

/// A request names its status as it is asked for; an answer may say something new.
#[test]
fn statuses_are_open_enums_everywhere() {
    for info in STRUCTS.iter().filter(|info| info.described) {
        for member in info.members {
            let named = ["Status", "TaskStatus", "TaskType"].contains(&member.name);
            let is_enum = matches!(member.kind, Kind::Enum(_));
            assert!(is_enum || !named, "{}.{}", info.name, member.name);
        }
    }
}
