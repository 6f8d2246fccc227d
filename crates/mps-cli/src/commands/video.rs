//! `mps video`.

use mps_aigc::Video;

use super::{task, video_request};
use crate::{args::VideoCommand, context::Context, failure::Failure};

pub(crate) async fn run(command: VideoCommand, context: &Context<'_>) -> Result<(), Failure> {
    match command {
        VideoCommand::Create(args) => {
            let request = video_request::build(&args)?;
            task::create(&request, &args.then, context).await
        }
        VideoCommand::Status(args) => task::status::<Video>(&args, context).await,
        VideoCommand::Wait(args) => task::wait::<Video>(&args, context).await,
        VideoCommand::Download(args) => task::download::<Video>(&args, context).await,
    }
}
