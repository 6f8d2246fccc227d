//! The account that a limit, a repeat guard or a cap is for.

use mps_aigc::{Credentials, Endpoint};
use mps_core::limit::Account;

use crate::options::GlobalOptions;

/// Returns the account that a command works for: the one given as `--account`, else the profile, else
/// the identity of temporary credentials, which stays the same when they are renewed, else the secret
/// id.
pub(crate) fn of(global: &GlobalOptions, credentials: &Credentials) -> Account {
    match (&global.account, &global.profile) {
        (Some(name), _) => Account::from_name(name),
        (None, Some(profile)) => Account::from_profile(profile),
        (None, None) => Account::from_credentials(credentials),
    }
}

/// Returns the name of the account at an endpoint, by which a shared limiter distinguishes it.
pub(crate) fn scope(
    global: &GlobalOptions,
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> String {
    of(global, credentials).at(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_lasting_name_of_the_account_counts() {
        let endpoint = Endpoint::default();
        let host = endpoint.host();
        let lasting = Credentials::new("id", "key");
        let renewed = |id: &str| {
            Credentials::new(id, "key")
                .with_token("t")
                .with_identity("role")
        };
        let mut global = GlobalOptions::default();
        assert_eq!(scope(&global, &endpoint, &lasting), format!("{host} id"));
        let first = scope(&global, &endpoint, &renewed("a"));
        assert_eq!(first, format!("{host} identity=role"));
        assert_eq!(first, scope(&global, &endpoint, &renewed("b")));
        global.profile = Some("studio".to_owned());
        let profile = scope(&global, &endpoint, &lasting);
        assert_eq!(profile, format!("{host} profile=studio"));
        global.account = Some("main".to_owned());
        let account = scope(&global, &endpoint, &lasting);
        assert_eq!(account, format!("{host} account=main"));
        assert_eq!(account, scope(&global, &endpoint, &renewed("a")));
    }
}
