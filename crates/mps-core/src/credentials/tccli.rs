//! Credentials of the vendor's command-line tool.

use std::{
    env, fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::Deserialize;
use serde_json::error::Category;

use super::{
    AssumeRole, Credentials, CredentialsError, CvmRole, ProvideCredentials, SharedProvider, Sts,
    file, shown,
};
use crate::{
    BoxFuture,
    clock::{SharedClock, SystemClock},
};

const PROFILE_VARIABLE: &str = "TCCLI_PROFILE";
const DEFAULT_PROFILE: &str = "default";

/// A provider that reads `~/.tccli/<profile>.credential`, which the vendor's command `tccli`
/// writes.
///
/// Keys that `tccli` got by a login (`oauth`, `sso`) are used until they expire; only `tccli`
/// itself renews them. For a profile with `role-arn` or of the type `cvm-role`, set the services to
/// ask with [`roles`](Self::roles).
#[derive(Clone)]
pub struct TccliCredentials {
    /// `None` without a home directory.
    file: Option<PathBuf>,
    profile: String,
    clock: SharedClock,
    roles: Roles,
}

#[derive(Clone)]
enum Roles {
    Ask(Box<(Sts, CvmRole)>),
    Confined,
    Unknown,
}

/// The contents of the file; every member may be missing or null.
#[derive(Deserialize)]
struct Contents {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "secretId")]
    secret_id: Option<String>,
    #[serde(rename = "secretKey")]
    secret_key: Option<String>,
    token: Option<String>,
    /// Unix seconds; a whole number or not.
    #[serde(rename = "expiresAt")]
    expires_at: Option<f64>,
    #[serde(rename = "role-arn")]
    role_arn: Option<String>,
    #[serde(rename = "role-session-name")]
    role_session_name: Option<String>,
}

