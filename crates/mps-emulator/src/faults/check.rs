//! Checks the bounds of a rule's members.

use std::time::Duration;

use super::{DOWNLOAD, Fault, InvalidFault, Kind, UPLOAD, kind::Phase, parse};

use crate::http::auth::MAX_SKEW;

const MAX_STATUS: u16 = 599;
const MAX_PIECES: u32 = 100_000;
const MAX_DELAY: Duration = Duration::from_secs(7 * 24 * 3_600);
const MAX_OFFSET: u64 = 7 * 24 * 3_600;

impl Fault {
    /// Checks every member against its bounds.
    pub(super) fn check(&self) -> Result<(), InvalidFault> {
        self.check_action()?;
        self.check_frequency()?;
        self.check_kind()?;
        if self.text.is_some() && self.kind.phase() == Phase::Head && !self.concerns_storage() {
            let bound = format!("left out for `{}`", self.kind());
            return Err(InvalidFault::new("match", "given", bound).with_hint(
                "the connection ends before the body is read, so nothing in it can match",
            ));
        }
        Ok(())
    }

    /// Returns `true` for a rule about requests to the object storage.
    fn concerns_storage(&self) -> bool {
        matches!(self.action.as_deref(), Some(DOWNLOAD | UPLOAD))
    }

    fn check_action(&self) -> Result<(), InvalidFault> {
        let Some(action) = &self.action else {
            return Ok(());
        };
        let is_for_other_storage = action == UPLOAD && self.kind.is_for_downloads_only();
        if self.concerns_storage() && !is_for_other_storage {
            return if self.kind.applies_to_downloads() {
                Ok(())
            } else {
                Err(InvalidFault::new("action", action, "an action of the API")
                    .with_hint(format!("`{}` is about calls, not files", self.kind())))
            };
        }
        if self.kind.is_for_downloads_only() {
            return Err(
                InvalidFault::new("action", action, "`download` or left out")
                    .with_hint(format!("`{}` applies to downloads only", self.kind())),
            );
        }
        if mps_models::action(action).is_some() {
            return Ok(());
        }
        let known = mps_models::ACTIONS.iter().map(|action| action.name);
        let known: Vec<&str> = known.collect();
        Err(InvalidFault::new(
            "action",
            action,
            "an action of the service, `download` or `upload`",
        )
        .with_hint(format!("known: {}", known.join(", "))))
    }

    fn check_frequency(&self) -> Result<(), InvalidFault> {
        if self.times == Some(0) {
            return Err(InvalidFault::new("times", 0, "at least 1")
                .with_hint("leave it out to apply the rule without an end"));
        }
        match self.probability {
            Some(share) if !(0.0..=1.0).contains(&share) => {
                Err(InvalidFault::new("probability", share, "from 0 to 1")
                    .with_hint("0.25 applies the rule to one request in four"))
            }
            _ => Ok(()),
        }
    }

    fn check_kind(&self) -> Result<(), InvalidFault> {
        match &self.kind {
            Kind::Refuse { code, .. } if !crate::engine::marker::is_code(code) => {
                Err(InvalidFault::new("code", code, "letters, digits and dots")
                    .with_hint("such as `InvalidParameter.ViolationContent`"))
            }
            Kind::Throttle { code, .. } => check_throttle(code),
            Kind::IdAndError { code } | Kind::TwoResponses { code }
                if !crate::engine::marker::is_code(code) =>
            {
                Err(InvalidFault::new("code", code, "letters, digits and dots")
                    .with_hint("such as `RequestLimitExceeded`"))
            }
            Kind::Redirect { status, .. } if !(300..400).contains(status) => {
                Err(InvalidFault::new("status", status, "from 300 to 399").with_hint("such as 307"))
            }
            Kind::Http { status, .. } | Kind::Html { status, .. }
                if !(200..=MAX_STATUS).contains(status) =>
            {
                let bound = format!("from 200 to {MAX_STATUS}");
                Err(InvalidFault::new("status", status, bound).with_hint("such as 502"))
            }
            Kind::Delay { delay } | Kind::Drip { delay, .. } if *delay > MAX_DELAY => {
                let delay = humantime::format_duration(*delay);
                Err(InvalidFault::new("delay", delay, "at most 7days")
                    .with_hint("the emulator's clock can be moved on instead"))
            }
            Kind::Drip { pieces, .. } if !(1..=MAX_PIECES).contains(pieces) => {
                let bound = format!("from 1 to {MAX_PIECES}");
                Err(InvalidFault::new("pieces", pieces, bound))
            }
            Kind::Skew { offset }
                if !(MAX_SKEW + 1..=MAX_OFFSET).contains(&offset.unsigned_abs()) =>
            {
                Err(InvalidFault::new(
                    "offset",
                    offset,
                    "more than 5min and at most 7days, ahead or behind",
                )
                .with_hint(
                    "a clock that is less off is not refused; write `-10min` for one behind",
                ))
            }
            Kind::ContentType { content_type }
            | Kind::WrongBody {
                content_type: Some(content_type),
                ..
            } if http::HeaderValue::from_str(content_type).is_err() => Err(InvalidFault::new(
                "content_type",
                "not printable",
                "text that a header can carry",
            )),
            Kind::Redirect {
                location: Some(location),
                ..
            } if http::HeaderValue::from_str(location).is_err() => Err(InvalidFault::new(
                "location",
                "not printable",
                "text that a header can carry",
            )),
            _ => Ok(()),
        }
    }
}

fn check_throttle(code: &str) -> Result<(), InvalidFault> {
    let known = mps_models::service::ERROR_CODES
        .iter()
        .map(|known| known.code);
    let known: Vec<&str> = known
        .filter(|code| code.starts_with(parse::THROTTLED))
        .collect();
    if known.contains(&code) {
        return Ok(());
    }
    Err(
        InvalidFault::new("code", code, "a limit on requests that the service knows")
            .with_hint(format!("known: {}", known.join(", "))),
    )
}
