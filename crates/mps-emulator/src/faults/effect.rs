//! The effect of each kind of fault on the call and its answer.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Response, header};

use super::{
    Kind, answer, parse,
    response::{gateway, page, set},
};
use crate::{
    engine::refusal::Refusal,
    http::{
        exchange::{Delivery, Exchange},
        reply,
    },
};

/// The effect on the call.
pub(crate) enum CallEffect {
    /// The call is executed, or refused for other reasons.
    Proceeds,
    /// The call is refused with an error of the service.
    Refused(Refusal),
    /// The call does not reach the service.
    Dropped,
}

impl Kind {
    pub(crate) fn call_effect(&self) -> CallEffect {
        let usual = |code: &str, message: &Option<String>| {
            let message = message.as_deref().unwrap_or(super::usual_message(code));
            CallEffect::Refused(Refusal::new(code.to_owned(), message))
        };
        match self {
            Self::Refuse { code, message } | Self::Throttle { code, message } => {
                usual(code, message)
            }
            Self::TokenExpired => usual("AuthFailure.TokenFailure", &None),
            Self::Skew { .. } => usual("AuthFailure.SignatureExpire", &None),
            Self::ResetBeforeRead
            | Self::ResetAfterRead
            | Self::CloseIdle
            | Self::Http {
                executed: false, ..
            }
            | Self::Html {
                executed: false, ..
            }
            | Self::WrongBody { .. }
            | Self::Redirect { .. }
            | Self::ForbiddenOnce => CallEffect::Dropped,
            _ => CallEffect::Proceeds,
        }
    }

    /// Returns the delivery of an answer at `now` on the service's clock, or the answer that
    /// replaces it.
    pub(crate) fn deliver(&self, mut response: Response<Bytes>, now: SystemTime) -> Exchange {
        let delivery = match self {
            Self::Delay { delay } => {
                return Exchange {
                    delay: *delay,
                    delivery: Delivery::Whole(response),
                };
            }
            Self::ResetBeforeRead | Self::CloseIdle | Self::ResetAfterRead | Self::ReplyLost => {
                Delivery::Lost
            }
            Self::Truncate { after } => Delivery::Cut {
                after: cut_at(*after, response.body().len()),
                response,
            },
            Self::Drip { pieces, delay } => Delivery::Drip {
                response,
                pieces: *pieces,
                pause: *delay,
            },
            Self::Http {
                status,
                retry_after,
                ..
            } => Delivery::Whole(gateway(*status, *retry_after)),
            Self::Html { status, .. } => Delivery::Whole(page(*status)),
            Self::ContentType { content_type } => {
                set(&mut response, header::CONTENT_TYPE, content_type);
                Delivery::Whole(response)
            }
            Self::Skew { offset } => {
                let date = reply::http_date(mps_core::clock::shifted(now, *offset));
                response.headers_mut().insert(header::DATE, date);
                Delivery::Whole(response)
            }
            Self::TwoResponses { code } => {
                Delivery::Whole(response.map(|body| answer::with_second_response(&body, code)))
            }
            _ => Delivery::Whole(response),
        };
        Exchange {
            delay: Duration::ZERO,
            delivery,
        }
    }
}

/// Returns the length of a cut body: half by default, and always less than all of it.
fn cut_at(after: Option<u64>, length: usize) -> usize {
    let wanted = after.map_or(length / 2, parse::length);
    wanted.min(length.saturating_sub(1))
}
