//! A web service that makes clips, and continues after any restart. Start it twice on the same
//! `LEDGER` and port, with a crash in between: each clip is billed once.
//!
//! `curl -d '{"key": "fox", "prompt": "a fox in the snow"}' -H 'Content-Type: application/json' localhost:8080/clips`

use std::env;

use axum::{
    BoxError, Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response, Sse, sse},
    routing::{get, post},
};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use mps_jobs::aigc::{Aigc, Endpoint, credentials::DefaultChain, models::CreateAigcVideoTask};
use mps_jobs::{JobView, Jobs, JobsError, Key};
use tokio::signal::unix::{SignalKind, signal};

#[derive(serde::Deserialize)]
struct Ask {
    key: String,
    prompt: String,
}

async fn create(State(jobs): State<Jobs>, Json(ask): Json<Ask>) -> Result<Json<JobView>, ApiError> {
    let request = CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt(ask.prompt)
        .duration(5);
    let job = jobs
        .submit(ask.key, request)
        .out("clips/{key}.{ext}")
        .await?; // same key, same job, one bill
    Ok(Json(job.view()))
}

async fn show(State(jobs): State<Jobs>, Path(key): Path<Key>) -> Result<Json<JobView>, ApiError> {
    let job = jobs.get(&key).await?; // never asks the service
    Ok(Json(job.ok_or(JobsError::NotFound(key))?.view()))
}

async fn live(State(jobs): State<Jobs>) -> Sse<impl Stream<Item = Result<sse::Event, BoxError>>> {
    Sse::new(
        jobs.events()
            .map(|event| Ok(sse::Event::default().json_data(event?)?)),
    )
}

struct ApiError(JobsError);

impl From<JobsError> for ApiError {
    fn from(error: JobsError) -> Self {
        Self(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            JobsError::NotFound(_) => StatusCode::NOT_FOUND,
            JobsError::Differs { .. } => StatusCode::CONFLICT,
            JobsError::Preflight { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.0.to_string()).into_response()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let mut aigc = Aigc::builder().credentials(DefaultChain::new().from_environment());
    if let Ok(url) = env::var("ENDPOINT") {
        aigc = aigc.endpoint(Endpoint::parse(&url)?);
    }
    let jobs = Jobs::open(&env::var("LEDGER").unwrap_or("clips.db".into())).await?; // or postgres://...
    let mut terminated = signal(SignalKind::terminate())?;
    let shutdown = async move { terminated.recv().await }
        .map(drop)
        .boxed()
        .shared();
    let worker = jobs
        .clone()
        .run(Aigc::from_builder(aigc)?, shutdown.clone()); // starts, watches, fetches
    let worker = tokio::spawn(worker);
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
    let report = worker.await??;
    eprintln!("{report}");
    Ok(())
}
