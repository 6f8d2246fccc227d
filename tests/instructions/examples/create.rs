//! Creates over reqwest on loopback, or POSTs of the same bytes by reqwest alone, for valgrind: the
//! difference is what a create adds. The request is the vendor's example, or with the word `prompt` its
//! first two members, a model and a prompt.
//!
//! ```console
//! $ cargo build --package mps-instructions --profile instructions --example create
//! $ cd target/instructions/examples
//! $ for way in 'typed' 'bare' 'typed prompt' 'bare prompt'; do
//! >   valgrind --quiet --tool=callgrind '--toggle-collect=*measured_section*' --callgrind-out-file=create.out ./create $way
//! >   callgrind_annotate --auto=no --threshold=100 create.out | grep -vE ':<?(sha2|hmac|digest|block_buffer)::' |
//! >     awk -v way="$way" '/ \(.*:/ { gsub(",", ""); sum += $1 } END { print way, sum / 200 }'
//! > done   # instructions of one create and of one POST, without hashing
//! $ callgrind_annotate create.out   # the last 200, by function
//! ```

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
};

use bytes::Bytes;
use http::{HeaderMap, header};
use mps_core::{
    Client,
    credentials::Credentials,
    endpoint::Endpoint,
    sign::{self, Scope, SigningKey},
};
use mps_models::CreateAigcVideoTask;
use tokio::runtime::Builder;

use self::fixture::{ENVELOPE, NoLimit, REQUEST, SECRET_ID, SECRET_KEY};

#[path = "../src/fixture.rs"]
mod fixture;

type Outcome = Result<(), Box<dyn Error>>;

const PROMPT: &str = r#"{"ModelName":"GV","Prompt":"move the picture"}"#;
const WARM_UP: u32 = 20;
const COUNTED: u32 = 200;
const TIMESTAMP: i64 = 1_771_125_945;

#[expect(clippy::disallowed_methods, reason = "a person runs it")]
fn main() -> Outcome {
    let mut words = env::args().skip(1);
    let mode = words.next().unwrap_or_default();
    if mode == "server" {
        return serve();
    }
    let request = match words.next().as_deref() {
        None => REQUEST,
        Some("prompt") => PROMPT,
        Some(_) => return Err("the request is the example, or prompt".into()),
    };
    let mut server = Command::new(env::current_exe()?)
        .arg("server")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut url = String::new();
    let stdout = server.stdout.take().ok_or("the server has no stdout")?;
    BufReader::new(stdout).read_line(&mut url)?;
    let outcome = run(&mode, request, url.trim());
    server.kill()?;
    server.wait()?;
    outcome
}

fn run(mode: &str, request: &str, url: &str) -> Outcome {
    let client = Client::builder()
        .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
        .endpoint(Endpoint::parse(url)?)
        .limiter(NoLimit)
        .build()?;
    let request: CreateAigcVideoTask = serde_json::from_str(request)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match mode {
        "typed" => repeat(|| Ok(runtime.block_on(client.send(&request))?)),
        "bare" => {
            let (headers, body) = signed(&client, &request)?;
            let http = reqwest::Client::builder().no_proxy().build()?;
            repeat(|| {
                let request = http.post(url).headers(headers.clone()).body(body.clone());
                Ok(runtime.block_on(async { request.send().await?.bytes().await })?)
            })
        }
        _ => Err("name one of typed, bare".into()),
    }
}

/// Returns the headers and the body of a create.
fn signed(
    client: &Client,
    request: &CreateAigcVideoTask,
) -> Result<(HeaderMap, Bytes), Box<dyn Error>> {
    let prepared = client.prepare(request)?;
    let mut headers = prepared.headers;
    let key = SigningKey::derive(SECRET_KEY, &Scope::at(TIMESTAMP, "mps"));
    let signed = sign::sign(prepared.canonical_request, SECRET_ID, &key, TIMESTAMP);
    headers.insert(header::AUTHORIZATION, signed.authorization.parse()?);
    Ok((headers, prepared.body))
}

fn repeat<T>(send: impl Fn() -> Result<T, Box<dyn Error>>) -> Outcome {
    for _ in 0..WARM_UP {
        send()?;
    }
    for _ in 0..COUNTED {
        measured_section(&send)?;
    }
    Ok(())
}

/// Runs `work`, whose instructions are counted.
#[inline(never)]
fn measured_section<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// Prints its address, then answers every request with the same envelope.
#[expect(clippy::print_stdout, reason = "the parent reads the address")]
#[expect(clippy::disallowed_methods, reason = "it is killed at the end")]
fn serve() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/", listener.local_addr()?);
    loop {
        // One connection, as the client keeps it.
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        answer_all(&stream)?;
    }
}

fn answer_all(mut stream: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 0 {
        let header = line.trim().to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().map_err(io::Error::other)?;
        }
        if header.is_empty() {
            io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
            let length = ENVELOPE.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{ENVELOPE}"
            )?;
        }
        line.clear();
    }
    Ok(())
}
