//! Uploads to a bucket: once for each content, and only where the service can read it afterwards.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use mps_aigc::Credentials;
use mps_core::{
    clock,
    endpoint::Endpoint,
    retry::Backoff,
    transport::{
        Confined, RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind,
    },
};
use serde_json::json;

use super::{
    Bucket, Connection, Context, Failure, LocalFile, sign, storage_response::StorageResponse,
};
use crate::{
    context::transport,
    doubt::ANSWER_TIMEOUT,
    failure::causes,
    live::units,
    outcome::{Outcome, Reason},
    output::Event,
};

/// Most attempts of a request that are answered or that break.
const ATTEMPTS: u32 = 4;

/// The pauses between attempts.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(5));

/// Most bytes of an error's body that are read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// Temporary keys that end sooner are warned of: a signed URL ends with them.
const SHORT: Duration = Duration::from_secs(3_600);

/// Checks that this build can upload files.
///
/// # Errors
/// None in this build.
#[expect(clippy::unnecessary_wraps, reason = "other builds cannot upload")]
pub(super) fn must_be_possible(_: &str) -> Result<(), Failure> {
    Ok(())
}

/// A request to the storage. Both are idempotent.
#[derive(Clone, Copy)]
enum Operation<'a> {
    /// Reads the first byte of an object.
    Read { signed: &'a str },
    /// Stores an object.
    Store {
        address: &'a str,
        file: &'a LocalFile,
    },
}

impl Operation<'_> {
    /// Returns the request.
    async fn request(self, credentials: &Credentials) -> Result<Request<RequestBody>, Failure> {
        match self {
            Self::Read { signed } => Request::get(signed)
                .header(header::RANGE, "bytes=0-0")
                .body(RequestBody::new(Bytes::new()))
                .map_err(|_| unsendable()),
            // For each attempt: this signature is valid for an hour.
            Self::Store { address, file } => {
                let head = sign::put(credentials, address, file.content_type()).await?;
                let content = RequestBody::new(file.content.clone());
                Ok(Request::from_parts(head, content))
            }
        }
    }

    /// Returns the longest time for one attempt. That of an upload depends on its length and on the network, so
    /// only the deadline bounds it.
    fn timeout(self) -> Duration {
        match self {
            Self::Read { .. } => ANSWER_TIMEOUT,
            Self::Store { .. } => Duration::MAX,
        }
    }
}

/// The object storage, with the keys of the call.
pub(super) struct Storage<'a> {
    transport: Arc<dyn Transport>,
    endpoint: &'a Endpoint,
    credentials: &'a Credentials,
    context: &'a Context,
    /// The end of the time for all requests, on the monotonic clock.
    deadline: Duration,
}

impl<'a> Storage<'a> {
    /// Returns the storage at the endpoint of the calls if that is on this machine, else the vendor's.
    ///
    /// # Errors
    /// None; a build without local media has one.
    #[expect(clippy::unnecessary_wraps, reason = "as without local media")]
    pub(super) fn new(connection: &'a Connection, context: &'a Context) -> Result<Self, Failure> {
        let endpoint = connection.client().endpoint();
        let transport: Arc<dyn Transport> = Arc::new(transport(endpoint));
        let transport = if endpoint.is_loopback() {
            Arc::new(Confined::new(transport, endpoint.clone()))
        } else {
            transport
        };
        let storage = Self {
            transport,
            endpoint,
            credentials: connection.credentials(),
            deadline: context
                .clock
                .monotonic()
                .saturating_add(context.global.deadline()),
            context,
        };
        storage.warn_of_short_keys();
        Ok(storage)
    }

    fn warn_of_short_keys(&self) {
        let now = self.context.clock.wall();
        let expiry = self.credentials.expires_at();
        let left = expiry.map(|expiry| expiry.duration_since(now).unwrap_or_default());
        if let Some(left) = left.filter(|left| *left < SHORT) {
            self.context.output.warning(&format!(
                "the temporary keys end in {}, and so does the signed URL of the uploaded file",
                units::duration(left)
            ));
        }
    }

    /// Returns a signed URL of an object that is there. Uploads `file` if it is not, or if it has another
    /// length.
    ///
    /// # Errors
    /// Returns the refusal of the bucket, or the failure to reach it; a usage error if there is neither the
    /// object nor a file.
    ///
    /// # Cancel safety
    /// An upload is lost; it is idempotent.
    pub(super) async fn offer(
        &self,
        bucket: &Bucket,
        url: &str,
        file: Option<&LocalFile>,
    ) -> Result<String, Failure> {
        let name = url.rsplit('/').next().unwrap_or_default();
        let address = if self.endpoint.is_loopback() {
            bucket.local_url(self.endpoint, name)
        } else {
            url.to_owned()
        };
        let signed = sign::url(self.credentials, &address).await?;
        let length = file.map(|file| file.content.len());
        if Box::pin(self.has(bucket, &signed, length)).await? {
            return Ok(signed);
        }
        let Some(file) = file else {
            let message = format!("the bucket {} no longer has the file {name}", bucket.name());
            return Err(Failure::usage(message)
                .hint("create it anew from the file; or check the URL if it was given as one"));
        };
        self.announce(bucket, file);
        Box::pin(self.put(bucket, &address, file)).await?;
        if Box::pin(self.has(bucket, &signed, length)).await? {
            return Ok(signed);
        }
        let message = format!(
            "the bucket {} took {} and does not have it",
            bucket.name(),
            file.display_path()
        );
        Err(upload_error(Reason::Trouble, message))
    }

