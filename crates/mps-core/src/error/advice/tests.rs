//! Advice for every kind, class, dispatch and effect.

use std::{collections::BTreeMap, time::Duration};

use mps_models::service::ERROR_CODES;

use super::*;

const EFFECTS: [Effect; 3] = [Effect::Read, Effect::PaidCreate, Effect::Control];

/// One code of each class, and `None` for a code that the specification does not have.
fn codes() -> Vec<(Option<ErrorClass>, &'static str)> {
    let mut codes: BTreeMap<String, (Option<ErrorClass>, &'static str)> = BTreeMap::new();
    for code in ERROR_CODES {
        let class = format!("{:?}", code.class);
        codes.entry(class).or_insert((Some(code.class), code.code));
    }
    let unknown = (None, "Unheard.Of");
    codes.into_values().chain([unknown]).collect()
}

fn error(kind: ErrorKind, code: Option<&str>, dispatch: Dispatch, effect: Effect) -> Error {
    let error = Error::new(kind, "").with_dispatch(dispatch);
    let error = match code {
        Some(code) => error.with_code(code.to_owned()),
        None => error,
    };
    error.with_call("A", effect, 1, Duration::ZERO)
}

fn all() -> Vec<(Option<ErrorClass>, Error)> {
    let mut all = Vec::new();
    for &kind in ErrorKind::ALL {
        let codes = match kind {
            ErrorKind::Service => codes(),
            _ => vec![(None, "")],
        };
        for (class, code) in codes {
            for &dispatch in Dispatch::ALL {
                for effect in EFFECTS {
                    let code = Some(code).filter(|code| !code.is_empty());
                    all.push((class, error(kind, code, dispatch, effect)));
                }
            }
        }
    }
    all
}

#[test]
fn a_call_in_doubt_is_looked_into_whatever_its_kind() {
    for (_, error) in all() {
        let look = error.advice() == Advice::LookFirst;
        assert_eq!(look, error.in_doubt(), "{error:?}");
    }
}

#[test]
fn only_calls_that_surely_changed_nothing_are_repeated() {
    for (_, error) in all() {
        if error.advice() == Advice::RetryLater {
            let is_read = error.effect() == Some(Effect::Read);
            assert!(
                is_read || !error.dispatch().may_have_executed(),
                "{error:?}"
            );
            assert!(error.is_transient(), "{error:?}");
        }
    }
}

#[test]
fn every_class_that_was_refused_has_its_advice() {
    let expected = |class| match class {
        Some(ErrorClass::Throttling | ErrorClass::Server) | None => Advice::RetryLater,
        Some(
            ErrorClass::Auth
            | ErrorClass::Token
            | ErrorClass::ClockSkew
            | ErrorClass::Quota
            | ErrorClass::Account,
        ) => Advice::FixAccount,
        Some(ErrorClass::DryRun) => Advice::GiveUp,
        Some(_) => Advice::FixRequest,
    };
    for (class, code) in codes() {
        for effect in EFFECTS {
            let error = error(ErrorKind::Service, Some(code), Dispatch::Refused, effect);
            assert_eq!(error.advice(), expected(class), "{code} {effect:?}");
        }
    }
    assert_eq!(codes().len(), 13, "a class is new: give it advice");
}

#[test]
fn every_kind_that_was_not_sent_has_its_advice() {
    for &kind in ErrorKind::ALL {
        let expected = match kind {
            ErrorKind::Config | ErrorKind::Preflight | ErrorKind::TooLarge => Advice::FixRequest,
            ErrorKind::Credentials => Advice::FixAccount,
            _ => Advice::RetryLater,
        };
        for effect in EFFECTS {
            let error = error(kind, None, Dispatch::NotSent, effect);
            assert_eq!(error.advice(), expected, "{kind:?} {effect:?}");
        }
    }
}

#[test]
fn a_read_that_was_executed_and_cannot_be_read_is_given_up() {
    for (kind, dispatch) in [
        (ErrorKind::Decode, Dispatch::Executed),
        (ErrorKind::TooLarge, Dispatch::Unknown),
    ] {
        let error = error(kind, None, dispatch, Effect::Read);
        assert_eq!(error.advice(), Advice::GiveUp, "{kind:?}");
    }
    let again = error(ErrorKind::Decode, None, Dispatch::Unknown, Effect::Read);
    assert_eq!(again.advice(), Advice::RetryLater);
}

#[test]
fn names_of_advice_can_be_read_back() {
    for &advice in Advice::ALL {
        assert_eq!(advice.to_string().parse(), Ok(advice));
    }
}

/// Returns the rows of the table of kinds in `docs/errors.md`: what the error is, whether it is billed,
/// whether it is retried, the advice.
fn documented_kinds() -> Vec<[String; 4]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("| kind |").unwrap();
    let rows = table.lines().skip(2);
    let cells = |row: &str| -> Vec<String> {
        let cells = row.split('|').map(|cell| cell.trim().replace('`', ""));
        cells.collect()
    };
    rows.take_while(|row| row.starts_with('|'))
        .map(|row| cells(row).try_into().unwrap())
        .map(|[_, kind, _, billed, retried, advice, _, _]: [String; 8]| {
            [kind, billed, retried, advice]
        })
        .collect()
}

