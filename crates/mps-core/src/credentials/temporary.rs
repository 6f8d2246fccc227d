//! Temporary keys, as the metadata service and STS write them.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::Credentials;

/// A role's keys are valid for at most twelve hours; more than a day is a mistake of units or a
/// forgery.
const LONGEST_LIFE: Duration = Duration::from_secs(48 * 3_600);
/// Tokens of a few kilobytes exist.
const LONGEST: usize = 16 * 1024;

/// The member names of both services. All optional, so that a missing one can be named.
#[derive(Deserialize)]
pub(super) struct TemporaryKeys {
    #[serde(rename = "TmpSecretId")]
    id: Option<String>,
    #[serde(rename = "TmpSecretKey")]
    key: Option<String>,
    #[serde(rename = "Token")]
    token: Option<String>,
}

impl TemporaryKeys {
    /// Returns the keys if they are complete, can be sent and have not expired.
    ///
    /// `service_now` is the time by the clock to which `expires` (Unix seconds) belongs.
    pub(super) fn check(
        self,
        expires: Option<i64>,
        service_now: SystemTime,
        machine_now: SystemTime,
    ) -> Result<Credentials, String> {
        let id = fit("TmpSecretId", self.id)?;
        let key = fit("TmpSecretKey", self.key)?;
        let token = fit("Token", self.token)?;
        let life = life(expires.ok_or("it has no ExpiredTime")?, service_now)?;
        let end = machine_now
            .checked_add(life)
            .ok_or("ExpiredTime is absurd")?;
        Ok(Credentials::new(id, key).with_token(token).with_expiry(end))
    }
}

fn fit(name: &str, value: Option<String>) -> Result<String, String> {
    let value = value.unwrap_or_default();
    if value.is_empty() {
        return Err(format!("it has no {name}"));
    }
    if value.len() > LONGEST {
        let length = value.len();
        return Err(format!(
            "its {name} has {length} bytes, more than {LONGEST}"
        ));
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("its {name} has characters that no key has"));
    }
    Ok(value)
}

fn life(expires: i64, now: SystemTime) -> Result<Duration, String> {
    let seconds = u64::try_from(expires).unwrap_or_default();
    let end = SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .ok_or_else(|| format!("its ExpiredTime {expires} is absurd"))?;
    let life = end.duration_since(now).map_err(|past| {
        let ago = past.duration().as_secs();
        format!("it expired {ago} s ago, by this machine's clock")
    })?;
    if life > LONGEST_LIFE {
        let hours = life.as_secs() / 3_600;
        return Err(format!(
            "its ExpiredTime {expires} is {hours} hours ahead, and no such keys live that long"
        ));
    }
    Ok(life)
}