    fn announce(&self, bucket: &Bucket, file: &LocalFile) {
        let bytes = u64::try_from(file.content.len()).unwrap_or(u64::MAX);
        let (shown, size) = (file.display_path(), units::bytes(bytes));
        let human = format!("uploading {shown} ({size}) to the bucket {}", bucket.name());
        let details = json!({"path": file.path.display().to_string(), "bytes": bytes});
        let event = Event::new("upload", &human).details(details);
        self.context.output.progress(&event);
    }

    /// Returns `true` if a signed URL can be read, as the service will: a single byte is asked for.
    async fn has(
        &self,
        bucket: &Bucket,
        signed: &str,
        length: Option<usize>,
    ) -> Result<bool, Failure> {
        let answer = self.send(bucket, Operation::Read { signed }).await?;
        match answer.status {
            StatusCode::OK => Ok(true),
            StatusCode::PARTIAL_CONTENT => {
                Ok(length.is_none_or(|length| answer.total() == Some(length)))
            }
            StatusCode::NOT_FOUND if answer.code == "NoSuchKey" => Ok(false),
            _ => Err(answer.refusal(bucket, "does not let the file be read", "cos:GetObject")),
        }
    }

    async fn put(&self, bucket: &Bucket, address: &str, file: &LocalFile) -> Result<(), Failure> {
        let store = Operation::Store { address, file };
        let answer = self.send(bucket, store).await?;
        if !answer.status.is_success() {
            return Err(answer.refusal(bucket, "refuses the file", "cos:PutObject"));
        }
        if let Some(stored) = answer.crc64
            && stored != crc64(&file.content)
        {
            let shown = file.display_path();
            let message = format!("{shown} arrived changed in the bucket {}", bucket.name());
            return Err(upload_error(Reason::Trouble, message));
        }
        Ok(())
    }

    /// Sends a request until it has an answer other than a transient error. An attempt that times out is repeated
    /// until the deadline.
    async fn send(
        &self,
        bucket: &Bucket,
        operation: Operation<'_>,
    ) -> Result<StorageResponse, Failure> {
        let clock = &*self.context.clock;
        let left = || self.deadline.saturating_sub(clock.monotonic());
        let mut retries = 0;
        loop {
            let request = operation.request(self.credentials).await?;
            let limit = left().min(operation.timeout());
            let answer = clock::timeout(clock, limit, self.attempt(request)).await;
            let asked = match &answer {
                Some(Ok(answer)) => answer.retry_after,
                _ => None,
            };
            let pause = BACKOFF.pause_asked(retries, fastrand::f64(), asked);
            retries += 1;
            let is_late = left() <= pause;
            let is_last = is_late || retries >= ATTEMPTS;
            match answer {
                None if is_late => return Err(overdue(bucket)),
                Some(Ok(answer)) if !answer.is_transient() || is_last => return Ok(answer),
                Some(Err(error)) if is_last || error.kind() == TransportErrorKind::Request => {
                    return Err(unreachable(bucket, &error));
                }
                _ => clock.sleep(pause).await,
            }
        }
    }

    async fn attempt(
        &self,
        request: Request<RequestBody>,
    ) -> Result<StorageResponse, TransportError> {
        let response = self.transport.send(request).await?;
        let (head, body) = response.into_parts();
        // The rest of a file is of no use.
        let text = if head.status.is_success() {
            String::new()
        } else {
            error_text(body).await?
        };
        let now = self.context.clock.wall();
        Ok(StorageResponse::new(head.status, &head.headers, &text, now))
    }
}

async fn error_text(mut body: ResponseBody) -> Result<String, TransportError> {
    let mut text = Vec::new();
    while let Some(chunk) = body.chunk().await?
        && text.len() < MAX_ERROR_BYTES
    {
        text.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Returns the error of an upload, after which nothing was created.
pub(super) fn upload_error(reason: Reason, message: String) -> Failure {
    Failure {
        dispatch: Some(mps_aigc::Dispatch::NotSent),
        ..Failure::new(Outcome::NotCreated(reason), "upload", message)
    }
}

fn crc64(content: &[u8]) -> u64 {
    let mut digest = crc64fast::Digest::new();
    digest.write(content);
    digest.sum64()
}

fn overdue(bucket: &Bucket) -> Failure {
    let name = bucket.name();
    let message = format!("the bucket {name} did not answer before the deadline");
    upload_error(Reason::Trouble, message).hint("run the command again with a longer --deadline")
}

fn unreachable(bucket: &Bucket, error: &TransportError) -> Failure {
    let (name, region) = (bucket.name(), bucket.region());
    let message = format!("the bucket {name} in {region} cannot be reached: {error}");
    let failure = upload_error(Reason::Trouble, message);
    Failure {
        causes: causes(error),
        ..failure.hint("check bucket and region, and the network: mps doctor")
    }
}

fn unsendable() -> Failure {
    Failure::internal("a request to the bucket cannot be made")
}
