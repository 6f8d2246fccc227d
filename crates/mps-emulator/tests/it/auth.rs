//! Verification of signatures.

use http::HeaderValue;
use mps_core::sign::Scope;
use mps_emulator::Builder;

use crate::call::{CREATE, Call, World, cat};

const FAILURE: &str = "AuthFailure.SignatureFailure";
const INVALID: &str = "AuthFailure.InvalidAuthorization";

/// The code after one thing about a right call was changed.
fn after(change: impl FnOnce(&mut Call)) -> String {
    let world = World::new();
    let mut call = world.call(CREATE, &cat());
    change(&mut call);
    world.code(&call)
}

/// The code after a signed call's header was rewritten.
fn after_rewriting(rewrite: impl FnOnce(String) -> String) -> String {
    let world = World::new();
    let call = world.call(CREATE, &cat());
    let header = rewrite(call.authorization().to_string());
    crate::call::code(&crate::call::answer(
        &world.service,
        call.request_with(&header),
    ))
}

#[test]
fn every_header_set_of_the_official_clients_is_accepted() {
    for signed in [
        "content-type;host",
        "content-type;host;x-tc-action",
        "content-type;host;x-tc-action;x-tc-timestamp;x-tc-version",
    ] {
        assert_eq!(after(|call| call.signed_headers = signed), "", "{signed}");
    }
}

#[test]
fn harmless_variations_are_accepted() {
    assert_eq!(
        after_rewriting(|header| header.replace(", ", ",")),
        "",
        "no spaces after commas"
    );
    assert_eq!(
        after(|call| call.content_type = "application/json; charset=utf-8"),
        ""
    );
}

#[test]
fn a_host_may_be_signed_with_and_without_the_port_it_is_sent_with() {
    let with_port = "127.0.0.1:4567";
    assert_eq!(
        after(|call| (call.sent_host, call.signed_host) = (with_port, with_port)),
        ""
    );
    assert_eq!(
        after(|call| (call.sent_host, call.signed_host) = (with_port, "127.0.0.1")),
        ""
    );
    assert_eq!(
        after(|call| (call.sent_host, call.signed_host) = (with_port, "127.0.0.1:4568")),
        FAILURE
    );
    assert_eq!(
        after(|call| (call.sent_host, call.signed_host) = ("one.invalid", "other.invalid")),
        FAILURE
    );
}

#[test]
fn a_host_in_the_request_target_needs_no_header() {
    let world = World::new();
    let mut request = world.call(CREATE, &cat()).request();
    request.headers_mut().remove("host");
    *request.uri_mut() = format!("{}/", world.service.endpoint()).parse().unwrap();
    assert_eq!(
        crate::call::code(&crate::call::answer(&world.service, request)),
        ""
    );
}

