//! The settings of a rule: its requests, its frequency and the parameters of its kind.

use super::super::{DOWNLOAD, Fault, Kind, kind::WrongBody};

/// Restrictions: which requests, and how often.
impl Fault {
    /// Applies to calls of this action only. Default: every action.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Applies to downloads of results instead of calls.
    pub fn download(self) -> Self {
        self.action(DOWNLOAD)
    }

    /// Applies this many times, at least once. Default: without limit.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies with this probability, from 0 to 1, drawn from the emulator's seed. Default: 1.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Applies only if the body of the call, or the path of the download, contains `text`. Default:
    /// any.
    pub fn matching(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the error code of [`throttle`](Self::throttle), [`refuse`](Self::refuse),
    /// [`id_and_error`](Self::id_and_error) or [`two_responses`](Self::two_responses).
    pub fn code(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { code, .. }
        | Kind::Refuse { code, .. }
        | Kind::IdAndError { code }
        | Kind::TwoResponses { code } = &mut self.kind
        {
            *code = with.into();
        }
        self
    }

    /// Sets the error message of [`refuse`](Self::refuse) or [`throttle`](Self::throttle). Default:
    /// the meaning of the code.
    pub fn message(mut self, with: impl Into<String>) -> Self {
        if let Kind::Throttle { message, .. } | Kind::Refuse { message, .. } = &mut self.kind {
            *message = Some(with.into());
        }
        self
    }

    /// Sets the status of [`html`](Self::html) or [`redirect`](Self::redirect). Default: 502 or 302.
    pub fn status(mut self, with: u16) -> Self {
        if let Kind::Http { status, .. }
        | Kind::Html { status, .. }
        | Kind::Redirect { status, .. } = &mut self.kind
        {
            *status = with;
        }
        self
    }

    /// Adds a `Retry-After` header of this many seconds to [`http`](Self::http). Default: no
    /// header.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Http { retry_after, .. } = &mut self.kind {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Lets the gateway of [`http`](Self::http) or [`html`](Self::html) pass the call on before it
    /// answers, so that it is executed. Default: not executed.
    pub fn executed(mut self) -> Self {
        if let Kind::Http { executed, .. } | Kind::Html { executed, .. } = &mut self.kind {
            *executed = true;
        }
        self
    }

    /// Sets the number of bytes that arrive with [`truncate`](Self::truncate),
    /// [`no_length`](Self::no_length) or [`unasked_206`](Self::unasked_206). Default: half of the
    /// body, all of it, or 1,000.
    pub fn after(mut self, bytes: u64) -> Self {
        match &mut self.kind {
            Kind::Truncate { after } | Kind::NoLength { after, .. } => *after = Some(bytes),
            Kind::Unasked206 { after } => *after = bytes,
            _ => {}
        }
        self
    }

    /// Sets the number of pieces of [`drip`](Self::drip). Default: 10.
    pub fn pieces(mut self, count: u32) -> Self {
        if let Kind::Drip { pieces, .. } = &mut self.kind {
            *pieces = count;
        }
        self
    }

    /// Sets the body of [`wrong_body`](Self::wrong_body): `json`, `xml`, `html`, `text` or
    /// `empty`; any other name has no effect. Default: `json`.
    pub fn body(mut self, name: &str) -> Self {
        if let (Kind::WrongBody { body, .. }, Some(named)) =
            (&mut self.kind, WrongBody::named(name))
        {
            *body = named;
        }
        self
    }

    /// Sends the body of [`no_length`](Self::no_length) in chunks, whose end is marked. Default:
    /// the body ends with the connection.
    pub fn chunked(mut self) -> Self {
        if let Kind::NoLength { chunked, .. } = &mut self.kind {
            *chunked = true;
        }
        self
    }

    /// Sets the target of [`redirect`](Self::redirect). Default: the path of the request.
    pub fn location(mut self, target: impl Into<String>) -> Self {
        if let Kind::Redirect { location, .. } = &mut self.kind {
            *location = Some(target.into());
        }
        self
    }

    /// Sets the status of [`unknown_status`](Self::unknown_status). Default: `HIBERNATING`.
    pub fn value(mut self, with: impl Into<String>) -> Self {
        if let Kind::UnknownStatus { value } = &mut self.kind {
            *value = with.into();
        }
        self
    }
}
