//! A server in its own process that answers every request with the same envelope.
//!
//! It polls without sleeping. Waking a sleeping process costs its caller about as much as the rest of
//! a call, a cost that a service on another machine does not have.

use std::{
    convert::Infallible,
    env,
    error::Error,
    io,
    process::{self, Child, Command, Stdio},
    thread,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mps_tests::bounded::{self, Lines};
use tokio::net::TcpListener;

const ENVELOPE: &str = r#"{"Response":{"TaskId":"1500039689-AigcVideo-6cd2c44b6cd2c44b6cd2c44b6cd2c44b","RequestId":"643fb583-09a5-4b52-a2ee-c77e5c8d4ee1"}}"#;
/// The environment variable that makes this program the server.
const VARIABLE: &str = "CALL_BENCH_SERVER";

/// A running server. It is killed when dropped.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) url: String,
}

impl ServerProcess {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .env(VARIABLE, "yes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        let url = Lines::of(stdout).line()?;
        Ok(Self { child, url })
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Fails if the process has already ended, which is fine.
        let _ = bounded::kill(&mut self.child);
    }
}

pub(crate) fn is_server() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Prints its address, then serves until it is killed or its parent ends.
#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::print_stdout,
    reason = "the parent process reads the address from stdout"
)]
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    thread::spawn(|| {
        // Stdin is closed when the parent ends.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)),
        );
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // An incomplete body does not occur here.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::from(ENVELOPE));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}
