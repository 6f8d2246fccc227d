//! Watches that outlive the runtime in which they were polled.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use mps_aigc::{
    Aigc, Credentials, Event, TaskFamily, TaskHandle,
    core::{
        BoxFuture,
        clock::{SystemClock, timeout},
        transport::{RequestBody, ResponseBody, Transport, TransportError},
    },
};
use tokio::{runtime::Runtime, sync::Notify};

/// A service that never answers its first request. For any other one, the task is done.
#[derive(Clone, Debug, Default)]
struct Service(Arc<State>);

#[derive(Debug, Default)]
struct State {
    was_asked: AtomicBool,
    asked: Notify,
}

impl Transport for Service {
    fn send(
        &self,
        _: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            if !self.0.was_asked.swap(true, Ordering::Relaxed) {
                self.0.asked.notify_one();
                std::future::pending::<()>().await;
            }
            let answer = r#"{"Response":{"Status":"DONE","VideoUrls":["https://b.example/0.mp4"],"RequestId":"r"}}"#;
            Ok(http::Response::new(ResponseBody::from(Bytes::from_static(
                answer.as_bytes(),
            ))))
        })
    }
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

#[test]
fn a_poll_that_ends_with_its_runtime_is_sent_again_in_the_next_one() {
    let service = Service::default();
    let builder = Aigc::builder()
        .credentials(Credentials::new("id", "key"))
        .transport(service.clone());
    let aigc = Aigc::from_builder(builder).unwrap();
    let mut events = aigc.watch_all([TaskHandle::new(TaskFamily::Video, "1")]);
    runtime().block_on(async {
        tokio::select! {
            event = events.next() => panic!("{event:?}"),
            () = service.0.asked.notified() => {}
        }
    });
    let last = runtime().block_on(async {
        let until_last = async {
            loop {
                let event = events.next().await.unwrap();
                if event.is_last() {
                    return event;
                }
            }
        };
        // The first poll would have been given up after a minute.
        timeout(&SystemClock::new(), Duration::from_secs(30), until_last)
            .await
            .unwrap()
    });
    assert!(matches!(last, Event::Done { .. }), "{last:?}");
}
