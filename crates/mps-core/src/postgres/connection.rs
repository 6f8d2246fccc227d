//! A connection to a PostgreSQL server.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::Failure;

/// A connection, closed when it is dropped: a transaction that it had begun is rolled back.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    address: Arc<str>,
    #[expect(dead_code, reason = "its drop ends the task")]
    driver: Driver,
}

/// The result of one statement.
#[derive(Debug, Default)]
pub struct StatementResult {
    /// Its rows.
    pub rows: Vec<SimpleQueryRow>,
    /// The number of rows that it returned or changed.
    pub count: u64,
}

/// The task that moves bytes between a connection and its stream. Aborted when dropped, because by
/// itself it waits for all replies first, and a silent server sends none.
#[derive(Debug)]
pub(super) struct Driver(pub(super) JoinHandle<()>);

impl Connection {
    pub(super) fn new(client: Client, address: Arc<str>, driver: Driver) -> Self {
        Self {
            client,
            address,
            driver,
        }
    }

    /// Returns the client of the protocol's crate.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Runs statements without parameters, prepared nowhere, and returns all rows.
    ///
    /// # Errors
    /// Returns the failure of the first statement that fails. A transaction that was begun before is
    /// left in a state in which only a rollback succeeds; drop the connection.
    ///
    /// # Cancel safety
    /// The statements may have been executed or not; drop the connection.
    pub async fn rows(&self, statements: &str) -> Result<Vec<SimpleQueryRow>, Failure> {
        let messages = self.client.simple_query(statements).await;
        let messages = messages.map_err(|error| self.failed(error))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Runs statements as [`rows`](Self::rows) does, and returns the result of each.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    ///
    /// # Cancel safety
    /// As [`rows`](Self::rows).
    pub async fn results(&self, statements: &str) -> Result<Vec<StatementResult>, Failure> {
        let messages = self.client.simple_query(statements).await;
        let messages = messages.map_err(|error| self.failed(error))?;
        let (mut results, mut rows) = (Vec::new(), Vec::new());
        for message in messages {
            match message {
                SimpleQueryMessage::Row(row) => rows.push(row),
                SimpleQueryMessage::CommandComplete(count) => {
                    let rows = std::mem::take(&mut rows);
                    results.push(StatementResult { rows, count });
                }
                _ => {}
            }
        }
        Ok(results)
    }

    /// Classifies an error of this connection.
    #[must_use]
    pub fn failed(&self, error: tokio_postgres::Error) -> Failure {
        Failure::of(&self.address, error)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}
