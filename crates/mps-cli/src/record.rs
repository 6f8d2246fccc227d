//! The record of a create in the ledger: from its key to its outcome.

use std::{convert::Infallible, path::Path, pin::pin, sync::Arc, time::Duration};

use clap::Args;
use mps_core::clock::SharedClock;
use mps_jobs::{
    Key, Ledger, LedgerError, LedgerGate, State,
    ledger::{Answer, BatchId, Caps, Claim, Item, NewItem, Recorded, Single, Submission, Token},
};
use serde_json::json;

use crate::{
    context::{Connection, Context},
    failure::Failure,
    foreign_text,
    ledger::{self, Opening, Recording},
    outcome::{Outcome, Reason},
    output::{Event, Output},
    resume::CommandLine,
};

mod settle;

/// Time between two renewals of a claim; its lease is three times as long.
const RENEWAL: Duration = Duration::from_secs(5);

/// Time between two looks at a create that another process sends.
const LOOK: Duration = Duration::from_millis(200);

/// The options that guard against paying twice.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Guard {
    /// Key of the create: the same key is the same task and one bill, however often it is run
    /// [default: a random key]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<Key>,
    /// Create it even if the same request is in doubt, being sent, or created and not done: it is
    /// billed once more
    #[arg(long)]
    pub(crate) again: bool,
}

/// The ledger of a command that creates, if there is one, with its guard against repeats.
pub(crate) struct Recorder<'a> {
    context: &'a Context,
    ledger: Option<Ledger>,
    guard: &'a Guard,
    account: String,
    endpoint: String,
}

/// The answer to a request to create.
pub(crate) enum Admission {
    /// Send it, and record its outcome.
    Send(Record),
    /// The key has a task, or may have one. Nothing may be sent.
    Existing(Box<Item>),
}

impl<'a> Recorder<'a> {
    /// Opens the ledger, and prints the warnings about it.
    ///
    /// # Errors
    /// Returns an error when the ledger cannot be used, or when `--key` needs one and there is none.
    pub(crate) async fn open(
        context: &'a Context,
        connection: &Connection,
        guard: &'a Guard,
        opening: Opening,
    ) -> Result<Self, Failure> {
        let (global, identity) = (&context.global, connection.identity());
        let opened = ledger::open_to_record(global, identity, &context.clock, opening);
        let recording = opened.await?;
        if let (Some(_), Some(reason)) = (&guard.key, missing(&recording)) {
            return Err(ledger::needed(&format!("--key: {reason}")));
        }
        let output = &context.output;
        if let Some(warning) = warning(&recording, connection.limit_warning()) {
            output.warning(&warning);
        }
        let ledger = match recording {
            Recording::On { ledger, new_file } => {
                if let Some(file) = new_file {
                    announce_file(&file, output);
                }
                Some(ledger)
            }
            Recording::Off | Recording::NoPlace(_) => None,
        };
        Ok(Self {
            context,
            ledger,
            guard,
            account: connection.account().to_owned(),
            endpoint: connection.client().endpoint().host().to_owned(),
        })
    }

    /// Returns the row to be recorded for a request.
    pub(crate) fn row(&self, action: &str, body: String, seconds: Option<u64>) -> NewItem {
        let key = self.guard.key.clone().unwrap_or_else(Key::random);
        NewItem::new(key, action, body, seconds)
    }

    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Returns the row that the key has already, unless it is to be sent now. Waits while another
    /// process sends it, until the deadline of a call.
    ///
    /// # Errors
    /// Returns a usage error when the key has another content.
    pub(crate) async fn known(&self, new: &NewItem) -> Result<Option<Box<Item>>, Failure> {
        let Some(ledger) = self.ledger.as_ref().filter(|_| self.guard.key.is_some()) else {
            return Ok(None);
        };
        let batch = BatchId::singles(&self.account, &self.endpoint);
        let clock = &self.context.clock;
        let deadline = clock
            .monotonic()
            .saturating_add(self.context.global.deadline());
        loop {
            // The seal may have the task of a process that could not record it.
            ledger.reap().await?;
            let Some(item) = ledger.find(&batch, &new.key).await? else {
                return Ok(None);
            };
            if item.hash != new.hash {
                let body = ledger.body(&item.row).await?;
                return Err(differs(new, body.as_deref()));
            }
            match item.state {
                State::Unsent | State::Refused => return Ok(None),
                State::Intent | State::Sending if clock.monotonic() < deadline => {
                    let pause = self.context.phase.race(clock.sleep(LOOK));
                    pause.await.map_err(Failure::interrupted)?;
                }
                _ => return Ok(Some(Box::new(item))),
            }
        }
    }

