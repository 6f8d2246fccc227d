//! Several results at the same time, on hosts that limit each connection.

use std::{
    num::NonZeroUsize,
    task::{Context, Poll, ready},
};

use mps_core::{
    clock::Clock,
    transport::{Chunks, RequestBody, ResponseBody, TransportError},
};

use super::*;

/// A host that sends one byte a second on each connection.
#[derive(Clone, Debug)]
struct SlowHost {
    clock: TestClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    open: usize,
    most: usize,
    order: Vec<String>,
}

struct SlowBody {
    host: SlowHost,
    left: usize,
    /// The wait for the next byte.
    pause: Option<BoxFuture<'static, ()>>,
}

impl Chunks for SlowBody {
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<bytes::Bytes>, TransportError>> {
        if self.left == 0 {
            return Poll::Ready(Ok(None));
        }
        let clock = &self.host.clock;
        let pause = self
            .pause
            .get_or_insert_with(|| clock.sleep(Duration::from_secs(1)));
        ready!(pause.as_mut().poll(cx));
        self.pause = None;
        self.left -= 1;
        Poll::Ready(Ok(Some(bytes::Bytes::from_static(b"\0"))))
    }
}

impl Drop for SlowBody {
    fn drop(&mut self) {
        lock(&self.host.state).open -= 1;
    }
}

impl Transport for SlowHost {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let path = request.uri().path().to_owned();
        let length: usize = path.trim_start_matches('/').parse().unwrap();
        let mut state = lock(&self.state);
        state.open += 1;
        state.most = state.most.max(state.open);
        state.order.push(path);
        let body = ResponseBody::new(SlowBody {
            host: self.clone(),
            left: length,
            pause: None,
        });
        let response = http::Response::builder()
            .header("content-length", length)
            .body(body)
            .unwrap();
        Box::pin(async { Ok(response) })
    }
}

/// Downloads results of these lengths, which expire in this order; returns the time that it took.
async fn run(lengths: &[u64], options: &DownloadOptions) -> (Duration, State) {
    let clock = TestClock::new(0);
    let host = SlowHost {
        clock: clock.clone(),
        state: Arc::default(),
    };
    let client = client(host.clone(), clock.clone());
    let sources = lengths.iter().enumerate().map(|(index, length)| {
        let later = Duration::from_secs(1_000 - index as u64);
        Source {
            index,
            url: format!("https://bucket.example/{length}").into(),
            expires_at: Some(std::time::SystemTime::UNIX_EPOCH + later),
            ..source(&client, Arc::new(NewUrls::default()))
        }
    });
    let sources: Vec<_> = sources.collect();
    let folder = tempfile::tempdir().unwrap();
    let destination = Destination::reserve(folder.path()).await.unwrap();
    let save = save_all(&sources, &destination, options);
    let mut save = std::pin::pin!(save);
    let files = loop {
        tokio::select! {
            biased;
            files = &mut save => break files.unwrap(),
            // The files are written on other threads, so there are idle moments without a sleep.
            () = tokio::task::yield_now() => clock.advance(Duration::from_millis(10)),
        }
    };
    assert_eq!(files.len(), lengths.len());
    for (file, length) in files.iter().zip(lengths) {
        assert_eq!(file.bytes, *length);
    }
    let state = std::mem::take(&mut *lock(&host.state));
    (clock.monotonic(), state)
}

#[tokio::test]
async fn four_results_take_as_long_as_the_slowest() {
    let options = DownloadOptions::new();
    let (elapsed, state) = run(&[20, 50, 30, 40], &options).await;
    assert_eq!(state.most, 4);
    assert!(elapsed >= Duration::from_secs(50), "{elapsed:?}");
}

#[tokio::test]
async fn the_bound_holds_and_the_earliest_expiry_goes_first() {
    let one = NonZeroUsize::new(1).unwrap();
    let options = DownloadOptions::new().connections(one);
    let (elapsed, state) = run(&[20, 5, 6, 7], &options).await;
    assert_eq!(state.most, 1);
    // The first has begun before the others were there.
    assert_eq!(state.order, ["/20", "/7", "/6", "/5"]);
    assert!(elapsed >= Duration::from_secs(38), "{elapsed:?}");
}
