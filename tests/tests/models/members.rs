//! Every member at every depth of every message, none by hand: null, missing, unknown, secret.

use std::collections::BTreeSet;

use mps_models::{
    STRUCTS,
    schema::{Kind, MemberInfo, structure},
};
use serde_json::{Map, Value, json};

use crate::{
    sample::{Spot, sample, spots},
    typed::{Message, messages, read},
};

fn object<'v>(json: &'v mut Value, pointer: &str) -> &'v mut Map<String, Value> {
    json.pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .expect(pointer)
}

/// Returns the value that is written for a null or missing member: a required text or struct is
/// empty rather than absent.
fn without(message: Message, spot: &Spot) -> Value {
    let mut json = sample(message.schema());
    let parent = object(&mut json, &spot.object);
    parent.remove(spot.member.name);
    parent.extend(empty(spot.member));
    json
}

/// Returns the value of a member without one, if it has a default.
fn empty(member: &MemberInfo) -> Option<(String, Value)> {
    let value = match &member.kind {
        _ if !member.required => return None,
        Kind::Text => json!(""),
        Kind::Struct(name) => {
            let inside = structure(name).expect("a struct").members;
            inside.iter().filter_map(empty).collect()
        }
        _ => return None,
    };
    Some((member.name.to_owned(), value))
}

fn for_every_member(test: impl Fn(Message, &Spot)) {
    for message in messages() {
        for spot in spots(message.schema()) {
            test(message, &spot);
        }
    }
}

#[test]
fn every_struct_is_covered() {
    let of = |message: Message| spots(message.schema()).into_iter().map(|spot| spot.of.name);
    let tested: BTreeSet<&str> = messages().into_iter().flat_map(of).collect();
    let all: BTreeSet<&str> = STRUCTS.iter().map(|info| info.name).collect();
    assert_eq!(tested, all);
    assert!(all.len() >= 10, "{all:?}");
}

#[test]
fn parsed_messages_round_trip() {
    for message in messages() {
        let json = sample(message.schema());
        assert_eq!(read(message, &json).expect("a sample").json, json);
    }
}

#[test]
fn null_is_accepted_and_means_missing() {
    for_every_member(|message, spot| {
        let mut json = sample(message.schema());
        object(&mut json, &spot.object).insert(spot.member.name.to_owned(), Value::Null);
        let typed = read(message, &json).unwrap_or_else(|fault| panic!("{spot:?}: {fault}"));
        assert_eq!(typed.json, without(message, spot), "{spot:?}");
    });
}

#[test]
fn missing_members_are_accepted() {
    for_every_member(|message, spot| {
        let mut json = sample(message.schema());
        object(&mut json, &spot.object).remove(spot.member.name);
        let typed = read(message, &json).unwrap_or_else(|fault| panic!("{spot:?}: {fault}"));
        assert_eq!(typed.json, without(message, spot), "{spot:?}");
    });
}

#[test]
fn null_items_of_lists_are_skipped() {
    for_every_member(|message, spot| {
        if !matches!(spot.member.kind, Kind::List(_)) {
            return;
        }
        let mut json = sample(message.schema());
        let list = json
            .pointer_mut(&spot.pointer())
            .and_then(Value::as_array_mut)
            .expect("a list");
        list.insert(0, Value::Null);
        list.push(Value::Null);
        let typed = read(message, &json).unwrap_or_else(|fault| panic!("{spot:?}: {fault}"));
        assert_eq!(typed.json, sample(message.schema()), "{spot:?}");
    });
}

#[test]
fn unknown_members_are_kept_in_requests_and_responses() {
    for_every_member(|message, spot| {
        let mut json = sample(message.schema());
        let unknown = json!({ "Inside": [1, null, "text"] });
        object(&mut json, &spot.object).insert("Unheard".to_owned(), unknown);
        let typed = read(message, &json).unwrap_or_else(|fault| panic!("{spot:?}: {fault}"));
        assert_eq!(typed.json, json, "{spot:?}");
    });
}

/// The request id belongs to the envelope, which a response does not have.
#[test]
fn the_request_id_is_no_unknown_member_of_a_response() {
    for message in messages().into_iter().filter(|message| !message.is_request) {
        let mut json = sample(message.schema());
        object(&mut json, "").insert("RequestId".to_owned(), json!("0f1e"));
        let typed = read(message, &json).expect("a response");
        assert_eq!(typed.json, sample(message.schema()));
    }
}

#[test]
fn an_unknown_member_of_a_request_is_a_warning() {
    for_every_member(|message, spot| {
        let mut json = sample(message.schema());
        let misspelt = format!("{}x", spot.member.name);
        object(&mut json, &spot.object).insert(misspelt.clone(), json!(1));
        let report = read(message, &json).expect("a message").report;
        let unknown = |name: &str| {
            report
                .warnings()
                .find(|found| found.path.ends_with(name))
                .cloned()
        };
        if message.is_request {
            let finding = unknown(&misspelt).unwrap_or_else(|| panic!("{spot:?}: {report}"));
            assert_eq!(finding.rule, "unknown-member");
            let hint = finding.hint.unwrap_or_default();
            // One letter more is too much to guess a name of two from.
            let guessed = spot.member.name.len() > 2;
            assert_eq!(hint.contains(spot.member.name), guessed, "{spot:?}: {hint}");
        }
    });
}

#[test]
fn debug_shows_no_sensitive_value_and_all_others() {
    for_every_member(|message, spot| {
        if !matches!(spot.member.kind, Kind::Text | Kind::List(Kind::Text)) {
            return;
        }
        let debug = read(message, &sample(message.schema()))
            .expect("a sample")
            .debug;
        let marker = spot.marker();
        let marker = marker.trim_end_matches('>');
        assert_eq!(
            debug.contains(marker),
            !spot.member.sensitive,
            "{spot:?}: {debug}"
        );
    });
}

#[test]
fn debug_shows_the_names_of_unknown_members_and_not_their_values() {
    for_every_member(|message, spot| {
        let mut json = sample(message.schema());
        object(&mut json, &spot.object).insert("Unheard".to_owned(), json!("<secret>"));
        let debug = read(message, &json).expect("a sample").debug;
        assert!(debug.contains("Unheard"), "{debug}");
        assert!(!debug.contains("<secret>"), "{debug}");
    });
}

/// Names of members with pre-signed URLs, with prompts, or with either.
#[test]
fn prompts_and_urls_are_sensitive() {
    for_every_member(|_, spot| {
        // Without a description, a guess from the name decides.
        if !spot.of.described {
            return;
        }
        let name = spot.member.name;
        let texts = matches!(spot.member.kind, Kind::Text | Kind::List(Kind::Text));
        let guarded = name.contains("Prompt") && name != "EnhancePrompt"
            || name.ends_with("Url")
            || name.ends_with("Urls")
            || ["AdditionalParameters", "RequestBody", "Script", "Text"].contains(&name)
            || name == "Message" // It can quote the prompt.
            || name == "TaskInfo" && texts
            || name == "Style" && spot.of.name == "VideoRedrawTaskInfo";
        assert_eq!(spot.member.sensitive, guarded, "{spot:?}");
    });
}

#[test]
fn findings_show_no_sensitive_value() {
    for message in messages().into_iter().filter(|message| message.is_request) {
        let report = read(message, &sample(message.schema()))
            .expect("a sample")
            .report;
        let text = format!("{report} {report:?}");
        for spot in spots(message.schema())
            .iter()
            .filter(|spot| spot.member.sensitive)
        {
            assert!(!text.contains(&spot.marker()), "{spot:?}: {text}");
        }
    }
}
