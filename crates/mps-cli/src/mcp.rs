//! Tools for agents: the Model Context Protocol over stdin and stdout, on the same ledger as everything
//! else.
//!
//! | part | module |
//! |---|---|
//! | one message a line, of bounded length | [`transport`] |
//! | the protocol's requests | [`server`] |
//! | the tools as agents see them | [`tools`], [`schemas`] |
//! | the tools' work | [`create`], [`follow`], [`fetch`], [`list`], [`check`] |
//! | their shared state | [`session`] |

use std::{path::PathBuf, pin::pin, sync::Arc};

use rmcp::service::{ServerInitializeError, serve_server};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    context::Context,
    failure::Failure,
    outcome::{Outcome, Reason},
    signals::Signal,
    streams,
};

mod answer;
mod arguments;
mod check;
mod create;
mod fetch;
mod follow;
mod list;
mod schemas;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod tools;
mod transport;

use self::{server::Server, session::Session, transport::Lines};

/// The settings that an agent cannot change.
pub(crate) struct Settings {
    /// The daily cap in seconds.
    pub(crate) max_seconds: u64,
    /// The folder of all results.
    pub(crate) folder: PathBuf,
    /// The template of their names in it.
    pub(crate) names: String,
}

/// Serves stdin and stdout until the client closes stdin, stdout cannot be written, or a signal
/// arrives. Creates on the wire are finished and recorded in each case.
///
/// # Errors
/// Returns an error when there is no ledger or no account, when stdout is closed, and after a signal.
pub(crate) async fn run(settings: Settings, context: &Context) -> Result<(), Failure> {
    if streams::is_stdout_closed() {
        return Err(stdout_closed());
    }
    // Before the first create: it is finished in spite of a signal.
    context.phase.end_slowly();
    let opened = Box::pin(Session::open(settings, context));
    let session = match context.phase.race(opened).await {
        Ok(session) => Arc::new(session?),
        Err(signal) => return Err(Failure::interrupted(signal)),
    };
    let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
    let mut serving = pin!(serve(&session, input, output));
    let served = match context.phase.race(&mut serving).await {
        Ok(served) => served,
        Err(signal) => {
            session.stop.cancel();
            serving.await.and(Err(stopped(signal)))
        }
    };
    session.known_tasks.learn(&session.connection).await;
    served
}

/// Serves a pair of streams until one of them ends or the session is stopped.
async fn serve<R, W>(session: &Arc<Session>, input: R, output: W) -> Result<(), Failure>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (lines, link) = Lines::new(input, output, session);
    match Box::pin(serve_server(Server::new(session.clone()), lines)).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::warn!(%error, "the task that serves the client ended early");
            }
        }
        // The client left before it said hello.
        Err(ServerInitializeError::ConnectionClosed(_)) => {}
        Err(_) => {
            let message = "the client did not begin with the request initialize";
            session.context.output.warning(message);
        }
    }
    session.stop.cancel();
    session.context.phase.all_sent().await;
    if link.is_broken() {
        return Err(stdout_closed());
    }
    Ok(())
}

fn stdout_closed() -> Failure {
    Failure::internal("stdout is closed, so that the client gets no answers")
        .hint("its tasks are recorded: mps tasks")
}

fn stopped(signal: Signal) -> Failure {
    let outcome = Outcome::NotCreated(Reason::Signal(signal));
    Failure::new(
        outcome,
        "interrupted",
        format!("stopped by {}", signal.name()),
    )
    .hint("tasks that were created continue at the service: mps tasks")
}
