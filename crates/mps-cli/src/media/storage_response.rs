//! Responses of the object storage (COS), and the errors that they are.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use mps_core::retry::retry_after;

use super::{Bucket, upload::upload_error};
use crate::{failure::Failure, foreign_text, outcome::Reason};

/// A response of the object storage.
pub(super) struct StorageResponse {
    pub(super) status: StatusCode,
    /// The code of an error; empty without one.
    pub(super) code: String,
    request_id: Option<String>,
    pub(super) crc64: Option<u64>,
    range: Option<String>,
    /// The pause that it asks for.
    pub(super) retry_after: Option<Duration>,
}

impl StorageResponse {
    pub(super) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &str,
        now: SystemTime,
    ) -> Self {
        let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let code = body
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split('<').next());
        Self {
            status,
            code: foreign_text::cut_name(code.unwrap_or_default()),
            request_id: header("x-cos-request-id"),
            crc64: header("x-cos-hash-crc64ecma").and_then(|crc| crc.parse().ok()),
            range: header("content-range"),
            retry_after: retry_after(headers, now),
        }
    }

    pub(super) fn is_transient(&self) -> bool {
        self.status.is_server_error()
            || matches!(
                self.status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            )
    }

    /// Returns `true` if the clock or the keys are wrong, whatever the keys are allowed to do (codes of COS,
    /// documentation "Error codes").
    fn is_about_keys(&self) -> bool {
        matches!(
            &*self.code,
            "RequestTimeTooSkewed"
                | "ExpiredToken"
                | "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
        )
    }

    /// Returns the length of the whole object, from `Content-Range: bytes 0-0/LENGTH`.
    pub(super) fn total(&self) -> Option<usize> {
        self.range.as_ref()?.rsplit_once('/')?.1.parse().ok()
    }

    /// Returns the error of a request that the storage refused. `permission` is what the key needs.
    pub(super) fn refusal(&self, bucket: &Bucket, refuses: &str, permission: &str) -> Failure {
        let (name, region) = (bucket.name(), bucket.region());
        let code = match &*self.code {
            "" => String::new(),
            code => format!(" {}", foreign_text::name(code)),
        };
        let status = self.status.as_u16();
        let message = format!("the bucket {name} in {region} {refuses}: HTTP {status}{code}");
        let (reason, hint) = match self.status {
            _ if self.is_transient() => (Reason::Trouble, "run the command again".to_owned()),
            _ if self.is_about_keys() => (
                Reason::Credentials,
                "check the clock and the keys: mps doctor".to_owned(),
            ),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => (
                Reason::Credentials,
                format!(
                    "allow the key {permission} in the console of COS; or name another bucket: --cos"
                ),
            ),
            StatusCode::NOT_FOUND => (
                Reason::Usage,
                "check bucket and region: --cos bucket=NAME-APPID,region=REGION".to_owned(),
            ),
            _ => (
                Reason::Usage,
                "check the bucket in the console of COS; or name another one: --cos".to_owned(),
            ),
        };
        let failure = upload_error(reason, message).hint(hint);
        Failure {
            code: (!self.code.is_empty()).then(|| self.code.as_str().into()),
            request_id: self.request_id.clone(),
            ..failure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    #[test]
    fn a_refusal_of_the_keys_is_no_missing_permission() {
        let bucket = Bucket::parse("--cos", "bucket=b-1,region=r").unwrap();
        let hint = |code: &str| {
            let body = format!("<Error><Code>{code}</Code></Error>");
            let now = SystemTime::UNIX_EPOCH;
            let response =
                StorageResponse::new(StatusCode::FORBIDDEN, &HeaderMap::new(), &body, now);
            let failure = response.refusal(&bucket, "refuses the file", "cos:PutObject");
            assert_eq!(failure.outcome, Outcome::NotCreated(Reason::Credentials));
            assert!(failure.message.contains(code), "{}", failure.message);
            failure.hint.unwrap()
        };
        assert!(hint("AccessDenied").contains("cos:PutObject"));
        for code in [
            "RequestTimeTooSkewed",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
        ] {
            let hint = hint(code);
            assert!(
                hint.contains("mps doctor") && !hint.contains("cos:"),
                "{code}: {hint}"
            );
        }
    }
}
