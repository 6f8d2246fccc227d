//! Collects spans, events, errors and `Debug` texts, and searches them for secrets.

use std::{
    error::Error,
    fmt::{self, Debug, Write as _},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use mps_core::sync::lock;
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber as _,
    span::{Attributes, Id, Record},
    subscriber::NoSubscriber,
};

/// A second subscriber, which ignores everything. With a single one, `tracing` caches the interest of
/// the thread that reaches an event first, so that a test on another thread could disable it for all.
static SECOND_SUBSCRIBER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// A collection of spans and events at every level, errors with their causes, and `Debug` texts, in
/// which secrets can be found. Clones share one collection.
///
/// # Example
/// ```
/// use mps_tests::capture::Capture;
///
/// let capture = Capture::default();
/// capture.secret("key", "hunter2");
/// capture.debug("client", &("user", "hunter2"));
/// assert_eq!(capture.leaks()[0], r#"key in client: ("user", "<key>")"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Inner>);

#[derive(Default)]
struct Inner {
    texts: Mutex<Vec<String>>,
    secrets: Mutex<Vec<Secret>>,
    spans: AtomicU64,
}

struct Secret {
    name: String,
    /// The text itself, and its bytes as hexadecimal and as decimal numbers.
    forms: [String; 3],
}

impl Capture {
    /// Adds a secret. Texts that were collected before are searched for it as well.
    ///
    /// # Panics
    /// Panics if the secret is shorter than six characters, since it would be found by chance.
    pub fn secret(&self, name: &str, text: &str) {
        assert!(text.len() > 5, "{name} is too short");
        let hex = text.bytes().fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let numbers = format!("{:?}", text.as_bytes());
        let numbers = numbers.trim_matches(['[', ']']).to_owned();
        lock(&self.0.secrets).push(Secret {
            name: name.to_owned(),
            forms: [text.to_owned(), hex, numbers],
        });
    }

    /// Runs `work`, collects its spans and events, and returns its output.
    ///
    /// # Cancel safety
    /// As cancel safe as `work`; texts collected so far are kept.
    pub async fn watch<F: Future>(&self, work: F) -> F::Output {
        LazyLock::force(&SECOND_SUBSCRIBER);
        work.with_subscriber(Listener(self.clone())).await
    }

    /// Collects the `Debug` text of a value, plain and pretty.
    pub fn debug(&self, name: &str, value: &dyn Debug) {
        self.add(format!("{name}: {value:?}"));
        self.add(format!("{name}, pretty: {value:#?}"));
    }

    /// Collects the `Display` and `Debug` texts of an error and of its causes.
    pub fn error(&self, error: &(dyn Error + 'static)) {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.add(format!("error: {error}"));
            self.debug("error", &error);
            cause = error.source();
        }
    }

    /// Collects a text as it is.
    pub fn add(&self, text: String) {
        lock(&self.0.texts).push(text);
    }

    /// Returns the collected texts that begin with `start`.
    #[must_use]
    pub fn texts(&self, start: &str) -> Vec<String> {
        let texts = lock(&self.0.texts);
        let found = texts.iter().filter(|text| text.starts_with(start));
        found.cloned().collect()
    }

    /// Returns the number of collected texts that begin with `start`.
    #[must_use]
    pub fn count(&self, start: &str) -> usize {
        let texts = lock(&self.0.texts);
        texts.iter().filter(|text| text.starts_with(start)).count()
    }

    /// Returns one line per text that contains a secret: the secret's name, and the text with the
    /// secret replaced by its name. Returns an empty list if there is no leak.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let (texts, secrets) = (lock(&self.0.texts), lock(&self.0.secrets));
        let leak = |text: &String| {
            let found = secrets.iter().find(|secret| secret.is_in(text))?;
            let shown = found.forms.iter().fold(text.clone(), |text, form| {
                text.replace(form, &format!("<{}>", found.name))
            });
            Some(format!("{} in {shown}", found.name))
        };
        texts.iter().filter_map(leak).collect()
    }

    fn next_span(&self) -> Id {
        Id::from_u64(1 + self.0.spans.fetch_add(1, Ordering::Relaxed))
    }
}

impl Secret {
    fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

impl Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} texts", lock(&self.texts).len())
    }
}

/// A subscriber that enables everything and keeps its text.
struct Listener(Capture);

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::of("span", span.metadata());
        span.record(&mut fields);
        self.0.add(fields.0);
        self.0.next_span()
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::from("record"));
        values.record(&mut fields);
        self.0.add(fields.0);
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::of("event", event.metadata());
        event.record(&mut fields);
        self.0.add(fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// `event mps.retry attempt=1 kind="connect" …`
struct Fields(String);

impl Fields {
    fn of(kind: &str, metadata: &Metadata<'_>) -> Self {
        Self(format!("{kind} {}", metadata.name()))
    }
}

impl Visit for Fields {
    // Called for all types whose own method is not overridden.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = write!(self.0, " {field}={value:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const SECRET: &str = "hunter2-key";

    fn capture() -> Capture {
        let capture = Capture::default();
        capture.secret("key", SECRET);
        capture
    }

    async fn traced(work: impl Future<Output = ()>) -> Vec<String> {
        let capture = capture();
        capture.watch(work).await;
        capture.leaks()
    }

    #[tokio::test]
    async fn a_secret_is_found_in_messages_fields_and_spans() {
        let in_event = traced(async { tracing::trace!(SECRET) }).await;
        assert_eq!(in_event.len(), 1, "{in_event:?}");
        let in_field = traced(async { tracing::error!(answer = ?Some(SECRET)) }).await;
        assert_eq!(in_field.len(), 1, "{in_field:?}");
        let in_span = traced(async { drop(tracing::trace_span!("span", SECRET)) }).await;
        assert_eq!(in_span.len(), 1, "{in_span:?}");
        let recorded = traced(async {
            let span = tracing::info_span!("span", late = tracing::field::Empty);
            span.record("late", SECRET);
        });
        assert_eq!(recorded.await, ["key in record late=\"<key>\""]);
    }

    #[tokio::test]
    async fn a_secret_is_found_after_an_await() {
        let leaks = traced(async {
            tokio::task::yield_now().await;
            tracing::debug!("{SECRET}");
        });
        assert_eq!(leaks.await.len(), 1);
    }

    #[test]
    fn a_secret_is_found_in_the_cause_of_an_error() {
        let capture = capture();
        let cause = io::Error::other(SECRET);
        let error = io::Error::other(cause);
        capture.error(&error);
        assert!(!capture.leaks().is_empty());
    }

    #[test]
    fn a_secret_is_found_as_bytes_and_in_earlier_texts() {
        let capture = Capture::default();
        capture.debug("numbers", &SECRET.as_bytes());
        capture.add(String::from("68756e746572322d6b6579"));
        assert!(capture.leaks().is_empty());
        capture.secret("key", SECRET);
        assert_eq!(capture.leaks().len(), 2);
    }

    #[test]
    fn a_report_of_a_leak_does_not_repeat_the_secret() {
        let capture = capture();
        capture.add(format!("{SECRET} and {SECRET}"));
        assert_eq!(capture.leaks(), ["key in <key> and <key>"]);
    }

    #[tokio::test]
    async fn a_harmless_text_is_collected_and_not_reported() {
        let capture = capture();
        capture
            .watch(async { tracing::info!(name: "mps.sent", host = "h") })
            .await;
        assert_eq!(capture.count("event mps.sent host=\"h\""), 1);
        assert!(capture.leaks().is_empty());
    }
}
