//! The choice between several endpoints of one site.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use mps_models::Effect;

use super::{
    BreakerPolicy, BreakerState, Endpoint,
    breaker::{Admission, Breaker, Outcome},
};
use crate::{
    error::{Error, ErrorKind},
    sync::lock,
};

/// The endpoints to use when the preferred one fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failover {
    pub(crate) fallbacks: Vec<Endpoint>,
    pub(crate) policy: BreakerPolicy,
}

/// The endpoints of a client, the preferred one first, each with its circuit breaker.
///
/// A single endpoint has no breaker, because there is no other one to use.
#[derive(Debug)]
pub(crate) struct Route {
    preferred: Endpoint,
    fallbacks: Vec<Endpoint>,
    /// In the order of the endpoints.
    breakers: Mutex<Vec<Breaker>>,
}

/// An endpoint of a route.
#[derive(Clone, Debug)]
pub(crate) struct RouteEndpoint {
    route: Arc<Route>,
    index: usize,
}

impl RouteEndpoint {
    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.route.endpoint(self.index)
    }
}

/// One attempt's use of an endpoint. Dropped without [`settle`](Self::settle), it counts as
/// inconclusive.
#[derive(Debug)]
pub(crate) struct EndpointLease {
    of: RouteEndpoint,
    /// Taken by `settle`.
    admission: Option<Admission>,
}

impl Route {
    /// # Errors
    /// [`ErrorKind::Config`] when the endpoints are not all of one site, not all on this machine or
    /// all elsewhere, or not all different.
    pub(crate) fn new(preferred: Endpoint, failover: Failover) -> Result<Self, Error> {
        let fallbacks = failover.fallbacks;
        for (earlier, fallback) in fallbacks.iter().enumerate() {
            belong_together(&preferred, fallback)?;
            let mut before = fallbacks.iter().take(earlier).chain([&preferred]);
            if before.any(|other| other.url == fallback.url) {
                let message = format!("the access point {fallback} is listed twice");
                return Err(Error::new(ErrorKind::Config, message)
                    .with_hint("give each access point of the failover once"));
            }
        }
        let count = if fallbacks.is_empty() {
            0
        } else {
            fallbacks.len() + 1
        };
        let breakers = (0..count).map(|_| Breaker::new(failover.policy)).collect();
        Ok(Self {
            preferred,
            fallbacks,
            breakers: Mutex::new(breakers),
        })
    }

    pub(crate) fn preferred(&self) -> &Endpoint {
        &self.preferred
    }

    fn endpoint(&self, index: usize) -> &Endpoint {
        let fallback = index
            .checked_sub(1)
            .and_then(|index| self.fallbacks.get(index));
        fallback.unwrap_or(&self.preferred)
    }

    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        [&self.preferred].into_iter().chain(&self.fallbacks)
    }

    /// Leases the endpoint for an attempt that starts now: the first one whose breaker is closed, or
    /// due to be probed.
    ///
    /// A paid create never probes while another endpoint is closed, because a probe that fails half
    /// way leaves the create in doubt. When all breakers are open, the one that opens up first is
    /// used all the same: without an attempt nothing is gained.
    pub(crate) fn lease(
        self: &Arc<Self>,
        effect: Effect,
        now: impl FnOnce() -> Duration,
    ) -> EndpointLease {
        let (index, admission) = self.choose(effect, now).unwrap_or((0, Admission::Regular));
        EndpointLease {
            of: RouteEndpoint {
                route: self.clone(),
                index,
            },
            admission: Some(admission),
        }
    }

    fn choose(&self, effect: Effect, now: impl FnOnce() -> Duration) -> Option<(usize, Admission)> {
        if self.fallbacks.is_empty() {
            return None;
        }
        let now = now();
        let mut breakers = self.breakers();
        let closed = |breaker: &Breaker| breaker.state() == BreakerState::Closed;
        let may_probe = effect == Effect::Read || !breakers.iter().any(closed);
        for (index, breaker) in breakers.iter_mut().enumerate() {
            if closed(breaker) {
                return Some((index, Admission::Regular));
            }
            if let Some(probe) = may_probe.then(|| breaker.probe(now)).flatten() {
                return Some((index, probe));
            }
        }
        let rests = breakers.iter().enumerate();
        let ends = rests.filter_map(|(index, breaker)| Some((breaker.open_until()?, index)));
        ends.min().map(|(_, index)| (index, Admission::Regular))
    }

    fn settle(
        &self,
        index: usize,
        admission: Admission,
        outcome: Outcome,
        now: Duration,
    ) -> Option<BreakerState> {
        let mut breakers = self.breakers();
        let breaker = breakers.get_mut(index)?;
        let before = breaker.state();
        breaker.settle(admission, outcome, now);
        let after = breaker.state();
        (before != after).then_some(after)
    }

    fn breakers(&self) -> MutexGuard<'_, Vec<Breaker>> {
        lock(&self.breakers)
    }
}

impl EndpointLease {
    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.of.endpoint()
    }

    /// Returns the endpoint, to be kept longer than the lease.
    pub(crate) fn route_endpoint(&self) -> RouteEndpoint {
        self.of.clone()
    }

    /// Returns whether this attempt probes its endpoint.
    pub(crate) fn is_probe(&self) -> bool {
        matches!(self.admission, Some(Admission::Probe(_)))
    }

    /// Reports the outcome of the attempt. Returns the new state of the breaker, if it changed.
    pub(crate) fn settle(&mut self, outcome: Outcome, now: Duration) -> Option<BreakerState> {
        let admission = self.admission.take()?;
        let RouteEndpoint { route, index } = &self.of;
        route.settle(*index, admission, outcome, now)
    }
}

