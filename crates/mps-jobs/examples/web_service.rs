//! A web service that makes clips, and continues after any restart. Start it twice on the same
//! `LEDGER` and port, with a crash in between: each clip is billed once. Variables, besides those of the
//! keys: `LEDGER` (`clips.db`), `LISTEN` (`127.0.0.1:8080`), `MPS_ENDPOINT` (that of an emulator; by default
//! the service). Ctrl-C and SIGTERM end it.
//!
//! ```sh
//! curl localhost:8080/clips --json '{"key": "fox", "prompt": "a fox in the snow"}'
//! curl localhost:8080/clips/fox
//! curl -N localhost:8080/events
//! ```
#![allow(clippy::print_stderr, clippy::needless_pass_by_value)]
// A program prints, and `map_err` passes errors by value.

use std::env;

use axum::extract::{Path, State};
use axum::response::{Sse, sse};
use axum::routing::{get, post};
use axum::{BoxError, Json, Router, http::StatusCode};
use futures_util::{Stream, StreamExt as _};
use mps_jobs::aigc::{Aigc, models::CreateAigcVideoTask};
use mps_jobs::{JobView, Jobs, JobsError, Key, shutdown_signal};

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
    let unknown = || (StatusCode::NOT_FOUND, key.to_string());
    Ok(Json(job.ok_or_else(unknown)?.view()))
}

async fn live(State(jobs): State<Jobs>) -> Sse<impl Stream<Item = Result<sse::Event, BoxError>>> {
    Sse::new(
        jobs.events()
            .map(|event| Ok(sse::Event::default().json_data(event?)?)),
    )
}

fn refused(error: JobsError) -> Refused {
    let status = match &error {
        JobsError::Differs { .. } => StatusCode::CONFLICT,
        JobsError::Preflight { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, error.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let jobs = Jobs::open(&env::var("LEDGER").unwrap_or("clips.db".into())).await?; // or postgres://...
    let address = env::var("LISTEN").unwrap_or("127.0.0.1:8080".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let api = Router::new()
        .route("/clips", post(create))
        .route("/clips/{key}", get(show))
        .route("/events", get(live))
        .with_state(jobs.clone());
    tokio::select! {
        // Sends, follows and fetches, also what an earlier process left, until the signal.
        report = jobs.run(Aigc::from_env()?, shutdown_signal()) => eprintln!("{}", report?),
        served = axum::serve(listener, api) => served?,
    }
    Ok(())
}
