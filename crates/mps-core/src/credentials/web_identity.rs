//! Credentials of a role, assumed with a token of another identity provider (OIDC).

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    Credentials, CredentialsError, ProvideCredentials, SharedProvider, Sts, file,
    sts::{Signer, checked_length},
};
use crate::BoxFuture;

const ACTION: &str = "AssumeRoleWithWebIdentity";
const SESSION_NAME: &str = "mps";
const LENGTH: Duration = Duration::from_secs(7_200);

const REGION: &str = "TKE_REGION";
const PROVIDER_ID: &str = "TKE_PROVIDER_ID";
const TOKEN_FILE: &str = "TKE_WEB_IDENTITY_TOKEN_FILE";
const ROLE_ARN: &str = "TKE_ROLE_ARN";

/// A provider that assumes a role with the token in a file, as pods of the vendor's Kubernetes
/// service (TKE) do.
///
/// The file is read for each request, because the issuer of the token replaces it. Each request
/// uses the network and takes at most 10 s: wrap this provider in [`Cached`](super::Cached).
#[derive(Clone, Debug)]
pub struct WebIdentity {
    sts: Sts,
    provider_id: String,
    token_file: PathBuf,
    role_arn: String,
    session_name: String,
    duration: Duration,
}

impl WebIdentity {
    /// Returns a provider for the role `role_arn`, for tokens of the identity provider
    /// `provider_id`.
    #[must_use]
    pub fn new(
        sts: Sts,
        provider_id: impl Into<String>,
        token_file: impl Into<PathBuf>,
        role_arn: impl Into<String>,
    ) -> Self {
        Self {
            sts,
            provider_id: provider_id.into(),
            token_file: token_file.into(),
            role_arn: role_arn.into(),
            session_name: SESSION_NAME.to_owned(),
            duration: LENGTH,
        }
    }

    /// Returns the provider that TKE describes to its pods in `TKE_REGION`, `TKE_PROVIDER_ID`,
    /// `TKE_WEB_IDENTITY_TOKEN_FILE` and `TKE_ROLE_ARN`. The region is that of the token service.
    ///
    /// # Errors
    /// Absent when none of them is set; unusable when only some are.
    pub fn from_environment(sts: Sts) -> Result<Self, CredentialsError> {
        Self::from_variables(sts, |name| std::env::var(name).ok())
    }

    pub(super) fn from_variables(
        sts: Sts,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialsError> {
        let names = [REGION, PROVIDER_ID, TOKEN_FILE, ROLE_ARN];
        let values = names.map(|name| read(name).unwrap_or_default().trim().to_owned());
        let missing: Vec<_> = names
            .iter()
            .zip(&values)
            .filter(|(_, value)| value.is_empty())
            .map(|(name, _)| *name)
            .collect();
        if missing.len() == names.len() {
            return Err(CredentialsError::absent(format!("{ROLE_ARN} is not set")));
        }
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("a TKE role needs {missing} too");
            return Err(CredentialsError::unusable(message).with_hint("set all four, or none"));
        }
        let [region, provider_id, token_file, role_arn] = values;
        Ok(Self::new(
            sts.region(region),
            provider_id,
            token_file,
            role_arn,
        ))
    }

    /// Sets the name of the session in the account's audit log. `mps` by default.
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

    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let length = checked_length(self.duration)?;
        let token = token(&self.token_file).await?;
        let parameters = self.parameters(&token, length);
        let lent = self.sts.call(ACTION, parameters, Signer::Nobody, 0).await;
        let lent = lent.map_err(|refusal| refusal.without(&[&token]))?;
        Ok(lent.with_identity(&self.role_arn))
    }

    fn parameters(&self, token: &str, length: u64) -> Map<String, Value> {
        let mut parameters = Map::new();
        for (name, value) in [
            ("ProviderId", json!(self.provider_id)),
            ("WebIdentityToken", json!(token)),
            ("RoleArn", json!(self.role_arn)),
            ("RoleSessionName", json!(self.session_name)),
            ("DurationSeconds", json!(length)),
        ] {
            parameters.insert(name.to_owned(), value);
        }
        parameters
    }
}

async fn token(path: &Path) -> Result<Zeroizing<String>, CredentialsError> {
    let unusable = |why: &str| {
        let message = format!("the web identity token {}: {why}", path.display());
        CredentialsError::unusable(message).with_hint("is the volume with the token mounted?")
    };
    let text = file::read(path).await?;
    let text = text.ok_or_else(|| unusable("the file does not exist"))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(unusable("the file is empty"));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable("the file has more than a token in it"));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

impl ProvideCredentials for WebIdentity {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.assume())
    }

    fn confined(&self) -> Option<SharedProvider> {
        let is_here = self.sts.is_on_this_machine();
        (!is_here).then(|| super::not_asked("the token service"))
    }
}