#[test]
fn the_page_of_errors_says_what_the_client_does_about_each_kind() {
    use crate::{
        envelope::dispatch_of_gateway,
        retry::{RetryAction, retry_action},
    };

    let gateway = |status| {
        let error = Error::new(ErrorKind::Gateway, "").with_http_status(status);
        error.with_dispatch(dispatch_of_gateway(status))
    };
    let of = |kind, dispatch| Error::new(kind, "").with_dispatch(dispatch);
    let table = [
        ("config", of(ErrorKind::Config, Dispatch::NotSent)),
        ("preflight", of(ErrorKind::Preflight, Dispatch::NotSent)),
        ("credentials", of(ErrorKind::Credentials, Dispatch::NotSent)),
        ("limiter", of(ErrorKind::Limiter, Dispatch::NotSent)),
        ("gate", of(ErrorKind::Gate, Dispatch::NotSent)),
        ("connect", of(ErrorKind::Connect, Dispatch::NotSent)),
        (
            "timeout, before a byte left",
            of(ErrorKind::Timeout, Dispatch::NotSent),
        ),
        (
            "timeout, after that",
            of(ErrorKind::Timeout, Dispatch::Unknown),
        ),
        ("interrupted", of(ErrorKind::Interrupted, Dispatch::Unknown)),
        (
            "gateway, status 4xx but 408 and 499",
            gateway(http::StatusCode::FORBIDDEN),
        ),
        (
            "gateway, any other status",
            gateway(http::StatusCode::BAD_GATEWAY),
        ),
        (
            "decode, not an answer of the service",
            of(ErrorKind::Decode, Dispatch::Unknown),
        ),
        (
            "decode, an answer of another type",
            of(ErrorKind::Decode, Dispatch::Executed),
        ),
        (
            "too_large, the request",
            of(ErrorKind::TooLarge, Dispatch::NotSent),
        ),
        (
            "too_large, the answer",
            of(ErrorKind::TooLarge, Dispatch::Unknown),
        ),
    ];
    let actual = table.map(|(name, error)| {
        let error = error.with_call("A", Effect::PaidCreate, 1, Duration::ZERO);
        let billed = match error.dispatch() {
            Dispatch::Executed => "yes",
            Dispatch::Unknown => "perhaps",
            Dispatch::NotSent | Dispatch::Refused => "no",
        };
        let again = [Effect::PaidCreate, Effect::Read].map(|effect| retry_action(effect, &error));
        let retried = match (again, error.kind()) {
            ([None, None], ErrorKind::Gateway) => "after 429",
            ([None, None], _) => "no",
            ([None, Some(_)], _) => "only calls that read",
            ([Some(RetryAction::Backoff), _], _) => "yes",
            other => unreachable!("{other:?}"),
        };
        [name, billed, retried, error.advice().as_str()].map(str::to_owned)
    });
    assert_eq!(documented_kinds(), actual);
    let is_there = |kind: &ErrorKind| {
        let name = kind.as_str();
        actual
            .iter()
            .any(|[shown, ..]| shown.split(',').next() == Some(name))
    };
    let missing: Vec<_> = ErrorKind::ALL
        .iter()
        .filter(|kind| !is_there(kind))
        .collect();
    // The codes of the service, and a caller that went away.
    assert_eq!(missing, [&ErrorKind::Cancelled, &ErrorKind::Service]);
    for status in [301, 408, 499, 502] {
        let status = http::StatusCode::from_u16(status).unwrap();
        assert_eq!(gateway(status).dispatch(), Dispatch::Unknown);
    }
    let too_many = gateway(http::StatusCode::TOO_MANY_REQUESTS);
    let again = retry_action(Effect::PaidCreate, &too_many);
    assert_eq!(again, Some(RetryAction::Backoff));
}
