//! Objects that a client uploads to its bucket, with signatures of the object storage.

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, Response};
use mps_emulator::{Fault, Outcome};
use serde_json::json;
use sha1::{Digest as _, Sha1};

use crate::call::{HOST, World};

const PATH: &str = "/cos/mine-1250000000/ap-guangzhou/my%20films/cat.png";

/// A signature by the documentation of the storage, over method, path and host.
struct Signer<'a> {
    id: &'a str,
    key: &'a str,
    start: i64,
    seconds: i64,
}

impl Signer<'_> {
    fn sign(&self, method: &str, path: &str) -> String {
        let time = format!("{};{}", self.start, self.start + self.seconds);
        let hmac = |key: &[u8], text: &str| {
            let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
            mac.update(text.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        };
        let path = path.replace("%20", " ");
        let request = format!("{}\n{path}\n\nhost={HOST}\n", method.to_lowercase());
        let digest = hex::encode(Sha1::digest(request));
        let key = hmac(self.key.as_bytes(), &time);
        let signature = hmac(key.as_bytes(), &format!("sha1\n{time}\n{digest}\n"));
        format!(
            "q-sign-algorithm=sha1&q-ak={}&q-sign-time={time}&q-key-time={time}&q-header-list=host\
             &q-url-param-list=&q-signature={signature}",
            self.id
        )
    }
}

fn signer(world: &World) -> Signer<'_> {
    Signer {
        id: world.service.secret_id(),
        key: world.service.secret_key(),
        start: world.now(),
        seconds: 600,
    }
}

fn send(world: &World, method: &str, uri: &str, authorization: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(uri);
    let request = request
        .header("host", HOST)
        .header("content-type", "image/png");
    let request = if authorization.is_empty() {
        request
    } else {
        request.header("authorization", authorization)
    };
    let body = if method == "PUT" { "a cat" } else { "" };
    world
        .service
        .handle(request.body(Bytes::from(body)).unwrap())
}

fn put(world: &World, path: &str) -> Response<Bytes> {
    send(world, "PUT", path, &signer(world).sign("PUT", path))
}

/// Returns status and error code.
fn refusal(response: &Response<Bytes>) -> (u16, String) {
    let body = String::from_utf8_lossy(response.body()).into_owned();
    let code = body
        .split("<Code>")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    (
        response.status().as_u16(),
        code.unwrap_or_default().to_owned(),
    )
}

#[test]
fn an_uploaded_object_is_served_to_signed_requests() {
    let world = World::new();
    let stored = put(&world, PATH);
    assert_eq!(stored.status(), 200);
    let url = |method: &str| format!("{PATH}?{}", signer(&world).sign(method, PATH));
    let file = send(&world, "GET", &url("GET"), "");
    assert_eq!(file.body(), "a cat");
    assert_eq!(file.headers()["content-type"], "image/png");
    for name in ["etag", "x-cos-hash-crc64ecma"] {
        assert_eq!(file.headers()[name], stored.headers()[name], "{name}");
    }
    let head = send(&world, "HEAD", &url("HEAD"), "");
    assert_eq!(
        (head.body().len(), &head.headers()["content-length"]),
        (0, &"5".parse().unwrap())
    );
    let actions: Vec<_> = world
        .service
        .downloads()
        .into_iter()
        .map(|it| (it.method, it.action))
        .collect();
    let named = |method: &str, action: &str| (method.to_owned(), action.to_owned());
    assert_eq!(
        actions,
        [
            named("PUT", "upload"),
            named("GET", "download"),
            named("HEAD", "download")
        ]
    );
    assert_eq!(world.service.bill().creates, 0);
    world.service.reset();
    assert_eq!(
        refusal(&send(&world, "GET", &url("GET"), "")),
        (404, "NoSuchKey".to_owned())
    );
}