    /// Records the create and claims it, unless the key or the guard against repeats says otherwise.
    /// `is_over` asks the service about the task of a repeat, and returns whether it no longer counts.
    ///
    /// # Errors
    /// Returns the error of a repeat, of another content under the key, or of the ledger.
    pub(crate) async fn admit(
        &self,
        new: NewItem,
        is_over: impl AsyncFn(&Item) -> bool,
    ) -> Result<Admission, Failure> {
        let Some(ledger) = &self.ledger else {
            return Ok(Admission::Send(Record::none(self.context)));
        };
        let single = Single {
            account: self.account.clone(),
            endpoint: self.endpoint.clone(),
            again: self.guard.again || self.guard.key.is_some(),
            caps: Caps::default(),
            agent_cap_ms: None,
            item: new,
        };
        let mut asked = None;
        loop {
            match ledger.submit(single.clone()).await? {
                Submission::Claimed(claim) => {
                    let record = Record::of_claim(self.context, ledger, &claim);
                    return Ok(Admission::Send(record));
                }
                Submission::Existing(item) => {
                    let known = self.known(&single.item).await?;
                    return Ok(Admission::Existing(known.unwrap_or(item)));
                }
                Submission::Differs(_, body) => return Err(differs(&single.item, body.as_deref())),
                Submission::Repeat(item) => {
                    let is_new = asked.as_ref() != Some(&item.row);
                    asked = Some(item.row.clone());
                    if !(is_new && item.state == State::Created && is_over(&item).await) {
                        return Err(self.repeat(&item));
                    }
                }
                _ => return Err(Failure::internal("the ledger gave an unknown answer")),
            }
        }
    }

    fn repeat(&self, item: &Item) -> Failure {
        let (global, key) = (&self.context.global, item.key.as_str());
        let family = mps_aigc::TaskFamily::created_by(&item.action);
        let (earlier, line) = match (&item.task, family) {
            (Some(task), Some(family)) => (
                format!(
                    "created task {}, which is not done yet",
                    foreign_text::name(task)
                ),
                CommandLine::for_task(global, family.as_str(), "wait", task, None),
            ),
            _ if item.state == State::InDoubt => (
                "is in doubt: it may have been executed and billed".to_owned(),
                CommandLine::for_show(global, key),
            ),
            _ => (
                "is being sent by another process".to_owned(),
                CommandLine::for_show(global, key),
            ),
        };
        let message = format!(
            "the same request was made before: {} {earlier}",
            foreign_text::name(key)
        );
        let failure = Failure::new(Outcome::NotCreated(Reason::SpendGuard), "repeat", message);
        Failure {
            key: Some(key.into()),
            task_id: item.task.clone(),
            request_id: item.request_id.clone(),
            dispatch: Some(mps_aigc::Dispatch::NotSent),
            ..failure.hint(format!(
                "nothing was sent; look at it with: {line}; to create it once more, which is billed: \
                 --again"
            ))
        }
        .resume(line)
    }
}

/// Returns the reason why nothing is recorded; `None` if creates are.
fn missing(recording: &Recording) -> Option<&str> {
    match recording {
        Recording::On { .. } => None,
        Recording::Off => Some("the ledger is turned off"),
        Recording::NoPlace(reason) => Some(reason),
    }
}

