//! Everything that is said while something runs, searched for what must not be said.

use std::{
    error::Error,
    fmt::{self, Debug, Write as _},
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber as _,
    span::{Attributes, Id, Record},
    subscriber::NoSubscriber,
};

/// As long as there is a single subscriber, `tracing` asks the thread that comes to an event first
/// whether anybody listens, and takes a no of another test's thread for everybody's. So there is a
/// second one, which hears nothing.
static SECOND_SUBSCRIBER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Collects spans and events at every level, errors with their causes, and `Debug` texts, and
/// finds secrets in them. Clones collect into one.
///
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
    said: Mutex<Vec<String>>,
    secrets: Mutex<Vec<Secret>>,
    spans: AtomicU64,
}

struct Secret {
    name: String,
    /// The text itself, and what printing its bytes makes of it.
    forms: [String; 3],
}

impl Capture {
    /// Names something that must not be said, before or after the fact.
    ///
    /// # Panics
    /// When it is so short that it would be found by chance.
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

    /// Runs `work` and collects what it traces.
    pub async fn watch<F: Future>(&self, work: F) -> F::Output {
        LazyLock::force(&SECOND_SUBSCRIBER);
        work.with_subscriber(Listener(self.clone())).await
    }

    /// Collects a `Debug` text, plain and pretty.
    pub fn debug(&self, name: &str, value: &dyn Debug) {
        self.say(format!("{name}: {value:?}"));
        self.say(format!("{name}, pretty: {value:#?}"));
    }

    /// Collects all texts of an error and of its causes.
    pub fn error(&self, error: &(dyn Error + 'static)) {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.say(format!("error: {error}"));
            self.debug("error", &error);
            cause = error.source();
        }
    }

    /// Collects any other text.
    pub fn say(&self, text: String) {
        lock(&self.0.said).push(text);
    }

    /// How many texts were collected whose beginning is `start`.
    #[must_use]
    pub fn count(&self, start: &str) -> usize {
        let said = lock(&self.0.said);
        said.iter().filter(|text| text.starts_with(start)).count()
    }

    /// Every text with a secret in it: which one, and the text without it.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let (said, secrets) = (lock(&self.0.said), lock(&self.0.secrets));
        let leak = |text: &String| {
            let found = secrets.iter().find(|secret| secret.is_in(text))?;
            let shown = found.forms.iter().fold(text.clone(), |text, form| {
                text.replace(form, &format!("<{}>", found.name))
            });
            Some(format!("{} in {shown}", found.name))
        };
        said.iter().filter_map(leak).collect()
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
        write!(f, "{} texts", lock(&self.said).len())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The subscriber: takes everything, remembers nothing but its text.
struct Listener(Capture);

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::of("span", span.metadata());
        span.record(&mut fields);
        self.0.say(fields.0);
        self.0.next_span()
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::from("record"));
        values.record(&mut fields);
        self.0.say(fields.0);
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::of("event", event.metadata());
        event.record(&mut fields);
        self.0.say(fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// `event mps.retry attempt=1 kind="connect" …`
struct Fields(String);

impl Fields {
    fn of(what: &str, metadata: &Metadata<'_>) -> Self {
        Self(format!("{what} {}", metadata.name()))
    }
}

impl Visit for Fields {
    // Whatever has no method of its own comes here.
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
    async fn a_leak_through_tracing_is_found_wherever_it_is() {
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
    async fn a_leak_is_found_across_an_await() {
        let leaks = traced(async {
            tokio::task::yield_now().await;
            tracing::debug!("{SECRET}");
        });
        assert_eq!(leaks.await.len(), 1);
    }

    #[test]
    fn a_leak_through_an_error_is_found_in_its_cause() {
        let capture = capture();
        let cause = io::Error::other(SECRET);
        let error = io::Error::other(cause);
        capture.error(&error);
        assert!(!capture.leaks().is_empty());
    }

    #[test]
    fn a_secret_is_known_by_its_bytes_too_and_after_the_fact() {
        let capture = Capture::default();
        capture.debug("numbers", &SECRET.as_bytes());
        capture.say(String::from("68756e746572322d6b6579"));
        assert!(capture.leaks().is_empty());
        capture.secret("key", SECRET);
        assert_eq!(capture.leaks().len(), 2);
    }

    #[test]
    fn a_report_of_a_leak_does_not_leak() {
        let capture = capture();
        capture.say(format!("{SECRET} and {SECRET}"));
        assert_eq!(capture.leaks(), ["key in <key> and <key>"]);
    }

    #[tokio::test]
    async fn what_is_harmless_is_collected_and_no_leak() {
        let capture = capture();
        capture
            .watch(async { tracing::info!(name: "mps.sent", host = "h") })
            .await;
        assert_eq!(capture.count("event mps.sent host=\"h\""), 1);
        assert!(capture.leaks().is_empty());
    }
}