#[test]
fn a_relevant_header_must_not_be_repeated() {
    let world = World::new();
    for name in [
        "authorization",
        "content-type",
        "x-tc-action",
        "x-tc-content-sha256",
        "x-tc-timestamp",
        "x-tc-token",
        "x-tc-version",
    ] {
        let mut request = world.call(CREATE, &cat()).request();
        let headers = request.headers_mut();
        let first = headers.get(name).cloned();
        let first = first.unwrap_or(HeaderValue::from_static(""));
        headers.insert(name, first.clone());
        headers.append(name, first);
        let answer = crate::call::answer(&world.service, request);
        assert_eq!(crate::call::code(&answer), "InvalidRequest", "{name}");
        let message = answer["Error"]["Message"].as_str().unwrap();
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
    assert_eq!(world.service.bill().creates, 0);
}

#[test]
fn a_signed_header_may_not_come_twice() {
    let signed = |call: &mut Call| {
        call.signed_headers = "content-type;host;x-mine";
        call.more_headers.push(("x-mine", "1"));
    };
    assert_eq!(after(signed), "");
    let world = World::new();
    let mut call = world.call(CREATE, &cat());
    signed(&mut call);
    let mut request = call.request();
    request
        .headers_mut()
        .append("x-mine", HeaderValue::from_static("2"));
    assert_eq!(
        crate::call::code(&crate::call::answer(&world.service, request)),
        INVALID
    );
}

#[test]
fn two_hosts_are_a_bad_request() {
    let world = World::new();
    for path in ["/", "/results/a/0.mp4", "/_emulator/v1/state"] {
        let mut request = world.call(CREATE, &cat()).request();
        *request.uri_mut() = path.parse().unwrap();
        let host = request.headers()["host"].clone();
        request.headers_mut().append("host", host);
        let response = world.service.handle(request);
        assert_eq!(response.status(), 400, "{path}");
    }
    assert_eq!(world.service.bill().creates, 0);
}

#[test]
fn a_payload_can_be_left_out_of_the_signature_if_the_request_says_so() {
    let unsigned = ("x-tc-content-sha256", "UNSIGNED-PAYLOAD");
    assert_eq!(
        after(|call| {
            call.payload_is_signed = false;
            call.more_headers.push(unsigned);
        }),
        ""
    );
    assert_eq!(after(|call| call.payload_is_signed = false), FAILURE);
    assert_eq!(after(|call| call.more_headers.push(unsigned)), FAILURE);
}

#[test]
fn five_minutes_is_as_far_as_a_clock_may_be_off() {
    let now = World::new().now();
    for (offset, expected) in [
        (-301, "AuthFailure.SignatureExpire"),
        (-300, ""),
        (300, ""),
        (301, "AuthFailure.SignatureExpire"),
    ] {
        assert_eq!(
            after(|call| *call = call.clone().at(now + offset)),
            expected,
            "{offset} s"
        );
    }
    for timestamp in [i64::MIN, 0, i64::MAX] {
        assert_eq!(
            after(|call| call.timestamp = timestamp),
            "AuthFailure.SignatureExpire",
            "{timestamp}"
        );
    }
}

#[test]
fn the_scope_must_be_that_of_the_timestamp_and_of_this_service() {
    let now = World::new().now();
    assert_eq!(
        after(|call| call.scope = Scope::at(now - 86_400, "mps")),
        FAILURE
    );
    assert_eq!(after(|call| call.scope = Scope::at(now, "cvm")), FAILURE);
}

#[test]
fn a_wrong_key_is_refused() {
    assert_eq!(
        after(|call| call.secret_id = "AKIDSOMEBODYELSE".into()),
        "AuthFailure.SecretIdNotFound"
    );
    assert_eq!(after(|call| call.secret_key = "guessed".into()), FAILURE);
    assert_eq!(
        after_rewriting(|header| header.replace("Signature=", "Signature=00")),
        FAILURE
    );
    assert_eq!(after_rewriting(|header| format!("{header}zz")), FAILURE);
}

#[test]
fn a_header_that_cannot_be_read_is_refused() {
    for header in [
        "",
        "SKIP",
        "Bearer x",
        "TC3-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c",
    ] {
        assert_eq!(after_rewriting(|_| header.to_owned()), INVALID, "{header}");
    }
    for signed in [
        "",
        "host",
        "content-type",
        "host;content-type",
        "content-type;content-type;host",
        "content-type;host;x-no",
    ] {
        assert_eq!(
            after(|call| call.signed_headers = signed),
            INVALID,
            "{signed}"
        );
    }
}

#[test]
fn names_of_signed_headers_are_in_lower_case() {
    let renamed = |header: String| {
        header.replace(
            "content-type;host;x-tc-action",
            "X-TC-Action;content-type;host",
        )
    };
    assert_eq!(after_rewriting(renamed), INVALID);
}

#[test]
fn a_header_that_is_missing_is_named() {
    let world = World::new();
    for (name, expected) in [
        ("authorization", INVALID),
        ("x-tc-timestamp", "MissingParameter"),
        ("x-tc-action", "MissingParameter"),
        ("x-tc-version", "MissingParameter"),
        ("host", INVALID),
    ] {
        let mut request = world.call(CREATE, &cat()).request();
        request.headers_mut().remove(name).unwrap();
        let answer = crate::call::answer(&world.service, request);
        assert_eq!(crate::call::code(&answer), expected, "{name}");
        assert!(
            answer["Error"]["Message"].as_str().unwrap().contains(name),
            "{answer}"
        );
    }
}

#[test]
fn a_mismatch_explains_itself_and_keeps_the_key() {
    let world = World::new();
    let mut call = world.call(CREATE, &cat());
    call.secret_key = "guessed".into();
    assert_eq!(world.code(&call), FAILURE);

    let requests = world.service.requests();
    let detail = requests.last().unwrap().detail.as_deref().unwrap();
    let lines: Vec<&str> = detail.lines().collect();
    assert!(lines[0].starts_with("none of "), "{detail}");
    assert_eq!(
        lines[1..9],
        [
            "canonical request of the emulator:",
            "  POST",
            "  /",
            "  ",
            "  content-type:application/json",
            "  host:mps.emulator.invalid",
            "  x-tc-action:createaigcvideotask",
            "  ",
        ]
    );
    assert!(!detail.contains(world.service.secret_key()));
    assert!(!format!("{:?}", world.service).contains(world.service.secret_key()));
}

#[test]
fn temporary_credentials_need_their_token_and_nothing_shows_it() {
    let token = "SECRET-TOKEN";
    let code = |configured: Option<&str>, sent: Option<&'static str>| {
        let world = World::with(|builder| match configured {
            Some(token) => builder.token(token),
            None => builder,
        });
        let mut call = world.call(CREATE, &cat());
        call.more_headers
            .extend(sent.map(|sent| ("x-tc-token", sent)));
        (world.code(&call), world)
    };
    assert_eq!(code(Some(token), Some("SECRET-TOKEN")).0, "");
    assert_eq!(code(Some(token), None).0, "AuthFailure.TokenFailure");
    assert_eq!(
        code(Some(token), Some("OTHER")).0,
        "AuthFailure.TokenFailure"
    );
    assert_eq!(code(None, Some("OTHER")).0, "AuthFailure.TokenFailure");

    let world = World::with(|builder| builder.token(token));
    let mut call = world.call(CREATE, &cat());
    call.more_headers.push(("x-tc-token", "SECRET-TOKEN"));
    call.signed_headers = "content-type;host;x-tc-token";
    assert_eq!(world.code(&call), "");
    call.secret_key = "guessed".into();
    assert_eq!(world.code(&call), FAILURE);
    let shown = world.control("requests").to_string();
    assert!(shown.contains("x-tc-token:<redacted>"), "{shown}");
    assert!(!shown.to_ascii_uppercase().contains(token), "{shown}");
}

