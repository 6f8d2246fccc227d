//! Hosts that send something else than the result.

use super::{super::container::samples, *};

/// The rest of [`FILE`] after its first four bytes.
fn rest() -> Reply {
    Reply::answer(206, "video/mp4", &FILE[4..])
}

fn whole_of(content: &[u8]) -> Reply {
    let length = content.len().to_string();
    Reply::answer(200, "video/mp4", content.to_vec()).header("content-length", &length)
}

fn without_length(content: &[u8]) -> Reply {
    Reply::answer(200, "video/mp4", content.to_vec())
}

#[tokio::test]
async fn content_that_is_not_the_result_is_never_published() {
    let mp4 = samples::mp4();
    let error = br#"{"error":"the file cannot be read, sorry"}"#;
    for (content, message) in [
        (&error[..], "the host sent JSON, 42 bytes"),
        (
            b"<?xml version='1.0'?><Error/>",
            "the host sent XML, 29 bytes",
        ),
        (b"<!doctype html><p>login", "the host sent HTML, 23 bytes"),
        (b"cannot be read", "the host sent text, 14 bytes"),
        (b"", "the host sent an empty file"),
        (
            &mp4[..mp4.len() - 1],
            "the host sent a cut MP4 file, 43 bytes",
        ),
    ] {
        let answer = || whole_of(content);
        let case = case([answer(), answer(), answer(), whole()]);
        let error = case.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongContent, "{error}");
        assert_eq!(error.to_string(), message);
        assert!(case.files().is_empty(), "{message}");
        assert_eq!(case.transport.requests().len(), 3, "{message}");
    }
}

#[tokio::test]
async fn wrong_content_that_does_not_last_is_asked_for_again() {
    for wrong in [
        whole_of(b"{}"),
        whole_of(b""),
        whole().header("content-encoding", "gzip"),
        whole_of(&samples::png()[..20]),
    ] {
        let case = case([wrong, whole()]);
        let saved = case.run().await.unwrap();
        assert_eq!(std::fs::read(&saved.path).unwrap(), FILE);
        let requests = case.transport.requests();
        assert_eq!(requests.len(), 2);
        assert!(!requests[1].headers().contains_key("range"));
    }
}

#[tokio::test]
async fn encoded_content_is_refused_and_identity_is_asked_for() {
    let encoded = || whole().header("content-encoding", "gzip");
    let case = case([encoded(), encoded(), encoded()]);
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongContent);
    assert!(error.to_string().contains("encoded as gzip"), "{error}");
    assert!(case.files().is_empty());
    for request in case.transport.requests() {
        assert_eq!(request.headers()["accept-encoding"], "identity");
    }
    let identity = super::case([whole().header("content-encoding", "identity")]);
    identity.run().await.unwrap();
}

#[tokio::test]
async fn a_body_without_length_needs_another_proof_of_its_end() {
    let (mp4, long) = (samples::mp4(), samples::long_mp4(2_000));
    for proven in [
        without_length(&mp4),
        without_length(&long),
        without_length(FILE).header("transfer-encoding", "chunked"),
    ] {
        let case = case([proven]);
        case.run().await.unwrap();
    }
    for unproven in [FILE, &mp4[..mp4.len() - 1], &long[..long.len() - 4]] {
        let case = case((0..ATTEMPTS).map(|_| without_length(unproven)));
        let error = case.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Download, "{error}");
        assert!(error.to_string().contains("no length"), "{error}");
        assert!(case.files().is_empty());
    }
}

#[tokio::test]
async fn a_part_that_was_not_asked_for_is_not_taken_for_the_file() {
    let unasked = || {
        Reply::answer(206, "video/mp4", &FILE[..4])
            .header("content-range", "bytes 0-3/10")
            .header("content-length", "4")
            .header("etag", "\"v1\"")
    };
    let case = case((0..ATTEMPTS).map(|_| unasked()));
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Download);
    assert!(error.to_string().contains("none was asked for"), "{error}");
    assert!(case.files().is_empty());
}

#[tokio::test]
async fn a_rest_of_other_content_starts_over() {
    let range = "bytes 4-9/10";
    for (name, second) in [
        ("all of it", whole()),
        ("no tag", rest().header("content-range", range)),
        (
            "another tag",
            rest()
                .header("content-range", range)
                .header("etag", "\"v2\""),
        ),
        (
            "a weak tag",
            rest()
                .header("content-range", range)
                .header("etag", "W/\"v1\""),
        ),
        (
            "another total",
            rest()
                .header("content-range", "bytes 4-9/11")
                .header("etag", "\"v1\""),
        ),
        (
            "an unknown total",
            rest()
                .header("content-range", "bytes 4-9/*")
                .header("etag", "\"v1\""),
        ),
        (
            "another begin",
            rest()
                .header("content-range", "bytes 3-9/10")
                .header("etag", "\"v1\""),
        ),
        ("no range", rest().header("etag", "\"v1\"")),
        ("no such range", Reply::answer(416, "text/plain", "no")),
    ] {
        let case = case([cut_after_four(), second, whole()]);
        let saved = case.run().await.unwrap();
        assert_eq!(std::fs::read(&saved.path).unwrap(), FILE, "{name}");
        let requests = case.transport.requests();
        assert_eq!(requests[1].headers()["range"], "bytes=4-", "{name}");
        let again = requests.get(2).map(|it| it.headers().contains_key("range"));
        let expected = (name != "all of it").then_some(false);
        assert_eq!(again, expected, "{name}");
    }
}

#[tokio::test]
async fn more_bytes_than_announced_are_not_published() {
    let long = || Reply::answer(200, "video/mp4", FILE).header("content-length", "9");
    let case = case((0..ATTEMPTS).map(|_| long()));
    let error = case.run().await.unwrap_err();
    assert!(
        error.to_string().contains("more than the 9 bytes"),
        "{error}"
    );
    assert!(case.files().is_empty());
}

#[tokio::test]
async fn an_unsatisfiable_range_that_was_not_sent_is_final() {
    let case = case([Reply::answer(416, "text/plain", "no")]);
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetchable);
}

fn redirect(location: &str) -> Reply {
    Reply::answer(302, "text/plain", "").header("location", location)
}

#[tokio::test]
async fn a_redirect_is_followed_by_the_rules_of_the_first_address() {
    let followed = case([
        redirect("/1.mp4"),
        redirect("https://other.example/2"),
        whole(),
    ]);
    followed.run().await.unwrap();
    let urls: Vec<_> = followed
        .transport
        .requests()
        .iter()
        .map(|it| it.uri().to_string())
        .collect();
    assert_eq!(
        urls[1..],
        ["https://bucket.example/1.mp4", "https://other.example/2"]
    );
    for location in [
        "http://other.example/",
        "https://169.254.169.254/",
        "https://[::1]/",
    ] {
        let case = case([redirect(location), whole()]);
        let error = case.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unfetchable, "{location}");
        assert_eq!(case.transport.requests().len(), 1, "{location}");
        assert!(case.files().is_empty());
    }
    let endless = case((0..10).map(|_| redirect("/again.mp4")));
    let error = endless.run().await.unwrap_err();
    assert!(error.to_string().contains("more than 5 times"), "{error}");
    assert_eq!(endless.transport.requests().len(), 6);
}
