//! The facts about the service.

use mps_models::{
    ACTIONS, STRUCTS,
    schema::structure,
    service::{
        ERROR_CODES, ErrorClass, ErrorCode, Executed, NAME, SITES, VERSION, error_code, hint,
    },
};

#[test]
fn both_sites_exist_and_the_international_one_is_first() {
    let hosts: Vec<_> = SITES.iter().map(|site| (site.name, site.host)).collect();
    assert_eq!(
        hosts,
        [
            ("intl", "mps.intl.tencentcloudapi.com"),
            ("cn", "mps.tencentcloudapi.com")
        ]
    );
    for site in SITES {
        assert_eq!(site.host, format!("{NAME}.{}", site.root_domain));
    }
    assert_eq!(VERSION, "2019-06-12");
}

#[test]
fn every_code_is_found_by_itself() {
    for code in ERROR_CODES {
        assert_eq!(error_code(code.code), Some(code));
    }
}

#[test]
fn a_code_falls_back_to_the_longest_part_before_a_dot() {
    let class = |code: &str| error_code(code).map(|found| found.class);
    assert_eq!(
        class("LimitExceeded.CreateTask.More"),
        Some(ErrorClass::Quota)
    );
    assert_eq!(
        class("InvalidParameter.ViolationContent"),
        Some(ErrorClass::Content)
    );
    assert_eq!(
        class("InvalidParameter.SomethingNew"),
        Some(ErrorClass::Input)
    );
    assert_eq!(
        class("InvalidParameterValue.Duration"),
        Some(ErrorClass::Input)
    );
    assert_eq!(class("Invalid"), None);
    assert_eq!(class(""), None);
    assert_eq!(class("."), None);
}

#[test]
fn throttling_was_never_executed_and_a_quota_is_not_throttling() {
    let throttled = ERROR_CODES
        .iter()
        .filter(|code| code.code.starts_with("RequestLimitExceeded"));
    assert_eq!(throttled.clone().count(), 4);
    for code in throttled {
        assert_eq!(
            (code.class, code.executed),
            (ErrorClass::Throttling, Executed::No)
        );
    }
    let by_another_name = error_code("LimitExceeded.RateLimitExceeded").expect("a known code");
    assert_eq!(by_another_name.class, ErrorClass::Throttling);
    let quota = error_code("LimitExceeded").expect("a known code");
    assert_eq!(quota.class, ErrorClass::Quota);
}

#[test]
fn every_code_has_a_hint_and_one_code_covers_two_limits() {
    for code in ERROR_CODES {
        assert!(
            code.hint.len() > 10 && !code.hint.ends_with('.'),
            "{code:?}"
        );
        assert_eq!(hint(code.code), Some(code.hint));
    }
    let by_text = |code: &&ErrorCode| code.concurrency_text.is_some();
    let by_text: Vec<_> = ERROR_CODES
        .iter()
        .filter(by_text)
        .map(|code| code.code)
        .collect();
    assert_eq!(by_text, ["RequestLimitExceeded"]);
}

#[test]
fn a_response_that_was_too_large_was_executed() {
    let code = error_code("ResponseSizeLimitExceeded").expect("a known code");
    assert_eq!(code.executed, Executed::Yes);
}

#[test]
fn known_names_are_found_and_others_are_not() {
    for action in ACTIONS {
        assert_eq!(mps_models::action(action.name), Some(*action));
    }
    for info in STRUCTS {
        assert_eq!(structure(info.name), Some(*info));
    }
    assert_eq!(mps_models::action("createaigcvideotask"), None);
    assert_eq!(structure("Nothing"), None);
}
