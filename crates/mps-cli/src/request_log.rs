//! A log of the requests to the emulator, one JSON object a line.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io,
    path::Path,
    sync::Mutex,
};

use mps_emulator::REQUESTS_TARGET;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use mps_core::sync::lock;

use crate::{
    foreign_text,
    line_writer::{LineWriter, Stream},
};

/// A tracing layer that writes the request events of the emulator and ignores all others.
pub(crate) struct RequestLog(Target);

enum Target {
    /// Written before the request is answered.
    File(Mutex<Stream<File>>),
    Stdout(LineWriter),
}

impl RequestLog {
    /// Appends to a file, or to stdout if it is `-`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            let stdout = Stream::new("stdout", io::stdout());
            return Ok(Self(Target::Stdout(LineWriter::to(stdout))));
        }
        let file = open_private(path)?;
        let file = Stream::new(path.display().to_string(), file);
        Ok(Self(Target::File(Mutex::new(file))))
    }

    /// Returns the writer to flush before the process ends, if lines are written in the background.
    pub(crate) fn writer(&self) -> Option<LineWriter> {
        match &self.0 {
            Target::File(_) => None,
            Target::Stdout(lines) => Some(lines.clone()),
        }
    }
}

/// Opens a file for appending that only its owner can read: it names actions, ids and the details of
/// refusals. An existing regular file is restricted as well; pipes and devices stay as they are.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::{
            fs::Permissions,
            os::unix::fs::{OpenOptionsExt, PermissionsExt},
        };
        let file = options.mode(0o600).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
            // Fails for a file of another owner, which that owner has opened for us.
            let _ = file.set_permissions(Permissions::from_mode(0o600));
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

impl<S: Subscriber> Layer<S> for RequestLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != REQUESTS_TARGET {
            return;
        }
        let mut members = Members::default();
        event.record(&mut members);
        let line = format!("{}\n", Value::Object(members.fields));
        match &self.0 {
            Target::File(file) => {
                let mut file = lock(file);
                file.write(line.as_bytes());
            }
            Target::Stdout(lines) => lines.add(line.into_bytes()),
        }
    }
}

/// The fields of an event or a span as members of an object.
#[derive(Default)]
pub(crate) struct Members {
    fields: Map<String, Value>,
    with_message: bool,
}

impl Members {
    /// Returns an empty object that keeps the message of an event, too.
    pub(crate) fn with_message() -> Self {
        Self {
            with_message: true,
            ..Self::default()
        }
    }

    /// Returns the members.
    pub(crate) fn object(&self) -> Map<String, Value> {
        self.fields.clone()
    }

    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        if self.with_message || field.name() != "message" {
            self.fields.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Members {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, foreign_text::cut_message(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, foreign_text::cut_message(&format!("{value:?}")));
    }
}
