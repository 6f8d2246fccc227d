//! The driver: sends the polls that the schedule wants, and passes on their answers.

use std::{
    sync::Arc,
    task::{Context, Poll as TaskPoll},
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use mps_core::{BoxFuture, CallOptions};

use super::watcher::{Poll, Work};
use crate::{any_task, client::Shared, family::Snapshot};

/// Longest time that a poll waits for a permit of the limiter. Then the calls of people, and of other
/// processes, use it up, and polls have to wait outside of the limiter's queue.
const PERMIT_WAIT: Duration = Duration::from_millis(200);

type Answer = (Poll, Result<Snapshot, mps_core::Error>);

/// Drives the watches of a client until none is left. Nothing is lost if it is dropped, as when its
/// runtime ends: the watches of other runtimes start another driver.
pub(super) async fn drive(shared: Arc<Shared>) {
    let _ended = Ended(shared.clone());
    let mut driver = Driver {
        shared,
        in_flight: FuturesUnordered::new(),
        sleep: None,
    };
    std::future::poll_fn(|cx| driver.poll(cx)).await;
}

struct Driver {
    shared: Arc<Shared>,
    in_flight: FuturesUnordered<BoxFuture<'static, Answer>>,
    /// The sleep under way, and its end.
    sleep: Option<(Duration, BoxFuture<'static, ()>)>,
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) -> TaskPoll<()> {
        loop {
            self.pass_on_answers(cx);
            let now = self.shared.client.clock().monotonic();
            let work = self.shared.watcher.state().work(now, cx.waker());
            match work {
                Work::Poll(poll) => self.in_flight.push(send(self.shared.clone(), poll)),
                Work::Sleep(until) => {
                    if self.sleep_until(until, now, cx).is_pending() {
                        return TaskPoll::Pending;
                    }
                }
                Work::Wait => return TaskPoll::Pending,
                Work::End => return TaskPoll::Ready(()),
            }
        }
    }

    fn pass_on_answers(&mut self, cx: &mut Context<'_>) {
        while let TaskPoll::Ready(Some((poll, answer))) = self.in_flight.poll_next_unpin(cx) {
            let now = self.shared.client.clock().monotonic();
            self.shared.watcher.state().polled(&poll, answer, now);
        }
    }

    fn sleep_until(
        &mut self,
        until: Duration,
        now: Duration,
        cx: &mut Context<'_>,
    ) -> TaskPoll<()> {
        let clock = self.shared.client.clock();
        let sleep = self.sleep.take_if(|(end, _)| *end == until);
        let (end, mut sleep) =
            sleep.unwrap_or_else(|| (until, clock.sleep(until.saturating_sub(now))));
        let slept = sleep.as_mut().poll(cx);
        if slept.is_pending() {
            self.sleep = Some((end, sleep));
        }
        slept
    }
}

fn send(shared: Arc<Shared>, poll: Poll) -> BoxFuture<'static, Answer> {
    Box::pin(async move {
        let options = CallOptions::new()
            .deadline(poll.deadline)
            .permit_within(PERMIT_WAIT);
        let answer = any_task::poll(&shared.client, &poll.task, options).await;
        (poll, answer)
    })
}

/// Takes note of the end of the driver.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let now = self.0.client.clock().monotonic();
        self.0.watcher.state().driver_ended(now);
    }
}
