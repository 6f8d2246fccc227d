//! Log output of the libraries, shown with `-v`: as text, or with `--output json` as `mps.log/1`.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{
    options::{GlobalOptions, OutputFormat},
    output::print_json_to_stderr,
    request_log::{Members, RequestLog},
};

/// Starts logging to stderr, at the level that `-v` asks for; without `-v` nothing is logged.
pub(crate) fn to_stderr(global: &GlobalOptions) {
    if global.output() == OutputFormat::Human {
        return start(global, LevelFilter::OFF, io::stderr, None);
    }
    let level = level(global, LevelFilter::OFF);
    if level != LevelFilter::OFF {
        let lines = JsonLines.with_filter(filter(level));
        // Fails only when another subscriber is set already.
        let _already_set = tracing_subscriber::registry().with(lines).try_init();
    }
}

/// Starts logging to `writer`, at least at `minimum`, and at the level that `-v` asks for. Requests
/// to the emulator are also written to the request log, if there is one.
pub(crate) fn start(
    global: &GlobalOptions,
    minimum: LevelFilter,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    request_log: Option<RequestLog>,
) {
    let level = level(global, minimum);
    if level == LevelFilter::OFF && request_log.is_none() {
        return;
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .without_time()
        .with_filter(filter(level));
    let subscriber = tracing_subscriber::registry().with(request_log).with(lines);
    // Fails only when another subscriber is set already.
    let _already_set = subscriber.try_init();
}

/// Returns the filter of log lines by level. The protocol of agents logs whole messages, with the
/// prompts in them.
fn filter(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level)
        .with_target("rmcp", LevelFilter::OFF)
}

fn level(global: &GlobalOptions, minimum: LevelFilter) -> LevelFilter {
    match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::OFF,
        (false, 0) => minimum,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    }
}

/// Writes each event as `mps.log/1`, with the fields of the spans it is in.
struct JsonLines;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut members = Members::default();
        attributes.record(&mut members);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(members);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(members) = span.extensions_mut().get_mut::<Members>()
        {
            values.record(members);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut members = Members::with_message();
        event.record(&mut members);
        let metadata = event.metadata();
        let spans = context.event_scope(event).into_iter().flatten();
        let spans: Vec<_> = spans
            .map(|span| {
                let extensions = span.extensions();
                let fields = extensions.get::<Members>().map(Members::object);
                json!({"name": span.name(), "fields": fields.unwrap_or_default()})
            })
            .collect();
        let mut fields = members.object();
        let message = fields.remove("message");
        print_json_to_stderr(&LogLine {
            schema: "mps.log/1",
            level: metadata.level().as_str().to_ascii_lowercase(),
            event: metadata.name(),
            target: metadata.target(),
            message: message.unwrap_or_default(),
            fields,
            spans,
        });
    }
}

/// `mps.log/1`.
///
/// # Examples
/// ```json
/// {"schema":"mps.log/1","level":"warn","event":"mps.retry","target":"mps_core","message":"trying again","fields":{"attempt":1},"spans":[]}
/// ```
#[derive(Serialize)]
struct LogLine<'a> {
    schema: &'static str,
    level: String,
    event: &'a str,
    target: &'a str,
    message: Value,
    fields: Map<String, Value>,
    spans: Vec<Value>,
}
