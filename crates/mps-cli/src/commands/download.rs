//! `download`: downloads the results of a task that is done.

use std::path::PathBuf;

use clap::Args;
use mps_aigc::Family;

use super::{status::status_or_none, wait};
use crate::{
    context::Context, exit::Exit, failure::Failure, options::GlobalOptions, results::TaskResult,
    resume::resume_line,
};

/// The arguments of `download`.
#[derive(Args, Debug)]
pub(crate) struct DownloadArgs {
    /// Id of the task
    task_id: String,
    /// File, or directory, for the result
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

pub(super) async fn run<F: Family>(
    args: &DownloadArgs,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let destination = wait::claim(Some(&args.out)).await?;
    let connection = context.connect().await?;
    let task = connection.tasks::<F>().task(&args.task_id);
    let snapshot = task.status().await?;
    let status = status_or_none(&snapshot).to_owned();
    let Some(outcome) = task.outcome(snapshot) else {
        return Err(not_done::<F>(args, &status, &context.global));
    };
    let done = outcome?;
    let files = wait::save(&done, destination).await?;
    wait::finish(&done, TaskResult::of(&task), &files, context)
}

fn not_done<F: Family>(args: &DownloadArgs, status: &str, global: &GlobalOptions) -> Failure {
    let id = &args.task_id;
    let message = format!("task {id} is not done yet: {status}");
    let line = resume_line(global, F::NAME, id, Some(&args.out));
    Failure::new(Exit::Unfetchable, "unfetchable", message)
        .task(id)
        .hint(format!("wait for it: {line}"))
}
