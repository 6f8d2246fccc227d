//! Preparation of a retry: everything between a failed attempt and the next one.

use std::time::Duration;

use mps_models::service::ErrorClass;

use super::{execute::Execution, skew::Refused};
use crate::{
    clock,
    credentials::Credentials,
    error::{Error, StopReason},
    retry::{Backoff, RetryAction, retry_action},
    telemetry::{self, RefreshOutcome},
};

impl Execution<'_> {
    /// Does everything that has to happen before the next attempt, or returns why there is none.
    pub(super) async fn prepare_retry(
        &mut self,
        failure: &Error,
        credentials: &mut Credentials,
    ) -> Result<(), StopReason> {
        if let Some(reason) = failure.stopped() {
            return Err(reason);
        }
        self.throttling = failure.is_throttled().then(|| failure.clone());
        let action = retry_action(self.call.effect, failure);
        let client = self.client;
        client.learn_from(self.info(), self.attempts, failure);
        let action = action.ok_or_else(|| client.why_final(self.info(), self.attempts, failure))?;
        let policy = client.policy;
        if failure.is_throttled() {
            return self.outwait(failure, action).await;
        }
        if self.attempts - self.throttled >= policy.max_attempts.max(1) {
            return Err(StopReason::AttemptsUsed);
        }
        match action {
            RetryAction::CorrectClock => self.correct_clock(),
            RetryAction::RefreshCredentials => self.refresh(credentials).await,
            RetryAction::Backoff | RetryAction::BackoffWhileBusy => {
                self.back_off(failure, policy.backoff).await
            }
        }
    }

    /// Pauses after a call that was throttled, and so certainly was not executed. Only the deadline ends
    /// such retries: neither the number of attempts nor the budget does.
    async fn outwait(&mut self, failure: &Error, action: RetryAction) -> Result<(), StopReason> {
        let policy = self.client.policy;
        if policy.max_attempts <= 1 {
            return Err(StopReason::AttemptsUsed);
        }
        let backoff = match action {
            RetryAction::BackoffWhileBusy => policy.busy,
            _ => policy.throttled,
        };
        let left = self.time_to_start();
        // A pause that would end after the deadline leaves no attempt, so it ends before.
        let backoff = backoff.within(left);
        let pause = backoff.pause_asked(self.throttled, fastrand::f64(), self.last.retry_after);
        self.throttled += 1;
        if pause >= left {
            return Err(StopReason::Deadline);
        }
        self.sleep(failure, pause).await;
        Ok(())
    }

    async fn back_off(&self, failure: &Error, backoff: Backoff) -> Result<(), StopReason> {
        let retry = self.attempts.saturating_sub(self.throttled + 1);
        let pause = backoff.pause_asked(retry, fastrand::f64(), self.last.retry_after);
        if pause >= self.time_to_start() {
            return Err(StopReason::Deadline);
        }
        if !self.client.budget.spend() {
            return Err(StopReason::BudgetUsed);
        }
        self.sleep(failure, pause).await;
        Ok(())
    }

    async fn sleep(&self, failure: &Error, pause: Duration) {
        let telemetry = &self.client.telemetry;
        telemetry.retrying(self.info(), self.attempts, failure, pause);
        self.client.clock.sleep(pause).await;
    }

    fn correct_clock(&mut self) -> Result<(), StopReason> {
        let first = !std::mem::replace(&mut self.clock_corrected, true);
        let skew = &self.client.skew;
        let refused = self
            .refused()
            .filter(|refused| first && skew.could_help(refused))
            .ok_or(StopReason::Permanent)?;
        if let Some(offset) = skew.learn(&refused) {
            telemetry::skew(offset);
        }
        Ok(())
    }

    async fn refresh(&mut self, credentials: &mut Credentials) -> Result<(), StopReason> {
        let first = !std::mem::replace(&mut self.credentials_refreshed, true);
        if !first {
            return Err(StopReason::Permanent);
        }
        let refreshed = self.client.credentials.refresh(credentials);
        let refreshed = clock::timeout(&*self.client.clock, self.time_left(), refreshed).await;
        let outcome = match &refreshed {
            Some(Ok(fresh)) if fresh.token() != credentials.token() => RefreshOutcome::Renewed,
            Some(Ok(_)) => RefreshOutcome::Unchanged,
            _ => RefreshOutcome::Failed,
        };
        let telemetry = &self.client.telemetry;
        telemetry.credentials_refreshed(self.info(), outcome);
        match refreshed {
            Some(Ok(fresh)) if outcome == RefreshOutcome::Renewed => {
                *credentials = fresh;
                Ok(())
            }
            _ => Err(StopReason::Permanent),
        }
    }

    /// Returns a final failure with its reason: the throttling that used up the time, where a call ran
    /// out of it, and the clocks, where one of them is off.
    pub(super) fn explained(&mut self, failure: Error) -> Error {
        let out_of_time = failure.stopped() == Some(StopReason::Deadline);
        if out_of_time && let Some(throttling) = self.throttling.take() {
            return throttling;
        }
        if failure.class() != Some(ErrorClass::ClockSkew) {
            return failure;
        }
        let hint = match self.refused() {
            Some(refused) => self.client.skew.hint(&refused),
            None => "the answer has no date to follow; check this machine's clock".to_owned(),
        };
        failure.with_hint(hint)
    }

    /// Returns the clocks at the last answer, if that was a refusal with a date.
    fn refused(&self) -> Option<Refused> {
        Some(Refused {
            service: self.last.service_time?,
            machine: self.client.clock.wall(),
            timestamp: self.last.timestamp,
            took: self.last.took(),
        })
    }
}