impl Drop for EndpointLease {
    fn drop(&mut self) {
        if let Some(admission) = self.admission.take() {
            let RouteEndpoint { route, index } = &self.of;
            route.settle(*index, admission, Outcome::Inconclusive, Duration::ZERO);
        }
    }
}

fn belong_together(one: &Endpoint, other: &Endpoint) -> Result<(), Error> {
    let refuse =
        |message: String, hint: &str| Err(Error::new(ErrorKind::Config, message).with_hint(hint));
    if one.is_loopback() && other.is_loopback() {
        return Ok(());
    }
    if one.is_loopback() || other.is_loopback() {
        return refuse(
            format!("a failover from {one} to {other} leaves this machine or enters it"),
            "an emulator and the paid service do not stand in for each other",
        );
    }
    match (one.site, other.site) {
        (Some(a), Some(b)) if a == b => Ok(()),
        (Some(a), Some(b)) => refuse(
            format!(
                "a failover from {one} (site {}) to {other} (site {}) changes the site",
                a.as_str(),
                b.as_str()
            ),
            "keys and tasks of one site are unknown to the other",
        ),
        (site, _) => refuse(
            format!(
                "the site of the access point {} is not known",
                if site.is_none() { one } else { other }
            ),
            "state it with Endpoint::of_site; a failover stays on one site",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Site;

    fn regional(region: &str) -> Endpoint {
        Endpoint::regional(Site::Intl, region).unwrap()
    }

    fn route() -> Arc<Route> {
        let failover = Failover {
            fallbacks: vec![regional("ap-singapore"), regional("ap-tokyo")],
            ..Failover::default()
        };
        Arc::new(Route::new(Endpoint::site(Site::Intl), failover).unwrap())
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(route: &Arc<Route>, times: u32, now: Duration) {
        for _ in 0..times {
            let mut lease = route.lease(Effect::Read, || now);
            lease.settle(Outcome::Failed, now);
        }
    }

    fn next(route: &Arc<Route>, effect: Effect, now: Duration) -> String {
        route.lease(effect, || now).endpoint().host().to_owned()
    }

    #[test]
    fn traffic_fails_over_and_returns() {
        let route = route();
        fail(&route, 3, at(0));
        assert!(next(&route, Effect::PaidCreate, at(1)).contains("ap-singapore"));
        fail(&route, 3, at(1));
        assert!(next(&route, Effect::PaidCreate, at(2)).contains("ap-tokyo"));
        let mut probe = route.lease(Effect::Read, || at(30));
        assert!(probe.is_probe());
        assert_eq!(probe.endpoint().host(), "mps.intl.tencentcloudapi.com");
        assert_eq!(
            probe.settle(Outcome::Answered, at(31)),
            Some(BreakerState::Closed)
        );
        assert!(next(&route, Effect::PaidCreate, at(31)).contains("intl"));
    }

    #[test]
    fn a_paid_create_probes_only_when_no_breaker_is_closed() {
        let route = route();
        fail(&route, 3, at(0));
        assert!(next(&route, Effect::PaidCreate, at(100)).contains("ap-singapore"));
        fail(&route, 6, at(1));
        let probe = route.lease(Effect::PaidCreate, || at(100));
        assert!(probe.is_probe());
    }

    #[test]
    fn with_every_breaker_open_the_first_to_end_its_pause_is_used() {
        let route = route();
        fail(&route, 3, at(0));
        fail(&route, 3, at(1));
        fail(&route, 3, at(2));
        let lease = route.lease(Effect::PaidCreate, || at(3));
        assert!(!lease.is_probe());
        assert_eq!(lease.endpoint().host(), "mps.intl.tencentcloudapi.com");
    }

    #[test]
    fn a_dropped_probe_admits_another() {
        let route = route();
        fail(&route, 3, at(0));
        drop(route.lease(Effect::Read, || at(30)));
        assert!(route.lease(Effect::Read, || at(30)).is_probe());
    }

    #[test]
    fn a_single_endpoint_is_always_leased() {
        let route = Arc::new(Route::new(Endpoint::default(), Failover::default()).unwrap());
        fail(&route, 100, at(0));
        assert_eq!(
            route.lease(Effect::Read, || at(0)).endpoint(),
            route.preferred()
        );
    }

    #[test]
    fn endpoints_of_different_sites_or_machines_are_refused() {
        let parse = |url| Endpoint::parse(url).unwrap();
        let custom = || parse("https://gateway.example.com");
        for (preferred, fallback, why) in [
            (
                Endpoint::site(Site::Intl),
                Endpoint::site(Site::Cn),
                "changes the site",
            ),
            (
                regional("ap-seoul"),
                Endpoint::regional(Site::Cn, "ap-tokyo").unwrap(),
                "changes the site",
            ),
            (
                Endpoint::default(),
                parse("http://127.0.0.1:1"),
                "leaves this machine",
            ),
            (
                parse("http://localhost:1"),
                Endpoint::default(),
                "leaves this machine",
            ),
            (Endpoint::default(), custom(), "gateway.example.com/ is not"),
            (custom(), Endpoint::default(), "gateway.example.com/ is not"),
            (Endpoint::default(), Endpoint::default(), "listed twice"),
        ] {
            let failover = Failover {
                fallbacks: vec![fallback],
                ..Failover::default()
            };
            let error = Route::new(preferred, failover).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert!(error.hint().is_some());
        }
        let stated = Failover {
            fallbacks: vec![custom().of_site(Site::Intl)],
            ..Failover::default()
        };
        assert!(Route::new(Endpoint::default(), stated).is_ok());
        let emulators = Failover {
            fallbacks: vec![parse("http://127.0.0.1:2")],
            ..Failover::default()
        };
        assert!(Route::new(parse("http://127.0.0.1:1"), emulators).is_ok());
    }
}
