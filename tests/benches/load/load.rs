//! Calls over a few connections, each sent as soon as the previous one is answered.

use std::{
    error::Error,
    io::{Read, Write},
    net::TcpStream,
};

use mps_core::{
    clock::{Clock, SystemClock, unix_seconds},
    sign::{CanonicalRequest, Payload, Request, Scope, SigningKey, sign},
};
use mps_models::service;
use serde_json::Value;

use crate::server::{SECRET_ID, SECRET_KEY, ServerProcess};

/// Enough connections to keep the server busy.
const CONNECTIONS: usize = 4;
const CALLS: usize = 2_000;

/// A request that can be repeated, and the length of its response.
pub(crate) struct Load {
    request: Vec<u8>,
}

impl Load {
    /// Creates a task and returns the load that describes it, with the response to expect.
    pub(crate) fn describing_a_task(
        emulator: &ServerProcess,
    ) -> Result<(Self, String), Box<dyn Error>> {
        let create = request("CreateAigcVideoTask", r#"{"Prompt":"a cat"}"#);
        let created = Connection::open(emulator)?.call(&create)?;
        let created: Value = serde_json::from_str(&created)?;
        let task_id = created.pointer("/Response/TaskId");
        let task_id = task_id.ok_or("no task was created")?;
        let request = request(
            "DescribeAigcVideoTask",
            &format!(r#"{{"TaskId":{task_id}}}"#),
        );
        let answer = Connection::open(emulator)?.call(&request)?;
        if !answer.contains("\"DONE\"") {
            return Err(format!("the task cannot be described: {answer}").into());
        }
        Ok((Self { request }, answer))
    }

    /// Returns the processor time of the server per call, in nanoseconds.
    pub(crate) fn cost_ns(&self, server: &ServerProcess) -> Result<f64, Box<dyn Error>> {
        let mut connections = (0..CONNECTIONS)
            .map(|_| Connection::open(server))
            .collect::<Result<Vec<_>, _>>()?;
        let before = server.cpu_ns()?;
        for _ in 0..CALLS / CONNECTIONS {
            for connection in &mut connections {
                connection.send(&self.request)?;
            }
            for connection in &mut connections {
                connection.receive()?;
            }
        }
        Ok((server.cpu_ns()? - before) / f64::from(u32::try_from(CALLS)?))
    }
}

/// Returns a signed request as bytes. Its timestamp is valid for five minutes, longer than the bench
/// runs.
fn request(action: &str, body: &str) -> Vec<u8> {
    let now = unix_seconds(SystemClock::new().wall());
    let headers = [
        ("content-type", "application/json"),
        ("host", "mps.localhost"),
        ("x-tc-action", &action.to_lowercase()),
    ];
    let canonical = CanonicalRequest::new(&Request {
        method: "POST",
        uri: "/",
        query: "",
        headers: &headers,
        payload: Payload::Bytes(body.as_bytes()),
    });
    let key = SigningKey::derive(SECRET_KEY, &Scope::at(now, service::NAME));
    let authorization = sign(canonical, SECRET_ID, &key, now).authorization;
    format!(
        "POST / HTTP/1.1\r\nHost: mps.localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nX-TC-Action: {action}\r\nX-TC-Version: {}\r\n\
         X-TC-Timestamp: {now}\r\nAuthorization: {authorization}\r\n\r\n{body}",
        body.len(),
        service::VERSION,
    )
    .into_bytes()
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    fn open(server: &ServerProcess) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(&server.address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::new(),
        })
    }

    fn call(&mut self, request: &[u8]) -> Result<String, Box<dyn Error>> {
        self.send(request)?;
        self.receive()
    }

    fn send(&mut self, request: &[u8]) -> Result<(), Box<dyn Error>> {
        Ok(self.stream.write_all(request)?)
    }

    /// Returns the body of the next response, which must be a success.
    fn receive(&mut self) -> Result<String, Box<dyn Error>> {
        self.received.clear();
        loop {
            let mut piece = [0; 4_096];
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err("the server hung up".into());
            }
            self.received.extend(piece.iter().take(read));
            if let Some(body) = whole_body(std::str::from_utf8(&self.received)?) {
                let is_good = !body.contains("\"Error\"");
                return is_good.then(|| body.to_owned()).ok_or(body.into());
            }
        }
    }
}

/// Returns the body of a response, or `None` until all of it has been received.
fn whole_body(answer: &str) -> Option<&str> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    (length == Some(body.len())).then_some(body)
}
