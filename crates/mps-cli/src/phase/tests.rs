//! Errors by signals and panics in each phase.

use std::{
    path::Path,
    pin::pin,
    task::{Context, Poll, Wake, Waker},
};

use clap::Parser as _;
use mps_core::clock::SystemClock;

use super::*;
use crate::{Cli, exit::Exit};

fn phase() -> Phase {
    let phase = Phase::new();
    phase.prepare_create(Doubt::new(
        "CreateAigcVideoTask",
        "host",
        "AKIDEXAMPLE",
        None,
    ));
    phase
}

fn receipt() -> Receipt {
    let cli = Cli::parse_from(["mps", "video", "status", "1"]);
    Receipt::new("video", "task-1", None, true, &cli.global, None)
}

fn sending(phase: &Phase) {
    phase.0.send_modify(|state| state.is_sending = true);
}

#[test]
fn a_signal_or_a_panic_reports_the_paid_task() {
    let phase = phase();
    phase.end_create(Some(receipt()));
    for (failure, exit) in [
        (phase.failure_at_exit(Signal::HangUp), Exit::HungUp),
        (phase.failure_at_panic(), Exit::Internal),
    ] {
        assert_eq!(failure.exit(), exit);
        assert_eq!(failure.task_id.as_deref(), Some("task-1"));
        let resume = failure.resume.map(|line| line.to_string());
        assert_eq!(resume.as_deref(), Some("mps video wait -- task-1"));
    }
}

#[test]
fn a_signal_names_every_task_that_is_followed_and_not_delivered() {
    let phase = Phase::new();
    let cli = Cli::parse_from(["mps", "video", "wait", "1", "2", "3"]);
    let receipts =
        ["1", "2", "3"].map(|id| Receipt::new("video", id, None, false, &cli.global, None));
    for receipt in receipts.iter().chain(&receipts) {
        phase.follow(receipt);
    }
    phase.delivered(&receipts[1]);
    let failure = phase.failure_at_exit(Signal::Interrupt);
    assert_eq!(failure.exit(), Exit::Interrupted);
    let named = failure.others.iter().chain([&failure]);
    let mut named: Vec<_> = named.filter_map(|it| it.task_id.as_deref()).collect();
    named.sort_unstable();
    assert_eq!(named, ["1", "3"]);
}

#[test]
fn a_signal_during_a_download_resumes_with_the_download() {
    let phase = Phase::new();
    let cli = Cli::parse_from(["mps", "video", "wait", "1"]);
    let out = Some(Path::new("a.mp4"));
    let waiting = Receipt::new("video", "1", None, false, &cli.global, out);
    let resume = || {
        let failure = phase.failure_at_exit(Signal::Terminate);
        failure.resume.unwrap().to_string()
    };

    phase.follow(&waiting);
    assert_eq!(resume(), "mps video wait --out a.mp4 -- 1");

    phase.follow(&waiting.done());
    assert_eq!(resume(), "mps video download --out a.mp4 -- 1");
}

#[test]
fn a_signal_or_a_panic_leaves_a_create_on_the_wire_in_doubt() {
    let phase = phase();
    sending(&phase);
    for failure in [
        phase.failure_at_exit(Signal::Interrupt),
        phase.failure_at_panic(),
    ] {
        assert_eq!(failure.exit(), Exit::InDoubt);
        assert!(failure.doubt.is_some());
    }
    phase.end_attempt(true, "refused", None);
    phase.attempt_not_sent();
    let failure = phase.failure_at_exit(Signal::Interrupt);
    assert_eq!(failure.exit(), Exit::Interrupted);
}

#[tokio::test]
async fn a_signal_ends_any_work_but_a_create_on_the_wire() {
    let cli = Cli::parse_from(["mps", "-q", "video", "status", "1"]);
    let output = Output::new(&cli.global, SystemClock::shared());
    let phase = phase();
    assert!(!phase.interrupt(Signal::Terminate, &output), "no listener");
    let never = std::future::pending::<()>();
    assert_eq!(phase.race(never).await, Err(Signal::Terminate));

    sending(&phase);
    let answer = async {
        tokio::task::yield_now().await;
        "answer"
    };
    assert_eq!(phase.race(answer).await, Ok("answer"));
}

/// A command that ends itself at once when it is woken.
struct EndsAtOnce(Phase);

impl Wake for EndsAtOnce {
    fn wake(self: Arc<Self>) {
        self.0.0.send_modify(|state| state.listeners = 0);
    }
}

/// Else the process would end before the ledger has the outcome of a create that the signal has stopped.
#[test]
fn a_command_that_ends_itself_is_not_ended_by_the_signal() {
    let cli = Cli::parse_from(["mps", "-q", "video", "status", "1"]);
    let output = Output::new(&cli.global, SystemClock::shared());
    let phase = Phase::new();
    phase.0.send_modify(|state| state.listeners = 1);
    let waker = Waker::from(Arc::new(EndsAtOnce(phase.clone())));
    let mut stop = pin!(phase.stop_requested());
    let poll = stop.as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(poll, Poll::Pending);
    assert!(phase.interrupt(Signal::Terminate, &output));
}

#[test]
fn a_create_that_is_being_recorded_as_not_sent_is_named_with_its_next_step() {
    let phase = Phase::new();
    let cli = Cli::parse_from(["mps", "video", "create"]);
    let doubt = Doubt::new("CreateAigcVideoTask", "host", "AKIDEXAMPLE", None);
    phase.prepare_create(doubt.with_key(&cli.global, "cat-1"));
    phase.begin_release();
    assert!(!phase.is_overdue());
    let failure = phase.failure_at_exit(Signal::Terminate);
    assert_eq!(failure.exit(), Exit::Terminated);
    let hint = failure.hint.unwrap_or_default();
    assert!(hint.ends_with(": mps resolve --abandon -- cat-1"), "{hint}");

    phase.end_create(None);
    assert!(phase.is_overdue());
}
