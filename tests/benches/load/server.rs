//! The servers, each in a process of its own with a single thread.

use std::{
    convert::Infallible,
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Write},
    process::{self, Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
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
};
use mps_emulator::Emulator;
use tokio::net::TcpListener;

pub(crate) const EMULATOR: &str = "emulator";
pub(crate) const CONSTANT: &str = "constant";
pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE000000000000000000000000";
pub(crate) const SECRET_KEY: &str = "not a real key, but just as long";

/// The environment variable that selects the server of this process.
const ASKED_FOR: &str = "LOAD_BENCH_SERVER";

/// A running server, killed when dropped.
pub(crate) struct ServerProcess {
    child: Child,
    stdin: Mutex<Option<ChildStdin>>,
    /// Host and port.
    pub(crate) address: String,
}

impl ServerProcess {
    pub(crate) fn start(kind: &str) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .env(ASKED_FOR, kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self {
            stdin: Mutex::new(child.stdin.take()),
            child,
            address: address.trim().to_owned(),
        })
    }

    /// Sets the answer of the constant server.
    pub(crate) fn tell(&self, line: &str) -> io::Result<()> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        match stdin.as_mut() {
            Some(stdin) => writeln!(stdin, "{line}"),
            None => Err(io::Error::other("the server has no stdin")),
        }
    }

    /// Returns its processor time so far, in nanoseconds, as Linux counts it.
    pub(crate) fn cpu_ns(&self) -> Result<f64, Box<dyn Error>> {
        let stat = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let nanoseconds = stat.split_whitespace().next().ok_or("no processor time")?;
        Ok(nanoseconds.parse()?)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // The process may have ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn asked_for() -> Option<String> {
    env::var(ASKED_FOR).ok()
}

/// Serves until it is killed or its parent ends. Prints its address first.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(kind: &str) -> Result<(), Box<dyn Error>> {
    match kind {
        EMULATOR => emulate().await,
        _ => answer_always_the_same().await,
    }
}

/// Passes on every line of stdin, and ends this process when the parent has ended.
fn listen_to_parent(mut hear: impl FnMut(String) + Send + 'static) {
    thread::spawn(move || {
        io::stdin()
            .lines()
            .map_while(Result::ok)
            .for_each(&mut hear);
        process::exit(0);
    });
}

#[expect(
    clippy::print_stdout,
    reason = "it is how the parent process hears of it"
)]
fn say(address: impl std::fmt::Display) {
    println!("{address}");
}

async fn emulate() -> Result<(), Box<dyn Error>> {
    listen_to_parent(drop);
    let emulator = Emulator::builder()
        .credentials(SECRET_ID, SECRET_KEY)
        .task_times(Duration::ZERO, Duration::ZERO)
        .clock(Arc::new(Unhurried(SystemClock::new())) as SharedClock)
        .start()
        .await?;
    say(emulator.address());
    std::future::pending().await
}

async fn answer_always_the_same() -> Result<(), Box<dyn Error>> {
    let answer = Arc::new(Mutex::new(Bytes::new()));
    let told = Arc::clone(&answer);
    listen_to_parent(move |line| {
        *told.lock().unwrap_or_else(PoisonError::into_inner) = Bytes::from(line);
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(listener.local_addr()?);
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
    // An interrupted body is not expected here.
    let _ = request.into_body().collect().await;
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
    let mut response = Response::new(Full::new(answer.clone()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// The machine's clock, except that limits run a thousand times faster: 50 calls per second become
/// 50,000.
#[derive(Debug)]
struct Unhurried(SystemClock);

impl Clock for Unhurried {
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