#[test]
fn refused_calls_are_neither_counted_nor_charged() {
    let world = World::new();
    for _ in 0..20 {
        let mut call = world.call(CREATE, &cat());
        call.secret_key = "guessed".into();
        assert_eq!(world.code(&call), FAILURE);
    }
    assert_eq!(world.code(&world.call(CREATE, &cat())), "");
    assert_eq!(world.service.bill().creates, 1);
}

#[test]
fn a_signature_for_another_service_is_accepted_on_request_only() {
    let signed_for = |service: &str, lenient: bool| {
        let world = World::with(|builder| {
            if lenient {
                builder.lenient_service()
            } else {
                builder
            }
        });
        let mut call = world.call(CREATE, &cat());
        call.scope = Scope::at(world.now(), service);
        let code = world.code(&call);
        let detail = world.service.requests()[0].detail.clone();
        (code, detail.unwrap_or_default())
    };
    let (code, detail) = signed_for("127", false);
    assert_eq!(code, FAILURE);
    assert!(
        detail.contains("the service `127`") && detail.contains("--lenient-service"),
        "{detail}"
    );
    assert_eq!(signed_for("127", true).0, "");
    assert_eq!(signed_for("mps", true).0, "");

    let world = World::with(Builder::lenient_service);
    let mut call = world.call(CREATE, &cat());
    call.scope = Scope::at(world.now(), "127");
    call.secret_key = "guessed".into();
    assert_eq!(world.code(&call), FAILURE);
    let mut call = world.call(CREATE, &cat());
    call.scope = Scope::at(world.now() - 86_400, "127");
    assert_eq!(world.code(&call), FAILURE, "the date still counts");
}
