//! JSON that an answer contains as text, parsed on demand.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Deepest encoding that is unwrapped: the service's list of tasks encodes a request twice.
const MAX_ENCODINGS: usize = 3;

/// JSON that an answer contains as text, such as the request of a scenario task. It is parsed only
/// when it is asked for, so that a text that is no JSON breaks nothing else.
///
/// `Debug` does not show the text: a request contains prompts and signed URLs.
///
/// # Examples
/// ```
/// use mps_aigc::JsonText;
///
/// let details = JsonText::new(r#"{"current_stage": "STAGE_1"}"#);
/// assert_eq!(details.value()?["current_stage"], "STAGE_1");
/// assert!(JsonText::new("{").value().is_err());
/// # Ok::<(), mps_aigc::JsonTextError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText(String);

impl JsonText {
    /// Returns a text that is expected to be JSON. It is not checked.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text as the service wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the JSON value. JSON text inside JSON text is unwrapped, up to three times.
    ///
    /// # Errors
    /// [`JsonTextError`] if the text is not JSON.
    pub fn value(&self) -> Result<Value, JsonTextError> {
        let mut value: Value = serde_json::from_str(&self.0).map_err(JsonTextError::new)?;
        for _ in 1..MAX_ENCODINGS {
            match value.as_str().map(serde_json::from_str) {
                Some(Ok(inner)) => value = inner,
                Some(Err(_)) | None => break,
            }
        }
        Ok(value)
    }

    /// Returns the JSON as a type of the caller's. Otherwise as [`value`](Self::value).
    ///
    /// # Errors
    /// [`JsonTextError`] if the text is not JSON, or not of this type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, JsonTextError> {
        serde_json::from_value(self.value()?).map_err(JsonTextError::new)
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonText({} bytes)", self.0.len())
    }
}

/// The error of parsing a [`JsonText`]. Its message does not show the text.
#[derive(Clone, Debug)]
pub struct JsonTextError(Arc<serde_json::Error>);

impl JsonTextError {
    fn new(error: serde_json::Error) -> Self {
        Self(Arc::new(error))
    }

    /// Returns `true` if the text is JSON, but not of the type that was asked for.
    #[must_use]
    pub fn is_of_other_type(&self) -> bool {
        self.0.is_data()
    }
}

impl fmt::Display for JsonTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_of_other_type() {
            // The error itself may quote a value.
            return f.write_str("the JSON text of the answer has another type");
        }
        let (line, column) = (self.0.line(), self.0.column());
        write!(
            f,
            "the text of the answer is not JSON: line {line}, column {column}"
        )
    }
}

impl std::error::Error for JsonTextError {}
