//! `mps emulator`: the service on this machine, until it is interrupted.

use mps_emulator::{BucketUrls, Emulator};
use serde::Serialize;

use crate::{
    args, context::Context, failure::Failure, interrupt::Interrupt, output::listen_to_events,
};

#[derive(Serialize)]
struct Ready<'a> {
    endpoint: &'a str,
    secret_id: &'a str,
    secret_key: &'a str,
}

pub(crate) async fn run(args: args::Emulator, context: &Context<'_>) -> Result<(), Failure> {
    // What a client does wrong is said loudly here: that is what an emulator is for.
    if !context.global.quiet {
        listen_to_events(tracing::Level::WARN);
    }
    let mut interrupt = Interrupt::listen();
    let emulator = Emulator::builder()
        .listen(args.listen)
        .task_times(args.queue_time, args.render_time)
        // The documentation's own request names a bucket, and shall become a file.
        .bucket_urls(BucketUrls::Local)
        .start()
        .await
        .map_err(|error| {
            Failure::usage(format!("cannot start the emulator: {error}"))
                .hint("listen on a free port of this machine, such as 127.0.0.1:0")
        })?;
    let ready = Ready {
        endpoint: emulator.endpoint(),
        secret_id: emulator.secret_id(),
        secret_key: emulator.secret_key(),
    };
    let line =
        serde_json::to_string(&ready).map_err(|error| Failure::internal(error.to_string()))?;
    // For scripts, and so in either form: the first line says where and as whom to call.
    context.output.result(&line, &ready)?;
    context.output.progress(
        &banner(&ready),
        &serde_json::json!({"schema": "mps.notice/1", "message": "ready"}),
    )?;
    interrupt.asked().await;
    emulator.stop().await;
    Ok(())
}

fn banner(ready: &Ready<'_>) -> String {
    format!(
        "the emulator is ready; in another shell:\n  \
         export TENCENTCLOUD_SECRET_ID={id} TENCENTCLOUD_SECRET_KEY={key}\n  \
         mps --endpoint {endpoint} video create --prompt 'a cat' --out cat.mp4\n\
         Ctrl-C ends it",
        id = ready.secret_id,
        key = ready.secret_key,
        endpoint = ready.endpoint,
    )
}
