//! The servers, each in its own process with a single thread.

use std::{
    convert::Infallible,
    env,
    error::Error,
    fs,
    io::{self, Write},
    process::{self, Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mps_core::{
    BoxFuture,
    clock::{Clock, SharedClock, SystemClock},
    sync::lock,
};
use mps_emulator::Emulator;
use mps_tests::bounded::{self, Lines};
use tokio::net::TcpListener;

pub(crate) const EMULATOR: &str = "emulator";
pub(crate) const CONSTANT: &str = "constant";
pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE000000000000000000000000";
pub(crate) const SECRET_KEY: &str = "not a real key, but just as long";

/// The environment variable that makes this program one of the servers.
const VARIABLE: &str = "LOAD_BENCH_SERVER";

/// A running server. It is killed when dropped.
pub(crate) struct ServerProcess {
    child: Child,
    stdin: Mutex<Option<ChildStdin>>,
    /// Host and port.
    pub(crate) address: String,
}

impl ServerProcess {
    pub(crate) fn start(kind: &str) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .env(VARIABLE, kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        let address = Lines::of(stdout).line()?;
        Ok(Self {
            stdin: Mutex::new(child.stdin.take()),
            child,
            address,
        })
    }

    /// Sets the response of the constant server.
    pub(crate) fn set_response(&self, line: &str) -> io::Result<()> {
        let mut stdin = lock(&self.stdin);
        match stdin.as_mut() {
            Some(stdin) => writeln!(stdin, "{line}"),
            None => Err(io::Error::other("the server has no stdin")),
        }
    }

    /// Returns the processor time of the server so far, in nanoseconds (Linux only).
    pub(crate) fn cpu_ns(&self) -> Result<f64, Box<dyn Error>> {
        let stat = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let nanoseconds = stat.split_whitespace().next().ok_or("no processor time")?;
        Ok(nanoseconds.parse()?)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Fails if the process has already ended, which is fine.
        let _ = bounded::kill(&mut self.child);
    }
}

pub(crate) fn requested() -> Option<String> {
    env::var(VARIABLE).ok()
}

/// Prints its address, then serves until it is killed or its parent ends.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(kind: &str) -> Result<(), Box<dyn Error>> {
    match kind {
        EMULATOR => emulate().await,
        _ => serve_constant().await,
    }
}

/// Passes each line of stdin to `receive`, and ends this process when the parent ends.
fn listen_to_parent(mut receive: impl FnMut(String) + Send + 'static) {
    thread::spawn(move || {
        io::stdin()
            .lines()
            .map_while(Result::ok)
            .for_each(&mut receive);
        process::exit(0);
    });
}

#[expect(
    clippy::print_stdout,
    reason = "the parent process reads the address from stdout"
)]
fn print_address(address: impl std::fmt::Display) {
    println!("{address}");
}

async fn emulate() -> Result<(), Box<dyn Error>> {
    listen_to_parent(drop);
    let emulator = Emulator::builder()
        .credentials(SECRET_ID, SECRET_KEY)
        .task_times(Duration::ZERO, Duration::ZERO)
        .clock(Arc::new(FastMonotonic(SystemClock::new())) as SharedClock)
        .start()
        .await?;
    print_address(emulator.address());
    std::future::pending().await
}

async fn serve_constant() -> Result<(), Box<dyn Error>> {
    let answer = Arc::new(Mutex::new(Bytes::new()));
    let told = Arc::clone(&answer);
    listen_to_parent(move |line| {
        *lock(&told) = Bytes::from(line);
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    print_address(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = Arc::clone(&answer);
        let service = service_fn(move |request| reply(request, Arc::clone(&answer)));
        // The same settings as the emulator's.
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new());
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
    }
}

async fn reply(
    request: Request<Incoming>,
    answer: Arc<Mutex<Bytes>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // An incomplete body does not occur here.
    let _ = request.into_body().collect().await;
    let answer = lock(&answer);
    let mut response = Response::new(Full::new(answer.clone()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// The machine's clock with a monotonic side a thousand times as fast, which raises a limit of 50
/// calls a second to 50,000.
#[derive(Debug)]
struct FastMonotonic(SystemClock);

impl Clock for FastMonotonic {
    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic().saturating_mul(1_000)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }
}