/// Returns the warning about a ledger or a machine's rate limit that has no place. `limit` is the one
/// about the limit alone.
fn warning(recording: &Recording, limit: Option<&str>) -> Option<String> {
    match (recording, limit) {
        (Recording::NoPlace(reason), Some(_)) => Some(format!(
            "creates are not recorded, and the rate limit holds for this process only: {reason}; set \
             XDG_STATE_HOME to a writable folder on a disk of this machine"
        )),
        (Recording::NoPlace(reason), None) => Some(format!(
            "creates are not recorded: {reason}; name a file on a disk of this machine: --ledger PATH"
        )),
        (_, limit) => limit.map(str::to_owned),
    }
}

/// Prints once where creates are recorded, and how to turn that off.
pub(crate) fn announce_file(file: &Path, output: &Output) {
    let shown = foreign_text::path(file);
    let human = format!(
        "creates are recorded in {shown}, with their prompts, for this user only; turn it off with \
         --ledger off"
    );
    let details = json!({"path": file, "message": human});
    output.progress(&Event::new("ledger_created", &human).details(details));
}

/// Returns the error of a key that has another content.
pub(crate) fn differs(new: &NewItem, body: Option<&str>) -> Failure {
    let members = body.map(|body| new.differing_members(body));
    let key = foreign_text::name(new.key.as_str());
    let message = match members.as_deref() {
        None | Some([]) => format!("the key {key} belongs to another request"),
        Some(members) => format!(
            "the key {key} belongs to a request that differs in {}",
            foreign_text::message(&members.join(", "))
        ),
    };
    let failure = Failure::usage(message);
    Failure {
        key: Some(new.key.as_str().into()),
        ..failure.hint("nothing was sent; choose another key")
    }
}

/// A create that is recorded and claimed, or one without a ledger.
pub(crate) struct Record {
    claim: Option<Claimed>,
    clock: SharedClock,
    output: Output,
}

struct Claimed {
    ledger: Ledger,
    token: Token,
    key: Key,
    gate: Arc<LedgerGate>,
}

impl Record {
    /// Returns the record of a create that is not recorded.
    pub(crate) fn none(context: &Context) -> Self {
        Self {
            claim: None,
            clock: context.clock.clone(),
            output: context.output.clone(),
        }
    }

    pub(crate) fn of_claim(context: &Context, ledger: &Ledger, claim: &Claim) -> Self {
        let token = claim.token();
        let gate = LedgerGate::new(ledger.clone(), token.clone());
        Self {
            claim: Some(Claimed {
                ledger: ledger.clone(),
                token,
                key: claim.item.key.clone(),
                gate: Arc::new(gate),
            }),
            ..Self::none(context)
        }
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        self.claim.as_ref().map(|claim| &claim.key)
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        self.claim.as_ref().map(|claim| &claim.token)
    }

    pub(crate) fn gate(&self) -> Option<Arc<LedgerGate>> {
        self.claim.as_ref().map(|claim| claim.gate.clone())
    }

    /// Runs the create, and renews the claim meanwhile.
    ///
    /// # Cancel safety
    /// As cancel safe as `create`.
    pub(crate) async fn hold<T>(&self, create: impl Future<Output = T>) -> T {
        let Some(claim) = &self.claim else {
            return create.await;
        };
        let (create, renewals) = (pin!(create), pin!(self.renew(claim)));
        tokio::select! {
            biased;
            output = create => output,
            never = renewals => match never {},
        }
    }

    async fn renew(&self, claim: &Claimed) -> Infallible {
        loop {
            self.clock.sleep(RENEWAL).await;
            let renewed = claim.ledger.renew(std::slice::from_ref(&claim.token)).await;
            if let Err(error) = renewed {
                tracing::warn!(%error, "the claim of the create is not renewed");
            }
        }
    }
}
