//! The error for keys that are not found.

use mps_aigc::credentials::CredentialsError;
use mps_core::ErrorKind;

use crate::{
    failure::Failure,
    foreign_text,
    outcome::{Outcome, Reason},
};

const NO_CREDENTIALS_HINT: &str = "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY (or write ~/.tencentcloud/credentials), \
     or try it without an account: --emulator";

impl Failure {
    pub(super) fn no_credentials(error: &CredentialsError, profile: Option<&str>) -> Self {
        let failure = |message: String| {
            let outcome = Outcome::NotCreated(Reason::Credentials);
            Self::new(outcome, ErrorKind::Credentials.as_str(), message)
        };
        if let Some(profile) = profile.filter(|_| error.is_absent()) {
            let name = foreign_text::name(profile);
            let message = format!("there is no profile {name}: {error}");
            return failure(message).hint(format!(
                "write a section [{name}] with secret_id and secret_key into \
                 ~/.tencentcloud/credentials, or run: tccli configure --profile {name}; or leave \
                 --profile out"
            ));
        }
        let failure = failure(error.to_string());
        failure.hint(match error.hint() {
            Some(hint) => format!("{hint}; else {NO_CREDENTIALS_HINT}"),
            None => NO_CREDENTIALS_HINT.to_owned(),
        })
    }
}
