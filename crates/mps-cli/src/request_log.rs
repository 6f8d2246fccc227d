//! Every request to the emulator as a line of JSON.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io,
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

use crate::lines::{Lines, Stream};

/// Writes what the emulator says of each request, and nothing else.
pub(crate) struct RequestLog(To);

enum To {
    /// Written before the request is answered.
    File(Mutex<Stream<File>>),
    Stdout(Lines),
}

impl RequestLog {
    /// Appends to a file, or to stdout if it is `-`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            let stdout = Stream::new("stdout", io::stdout());
            return Ok(Self(To::Stdout(Lines::to(stdout))));
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let file = Stream::new(path.display().to_string(), file);
        Ok(Self(To::File(Mutex::new(file))))
    }

    /// What is still to be written at the end.
    pub(crate) fn lines(&self) -> Option<Lines> {
        match &self.0 {
            To::File(_) => None,
            To::Stdout(lines) => Some(lines.clone()),
        }
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
        match &self.0 {
            To::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.write(line.as_bytes());
            }
            To::Stdout(lines) => lines.add(line.into_bytes()),
        }
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
