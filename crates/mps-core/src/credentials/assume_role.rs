//! Credentials of a role, assumed with the keys of another provider.

use std::{fmt, time::Duration};

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{
    Credentials, CredentialsError, ProvideCredentials, SharedProvider, Sts, confined,
    sts::{Refusal, Signer, checked_length},
};
use crate::BoxFuture;

const ACTION: &str = "AssumeRole";
const SESSION_NAME: &str = "mps";
/// The service's own default.
const LENGTH: Duration = Duration::from_secs(7_200);

/// A provider that assumes a role with the keys of another provider.
///
/// Each request uses the network and takes at most 10 s: wrap this provider in
/// [`Cached`](super::Cached). Once per request, a wrong clock is corrected by the service's, and a
/// refused token of the other provider is replaced.
///
/// # Example
/// ```
/// # fn example(sts: mps_core::credentials::Sts) {
/// use std::{sync::Arc, time::Duration};
/// use mps_core::credentials::{AssumeRole, Cached, Credentials};
///
/// let keys = Arc::new(Credentials::new("AKIDEXAMPLE", "not a real key"));
/// let role = AssumeRole::new(sts, keys, "qcs::cam::uin/12345678:roleName/renderer")
///     .session_name("nightly")
///     .duration(Duration::from_secs(3_600));
/// let credentials = Cached::new(role);
/// # }
/// ```
#[derive(Clone)]
pub struct AssumeRole {
    sts: Sts,
    keys: SharedProvider,
    role_arn: String,
    session_name: String,
    duration: Duration,
    external_id: Option<String>,
    policy: Option<String>,
}

/// The parameters of a request.
struct Parameters {
    keys: Credentials,
    offset_s: i64,
}

impl AssumeRole {
    /// Returns a provider for the role `role_arn`, assumed with the keys of `keys`.
    #[must_use]
    pub fn new(sts: Sts, keys: SharedProvider, role_arn: impl Into<String>) -> Self {
        Self {
            sts,
            keys,
            role_arn: role_arn.into(),
            session_name: SESSION_NAME.to_owned(),
            duration: LENGTH,
            external_id: None,
            policy: None,
        }
    }

    /// Sets the name of the session in the account's audit log: 2 to 128 letters, digits and
    /// `_+=,.@-`. `mps` by default.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = name.into();
        self
    }

    /// Sets the lifetime of the credentials, in whole seconds up to 12 hours. 2 hours by default.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// Sets the external id that the owner of the role demands. None by default.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// Sets a policy, as JSON, that narrows the permissions of the credentials. None by default.
    #[must_use]
    pub fn policy(mut self, json: impl Into<String>) -> Self {
        self.policy = Some(json.into());
        self
    }

    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let parameters = self.parameters()?;
        let keys = self.keys.provide().await;
        let means = Parameters {
            keys: keys.map_err(|error| no_keys(&error))?,
            offset_s: 0,
        };
        let refusal = match self.ask(parameters.clone(), &means).await {
            Ok(lent) => return Ok(lent),
            Err(refusal) => refusal,
        };
        match self.remedied(&means, &refusal).await {
            Some(means) => self.ask(parameters, &means).await,
            None => Err(refusal),
        }
        .map_err(|refusal| refusal.without(&confidences(&means.keys)))
    }

    async fn ask(
        &self,
        parameters: Map<String, Value>,
        means: &Parameters,
    ) -> Result<Credentials, Refusal> {
        let signer = Signer::Keys(&means.keys);
        let lent = self.sts.call(ACTION, parameters, signer, means.offset_s);
        let lent = lent.await?.with_identity(&self.role_arn);
        Ok(match means.keys.file() {
            Some(file) => lent.with_file(file),
            None => lent,
        })
    }

    async fn remedied(&self, means: &Parameters, refusal: &Refusal) -> Option<Parameters> {
        if let Some(offset_s) = self.sts.clock_offset(refusal) {
            let keys = means.keys.clone();
            return Some(Parameters { keys, offset_s });
        }
        if refusal.code.as_deref() != Some("AuthFailure.TokenFailure") {
            return None;
        }
        let keys = self.keys.refresh(&means.keys).await.ok()?;
        let offset_s = means.offset_s;
        (!keys.is_same_as(&means.keys)).then_some(Parameters { keys, offset_s })
    }

    fn parameters(&self) -> Result<Map<String, Value>, CredentialsError> {
        let length = checked_length(self.duration)?;
        let mut parameters = Map::new();
        parameters.insert("DurationSeconds".into(), json!(length));
        if let Some(id) = &self.external_id {
            parameters.insert("ExternalId".into(), json!(id));
        }
        if let Some(policy) = &self.policy {
            // The service demands this form, in a JSON body too.
            let encoded: String = form_urlencoded::byte_serialize(policy.as_bytes()).collect();
            parameters.insert("Policy".into(), json!(encoded));
        }
        parameters.insert("RoleArn".into(), json!(self.role_arn));
        parameters.insert("RoleSessionName".into(), json!(self.session_name));
        Ok(parameters)
    }
}

fn no_keys(error: &CredentialsError) -> CredentialsError {
    error.reworded(|why| format!("no keys to assume the role with: {why}"))
}

fn confidences(keys: &Credentials) -> [&str; 2] {
    [keys.secret_key(), keys.token().unwrap_or_default()]
}

impl ProvideCredentials for AssumeRole {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.assume())
    }

    fn confined(&self) -> Option<SharedProvider> {
        if !self.sts.is_on_this_machine() {
            return Some(super::not_asked("the token service"));
        }
        let keys = confined(self.keys.clone());
        Some(std::sync::Arc::new(Self {
            keys,
            ..self.clone()
        }))
    }
}

impl fmt::Debug for AssumeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumeRole")
            .field("sts", &self.sts)
            .field("keys", &self.keys)
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
}
