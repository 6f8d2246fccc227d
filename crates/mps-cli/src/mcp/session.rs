//! The state that all tool calls share.

use std::{
    collections::HashMap,
    path::{self, MAIN_SEPARATOR, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_aigc::TaskFamily;
use mps_core::sync::lock;
use mps_jobs::{
    DoubtPage, Key, Ledger,
    ledger::{BatchId, Item, RowId},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Settings, answer};
use crate::{
    commands::tasks::AGENTS,
    context::{Connection, Context},
    doubt::{Doubt, ID_PLACEHOLDER},
    failure::Failure,
    foreign_text,
    ledger::{self, Recording},
    outcome::Outcome,
    record,
    resume::CommandLine,
    tracked::{KnownTasks, Tracked},
};

/// Creates that are claimed at the same time: enough for every slot of the rate limit, and few enough
/// that a client with hundreds of calls does not hold hundreds of claims.
const CREATES: usize = 8;

/// Time between two looks at a create that another call or process sends.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// The hint of a create in doubt.
const ASK_A_PERSON: &str = "nothing is sent again, and no tool can: tell a person, who looks into the vendor's console and then \
     decides with the lines above (mps resolve); do not create it under another key";

/// A session with a client. Everything that has to outlive it is in the ledger.
pub(crate) struct Session {
    pub(super) context: Context,
    pub(super) connection: Connection,
    pub(super) ledger: Ledger,
    pub(super) known_tasks: KnownTasks,
    /// The daily cap in seconds.
    pub(super) max_seconds: u64,
    /// The folder of all results, and the template of their names in it.
    folder: PathBuf,
    names: String,
    /// Cancelled when the session ends: nothing more is sent, and waits end.
    pub(super) stop: CancellationToken,
    /// The creates that may be claimed.
    pub(super) creates: Semaphore,
    fetches: Mutex<HashMap<RowId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Session {
    /// Connects and opens the ledger.
    ///
    /// # Errors
    /// Returns an error without credentials, or when there is no ledger or it cannot be used.
    pub(crate) async fn open(settings: Settings, context: &Context) -> Result<Self, Failure> {
        let folder = path::absolute(&settings.folder).map_err(|error| {
            let shown = foreign_text::path(&settings.folder);
            Failure::usage(format!("--out: {shown} is no folder: {error}"))
                .hint("name a folder: --out DIR")
        })?;
        let context = context.clone();
        let connection = context.connect().await?;
        let (global, identity) = (&context.global, connection.identity());
        let opening = ledger::Opening::default();
        let opened = ledger::open_to_record(global, identity, &context.clock, opening);
        let ledger = match opened.await? {
            Recording::On { ledger, new_file } => {
                if let Some(file) = new_file {
                    record::announce_file(&file, &context.output);
                }
                ledger
            }
            Recording::Off => return Err(ledger::needed("mcp: the ledger is turned off")),
            Recording::NoPlace(reason) => return Err(ledger::needed(&format!("mcp: {reason}"))),
        };
        if let Some(warning) = connection.limit_warning() {
            context.output.warning(warning);
        }
        let known_tasks = KnownTasks::new(&context, &connection, Some(ledger.clone()));
        known_tasks.teach(&connection).await;
        Ok(Self {
            context,
            connection,
            ledger,
            known_tasks,
            max_seconds: settings.max_seconds,
            folder,
            names: settings.names,
            stop: CancellationToken::new(),
            creates: Semaphore::new(CREATES),
            fetches: Mutex::default(),
        })
    }

    /// Returns the batch of this account's creates by agents.
    pub(super) fn batch(&self) -> BatchId {
        let endpoint = self.connection.client().endpoint().host();
        BatchId::agents(self.connection.account(), endpoint)
    }

    /// Returns the row of a key.
    ///
    /// # Errors
    /// Returns a usage error when agents have created nothing under it.
    pub(super) async fn item(&self, key: &Key) -> Result<Item, Failure> {
        // A create whose process was killed is in doubt from now on.
        self.ledger.reap().await?;
        let found = self.ledger.find(&self.batch(), key).await?;
        found.ok_or_else(|| {
            let shown = foreign_text::name(key.as_str());
            let failure = Failure::usage(format!("no task has the key {shown}"));
            let failure = failure.hint("call list for the keys, or create with this one");
            failure.with_key(Some(key))
        })
    }

    /// Returns a row as it is now.
    pub(super) async fn again(&self, row: &RowId) -> Result<Item, Failure> {
        let item = self.ledger.get(row).await?;
        item.ok_or_else(|| Failure::internal("the row is no longer in the ledger"))
    }

    /// Returns the writer of news about a row.
    pub(super) fn tracked(&self, item: &Item) -> Result<Tracked, Failure> {
        let tracked = self.known_tasks.of_row(&item.row, &item.key);
        tracked.ok_or_else(|| Failure::internal("the ledger is closed"))
    }

    /// Returns the page about a create in doubt, with the lines by which a person decides.
    pub(super) async fn doubt(&self, item: &Item) -> Result<Doubt, Failure> {
        let mut page = DoubtPage::of(&self.ledger, item).await?;
        // The name of the row for people: they may have a task under the same key.
        if let Ok(name) = format!("{AGENTS}/{}", item.key).parse() {
            page.key = name;
        }
        let global = &self.context.global;
        let family = TaskFamily::created_by(&item.action);
        let follow = family.map(|family| {
            CommandLine::for_task(global, family.as_str(), "wait", ID_PLACEHOLDER, None)
        });
        let secret_id = self.connection.secret_id();
        Ok(Doubt::of_page(&page, secret_id, follow.as_ref(), global))
    }

    /// Returns the error of a create that is in doubt.
    pub(super) async fn in_doubt(&self, item: &Item) -> Result<Failure, Failure> {
        let key = foreign_text::name(item.key.as_str());
        let message = format!(
            "the create of the key {key} is in doubt: it may have been executed and billed"
        );
        let failure = Failure::new(Outcome::InDoubt, "in_doubt", message);
        let failure = failure.with_key(Some(&item.key)).hint(ASK_A_PERSON);
        Ok(failure.doubt(self.doubt(item).await?))
    }

    /// Returns the task of a row as a tool's answer.
    pub(super) async fn view(&self, item: Item) -> Result<answer::Answer, Failure> {
        let doubt = match item.state {
            mps_jobs::State::InDoubt => Some(self.doubt(&item).await?),
            _ => None,
        };
        answer::of_task(&self.ledger, item, doubt).await
    }

    /// Returns the names of all results: no part of it is chosen by an agent. Braces of the folder's own
    /// name are no placeholders.
    pub(super) fn names(&self) -> PathBuf {
        let folder = self.folder.to_string_lossy();
        let folder = folder.replace('{', "{{").replace('}', "}}");
        PathBuf::from(format!("{folder}{MAIN_SEPARATOR}{}", self.names))
    }

    /// Returns the lock of the downloads of a row, so that each is made once at a time.
    pub(super) fn fetch_lock(&self, row: &RowId) -> Arc<tokio::sync::Mutex<()>> {
        let mut fetches = lock(&self.fetches);
        // Locks without a holder are of no use.
        fetches.retain(|_, lock| Arc::strong_count(lock) > 1);
        fetches.entry(row.clone()).or_default().clone()
    }
}

/// Returns the error of a call that ended because the session does.
pub(super) fn stopping() -> Failure {
    Failure::usage("the server is stopping; nothing was sent by this call")
        .hint("start mps mcp again and repeat the call with the same key")
}

/// Returns the error of a call that the client has cancelled. It never sees it.
pub(super) fn cancelled() -> Failure {
    Failure::usage("the client cancelled the call")
}