#[test]
fn a_wrong_signature_stores_and_reads_nothing() {
    let world = World::new();
    put(&world, PATH);
    let temporary = world.service.issue_credentials(Duration::from_secs(60));
    let right = signer(&world);
    let (id, key, start) = (right.id, right.key, right.start);
    let expired = Signer {
        start: start - 700,
        ..signer(&world)
    };
    let early = Signer {
        start: start + 400,
        ..signer(&world)
    };
    let unknown = Signer {
        id: "AKIDNOBODY",
        ..signer(&world)
    };
    let wrong = Signer {
        key: "wrong",
        ..signer(&world)
    };
    let no_token = Signer {
        id: &temporary.secret_id,
        key: &temporary.secret_key,
        start,
        seconds: 9,
    };
    assert!(id != "AKIDNOBODY" && key != "wrong");
    for (authorization, code) in [
        (String::new(), "AccessDenied"),
        ("q-signature=1".to_owned(), "AccessDenied"),
        ("rubbish".to_owned(), "AccessDenied"),
        (expired.sign("GET", PATH), "AccessDenied"),
        (early.sign("GET", PATH), "AccessDenied"),
        (unknown.sign("GET", PATH), "InvalidAccessKeyId"),
        (no_token.sign("GET", PATH), "InvalidAccessKeyId"),
        (wrong.sign("GET", PATH), "SignatureDoesNotMatch"),
        (right.sign("PUT", PATH), "SignatureDoesNotMatch"),
        (right.sign("GET", "/other"), "SignatureDoesNotMatch"),
    ] {
        let response = send(&world, "GET", PATH, &authorization);
        assert_eq!(
            refusal(&response),
            (403, code.to_owned()),
            "{authorization}"
        );
    }
    let other = PATH.replace("cat", "dog");
    assert_eq!(
        refusal(&send(&world, "PUT", &other, &right.sign("GET", &other))).0,
        403
    );
    assert_eq!(
        refusal(&send(&world, "GET", &other, &right.sign("GET", &other))).0,
        404
    );
}

#[test]
fn a_token_is_needed_until_it_expires() {
    let world = World::new();
    let keys = world.service.issue_credentials(Duration::from_secs(60));
    let signed = || {
        let signer = Signer {
            id: &keys.secret_id,
            key: &keys.secret_key,
            start: world.now(),
            seconds: 600,
        };
        let token = &keys.token;
        format!(
            "{PATH}?{}&x-cos-security-token={token}",
            signer.sign("PUT", PATH)
        )
    };
    assert_eq!(send(&world, "PUT", &signed(), "").status(), 200);
    world.pass(61_000);
    assert_eq!(
        refusal(&send(&world, "PUT", &signed(), "")),
        (403, "ExpiredToken".to_owned())
    );
}

#[test]
fn buckets_of_some_names_refuse_everything() {
    let world = World::new();
    for (bucket, status, code) in [
        ("no-such-bucket-1250000000", 404, "NoSuchBucket"),
        ("access-denied-1250000000", 403, "AccessDenied"),
    ] {
        let path = format!("/cos/{bucket}/ap-guangzhou/cat.png");
        assert_eq!(refusal(&put(&world, &path)), (status, code.to_owned()));
        let get = send(&world, "GET", &path, &signer(&world).sign("GET", &path));
        assert_eq!(refusal(&get), (status, code.to_owned()));
    }
    let nowhere = "/cos/mine-1250000000/ap-guangzhou/";
    assert_eq!(put(&world, nowhere).status(), 405);
}

#[test]
fn the_service_reads_the_media_of_a_create_that_are_in_its_buckets() {
    let world = World::new();
    put(&world, PATH);
    let url = |path: &str| format!("{}{path}", world.service.endpoint());
    for (media, status) in [
        (url("/cos/mine-1250000000/ap-guangzhou/no.png"), Some(404)),
        (url(PATH), Some(403)),
        (url("/results/x/0.mp4"), None),
        (format!("https://a.example{PATH}"), None),
    ] {
        let before = world.service.downloads().len();
        world.create(&json!({ "Prompt": "a cat", "ImageUrl": media }));
        let records = world.service.downloads().split_off(before);
        let statuses: Vec<_> = records.iter().map(|record| record.status).collect();
        assert_eq!(statuses, Vec::from_iter(status.map(Some)), "{media}");
    }
}

#[test]
fn a_fault_of_uploads_stores_the_object_only_if_it_is_executed() {
    for (fault, is_stored) in [
        (Fault::http(503), false),
        (Fault::reset_after_read(), false),
        (Fault::http(503).executed(), true),
        (Fault::reply_lost(), true),
    ] {
        let world = World::new();
        let kind = fault.kind();
        world.service.fail(fault.action("upload").times(1)).unwrap();
        let read = || send(&world, "GET", PATH, &signer(&world).sign("GET", PATH)).status();
        assert_eq!(read(), 404, "a read is no upload");
        assert!(put(&world, PATH).status().is_server_error(), "{kind}");
        let record = world.service.downloads().pop().unwrap();
        assert_eq!(
            (record.action.as_str(), record.fault.as_deref()),
            ("upload", Some(kind))
        );
        assert_eq!(record.outcome == Outcome::Executed, is_stored, "{kind}");
        assert_eq!(read() == 200, is_stored, "{kind}");
    }
    let world = World::new();
    for fault in [Fault::throttle(), Fault::forbidden_once()] {
        let kind = fault.kind();
        let refused = world.service.fail(fault.action("upload"));
        assert!(refused.is_err(), "{kind}");
    }
}
