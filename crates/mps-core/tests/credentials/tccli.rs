//! The file of the vendor's command-line tool, as it writes it and as it should not be.

use std::{fs, sync::Arc};

use mps_core::{
    clock::TestClock,
    credentials::{Credentials, CvmRole, ProvideCredentials as _, TccliCredentials},
    transport::{Reply, ScriptedTransport},
};

use crate::{NOW, SECRET, error, loan, parts, sts};

struct Case {
    folder: tempfile::TempDir,
    transport: ScriptedTransport,
}

impl Case {
    fn new(content: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("f"), content).unwrap();
        Self {
            folder,
            transport: ScriptedTransport::new(replies),
        }
    }

    fn provider(&self) -> TccliCredentials {
        let clock = Arc::new(TestClock::new(NOW));
        let cvm = CvmRole::new(Arc::new(self.transport.clone()), clock.clone());
        TccliCredentials::new(self.folder.path().join("f"), "default", clock)
            .roles(sts(&self.transport), cvm)
    }

    async fn found(&self) -> Credentials {
        self.provider().provide().await.unwrap()
    }

    async fn error(&self) -> (String, Option<String>) {
        let error = error(&self.provider()).await;
        let place = self.folder.path().join("f").display().to_string();
        let hint = error.hint().map(str::to_owned);
        (error.to_string().replace(&place, "f"), hint)
    }
}

#[tokio::test]
async fn keys_are_read_with_token_and_end_whatever_wrote_them() {
    for (content, expected) in [
        (
            r#"{"secretId":"i","secretKey":"k"}"#.to_owned(),
            ("i", None, None),
        ),
        (
            r#"{"secretId":"i","secretKey":"k","token":null,"type":"default"}"#.to_owned(),
            ("i", None, None),
        ),
        (
            "\u{feff}{\r\n\"secretId\":\"i\",\"secretKey\":\"k\",\"token\":\"\"}".to_owned(),
            ("i", None, None),
        ),
        (
            format!(
                r#"{{"type":"oauth","secretId":"i","secretKey":"k","token":"t","expiresAt":{},"oauth":{{"accessToken":"a"}}}}"#,
                NOW + 60
            ),
            ("i", Some("t"), Some(NOW + 60)),
        ),
        (
            format!(
                r#"{{"type":"sso","secretId":"i","secretKey":"k","token":"t","expiresAt":{}.5}}"#,
                NOW + 60
            ),
            ("i", Some("t"), Some(NOW + 60)),
        ),
    ] {
        let found = Case::new(&content, []).found().await;
        assert_eq!(parts(&found), expected, "{content}");
    }
}

#[tokio::test]
async fn profiles_with_a_role_request_its_keys() {
    let role = r#"{"secretId":"i","secretKey":"k","role-arn":"qcs::cam::uin/1:roleName/r","role-session-name":"s"}"#;
    let case = Case::new(role, [Reply::json(loan("t"))]);
    assert_eq!(case.found().await.secret_id(), "AKIDlent");
    let body = String::from_utf8(case.transport.requests()[0].body().to_vec()).unwrap();
    assert!(body.contains(r#""RoleSessionName":"s""#), "{body}");

    let keys = format!(
        r#"{{"TmpSecretId":"AKIDrole","TmpSecretKey":"k","Token":"t","ExpiredTime":{},"Code":"Success"}}"#,
        NOW + 60
    );
    let case = Case::new(
        r#"{"type":"cvm-role"}"#,
        [Reply::json("r"), Reply::json(keys)],
    );
    assert_eq!(case.found().await.secret_id(), "AKIDrole");
}

#[tokio::test]
async fn a_confined_provider_asks_for_no_role() {
    for content in [
        r#"{"type":"cvm-role"}"#,
        r#"{"secretId":"i","secretKey":"k","role-arn":"a"}"#,
    ] {
        let case = Case::new(content, [Reply::json("r")]);
        let confined = case.provider().confined().unwrap();
        let error = error(&confined).await;
        assert!(
            error.is_absent() && error.to_string().contains("this machine only"),
            "{error}"
        );
        assert_eq!(case.transport.requests().len(), 0);
    }
}

#[tokio::test]
async fn each_mistake_has_path_line_and_hint_and_no_value() {
    for (content, why) in [
        ("", "f:1:0: the JSON ends early"),
        (
            "{\"secretId\":\"i\",\n\"secretKey\":\"hunter2",
            "f:2:20: the JSON ends early",
        ),
        ("[default]\nsecret_id=hunter2", "f:1:2: not JSON"),
        (
            "{\"secretId\":\"hunter2\",\n\"secretId\":\"hunter2\"}",
            "f:2:10: a member there twice or not of its type",
        ),
        (
            r#"{"secretId":["hunter2"]}"#,
            "f:1:12: a member there twice or not of its type",
        ),
        (
            r#""hunter2""#,
            "f:1:9: a member there twice or not of its type",
        ),
        (r#"{"type":"vault\n"}"#, r#"f: the unknown type "vault\n""#),
        (r#"{"secretId":"i"}"#, "f: it has no secretKey"),
        (r#"{"secretKey":"hunter2"}"#, "f: it has no secretId"),
        (
            r#"{"secretId":"i","secretKey":"hunter2 "}"#,
            "f: its secretKey has characters that no key has",
        ),
        (
            r#"{"secretId":"i","secretKey":"k","expiresAt":1e300}"#,
            "f: its expiresAt is no time",
        ),
        (
            r#"{"secretId":"i","secretKey":"k","expiresAt":-1}"#,
            "f: its expiresAt is no time",
        ),
    ] {
        assert!(content.contains(SECRET) || !content.contains("hunter"));
        let (message, hint) = Case::new(content, []).error().await;
        assert_eq!(message, why, "{content}");
        let needs_no_hint = message.contains("expiresAt")
            || message.contains(" its ")
            || message.contains("has no");
        assert!(hint.is_some() || needs_no_hint, "{message}");
    }
    let empty = Case::new("{}", []);
    assert!(error(&empty.provider()).await.is_absent());
}

#[tokio::test]
async fn expired_keys_say_since_when_and_how_to_log_in_again() {
    for (kind, command) in [("oauth", "tccli auth login"), ("sso", "tccli sso login")] {
        let content = format!(
            r#"{{"type":"{kind}","secretId":"i","secretKey":"k","token":"t","expiresAt":{}}}"#,
            NOW - 90
        );
        let (message, hint) = Case::new(&content, []).error().await;
        assert_eq!(message, "f: its keys expired 90 s ago");
        assert_eq!(hint.unwrap(), format!("log in again: {command}"));
    }
}

#[tokio::test]
async fn a_profile_name_leads_to_no_other_folder() {
    for name in ["../secrets", "a/b", "a\\b", ".."] {
        let clock = Arc::new(TestClock::new(NOW));
        let error = error(&TccliCredentials::new("f", name, clock)).await;
        assert!(
            error.to_string().ends_with("is no name of a tccli profile"),
            "{error}"
        );
    }
}
