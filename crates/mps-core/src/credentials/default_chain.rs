//! The default sources of credentials.

use std::{env, sync::Arc};

use super::{
    AssumeRole, Cached, Chain, CvmRole, EnvironmentCredentials, ProfileCredentials, SharedProvider,
    Sts, TccliCredentials, WebIdentity, confined, default_transport,
};
use crate::{
    clock::{SharedClock, SystemClock},
    endpoint::Site,
    transport::Transport,
};

const DEFAULT_PROFILE: &str = "default";
const CVM_ROLE: &str = "TENCENTCLOUD_CVM_ROLE";
/// The value that leaves the role's name to the metadata service.
const ANY_ROLE: &str = "auto";
const ROLE_ARN: &str = "TENCENTCLOUD_ROLE_ARN";
const ROLE_SESSION_NAME: &str = "TENCENTCLOUD_ROLE_SESSION_NAME";

/// The usual sources in the usual order, behind one [`Cached`].
///
/// | source | used |
/// |---|---|
/// | `TENCENTCLOUD_SECRET_ID`, `_SECRET_KEY`, and `_TOKEN`, `_SECURITY_TOKEN` or `_SESSION_TOKEN` | always |
/// | the file `TENCENTCLOUD_CREDENTIALS_FILE` names, else `~/.tencentcloud/credentials`, else `/etc/tencentcloud/credentials` | always |
/// | `~/.tccli/<profile>.credential`, the profile from `TCCLI_PROFILE` | always |
/// | a TKE pod's role | where `TKE_ROLE_ARN` is set |
/// | a CVM instance's role | where `TENCENTCLOUD_CVM_ROLE` is set: its name, or `auto` |
///
/// With `TENCENTCLOUD_ROLE_ARN` (and `TENCENTCLOUD_ROLE_SESSION_NAME`) the keys of the first three
/// only serve to assume that role. With a [`profile`](Self::profile) only the two files are read,
/// for the profile of that name.
///
/// The metadata service of a CVM is asked only where the variable says so, because on other
/// networks its name could belong to a stranger's machine.
///
/// # Example
/// ```
/// use mps_core::{Client, credentials::DefaultChain};
///
/// # fn example() -> Result<(), mps_core::Error> {
/// let client = Client::builder()
///     .credentials(DefaultChain::new().from_environment())
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct DefaultChain {
    profile: Option<String>,
    site: Site,
    transport: Option<Arc<dyn Transport>>,
    metadata_transport: Option<Arc<dyn Transport>>,
    clock: Option<SharedClock>,
    is_confined: bool,
}

impl DefaultChain {
    /// Returns the usual sources, for the international site.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts the chain to the profile of this name in the two kinds of files.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Sets the site whose token service is asked for roles. The international site by default.
    #[must_use]
    pub fn site(mut self, site: Site) -> Self {
        self.site = site;
        self
    }

