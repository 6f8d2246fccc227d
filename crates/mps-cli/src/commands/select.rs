//! `create` in a family with several creating actions: a word selects the action, and the request,
//! of deep structure, is read from a file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mps_aigc::{Create, Family};

use super::create::{self, Creates, FollowUp};
use crate::{context::Context, failure::Failure, input::Source, media::LocalMedia};

/// The words of a family, each of which selects an action.
pub(crate) trait Selection: ValueEnum + Send + Sync + 'static {
    /// Family of the created task.
    type Family: Family;

    /// Creates a task by the selected action.
    async fn create(self, args: &SelectArgs<Self>, context: &Context) -> Result<(), Failure>;
}

/// The arguments of `create` in a family with several creating actions.
#[derive(Args, Debug)]
pub(crate) struct SelectArgs<S: Selection> {
    /// Kind of task to create
    #[arg(value_name = "KIND")]
    action: S,
    /// JSON body as the API documents it
    #[arg(long, value_name = "FILE|-")]
    request: PathBuf,
    #[command(flatten)]
    follow_up: FollowUp,
}

impl<S: Selection> Creates for SelectArgs<S> {
    type Family = S::Family;

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        self.action.clone().create(self, context).await
    }
}

impl<S: Selection> SelectArgs<S> {
    /// Sends the request of the file as this action.
    pub(crate) async fn send<C: Create>(&self, context: &Context) -> Result<(), Failure> {
        let request: C = Source::file_or_stdin(&self.request)?.parse()?;
        let media = LocalMedia::default();
        Box::pin(create::run(
            &request,
            None,
            &media,
            &self.follow_up,
            context,
        ))
        .await
    }
}