impl TccliCredentials {
    /// Returns a provider for the profile `profile` of the file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, profile: impl Into<String>, clock: SharedClock) -> Self {
        Self {
            file: Some(path.into()),
            profile: profile.into(),
            clock,
            roles: Roles::Unknown,
        }
    }

    /// Returns a provider for the profile that `profile` names, or else `TCCLI_PROFILE`, or else
    /// `default`, in the home directory.
    #[must_use]
    pub fn from_environment(profile: Option<&str>) -> Self {
        let profile = profile.map(str::to_owned);
        let profile = profile.or_else(|| env::var(PROFILE_VARIABLE).ok());
        let profile = profile
            .filter(|profile| !profile.is_empty())
            .unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        Self {
            file: env::home_dir().map(|home| {
                let folder = home.join(".tccli");
                folder.join(format!("{profile}.credential"))
            }),
            profile,
            clock: SystemClock::shared(),
            roles: Roles::Unknown,
        }
    }

    /// Sets the services that issue the keys of profiles with a role.
    #[must_use]
    pub fn roles(mut self, sts: Sts, cvm: CvmRole) -> Self {
        self.roles = Roles::Ask(Box::new((sts, cvm)));
        self
    }

    async fn found(&self) -> Result<Credentials, CredentialsError> {
        self.provider().await?.provide().await
    }

    /// Returns the credentials of the profile, of any type.
    async fn provider(&self) -> Result<SharedProvider, CredentialsError> {
        let contents = self.contents().await?;
        match contents.kind.as_deref().unwrap_or_default() {
            "cvm-role" => match &self.roles {
                Roles::Ask(services) => Ok(Arc::new(services.1.clone())),
                roles => Err(self.no_role(roles)),
            },
            "" | "default" => self.keys_or_role(contents),
            kind @ ("oauth" | "sso") => {
                let hint = format!("log in again: tccli {} login", login_of(kind));
                self.keys_or_role(contents)
                    .map_err(|error| error.with_hint(hint))
            }
            other => Err(self
                .unusable(format!("the unknown type {}", shown(other)))
                .with_hint("known are oauth, sso, cvm-role and none")),
        }
    }

    async fn contents(&self) -> Result<Contents, CredentialsError> {
        if !is_name(&self.profile) {
            let message = format!("{} is no name of a tccli profile", shown(&self.profile));
            return Err(CredentialsError::absent(message));
        }
        let Some(path) = &self.file else {
            return Err(CredentialsError::absent("there is no home directory"));
        };
        let Some(text) = file::read(path).await? else {
            let message = format!("there is no {}", path.display());
            return Err(CredentialsError::absent(message));
        };
        serde_json::from_str(&text).map_err(|error| self.malformed(&error))
    }

    /// Serde's message could quote a key, so only the place is shown.
    fn malformed(&self, error: &serde_json::Error) -> CredentialsError {
        let what = match error.classify() {
            Category::Eof => "the JSON ends early",
            Category::Syntax | Category::Io => "not JSON",
            Category::Data => "a member there twice or not of its type",
        };
        let (line, column) = (error.line(), error.column());
        let message = format!("{}:{line}:{column}: {what}", self.place());
        CredentialsError::unusable(message)
            .with_hint("write it again: tccli configure, or tccli auth login")
    }

    fn keys_or_role(&self, contents: Contents) -> Result<SharedProvider, CredentialsError> {
        let role_arn = contents.role_arn.clone().filter(|arn| !arn.is_empty());
        let session = contents.role_session_name.clone();
        let keys = self.keys(contents)?;
        let Some(role_arn) = role_arn else {
            return Ok(Arc::new(keys));
        };
        let Roles::Ask(services) = &self.roles else {
            return Err(self.no_role(&self.roles));
        };
        let role = AssumeRole::new(services.0.clone(), Arc::new(keys), role_arn);
        Ok(Arc::new(match session.filter(|name| !name.is_empty()) {
            Some(name) => role.session_name(name),
            None => role,
        }))
    }

    fn keys(&self, contents: Contents) -> Result<Credentials, CredentialsError> {
        let id = self.fit("secretId", contents.secret_id)?;
        let key = self.fit("secretKey", contents.secret_key)?;
        let token = self.fit("token", contents.token)?;
        let credentials = match (id, key) {
            (Some(id), Some(key)) => Credentials::new(id, key),
            (None, None) => {
                let message = format!("{}: there are no keys in it", self.place());
                return Err(CredentialsError::absent(message));
            }
            (None, Some(_)) => return Err(self.unusable("it has no secretId")),
            (Some(_), None) => return Err(self.unusable("it has no secretKey")),
        };
        let credentials = match &self.file {
            Some(file) => credentials.with_file(file),
            None => credentials,
        };
        let credentials = match token {
            // A later login of the same profile has other keys.
            Some(token) => credentials
                .with_token(token)
                .with_identity(format!("tccli profile {}", self.profile)),
            None => credentials,
        };
        match contents.expires_at {
            Some(end) => Ok(credentials.with_expiry(self.end(end)?)),
            None => Ok(credentials),
        }
    }

    fn fit(&self, name: &str, value: Option<String>) -> Result<Option<String>, CredentialsError> {
        let value = value.filter(|value| !value.is_empty());
        if value
            .as_ref()
            .is_none_or(|value| value.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Ok(value);
        }
        Err(self.unusable(format!("its {name} has characters that no key has")))
    }

    fn end(&self, unix_seconds: f64) -> Result<SystemTime, CredentialsError> {
        let end = Duration::try_from_secs_f64(unix_seconds).ok();
        let end = end.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        let end = end.ok_or_else(|| self.unusable("its expiresAt is no time"))?;
        match self.clock.wall().duration_since(end) {
            Err(_) => Ok(end),
            Ok(ago) => Err(self.unusable(format!("its keys expired {} s ago", ago.as_secs()))),
        }
    }

    fn no_role(&self, roles: &Roles) -> CredentialsError {
        match roles {
            Roles::Confined => CredentialsError::absent(format!(
                "{}: its role was not asked for, since this client reaches this machine only",
                self.place()
            )),
            _ => self
                .unusable("it is for a role, and no service was set that issues its keys")
                .with_hint("call `roles` on the provider"),
        }
    }

    fn unusable(&self, why: impl fmt::Display) -> CredentialsError {
        CredentialsError::unusable(format!("{}: {why}", self.place()))
    }

    fn place(&self) -> String {
        let file = self.file.as_ref();
        file.map_or_else(String::new, |file| file.display().to_string())
    }
}

fn login_of(kind: &str) -> &str {
    if kind == "oauth" { "auth" } else { kind }
}

/// Checks that a name does not lead to another folder.
fn is_name(profile: &str) -> bool {
    !profile.contains(['/', '\\', ':', '\0']) && profile != ".."
}

impl ProvideCredentials for TccliCredentials {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.found())
    }

    fn confined(&self) -> Option<SharedProvider> {
        Some(Arc::new(Self {
            roles: Roles::Confined,
            ..self.clone()
        }))
    }
}

impl fmt::Debug for TccliCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TccliCredentials")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