    /// Sets the transport to the token service. The default is that of the feature `reqwest`.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Sets the transport to the metadata service, which should use no proxy. The default is that
    /// of the feature `reqwest`.
    #[must_use]
    pub fn metadata_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.metadata_transport = Some(transport);
        self
    }

    /// Sets the source of time. The machine's clocks by default.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Restricts the chain to this machine, whatever the environment says.
    #[must_use]
    pub fn confined(mut self) -> Self {
        self.is_confined = true;
        self
    }

    /// Returns the provider, with the sources that the environment names. The sources themselves
    /// are read when credentials are needed, and errors in them are returned then.
    #[must_use]
    pub fn from_environment(self) -> Cached<SharedProvider> {
        let read = |name: &str| {
            let value = env::var(name).ok()?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let chain: SharedProvider = Arc::new(self.places(read));
        let chain = if self.is_confined {
            confined(chain)
        } else {
            chain
        };
        Cached::with_clock(chain, self.shared_clock())
    }

    fn places(&self, read: impl Fn(&str) -> Option<String>) -> Chain {
        if let Some(profile) = &self.profile {
            return self.files(Chain::new(), Some(profile));
        }
        let keys = Chain::new().then(EnvironmentCredentials::from_environment());
        self.roles(self.files(keys, None), read)
    }

    fn roles(&self, keys: Chain, read: impl Fn(&str) -> Option<String>) -> Chain {
        let chain = match read(ROLE_ARN) {
            Some(arn) => Chain::new().then(self.role(keys, arn, read(ROLE_SESSION_NAME))),
            None => keys,
        };
        let chain = match WebIdentity::from_variables(self.sts(), &read) {
            Ok(role) => chain.then(role),
            Err(reason) if reason.is_absent() => chain,
            Err(reason) => chain.then(reason),
        };
        match read(CVM_ROLE) {
            Some(role) => chain.then(self.cvm_role(&role)),
            None => chain,
        }
    }

    fn files(&self, chain: Chain, profile: Option<&str>) -> Chain {
        let section = profile.unwrap_or(DEFAULT_PROFILE);
        let tccli = TccliCredentials::from_environment(profile);
        let tccli = tccli.roles(self.sts(), self.metadata());
        chain
            .then(ProfileCredentials::from_environment(section))
            .then(tccli)
    }

    fn role(&self, keys: Chain, arn: String, session: Option<String>) -> AssumeRole {
        let role = AssumeRole::new(self.sts(), Arc::new(keys), arn);
        match session {
            Some(name) => role.session_name(name),
            None => role,
        }
    }

    fn cvm_role(&self, role: &str) -> CvmRole {
        match role {
            ANY_ROLE => self.metadata(),
            name => self.metadata().role(name),
        }
    }

    fn sts(&self) -> Sts {
        let transport = self.transport.clone();
        let transport = transport.unwrap_or_else(default_transport::for_sts);
        Sts::new(transport, self.shared_clock()).site(self.site)
    }

    fn metadata(&self) -> CvmRole {
        let transport = self.metadata_transport.clone();
        let transport = transport.unwrap_or_else(default_transport::for_metadata);
        CvmRole::new(transport, self.shared_clock())
    }

    fn shared_clock(&self) -> SharedClock {
        self.clock.clone().unwrap_or_else(SystemClock::shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::TestClock,
        credentials::{Credentials, ProvideCredentials as _},
        transport::{Reply, ScriptedTransport},
    };

    const NOW: u64 = 1_771_125_945;

    fn chain(transport: &ScriptedTransport) -> DefaultChain {
        let transport: Arc<dyn Transport> = Arc::new(transport.clone());
        DefaultChain::new()
            .transport(transport.clone())
            .metadata_transport(transport)
            .clock(Arc::new(TestClock::new(NOW)))
    }

    fn given(variables: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn role(id: &str) -> Reply {
        Reply::json(format!(
            r#"{{"TmpSecretId":"{id}","TmpSecretKey":"k","Token":"t","ExpiredTime":{},"Code":"Success"}}"#,
            NOW + 7_200
        ))
    }

    #[tokio::test]
    async fn a_machines_role_is_asked_for_only_where_the_variable_says_so() {
        let transport = ScriptedTransport::new([Reply::json("renderer"), role("AKIDrole")]);
        assert!(
            chain(&transport)
                .roles(Chain::new(), given(&[]))
                .provide()
                .await
                .is_err()
        );
        assert_eq!(transport.requests().len(), 0);

        let any = chain(&transport).roles(Chain::new(), given(&[(CVM_ROLE, ANY_ROLE)]));
        let credentials = any.provide().await.unwrap();
        assert_eq!(credentials.secret_id(), "AKIDrole");
        assert_eq!(credentials.identity(), Some("renderer"));
        let asked = transport.requests()[1].uri().to_string();
        assert!(asked.ends_with("/security-credentials/renderer"), "{asked}");
    }

    #[tokio::test]
    async fn half_a_pod_role_is_a_mistake() {
        let transport = ScriptedTransport::new([]);
        let half = chain(&transport).roles(Chain::new(), given(&[("TKE_ROLE_ARN", "arn")]));
        let error = half.provide().await.unwrap_err();
        assert!(!error.is_absent());
        assert_eq!(
            error.to_string(),
            "a TKE role needs TKE_REGION, TKE_PROVIDER_ID, TKE_WEB_IDENTITY_TOKEN_FILE too"
        );
    }

    #[tokio::test]
    async fn keys_serve_to_assume_the_role_that_the_environment_names() {
        let lent = format!(
            r#"{{"Response":{{"Credentials":{{"TmpSecretId":"AKIDlent","TmpSecretKey":"k","Token":"t"}},"ExpiredTime":{},"RequestId":"r"}}}}"#,
            NOW + 7_200
        );
        let transport = ScriptedTransport::new([Reply::json(lent)]);
        let keys = Chain::new().then(Credentials::new("AKIDown", "k"));
        let variables = given(&[(ROLE_ARN, "arn"), (ROLE_SESSION_NAME, "nightly")]);
        let found = chain(&transport).roles(keys, variables).provide().await;
        assert_eq!(found.unwrap().secret_id(), "AKIDlent");
        let request = &transport.requests()[0];
        assert_eq!(request.uri().host(), Some("sts.intl.tencentcloudapi.com"));
        let body = String::from_utf8_lossy(request.body());
        assert!(body.contains(r#""RoleSessionName":"nightly""#), "{body}");
    }

    #[tokio::test]
    async fn a_confined_chain_asks_nobody() {
        let transport = ScriptedTransport::new([Reply::json("renderer"), role("AKIDrole")]);
        let places = chain(&transport).roles(Chain::new(), given(&[(CVM_ROLE, ANY_ROLE)]));
        let error = confined(Arc::new(places)).provide().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no credentials found: the metadata service was not asked, since this client reaches this machine only"
        );
        assert_eq!(transport.requests().len(), 0);
    }
}
