//! A web service that makes clips, and continues after any restart. Start it twice on the same
//! `LEDGER` and port, with a crash in between: each clip is billed once. Variables, besides those of the
//! keys: `LEDGER` (`clips.db`), `LISTEN` (`127.0.0.1:8080`), `MPS_ENDPOINT` (that of an emulator; by default
//! the service). SIGTERM ends it,
//! on Windows Ctrl-Break.
//!
//! ```sh
//! curl localhost:8080/clips --json '{"key": "fox", "prompt": "a fox in the snow"}'
//! curl localhost:8080/clips/fox
//! curl -N localhost:8080/events
//! ```
#![allow(clippy::print_stderr)] // a program prints

use std::env;

use axum::extract::{Path, State};
use axum::response::{Sse, sse};
use axum::routing::{get, post};
use axum::{BoxError, Json, Router, http::StatusCode};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use mps_jobs::aigc::{Aigc, models::CreateAigcVideoTask};
use mps_jobs::{JobView, Jobs, JobsError, Key};
use tokio::signal;

type Refused = (StatusCode, String);

#[derive(serde::Deserialize)]
struct Ask {
    key: String,
    prompt: String,
}

async fn create(State(jobs): State<Jobs>, Json(ask): Json<Ask>) -> Result<Json<JobView>, Refused> {
    let request = CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt(ask.prompt)
        .duration(5);
    let submitted = jobs.submit(ask.key, request).out("clips/{key}.{ext}").await; // same key, same job
    Ok(Json(submitted.map_err(refused)?.view()))
}

async fn show(State(jobs): State<Jobs>, Path(key): Path<Key>) -> Result<Json<JobView>, Refused> {
    let job = jobs.get(&key).await.map_err(refused)?; // never asks the service
    Ok(Json(
        job.ok_or((StatusCode::NOT_FOUND, key.to_string()))?.view(),
    ))
}

async fn live(State(jobs): State<Jobs>) -> Sse<impl Stream<Item = Result<sse::Event, BoxError>>> {
    Sse::new(
        jobs.events()
            .map(|event| Ok(sse::Event::default().json_data(event?)?)),
    )
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn refused(error: JobsError) -> Refused {
    let text = error.to_string();
    let status = match error {
        JobsError::Differs { .. } => StatusCode::CONFLICT,
        JobsError::Preflight { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, text)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let jobs = Jobs::open(&env::var("LEDGER").unwrap_or("clips.db".into())).await?; // or postgres://...
    #[cfg(unix)]
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    #[cfg(windows)]
    let mut terminate = signal::windows::ctrl_break()?;
    let shutdown = async move { terminate.recv().await.unwrap_or(()) }
        .boxed()
        .shared();
    let worker = jobs.clone().run(Aigc::from_env()?, shutdown.clone());
    let worker = tokio::spawn(worker); // sends, follows, fetches; continues what is there
    let api = Router::new()
        .route("/clips", post(create))
        .route("/clips/{key}", get(show))
        .route("/events", get(live))
        .with_state(jobs);
    let address = env::var("LISTEN").unwrap_or("127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    tokio::select! {
        served = axum::serve(listener, api) => served?,
        () = shutdown => {}
    }
    eprintln!("{}", worker.await??);
    Ok(())
}
