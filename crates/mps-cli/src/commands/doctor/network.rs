//! Checks of the way to the service: endpoint, clock, site and proxy.

use std::{
    env,
    time::{Duration, SystemTime},
};

use http::{Request, header};
use mps_aigc::{Endpoint, models::service};
use mps_core::transport::{RequestBody, Transport as _, TransportError};

use super::{check::Check, is_remote};
use crate::{
    cautions,
    context::{self, Certificates, Context},
    failure::{Failure, TRUST_HINT, causes, is_about_trust},
    live::units,
    options::Site,
    outcome::Reason,
    secret_url,
};

/// The longest time for the answer to one request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A smaller difference is accepted by the service: five minutes, of which some are left.
const ACCEPTED_SKEW: Duration = Duration::from_secs(240);

/// The client corrects a difference up to this one by itself.
const CORRECTED_SKEW: Duration = Duration::from_secs(86_400);

const CLOCK_FIX: &str = "set the clock by the network: sudo timedatectl set-ntp true";

/// An answer of the endpoint to an unsigned request.
pub(super) struct Reached {
    elapsed: Duration,
    /// The difference of this machine's clock, and whether it is ahead.
    skew: Option<(Duration, bool)>,
}

/// Why the endpoint gave no answer.
pub(super) enum Unreachable {
    TimedOut,
    Failed(TransportError),
    Unusable(Box<Failure>),
}

