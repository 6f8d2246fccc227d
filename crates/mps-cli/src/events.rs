//! What the libraries tell of their work, for those who ask to hear it.

use tracing_subscriber::{
    Layer, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{args::Global, request_log::RequestLog};

/// Shows events on `to`: from `floor` on, and more with `-v`. With a request log, what the
/// emulator says of each request goes there too.
pub(crate) fn listen(
    global: &Global,
    floor: LevelFilter,
    to: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    requests: Option<RequestLog>,
) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::OFF,
        (false, 0) => floor,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    if level == LevelFilter::OFF && requests.is_none() {
        return;
    }
    let shown = tracing_subscriber::fmt::layer()
        .with_writer(to)
        .without_time()
        .with_filter(level);
    let listeners = tracing_subscriber::registry().with(requests).with(shown);
    // Fails only when somebody listens already.
    let _already_listening = listeners.try_init();
}
