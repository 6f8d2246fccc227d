//! Every request to the emulator as a line of JSON.

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use mps_emulator::REQUESTS_TARGET;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// Writes what the emulator says of each request, and nothing else.
pub(crate) struct RequestLog(Mutex<Box<dyn Write + Send>>);

impl RequestLog {
    /// Appends to a file, or to stdout if it is `-`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let to: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            Box::new(OpenOptions::new().create(true).append(true).open(path)?)
        };
        Ok(Self(Mutex::new(to)))
    }
}

impl<S: Subscriber> Layer<S> for RequestLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != REQUESTS_TARGET {
            return;
        }
        let mut members = Members(Map::new());
        event.record(&mut members);
        let line = format!("{}\n", Value::Object(members.0));
        let mut to = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The emulator goes on, whether or not anybody can read what it says.
        let _ = to.write_all(line.as_bytes()).and_then(|()| to.flush());
    }
}

/// The fields of an event, but for the sentence that goes with them.
struct Members(Map<String, Value>);

impl Members {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        if field.name() != "message" {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Members {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }
}