/// Sends an unsigned request, which the service refuses and does not bill.
pub(super) async fn reach(endpoint: &Endpoint, context: &Context) -> Result<Reached, Unreachable> {
    let transport = context::transport(endpoint);
    let certificates = Certificates::of(endpoint, &transport).read().await;
    certificates.map_err(|error| Unreachable::Unusable(Box::new(error.into())))?;
    let request = Request::get(endpoint.as_str()).body(RequestBody::new(Vec::new()));
    let request = request.map_err(|error| {
        let failure = Failure::internal(format!("the endpoint is no URL: {error}"));
        Unreachable::Unusable(Box::new(failure))
    })?;
    let clock = &context.clock;
    let started = clock.monotonic();
    let response = tokio::select! {
        biased;
        response = transport.send(request) => response.map_err(Unreachable::Failed)?,
        () = clock.sleep(ANSWER_TIMEOUT) => return Err(Unreachable::TimedOut),
    };
    let elapsed = clock.monotonic().saturating_sub(started);
    let date = response.headers().get(header::DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    Ok(Reached {
        elapsed,
        skew: date.map(|date| difference(clock.wall(), date)),
    })
}

fn difference(here: SystemTime, there: SystemTime) -> (Duration, bool) {
    match here.duration_since(there) {
        Ok(ahead) => (ahead, true),
        Err(behind) => (behind.duration(), false),
    }
}

pub(super) fn endpoint(reached: &Result<Reached, Unreachable>, endpoint: &Endpoint) -> Check {
    let host = endpoint.host();
    let unreachable = |cause: &str| {
        let message = format!("{host} cannot be reached: {cause}");
        Check::error("endpoint", Reason::Trouble, message)
    };
    match reached {
        Ok(reached) => {
            let message = format!("{host} answers in {} ms", reached.elapsed.as_millis());
            match cautions::of_endpoint(endpoint) {
                Some(caution) => Check::warning("endpoint", format!("{message}; {caution}"))
                    .fix("use the vendor's: leave --endpoint and MPS_ENDPOINT out"),
                None => Check::ok("endpoint", message),
            }
        }
        Err(Unreachable::Unusable(failure)) => Check::failed("endpoint", failure),
        Err(Unreachable::TimedOut) => {
            let seconds = ANSWER_TIMEOUT.as_secs();
            unreachable(&format!("there is no answer within {seconds} s")).fix(reach_fix(endpoint))
        }
        Err(Unreachable::Failed(error)) => {
            let causes = causes(error);
            let last = causes.last().cloned();
            let cause = last.unwrap_or_else(|| error.to_string());
            let fix = if is_about_trust(&causes) {
                TRUST_HINT.to_owned()
            } else {
                reach_fix(endpoint)
            };
            unreachable(&cause).fix(fix)
        }
    }
}

fn reach_fix(endpoint: &Endpoint) -> String {
    if is_remote(endpoint) {
        format!(
            "check the network, or set HTTPS_PROXY; then try: curl -sS https://{}",
            endpoint.host()
        )
    } else {
        "start the emulator, and use the endpoint that it prints: mps emulator".to_owned()
    }
}

/// Returns the finding about the clock; none if its answer had no date.
pub(super) fn clock(reached: Option<&Reached>, endpoint: &Endpoint) -> Option<Check> {
    let (skew, is_ahead) = reached?.skew?;
    if skew < ACCEPTED_SKEW {
        return Some(Check::ok(
            "clock",
            "within the time that the service accepts",
        ));
    }
    let side = if is_ahead { "ahead of" } else { "behind" };
    let message = format!(
        "this machine is {} {side} {}",
        units::duration(skew),
        endpoint.host()
    );
    Some(if !is_remote(endpoint) {
        Check::ok("clock", format!("{message}, whose clock is set at will"))
    } else if skew <= CORRECTED_SKEW {
        let message = format!("{message}; each command corrects it after a refusal");
        Check::warning("clock", message).fix(CLOCK_FIX)
    } else {
        Check::error("clock", Reason::Usage, message).fix(CLOCK_FIX)
    })
}

/// Compares the site of the endpoint with the one that preflight and credentials follow.
pub(super) fn site(endpoint: &Endpoint, chosen: Option<Site>) -> Check {
    let mut sites = service::SITES.iter();
    let of_host = sites.find(|site| site.host == endpoint.host());
    let name = match (chosen, of_host) {
        (Some(chosen), _) => chosen.as_str(),
        (None, Some(site)) => site.name,
        (None, None) => mps_aigc::Site::default().as_str(),
    };
    match of_host {
        Some(site) if site.name != name => {
            let message = format!(
                "{} is of the site {}, and preflight follows {name}",
                endpoint.host(),
                site.name
            );
            Check::error("site", Reason::Usage, message)
                .fix(format!("choose the same one: --site {}", site.name))
        }
        Some(_) => Check::ok("site", format!("{name}, as the endpoint")),
        None => Check::ok("site", format!("{name}; the endpoint does not show one")),
    }
}

/// The variables that the client takes proxies from.
const PROXIES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

pub(super) fn proxy(endpoint: &Endpoint) -> Check {
    let set = PROXIES.iter().filter_map(|name| {
        let value = env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", secret_url::masked(&value)))
    });
    let set: Vec<_> = set.collect();
    if set.is_empty() {
        return Check::ok("proxy", "none is set");
    }
    let set = set.join(", ");
    if is_remote(endpoint) {
        Check::ok("proxy", set)
    } else {
        Check::ok("proxy", format!("{set}; not used for this machine"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::check::State;

    fn with_skew(seconds: u64) -> Reached {
        Reached {
            elapsed: Duration::ZERO,
            skew: Some((Duration::from_secs(seconds), true)),
        }
    }

    #[test]
    fn a_clock_is_judged_by_what_the_service_accepts_and_the_client_corrects() {
        let remote = Endpoint::default();
        let local = Endpoint::parse("http://127.0.0.1:1").unwrap();
        let state = |seconds, endpoint| clock(Some(&with_skew(seconds)), endpoint).unwrap().state;
        assert_eq!(state(100, &remote), State::Ok);
        assert_eq!(state(600, &remote), State::Warning);
        assert_eq!(state(100_000, &remote), State::Error);
        assert_eq!(state(100_000, &local), State::Ok);
        assert!(clock(None, &remote).is_none());
    }

    #[test]
    fn the_site_of_the_endpoint_must_be_the_chosen_one() {
        let cn = Endpoint::parse("https://mps.tencentcloudapi.com").unwrap();
        let check = site(&cn, Some(Site::Intl));
        assert_eq!(check.state, State::Error);
        assert_eq!(check.fix.as_deref(), Some("choose the same one: --site cn"));
        assert_eq!(site(&cn, Some(Site::Cn)).state, State::Ok);
        assert_eq!(site(&cn, None).state, State::Ok);
        let own = Endpoint::parse("https://gateway.example").unwrap();
        assert_eq!(site(&own, None).state, State::Ok);
    }
}
