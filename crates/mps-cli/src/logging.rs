//! Log output of the libraries, shown with `-v`.

use std::io;

use tracing_subscriber::{
    Layer, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{options::GlobalOptions, request_log::RequestLog};

/// Starts logging to stderr, at the level that `-v` asks for; without `-v` nothing is logged.
pub(crate) fn to_stderr(global: &GlobalOptions) {
    start(global, LevelFilter::OFF, io::stderr, None);
}

/// Starts logging to `writer`, at least at `minimum`, and at the level that `-v` asks for. Requests
/// to the emulator are also written to the request log, if there is one.
pub(crate) fn start(
    global: &GlobalOptions,
    minimum: LevelFilter,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    request_log: Option<RequestLog>,
) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::OFF,
        (false, 0) => minimum,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    if level == LevelFilter::OFF && request_log.is_none() {
        return;
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .without_time()
        .with_filter(level);
    let subscriber = tracing_subscriber::registry().with(request_log).with(lines);
    // Fails only when another subscriber is set already.
    let _already_set = subscriber.try_init();
}
