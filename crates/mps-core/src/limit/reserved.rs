//! A few starts that need nobody's answer, set aside from a limit that is shared.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, TooLong, WINDOW,
    line::{Line, Lines},
};
use crate::{BoxFuture, clock::SharedClock, telemetry};

/// What is set aside of a limit: `share` starts in any one second for each of `owners`.
///
/// Every owner states the same. Of a limit of N, all of them share what is left over,
/// N − `owners` × `share`; where nothing would be left over, nothing is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// How many starts in any one second each owner keeps for itself.
    pub share: u32,
    /// The most owners there ever are within one second. While hosts are replaced, both the old
    /// and the new one count.
    pub owners: u32,
}

impl Reserve {
    /// What is left of a limit for all to share; `None` when nothing is set aside.
    fn rest(self, limit: u32) -> Option<u32> {
        let reserved = self.share.checked_mul(self.owners)?;
        let rest = limit.checked_sub(reserved)?;
        (reserved > 0 && rest > 0).then_some(rest)
    }
}

/// A [`Limiter`] that goes on, more slowly, while the one it shares with others cannot be asked.
///
/// The limit is split once and for all: what each owner keeps is never handed out by the shared
/// limiter. So it does not matter who can reach that and who cannot, when it goes away and when it
/// comes back: the parts are limits of their own, and add up to the whole. A caller takes
/// whichever start comes first, its owner's or a shared one.
///
/// It costs no rate while all owners are busy. What an idle owner keeps is lost to the others:
/// one that works alone reaches N − (`owners` − 1) × `share`. While the shared limiter is away,
/// each has its `share`.
///
/// Whoever stands behind `own` is an owner: a process with a [`LocalLimiter`](super::LocalLimiter),
/// a machine with a `FileLimiter`. In its first second an owner only shares, since its predecessor
/// may have started something just before.
///
/// ```
/// use mps_core::{clock::SystemClock, limit::{LocalLimiter, Reserve, Reserved}};
///
/// let clock = SystemClock::shared();
/// let fleet = LocalLimiter::new(clock.clone()); // stands for a `RedisLimiter`
/// // Of ten starts a second, six for all and one for each of at most four processes.
/// let reserve = Reserve { share: 1, owners: 4 };
/// let limiter = Reserved::new(fleet, LocalLimiter::new(clock.clone()), reserve, clock);
/// ```
#[derive(Debug)]
pub struct Reserved<S, O> {
    shared: S,
    own: O,
    reserve: Reserve,
    clock: SharedClock,
    opens_at: Duration,
    lines: Lines,
}

impl<S: Limiter, O: Limiter> Reserved<S, O> {
    /// Takes `reserve` out of what `shared` allows, and keeps this owner's part of it by `own`.
    ///
    /// All who use `shared` have to set aside the same.
    pub fn new(shared: S, own: O, reserve: Reserve, clock: SharedClock) -> Self {
        Self {
            shared,
            own,
            reserve,
            opens_at: clock.monotonic().saturating_add(WINDOW),
            clock,
            lines: Lines::default(),
        }
    }

    async fn first_of_both(
        &self,
        line: &Line,
        request: PermitRequest<'_>,
    ) -> Result<Permit, LimitError> {
        let Some(rest) = self.reserve.rest(request.limit) else {
            return self.shared.acquire(request).await;
        };
        let end = self.clock.monotonic().saturating_add(request.max_wait);
        // Only the first in line asks.
        let _first = line.head(&*self.clock, request.max_wait).await?;
        let max_wait = end.saturating_sub(self.clock.monotonic());
        let own = pin!(self.acquire_own(PermitRequest {
            limit: self.reserve.share,
            max_wait,
            ..request
        }));
        let shared = self.shared.acquire(PermitRequest {
            limit: rest,
            max_wait,
            ..request
        });
        // Its own first: that takes nothing from anybody.
        match select(own, shared).await {
            Either::Left((Ok(permit), _)) | Either::Right((Ok(permit), _)) => Ok(permit),
            Either::Left((Err(own), shared)) => shared.await.map_err(|shared| reason(shared, &own)),
            Either::Right((Err(shared), own)) => {
                if let LimitError::Unavailable(error) = &shared {
                    telemetry::limit_reserve(request.action, error);
                }
                own.await.map_err(|own| reason(shared, &own))
            }
        }
    }

    async fn acquire_own(&self, request: PermitRequest<'_>) -> Result<Permit, LimitError> {
        let wait = self.opens_at.saturating_sub(self.clock.monotonic());
        let Some(max_wait) = request.max_wait.checked_sub(wait) else {
            return Err(TooLong { wait }.into());
        };
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        self.own
            .acquire(PermitRequest {
                max_wait,
                ..request
            })
            .await
    }
}

/// Why there is no start of either kind: the earlier turn, or what is wrong with the shared one.
fn reason(shared: LimitError, own: &LimitError) -> LimitError {
    match (shared, own) {
        (LimitError::TooLong(shared), LimitError::TooLong(own)) => TooLong {
            wait: shared.wait.min(own.wait),
        }
        .into(),
        (shared, _) => shared,
    }
}

impl<S: Limiter, O: Limiter> Limiter for Reserved<S, O> {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(async move {
            let line = self.lines.of(request.action);
            line.count(self.first_of_both(&line, request)).await
        })
    }

    /// Both learn it: nobody knows whose start was one too many.
    fn throttled(&self, action: &str) {
        self.lines.throttled(action);
        self.shared.throttled(action);
        self.own.throttled(action);
    }

    /// Its own counts, with the fence of the shared one.
    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.lines.stats(action, &self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_to_the_limit_or_nothing_is_set_aside() {
        let rest = |share, owners| Reserve { share, owners }.rest(10);
        assert_eq!(rest(1, 4), Some(6));
        assert_eq!(rest(3, 3), Some(1));
        for (share, owners) in [(1, 10), (5, 3), (0, 4), (4, 0), (1 << 31, 2)] {
            assert_eq!(rest(share, owners), None, "{share} for {owners}");
        }
    }
}
