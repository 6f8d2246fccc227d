//! Log output of the libraries, shown with `-v`: as text, or with `--output json` as `mps.log/1`.

use std::{borrow::Cow, time::SystemTime};

use mps_core::clock::{Clock as _, SystemClock};
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
    foreign_text,
    options::{GlobalOptions, OutputFormat},
    output::{print_json_to_stderr, print_stderr},
    request_log::{Members, RequestLog},
};

/// The crates whose log is shown. Those of libraries say nothing about the user's work, and the protocol
/// of agents would log whole messages, with the prompts in them.
const OWN: [&str; 5] = ["mps", "mps_core", "mps_aigc", "mps_jobs", "mps_emulator"];

/// Events that a command prints by itself, without `-v` too.
const PRINTED: [&str; 3] = ["mps.retry", "mps.throttled", "mps.in_doubt"];

/// Words of a message that name its event.
const NAME_WORDS: usize = 8;

/// Starts logging to stderr, at the level that `-v` asks for; without `-v` nothing is logged.
pub(crate) fn to_stderr(global: &GlobalOptions) {
    let level = level(global, LevelFilter::OFF);
    if level == LevelFilter::OFF {
        return;
    }
    // An emulator inside this process has a log of its own, which is that of the other side.
    let own = own(level).with_target("mps_emulator", LevelFilter::OFF);
    let (lines, sentences) = match global.output() {
        OutputFormat::Human => (None, Some(Sentences.with_filter(own))),
        OutputFormat::Json => (Some(JsonLines.with_filter(own)), None),
    };
    let subscriber = tracing_subscriber::registry().with(lines).with(sentences);
    // Fails only when another subscriber is set already.
    let _already_set = subscriber.try_init();
}

/// Returns a filter that passes the events of this workspace.
fn own(level: LevelFilter) -> Targets {
    Targets::new().with_targets(OWN.map(|name| (name, level)))
}

/// Returns the time of day in UTC, as `22:41:07.312`.
pub(crate) fn time_of_day(time: SystemTime) -> String {
    const DAY: u128 = 86_400_000;
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis() % DAY;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!(
        "{:02}:{:02}:{seconds:02}.{millis:03}",
        minutes / 60,
        minutes % 60
    )
}

/// Writes each event as a sentence with the time, for people.
struct Sentences;

impl<S: Subscriber> Layer<S> for Sentences {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if PRINTED.contains(&event.metadata().name()) {
            return;
        }
        let mut members = Members::with_message();
        event.record(&mut members);
        let mut fields = members.object();
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let message = fields.remove("message").map(|it| text(&it));
        let details = fields.iter();
        let details = details.map(|(name, value)| format!("{name} {}", text(value)));
        let parts: Vec<_> = message.into_iter().chain(details).collect();
        let time = time_of_day(SystemClock::new().wall());
        print_stderr(&format!(
            "{time} {}",
            foreign_text::lines(&parts.join(", "))
        ));
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
        .with_filter(own(level));
    let subscriber = tracing_subscriber::registry().with(request_log).with(lines);
    // Fails only when another subscriber is set already.
    let _already_set = subscriber.try_init();
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
            event: &event_name(metadata.name(), message.as_ref()),
            target: metadata.target(),
            message: message.unwrap_or_default(),
            fields,
            spans,
        });
    }
}

/// Returns the name of an event. One without a name has that of its place in the source, which changes with
/// every edit: its name is made of its message, for example `mps.the_service_answers_again`.
fn event_name<'a>(name: &'a str, message: Option<&Value>) -> Cow<'a, str> {
    if !name.starts_with("event ") {
        return Cow::Borrowed(name);
    }
    let message = message.and_then(Value::as_str).unwrap_or("log");
    let words = message.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).take(NAME_WORDS);
    let words: Vec<_> = words.map(str::to_ascii_lowercase).collect();
    Cow::Owned(format!("mps.{}", words.join("_")))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_event_without_a_name_is_named_by_its_message() {
        let message = json!("the rows could not be counted");
        let place = "event crates/mps-jobs/src/runner/pace.rs:113";
        for (name, message, expected) in [
            ("mps.retry", Some(&message), "mps.retry"),
            (place, Some(&message), "mps.the_rows_could_not_be_counted"),
            (place, None, "mps.log"),
        ] {
            assert_eq!(event_name(name, message), expected);
        }
    }

    #[test]
    fn a_time_of_day_is_in_utc_with_milliseconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_819_267_312);
        assert_eq!(time_of_day(time), "22:41:07.312");
    }
}
