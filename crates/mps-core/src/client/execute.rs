//! The retry loop: one call from its first attempt to its answer, or to the error that ends it.

use std::{sync::Arc, time::Duration};

use mps_models::Effect;

use super::{
    Inner,
    ending::Ending,
    errors::{no_credentials, no_credentials_in_time},
    on_wire::AttemptFacts,
};
use crate::{
    call::{Call, CallOptions, Output},
    clock,
    credentials::Credentials,
    envelope::Answer,
    error::{Error, ErrorKind},
    limit::Account,
    telemetry::CallInfo,
};

/// One call under way.
pub(super) struct Execution<'a> {
    pub(super) client: &'a Arc<Inner>,
    pub(super) call: &'a Arc<Call>,
    pub(super) options: &'a CallOptions,
    pub(super) ending: Arc<Ending>,
    pub(super) deadline: Duration,
    /// The last moment at which an attempt may leave: for a call that may bill something, early enough
    /// before the deadline to receive the answer.
    pub(super) last_start: Duration,
    /// Requests handed to the transport.
    pub(super) attempts: u32,
    /// The number of throttled attempts among them.
    pub(super) throttled: u32,
    /// The last time the call was throttled, if no other failure followed.
    pub(super) throttling: Option<Error>,
    /// The facts about the last attempt.
    pub(super) last: AttemptFacts,
    pub(super) clock_corrected: bool,
    pub(super) credentials_refreshed: bool,
}

const LONGEST_ANSWER_TIME: Duration = Duration::from_secs(1);

impl<'a> Execution<'a> {
    pub(super) fn new(
        client: &'a Arc<Inner>,
        call: &'a Arc<Call>,
        options: &'a CallOptions,
        ending: Arc<Ending>,
    ) -> Self {
        let limit = options.deadline.unwrap_or(client.limits.deadline);
        let deadline = ending.started().saturating_add(limit);
        Self {
            client,
            call,
            options,
            ending,
            deadline,
            last_start: deadline.saturating_sub(answer_time(call.effect, limit)),
            attempts: 0,
            throttled: 0,
            throttling: None,
            last: AttemptFacts::default(),
            clock_corrected: false,
            credentials_refreshed: false,
        }
    }

    /// Makes attempts for as long as a retry is safe, useful and in time. Called once; by reference, since the
    /// future would contain the execution twice otherwise.
    pub(super) async fn run(&mut self) -> Result<Output<Answer>, Error> {
        self.check_size().map_err(|error| self.ended(error))?;
        let credentials = self.credentials().await;
        let mut credentials = credentials.map_err(|error| self.ended(error))?;
        let account = &self.client.account;
        account.get_or_init(|| Account::from_credentials(&credentials));
        loop {
            let failure = match self.attempt(&credentials).await {
                Ok(answer) => return Ok(self.succeeded(answer)),
                Err(failure) => failure,
            };
            if let Err(reason) = self.prepare_retry(&failure, &mut credentials).await {
                let failure = self.explained(failure).with_stop(reason);
                return Err(self.ended(failure));
            }
        }
    }

    fn check_size(&self) -> Result<(), Error> {
        let (size, cap) = (self.call.body.len(), self.client.limits.request_bytes);
        if size <= cap {
            return Ok(());
        }
        let message = format!("the request has {size} bytes; the service takes at most {cap}");
        Err(Error::new(ErrorKind::TooLarge, message)
            .with_hint("pass media by URL, not inside the request"))
    }

    async fn credentials(&self) -> Result<Credentials, Error> {
        let provided = self.client.credentials.provide();
        // The call began a moment ago.
        let limit = self.deadline.saturating_sub(self.ending.started());
        let provided = clock::timeout(&*self.client.clock, limit, provided).await;
        match provided {
            Some(provided) => provided.map_err(|error| no_credentials(&error)),
            None => Err(no_credentials_in_time()),
        }
    }

    fn succeeded(&self, answer: Answer) -> Output<Answer> {
        self.client.budget.earn();
        let elapsed = self.last.ended.saturating_sub(self.ending.started());
        Output::new(answer, self.attempts, elapsed)
    }

    /// Adds the facts of the call to an error.
    fn ended(&self, error: Error) -> Error {
        self.ending.about_call(error, self.attempts)
    }

    pub(super) fn info(&self) -> CallInfo<'a> {
        self.call.info()
    }

    pub(super) fn now(&self) -> Duration {
        self.client.clock.monotonic()
    }

    pub(super) fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.now())
    }

    /// Returns the time until the last moment at which an attempt may leave.
    pub(super) fn time_to_start(&self) -> Duration {
        self.last_start.saturating_sub(self.now())
    }
}

/// Returns the time that is kept for the answer of an attempt: a quarter of the whole call's, and at
/// most a second. A read needs none, since its answer can be asked for again.
///
/// An attempt that leaves just before the deadline is cut off before its answer arrives, which would
/// leave a create in doubt.
fn answer_time(effect: Effect, limit: Duration) -> Duration {
    match effect {
        Effect::Read => Duration::ZERO,
        _ => (limit / 4).min(LONGEST_ANSWER_TIME),
    }
}
